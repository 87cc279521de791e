"""Commands in sentences: which are whole, which are guarded, which are only names."""

from __future__ import annotations

import pytest

from tocsin.core.runbook import Phase
from tocsin.reading.inline import statements_in, words_before
from tocsin.reading.runbook import read_runbook


def commands(text: str) -> list[str]:
    return [statement.text for statement in statements_in(text, 7)]


def test_a_whole_command_is_a_statement_on_its_line() -> None:
    """It is offered exactly as written, pipes and quotation marks too."""
    (statement,) = statements_in("Look at the gauge: `tail -n 5 gauge.log | jq '.level'`.", 7)

    assert (statement.start, statement.end) == (7, 7)
    assert statement.text == "tail -n 5 gauge.log | jq '.level'"
    assert statement.guard == ""


@pytest.mark.parametrize(
    "name",
    [
        "`GET /level` answers",
        "`level > 3` on the gauge",
        "in `src/gauge.py::read`",
        "set `GATES=4`",
        "see `gauge.log`",
        "the `df` command",
        "call `open_gate()`",
        "`kubectl get pods -o 'broken`",
    ],
)
def test_a_name_is_no_command(name: str) -> None:
    """Most code in prose is a file, a setting, a metric or half a command."""
    assert commands(name) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Do not run `rm -r locks`.",
        "Never `kill -9 7` the pump.",
        "Use the wheel instead of `systemctl stop gate`.",
    ],
)
def test_what_is_forbidden_is_no_statement(sentence: str) -> None:
    """A command after `do not` is the last thing to offer."""
    assert commands(sentence) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Drop old logs (requires the master's confirmation): `rm -r old`.",
        "Ask the pump: `curl -s http://pump/keys` — never print the keys.",
        "Only at low tide: `df -h`.",
    ],
)
def test_a_sentence_that_asks_for_care_is_the_guard(sentence: str) -> None:
    """The command is offered, with the sentence that a person must have read."""
    (statement,) = statements_in(sentence, 7)

    assert statement.guard.startswith(sentence.split()[0])


def test_a_guard_reaches_no_further_than_its_sentence() -> None:
    """Else one warning would stop everything in the step."""
    text = "Look first: `df -h`. Then read `cat gauge.log`."

    assert [bool(statement.guard) for statement in statements_in(text, 7)] == [True, False]


def test_a_step_is_called_by_what_it_says_before_its_command() -> None:
    """The command stands below it, so the title need not hold it too."""
    assert words_before("Check the disk (now): `df -h /quay`.") == "Check the disk (now)"
    assert words_before("Check the `disk` by hand.") == "Check the `disk` by hand."


def test_steps_written_as_sentences_hold_their_commands() -> None:
    """Numbered sentences are all that some runbooks have."""
    text = """# Harbour runbooks

## Runbook 1 — Gauge stuck (P1)

**Symptoms:** `GET /level` shows `stuck > 50`.

**Steps:**
1. Check the gauge: `tail -n 5 gauge.log`.
2. If the gauge is wet, dry it: `./gaugectl restart --dry`.
3. Open the lid and look.

### Option A: Wait

Wait for the tide.

### Option B: Pump

- Start it: `systemctl restart pump`
"""
    (playbook,) = read_runbook("harbour.md", text.encode()).playbooks
    steps = playbook.steps

    assert [(step.title, step.line, step.phase) for step in steps] == [
        ("Check the gauge", 8, Phase.INVESTIGATE),
        ("If the gauge is wet, dry it", 9, Phase.MITIGATE),
        ("Open the lid and look.", 10, Phase.INVESTIGATE),
        ("Option A: Wait", 12, Phase.MITIGATE),
        ("Option B: Pump", 16, Phase.MITIGATE),
    ]
    assert [[one.text for one in step.statements] for step in steps] == [
        ["tail -n 5 gauge.log"],
        ["./gaugectl restart --dry"],
        [],
        [],
        ["systemctl restart pump"],
    ]
    assert [step.condition for step in steps] == ["", "If the gauge is wet", "", "", ""]
    assert [step.alternative for step in steps] == [False, False, False, False, True]
