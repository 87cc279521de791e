"""`tocsin lint`: what is wrong with runbooks, before the night they are needed."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import click

import tocsin
from tocsin.cli import lint_reports as reports
from tocsin.cli.files import read_each, read_rule_files, write_file
from tocsin.cli.judging import judge_of, with_workspace
from tocsin.cli.output import say, say_document, say_json, tell, visible_lines
from tocsin.cli.paths import runbooks_at
from tocsin.core.errors import Invalid
from tocsin.reading.alert_rules import RuleFile
from tocsin.reading.lint.catalogue import rules
from tocsin.reading.lint.document import Document, document_of
from tocsin.reading.lint.fix import diff, mended
from tocsin.reading.lint.library import Library, Remark
from tocsin.reading.lint.lint import chosen, lint, worst_of
from tocsin.reading.lint.rule import Finding, Rule, Severity

_UNHEALTHY = 3
_UNREAD = 2
_NARROWEST, _WIDEST = 60, 110  # columns


@click.command("lint")
@click.argument("paths", nargs=-1, metavar="PATH…")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="For a person, a program, a code scanner, a pull request on GitHub.",
)
@click.option("--strict", is_flag=True, help="Warnings fail, too.")
@click.option("--select", metavar="RULES", multiple=True, help="Only these rules or families.")
@click.option("--ignore", metavar="RULES", multiple=True, help="Not these rules or families.")
@click.option(
    "--rules",
    "rule_paths",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Alerting rules of Prometheus: alerts without a playbook are reported.",
)
@click.option("--fix", is_flag=True, help="Mend what needs no judgement; shows a diff and asks.")
@click.option("--yes", is_flag=True, help="With --fix: do not ask.")
@click.option("--no-shellcheck", is_flag=True, help="Do without ShellCheck, though it is here.")
@click.option("--explain", metavar="RULE", help="Print the page of a rule, and end.")
@with_workspace
@click.option("--list", "listed", is_flag=True, help="List the rules, and end.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    form: str,
    strict: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    rule_paths: tuple[Path, ...],
    fix: bool,
    yes: bool,
    no_shellcheck: bool,
    explain: str | None,
    listed: bool,
    directory: Path | None,
) -> None:
    """Say what is wrong with runbooks: files, or folders with Markdown in them.

    A finding that is meant to be so is silenced by a comment in front of its block, item or
    section: <!-- tocsin ignore RULE: the reason -->

    Exit status: 0 no errors, 3 errors (with --strict: warnings), 2 a file could not be read.
    """
    if explain or listed:
        _tell_of_rules(explain)
        ctx.exit(0)
    applied = chosen(_split(select), _split(ignore))
    files = _files(paths)
    documents = _documents(files, directory)
    rule_files = tuple(read_rule_files(rule_paths))
    asked = not no_shellcheck
    findings = lint(_library(documents, rule_files, shellcheck=asked), applied)
    show = say_document if form == "text" else _tell_document
    if fix and _fix(documents, findings, ask=not yes, show=show):
        documents = _documents(list(documents), directory)
        findings = lint(_library(documents, rule_files, shellcheck=asked), applied)
    _print(form, findings, applied, len(documents))
    complete = len(documents) == len(files) and len(rule_files) == len(rule_paths)
    ctx.exit(_status(findings, strict=strict, complete=complete))


def _split(names: Sequence[str]) -> list[str]:
    return [name for given in names for name in given.replace(",", " ").split()]


def _status(findings: Sequence[Finding], *, strict: bool, complete: bool) -> int:
    if not complete:
        return _UNREAD
    failing = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
    return _UNHEALTHY if worst_of(findings) in failing else 0


# what to look at


def _files(paths: Sequence[str]) -> list[Path]:
    if not paths:
        raise Invalid(
            "lint.no_path", "No runbook is named.", hint="Name files, or a folder: `tocsin lint .`"
        )
    return runbooks_at(map(Path, paths))


def _documents(files: Sequence[Path], directory: Path | None) -> dict[Path, Document]:
    """Return the documents that could be read; says of the others why not."""
    return dict(read_each(files, partial(_document, directory)))


def _document(directory: Path | None, file: Path, raw: bytes) -> tuple[Path, Document]:
    return file, document_of(str(file), raw, judge_of(directory, file), _exists(file))


def _library(
    documents: Mapping[Path, Document], rule_files: tuple[RuleFile, ...], *, shellcheck: bool
) -> Library:
    return Library(
        documents=tuple(documents.values()),
        rule_files=rule_files,
        remarks=_remarks(documents.values()) if shellcheck else (),
        today=datetime.now(UTC).date(),
    )


def _remarks(documents: Iterable[Document]) -> tuple[Remark, ...]:
    """Return what ShellCheck says; what starts processes is imported only for it."""
    return tuple(importlib.import_module("tocsin.cli.shellcheck").remarks_on(documents))


def _exists(file: Path) -> Callable[[str], bool]:
    """Return whether a link in `file` leads to something on this machine."""

    def exists(target: str) -> bool:
        try:
            return (file.parent / unquote(target)).exists()
        except (OSError, ValueError):
            return False

    return exists


# what to do with what was found


def _fix(
    documents: Mapping[Path, Document],
    findings: Sequence[Finding],
    *,
    ask: bool,
    show: Callable[[str], None],
) -> bool:
    """Show what would be mended, and mend it if that is wanted; return whether it was."""
    mended_texts = {path: _mended(document, findings) for path, document in documents.items()}
    changes = {path: text for path, text in mended_texts.items() if text != _text(documents[path])}
    for path, after in changes.items():
        show(diff(str(path), _text(documents[path]), after))
    if not changes or (ask and not _agreed()):
        return False
    for path, after in changes.items():
        write_file(path, after)
    return True


def _agreed() -> bool:
    """Ask whether to write; where nobody can answer, nothing is written."""
    try:
        return click.confirm("Write these changes?", err=True)
    except click.Abort:
        if sys.stdin.isatty():  # somebody answered with Ctrl-C
            raise
        tell("\nNothing was written: nobody is there to ask. --yes writes without asking.")
        return False


def _tell_document(text: str) -> None:
    """Print a document as talk: what stands on stdout is for a program."""
    tell(visible_lines(text).rstrip("\n"))


def _text(document: Document) -> str:
    return document.raw.decode()


def _mended(document: Document, findings: Sequence[Finding]) -> str:
    mine = [finding for finding in findings if finding.file == document.file]
    return mended(_text(document), mine)


def _print(form: str, findings: Sequence[Finding], applied: Sequence[Rule], count: int) -> None:
    if form == "json":
        say_json(reports.as_value(findings))
    elif form == "sarif":
        say_json(reports.sarif(findings, applied))
    elif form == "github":
        for line in reports.github(findings):
            say(line)
    else:
        width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
        for line in reports.text(findings, count, width):
            say(line)


# about the rules


def _tell_of_rules(explain: str | None) -> None:
    if explain is None:
        for line in reports.listing(rules()):
            say(line)
        return
    known = {rule.name: rule for rule in chosen([explain])}
    if explain.upper() in known:
        say_document(_page(explain.upper()))
        return
    for line in reports.listing(tuple(known.values())):
        say(line)


def _page(rule: str) -> str:
    """Return the page of a rule: packaged, or in the tree the package is run from."""
    package = Path(tocsin.__file__).parent
    inside = package / "pages" / "lint" / f"{rule}.md"
    page = inside if inside.is_file() else package.parents[1] / "docs" / "lint" / f"{rule}.md"
    return page.read_text(encoding="utf-8")
