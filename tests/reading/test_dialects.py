"""Small documents in the ways teams write runbooks, and what a careful person finds in each."""

from __future__ import annotations

from datetime import timedelta

from tocsin.core.runbook import Phase, Playbook, Runbook
from tocsin.reading.runbook import read_runbook

LOOK, MEND, VERIFY, LATER = Phase.INVESTIGATE, Phase.MITIGATE, Phase.VERIFY, Phase.FOLLOW_UP

LEAN = """# Ferry

## Ramp stuck

**Alert:** `RampStuck`

1. **Look at the winch**
   ```bash
   tail -n 5 winch.log
   ```
2. Check the oil:
   ```bash
   cat oil.level
   ```
3. Restart it

   ```bash
   ./winchctl restart
   ```
4. Verify the ramp moves

## Bow door open

Alert: BowDoorOpen
Severity: P1

Read the sensor first. It sits
left of the door.

```bash
tail -n 3 door.log
```

Then close it:

```bash
./doorctl restart
```
"""

PAGE_PER_ALERT = """---
title: Tank Level Low
weight: 20
---

# TankLevelLow

## Meaning

The tank empties faster than it fills.

## Impact

- No water on deck.

<details>Long story.</details>

## Diagnosis

Look at the pump with the following command:

```shell
$ journalctl -u pump -n 50
```

## Mitigation

- Open the spare valve.
- Call the yard if that fails.
"""

CHAPTERS = """# LighthouseKeeper

Some words about this book.

## LampTooDim

**Severity:** P2

### Troubleshooting

1. Read the meter
2. Compare with yesterday

### Possible Resolutions

#### Bulb is old

- Change the bulb

## Alert: horn_silent

### Verification

```sh
curl -s localhost:9090/metrics
```

### Resolution

1. Restart the compressor

## Useful commands

```sh
ls -l
```
"""

TABLES = """# Observatory

## Dome will not turn

| Field | Value |
|---|---|
| Alert | `DomeStuck` |
| Severity | P2 |
| Owner | dome team |

### Steps

| Cause | Sign |
|---|---|
| Ice | cold |

1. Look at the motor
2. Thaw the rail

## Mirror dusty

| Alert | Priority | Team |
|-------|----------|------|
| MirrorDusty | P3 | optics |

1. Look at the mirror
2. Clean it

## Index

| Alert | Section |
|---|---|
| DomeStuck | [dome](#dome-will-not-turn) |
| MirrorDusty | [mirror](#mirror-dusty) |

1. Pick the row.
"""

CHECKLIST = """# Bakery

## Yeast dead

- **Alert**: YeastDead
- **Severity**: P1
- **Dashboard**: https://graphs.test/yeast

- [ ] Check the temperature
- [ ] Restart the warmer
  ```bash
  systemctl restart warmer
  ```
- [ ] Confirm that it bubbles

### After

- Write down what happened

## Before each release

- [ ] Tell the shop
"""

BOOK = """# Disk almost full

Alert: DiskAlmostFull

## Overview

Logs fill the disk.

## Alert Severity

This one pages.

## Verification

- Run the probe

## Troubleshooting

- See which folder grows

```bash
du -sh /var/log
```

## Solution

1. **Remove what is old:**
   ```bash
   rm -r /var/log/old
   ```
2. **Verify the space:**
   ```bash
   df -h
   ```

## Escalation

- Page the storage team after 30 minutes
"""

RANKED = """# Clinic

### [P1] Scanner down

1. Look at the cable
2. Reboot the scanner

   ```bash
   sudo systemctl reboot
   ```

### [P2] Printer jammed

Open the flap.

## Incident process

1. **Alert:** the nurse on call
2. **Assess:** how bad it is

## Maintenance tasks

### Clean the filter

1. Stop the fan
   ```bash
   systemctl stop fan
   ```
"""

PLAIN_LABELS = """# Mill

## Wheel stopped

Symptoms:
- No flour
- Monitoring alert: "WheelStopped"

Investigation:

1. Look at the river

Fix:

1. Restart the wheel
2. Make sure it turns

Escalation:
- Call the miller after 15 minutes

## Sack torn

**Alert:** Sack torn
**Severity:** P3

**Symptoms:**
- Flour on the floor

1. Find the sack
2. Replace the sack

**Note:** Gloves are in the drawer.
"""


def read(text: str) -> Runbook:
    return read_runbook("runbook.md", text.encode())


def steps(playbook: Playbook) -> list[tuple[str, int, Phase]]:
    return [(step.title, step.line, step.phase) for step in playbook.steps]


def headings(runbook: Runbook) -> list[str]:
    return [playbook.heading for playbook in runbook.playbooks]


def test_numbered_items_below_an_alert_need_no_label() -> None:
    """The shortest playbook there is names an alert and says what to do."""
    ramp, _ = read(LEAN).playbooks
    assert (ramp.alerts, ramp.alert_lines) == (("RampStuck",), (5,))
    assert steps(ramp) == [
        ("Look at the winch", 7, LOOK),
        ("Check the oil", 11, LOOK),
        ("Restart it", 15, MEND),
        ("Verify the ramp moves", 20, VERIFY),
    ]
    assert [one.text for step in ramp.steps for one in step.statements] == [
        "tail -n 5 winch.log",
        "cat oil.level",
        "./winchctl restart",
    ]


def test_a_paragraph_names_the_fence_below_it() -> None:
    """Who writes no list still writes down an order of things to do."""
    _, door = read(LEAN).playbooks
    assert (door.alerts, door.alert_lines, door.severity) == (("BowDoorOpen",), (24,), "P1")
    assert steps(door) == [("Read the sensor first", 27, LOOK), ("Then close it", 34, MEND)]
    assert "left of the door" in door.steps[0].text


def test_a_page_named_by_its_alert_says_nothing_in_its_settings_or_its_meaning() -> None:
    """What an alert means is background, and settings of a site are no text at all."""
    runbook = read(PAGE_PER_ALERT)
    (playbook,) = runbook.playbooks
    assert (runbook.title, playbook.line) == ("TankLevelLow", 6)
    assert (playbook.alerts, playbook.symptoms) == (("TankLevelLow",), ())
    assert steps(playbook) == [("Diagnosis", 18, LOOK), ("Mitigation", 26, MEND)]
    assert len(playbook.steps[0].statements) == 1


def test_a_rule_that_opens_no_settings_stays_what_it_is() -> None:
    """A line of hyphens on top must not cost the text below it."""
    assert headings(read("---\n\nWords.\n\n---\n\n" + LEAN)) == ["Ramp stuck", "Bow door open"]


def test_a_book_of_alerts_is_no_playbook_itself() -> None:
    """Its title may look like the name of an alert."""
    runbook = read(CHAPTERS)
    lamp, horn = runbook.playbooks
    assert (lamp.alerts, lamp.severity, horn.alerts) == (("LampTooDim",), "P2", ("horn_silent",))
    assert steps(lamp) == [
        ("Read the meter", 11, LOOK),
        ("Compare with yesterday", 12, LOOK),
        ("Bulb is old", 16, MEND),
    ]
    assert steps(horn) == [("Verification", 22, VERIFY), ("Restart the compressor", 30, MEND)]


def test_fields_in_a_table_are_fields() -> None:
    """A wiki's page begins with a table as often as with lines; an index is no such page."""
    runbook = read(TABLES)
    dome, mirror = runbook.playbooks
    assert (dome.alerts, dome.alert_lines) == (("DomeStuck",), (7,))
    assert (dome.severity, dome.severity_line) == ("P2", 8)
    assert steps(dome) == [("Look at the motor", 17, LOOK), ("Thaw the rail", 18, LOOK)]
    assert (mirror.alerts, mirror.severity) == (("MirrorDusty",), "P3")
    assert steps(mirror) == [("Look at the mirror", 26, LOOK), ("Clean it", 27, MEND)]


def test_each_box_to_tick_is_a_step() -> None:
    """A checklist without an alert is work of another kind."""
    (playbook,) = read(CHECKLIST).playbooks
    assert (playbook.alerts, playbook.severity) == (("YeastDead",), "P1")
    assert steps(playbook) == [
        ("Check the temperature", 9, LOOK),
        ("Restart the warmer", 10, MEND),
        ("Confirm that it bubbles", 14, VERIFY),
        ("After", 16, LATER),
    ]


def test_one_page_in_the_order_of_the_books_is_one_playbook() -> None:
    """Overview and severity are read before the night, the rest during it."""
    (playbook,) = read(BOOK).playbooks
    assert (playbook.line, playbook.alerts) == (1, ("DiskAlmostFull",))
    assert steps(playbook) == [
        ("Verification", 13, VERIFY),
        ("Troubleshooting", 17, LOOK),
        ("Remove what is old", 27, MEND),
        ("Verify the space", 31, VERIFY),
    ]
    assert [rule.targets for rule in playbook.escalations] == [("storage team",)]


def test_a_level_in_brackets_and_steps_make_a_playbook() -> None:
    """The process around it and the upkeep are none, whatever they look like."""
    runbook = read(RANKED)
    (scanner,) = runbook.playbooks
    assert (scanner.heading, scanner.severity) == ("[P1] Scanner down", "P1")
    assert steps(scanner) == [("Look at the cable", 5, LOOK), ("Reboot the scanner", 6, MEND)]
    assert [phase.title for phase in runbook.process] == ["Alert", "Assess"]


def test_labels_need_no_bold() -> None:
    """A line that ends in a colon announces what is below it just as well."""
    wheel, _ = read(PLAIN_LABELS).playbooks
    assert (wheel.alerts, wheel.symptoms) == (("WheelStopped",), (6, 7))
    assert steps(wheel) == [
        ("Look at the river", 11, LOOK),
        ("Restart the wheel", 15, MEND),
        ("Make sure it turns", 16, VERIFY),
    ]
    assert len(wheel.escalations) == 1


def test_numbered_items_behind_the_symptoms_are_steps() -> None:
    """Symptoms end where the numbers begin; an alert's name may have several words."""
    _, sack = read(PLAIN_LABELS).playbooks
    assert (sack.alerts, sack.symptoms) == (("Sack torn",), (27,))
    assert steps(sack) == [("Find the sack", 29, LOOK), ("Replace the sack", 30, MEND)]


def test_a_product_with_humps_in_its_name_is_no_alert() -> None:
    """Notes about a database must not be offered when something burns."""
    assert read("# Notes\n\n## PostgreSQL\n\n```bash\ndf -h\n```\n").playbooks == ()


def test_a_cause_with_its_fix_is_a_playbook() -> None:
    """Some documents have one process for all, and differ only in what to mend at last."""
    text = (
        "# Guide\n\n## Investigation\n\n### Gather\n\n```bash\nls\n```\n\n## Resolution\n\n"
        "Depending on the cause:\n\n### Pipe blocked\n\n```bash\nsystemctl restart pipe\n```\n\n"
        "### Pump off\n\n1. Switch it on\n2. Verify the flow\n\n## Tools\n\n### Diagnostic tools\n"
        "- a meter\n\n### Recovery tools\n- a wrench\n"
    )
    blocked, pump = read(text).playbooks
    assert steps(blocked) == [("Pipe blocked", 15, MEND)]
    assert steps(pump) == [("Switch it on", 23, MEND), ("Verify the flow", 24, VERIFY)]


def test_one_sentence_behind_a_label_is_a_step() -> None:
    """Many pages say no more than `Fix: restart it`, and that must not get lost."""
    text = "# T\n\n## Slow\n\n**Alert:** SiteSlow\n\n**Fix:** Restart the site.\n"
    (playbook,) = read(text).playbooks
    assert steps(playbook) == [("Fix", 7, MEND)]
    assert playbook.steps[0].text == "Restart the site."


def test_a_number_with_a_plus_and_a_bare_share_are_thresholds() -> None:
    """A symptom says how bad it must be without any sign of comparison."""
    text = (
        "# T\n\n## Slow\n\n**Symptoms:**\n- Jobs wait (500+ pending)\n- Miss rate 100%\n\n1. Look\n"
    )
    (playbook,) = read(text).playbooks
    found = [(one.line, one.metric, one.comparator, one.value) for one in playbook.thresholds]
    assert found == [(6, "pending", ">=", 500.0), (7, "Miss rate", "==", 100.0)]


CAUSES = """# Windmill

## What counts as what

### Severity Levels
- **SEV-1**: Sails torn, grain on fire
- **SEV-2**: Slow stones

## Wind response process

### 1. Look up (10 minutes)
- Is it day?

### 2. Interim workarounds
- **Sail trouble**: Reef by hand
- **Stone**: Lift the stone
- **Both**: Sleep

### 3. Fix
Depending on the cause:

#### Torn Sail
```bash
./sailctl unmount
```

#### Worn Stone
```bash
./stonectl restart
```

### 4. Afterwards
- Rest for 3 days
- Tell the owner within 1-2 hours
- Write it down (within 2 days)
"""

DEFINED = """# Aquarium

## Severity

### P1 - Critical
**Definition**: Fish in danger or a glass crack
**Examples**:
- Filter pump stopped

**Communication**: Tell the shark keeper at once

### P2 - High
**Examples**:
- Lights off at day, dirty glass

## Filter pumps stopped

**Symptoms**:
- Silence

**Mitigation**:
- Start it

## Glass crack suspected

**Symptoms**:
- Wet floor

**Mitigation**:
- Tape

## Shark keeper

**Symptoms**:
- Hungry

**Mitigation**:
- Feed

## Lights

**Symptoms**:
- Dark

**Mitigation**:
- Candle
"""


def test_a_remedy_given_in_one_line_elsewhere_is_a_step_of_its_cause() -> None:
    """Whoever opens the cause at night does not look it up in the general process."""
    sail, stone = read(CAUSES).playbooks
    assert [(step.title, step.line, step.phase) for step in sail.steps] == [
        ("Sail trouble", 15, MEND),
        ("Torn Sail", 22, MEND),
    ]
    assert sail.steps[0].text == "Reef by hand"
    assert [step.line for step in stone.steps] == [16, 27]


def test_a_phase_takes_its_time_from_what_is_due_in_it() -> None:
    """How long to rest says nothing about when it must be over; the latest date does."""
    runbook = read(CAUSES)
    assert [phase.budget for phase in runbook.process] == [
        timedelta(minutes=10),
        None,
        None,
        timedelta(days=2),
    ]


def test_a_level_is_that_of_the_case_its_definition_names() -> None:
    """The examples are there to be looked up; one word, or whom to tell, is not enough."""
    assert [(one.severity, one.severity_line) for one in read(DEFINED).playbooks] == [
        ("P1", 8),
        ("P1", 6),
        (None, None),
        (None, None),
    ]
    assert all(one.severity_inferred for one in read(DEFINED).playbooks[:2])
