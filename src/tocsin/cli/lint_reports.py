"""Findings of the linter for a person, a program, a code scanner, a pull request."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import quote

from tocsin import __version__
from tocsin.cli.output import Paint, aligned, cell, many, painted, plain, visible
from tocsin.reading.lint.rule import WORST_FIRST, Finding, Rule, Severity

_PAINTS: dict[Severity, Paint] = {
    Severity.ERROR: painted(fg="red", bold=True),
    Severity.WARNING: painted(fg="yellow"),
    Severity.INFO: plain,
}
_INDENT = " " * 8
_SARIF_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def text(findings: Sequence[Finding], documents: int, width: int) -> Iterator[str]:
    """Return the lines of a report for a terminal of `width` columns, file by file."""
    for file, group in groupby(findings, key=lambda finding: finding.file):
        yield painted(bold=True)(visible(file))
        for finding in group:
            yield from _finding(finding, width)
        yield ""
    yield _total(findings, documents)


def _finding(finding: Finding, width: int) -> Iterator[str]:
    first = finding.lines[0] if finding.lines else 1
    severity = _PAINTS[finding.severity](finding.severity.value)
    yield f"{first:>6}  {severity}  {painted(bold=True)(finding.rule)}"
    message = visible(finding.message)
    if len(finding.lines) > 1:
        message += f" Lines {ranges(finding.lines)}."
    yield from textwrap.wrap(
        message,
        max(width, 40),
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_on_hyphens=False,
    )


def ranges(lines: Iterable[int]) -> str:
    """Return line numbers in short: `3-5, 9`."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and line == runs[-1][-1] + 1:
            runs[-1].append(line)
        else:
            runs.append([line])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _total(findings: Sequence[Finding], documents: int) -> str:
    counts = Counter(finding.severity for finding in findings)
    said = [_counted(one, counts[one]) for one in WORST_FIRST if counts[one]]
    found = ", ".join(said) if said else "Nothing found"
    total = f"{found} in {many(documents, 'document')}."
    fixable = sum(bool(finding.edits) for finding in findings)
    return f"{total} `--fix` mends {fixable}." if fixable else total


def _counted(severity: Severity, count: int) -> str:
    return f"{count} info" if severity is Severity.INFO else many(count, severity.value)


def listing(rules: Iterable[Rule]) -> Iterator[str]:
    """Return one line per rule."""
    rows = [
        (cell(rule.name), cell(rule.severity.value, _PAINTS[rule.severity]), cell(rule.summary))
        for rule in rules
    ]
    yield from aligned(rows)


def as_value(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return what `--format json` prints."""
    return {
        "findings": [
            {
                "file": finding.file,
                "lines": list(finding.lines),
                "rule": finding.rule,
                "severity": finding.severity.value,
                "message": finding.message,
                "fixable": bool(finding.edits),
            }
            for finding in findings
        ]
    }


def sarif(findings: Iterable[Finding], rules: Iterable[Rule]) -> dict[str, Any]:
    """Return a SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/)."""
    driver = {
        "name": "tocsin",
        "version": __version__,
        "rules": [
            {
                "id": rule.name,
                "shortDescription": {"text": rule.summary},
                "defaultConfiguration": {"level": _SARIF_LEVELS[rule.severity]},
            }
            for rule in rules
        ],
    }
    results = [_sarif_result(finding) for finding in findings]
    return {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "utf16CodeUnits", "results": results}],
    }


def _sarif_result(finding: Finding) -> dict[str, Any]:
    places = [_sarif_place(finding.file, line) for line in finding.lines or (1,)]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _SARIF_LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": places[:1],
    }
    if places[1:]:
        result["relatedLocations"] = places[1:]
    return result


def _sarif_place(file: str, line: int) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(file)},
            "region": {"startLine": line},
        }
    }


def _uri(file: str) -> str:
    """Return a path as a relative or absolute URI reference."""
    return quote(os.fsencode(file))


def github(findings: Iterable[Finding]) -> Iterator[str]:
    """Return workflow commands of GitHub Actions, which mark the lines of a pull request."""
    for finding in findings:
        first, last = (finding.lines or (1,))[0], (finding.lines or (1,))[-1]
        also = f" (lines {ranges(finding.lines)})" if last != first else ""
        place = f"file={_property(finding.file)},line={first},title={_property(finding.rule)}"
        yield f"::{_COMMANDS[finding.severity]} {place}::{_escaped(finding.message + also)}"


def _escaped(message: str) -> str:
    shown = visible(message.replace("\n", " "))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _escaped(value).replace(":", "%3A").replace(",", "%2C")
