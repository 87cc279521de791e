"""Whom to call and when, where it is said in sentences."""

from __future__ import annotations

from datetime import timedelta

from tocsin.reading.runbook import read_runbook

TEXT = """# Lock

## Gate stuck

**Alert:** `GateStuck`

1. Look at the gate

### Escalation

If it is not open within 30 minutes → call Sam. After 1 hour page the
harbour master.

If somebody is in the water, call the coast guard.

Be kind to each other.
"""


def test_sentences_about_escalation_are_rules_on_the_line_they_begin_on() -> None:
    """Half of the teams write a list, the others two sentences."""
    (playbook,) = read_runbook("book.md", TEXT.encode()).playbooks
    assert [(rule.line, rule.after, rule.targets) for rule in playbook.escalations] == [
        (11, timedelta(minutes=30), ("Sam",)),
        (11, timedelta(hours=1), ("harbour master",)),
        (14, None, ("coast guard",)),
    ]


def test_sentences_in_a_section_for_all_playbooks_are_rules_for_all() -> None:
    """And what only speaks about it is none."""
    text = TEXT.replace("### Escalation", "## Escalation")
    rules = read_runbook("book.md", text.encode()).escalations
    assert [rule.line for rule in rules] == [11, 11, 14]
