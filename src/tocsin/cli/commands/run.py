"""`tocsin run`: decide what a playbook's steps may do; over HTTP.

An approval binds exactly what was seen: the fingerprint that is sent is the one of the
command that was shown, or one that the caller has from an earlier look, never one that is
looked up behind the caller's back.
"""

from __future__ import annotations

import sys
from itertools import groupby
from typing import Any

import click

from tocsin.cli import card, steps
from tocsin.cli.client import Server, talks
from tocsin.cli.options import Number
from tocsin.cli.output import say, say_json, tell, visible
from tocsin.core.errors import Conflict, Invalid

_NO = 1
run_id = click.argument("run_id", metavar="RUN", type=Number("a step run", "`tocsin run list`"))
remark = click.option("-m", "--note", default="", help="What there is to say about it.")


@click.group("run")
def command() -> None:
    """Approve, skip and tick the steps of a playbook."""


@command.command("list")
@click.option("--incident", type=click.IntRange(min=1), metavar="ID", help="Of this one only.")
@click.option("--waiting", is_flag=True, help="Only what waits for a person.")
@click.option("--output", is_flag=True, help="Show what each one printed.")
@talks
def list_(server: Server, as_json: bool, incident: int | None, waiting: bool, output: bool) -> None:
    """List the step runs of one incident, or of all that are open.

    Exit status: 0 listed, 4 no such incident.
    """
    runs = _listed(server, incident)
    if output and not incident:  # of all together the server leaves it out
        ids = dict.fromkeys(run["incident_id"] for run in runs)
        runs = [run for each in ids for run in _listed(server, each)]
    if waiting:
        runs = [run for run in runs if run["state"] in ("waiting", "manual", "unknown")]
    if as_json:
        say_json({"runs": runs})
        return
    if not runs:
        tell("Nothing waits for a person." if waiting else "No steps.")
        return
    for number, group in groupby(runs, key=lambda run: run["incident_id"]):
        say(steps.BOLD(f"Incident {number}"))
        for line in steps.lines(list(group), indent="  ", output=output):
            say(line)


def _listed(server: Server, incident: int | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.get(
        "/v1/runs" + (f"?incident={incident}" if incident else "")
    )["runs"]
    return found


@command.command()
@click.pass_context
@run_id
@click.option("--fingerprint", metavar="SHA256", help="Approve the command that has this one.")
@click.option("--yes", is_flag=True, help="Show it and approve it without asking.")
@click.option("--repeat", is_flag=True, help="Although the same was started a moment ago.")
@click.option("--typed", metavar="TARGET", default="", help="The target's name, where asked for.")
@click.option("--break-glass", is_flag=True, help="Against the rules that may be broken; pages.")
@click.option("--reason", metavar="TEXT", default="", help="Why the glass is broken.")
@talks
def approve(
    ctx: click.Context,
    server: Server,
    as_json: bool,
    run_id: int,
    fingerprint: str | None,
    yes: bool,
    **said: Any,
) -> None:
    """Show exactly what would run, ask, and approve it once.

    Without a terminal it takes --fingerprint (from `tocsin run list --json`) or --yes.
    --break-glass stands in for a second person, needs --reason, and pages the admins.

    Exit status: 0 approved, 1 you said no, 2 no reason, 4 no such run, 5 a rule is against it.
    """
    if not (fingerprint or yes or _attended()):
        raise Invalid(
            "run.unattended",
            "There is no terminal to ask on.",
            hint="Give the --fingerprint of the command you have seen, or --yes.",
        )
    if not fingerprint:
        fingerprint = _shown(server, run_id)
        if not yes and not click.confirm("\nRun exactly this?", err=True):
            tell("Not approved; nothing runs.")
            ctx.exit(_NO)
    consent = {"fingerprint": fingerprint, **said}
    found = server.post(f"/v1/runs/{run_id}/approve", consent)
    _result(found, as_json=as_json)


def _attended() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _shown(server: Server, run_id: int) -> str:
    """Show what would run and return its fingerprint.

    Raises:
        NotFound("run"), Conflict("run.state"): There is nothing to approve.
    """
    found = server.get(f"/v1/runs/{run_id}")
    if found["state"] != "waiting" or not found["fingerprint"]:
        raise Conflict("run.state", f"Step run {run_id} waits for no approval: {found['state']}.")
    for line in card.lines(found):
        tell(line)
    return str(found["fingerprint"])


@command.command("set")
@run_id
@click.argument("values", metavar="NAME=VALUE", nargs=-1, required=True)
@talks
def set_(server: Server, as_json: bool, run_id: int, values: tuple[str, ...]) -> None:
    """Say what placeholders stand for: a look then runs, a change waits for its approval.

    Exit status: 0 done, 2 a value does not fit, 4 no such run, 5 it runs or has run.
    """
    pairs = [value.partition("=") for value in values]
    if not all(sign for _, sign, _ in pairs):
        raise Invalid("parameter.pair", "Write each as NAME=VALUE.")
    body = {"values": {name: text for name, _, text in pairs}}
    found = server.post(f"/v1/runs/{run_id}/parameters", body)
    if not as_json:
        for line in steps.values(found):
            tell(line)
    _result(found, as_json=as_json)


@command.command()
@run_id
@talks
def show(server: Server, as_json: bool, run_id: int) -> None:
    """Show all there is to see before approving it: what, where, and what is against it.

    Exit status: 0 shown, 4 no such run.
    """
    _show(server, run_id, as_json=as_json, whole=False)


@command.command()
@run_id
@talks
def dry(server: Server, as_json: bool, run_id: int) -> None:
    """Show everything about how it would run, and run nothing.

    Exit status: 0 shown, 4 no such run.
    """
    _show(server, run_id, as_json=as_json, whole=True)


def _show(server: Server, run_id: int, *, as_json: bool, whole: bool) -> None:
    found = server.get(f"/v1/runs/{run_id}")
    if as_json:
        say_json(found)
        return
    for line in card.lines(found, whole=whole):
        say(line)


@command.command()
@run_id
@remark
@talks
def skip(server: Server, as_json: bool, run_id: int, note: str) -> None:
    """Decide not to run it.

    Exit status: 0 done, or done already; 4 no such run; 5 it has run.
    """
    _result(server.post(f"/v1/runs/{run_id}/skip", {"note": note}), as_json=as_json)


@command.command()
@run_id
@remark
@talks
def tick(server: Server, as_json: bool, run_id: int, note: str) -> None:
    """Say that you have done a manual step.

    Exit status: 0 done, or done already; 4 no such run; 5 it is not manual.
    """
    _result(server.post(f"/v1/runs/{run_id}/tick", {"note": note}), as_json=as_json)


@command.command()
@run_id
@click.option("--failed", is_flag=True, help="Only on the hosts where it has not succeeded.")
@click.option("--host", "hosts", multiple=True, metavar="HOST", help="Only on this one of them.")
@click.option("--as-written", is_flag=True, help="A look in the runbook's own words, if approved.")
@talks
def again(
    server: Server,
    as_json: bool,
    run_id: int,
    failed: bool,
    hosts: tuple[str, ...],
    as_written: bool,
) -> None:
    """Run it again: a look at once, a change after a new approval.

    --as-written has a look run exactly as the runbook has it, with sudo and all: after an approval,
    and not held to looking.

    Exit status: 0 done, 4 no such run, 5 it has not ended, or there is nothing to run so.
    """
    body = {"hosts": list(hosts), "failed_only": failed, "as_written": as_written}
    _result(server.post(f"/v1/runs/{run_id}/run", body), as_json=as_json)


@command.command()
@run_id
@click.option("--succeeded/--failed", required=True, help="What became of it, as you found.")
@remark
@talks
def settle(server: Server, as_json: bool, run_id: int, succeeded: bool, note: str) -> None:
    """Say what became of a change that never reported back.

    Exit status: 0 done, 4 no such run, 5 its outcome is known.
    """
    body = {"succeeded": succeeded, "note": note}
    _result(server.post(f"/v1/runs/{run_id}/settle", body), as_json=as_json)


def _result(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(found)
        return
    symbol, paint = steps.STATE.get(found["state"], ("?", steps.BOLD))
    said = f"  {visible(found['said'])}" if found["said"] else ""
    state = paint(visible(f"{symbol} {found['state']}"))
    say(f"{state}  step run {found['id']}{said}")
