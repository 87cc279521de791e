"""`tocsin incident`: see incidents, take them, end them; over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from tocsin.cli import steps
from tocsin.cli.client import Server, talks
from tocsin.cli.options import Number
from tocsin.cli.output import (
    Cell,
    Paint,
    aligned,
    cell,
    instant,
    now,
    painted,
    say,
    say_document,
    say_json,
    since,
    tell,
    until,
    visible,
)
from tocsin.core.times import write_clock, write_instant

BROKEN = 3
BOLD, DIM = painted(bold=True), painted(dim=True)

STATUS: dict[str, tuple[str, Paint]] = {
    "triggered": ("●", painted(fg="red", bold=True)),
    "acknowledged": ("◐", painted(fg="yellow")),
    "monitoring": ("◌", painted(fg="cyan")),
    "resolved": ("✓", painted(fg="green")),
}
WARNING = painted(fg="yellow")
incident_id = click.argument(
    "incident_id", metavar="INCIDENT", type=Number("an incident", "`tocsin incident list`")
)


@click.group("incident")
def command() -> None:
    """See incidents, take them, end them."""


@command.command("list")
@click.option("--all", "every", is_flag=True, help="The newest of any status, not only open ones.")
@talks
def list_(server: Server, as_json: bool, every: bool) -> None:
    """List open incidents, worst first."""
    answer = server.get(f"/v1/incidents?status={'all' if every else 'open'}")
    if as_json:
        say_json(answer)
        return
    found = answer["incidents"]
    if not found:
        tell("No incidents." if every else "No open incidents.")
        return
    at = now()
    for line in aligned([_row(each, at) for each in found]):
        say(line)


def _row(found: dict[str, Any], at: datetime) -> list[Cell]:
    symbol, paint = STATUS.get(found["status"], ("?", BOLD))
    return [
        cell(found["id"], BOLD),
        cell(f"{symbol} {found['status']}", paint),
        cell(found["severity"] or "–"),
        cell(since(found["opened_at"], at)),
        cell(found["acknowledged_by"] or "nobody", DIM),
        cell(f"{found['service']}: {found['title']}"),
    ]


@command.command()
@incident_id
@talks
def show(server: Server, as_json: bool, incident_id: int) -> None:
    """Show one incident with all there is to it.

    Exit status: 0 shown, 4 no such incident.
    """
    found = server.get(f"/v1/incidents/{incident_id}")
    if as_json:
        say_json(found)
        return
    at = now()
    for line in (*_head(found, at), *_alerts(found), *_steps(found), *_pages(found)):
        say(line)
    for line in _timeline(found):
        say(line)


def _head(found: dict[str, Any], at: datetime) -> Iterable[str]:
    symbol, paint = STATUS.get(found["status"], ("?", BOLD))
    status = paint(visible(f"{symbol} {found['status']}"))
    yield f"{BOLD(visible(found['title']))}  {status}  incident {found['id']}"
    facts = [
        ("service", found["service"]),
        ("severity", found["severity"] or "not stated"),
        ("opened", _moment(found["opened_at"], at)),
        ("who", found["acknowledged_by"] or "nobody yet"),
        *_playbook(found),
        *((("held", found["held_because"]),) if found["held_at"] else ()),
        *(("next", f"{each['what']} {_moment(each['at'], at)}") for each in found["deadlines"]),
    ]
    yield from aligned([[cell(name, DIM), cell(value)] for name, value in facts], indent="  ")


def _moment(written: str, at: datetime) -> str:
    found = instant(written)
    return f"{write_instant(found)} ({until(written, at)})" if found else "–"


def _playbook(found: dict[str, Any]) -> Iterable[tuple[str, str]]:
    bound = found["playbook"]
    if bound:
        yield "playbook", f"{bound['heading']}, {bound['file']}:{bound['line']}"
    if found["reason"]:
        yield "because", found["reason"]
    if not bound:
        for each in found["candidates"]:
            where = f"{each['heading']}, {each['file']}:{each['line']}"
            yield "choose", f"{where} (tocsin incident choose {found['id']} {each['anchor']})"


def _alerts(found: dict[str, Any]) -> Iterable[str]:
    yield from _titled("Alerts", [_alert(each) for each in found["alerts"]])


def _alert(found: dict[str, Any]) -> list[Cell]:
    labels = {name: value for name, value in found["labels"].items() if name != "alertname"}
    told = " ".join(f"{name}={value}" for name, value in sorted(labels.items()))
    paint = painted(fg="red" if found["status"] == "firing" else "green")
    return [cell(found["status"], paint), cell(found["name"]), cell(told, DIM)]


def _steps(found: dict[str, Any]) -> Iterable[str]:
    if found["steps"]:
        yield ""
        yield BOLD("Steps")
        yield from steps.lines(found["steps"], indent="  ")


def _pages(found: dict[str, Any]) -> Iterable[str]:
    rows = [
        [cell(page["person"]), cell(each["channel"]), cell(each["state"]), cell(each["said"], DIM)]
        for page in found["pages"]
        for each in page["deliveries"]
    ]
    yield from _titled("Pages", rows)


def _timeline(found: dict[str, Any]) -> Iterable[str]:
    yield from _titled("Timeline (UTC)", [_entry(each) for each in found["timeline"]])


def _entry(found: dict[str, Any]) -> list[Cell]:
    at = instant(found["at"])
    paint = WARNING if found["kind"] == "warning" else painted()
    told = cell(found["text"], paint)
    return [cell(write_clock(at) if at else "–", DIM), cell(found["actor"]), told]


def _titled(title: str, rows: list[list[Cell]]) -> Iterable[str]:
    if rows:
        yield ""
        yield BOLD(title)
        yield from aligned(rows, indent="  ")


@command.command()
@incident_id
@talks
def ack(server: Server, as_json: bool, incident_id: int) -> None:
    """Take the incident; its escalation rests.

    Exit status: 0 done, or done already; 4 no such incident; 5 it is resolved.
    """
    _act(server, incident_id, "acknowledge", as_json=as_json)


@command.command()
@incident_id
@click.option("--reason", metavar="TEXT", required=True, help="Why; it stands in the record.")
@talks
def hold(server: Server, as_json: bool, incident_id: int, reason: str) -> None:
    """Hold the incident's evidence: nothing of it may be destroyed.

    Exit status: 0 done, or done already; 2 no reason; 4 no such incident.
    """
    _hold(server, incident_id, "hold", reason, as_json=as_json)


@command.command()
@incident_id
@click.option("--reason", metavar="TEXT", required=True, help="Why; it stands in the record.")
@talks
def unhold(server: Server, as_json: bool, incident_id: int, reason: str) -> None:
    """Lift the hold on the incident's evidence.

    Exit status: 0 done, or done already; 2 no reason; 4 no such incident; 6 not yours to do.
    """
    _hold(server, incident_id, "unhold", reason, as_json=as_json)


def _hold(server: Server, incident_id: int, verb: str, reason: str, *, as_json: bool) -> None:
    found = server.post(f"/v1/incidents/{incident_id}/{verb}", {"reason": reason})
    if as_json:
        say_json(found)
        return
    held = f"evidence held: {found['held_because']}" if found["held_at"] else "evidence not held"
    say(visible(f"incident {found['id']}  {held}"))


@command.command()
@incident_id
@talks
def release(server: Server, as_json: bool, incident_id: int) -> None:
    """Hand the incident back to whoever is next.

    Its escalation starts anew.

    Exit status: 0 done, or done already; 4 no such incident; 5 not possible now.
    """
    _act(server, incident_id, "release", as_json=as_json)


@command.command()
@incident_id
@talks
def mitigate(server: Server, as_json: bool, incident_id: int) -> None:
    """Say that the problem is gone as far as you see.

    The verification steps run, and the incident is watched for its soak; if it stays quiet it
    resolves by itself.

    Exit status: 0 done, or done already; 4 no such incident; 5 it is resolved.
    """
    _act(server, incident_id, "mitigate", as_json=as_json)


@command.command()
@incident_id
@talks
def resolve(server: Server, as_json: bool, incident_id: int) -> None:
    """Declare the incident over; its post-mortem is drafted.

    Exit status: 0 done, or done already; 4 no such incident.
    """
    _act(server, incident_id, "resolve", as_json=as_json)


@command.command()
@incident_id
@talks
def reopen(server: Server, as_json: bool, incident_id: int) -> None:
    """Open a resolved incident again.

    Nobody has it then, so people are paged.

    Exit status: 0 done, or done already; 4 no such incident; 5 not possible now.
    """
    _act(server, incident_id, "reopen", as_json=as_json)


@command.command()
@incident_id
@click.argument("text")
@talks
def note(server: Server, as_json: bool, incident_id: int, text: str) -> None:
    """Write a remark on the timeline."""
    _act(server, incident_id, "note", {"text": text}, as_json=as_json)


@command.command()
@incident_id
@click.argument("anchor")
@talks
def choose(server: Server, as_json: bool, incident_id: int, anchor: str) -> None:
    """Choose one of the candidate playbooks.

    ANCHOR is what `tocsin incident show` lists for it.

    Exit status: 0 done, 4 no such incident or candidate, 5 it follows a playbook already.
    """
    _act(server, incident_id, "playbook", {"anchor": anchor}, as_json=as_json)


def _act(
    server: Server,
    incident_id: int,
    action: str,
    body: dict[str, Any] | None = None,
    *,
    as_json: bool,
) -> None:
    found = server.post(f"/v1/incidents/{incident_id}/{action}", body)
    if as_json:
        say_json(found)
        return
    say(aligned([_row(found, now())])[0])


@command.command()
@click.pass_context
@incident_id
@talks
def verify(ctx: click.Context, server: Server, as_json: bool, incident_id: int) -> None:
    """Check that the timeline is unchanged.

    Every entry holds the hash of the one before it.

    Exit status: 0 it is whole, 3 it is not, 4 no such incident.
    """
    found = server.get(f"/v1/incidents/{incident_id}/verify")
    if as_json:
        say_json(found)
    elif found["whole"]:
        say(f"{painted(fg='green')('✓')} The timeline of incident {incident_id} is whole.")
    else:
        say(f"{painted(fg='red')('✗')} {visible(found['said'])}")
    ctx.exit(0 if found["whole"] else BROKEN)


@command.command()
@incident_id
@talks
def postmortem(server: Server, as_json: bool, incident_id: int) -> None:
    """Print the post-mortem draft, in Markdown.

    Exit status: 0 printed, 4 no such incident, or not resolved yet.
    """
    text = server.text(f"/v1/incidents/{incident_id}/postmortem")
    if as_json:
        say_json({"incident": incident_id, "markdown": text})
        return
    say_document(text)
