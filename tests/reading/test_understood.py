"""Every line is accounted for: it says something Tocsin acts on, or it is shown as prose."""

from __future__ import annotations

from tocsin.core.runbook import Runbook
from tocsin.reading.runbook import read_runbook

PAGE = """---
title: Kiln
---

# Kiln

<!-- a note
in two lines -->

The kiln is old.
It was built by hand.

- [Kiln cold](#kiln-cold)

## Kiln cold

**Alert:** `KilnCold`

It smokes when it is cold.

### Symptoms

- Grey smoke
  - mostly at night

### Steps

Take your gloves.

1. Look at the flame

   It should be blue.

| Colour | Cause |
|--------|-------|
| red    | wet   |

## History

The first kiln burned down.

## People

| Role | Reach |
|---|---|
"""

LEVELS = """# Levels

## Severity levels

**P0 - Critical**:
- **Response Time**: 5 minutes
- Nobody can bake

## Contacts

| Role | Reach |
|------|-------|
| Baker | baker@kiln.test |

## Messages to the customers: template

Say it kindly.

```
The kiln is [state].
```

## Post-mortem

```markdown
# What happened
## When
```
"""


def read(text: str) -> Runbook:
    return read_runbook("runbook.md", text.encode())


def spans(runbook: Runbook) -> list[tuple[int, int]]:
    return [(passage.start, passage.end) for passage in runbook.prose]


def test_what_became_part_of_nothing_is_prose() -> None:
    """A paragraph nobody acts on must not look as if it had been understood."""
    runbook = read(PAGE)
    assert spans(runbook) == [(10, 11), (19, 19), (24, 24), (28, 28), (38, 40), (42, 44)]
    assert (runbook.lines, runbook.understood) == (27, 18)


def test_prose_knows_its_section_and_its_playbook() -> None:
    """The person who answers sees beside the steps what the team wrote around them."""
    runbook = read(PAGE)
    assert [passage.section for passage in runbook.prose] == [5, 15, 21, 26, 38, 42]
    (kiln,) = runbook.playbooks
    assert [note.text for note in kiln.notes] == [
        "It smokes when it is cold.",
        "  - mostly at night",
        "Take your gloves.",
    ]


def test_what_stands_around_the_playbooks_counts_as_well() -> None:
    """Levels, people, messages and the post-mortem are part of the answer to an incident."""
    runbook = read(LEVELS)
    assert spans(runbook) == [(7, 7)]
    assert runbook.severities[0].respond_line == 6


def test_a_document_without_a_word_is_understood() -> None:
    """Nothing was left over, and nothing is divided by zero."""
    runbook = read("\n\n")
    assert (runbook.lines, runbook.understood, runbook.prose) == (0, 0, ())
