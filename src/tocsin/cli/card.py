"""The card of a step run in a terminal: everything a person must see before approving it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tocsin.cli.output import cell, painted, visible, visible_lines
from tocsin.cli.steps import BOLD, DIM, RISK, values

_ALARM, _WARN = painted(fg="red", bold=True), painted(fg="yellow")
_GONE, _NEW = painted(fg="red", strikethrough=True), painted(fg="green", bold=True)


def lines(found: dict[str, Any], *, whole: bool = False) -> Iterator[str]:
    """Yield the card; with `whole` also how it would be run, as a dry run shows it."""
    yield from _head(found)
    yield ""
    yield from (f"    {line}" for line in visible_lines(found["written_out"]).split("\n"))
    yield ""
    yield from _remarks(found)
    yield from _place(found)
    if whole and found["command"]:
        yield from _how(found["command"])
    yield from _changed(found)
    yield from _who(found)
    yield from _evidence(found)
    yield from _against(found)


def _head(found: dict[str, Any]) -> Iterator[str]:
    paint = RISK.get(found["risk"], BOLD)
    where = DIM(f"line {found['start']}")
    target = BOLD(visible(found["target"] or "nowhere"))
    yield f"{visible(found['step_title'])} {where}: {paint(visible(found['risk']))} on {target}"


def _remarks(found: dict[str, Any]) -> Iterator[str]:
    yield from (_ALARM(visible(f"  careful: {each}")) for each in found["oddities"])
    yield from (visible(f"  because {reason}") for reason in found["why"])
    yield from (visible(f"  warning: {said}") for said in found.get("warnings", ()))
    yield from (f"  {line}" for line in values(found))
    if found["rewritten"]:
        yield visible(f"  rewritten by Tocsin; the runbook says: {found['as_written']}")


def _place(found: dict[str, Any]) -> Iterator[str]:
    command = found["command"]
    if command is None:
        return
    facts = [
        ("hosts", ", ".join(command["hosts"])),
        ("as user", command["run_as"]),
        ("in", command["directory"]),
        ("names", ", ".join(found["touches"])),
        ("it sees", ", ".join(command["environment_names"])),
        ("values", ", ".join(f"{name}={value}" for name, value in command["parameters"].items())),
    ]
    yield from (_fact(name, value) for name, value in facts if value)


def _fact(name: str, value: object) -> str:
    return f"  {DIM(name)} {cell(value)[0]}"


def _how(command: dict[str, Any]) -> Iterator[str]:
    limits = command["limits"]
    if command["way"]:
        yield _fact("through", command["way"])
    yield _fact("read by", command["interpreter"])
    yield from (_fact("argv", repr(word)) for word in command["argv"])
    yield _fact("sandbox", command["sandbox"])
    yield _fact(
        "limits",
        f"{limits['seconds']:g} s, {limits['output_bytes']} bytes of output,"
        f" {limits['processes']} processes, {limits['memory_bytes']} bytes of memory",
    )
    yield _fact("runbook", command["runbook_sha256"])
    yield _fact("fingerprint", command["fingerprint"])


def _changed(found: dict[str, Any]) -> Iterator[str]:
    earlier = found["earlier"]
    if earlier is None:
        yield DIM("  This step was never approved before.")
        return
    last = visible(f"incident {earlier['incident']}, by {earlier['by']}, {earlier['at']}")
    if not found["differs"]:
        yield f"  The same as approved last: {last}"
        return
    yield _WARN(f"  Differs from what was approved last: {last}")
    paint = {"gone": _GONE, "new": _NEW}
    marks = {"gone": ("[-", "-]"), "new": ("{+", "+}")}
    pieces = []
    for each in found["differs"]:
        before, after = marks.get(each["kind"], ("", ""))
        text = f"{before}{visible_lines(each['text'])}{after}"
        pieces.append(paint[each["kind"]](text) if each["kind"] in paint else text)
    yield from (f"    {line}" for line in "".join(pieces).split("\n"))


def _who(found: dict[str, Any]) -> Iterator[str]:
    for each in found["given"]:
        broke = " (broke the glass)" if each["broke_glass"] else ""
        yield visible(f"  approved by {each['by']}{broke}, until {each['expires_at']}")
    if found["needed"] > 1:
        yield visible(f"  it needs {found['needed']} people, {len(found['given'])} so far")
    if found["typing"]:
        yield visible(f"  type the target's name to approve it: --typed {found['target']}")
    if found["asked_by"]:
        yield visible(f"  asked for by {found['asked_by']}, who cannot approve it")


def _evidence(found: dict[str, Any]) -> Iterator[str]:
    for each in found["evidence"]:
        yield DIM(visible(f"  {each['step_title']} (line {each['line']}, {each['finished_at']}):"))
        yield from (f"    {line}" for line in visible_lines(each["output"].rstrip()).split("\n"))


def _against(found: dict[str, Any]) -> Iterator[str]:
    if found["changed"]:
        yield _WARN(visible(f"  changed: {found['changed']} This is how it stands now."))
    if found["repeats"]:
        yield _WARN(visible(f"  repeat: {found['repeats']} Say --repeat if it is meant."))
    for each in found["against"]:
        yield _ALARM(visible(f"  refused now: {each['message']}")) + visible(f" {each['hint']}")
