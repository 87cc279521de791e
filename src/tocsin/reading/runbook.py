"""The one door of reading: a Markdown document in, a `Runbook` out. No file is touched."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from tocsin.core.runbook import Block, Finding, MessageTemplate, Playbook, Runbook
from tocsin.reading.anchors import anchors, plain
from tocsin.reading.extract import people, process
from tocsin.reading.extract.choosing import playbooks_among
from tocsin.reading.extract.fields import ALERT_NAME, QUOTED
from tocsin.reading.extract.phases import phases_of
from tocsin.reading.extract.playbooks import Draft, finished, read_playbook
from tocsin.reading.extract.remedies import take_remedies
from tocsin.reading.extract.severities import Scheme, scheme_of
from tocsin.reading.extract.wholes import response_in, team_in
from tocsin.reading.extract.words import Role, role_of, severity_in
from tocsin.reading.outline import Kind, Part, Section, parts_of, sections_of
from tocsin.reading.placing import leaves_open, names_used, placed
from tocsin.reading.repair import Mended, mend
from tocsin.reading.statements import statements_of
from tocsin.reading.understood import accounted

_LINK = re.compile(r"\]\(#([^()\s]+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document taken apart, before anything is made of it."""

    sha256: str
    mended: Mended
    parts: list[Part]


def source_of(raw: bytes) -> Source:
    """Return the document mended and taken apart.

    Raises:
        Invalid: `runbook.too_large` above 10 MiB, `runbook.binary` where it is no UTF-8 text.
    """
    mended = mend(raw)
    sha256 = hashlib.sha256(raw).hexdigest()
    return Source(sha256=sha256, mended=mended, parts=parts_of(mended.text))


def read_runbook(file: str, raw: bytes) -> Runbook:
    """Return what the document says; what it cannot make sense of is among the findings.

    Raises:
        Invalid: As `source_of`.
    """
    return runbook_of(file, source_of(raw))


def runbook_of(file: str, source: Source) -> Runbook:
    """Return what a document that was taken apart says."""
    mended, parts = source.mended, source.parts
    sections = sections_of(parts)
    slugs = _anchors(sections, mended)
    table = _linked_severities(parts)
    sent = _linked_alerts(parts)
    linked = {line for line, names in slugs.items() if not (table | sent).keys().isdisjoint(names)}
    chosen = playbooks_among(sections, linked)
    scheme = scheme_of(sections, parts)
    around = _outside(sections, chosen)
    drafts = [read_playbook(section, scheme) for section in chosen]
    take_remedies(drafts, around)
    blocks, findings = _blocks(parts, _spans(chosen), drafts)
    statements = {block.start: block.statements for block in blocks}
    playbooks = tuple(
        finished(
            draft,
            statements,
            anchors=slugs[section.heading.line],
            inferred=_inferred(section, scheme, table, slugs[section.heading.line]),
            sent=[
                alert for anchor in slugs[section.heading.line] for alert in sent.get(anchor, ())
            ],
        )
        for section, draft in zip(chosen, drafts, strict=True)
    )
    rules = [rule for playbook in playbooks for rule in playbook.escalations]
    rules += people.rules_outside(around)
    runbook = Runbook(
        file=file,
        sha256=source.sha256,
        title=_title(sections),
        severities=scheme.levels,
        process=tuple(phases_of(sections, chosen)),
        playbooks=playbooks,
        escalations=tuple(sorted(rules, key=lambda rule: rule.line)),
        contacts=tuple(people.contacts_in(around)),
        templates=_messages(sections, around),
        postmortem=tuple(process.postmortem_of(around)),
        blocks=tuple(blocks),
        findings=(*mended.findings, *findings, *_objections(playbooks)),
    )
    taken = {part.line for part in process.review_of(around)}
    taken = taken.union(*(draft.lines() for draft in drafts))
    return accounted(runbook, mended.lines, sections, taken)


def _title(sections: list[Section]) -> str:
    return next((one.title for one in sections[1:] if one.heading.level == 1), "")


def _outside(sections: list[Section], chosen: list[Section]) -> list[Section]:
    """Return the sections that belong to no playbook."""
    taken = {id(section) for section in chosen}
    apart = {id(one) for section in chosen for one in team_in(section)}
    return [
        section
        for section in sections
        if id(section) in apart or not taken & {id(one) for one in (section, *section.ancestors())}
    ]


def _messages(sections: list[Section], around: list[Section]) -> tuple[MessageTemplate, ...]:
    """Return the messages kept for any incident, and those that playbooks have ready."""
    known = {id(section) for section in around}
    inside = [section for section in sections if id(section) not in known]
    found = process.templates_in(around) + process.announced_in(inside)
    return tuple(sorted(found, key=lambda message: message.line))


def _spans(chosen: list[Section]) -> dict[int, int]:
    """Return the heading line of the playbook for each line of a fence in it."""
    return {
        part.line: section.heading.line
        for section in chosen
        for part in response_in(section)
        if part.kind is Kind.FENCE
    }


def _blocks(
    parts: list[Part], playbook_of: dict[int, int], drafts: list[Draft]
) -> tuple[list[Block], list[Finding]]:
    owners = {fence: step for draft in drafts for fence, step in draft.owners().items()}
    blocks: list[Block] = []
    findings: list[Finding] = []
    fences = [part for part in parts if part.kind is Kind.FENCE]
    used = names_used(fence.text for fence in fences)
    for part in fences:
        parsed = statements_of(part.label, part.text, part.line + 1)
        findings += [_broken(part, parsed.mistake)] if parsed.mistake else []
        before = blocks[-1] if blocks else None
        step = owners.get(part.line)
        inside = before is not None and before.step_line == step and leaves_open(before.statements)
        blocks.append(
            Block(
                start=part.line,
                end=part.end,
                label=part.label.split()[0] if part.label else None,
                text=part.text,
                statements=placed(parsed.statements, used, inside=inside and step is not None),
                playbook_line=playbook_of.get(part.line),
                step_line=step,
            )
        )
    return blocks, findings


def _broken(part: Part, mistake: str) -> Finding:
    message = f"This block {mistake}; what of it does not parse is never run for you."
    return Finding(code="block.syntax", line=part.line, message=message)


def _anchors(sections: list[Section], mended: Mended) -> dict[int, tuple[str, ...]]:
    """Return the anchors of each heading by its line: as mended, then as it was."""
    lines = [section.heading.line for section in sections[1:]]
    after = anchors(section.heading.text for section in sections[1:])
    before = anchors(_heading_text(mended.original[line - 1]) for line in lines)
    return {
        line: tuple(dict.fromkeys((new, old)))
        for line, new, old in zip(lines, after, before, strict=True)
    }


def _heading_text(line: str) -> str:
    return re.sub(r"^\s*#{1,6}\s+|\s+#+\s*$", "", line).strip()


def _linked_severities(parts: list[Part]) -> dict[str, tuple[str, int]]:
    """Return the severity and line of table rows and bullets that link to a playbook."""
    found: dict[str, tuple[str, int]] = {}
    for part in parts:
        if part.kind not in (Kind.ROW, Kind.ITEM):
            continue
        words = " ".join(part.cells) or part.text
        severity = severity_in(words)
        for anchor in _LINK.findall(words):
            if severity:
                found.setdefault(anchor, (severity, part.line))
    return found


def _linked_alerts(parts: list[Part]) -> dict[str, list[tuple[str, int]]]:
    """Return the alerts, each with its line, that rows of a table send to an anchor."""
    found: dict[str, list[tuple[str, int]]] = {}
    for part in parts:
        cells = dict(zip(map(plain, part.header), part.cells, strict=False))
        names = [name for head, cell in cells.items() if _is_alert(head) for name in _names(cell)]
        for anchor in _LINK.findall(" ".join(part.cells)) if names else ():
            found.setdefault(anchor, []).extend((name, part.line) for name in names)
    return found


def _is_alert(head: str) -> bool:
    return role_of(head) is Role.ALERT


def _names(cell: str) -> list[str]:
    return QUOTED.findall(cell) or ALERT_NAME.findall(plain(cell))


def _inferred(
    section: Section,
    scheme: Scheme,
    table: dict[str, tuple[str, int]],
    names: tuple[str, ...],
) -> tuple[str, int] | None:
    """Return the severity a playbook has by where it stands, and the line that says so."""
    for name in names:
        if name in table:
            return table[name]
    for one in (section, *section.ancestors()):
        if one.heading.level < 2:
            break
        level = severity_in(one.title) or (scheme.named(one.title) if one is not section else None)
        if level:
            return level, one.heading.line
    return scheme.defined(section.title)


def _objections(playbooks: tuple[Playbook, ...]) -> list[Finding]:
    """Return what a reader must know: no playbook at all, an alert that names two."""
    if not playbooks:
        message = "No section of this document is a playbook."
        return [Finding(code="runbook.no_playbook", line=1, message=message)]
    first: dict[str, Playbook] = {}
    findings = []
    for playbook in playbooks:
        for alert, line in zip(playbook.alerts, playbook.alert_lines, strict=True):
            other = first.setdefault(alert, playbook)
            if other is not playbook:
                message = (
                    f"The alert {alert} is already named by {plain(other.heading)!r} "
                    f"(line {other.line})."
                )
                findings.append(Finding(code="runbook.alert_twice", line=line, message=message))
    return findings
