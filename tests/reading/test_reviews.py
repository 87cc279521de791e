"""The account of an incident: its template, and what is only near it."""

from __future__ import annotations

import pytest

from tocsin.core.runbook import Runbook
from tocsin.reading.runbook import read_runbook

REVIEW = """# Orchard

## Messages

### Apple Update Template

```
Apples: [how many]
```

## Post-Incident Activities

### Closing

1. Shut the gate
2. Thank the pickers

### Incident Report Template

```{label}
## Report of [date]

### Damage
[trees]

### Why
[cause]
```
"""


def read(text: str) -> Runbook:
    return read_runbook("runbook.md", text.encode())


@pytest.mark.parametrize("label", ["markdown", "md", "", "text"])
def test_the_title_of_a_template_is_none_of_its_sections(label: str) -> None:
    """It is filled in once, on top; the sections are what has to be written."""
    assert read(REVIEW.format(label=label)).postmortem == ("Damage", "Why")


def test_the_template_of_a_report_is_no_message_to_send() -> None:
    """Nobody is told by it while the incident lasts."""
    templates = read(REVIEW.format(label="")).templates
    assert [template.name for template in templates] == ["Apple Update Template"]


def test_a_template_is_preferred_to_a_checklist() -> None:
    """The checklist says what to do, the template what to write."""
    listed = REVIEW.format(label="").replace("```\n## Report", "1. **Harm**\n\n## Report")
    assert read(listed[: listed.index("## Report")]).postmortem == ("Harm",)
