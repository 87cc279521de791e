"""SEM-ALERT-TWICE: one alert is bound to playbooks of two documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tocsin.reading.lint.library import Library
from tocsin.reading.lint.rule import Hit, Rule, Severity, together


def _across(library: Library) -> Iterator[Hit]:
    places: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for document, playbook in library.playbooks():
        for alert, line in zip(playbook.alerts, playbook.alert_lines, strict=True):
            places[alert][document.file].append(line)
    for alert, by_file in places.items():
        for file in by_file if len(by_file) > 1 else ():
            others = ", ".join(sorted(set(by_file) - {file}))
            yield Hit(
                file=file,
                lines=together(by_file[file]),
                message=f"{alert} is also bound in {others}: tell them apart by service.",
            )


rule = Rule(
    name="SEM-ALERT-TWICE",
    severity=Severity.WARNING,
    summary="One alert is bound to playbooks of two documents.",
    across=_across,
)
