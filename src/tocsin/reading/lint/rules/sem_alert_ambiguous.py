"""SEM-ALERT-AMBIGUOUS: one alert is bound to two playbooks of a document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, together


def _look(document: Document) -> Iterator[Hit]:
    bound: dict[str, dict[int, int]] = defaultdict(dict)  # alert -> playbook -> line
    for playbook in document.runbook.playbooks:
        for alert, line in zip(playbook.alerts, playbook.alert_lines, strict=True):
            bound[alert].setdefault(playbook.line, line)
    for alert, lines in bound.items():
        if len(lines) > 1:
            message = f"{alert} is bound to {len(lines)} playbooks: nobody knows which one to open."
            yield Hit(lines=together(lines.values()), message=message)


rule = Rule(
    name="SEM-ALERT-AMBIGUOUS",
    severity=Severity.ERROR,
    summary="One alert is bound to two playbooks of a document.",
    look=_look,
)
