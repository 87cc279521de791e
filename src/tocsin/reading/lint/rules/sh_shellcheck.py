"""SH-SHELLCHECK: what ShellCheck objects to, where it is installed and we say nothing ourselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tocsin.reading.lint.library import Library, Remark
from tocsin.reading.lint.rule import Hit, Rule, Severity, together

# A block is a fragment, not a script: variables come from elsewhere, there is no first line.
_OF_FRAGMENTS = {"SC2034", "SC2148", "SC2154", "SC2096", "SC2317", "SC1090", "SC1091"}
# Rules of ours say these, with the reason that counts in a runbook.
_OURS = {"SC2086", "SC2046", "SC2009", "SC2164", "SC2002"}
_LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING}


def _across(library: Library) -> Iterator[Hit]:
    causes: dict[tuple[str, str, str], list[Remark]] = defaultdict(list)
    for remark in library.remarks:
        if remark.level in _LEVELS and remark.code not in _OF_FRAGMENTS | _OURS:
            causes[remark.file, remark.code, remark.level].append(remark)
    for (file, code, level), remarks in causes.items():
        yield Hit(
            file=file,
            lines=together(remark.line for remark in remarks),
            message=f"{remarks[0].message} ({code})",
            severity=_LEVELS[level],
        )


rule = Rule(
    name="SH-SHELLCHECK",
    severity=Severity.WARNING,
    summary="What ShellCheck objects to, where it is installed.",
    across=_across,
)
