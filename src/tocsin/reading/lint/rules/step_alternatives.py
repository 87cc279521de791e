"""STEP-ALTERNATIVES: ways of which one is to be chosen, written as a sequence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.core.risk import ACTING
from tocsin.core.runbook import Block, Statement
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit, together
from tocsin.reading.outline import Kind, Part, Section

_CHOICE = re.compile(
    r"\b(?:quick|common|possible|available) (?:fixes|options|workarounds)\b", re.IGNORECASE
)
_CHOOSES = re.compile(
    r"\b(?:choose|pick|one of|option [a-c1-3]|try in order|depending on)\b", re.IGNORECASE
)
_FEWEST = 3
_OR = re.compile(r"^or\b", re.IGNORECASE)
# products of which a host has one: commands for two of them cannot both be meant
_FAMILIES = (
    frozenset({"postgresql", "postgres", "mysql", "mariadb", "sqlite"}),
    frozenset({"nginx", "apache", "apache2", "httpd", "caddy"}),
    frozenset({"debian", "ubuntu", "rhel", "centos", "fedora", "alpine", "macos"}),
)


def _look(document: Document) -> Iterator[Hit]:
    for block in document.runbook.blocks:
        yield from _or(document, block)
        yield from _products(block)
    for section in document.sections:
        yield from _fixes(document, section)


def _or(document: Document, block: Block) -> Iterator[Hit]:
    """Return statements whose comment begins with "Or"."""
    for before, statement in zip(block.statements, block.statements[1:], strict=False):
        if statement.alternative:
            risks = {document.judge(one).risk for one in (before, statement)}
            yield Hit(
                lines=together([before.start, *_comment_above(block, statement), statement.start]),
                message="One or the other is meant, and whoever runs the block runs both.",
                severity=Severity.ERROR if risks & set(ACTING) else None,
            )


def _comment_above(block: Block, statement: Statement) -> list[int]:
    lines = block.text.split("\n")
    above = statement.start - 1
    found = []
    while above > block.start and lines[above - block.start - 1].lstrip().startswith("#"):
        found.append(above)
        above -= 1
    return found


def _products(block: Block) -> Iterator[Hit]:
    """Return statements that are each for another product of one kind."""
    for family in _FAMILIES:
        named = {
            statement.start: product
            for statement in block.statements
            if (product := _product(statement, family))
        }
        if len(set(named.values())) > 1:
            products = " or ".join(dict.fromkeys(named.values()))
            yield Hit(
                lines=together(named),
                message=f"{products}: a host has one of them, and the other command fails.",
            )


def _product(statement: Statement, family: frozenset[str]) -> str:
    """Return the product a statement is for: all its label says, or the unit it asks about."""
    label = re.sub(r"^(?:for|if using|using|on)\s+", "", statement.label.lower()).strip(" :")
    unit = re.search(r"\bsystemctl\s+\w[\w-]*\s+([\w-]+)\s*$", statement.text)
    named = label if label in family else unit[1] if unit else ""
    return named if named in family else ""


def _fixes(document: Document, section: Section) -> list[Hit]:
    """Return several changes under "Quick fixes", none of which says when it is the one."""
    words = " ".join(part.text for part in section.own if part.kind is Kind.LINE)
    if not _CHOICE.search(section.title) or _CHOOSES.search(words):
        return []
    leads = [part for part in section.own if part.kind is Kind.LEAD]
    leads += [child.heading for child in section.children]
    changing = [block for lead in leads if (block := _change_below(document, section, lead))]
    message = "These are alternatives: say for each when it is the one, or which comes first."
    return one_hit(changing, message) if len(changing) >= _FEWEST else []


def _change_below(document: Document, section: Section, lead: Part) -> int | None:
    """Return the line of the first block below a label that changes something."""
    parts = section.parts()
    for part in parts[parts.index(lead) + 1 :]:
        if part.kind is lead.kind:
            break
        block = document.block_at(part.line) if part.kind is Kind.FENCE else None
        statements = block.statements if block else ()
        if any(document.judge(one).risk in ACTING for one in statements):
            return part.line
    return None


rule = Rule(
    name="STEP-ALTERNATIVES",
    severity=Severity.WARNING,
    summary="Ways of which one is to be chosen, written as a sequence.",
    look=_look,
)
