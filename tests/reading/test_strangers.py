"""Documents in the ways of teams the reader was never shown, each with one trap."""

from __future__ import annotations

from datetime import timedelta

from tocsin.core.runbook import Phase, Runbook
from tocsin.reading.runbook import read_runbook

LADDER = """# Sluice Gate Outage

## Symptoms
- Water stands at the gate

## Resolution Steps

### Step 1: Free the wheel

**Open the brake:**

```bash
./brakectl release
```

**Turn it back:**

```bash
./wheelctl reverse
```

### 2. Common obstacles

| Obstacle | Remedy |
|----------|--------|
| Reed | Cut it |

### 3. Tell the keeper

**Note Template:**
```
The gate stands since [time].
```

## Tools & Dashboards

- **Level:** a painted post

## Escalation Path

### Level 1: Gate On-Call (0-10 minutes)
- Look at the wheel

### Level 2: Canal Engineer (10-30 minutes)
- Bring the crane

### Level 3: Director (> 30 minutes)
- Close the canal
"""

CARD = """# Alert Runbook: LockLevelLow

**Alert Severity**: Critical (P2)
**SLA Response Time:** Immediate (< 5 minutes)

## Investigation

1. Read the post
2. Retry the pump

## How to Verify Resolution

- [ ] The post shows two metres

**The lock is back to work and the incident is closed when**:
- Boats pass

## Escalation

- **Lock keeper** (immediate)
- **Canal office** (if not resolved in 20 minutes)
- **Mayor** (if the town is wet)
"""

DESK = """# Mill Response Playbook

| Level | Meaning | Response Time | Escalation |
|-------|---------|---------------|------------|
| **P0 - Critical** | No flour | 10 minutes | Mill leads |

## Initial Response Checklist

### Immediate Actions (0-5 minutes)

- [ ] **Stop the stones**
- [ ] **Count the sacks**

### Investigation Phase (5-20 minutes)

- [ ] **Look at the sieve**

## Investigation Procedures

### Grain Issues

1. **Grain Age**
   - Smell it

### Sieve Problems

1. **Mesh Width**
   - Measure it

## Common Resolution Steps

### Stone Issues

1. **Stone Dressing**
   - Sharpen the stones

### Belt Failures

1. **Belt Tension**
   - Pull the belt

## Emergency Contacts

- **Miller**: +43 1 2345678

---

**Remember**: flour burns, so keep the lamp away and count to three.
"""

STAGES = """# Granary Runbook

## Incident Response Process

### 1. Detection (0-5 minutes)

**Triggers:**
- Smoke

**Immediate Actions:**
1. Ring the bell
2. Count the people

### 2. Containment (5-20 minutes)

**Communication:**
```
The granary is closed since [time].
```

## Post-Incident

### 1. Account

```markdown
# What happened when
```

### 2. Review

```markdown
# Review: the granary

## Cause

## Measures
```
"""

RULES = """# Runbook — Weir

How to answer what the weir reports.

## Alert: WeirBlocked (severity: critical)
1. Confirm that the flow is low
2. Look at the grid
3. Restart the rake
4. Post-incident: draw what was found

## Alert: WeirFrozen (severity: warning)
1. Look at the ice

## Escalation & Postmortem
- If the rake breaks, escalate to the smith
- After that, write an account
"""

STAGED_BY_CODE = """# Response

### Phase P1: Declare
1. Classify.
   - **SEV-1**: The dam is open.

### Phase P2: Close
1. Close it.
"""


def read(text: str) -> Runbook:
    return read_runbook("a.md", text.encode())


def test_a_numbered_heading_is_one_step_with_all_that_stands_below_it() -> None:
    """`Step 1` is one step to whoever follows it, also where labels divide it."""
    steps = read(LADDER).playbooks[0].steps
    assert [step.title for step in steps] == [
        "Step 1: Free the wheel",
        "2. Common obstacles",
        "3. Tell the keeper",
    ]
    assert [statement.text for statement in steps[0].statements] == [
        "./brakectl release",
        "./wheelctl reverse",
    ]


def test_a_message_among_the_steps_is_a_template() -> None:
    """Who responds needs the text at hand, wherever the author put it."""
    assert [one.name for one in read(LADDER).templates] == ["Note Template"]


def test_a_rung_of_a_ladder_is_a_rule_from_when_its_time_begins() -> None:
    """Who has the 10th to the 30th minute is called after 10; what he does is no rule."""
    found = [(one.line, one.after, one.targets) for one in read(LADDER).escalations]
    minutes = [timedelta(minutes=length) for length in (0, 10, 30)]
    people = [("Gate On-Call",), ("Canal Engineer",), ("Director",)]
    assert found == list(zip((41, 44, 47), minutes, people, strict=True))


def test_a_parenthesis_behind_a_name_says_when_to_call() -> None:
    """The condition stands there as often as behind a colon."""
    found = [(one.after, one.targets) for one in read(CARD).escalations]
    assert found == [
        (timedelta(0), ("Lock keeper",)),
        (timedelta(minutes=20), ("Canal office",)),
        (None, ("Mayor",)),
    ]


def test_a_document_named_for_its_alert_is_the_playbook_of_it() -> None:
    """`Alert Runbook: X` names the alert as `Alert: X` does."""
    playbook = read(CARD).playbooks[0]
    assert (playbook.line, playbook.alerts, playbook.severity) == (1, ("LockLevelLow",), "P2")
    phases = [(step.line, step.phase) for step in playbook.steps]
    assert phases == [(8, Phase.INVESTIGATE), (9, Phase.INVESTIGATE), (11, Phase.VERIFY)]


def test_the_response_time_beside_a_severity_is_that_level_s() -> None:
    """A single card has no table of levels; its two fields say the same."""
    assert read(CARD).severities[0].respond_within == timedelta(minutes=5)


def test_parts_of_the_work_may_be_chapters_of_kinds() -> None:
    """Teams also sort by what is done; then the chapter says the phase of every step."""
    playbooks = read(DESK).playbooks
    assert [(one.heading, one.steps[0].phase) for one in playbooks] == [
        ("Grain Issues", Phase.INVESTIGATE),
        ("Sieve Problems", Phase.INVESTIGATE),
        ("Stone Issues", Phase.MITIGATE),
        ("Belt Failures", Phase.MITIGATE),
    ]


def test_the_first_response_is_a_process_and_no_playbook() -> None:
    """It is the same whatever went wrong."""
    found = [(one.line, one.budget) for one in read(DESK).process]
    assert found == [(9, timedelta(minutes=5)), (14, timedelta(minutes=20))]


def test_a_bare_name_in_the_column_of_escalation_has_no_time() -> None:
    """To call at once and to call at some time are different orders."""
    rule = read(DESK).escalations[0]
    assert (rule.line, rule.after, rule.targets) == (5, None, ("Mill leads",))


def test_a_reminder_behind_the_contacts_is_no_contact() -> None:
    """Nobody is called Remember."""
    assert [one.role for one in read(DESK).contacts] == ["Miller"]


def test_a_numbered_stage_of_the_process_is_no_playbook() -> None:
    """It has triggers and actions as a playbook has, but they are for every incident."""
    runbook = read(STAGES)
    assert not runbook.playbooks
    assert [one.line for one in runbook.process] == [5, 14]


def test_a_fence_with_blanks_under_communication_is_a_message() -> None:
    """Labels name what it is for more often than that it is a template."""
    assert [one.line for one in read(STAGES).templates] == [16]


def test_the_review_s_form_is_the_block_that_has_sections() -> None:
    """Other blocks stand in the same chapter."""
    assert read(STAGES).postmortem == ("Cause", "Measures")


def test_headings_that_name_alerts_with_their_severity_are_playbooks() -> None:
    """The word severity in a heading does not make it a table of levels."""
    runbook = read(RULES)
    assert [one.alerts for one in runbook.playbooks] == [("WeirBlocked",), ("WeirFrozen",)]
    phases = [step.phase for step in runbook.playbooks[0].steps]
    looks = Phase.INVESTIGATE
    assert phases == [looks, looks, Phase.MITIGATE, Phase.FOLLOW_UP]


def test_a_chapter_of_escalation_is_no_review() -> None:
    """Its bullets are rules, though the title names the post-mortem, too."""
    assert read(RULES).postmortem == ()


def test_the_number_of_a_phase_is_no_level() -> None:
    """`P1` behind the word phase counts phases."""
    assert [one.id for one in read(STAGED_BY_CODE).severities] == ["SEV-1"]


def test_an_unlabelled_fence_of_a_newer_tool_holds_commands() -> None:
    """A block whose program nobody knows would be taken for sample output."""
    text = "# Weir down\n\n1. Look:\n\n```\njuju status\nstern weir --since 5m\n```\n"
    assert len(read(text).blocks[0].statements) == 2


HOW_TO = """# How to recover the drawbridge

1. Lower the left half:
   ```bash
   ./bridgectl lower left
   ```
2. On the other bank:
   ```bash
   ./bridgectl lower right
   ```
"""

CAUSES_TOLD = """# Alert Runbook: BridgeStuck

## Investigation

### 1. Common causes

| Cause | Look |
|-------|------|
| Rust | At the hinge |

## Common Root Causes

### Root Cause 1: Rust
- **Symptom**: It creaks
- **Impact**: Ships wait

## Resolution

1. Oil the hinge

## Escalation

| Role | P0 (Immediate) | P1 (15 min) |
|------|----------------|-------------|
| **Bridge Lead** | ✅ | ✅ |
| **Town Manager** | - | ✅ |
"""


def test_a_page_that_says_how_to_recover_is_a_playbook_of_that_work() -> None:
    """Its steps name machines, not the work; the title has said it."""
    playbook = read(HOW_TO).playbooks[0]
    assert playbook.heading == "How to recover the drawbridge"
    assert [step.phase for step in playbook.steps] == [Phase.MITIGATE, Phase.MITIGATE]


def test_to_look_for_causes_is_a_part_of_the_investigation() -> None:
    """Elsewhere a list of causes is for later; inside a search it is what one searches."""
    steps = read(CAUSES_TOLD).playbooks[0].steps
    assert [(step.line, step.phase) for step in steps] == [
        (5, Phase.INVESTIGATE),
        (19, Phase.MITIGATE),
    ]


def test_how_a_cause_shows_is_a_symptom_and_no_step() -> None:
    """Nobody is asked to do anything there."""
    assert read(CAUSES_TOLD).playbooks[0].symptoms == (14,)


def test_a_tick_in_a_ladder_calls_whoever_its_row_is_about() -> None:
    """The first level ticked is the one that calls them."""
    found = [(one.after, one.targets, one.severity) for one in read(CAUSES_TOLD).escalations]
    assert found == [
        (timedelta(0), ("Bridge Lead",), "P0"),
        (timedelta(minutes=15), ("Town Manager",), "P1"),
    ]


FILLED_IN = """---
title: How to investigate kite errors
weight: 3
---

# <%= current_page.data.title %>

Look at the string:

```bash
tail -n 5 string.log
```
"""

PLATFORMS = """# Runbook: Kites Down

**Severity:** Critical
**Response Time:** < 5 minutes

## Symptoms

- No kite is in the sky

## Immediate Actions

### 1. Confirm the calm

#### MacroField

```bash
curl -I https://field.test
```

#### Beach

```bash
curl -I https://beach.test
```

## Remediation Actions

### Option 1: Pull the string

**When to pull:**
- There is wind

```bash
./kitectl pull
```

### Option 2: Change the kite

**Container/Bag Status:**

```bash
./bagctl list
```

## Verification

### After Kite Recovery

```bash
./kitectl list
```

**Success Criteria:**
- All kites fly

## Communication

**Now:**
```
The kites are down since [time].
```

**Channels:**
- The beach radio

## Escalation

1. Kite lead (0-10 min)
2. Beach manager (10+ min)
"""

DEADLINE = """# Kite Incident Response Runbook

## Response Procedure

### 1. Detection
- Look up

### 2. Triage
- Count the kites

### 3. Review
- Meet within 48 hours
"""


def test_a_heading_the_site_fills_in_has_the_title_of_the_page() -> None:
    """The reader of the page never sees the placeholder."""
    (playbook,) = read(FILLED_IN).playbooks
    assert (playbook.line, playbook.heading) == (6, "<%= current_page.data.title %>")
    assert read(FILLED_IN).title == "How to investigate kite errors"


def test_a_product_among_products_is_no_alert() -> None:
    """One name in two words must not turn a whole document into a chapter."""
    runbook = read(PLATFORMS)
    assert [(one.line, one.alerts) for one in runbook.playbooks] == [(1, ())]


def test_options_and_numbered_headings_are_the_steps() -> None:
    """What divides them (a platform, a label `When to …`) is not one more thing to do."""
    steps = read(PLATFORMS).playbooks[0].steps
    mend = Phase.MITIGATE
    assert [(step.title, step.phase) for step in steps] == [
        ("1. Confirm the calm", mend),
        ("Option 1: Pull the string", mend),
        ("Option 2: Change the kite", mend),
        ("After Kite Recovery", Phase.VERIFY),
    ]


def test_a_response_time_beside_a_severity_without_a_code_counts() -> None:
    """`Critical` is a level as `P0` is."""
    assert read(PLATFORMS).severities[0].respond_within == timedelta(minutes=5)


def test_messages_with_a_list_of_channels_below_are_messages() -> None:
    """Where to send them is said right there."""
    runbook = read(PLATFORMS)
    assert [one.name for one in runbook.templates] == ["Now"]
    assert runbook.blocks[-1].playbook_line is None


def test_an_open_span_begins_a_rung_too() -> None:
    """`10+ min` is a time as `10-20 min` is."""
    found = [one.after for one in read(PLATFORMS).escalations]
    assert found == [timedelta(0), timedelta(minutes=10)]


def test_a_stage_without_a_time_in_its_title_has_the_deadline_below_it() -> None:
    """`Within two days` binds as much in a bullet as in a title."""
    assert read(DEADLINE).process[-1].budget == timedelta(hours=48)


TOLD_BELOW = """# Weather Alerts

## StormComing

### Severity
**WARNING** - Response within 20 minutes

### Symptoms
- >7% of the boats are out

### Immediate Response
1. Check the glass
2. Verify the wind
3. Restart the horn
4. Verify the signal

## CalmComing

### Severity
**INFO** - Nothing to do

### Symptoms
- No wind

### Resolution
1. Row
"""


def test_levels_below_headings_are_levels_where_one_says_how_fast_to_respond() -> None:
    """They are the only scheme such a document has."""
    found = [(one.id, one.respond_within) for one in read(TOLD_BELOW).severities]
    assert found == [("WARNING", timedelta(minutes=20)), ("INFO", None)]


def test_a_figure_behind_a_sign_in_a_bullet_is_no_quotation() -> None:
    """Markdown reads a quotation there; nobody who wrote it meant one."""
    limit = read(TOLD_BELOW).playbooks[0].thresholds[0]
    assert (limit.comparator, limit.value) == (">", 7.0)


def test_to_verify_before_anything_was_mended_is_no_verification() -> None:
    """A look in the middle of the response belongs to it; the one behind the remedy verifies."""
    phases = [step.phase for step in read(TOLD_BELOW).playbooks[0].steps]
    assert phases == [Phase.MITIGATE, Phase.MITIGATE, Phase.MITIGATE, Phase.VERIFY]


CHAPTERS = """# Runbook: Well Down

**Estimated resolution:** 15 minutes

## 1. Symptoms

- No water comes

## 2. Diagnosis

### Step 1: Look into the well

```bash
./wellctl depth
```

## 3. Resolution

### Option A: Dig

```bash
./wellctl dig
```

### Option B: Wait

```bash
sleep 5
```

## 4. Common Root Causes

### 4.1. Drought
- **Symptoms**: Dust
- **Resolution**: Rent a tank
"""


def test_a_numbered_chapter_is_no_step_where_its_headings_are() -> None:
    """Numbers count chapters as often as steps."""
    steps = read(CHAPTERS).playbooks[0].steps
    assert [step.title for step in steps] == [
        "Step 1: Look into the well",
        "Option A: Dig",
        "Option B: Wait",
        "4.1. Drought",
    ]
