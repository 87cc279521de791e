"""What of a document became part of a value, and what was left as prose.

A reader that fails does so silently: the step it did not see is simply not there. So every
line is accounted for, and what nobody understood is kept, to be shown to a person.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from tocsin.core.runbook import Passage, Runbook
from tocsin.reading.outline import Kind, Part, Section, front_matter

_LAYOUT = re.compile(  # rules, tags, shortcodes, link definitions, pictures
    r"[-*_=|:\s]+|(?:</?\w[^<>]*>\s*)+|\{\{[<%].*[>%]\}\}|\[[^\]]+\]:\s*\S.*"
    r"|!\[[^\]]*\]\([^()]*\)|\[\[?_?TOC_?\]?\]"
)
_LINK = re.compile(r"!?\[[^\]\[]*\]\([^()]*\)|<?https?://\S+")
_COMMENT = re.compile(r"<!--.*?(?:-->|$)")


def accounted(
    runbook: Runbook, lines: Sequence[str], sections: Sequence[Section], taken: Set[int]
) -> Runbook:
    """Return the runbook with its count of lines, and with all that is left as prose.

    Args:
        runbook: All that was understood.
        lines: The document's lines, as mended.
        sections: Its sections in order, the root first.
        taken: The first line of parts that are in a value without a line of its own.
    """
    prose = _prose(lines, sections, taken | _stated(runbook))
    playbook_of = _playbooks(runbook, sections)
    notes: dict[int, list[Passage]] = {}
    for passage in prose:
        notes.setdefault(playbook_of.get(passage.section, 0), []).append(passage)
    return replace(
        runbook,
        lines=sum(bool(line.strip()) for line in lines),
        prose=prose,
        playbooks=tuple(
            replace(playbook, notes=tuple(notes.get(playbook.line, ())))
            for playbook in runbook.playbooks
        ),
    )


def _stated(runbook: Runbook) -> set[int]:
    """Return the lines that the values themselves name."""
    messages = {template.text for template in runbook.templates}
    stated = {block.start for block in runbook.blocks if block.statements or block.text in messages}
    stated.update(playbook.severity_line or 0 for playbook in runbook.playbooks)
    stated.update(level.respond_line or 0 for level in runbook.severities)
    stated.update(rule.line for rule in runbook.escalations)
    for facts in (runbook.severities, runbook.process, runbook.contacts, runbook.templates):
        stated.update(fact.line for fact in facts)
    return stated


def _playbooks(runbook: Runbook, sections: Sequence[Section]) -> dict[int, int]:
    """Return the line of the playbook around each heading, by the heading's line."""
    known = {playbook.line for playbook in runbook.playbooks}
    found: dict[int, int] = {}
    for section in sections[1:]:
        line = section.heading.line
        above = section.parent.heading.line if section.parent else 0
        found[line] = line if line in known else found.get(above, 0)
    return found


def _prose(
    lines: Sequence[str], sections: Sequence[Section], taken: Set[int]
) -> tuple[Passage, ...]:
    """Return what is left as prose, in order."""
    read = _read(sections, taken)
    parts = [part for section in sections for part in (section.heading, *section.own)]
    read.update(_layout(lines, {number for part in parts for number in _lines(part)}))
    left = [
        number for number, line in enumerate(lines, start=1) if line.strip() and number not in read
    ]
    headings = [section.heading.line for section in sections]
    return tuple(_passages(lines, left, headings))


def _lines(part: Part) -> range:
    return range(part.line, part.end + 1)


def _read(sections: Sequence[Section], taken: Set[int]) -> set[int]:
    """Return the lines of every part taken, and of the headings and labels that lead to one."""
    read: set[int] = set()
    leading: set[int] = set()  # ids of the sections with something taken in them
    for section in reversed(sections):
        own = _own(section, taken)
        read.update(own)
        heading = section.heading
        if own or heading.line in taken or id(section) in leading:
            read.update(_lines(heading))
            leading.add(id(section.parent))
    return read


def _own(section: Section, taken: Set[int]) -> set[int]:
    read: set[int] = set()
    leads = False
    for part in reversed(section.own):
        label = part.kind is Kind.LEAD and not part.rest
        leads = part.line in taken or _is_link(part) or (label and leads)
        if leads:
            read.update(_lines(part))
    return read | _table_heads(section.own, read)


def _table_heads(parts: list[Part], read: set[int]) -> set[int]:
    """Return the line of the header of each table of which a row was read."""
    found: set[int] = set()
    head, last = 0, 0
    for part in parts:
        if part.kind is not Kind.ROW:
            continue
        head = head if part.line == last + 1 else part.line - 2
        last = part.line
        if part.line in read:
            found.add(head)
    return found


def _is_link(part: Part) -> bool:
    """Return whether a line is nothing but links, as those of a table of contents are."""
    if part.kind not in (Kind.ITEM, Kind.LINE):
        return False
    rest, links = _LINK.subn("", part.text)
    return bool(links) and not re.search(r"\w", rest)


def _layout(lines: Sequence[str], parts: set[int]) -> Iterator[int]:
    """Yield the lines that hold no content: settings, comments, rules, tags."""
    settings = front_matter(lines)
    yield from range(1, settings + 1)
    comment = False
    for number, line in enumerate(lines[settings:], start=settings + 1):
        if number in parts:
            comment = False
            continue
        shown = _COMMENT.sub("", line.partition("-->")[2] if comment else line).strip()
        comment = _opens(line, comment)
        if not shown or _LAYOUT.fullmatch(shown):
            yield number


def _opens(line: str, comment: bool) -> bool:
    """Return whether a comment is open behind this line."""
    start, end = line.rfind("<!--"), line.rfind("-->")
    return start > end or (comment and end < 0)


def _passages(
    lines: Sequence[str], left: Sequence[int], headings: Sequence[int]
) -> Iterator[Passage]:
    """Yield runs of lines that only blank ones interrupt, none beyond its section."""
    run: list[int] = []
    for number in left:
        apart = run and any(line.strip() for line in lines[run[-1] : number - 1])
        if run and (apart or bisect_right(headings, run[0]) != bisect_right(headings, number)):
            yield _passage(lines, run, headings)
            run = []
        run.append(number)
    if run:
        yield _passage(lines, run, headings)


def _passage(lines: Sequence[str], run: list[int], headings: Sequence[int]) -> Passage:
    start, end = run[0], run[-1]
    return Passage(
        start=start,
        end=end,
        text="\n".join(lines[start - 1 : end]),
        section=headings[bisect_right(headings, start) - 1],
    )
