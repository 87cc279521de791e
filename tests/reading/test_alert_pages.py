"""One page per alert, and wiki pages that are one playbook: what is a step in them."""

from __future__ import annotations

import pytest

from tocsin.core.runbook import Phase, Playbook, Runbook
from tocsin.reading.runbook import read_runbook

LOOK, MEND, VERIFY = Phase.INVESTIGATE, Phase.MITIGATE, Phase.VERIFY

PAGE = """# kilnTooHot

## Meaning

The kiln is too hot.

## Diagnosis

Look at the sensor:

```console
$ kiln temperature
```

### Verify the sensor

#### Ask the old one

```console
$ kiln temperature --old
```

#### Validate the cable

- Shake it

### For glass

- Look at the colour

## Mitigation

```console
$ kiln off
```

Or, by hand:

1. Open the door
2. Verify that it cools

### Ask the potter

He knows.

**Estimated recovery time**: an hour.

## Additional notes

- It was built in 1950
"""

WIKI = """# The well is dry

## Symptoms

* Message in #alerts: _PumpHub says the well is dry_

## 1. Ensure that the pump runs

- Listen

### Ensure that the pipe is whole

- Feel it

## 2. Clear the pipe

- With a brush

## 3. Ensure that water comes

- Taste it

## Helpful resources

* https://wells.test
"""


def read(text: str) -> Runbook:
    return read_runbook("runbook.md", text.encode())


def steps(playbook: Playbook) -> list[tuple[str, int, Phase]]:
    return [(step.title, step.line, step.phase) for step in playbook.steps]


def test_a_heading_says_the_phase_of_what_is_deeper() -> None:
    """To verify what one suspects is to look; what is beside the remedy is no part of it."""
    (kiln,) = read(PAGE).playbooks
    assert kiln.alerts == ("kilnTooHot",)
    assert steps(kiln) == [
        ("Diagnosis", 7, LOOK),
        ("Ask the old one", 17, LOOK),
        ("Validate the cable", 23, LOOK),
        ("For glass", 27, LOOK),
        ("Mitigation", 31, MEND),
        ("Open the door", 39, MEND),
        ("Verify that it cools", 40, VERIFY),
    ]
    assert [one.text for one in kiln.steps[4].statements] == ["kiln off"]


def test_numbered_headings_are_the_steps() -> None:
    """To make sure of something before anything is mended is to look."""
    (well,) = read(WIKI).playbooks
    assert (well.alerts, well.symptoms) == ((), (5,))
    assert steps(well) == [
        ("1. Ensure that the pump runs", 7, LOOK),
        ("Ensure that the pipe is whole", 11, LOOK),
        ("2. Clear the pipe", 15, MEND),
        ("3. Ensure that water comes", 19, VERIFY),
    ]


@pytest.mark.parametrize("name", ["well_dry", "wellRunsDry", "WELL_DRY", "CPUTooHot"])
def test_an_identifier_as_the_title_is_the_alert(name: str) -> None:
    """Each team has its own way to write the names of its alerts."""
    (playbook,) = read(f"# {name}\n\n## Diagnosis\n\n- Look\n").playbooks
    assert playbook.alerts == (name,)


def test_a_page_of_background_and_work_is_a_playbook() -> None:
    """It need not show symptoms; but a guide for everything is none."""
    text = "# The well is dry\n\n## Meaning\n\nNo water.\n\n## What to do\n\n1. Dig\n\n## Links\n"
    (well,) = read(text).playbooks
    assert steps(well) == [("Dig", 9, LOOK)]
    assert (
        len(read("# Well too full\n\nBy rain.\n\n## Resolution\n\nBail it out.\n").playbooks) == 1
    )
    assert read(text.replace("The well is dry", "Operations guide")).playbooks == ()


def test_a_store_is_no_severity() -> None:
    """The name of a store looks like a level; only where levels are spoken of it is one."""
    assert read("# T\n\nThe logs are in S3.\n").severities == ()
    assert [one.id for one in read("# T\n\nSeverity: S3\n").severities] == ["S3"]
    assert [one.id for one in read("# T\n\nOf severity S2 or S3.\n").severities] == ["S2", "S3"]


@pytest.mark.parametrize(
    ("meaning", "expected"),
    [
        ("The kiln is >90% full.", [(5, ">", 90.0, None)]),
        ("It fires when heat\nfalls below 75%\nfor 10 minutes.", [(6, "<", 75.0, 600.0)]),
        ("It fires if more than\n12 pots broke in 24 hours.", [(6, ">", 12.0, None)]),
        ("It is\n`kilns == 0` with a `for` duration of 5 minutes.", [(6, "==", 0.0, 300.0)]),
        ("- Full in 24 hours, and > 6%\n- At > 8%", [(5, ">", 6.0, None), (6, ">", 8.0, None)]),
        ("It was cold and somebody shivered.", []),
    ],
)  # fmt: skip
def test_sentences_say_when_an_alert_fires(
    meaning: str, expected: list[tuple[int, str, float, float | None]]
) -> None:
    """A page of one alert has no field for it; a window or a forecast is no duration."""
    text = f"# KilnTooHot\n\n## Meaning\n\n{meaning}\n\n## Diagnosis\n\n- Look\n"
    (kiln,) = read(text).playbooks
    assert [
        (one.line, one.comparator, one.value, one.lasting.total_seconds() if one.lasting else None)
        for one in kiln.thresholds
    ] == expected


SITE = """---
title: 'The well: dry'
layout: page
---

### Background

Wells run dry.

### Investigating the problem

Look down with:

    lamp --down well

### Possible fixes

-   Pray for rain:

        pray --loud

### Dig deeper

Take a spade.

    dig 10
"""

STRESSED = """# Wells

## WellRunsDry

It fires when the well is dry.

How to **investigate**:

- Look down

How the pump is **configured**:

- In the shed

How to **fix** it:

1. Ensure that nobody drinks
1. Dig
1. Ensure that water comes
"""


def test_a_page_may_have_its_title_in_its_settings() -> None:
    """The site puts it above the text, and indents what other sites put between fences."""
    runbook = read(SITE)
    (well,) = runbook.playbooks
    assert (runbook.title, well.heading, well.line) == ("The well: dry", "The well: dry", 2)
    assert steps(well) == [
        ("Investigating the problem", 10, LOOK),
        ("Possible fixes", 16, MEND),
        ("Dig deeper", 22, LOOK),
    ]
    assert "lamp --down well" in well.steps[0].text
    assert runbook.blocks == ()


def test_a_line_with_one_word_stressed_is_a_label() -> None:
    """Only the word that matters is bold in it; what is first ensured mends, and proves nothing."""
    (well,) = read(STRESSED).playbooks
    assert steps(well) == [
        ("How to investigate", 7, LOOK),
        ("How the pump is configured", 11, LOOK),
        ("Ensure that nobody drinks", 17, MEND),
        ("Dig", 18, MEND),
        ("Ensure that water comes", 19, VERIFY),
    ]


CAUSES = """# Runbook: the mill stands still

## Alert

- **Prometheus Alert:** `MillStopped` / `MillSlow`
- **Board of the night:** the large one above the door of the mill
- **Dashboard:** the board of the mill

## Severity

**Critical** -- no flour, no bread.

## Investigation steps

1. Listen

## Resolution

### Wheel stuck

1. Free the wheel

### Grain feed failed

1. Look into the feed

## Recovery check

1. Taste the flour
"""


def test_causes_below_the_remedy_of_an_alert_are_parts_of_its_playbook() -> None:
    """What went wrong is named in them too, but the alert stands above them all."""
    (mill,) = read(CAUSES).playbooks
    assert (mill.alerts, mill.severity) == (("MillStopped", "MillSlow"), "Critical")
    assert mill.symptoms == ()
    assert [step.line for step in mill.steps] == [15, 21, 25, 29]


DETAILS = """# Runbook: the mill stands still

## Alert details

- **Alert name:** `MillStopped`
- **Severity:** P1
- **Threshold:** Wind > 80%
- **Expression:**
  ```promql
  wind / storm > 0.8
  ```

## Quick check

- Listen

## Verification

After oiling the wheel:

```bash
mill --status
```
"""


def test_details_of_an_alert_are_fields_and_no_step() -> None:
    """A line that leads to a block below `Verification` is no heading of its own."""
    (mill,) = read(DETAILS).playbooks
    assert (mill.alerts, mill.severity) == (("MillStopped",), "P1")
    assert [limit.line for limit in mill.thresholds] == [7]
    assert steps(mill) == [("Quick check", 13, LOOK), ("Verification", 17, VERIFY)]


OUTPUT = """# Runbook: the mill stands still

## Symptoms

- No flour

**Example errors:**
```
mill: no wind
```

## Diagnosis

### 1. Ask the mill

```bash
mill --status
```

**Example output:**
```
mill is down
```

**Expected:** a word or two

## Expectation

- Flour
"""


def test_what_is_shown_as_an_output_is_no_step() -> None:
    """It stands in the step above it, and belongs to it as a person reads it."""
    runbook = read(OUTPUT)
    (mill,) = runbook.playbooks
    assert mill.symptoms == (5,)
    assert steps(mill) == [("1. Ask the mill", 14, LOOK), ("Expectation", 27, VERIFY)]
    assert [block.step_line for block in runbook.blocks] == [None, 14, 14]


PRECHECKS = """# Mill alert troubleshooting

## Reason

- No wind

## Prechecks

- Look at the flag

### Prerequisites

1. Log in to the mill

   ```bash
   uptime
   ```

## Resolution

- Wait

1. Check that a ladder is there
1. Oil the wheel
1. Check that the wheel is running
"""


def test_commands_in_order_are_work_whatever_their_title() -> None:
    """A page with a reason is about one thing, though its title sounds like many."""
    (mill,) = read(PRECHECKS).playbooks
    assert steps(mill) == [
        ("Prechecks", 7, LOOK),
        ("Log in to the mill", 13, LOOK),
        ("Check that a ladder is there", 23, MEND),
        ("Oil the wheel", 24, MEND),
        ("Check that the wheel is running", 25, VERIFY),
    ]


def test_a_page_of_causes_and_fixes_is_a_playbook() -> None:
    """The shortest pages say why and what then."""
    text = "# Mill\n\n## Possible causes\n\n- No wind\n\n## Possible fixes\n\n- Wait\n"
    (mill,) = read(text).playbooks
    assert [step.line for step in mill.steps] == [3, 7]


@pytest.mark.parametrize(
    "field",
    [
        "alert: GlazeQueueStuck, queue > 10000 for 5 minutes",
        "Alert: GlazeQueueStuck - queue > 10000 for 5 minutes",
        "**Alert:** `GlazeQueueStuck`, queue > 10000 for 5 minutes",
        "**Alert:** GlazeQueueStuck (queue > 10000 for 5 minutes)",
    ],
)
def test_an_alert_and_its_figure_on_one_line_are_two_facts(field: str) -> None:
    """However it is set apart, the name is no part of what is measured."""
    text = f"# Notes\n\n## Queue stuck\n{field}\n* look at the queue\n* restart the worker\n"
    (playbook,) = read_runbook("book.md", text.encode()).playbooks
    assert playbook.alerts == ("GlazeQueueStuck",)
    (threshold,) = playbook.thresholds
    assert (threshold.metric, threshold.value) == ("queue", 10000.0)
