"""PH-CONTACT: a contact by whom nobody can be reached."""

from __future__ import annotations

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    empty = [
        one for one in document.runbook.contacts if one.placeholder and not _by_domain(one.reach)
    ]
    names = ", ".join(dict.fromkeys(contact.role for contact in empty if contact.role))
    lines = (contact.line for contact in empty)
    return one_hit(lines, f"Nobody can be reached by what is written: {names}.")


def _by_domain(reach: str) -> bool:
    """Whether the address only has the wrong domain: PH-DOMAIN says that."""
    return "@" in reach and "[" not in reach


rule = Rule(
    name="PH-CONTACT",
    severity=Severity.ERROR,
    summary="A contact by whom nobody can be reached.",
    look=_look,
)
