"""How step runs look in a terminal: grouped by step, the exact text, what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from tocsin.cli.output import Paint, aligned, cell, painted, visible, visible_lines

BOLD, DIM = painted(bold=True), painted(dim=True)

STATE: dict[str, tuple[str, Paint]] = {
    "held": ("·", DIM),
    "waiting": ("?", painted(fg="yellow", bold=True)),
    "manual": ("□", painted(fg="yellow")),
    "ready": ("▷", painted(fg="cyan")),
    "started": ("▶", painted(fg="cyan", bold=True)),
    "succeeded": ("✓", painted(fg="green")),
    "failed": ("✗", painted(fg="red")),
    "unknown": ("‽", painted(fg="magenta", bold=True)),
    "skipped": ("–", DIM),
    "ticked": ("■", painted(fg="green")),
}
RISK: dict[str, Paint] = {
    "destroy": painted(fg="red", bold=True),
    "change": painted(fg="yellow"),
    "secret": painted(fg="yellow"),
}
_LONGEST = 100  # characters of a command in a list; `run approve` shows all of it


def lines(runs: Sequence[dict[str, Any]], *, indent: str = "", output: bool = False) -> list[str]:
    """Return the step runs of one incident as lines, under the titles of their steps."""
    told: list[str] = []
    for (title, line), group in groupby(
        runs, key=lambda run: (run["step_title"], run["step_line"])
    ):
        told.append(f"{indent}{visible(title)} {DIM(f'line {line}')}")
        told += _group(list(group), indent + "  ", output=output)
    return told


def _group(runs: Sequence[dict[str, Any]], indent: str, *, output: bool) -> Iterable[str]:
    rows = aligned([_row(run) for run in runs], indent=indent)
    for run, row in zip(runs, rows, strict=True):
        yield row
        yield from (f"{indent}    {DIM(line)}" for line in values(run))
        yield from (f"{indent}    {line}" for line in on_hosts(run))
        if output and run["output"]:
            yield from (f"{indent}    {line}" for line in visible_lines(run["output"]).split("\n"))


def on_hosts(run: dict[str, Any]) -> list[str]:
    """Return a line for each host of a step run, with what it has come to there."""
    return [_on_host(each) for each in run["host_runs"]]


def _on_host(on: dict[str, Any]) -> str:
    symbol, paint = STATE.get(on["state"], ("?", BOLD))
    status = f", exit status {on['exit_status']}" if on["exit_status"] else ""
    said = f"  ({visible(on['said'])})" if on["said"] else ""
    state = paint(f"{symbol} {on['state']}")
    return f"{visible(on['host'])}  {state}{status}{said}"


def _row(run: dict[str, Any]) -> list[tuple[str, Paint]]:
    symbol, paint = STATE.get(run["state"], ("?", BOLD))
    return [
        cell(run["id"], BOLD),
        cell(f"{symbol} {run['state']}", paint),
        cell(run["risk"], RISK.get(run["risk"], DIM)),
        cell(_short(run)),
    ]


def _short(run: dict[str, Any]) -> str:
    text = " ".join((run["text"] or run["label"] or "do it, then tick it").split())
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return f"{text}  ({run['said']})" if run["said"] else text


def values(run: dict[str, Any]) -> list[str]:
    """Return a line for each parameter: its value and where that comes from, or what fits."""
    told = []
    for each in run["parameters"]:
        said = (
            f"{each['value']} ({each['origin']})" if each["value"] else f"takes {each['allowed']}"
        )
        state = "" if each["bound"] else "missing: " if each["value"] is None else "to confirm: "
        told.append(visible(f"{each['name']}, {each['type']}: {state}{said}"))
    return told
