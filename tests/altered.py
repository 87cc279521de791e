"""Labelled documents changed so that only their structure stays, the labels moved along.

What a reader finds by structure it still finds afterwards; what it knew by heart it does not.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, product
from typing import Any

_SYLLABLES = ("zu", "vo", "qua", "xi", "bra", "dro", "plo", "wem", "yul", "gor")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_NUMBER = re.compile(r"^\d+(?=\. )")
_CODE = re.compile(r"`[^`]*`|https?://\S+|[\w.+-]+@[\w.-]+")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+[A-Za-z]*|\b[A-Z]+[a-z]+[A-Z]\w*")
_CAPITALS = re.compile(r"\b[A-Z]{4,}\b")
_HOST = re.compile(r"[/@.](?!your|example|www)([a-z]{4,})\.(?:com|io|ai|app|org|net)\b")
_LABEL = re.compile(r"\*\*[^*]+\*\*|\|[^|]*(?=\|)")
_COMMAND = re.compile(r"(?:^|[|&(;]|\bsudo|\bexec(?: -\w+)* \S+)\s*([A-Za-z][\w.-]*)", re.MULTILINE)
_LINES = frozenset({"line", "start", "end", "playbook", "step"})

# Words that say what a section is for, how bad it is or what state something is in: these a
# reader may know. Every other word of a heading is a name.
_WORDS_OF_STRUCTURE = """
    a an the of in on to for and or with up not by from all is are no at if
    incident response runbook guide process general overview table contents reference quick
    useful command resource external see also task maintenance
    severity level priority critical high medium low urgent immediate scheduled routine standard
    p0 p1 p2 p3 sev definition impact assessment classification
    symptom investigation remediation mitigation resolution recovery prevention workaround
    solution cause root common step action fix verify escalation escalate when procedure
    contact information emergency communication communicate template notification update status
    page message channel post mortem postmortem review activity measure diagnostic tool
    next first minute hour min issue problem error failure check monitor
    open down failing alert within test
    """


_STRUCTURE = frozenset(_WORDS_OF_STRUCTURE.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A document and what a careful person finds in it."""

    text: str
    labels: dict[str, Any]

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @property
    def fenced(self) -> dict[int, str | None]:
        """The language of the block around each 1-based line that stands in one."""
        return {
            line: block["lang"]
            for block in self.labels["blocks"]
            for line in range(block["start"], block["end"] + 1)
        }

    def headings(self) -> Iterator[tuple[int, int, str]]:
        """Yield line, level and words of every heading."""
        inside = self.fenced
        for number, line in enumerate(self.lines, start=1):
            found = _HEADING.match(line)
            if found and number not in inside:
                yield number, len(found[1]), found[2]


# names


def renamed(document: Labelled) -> Labelled:
    """Return the document with every name in its headings, product and alert invented anew."""
    words = (word for _, _, heading in document.headings() for word in _WORD.findall(heading))
    names = _Names(words, _alerts(document.labels), _products(document))
    inside = document.fenced
    lines = [
        names.in_code(line)
        if inside.get(number, "markdown") != "markdown"
        else names.in_prose(line)
        for number, line in enumerate(document.lines, start=1)
    ]
    labels = copy.deepcopy(document.labels)
    for playbook in labels["playbooks"]:
        playbook["heading"] = names.in_prose(playbook["heading"])
        playbook["alerts"] = [names.alerts[alert] for alert in playbook["alerts"]]
    labels["postmortem"] = [names.in_prose(title) for title in labels["postmortem"]]
    return Labelled(text="\n".join(lines), labels=labels)


def _alerts(labels: dict[str, Any]) -> list[str]:
    return sorted({alert for playbook in labels["playbooks"] for alert in playbook["alerts"]})


def _products(document: Labelled) -> set[str]:
    """Return what sentences and addresses always write like a name, and no command is called by."""
    inside = document.fenced
    prose, code = "", ""
    for number, line in enumerate(document.lines, start=1):
        if number in inside:
            code += f"{line}\n"
        elif not _HEADING.match(line):
            prose += f"{_LABEL.sub('', line)}\n"
    sentences = _CODE.sub("", prose)
    capitals = {name for name in _CAPITALS.findall(sentences) if _is_joined(name.lower(), code)}
    names = {*_NAME.findall(sentences), *_HOST.findall(prose + code), *capitals}
    common = set(re.findall(r"\b[a-z]+\b", sentences))
    commands = {command.lower() for command in _COMMAND.findall(code)}
    return {
        name
        for name in {name.lower() for name in names} - common
        if not _means(name) and not any(command.startswith(name) for command in commands)
    }


def _is_joined(name: str, code: str) -> bool:
    """Return whether code has a word made of the name and others."""
    return bool(re.search(rf"[_-]{name}|{name}[_-]", code))


class _Names:
    """One invented word for each word; the same one wherever it stands."""

    def __init__(self, headings: Iterable[str], alerts: list[str], products: set[str]) -> None:
        self._invented = (
            "".join(parts) for size in count(2) for parts in product(_SYLLABLES, repeat=size)
        )
        self.alerts = {alert: self._camel(alert) for alert in alerts}
        self.words: dict[str, str] = {}
        self._products = sorted(products, key=len, reverse=True)
        for word in (*sorted(products), *headings):
            if not _means(word) and _stem(word) not in self.words:
                self.words[_stem(word)] = next(self._invented)

    def _camel(self, alert: str) -> str:
        return "".join(next(self._invented).title() for _ in re.findall(r"[A-Z][a-z]*", alert)[:3])

    def in_prose(self, line: str) -> str:
        """Return a line of running text with its names replaced; code in it keeps its words."""
        kept: list[tuple[int, int]] = [found.span() for found in _CODE.finditer(line)]
        return _WORD.sub(lambda word: self._said(word, kept), line)

    def _said(self, word: re.Match[str], kept: list[tuple[int, int]]) -> str:
        if word[0] in self.alerts:
            return self.alerts[word[0]]
        if any(start <= word.start() < end for start, end in kept):
            return self.in_code(word[0])
        stem = _stem(word[0])
        if stem not in self.words:
            return word[0]
        plural = "s" if word[0].lower() != stem else ""
        return _cased(self.words[stem] + plural, word[0])

    def in_code(self, line: str) -> str:
        """Return a line of code with the products' names replaced, also inside other words."""
        for name in self._products:
            line = re.sub(re.escape(name), self._named, line, flags=re.IGNORECASE)
        return line

    def _named(self, name: re.Match[str]) -> str:
        return _cased(self.words[_stem(name[0])], name[0])


def _means(word: str) -> bool:
    return word.lower() in _STRUCTURE or _stem(word) in _STRUCTURE


def _stem(word: str) -> str:
    return word.lower().removesuffix("s") if len(word) > 3 else word.lower()


def _cased(invented: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return invented.upper()
    return invented.title() if like[0].isupper() else invented


# order


def reordered(document: Labelled) -> Labelled:
    """Return the document with the playbooks of each chapter in reverse, numbered anew."""
    takes_place = {
        slot: taker
        for chapter in _chapters(document)
        for slot, taker in zip(chapter, reversed(chapter), strict=True)
    }
    order: list[int] = []
    for line in range(1, len(document.lines) + 1):
        slot = next((slot for slot in takes_place if line in slot), None)
        if slot is None:
            order.append(line)
        elif line == slot[0]:
            order += takes_place[slot]
    lines = [document.lines[line - 1] for line in order]
    labels = _moved(document.labels, {old: new for new, old in enumerate(order, start=1)})
    numbers = {
        order.index(taker[0]) + 1: _number(document.lines[slot[0] - 1])
        for slot, taker in takes_place.items()
    }
    for playbook in labels["playbooks"]:
        number = numbers.get(playbook["line"], "")
        heading = _NUMBER.sub(number, playbook["heading"])
        lines[playbook["line"] - 1] = lines[playbook["line"] - 1].replace(
            playbook["heading"], heading
        )
        playbook["heading"] = heading
    return Labelled(text="\n".join(lines), labels=labels)


def _chapters(document: Labelled) -> list[list[range]]:
    """Return the lines of the playbooks that stand side by side, chapter by chapter."""
    headings = list(document.headings())
    playbooks = {playbook["line"] for playbook in document.labels["playbooks"]}
    found: dict[int, list[range]] = {}
    for at, (line, level, _) in enumerate(headings):
        if line not in playbooks:
            continue
        above = max((one for one, depth, _ in headings[:at] if depth < level), default=0)
        below = (one for one, depth, _ in headings[at + 1 :] if depth <= level)
        found.setdefault(above, []).append(range(line, next(below, len(document.lines))))
    return list(found.values())


def _number(line: str) -> str:
    heading = _HEADING.match(line)
    number = _NUMBER.match(heading[2]) if heading else None
    return number[0] if number else ""


# lines


def shifted(document: Labelled) -> Labelled:
    """Return the document with blank lines and sentences on top and before every heading."""
    before = {line: _filling(nth) for nth, (line, _, _) in enumerate(document.headings())}
    lines: list[str] = ["", "Kept in the blue folder.", ""]
    moved: dict[int, int] = {}
    for number, line in enumerate(document.lines, start=1):
        lines += before.get(number, [])
        lines.append(line)
        moved[number] = len(lines)
    return Labelled(text="\n".join(lines), labels=_moved(document.labels, moved))


def _filling(nth: int) -> list[str]:
    sentence = ["The folder has more on this.", ""] if nth % 2 else []
    return [*sentence, *[""] * (nth % 3)]


def _moved(labels: Any, moved: dict[int, int]) -> Any:
    """Return labels with every line taken through `moved`."""
    if isinstance(labels, list):
        return [_moved(one, moved) for one in labels]
    if not isinstance(labels, dict):
        return labels
    return {
        key: [moved[line] for line in value]
        if key == "symptoms"
        else moved[value]
        if key in _LINES and isinstance(value, int)
        else _moved(value, moved)
        for key, value in labels.items()
    }
