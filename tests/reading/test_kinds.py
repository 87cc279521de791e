"""Which sections are about one kind of incident, where no label below them says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.core.runbook import Phase, Runbook
from tocsin.reading.extract.kinds import names_only_rank
from tocsin.reading.runbook import read_runbook

SCENARIOS = """# Harbour

## Response

### P1 - Critical Incidents

#### Immediate actions
1. **Ring the bell**
2. **Count the ships**

#### Investigation
1. **Ask the pilot**

## Specific Procedures

### Fog Signal Failure

The ships cannot hear us.

**IMMEDIATE ACTIONS (within 5 minutes):**

1. **Sound by hand**

```bash
./hornctl start
```

2. **Tell the pilots**

### Pier Overload

If more than nine ships wait:

1. Check the berths:

```bash
./berths list
```

2. Restart the crane

### Opening Hours

From dawn to dusk.

## Common Incident Scenarios

### Lamp Problems
```bash
./lampctl restart
```
"""

ONE_LINE = """# Reservoir

| Alert name | Severity | Where |
| --- | --- | --- |
| DamTooHigh | P1 | [Dam](#dam-too-high) |
| GateSilent | P2 | [Gate](#gate-silent) |

## dam-too-high

**Symptom:** `DamTooHigh` (>80%) or `DamOverflow` alert. The gauge is red.

```bash
# 1. Read the gauge
./gauge read
```

## gate-silent

**Symptom:** The gate does not answer.

**P2: Escalate immediately to the gate keeper.**

```bash
./gatectl restart
```
"""


def read(text: str) -> Runbook:
    return read_runbook("runbook.md", text.encode())


def test_a_chapter_of_incidents_holds_playbooks() -> None:
    """Such sections have no symptoms: their titles and the chapter say what they are for."""
    playbooks = read(SCENARIOS).playbooks
    assert [playbook.heading for playbook in playbooks] == [
        "Fog Signal Failure",
        "Pier Overload",
        "Lamp Problems",
    ]
    fog, pier, lamp = playbooks
    assert [(step.title, step.phase) for step in fog.steps] == [
        ("Sound by hand", Phase.MITIGATE),
        ("Tell the pilots", Phase.MITIGATE),
    ]
    assert [(step.title, step.phase) for step in pier.steps] == [
        ("Check the berths", Phase.INVESTIGATE),
        ("Restart the crane", Phase.MITIGATE),
    ]
    assert [step.line for step in lamp.steps] == [lamp.line]


@pytest.mark.parametrize(
    ("title", "rank"),
    [
        ("P0 - Critical Incidents", True),
        ("SEV-2 Response", True),
        ("High Priority Incidents", True),
        ("High Tide", False),
        ("Pump not responding", False),
    ],
)
def test_a_title_that_says_only_how_bad_is_no_playbook(title: str, rank: bool) -> None:
    """The response to everything critical is the general process."""
    assert names_only_rank(title) is rank


def test_a_symptom_in_one_line_names_alerts_and_ends_there() -> None:
    """The block below it is what to do, not how it shows."""
    dam, gate = read(ONE_LINE).playbooks
    assert dam.alerts == ("DamTooHigh", "DamOverflow")
    assert dam.symptoms == (10,)
    assert [(one.comparator, one.value) for one in dam.thresholds] == [(">", 80.0)]
    assert [step.title for step in dam.steps] == ["Read the gauge"]
    assert gate.steps[0].statements[0].text == "./gatectl restart"


CHECKLIST = """# Crane

## Load swings (LoadSwingsFar)

**Steps**

- [ ] Look at the wind

```bash
kubectl -n crane rollout history deploy/winch
```

- [ ] Restart the winch

## P2: Hook stuck

**Trigger:** `HookStuck` fires, or hook force > 10 % for 2 minutes

1. Knock
2. Oil
"""


def test_each_task_of_the_steps_is_a_step() -> None:
    """A box to tick is ticked by itself, and the block behind it belongs to it."""
    swing, _ = read(CHECKLIST).playbooks
    assert swing.alerts == ("LoadSwingsFar",)
    assert [(step.title, step.phase, len(step.statements)) for step in swing.steps] == [
        ("Look at the wind", Phase.INVESTIGATE, 1),
        ("Restart the winch", Phase.MITIGATE, 0),
    ]


def test_a_trigger_may_name_an_alert_and_a_figure() -> None:
    """Either of them begins the incident."""
    _, hook = read(CHECKLIST).playbooks
    assert hook.alerts == ("HookStuck",)
    (threshold,) = hook.thresholds
    assert (threshold.comparator, threshold.value) == (">", 10.0)
    assert threshold.lasting == timedelta(minutes=2)


def test_a_table_binds_the_alerts_it_sends_to_a_playbook() -> None:
    """The table on top is where a team looks an alert up."""
    gate = read(ONE_LINE).playbooks[1]
    assert (gate.alerts, gate.alert_lines) == (("GateSilent",), (6,))
    assert (gate.severity, gate.severity_line) == ("P2", 6)


def test_a_lead_that_escalates_is_a_rule_and_holds_no_commands() -> None:
    """It is a sentence, not a label."""
    gate = read(ONE_LINE).playbooks[1]
    (rule,) = gate.escalations
    assert (rule.line, rule.severity, rule.after) == (21, "P2", timedelta(0))
    assert rule.targets == ("gate keeper",)
