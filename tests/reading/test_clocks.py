"""What a document says about time, and about what nobody may do."""

from __future__ import annotations

from datetime import timedelta

from tocsin.core.runbook import Constraint
from tocsin.reading.runbook import read_runbook

MINUTE = timedelta(minutes=1)
PIER = b"""# Pier

## Crane stuck

**Alert:** `CraneStuck`
**Severity:** P1

> Do not stand below the hook.

### Investigation

1. **Look at the brake**
   - Read the gauge. Never open the valve. Do not panic.
   ```bash
   # do not run this twice
   tail -n 5 brake.log
   ```

### Escalation

- Rope torn: page the pier master at once
- No answer after 10 minutes: page the pier master, +49 30 5550 0101
- If the crane falls, page the mayor immediately
- Immediately: page the crane driver
- Security team: page immediately

### Remediation

**Immediate:**
- Release the brake
- **Do not** cut the `main` power

## Response process

### 1. Acknowledge (< 5 min)

### 2. Mend (< 30 min for P0)

### 3. Look back (within 3 days)

### 4. Slow (> 10 s)

## Severity levels

| Level | Update every | Respond within |
| --- | --- | --- |
| P0 | 15 min | 5 min |
| P1 | - | 20 min |

### P2

- **Response time:** 4 hours
- **Updates:** every 2 hours
"""


def test_a_level_says_how_often_others_are_told() -> None:
    """The column beside it must not be taken for it, whichever comes first."""
    levels = read_runbook("pier.md", PIER).severities
    assert [(level.id, level.respond_within, level.update_every) for level in levels] == [
        ("P0", 5 * MINUTE, 15 * MINUTE),
        ("P1", 20 * MINUTE, None),
        ("P2", 240 * MINUTE, 120 * MINUTE),
    ]


def test_a_budget_may_be_for_one_level_only() -> None:
    """ "(< 30 min for P0)" binds nobody at P1."""
    phases = read_runbook("pier.md", PIER).process
    assert [(phase.title, phase.budget, phase.severity) for phase in phases] == [
        ("Acknowledge", 5 * MINUTE, None),
        ("Mend", 30 * MINUTE, "P0"),
        ("Look back", timedelta(days=3), None),
        ("Slow (> 10 s)", None, None),
    ]


def test_what_is_forbidden_is_found_wherever_it_stands() -> None:
    """In a quotation, behind another sentence, in bold; not what comforts, nor what is code."""
    (crane,) = read_runbook("pier.md", PIER).playbooks
    assert crane.constraints == (
        Constraint(line=8, text="Do not stand below the hook."),
        Constraint(line=13, text="Never open the valve."),
        Constraint(line=31, text="Do not cut the main power"),
    )


def test_a_case_of_its_own_is_no_clock() -> None:
    """ "At once" holds once the rope is torn, not whenever the crane is stuck."""
    (crane,) = read_runbook("pier.md", PIER.replace(b"Rope torn", b"The rope is torn")).playbooks
    assert [(rule.after, rule.targets) for rule in crane.escalations] == [
        (None, ("pier master",)),
        (10 * MINUTE, ("pier master",)),
        (None, ("mayor",)),
        (timedelta(), ("crane driver",)),
        (timedelta(), ()),
    ]
