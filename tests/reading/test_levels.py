"""Levels with their times, whom each wakes, and the phases that stand beside them."""

from __future__ import annotations

from datetime import timedelta

from tocsin.core.runbook import Phase, Runbook
from tocsin.reading.runbook import read_runbook

LEVELS = """# Funicular

## Severity Levels

### P0 - Critical

#### Definition
The car hangs

#### Response
- **Response Time**: < 4 minutes (day and night)
- **Escalation**: Immediate to on-call driver team and the director

### P1 - Low
- **Response Time**: < 3 hours (business hours)
- **Escalation**: Workshop team, no immediate call of the director

### P2 - Minor
- **Response Time**: Next business day

## Response

### Everything Critical

#### First look (0-5 minutes)
1. **Look up**
2. **Look down**

#### Rescue (5-30 minutes)
1. **Climb**

## Playbooks

### Brake failure (p95 > 3s)

**Root Cause Investigation:**
1. Check the oil

**Resolution:**
1. Ensure the pump uses oil
2. Make sure it holds

### Rope slow

**Immediate Actions:**
1. Stop the car

**Root Cause Investigation:**
- Check the winter

**Root Cause Analysis:**
```bash
cat rope.log
```
"""


def read() -> Runbook:
    return read_runbook("runbook.md", LEVELS.encode())


def test_a_time_is_one_although_the_hours_are_limited() -> None:
    """Only where nothing but `next day` is said is there no time to hold."""
    assert [level.respond_within for level in read().severities] == [
        timedelta(minutes=4),
        timedelta(hours=3),
        None,
    ]


def test_nobody_is_woken_at_once_where_that_is_denied() -> None:
    """`No immediate call` is the opposite of one."""
    assert [(rule.severity, rule.after, rule.targets) for rule in read().escalations] == [
        ("P0", timedelta(0), ("on-call driver team", "the director")),
        ("P1", None, ("Workshop team",)),
    ]


def test_a_path_of_roles_says_after_which_time_each_is_called() -> None:
    """In minutes or in hours, alone or behind a remark."""
    path = "1. Watch lead (15 min)\n2. Captain on-call (P0 only, 2 hours)\n3. Owner (1 hour)\n"
    text = f"# Barge\n\n## Escalation\n\n{path}"
    rules = read_runbook("runbook.md", text.encode()).escalations
    assert [(rule.after, rule.targets) for rule in rules] == [
        (timedelta(minutes=15), ("Watch lead",)),
        (timedelta(hours=2), ("Captain on-call",)),
        (timedelta(hours=1), ("Owner",)),
    ]


def test_sections_with_their_times_are_phases_and_not_what_they_list() -> None:
    """And the playbooks beside them are none, whatever figures their titles hold."""
    assert [(phase.title, phase.budget) for phase in read().process] == [
        ("First look", timedelta(minutes=5)),
        ("Rescue", timedelta(minutes=30)),
    ]


def test_the_search_for_the_cause_is_a_part_of_the_response_or_left_for_later() -> None:
    """First of all, or with commands, it is; behind what mends, it waits."""
    brake, rope = read().playbooks
    assert [step.phase for step in brake.steps] == [
        Phase.INVESTIGATE,
        Phase.MITIGATE,
        Phase.VERIFY,
    ]
    assert [step.phase for step in rope.steps] == [
        Phase.MITIGATE,
        Phase.FOLLOW_UP,
        Phase.INVESTIGATE,
    ]
