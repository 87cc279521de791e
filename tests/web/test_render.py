"""Words for times and counts, and commands in which nothing can hide."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sight import look_at_page
from tocsin.core.errors import Problem
from tocsin.web.pages import render

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("\u202e", "U+202E"),  # turns the text around
        ("\u200b", "U+200B"),  # takes no space
        ("\u00a0", "U+00A0"),  # looks like a space
        ("\x1b", "U+001B"),  # moves the cursor
        ("\x00", "U+0000"),
        ("\r", "U+000D"),
        ("\u2028", "U+2028"),
        ("\ud800", "U+D800"),
        ("\u0301", "U+0301"),  # changes the letter before it
    ],
)
def test_a_character_that_could_hide_is_written_out(character: str, shown: str) -> None:
    """An approval is worth nothing if the command looks like another one."""
    markup = render.visible(f"rm{character}-rf")

    assert f"⟨{shown}⟩" in markup
    assert character not in markup


def test_a_letter_that_looks_like_another_carries_its_name() -> None:
    """A Cyrillic а in a host name is a different host."""
    markup = render.visible("ssh d\u0430tabase")

    assert "cyrillic small letter a" in markup


def test_a_plain_command_is_shown_as_it_is() -> None:
    """Only with what HTML needs escaped."""
    assert render.visible("echo a\tb && cat <x\n") == "echo a\tb &amp;&amp; cat &lt;x\n"


def test_output_loses_its_colours_and_keeps_its_letters() -> None:
    """Umlauts and boxes are no attack; an escape that is left over is shown."""
    shown = render.output("\x1b[31mFehler\x1b[0m für │ jobs\r\n\x1b]0;title")

    assert shown.startswith("Fehler für │ jobs\n")
    assert "⟨U+001B⟩" in shown


@pytest.mark.parametrize(
    ("finished", "told"),
    [
        ("2026-01-05T03:00:00.040Z", "40 ms"),
        ("2026-01-05T03:00:02.100Z", "2.1 s"),
        ("2026-01-05T03:01:05Z", "1m5s"),
        (None, ""),
    ],
)
def test_durations_are_told_in_the_unit_that_fits(finished: str | None, told: str) -> None:
    """A person compares them at a glance."""
    run = {"started_at": "2026-01-05T03:00:00.000Z", "finished_at": finished}

    assert render.took(run) == told


def test_one_and_many_differ() -> None:
    """1 alert, 2 alerts, 0 alerts."""
    assert [render.plural(number, "alert") for number in (0, 1, 2)] == [
        "0 alerts",
        "1 alert",
        "2 alerts",
    ]


@pytest.mark.parametrize("value", ['é" onfocus="x', "a\u202eb", "<b>"])
def test_a_value_in_a_form_stays_inside_of_it(value: str) -> None:
    """Whatever an alert says a placeholder stands for: no markup within an attribute."""
    parameter = {
        "name": "POD",
        "placeholder": "<pod>",
        "type": "free text",
        "choices": [],
        "value": value,
        "allowed": "anything",
        "bound": False,
        "origin": "the label pod",
    }
    run = {"id": 1, "parameters": [parameter], "unbound": ["POD"]}
    template = render._TEMPLATES.from_string(
        '{% import "marks.html" as marks %}{{ marks.parameters(run) }}'
    )

    parsed = look_at_page(template.render(run=run), what="form")

    assert "onfocus" not in parsed


@pytest.mark.parametrize("template", ["notice.html", "problem.html"])
def test_a_problem_hides_nothing(template: str) -> None:
    """It may quote what somebody else wrote."""
    problem = Problem("some.code", "No such \u202ename.", hint="Look\x1b[2J.")

    shown = render.fill(template, problem=problem, title="Refused", person="")

    assert "No such ⟨U+202E⟩name." in look_at_page(shown, what="problem")
