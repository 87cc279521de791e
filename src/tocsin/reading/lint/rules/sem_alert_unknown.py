"""SEM-ALERT-UNKNOWN: a playbook for an alert that Prometheus does not have."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.library import Library
from tocsin.reading.lint.rule import Hit, Rule, Severity


def _across(library: Library) -> Iterator[Hit]:
    known = {one.alert for rule_file in library.rule_files for one in rule_file.rules}
    if not known:
        return
    for document, playbook in library.playbooks():
        for alert, line in zip(playbook.alerts, playbook.alert_lines, strict=True):
            if alert not in known:
                message = f"No rule fires {alert}: this playbook is never opened by it."
                yield Hit(file=document.file, lines=(line,), message=message)


rule = Rule(
    name="SEM-ALERT-UNKNOWN",
    severity=Severity.WARNING,
    summary="A playbook for an alert that Prometheus does not have.",
    across=_across,
)
