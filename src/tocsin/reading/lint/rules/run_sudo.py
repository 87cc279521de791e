"""RUN-SUDO: a command that may ask for a password."""

from __future__ import annotations

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    lines = [call.line for call in document.calls if "sudo" in call.around]
    message = "Needs `sudo`: nobody types a password in an unattended run."
    return one_hit(lines, message)


rule = Rule(
    name="RUN-SUDO",
    severity=Severity.INFO,
    summary="A command that may ask for a password.",
    look=_look,
)
