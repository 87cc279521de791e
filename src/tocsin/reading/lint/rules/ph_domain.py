"""PH-DOMAIN: a domain that stands for yours."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_STANDS_FOR_YOURS = re.compile(
    r"\b(?:[\w-]+\.)*(?:(?:your|my)[-_]?(?:domain|company|org|organization|site|app|team)"
    r"|example|mydomain|yourapp|company-name)\.(?:com|org|net|io|ai|co|dev|app|internal)\b",
    re.IGNORECASE,
)

_TEST_USER = re.compile(r"\b(?:test|demo|smoke|probe)[\w.+-]*@[\w.-]+", re.IGNORECASE)


def _look(document: Document) -> Iterator[Hit]:
    commands = [
        statement.start + offset
        for statement in document.statements
        for offset, line in enumerate(statement.text.split("\n"))
        if _STANDS_FOR_YOURS.search(_TEST_USER.sub("", line))
    ]
    yield from one_hit(commands, "The command speaks to a domain that is not yours.")
    contacts = [
        one.line
        for one in document.runbook.contacts
        if _STANDS_FOR_YOURS.search(document.mended_lines[one.line - 1])
    ]
    yield from one_hit(contacts, "Mail to this domain reaches nobody of yours.")


rule = Rule(
    name="PH-DOMAIN",
    severity=Severity.ERROR,
    summary="A domain that stands for yours.",
    look=_look,
)
