"""Difficulties of other teams' incident documents, each in a small document of ours."""

from __future__ import annotations

from datetime import timedelta

from tocsin.core.runbook import Runbook
from tocsin.reading.runbook import read_runbook


def read(text: str) -> Runbook:
    return read_runbook("wild.md", text.encode())


def escalated(text: str) -> list[tuple[int, float | None, tuple[str, ...]]]:
    """Return line, seconds and targets of each rule."""
    return [
        (rule.line, rule.after.total_seconds() if rule.after is not None else None, rule.targets)
        for rule in read(text).escalations
    ]


def test_a_table_whose_header_holds_the_times_is_a_ladder() -> None:
    """Each named cell is somebody to be called then; a dash calls nobody."""
    text = """# Harbour duty

## Escalation ladder

| Severity | First call | Escalation (10 min) | Escalation (25 min) |
|----------|------------|---------------------|---------------------|
| SEV1 | Quay watch | Harbour master | Port director |
| SEV2 | Quay watch | - | N/A |
"""
    assert escalated(text) == [
        (7, 0.0, ("Quay watch",)),
        (7, 600.0, ("Harbour master",)),
        (7, 1500.0, ("Port director",)),
        (8, 0.0, ("Quay watch",)),
    ]


def test_a_table_with_a_column_for_when_gives_one_rule_a_row() -> None:
    """The column that says to whom wins over the one who answers first."""
    text = """# Harbour duty

## Who is told

### Escalation table

| Severity | Answers first | Escalate to | When |
|----------|---------------|-------------|------|
| SEV1 | Quay watch | Harbour master | At once |
| SEV2 | Quay watch | Pilot | If not moored in 40 min |
| SEV3 | Anybody | Pilot | If the tide turns |
| SEV4 | Anybody | N/A | Tomorrow |
"""
    assert escalated(text) == [
        (9, 0.0, ("Harbour master",)),
        (10, 2400.0, ("Pilot",)),
        (11, None, ("Pilot",)),
    ]


def test_a_numbered_path_of_roles_is_a_rule_each() -> None:
    """A bare list of roles says who comes next, though not when."""
    text = """# Crane does not swing

## Escalation path

1. Crane on-call
2. Yard lead
3. Director (SEV1 only)

### Contacts

| Role | Phone |
|------|-------|
| Yard lead | 4711 |
"""
    assert escalated(text) == [
        (5, None, ("Crane on-call",)),
        (6, None, ("Yard lead",)),
        (7, None, ("Director",)),
    ]


def test_every_bullet_under_when_to_escalate_is_a_condition() -> None:
    """Also one that names nobody and no time; elsewhere such a bullet is an aside."""
    text = """# Harbour duty

## Escalation

- Write everything down.

### When to escalate

- A SEV1 that lasts longer than 20 minutes
- Oil in the water
"""
    assert escalated(text) == [(9, 1200.0, ()), (10, None, ())]


def phases(text: str) -> list[tuple[str, int, float | None]]:
    """Return title, line and seconds of each phase."""
    return [
        (phase.title, phase.line, phase.budget.total_seconds() if phase.budget else None)
        for phase in read(text).process
    ]


def test_headings_that_call_themselves_phases_are_the_process() -> None:
    """With the upper end of their time; the section called a process has only a picture."""
    text = """# Harbour incident plan

## Incident response process

```
sight -> moor -> learn
```

## Phase 1: Sighting (0-5 minutes)

- [ ] Ring the bell

## Phase 2: Mooring

1. Throw a line

## Escalation workflow

1. Call the pilot
"""
    assert phases(text) == [("Sighting", 9, 300.0), ("Mooring", 13, None)]


def test_numbered_headings_under_the_first_response_are_phases() -> None:
    """The section has no name but says that it is what anybody does first."""
    text = """# Harbour duty

## Initial response

### 1. Ring the bell

- [ ] Loudly

### 2. Look

Include the tide.
"""
    assert phases(text) == [("Ring the bell", 5, None), ("Look", 9, None)]


def test_sections_named_for_the_stages_of_any_response_are_phases() -> None:
    """Three of them side by side make a process; templates and contacts are none."""
    text = """# Harbour duty

## When to use

- At night

## Triage (first 5–10 minutes)

- [ ] Look

## Containment

- [ ] Close the gate

## Investigation

- [ ] Ask the pilot

## Communication templates

None yet.

## Follow-up

- [ ] Tell the yard
"""
    assert phases(text) == [
        ("Triage", 7, 600.0),
        ("Containment", 11, None),
        ("Investigation", 15, None),
        ("Follow-up", 23, None),
    ]


def test_items_under_a_time_box_have_its_time() -> None:
    """The box stands in the heading once, for all that is to be done in it."""
    text = """# Incident response

## First 15 minutes

1. **Acknowledge**: ring the bell.
2. **Stabilise**: close the gate.
"""
    assert phases(text) == [("Acknowledge", 5, 900.0), ("Stabilise", 6, 900.0)]


def test_what_every_document_of_playbooks_ends_with_is_no_process() -> None:
    """Escalation, messages and the review stand side by side too, and are not done in turn."""
    text = """# Harbour runbooks

## Escalation

- Call the pilot after 10 minutes.

## Communication templates

None yet.

## Post-incident review

1. Write it down.
"""
    assert phases(text) == []


MONITORS = """# Harbour monitors

### 1. Water too high

**Monitor**: `Water above the mark`
**Trigger**: level > 3 m for 10 minutes
**Severity**: SEV-2

#### What failed?
The level is above the mark.

#### Why did it fail?
Possible causes:
- Rain
- The gate is open

#### What should the watch do next?

1. **Look at the gauge**
   - Go to: the quay
2. **Consider remediation:**
   - **Pump**: faster

### 2. Too many ships

**Monitor**: `Ships waiting`
**Trigger**: >10 ships in 30 minutes

**Symptoms:** the roads are full and waiting > 2 hours.

**Root cause:** fog.

**Steps:**
1. Look out.
2. Close the gate.
"""


def test_a_monitor_is_an_alert_and_its_trigger_a_threshold() -> None:
    """They are the same two fields as elsewhere under other names."""
    high, ships = read(MONITORS).playbooks

    assert (high.alerts, high.severity) == (("Water above the mark",), "SEV-2")
    assert [(t.value, t.lasting and t.lasting.total_seconds()) for t in high.thresholds] == [
        (3.0, 600.0)
    ]
    assert ships.alerts == ("Ships waiting",)
    assert [(t.value, t.lasting and t.lasting.total_seconds()) for t in ships.thresholds] == [
        (10.0, 1800.0),
        (2.0, None),
    ]


def test_a_heading_and_the_words_that_repeat_it_are_one_step() -> None:
    """`Why …?` and `Possible causes:` introduce the same list; the heading is its place."""
    high, _ = read(MONITORS).playbooks

    assert [(step.line, step.phase.value) for step in high.steps] == [
        (12, "follow-up"),
        (19, "investigate"),
        (21, "mitigate"),
    ]


def test_a_sentence_behind_a_label_is_a_symptom_and_colours_no_step() -> None:
    """`Root cause: fog.` is over at its full stop: the steps below say their phase themselves."""
    _, ships = read(MONITORS).playbooks

    assert ships.symptom_texts == ("the roads are full and waiting > 2 hours.",)
    assert [(step.line, step.phase.value) for step in ships.steps] == [
        (34, "investigate"),
        (35, "mitigate"),
    ]


WHOLE = """# Lock Gate Failure

## Severity

| Level | Meaning | Response time |
|-------|---------|---------------|
| P0 | Both gates | 5 minutes |
| P1 | One gate | 20 minutes |

## Detection triggers

- Alert: `GateStuck`

## Response procedures

### Phase 1: Assessment of both gates (0-5 minutes)

1. **Confirm the alert**
   ```bash
   tail -n 5 gate.log
   ```
2. **Tell the master**
   ```bash
   /duty start "gate stuck"
   ```

### Phase 2: Switch over

#### Gate switch-over

**By hand:**
```bash
./gatectl restart --side west
```

### Phase 3: Mitigation

#### Option A: Roll back

```bash
./gatectl rollback
```

#### Option B: Leave it

Ships wait outside.

## Communication

```
The lock is closed until [time].
```

## Contacts

| Role | Phone |
|------|-------|
| Master | 4711 |

## Post-incident

- Timeline
- Cause
"""


def test_a_document_about_one_incident_is_one_playbook() -> None:
    """Its title says so; what is about the team stays outside it."""
    runbook = read(WHOLE)
    (playbook,) = runbook.playbooks

    assert (playbook.line, playbook.alerts) == (1, ("GateStuck",))
    assert [(step.line, step.phase.value) for step in playbook.steps] == [
        (18, "investigate"),
        (22, "investigate"),
        (31, "mitigate"),
        (38, "mitigate"),
        (44, "mitigate"),
    ]
    assert [phase.line for phase in runbook.process] == [16, 27, 36]
    assert [template.line for template in runbook.templates] == [48]
    assert [contact.role for contact in runbook.contacts] == ["Master"]
    assert runbook.postmortem == ("Timeline", "Cause")
    assert [block.playbook_line for block in runbook.blocks] == [1, 1, 1, 1, None]


def test_a_title_that_announces_a_case_makes_a_playbook() -> None:
    """Even where nothing but steps stand below it; a case of nothing to do is none."""
    text = """# Harbour operations

## Scenario 1: Fog

**Steps:**
1. Ring the bell.

## Scenario 2: Calm

Nothing to do.

## Rope failure

1. Look at the rope.
2. Replace the rope.

## Log errors and where they are

They are in the log.
"""
    assert [playbook.line for playbook in read(text).playbooks] == [3, 12]


def test_a_checklist_for_any_incident_is_no_playbook() -> None:
    """Nobody can say which alert would lead there."""
    text = """# Harbour

## Incident response checklist

### Triage

- [ ] Look.

### Mitigation

- [ ] Close the gate.
"""
    assert read(text).playbooks == ()


def test_levels_are_defined_by_headings_side_by_side() -> None:
    """Also under a title that does not speak of severity."""
    text = """# Harbour

## Whom to call

### **SEV-1 (critical):**
- Response within 10 minutes

### **SEV-2 (high):**
- Response within 2 hours
"""
    assert [
        (level.id, level.respond_within and level.respond_within.total_seconds())
        for level in read(text).severities
    ] == [("SEV-1", 600.0), ("SEV-2", 7200.0)]


def test_the_template_of_a_review_is_its_form_and_not_the_list_of_what_to_do() -> None:
    """The list stands first, but it says how to hold the review."""
    text = """# Harbour

## Post-incident

### Always

1. [ ] Meet within 48 hours

### Post-incident review template

1. **Summary**: What happened?
2. **Cause**: Why?
"""
    assert read(text).postmortem == ("Summary", "Cause")


def test_rules_stand_in_a_column_under_a_label_and_on_a_card() -> None:
    """A table of levels, a bold label among duties, and the time a person waits."""
    text = """# Harbour duty

## Duties

**Be there:**
- At night, within 10 minutes

**When to escalate:**
- A SEV-1 for > 30 minutes
- Nobody knows the way

## Levels

| Severity | Response time | Escalation |
|----------|---------------|------------|
| SEV-1 | 15 minutes | Page the master |
| SEV-2 | 1 hour | Ticket only |

## Who

### Quay watch (24/7)
- **Name**: [NAME]
- **Phone**: [PHONE]
- **Escalation time**: 15 minutes

### Alarm channels
- **Slack**: #quay
- **E-mail**: quay@harbour.example
"""
    runbook = read(text)

    assert escalated(text) == [
        (9, 1800.0, ()),
        (10, None, ()),
        (16, 0.0, ("Page the master",)),
        (24, 900.0, ("Quay watch",)),
    ]
    assert [(one.role, one.line, one.placeholder) for one in runbook.contacts] == [
        ("Quay watch", 21, True)
    ]


def test_levels_may_have_words_for_names() -> None:
    """But only where none has a code; the words then are what the playbooks name."""
    text = """# Harbour

## Classes

| Severity | Time to respond |
|----------|-----------------|
| **Critical** | 15 min |
| **High** | 1 hour |

## Gate stuck

**Severity:** HIGH (at night)
**Detection:** the gate creaks, waiting ships above 80%

**Resolution:**
1. Push.
"""
    runbook = read(text)
    (playbook,) = runbook.playbooks

    assert [
        (level.id, level.respond_within and level.respond_within.total_seconds())
        for level in runbook.severities
    ] == [("Critical", 900.0), ("High", 3600.0)]
    assert playbook.severity == "High"
    assert [(one.comparator, one.value) for one in playbook.thresholds] == [(">", 80.0)]


def test_a_level_defined_twice_has_the_time_only_one_of_the_two_gives() -> None:
    """Once by what it means, and once, in another table, by how fast it wants somebody."""
    text = """# Harbour

## Severity

- **P1**: the gate, and slow responses of the pump

## Who comes

| Priority | Example | Response time |
|----------|---------|---------------|
| P1 | Slow responses | within 20 minutes |
"""
    (level,) = read(text).severities

    assert (level.line, level.respond_within and level.respond_within.total_seconds()) == (
        5,
        1200.0,
    )


def test_a_heading_may_be_a_field() -> None:
    """`### Severity: P1 (…)` is no group of steps."""
    text = """# Harbour runbooks

## Gate shut

### When to use
- The gate is shut

### Severity: P1 (at once)

### Procedure

#### 1. Push (0-2 minutes)
```bash
./gatectl push
```

#### 2. Pull
1. Take a rope
"""
    (playbook,) = read(text).playbooks

    assert (playbook.severity, playbook.severity_line) == ("P1", 8)
    assert playbook.symptom_texts == ("The gate is shut",)
    assert [step.line for step in playbook.steps] == [12, 18]


def test_the_form_of_a_report_is_a_review_and_no_message() -> None:
    """Its own title is none of its sections."""
    text = """# Harbour

## Templates

### Incident report template

```markdown
## Report: [title]

### What happened

### Why
```
"""
    runbook = read(text)

    assert runbook.postmortem == ("What happened", "Why")
    assert runbook.templates == ()


def test_a_procedure_for_one_level_is_a_process() -> None:
    """Where nothing else is; the time behind a name is its budget."""
    text = """# Harbour duty

## SEV-1 response procedure

1. **Ring** (< 5 minutes)
2. **Look (5-10 minutes)**
3. **Push**
"""
    assert phases(text) == [("Ring", 5, 300.0), ("Look", 6, 600.0), ("Push", 7, None)]


def test_a_breach_without_a_command_is_read_by_its_clock() -> None:
    """Owners and timers, and what nobody may do; who can be reached is no step."""
    text = """# Oil leak playbook

## First hour

- [ ] The master opens the log.
- [ ] Never touch the valve.

## Within 72 hours

- [ ] The master tells the authority.

## Roles

| Role | Person | Phone |
|------|--------|-------|
| Master | TODO: add | TODO: add |
| Pilot | Kim | +49 30 1234 |
"""
    runbook = read(text)
    (playbook,) = runbook.playbooks

    assert phases(text) == [("First hour", 3, 3600.0), ("Within 72 hours", 8, 259200.0)]
    assert [step.line for step in playbook.steps] == [3, 8]
    assert [constraint.text for constraint in playbook.constraints] == ["Never touch the valve."]
    assert [(one.line, one.placeholder) for one in runbook.contacts] == [(16, True), (17, False)]


def test_a_response_in_numbered_prose_has_phases() -> None:
    """No list, no command: the numbers of the headings are the order."""
    text = """# Incident response

## 1. Detect

Spikes on the board.

## 2. Contain

Close what is open.

## 3. Throw away keys

All of them.
"""
    assert [phase.line for phase in read(text).process] == [3, 7, 11]


def test_a_quotation_is_a_message_where_messages_are_kept_and_an_aside_elsewhere() -> None:
    """A note between two steps must not end the list."""
    text = """# Harbour

## Gate stuck

**Symptoms:**
- It does not move

**Steps:**
1. Look.

> **Note:** the gate is heavy.

2. Push.

**Expected output:**

3. Pull.

**If it is still stuck after 20 minutes:** page the master.

## Communication

**Public page:**
> The gate is closed until [time].
> We are sorry.
"""
    runbook = read(text)
    (playbook,) = runbook.playbooks

    assert [step.line for step in playbook.steps] == [9, 13, 17]
    assert escalated(text) == [(19, 1200.0, ("master",))]
    (template,) = runbook.templates
    assert (template.line, template.placeholders) == (23, ("time",))
    assert template.text == "The gate is closed until [time].\nWe are sorry.\n"


def test_a_word_to_a_bot_is_no_statement() -> None:
    """`/incident start` is typed into a chat; a shell would look for a file of that name."""
    text = """# Harbour

## Gate stuck

**Symptoms:**
- It does not move

1. Tell the bot
   ```bash
   # in the chat
   /incident start "gate"
   ```
"""
    (playbook,) = read(text).playbooks

    assert [step.statements for step in playbook.steps] == [()]


def test_a_plain_list_of_alerts_names_them_and_their_limits() -> None:
    """No rule of Prometheus, but the same facts; levels that differ are nobody's level."""
    text = """# Gate failure response

## Detection

```yaml
alerts:
  - name: GateSlow
    condition: gate_seconds > 30
    severity: P2

  - name: GateStuck
    condition: moved < expected * 0.5
    severity: P0
```

## Response

1. Look.
"""
    (playbook,) = read(text).playbooks

    assert (playbook.alerts, playbook.severity) == (("GateSlow", "GateStuck"), None)
    assert [(one.line, one.value) for one in playbook.thresholds] == [(8, 30.0)]


def test_a_cause_in_one_sentence_is_a_playbook_with_one_step() -> None:
    """Where its chapter says that causes follow, a command in prose is work enough."""
    text = """# Harbour operations

## Common incidents

### Flag torn

The flag is renewed at noon. By hand: `./flagctl renew`

### Weather

Look out of the window.
"""
    (playbook,) = read(text).playbooks

    assert [(step.line, step.phase.value) for step in playbook.steps] == [(5, "mitigate")]
    assert [one.text for step in playbook.steps for one in step.statements] == ["./flagctl renew"]


def test_a_cell_that_says_whom_to_call_is_a_rule_whatever_its_column() -> None:
    """Beside a level; a cell about files calls nobody."""
    text = """# Harbour

## Levels

| Severity | Response SLA | What to do |
|----------|--------------|------------|
| P0 | 5 min | Page the master; close the gate |
| P2 | 1 day | File a ticket |
"""
    assert [(line, after) for line, after, _ in escalated(text)] == [(7, 0.0)]


def test_people_may_stand_in_a_block_of_plain_text() -> None:
    """Only lines that say how to reach somebody; the time of a level is no process."""
    text = """# Harbour

## Levels

### P0 - critical (response: at once)

**What to do:**
1. Ring.
2. Run.

## Emergency contacts

```
Quay watch: +1-xxx-xxx-xxxx
Pilot: pilot@harbour.test

Ladder:
  master
```
"""
    runbook = read(text)

    assert [(one.role, one.line, one.placeholder) for one in runbook.contacts] == [
        ("Quay watch", 14, True),
        ("Pilot", 15, False),
    ]
    assert runbook.process == ()


def test_what_a_table_of_alerts_leads_to_is_a_playbook() -> None:
    """Its title need not say what is wrong, nor its labels what they are for."""
    text = """# Harbour incident response

## Levels

| Severity | Response time | Example |
|----------|---------------|---------|
| **Critical (P1)** | 5 min | Gate shut |
| **High (P2)** | 1 hour | Slow gate |

## Alert matrix

| Alert | Severity | What then |
|-------|----------|-----------|
| `GateShut` | P1 | [Gate work](#gate-work) |
| Bell silent | SEV2 | [Bell work](#bell-work) |

## Gate work

### Step 1: Look

```bash
tail -n 5 gate.log
```

### Step 2: Ask

The pilot knows.

## Bell work

- Ring it by hand.
- Restart it.

## Rope work

### Step 1: Pull
- Gently
"""
    runbook = read(text)

    assert [(one.line, one.alerts, one.severity) for one in runbook.playbooks] == [
        (17, ("GateShut",), "P1"),
        (29, (), "SEV2"),
    ]
    assert [step.line for step in runbook.playbooks[0].steps] == [19, 25]
    assert [
        (one.id, one.respond_within and one.respond_within.total_seconds())
        for one in runbook.severities
    ] == [
        ("P1", 300.0),
        ("P2", 3600.0),
    ]


def test_a_phase_of_the_process_is_no_playbook() -> None:
    """Though it looks first and acts then, as a playbook does."""
    text = """# Harbour

## Incident response process

### 1. Detection and first response (0-15 minutes)

#### Immediate actions
1. Ring.

#### Initial assessment
- Look.
"""
    assert read(text).playbooks == ()


def test_a_table_of_duties_reaches_nobody() -> None:
    """It says who does what and not how to call him."""
    text = """# Harbour

## Contacts

| Role | Responsibility |
|------|----------------|
| Pilot | Knows the way |
"""
    (pilot,) = read(text).contacts

    assert pilot.placeholder


def test_cases_within_the_resolution_are_ways_to_mend_one_incident() -> None:
    """The document stays one playbook; its heading names the alert's limit."""
    text = """# Runbook: Slow gate

## 🚨 Alert: Gate time > 95 s for 10 minutes

**Severity:** P2

## Trigger conditions

- The bell rings

## Investigation steps

### 1. Look
```bash
tail -n 5 gate.log
```

## Resolution steps

### Scenario A: Overload
```bash
./gatectl restart
```
"""
    (playbook,) = read(text).playbooks

    assert (playbook.line, playbook.severity, playbook.symptoms) == (1, "P2", (9,))
    assert [(one.line, one.value, one.lasting) for one in playbook.thresholds] == [
        (3, 95.0, timedelta(minutes=10))
    ]
    assert [(step.line, step.phase.value) for step in playbook.steps] == [
        (13, "investigate"),
        (20, "mitigate"),
    ]


def test_the_time_to_acknowledge_is_the_time_to_respond() -> None:
    """And a line of arrows is the path it goes when nobody does."""
    text = """# Harbour incident response

## Levels

| Severity | Acknowledge | Fixed |
|----------|-------------|-------|
| Critical | 15 minutes | 1 day |
| Low | 2 business days | - |

## Escalation chain

Quay lead → Master → Director
"""
    runbook = read(text)

    assert [(one.id, one.respond_within) for one in runbook.severities] == [
        ("Critical", timedelta(minutes=15)),
        ("Low", None),
    ]
    assert escalated(text) == [(12, None, ("Quay lead", "Master", "Director"))]


def test_a_level_may_be_spelt_out_and_its_time_be_any_of_the_usual_words() -> None:
    """`Severity 1`, `Sev2`, `Critical (P0)`; SLA, acknowledge, response."""
    spelt = """# Harbour

## Severity classification

### Severity 1 (critical)
**SLA: 15 minutes**

### Severity 2 (high)
**SLA: 1 hour**
"""
    listed = """# Harbour

## Severity matrix

- **SEV1:** the gate. Target: acknowledge < 5m, closed < 30m.
- **SEV2:** the rope. Target: ack < 15m.
"""
    headed = """# Harbour

## Severity levels

#### Sev1 - critical
- **Response time**: Immediate (5 minutes)
- **Escalation**: Automatic to the master

#### Sev4 - low
- **Escalation**: None required
"""

    def levels(text: str) -> list[tuple[str, timedelta | None]]:
        return [(level.id, level.respond_within) for level in read(text).severities]

    assert levels(spelt) == [
        ("Severity 1", timedelta(minutes=15)),
        ("Severity 2", timedelta(hours=1)),
    ]
    assert levels(listed) == [("SEV1", timedelta(minutes=5)), ("SEV2", timedelta(minutes=15))]
    assert levels(headed) == [("Sev1", timedelta(minutes=5)), ("Sev4", None)]
    assert [line for line, _, _ in escalated(headed)] == [7]


def test_a_list_in_a_shell_block_is_no_command() -> None:
    """`1. Block them` would look for a program called `1.`."""
    text = """# Harbour

## Gate failure

**Symptoms:**
- It is open

**Resolution:**
```bash
# at once
1. Close the gate
- [ ] Ring
tail -n 5 gate.log
```
"""
    (playbook,) = read(text).playbooks

    assert [one.text for step in playbook.steps for one in step.statements] == [
        "tail -n 5 gate.log"
    ]


def test_commands_under_the_signs_of_an_incident_are_a_look() -> None:
    """And the time below a field of severity is that level's, where nothing defines it."""
    text = """# Endless loop of the pump

## Overview

**Severity:** P1 (high)
**Response time:** < 15 minutes

### What is a loop?

It happens when:
- Water runs in circles

## Detection

### By hand

```bash
tail -n 5 pump.log
```

### Alert triggers
- Pump time > 5 minutes

## At once

### Step 1: Prevent further damage
```bash
./pumpctl stop
```
"""
    runbook = read(text)
    (playbook,) = runbook.playbooks

    assert [(one.id, one.respond_within) for one in runbook.severities] == [
        ("P1", timedelta(minutes=15))
    ]
    assert playbook.symptoms == (22,)
    assert [(step.line, step.phase.value) for step in playbook.steps] == [
        (15, "investigate"),
        (26, "mitigate"),
    ]


def test_a_marked_playbook_of_bullets_is_one() -> None:
    """Its numbered headings hold questions, which is work for a person all the same."""
    text = """# Harbour on-call

## Playbook A — Alert A (P1): Slow gate

### A-0. Confirm the sign

- Is it slow?

### A-1. Look

Look for:

- ropes in the way
"""
    (playbook,) = read(text).playbooks

    assert playbook.severity == "P1"
    assert [step.line for step in playbook.steps] == [5, 9]


def test_a_stage_with_signs_is_no_playbook() -> None:
    """The process says, too, where word comes from and what to do first."""
    text = """# Harbour

## Incident response process

### 1. Detection and triage

**Detection sources:**
- The bell

**Triage:**
1. Look.

### 2. Gate failure

**Symptoms:**
- It is open

1. Push.
"""
    assert [one.line for one in read(text).playbooks] == [13]


def test_somebody_is_called_when_their_span_of_time_begins() -> None:
    """Who has the minutes 15 to 30 is called at the 15th, wherever the span stands."""
    text = """# Harbour

## Escalation chain

1. **Level 1** (0-15 min): Quay engineer
2. **Level 2** (15-30 min): Team lead
3. 30–60 minutes: Director

### Escalation levels

| Level | Time | Who |
|-------|------|-----|
| L1 | 0-15 min | Quay engineer |
| L2 | 15-30 min | Team lead |

### Escalation workflow

1. Page L1 immediately for SEV1 alerts.
2. Escalate to L2 if nothing moved in 15-30 minutes.
"""
    assert escalated(text) == [
        (5, 0.0, ("Quay engineer",)),
        (6, 900.0, ("Team lead",)),
        (7, 1800.0, ("Director",)),
        (13, 0.0, ("Quay engineer",)),
        (14, 900.0, ("Team lead",)),
        (18, 0.0, ("L1",)),
        (19, 1800.0, ("L2",)),
    ]


def test_a_line_of_people_is_a_path_and_signals_are_signs() -> None:
    """A stage that both detects and verifies is work; when to roll back again is none."""
    text = """# Runbook: Gate stands open

**Escalation:** Gate team (L2) → Port management (L3)

## Signals

- The water rises

## Phase 1: Detection and verification (0-4 minutes)

1. Read the gauge.

## Phase 2: Mitigation

1. Close the gate.

## Rollback criteria

- The water falls for 30 minutes
"""
    (playbook,) = read(text).playbooks

    assert escalated(text) == [(3, None, ("Gate team (L2)", "Port management (L3)"))]
    assert playbook.symptoms == (7,)
    assert [(one.line, one.phase.value) for one in playbook.steps] == [
        (11, "investigate"),
        (15, "mitigate"),
    ]
