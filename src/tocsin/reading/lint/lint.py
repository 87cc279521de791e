"""Documents in, findings out: every chosen rule, one finding per cause, nothing said twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tocsin.core.errors import NotFound
from tocsin.reading.lint.catalogue import rules
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.library import Library
from tocsin.reading.lint.rule import WORST_FIRST, Edit, Finding, Hit, Rule, Severity, together
from tocsin.reading.lint.suppress import Suppression, suppressions_of


def chosen(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Return the rules to apply. A name may be a family: `RUN` stands for every `RUN-…`.

    Raises:
        NotFound: `lint.unknown_rule`: there is neither rule nor family of that name.
    """
    wanted, unwanted = _names(select), _names(ignore)
    return tuple(
        rule
        for rule in rules()
        if (not wanted or rule.name in wanted) and rule.name not in unwanted
    )


def _names(given: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for name in given:
        family = {
            rule.name
            for rule in rules()
            if rule.name == name.upper() or rule.name.startswith(name.upper() + "-")
        }
        if not family:
            raise NotFound(
                "lint.unknown_rule",
                f"There is no rule called {name}.",
                hint="`tocsin lint --list` names all of them.",
            )
        found |= family
    return frozenset(found)


def lint(library: Library, applied: Iterable[Rule]) -> tuple[Finding, ...]:
    """Return what the rules find, by file and first line; suppressed lines are left out."""
    applied = tuple(applied)
    quiet = {document.file: suppressions_of(document) for document in library.documents}
    found = {finding for rule in applied for finding in _findings(rule, library)}
    heard = {_heard(finding, quiet.get(finding.file, ())) for finding in found}
    heard |= set(_idle(quiet, found, applied))
    return tuple(sorted((finding for finding in heard if finding is not None), key=_place))


def _findings(rule: Rule, library: Library) -> Iterator[Finding]:
    if rule.look is not None:
        for document in library.documents:
            for hit in rule.look(document):
                yield _finding(rule, document, hit)
    if rule.across is not None:
        by_name = {document.file: document for document in library.documents}
        for hit in rule.across(library):
            yield _finding(rule, by_name.get(hit.file), hit)


def _finding(rule: Rule, document: Document | None, hit: Hit) -> Finding:
    return Finding(
        rule=rule.name,
        severity=hit.severity or rule.severity,
        file=document.file if document else hit.file,
        lines=together(hit.lines),
        message=hit.message,
        edits=hit.edits,
    )


def _idle(
    quiet: Mapping[str, tuple[Suppression, ...]], found: set[Finding], applied: tuple[Rule, ...]
) -> Iterator[Finding]:
    """Return the comments that silence nothing, as far as their rules were applied at all."""
    names = {rule.name for rule in applied}
    if "LINT-SUPPRESS" not in names:
        return
    for file, suppressions in quiet.items():
        lines = {(one.rule, line) for one in found if one.file == file for line in one.lines}
        for one in suppressions:
            idle = [
                rule
                for rule in one.rules
                if rule in names
                and not any(one.covers(rule, line) for name, line in lines if name == rule)
            ]
            if one.reason and idle:
                yield Finding(
                    rule="LINT-SUPPRESS",
                    severity=Severity.WARNING,
                    file=file,
                    lines=(one.line,),
                    message=f"Silences nothing: {', '.join(idle)} has no finding there.",
                )


def _heard(finding: Finding, quiet: tuple[Suppression, ...]) -> Finding | None:
    """Return the finding without the lines on which it is not wanted; None if none is left."""
    lines = tuple(
        line for line in finding.lines if not any(one.covers(finding.rule, line) for one in quiet)
    )
    if lines == finding.lines:
        return finding
    if not lines:
        return None
    edits: tuple[Edit, ...] = tuple(edit for edit in finding.edits if edit.line in lines)
    return Finding(
        rule=finding.rule,
        severity=finding.severity,
        file=finding.file,
        lines=lines,
        message=finding.message,
        edits=edits,
    )


def _place(finding: Finding) -> tuple[str, int, int, str]:
    first = finding.lines[0] if finding.lines else 0
    return finding.file, first, WORST_FIRST.index(finding.severity), finding.rule


def worst_of(findings: Iterable[Finding]) -> Severity | None:
    """Return the worst severity among the findings, or None where there is none."""
    severities = {finding.severity for finding in findings}
    return next((one for one in WORST_FIRST if one in severities), None)
