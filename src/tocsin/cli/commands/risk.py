"""`tocsin risk`: what a command may do, whether it would run by itself, and which word says so."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from tocsin.cli.judging import Judge, judge_of, own_commands, with_workspace
from tocsin.cli.output import aligned, cell, columns, painted, say, say_json, visible, wrapped
from tocsin.core.errors import Invalid, Problem
from tocsin.core.risk import Risk, Verdict
from tocsin.core.runbook import Language, Statement
from tocsin.running.explain import Part, explain

_LANGUAGES = {one.value: one for one in (Language.BASH, Language.SQL, Language.PROMQL)}
_SAYS = {
    Risk.DESTROY: "It loses data, work or access.",
    Risk.CHANGE: "It changes something, or may.",
    Risk.SECRET: "It prints a secret.",
    Risk.ENDLESS: "It never ends by itself, or wants a terminal.",
    Risk.MANUAL: "There is nothing to run.",
    Risk.READ: "It only looks, as far as can be seen.",
}
_ASKS = "It waits until somebody has approved it."
_RUNS = "It runs by itself: it only looks, and it ends."
_RUNS_BOUNDED = "It runs by itself in a form that ends:"

_by_itself = painted(fg="green")
_waits = painted(fg="yellow")
_dim = painted(dim=True)


@click.command("risk")
@click.argument("text", required=False, metavar="[COMMAND]")
@click.option(
    "--lang",
    type=click.Choice(list(_LANGUAGES)),
    default="bash",
    show_default=True,
    help="What COMMAND is written in.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON; without COMMAND, see above.")
@with_workspace
def command(text: str | None, lang: str, as_json: bool, directory: Path | None) -> None:
    """Say what COMMAND may do, whether it would run by itself, and which word decides it.

    Runs nothing. Write COMMAND in quotes, so that it is one argument:

    \b
      tocsin risk 'docker logs -f api'
      tocsin risk --lang sql 'SELECT count(*) FROM orders'

    With --json and without COMMAND, JSON lines {"lang": "bash", "text": "…"} are read from
    standard input; each is answered, in order, by one line with risk, auto, rewrite and why.

    Exit status: 0 judged, whatever the verdict; 2 there is no command.
    """
    judge = judge_of(directory)
    if text is not None:
        verdict = judge(_statement(text, _LANGUAGES[lang]))
        parts = explain(_as_text(text), own=own_commands(directory)) if lang == "bash" else []
        if as_json:
            say_json({**_answer(verdict), "words": [_as_value(part) for part in parts]})
        else:
            _print(verdict, parts)
    elif as_json:
        for answer in _answers(sys.stdin.buffer, judge):
            click.echo(json.dumps(answer))
    else:
        raise Invalid(
            "risk.no_command",
            "No command is given.",
            hint="Write it in quotes: tocsin risk 'docker logs -f api'. Or send lines to --json.",
        )


def _statement(text: str, language: Language) -> Statement:
    return Statement(start=1, end=1, language=language, text=_as_text(text))


def _as_text(given: str) -> str:
    """Return what was given, bytes that are no text as their escapes."""
    return given.encode(errors="backslashreplace").decode()


# answers for machines


def _answers(lines: Iterable[bytes], judge: Judge) -> Iterator[dict[str, Any]]:
    """Yield one answer for each line; what cannot be read waits for a person, too."""
    for line in lines:
        try:
            yield _answer(judge(_asked(line)))
        except Problem as problem:
            waits = Verdict(risk=Risk.CHANGE, why=(problem.message,))
            yield {**_answer(waits), "problem": problem.code}


def _asked(line: bytes) -> Statement:
    """Return the statement that a line asks about.

    Raises:
        Invalid("risk.unreadable_line"): It is no JSON object with a text.
        Invalid("risk.unknown_language"): Its `lang` is none of ours.
    """
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("text"), str):
        raise Invalid(
            "risk.unreadable_line", 'The line is no JSON object {"lang": "bash", "text": "…"}.'
        )
    lang = asked.get("lang", "bash")
    if not isinstance(lang, str) or lang not in _LANGUAGES:
        raise Invalid("risk.unknown_language", f"lang is none of {', '.join(_LANGUAGES)}.")
    return _statement(asked["text"], _LANGUAGES[lang])


def _answer(verdict: Verdict) -> dict[str, Any]:
    return {
        "risk": verdict.risk.value,
        "auto": verdict.auto,
        "rewrite": verdict.rewrite,
        "why": list(verdict.why),
    }


def _as_value(part: Part) -> dict[str, Any]:
    return {
        "text": part.text,
        "role": part.role.value,
        "decides": [{"risk": one.risk.value, "why": one.why} for one in part.reasons],
    }


# answers for people


def _print(verdict: Verdict, parts: list[Part]) -> None:
    paint = _by_itself if verdict.auto else _waits
    for line in wrapped(_verdict_line(verdict), columns()):
        say(paint(line))
    if verdict.rewrite:
        say()
        for line in verdict.rewrite.splitlines():
            say(f"  {visible(line)}")
    said = [one.why for part in parts for one in part.reasons]
    rest = [] if verdict.auto else [why for why in verdict.why if why not in said]
    if parts:
        say()
        for line in aligned([_cells(part) for part in parts], indent="  "):
            say(line)
    if rest:
        say()
        say(f"Also: {visible('; '.join(rest))}." if said else f"Why: {visible('; '.join(rest))}.")


def _verdict_line(verdict: Verdict) -> str:
    if verdict.rewrite:
        return f"{verdict.risk.value}. {_RUNS_BOUNDED}"
    if verdict.auto:
        return f"{verdict.risk.value}. {_RUNS}"
    if verdict.risk is Risk.MANUAL:
        return f"{verdict.risk.value}. {_SAYS[Risk.MANUAL]}"
    return f"{verdict.risk.value}. {_SAYS[verdict.risk]} {_ASKS}"


def _cells(part: Part) -> list[tuple[str, Any]]:
    decides = bool(part.reasons)
    why = "; ".join(one.why for one in part.reasons)
    return [
        cell(part.text, _waits if decides else _dim),
        cell(part.role.value, _dim),
        cell(why),
    ]
