"""`tocsin lint`: what is wrong with runbooks, before the night they are needed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from urllib.parse import unquote

import click

from tocsin.cli import lint_reports as reports
from tocsin.cli.output import say, say_document, say_json, tell, visible, visible_lines
from tocsin.cli.paths import runbooks_at
from tocsin.cli.shellcheck import remarks_on
from tocsin.core.errors import Invalid, Problem
from tocsin.reading.alert_rules import RuleFile, read_alert_rules
from tocsin.reading.lint.catalogue import rules
from tocsin.reading.lint.document import Document, document_of
from tocsin.reading.lint.fix import diff, mended
from tocsin.reading.lint.library import Library
from tocsin.reading.lint.lint import chosen, lint, worst_of
from tocsin.reading.lint.rule import Finding, Rule, Severity
from tocsin.running.risk import judge

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
    "rule_files",
    multiple=True,
    metavar="FILE",
    help="Alerting rules of Prometheus: alerts without a playbook are reported.",
)
@click.option("--fix", is_flag=True, help="Mend what needs no judgement; shows a diff and asks.")
@click.option("--yes", is_flag=True, help="With --fix: do not ask.")
@click.option("--no-shellcheck", is_flag=True, help="Do without ShellCheck, though it is here.")
@click.option("--explain", metavar="RULE", help="Print the page of a rule, and end.")
@click.option("--list", "listed", is_flag=True, help="List the rules, and end.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    form: str,
    strict: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    rule_files: tuple[str, ...],
    fix: bool,
    yes: bool,
    no_shellcheck: bool,
    explain: str | None,
    listed: bool,
) -> None:
    """Say what is wrong with runbooks: files, or folders with Markdown in them.

    A finding that is meant to be so is silenced by a comment in front of its block, item or
    section: <!-- tocsin ignore RULE: the reason -->

    \b
    Exit status: 0 no errors, 3 errors (with --strict: warnings), 2 a file could not be read.
    """
    if explain or listed:
        _tell_of_rules(explain)
        ctx.exit(0)
    applied = chosen(_split(select), _split(ignore))
    files = _files(paths)
    documents = _documents(files)
    library = Library(
        documents=tuple(documents.values()),
        rule_files=_rule_files(rule_files),
        remarks=() if no_shellcheck else remarks_on(documents.values()),
        today=datetime.now(UTC).date(),
    )
    findings = lint(library, applied)
    if fix:
        written = _fixed(documents, findings, ask=not yes)
        findings = tuple(one for one in findings if not (one.edits and one.file in written))
    _print(form, findings, applied, len(documents))
    ctx.exit(_status(findings, strict=strict, complete=len(documents) == len(files)))


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


def _documents(files: Sequence[Path]) -> dict[Path, Document]:
    """Return the documents that could be read; says of the others why not."""
    documents = {}
    for file in files:
        try:
            documents[file] = document_of(str(file), file.read_bytes(), judge, _exists(file))
        except OSError as error:
            tell(f"{visible(file)}: cannot be read: {error.strerror or error}.")
        except Problem as problem:
            tell(visible_lines(f"{file}: {problem.message}\n{problem.hint}".rstrip()))
    return documents


def _exists(file: Path) -> Callable[[str], bool]:
    """Return whether a link in `file` leads to something on this machine."""

    def exists(target: str) -> bool:
        try:
            return (file.parent / unquote(target)).exists()
        except (OSError, ValueError):
            return False

    return exists


def _rule_files(paths: Sequence[str]) -> tuple[RuleFile, ...]:
    """Return the rule files; says what in them could not be made sense of."""
    found = []
    for path in paths:
        try:
            text = Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise Invalid(
                "lint.rules_unreadable",
                f"{path} cannot be read: {error.strerror or error}.",
                hint="--rules takes a file with alerting rules of Prometheus.",
            ) from None
        found.append(read_alert_rules(path, text))
        for finding in found[-1].findings:
            tell(visible(f"{path}:{finding.line}: {finding.message}"))
    return tuple(found)


# what to do with what was found


def _fixed(
    documents: Mapping[Path, Document], findings: Sequence[Finding], *, ask: bool
) -> frozenset[str]:
    """Show what would be mended and mend it; return the files that were written."""
    mended_texts = {path: _mended(document, findings) for path, document in documents.items()}
    changes = {path: text for path, text in mended_texts.items() if text != _text(documents[path])}
    for path, after in changes.items():
        say_document(diff(str(path), _text(documents[path]), after))
    if not changes or (ask and not click.confirm("Write these changes?", err=True)):
        return frozenset()
    for path, after in changes.items():
        path.write_bytes(after.encode())
    return frozenset(str(path) for path in changes)


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
    inside = resources.files("tocsin") / "pages" / "lint" / f"{rule}.md"
    if inside.is_file():
        return inside.read_text(encoding="utf-8")
    tree = Path(str(resources.files("tocsin"))).parents[1]
    return (tree / "docs" / "lint" / f"{rule}.md").read_text(encoding="utf-8")
