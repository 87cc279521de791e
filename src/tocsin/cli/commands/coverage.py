"""`tocsin coverage`: which alerts have a playbook, what fires them, what was never rehearsed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from tocsin.bootstrap.workspace import FILE, load_workspace
from tocsin.cli.files import read_each, read_rule_files
from tocsin.cli.options import in_workspace
from tocsin.cli.output import Cell, aligned, cell, many, painted, say, say_json, tell
from tocsin.cli.paths import from_here, runbooks_at
from tocsin.core.errors import Invalid
from tocsin.core.workspace import Workspace
from tocsin.intake.choose import Candidate
from tocsin.intake.coverage import Coverage, Gap, Row, coverage_of
from tocsin.reading.runbook import read_runbook

_UNREAD = 2
_GAPS = 3
_WIDEST = 44  # columns of a cell: a heading may be a sentence

_bad = painted(fg="red")
_dim = painted(dim=True)


@click.command("coverage")
@click.argument("paths", nargs=-1, metavar="[PATH…]", type=click.Path(path_type=Path))
@click.option(
    "--rules",
    "rule_files",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Alerting rules of Prometheus: which alerts there are; repeatable.",
)
@click.option("--strict", is_flag=True, help="Fail if something is missing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_workspace
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    rule_files: tuple[Path, ...],
    strict: bool,
    as_json: bool,
    directory: Path,
) -> None:
    """Say which alerts have a playbook, what fires them, and what was never rehearsed.

    Alerts are those of the runbooks, of the rules given with --rules, and of the checks in
    tocsin.toml. Runbooks are the files and folders named, else those of tocsin.toml.

    Exit status: 0 done, 3 with --strict: something is missing, 2 a file could not be read.
    """
    workspace = _workspace(directory)
    files = _runbooks(paths, workspace)
    runbooks = list(read_each(files, lambda file, raw: read_runbook(from_here(file), raw)))
    rules = list(read_rule_files(rule_files, from_here))
    coverage = coverage_of(workspace, runbooks, rules)
    if as_json:
        say_json(_as_value(coverage))
    else:
        _print(coverage)
    if len(runbooks) < len(files) or len(rules) < len(rule_files):
        ctx.exit(_UNREAD)
    ctx.exit(_GAPS if strict and _is_missing(coverage) else 0)


def _is_missing(coverage: Coverage) -> bool:
    """Return whether something is missing that somebody could have; drills nobody has."""
    return any(set(row.gaps) - {Gap.DRILL} for row in coverage.rows)


def _workspace(directory: Path) -> Workspace:
    """Return the workspace there; where there is none here, an empty one: runbooks can be named."""
    if directory == Path() and not (directory / FILE).exists():
        return Workspace(directory=str(directory), data_directory="", database="")
    return load_workspace(directory)


def _runbooks(paths: Sequence[Path], workspace: Workspace) -> list[Path]:
    base = Path(workspace.directory)
    own = (base / file for service in workspace.services for file in service.runbooks)
    files = runbooks_at(paths or own)
    if not files:
        raise Invalid(
            "coverage.no_path",
            "No runbook is named.",
            hint="Name files or a folder, or a workspace that has some with --workspace.",
        )
    return files


# what is said


def _print(coverage: Coverage) -> None:
    if coverage.rows:
        head = [cell(title, _dim) for title in ("ALERT", "PLAYBOOK", "FIRED BY", "REHEARSED")]
        for line in aligned([head, *(_cells(row) for row in coverage.rows)]):
            say(line)
        say()
    say(_summary(coverage))
    if not coverage.knows_firing:
        tell("What fires them is not known: name Prometheus rules with --rules, or set up checks.")


def _cells(row: Row) -> list[Cell]:
    return [
        cell(_short(row.alert)) if row.alert else cell("none", _bad),
        _playbooks(row),
        _fired_by(row),
        cell("never", _dim),
    ]


def _fired_by(row: Row) -> Cell:
    if not row.fired_by:
        return cell("nothing", _bad) if Gap.CHECK in row.gaps else cell("–", _dim)
    more = f" and {len(row.fired_by) - 1} more" if len(row.fired_by) > 1 else ""
    return cell(_short(row.fired_by[0]) + more)


def _playbooks(row: Row) -> Cell:
    if not row.candidates:
        return cell("none", _bad)
    shown = " or ".join(_place(candidate) for candidate in row.candidates)
    return cell(shown, _bad) if Gap.AMBIGUOUS in row.gaps else cell(shown)


def _place(candidate: Candidate) -> str:
    name = candidate.runbook.file.rpartition("/")[2]
    return f"{_short(candidate.playbook.heading)} ({name}:{candidate.playbook.line})"


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _summary(coverage: Coverage) -> str:
    alerts = sum(bool(row.alert) for row in coverage.rows)
    told = [
        many(alerts, "alert"),
        f"{coverage.count(Gap.PLAYBOOK)} without a playbook",
        f"{coverage.count(Gap.AMBIGUOUS)} with several",
        f"{coverage.count(Gap.CHECK)} that nothing fires",
        f"{many(coverage.count(Gap.ALERT), 'playbook')} without an alert",
        f"{coverage.count(Gap.DRILL)} never rehearsed",
    ]
    return ", ".join(told) + "."


def _as_value(coverage: Coverage) -> dict[str, object]:
    return {
        "rows": [_row(row) for row in coverage.rows],
        "knows_firing": coverage.knows_firing,
        "counts": {gap.name.lower(): coverage.count(gap) for gap in Gap},
    }


def _row(row: Row) -> dict[str, object]:
    return {
        "alert": row.alert or None,
        "playbooks": [
            {
                "file": each.runbook.file,
                "line": each.playbook.line,
                "anchor": each.playbook.anchor,
                "heading": each.playbook.heading,
            }
            for each in row.candidates
        ],
        "fired_by": list(row.fired_by),
        "rehearsed_at": None,
        "gaps": [gap.name.lower() for gap in row.gaps],
    }
