"""SEM-ALERT-UNBOUND: an alert of Prometheus that no playbook is for."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.library import Library
from tocsin.reading.lint.rule import Hit, Rule, Severity


def _across(library: Library) -> Iterator[Hit]:
    bound = {alert for _, playbook in library.playbooks() for alert in playbook.alerts}
    for rule_file in library.rule_files:
        for one in rule_file.rules:
            if one.alert not in bound:
                message = f"{one.alert} fires, and no playbook of these documents is for it."
                yield Hit(file=rule_file.file, lines=(one.line,), message=message)


rule = Rule(
    name="SEM-ALERT-UNBOUND",
    severity=Severity.WARNING,
    summary="An alert of Prometheus that no playbook is for.",
    across=_across,
)
