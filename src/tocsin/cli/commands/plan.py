"""`tocsin plan`: what would happen, minute by minute, if the alert fired now."""

from __future__ import annotations

import difflib
import importlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import click

from tocsin.bootstrap.workspace import FILE, load_workspace
from tocsin.cli.duty import duty_of, duty_without, service_with
from tocsin.cli.files import read_file
from tocsin.cli.output import say, say_document, say_json, tell
from tocsin.cli.plan import lines, overview
from tocsin.core.errors import NotFound
from tocsin.core.runbook import Playbook, Runbook
from tocsin.core.workspace import Workspace
from tocsin.reading.plan.compose import plan_of
from tocsin.reading.plan.duty import OnDuty
from tocsin.reading.plan.entries import Plan
from tocsin.reading.plan.markdown import markdown
from tocsin.reading.plan.wire import as_value
from tocsin.reading.runbook import read_runbook

_NOBODY = (
    "Nobody is bound yet: there is no tocsin.toml beside the file. People and times below are the "
    "runbook's own words; tocsin init writes a tocsin.toml to fill in."
)
_NOT_LISTED = (
    "Nobody is bound yet: no service of {file} lists this runbook. People and times below are the "
    "runbook's own words."
)


@click.command("plan")
@click.argument("place", metavar="FILE[#PLAYBOOK]")
@click.option("--severity", metavar="LEVEL", help="As if it were this bad: a level of the runbook.")
@click.option("--all", "every", is_flag=True, help="All playbooks of the file, one by one.")
@click.option("--markdown", "form", flag_value="markdown", help="Print a checklist in Markdown.")
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option(
    "--html", "form", flag_value="html", help="Print one page of HTML, complete in itself."
)
@click.option(
    "--workspace",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where tocsin.toml lies.  [default: beside FILE, if there is one]",
)
def command(
    place: str, severity: str | None, every: bool, form: str | None, directory: Path | None
) -> None:
    """Say what would happen, minute by minute, if the alert of a playbook fired now.

    Who is paged when, which statements run unattended and which wait for approval, what is
    yours to do, which message is due, how recovery is verified: each with the line of the
    runbook that says so. Runs nothing, sends nothing, needs no server.

    PLAYBOOK is an anchor, or the name of an alert. Without it, and if the file has several,
    they are listed.

    Exit status: 0 told, 2 the file cannot be read, 4 no such playbook or severity.
    """
    file, name = _parted(place)
    runbook = read_file(Path(file), lambda path, raw: read_runbook(str(path), raw))
    workspace = _workspace(Path(file), directory)
    chosen = _chosen(runbook, name)
    plans = [_plan(runbook, each, severity, workspace, Path(file)) for each in chosen]
    if form == "json":
        say_json({"plans": [as_value(plan) for plan in plans]})
    elif form == "markdown":
        say_document("\n".join(markdown(plan) for plan in plans))
    elif form == "html":
        say_document(_page(plans, runbook.title))
    elif len(plans) == 1 or every:
        _say_all(plans)
    else:
        _say_choice(plans, file)


def _parted(place: str) -> tuple[str, str]:
    """Return the file, and the playbook as an anchor in an address names it."""
    if os.path.exists(place):  # Path would raise where no file can have such a name
        return place, ""
    file, _, name = place.rpartition("#") if "#" in place else (place, "", "")
    return file, unquote(name)


def _workspace(file: Path, directory: Path | None) -> Workspace | None:
    if directory is not None:
        return load_workspace(directory)
    beside = file.parent
    return load_workspace(beside) if (beside / FILE).exists() else None


def _chosen(runbook: Runbook, name: str) -> Sequence[Playbook]:
    if not runbook.playbooks:
        raise NotFound(
            "playbook",
            f"{runbook.file}: no section of it is a playbook.",
            hint="`tocsin read` shows what is understood of it.",
        )
    if not name:
        return runbook.playbooks
    found = runbook.playbook(name) or runbook.playbook(name.casefold())
    if found is not None:
        return [found]
    alert = name.casefold()
    named = [each for each in runbook.playbooks if alert in map(str.casefold, each.alerts)]
    return named or _refuse(runbook, name)


def _refuse(runbook: Runbook, name: str) -> Sequence[Playbook]:
    names = [each.anchor for each in runbook.playbooks]
    names += [alert for each in runbook.playbooks for alert in each.alerts]
    near = difflib.get_close_matches(name, names, n=3) or names[:10]
    raise NotFound(
        "playbook",
        f"{runbook.file} has no playbook #{name}.",
        hint=f"There is {', '.join(f'#{each}' for each in near)}.",
    )


def _plan(
    runbook: Runbook,
    playbook: Playbook,
    severity: str | None,
    workspace: Workspace | None,
    file: Path,
) -> Plan:
    if severity is not None:
        playbook = _at(runbook, playbook, severity)
    return plan_of(runbook, playbook, _duty(runbook, playbook, workspace, file))


def _at(runbook: Runbook, playbook: Playbook, severity: str) -> Playbook:
    ids = {level.id.casefold(): level.id for level in runbook.severities}
    if severity.casefold() not in ids:
        known = ", ".join(ids.values()) or "none at all"
        raise NotFound(
            "severity",
            f"{runbook.file} defines no severity {severity}.",
            hint=f"It has {known}.",
        )
    return replace(playbook, severity=ids[severity.casefold()], severity_line=None)


def _duty(runbook: Runbook, playbook: Playbook, workspace: Workspace | None, file: Path) -> OnDuty:
    if workspace is None:
        return duty_without(runbook, playbook, _NOBODY)
    service = service_with(workspace, file)
    if service is None:
        where = Path(workspace.directory) / FILE
        return duty_without(runbook, playbook, _NOT_LISTED.format(file=where))
    return duty_of(workspace, service, runbook, playbook)


def _page(plans: Sequence[Plan], title: str) -> str:
    """Return the page; what writes it is imported for it alone: everybody else starts sooner."""
    module = importlib.import_module("tocsin.reading.plan.page")
    written: str = module.page(plans, title if len(plans) > 1 else "")
    return written


def _say_all(plans: Sequence[Plan]) -> None:
    told: set[str] = set()
    for plan in plans:
        if plan is not plans[0]:
            say("\n")
        for line in lines(plan, told=told):
            say(line)
        told.update(plan.remarks)


def _say_choice(plans: Sequence[Plan], file: str) -> None:
    for line in overview(plans):
        say(line)
    tell(f"\nSee one with `tocsin plan {file}#{plans[0].anchor}`, all of them with --all.")
