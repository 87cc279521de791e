"""Steps of a playbook: which parts make one, what it is called and which phase it is of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tocsin.core.runbook import Phase, Statement
from tocsin.reading.anchors import plain
from tocsin.reading.extract.words import PHASES, Role
from tocsin.reading.inline import statements_in, words_before
from tocsin.reading.outline import Kind, Part

_SEES_TO = re.compile(  # it asks for a setting rather than for a look
    r"^(?:ensure|make sure)\b.*\b(?:uses?|has|have|contains?|includes?|exists?"
    r"|(?:is|are) (?:set|enabled|disabled|configured|installed|defined))\b",
    re.IGNORECASE,
)
_VERIFIES = re.compile(
    r"^(verify|confirm|validate|re-?check|make sure|ensure|monitor|smoke[- ]test)\b"
    r"|^(re-?)?(run|test)\b.*\b(tests?|integrity|restore|fix)\b"
    r"|^check that\b.*\b(work|run|recover|resolv|back|gone|clear|health|succe|normal|start)\w*",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(r"^(?:post[- ]?(?:incident|mortem)|afterwards|follow[- ]up)\b", re.I)
_CHANGE = (
    r"restart|re-?start|reload|reboot|roll(?:ing)? ?back|rollback|revert|undo|scale|fix|repair"
    r"|retry|replay|resend"
    r"|resolve|mitigate|kill|stop|start|delete|remove|clear|flush|purge|drain|cordon|evict"
    r"|fail ?over|switch|promote|block|disable|enable|increase|decrease|raise|reduce|rotate"
    r"|add|generate|close|initiate|shut ?down|secure|notify|restore|rebuild|recreate"
    r"|renew|replace|redeploy|deploy|apply|patch|isolate|throttle|free|clean|truncate|vacuum"
)
_MITIGATES = re.compile(
    rf"^(?:(?:then|next|now|finally|if [^,:]{{0,80}}[,:]|otherwise,?|else,?|please|immediately"
    rf"|on [^,:]{{0,40}}[,:]|after [^,:]{{0,80}}[,:])\s+)*"
    rf"(?:{_CHANGE}|consider|remediation|mitigation|implement|set|drop|instruct|resize|provision|re-\w+)\b",
    re.IGNORECASE,
)
_CHANGING_LINE = re.compile(
    rf"\b(?:{_CHANGE}|rm|kill(?:all)?|pkill|update|insert|alter|drop|set|create|upgrade|mv|del|[lr]push|prune)\b",
    re.IGNORECASE,
)
_LOOKS = re.compile(
    r"^(?:sudo\s+)?(?:\w+=\S+\s+)*(?:e?grep|rg|tail|head|cat|less|more|zgrep|zcat|journalctl|awk|ls"
    r"|df|du|free|ps|ss|netstat|dig|nslookup|ping|curl(?!.*-X|.*--request|.*\s-d\b)|echo|watch|top"
    r"|(?:kubectl|oc)\s+(?:-[nl]\s+[^-\s]\S*\s+|--?\S+\s+)*"
    r"(?:get|describe|logs|top|rollout (?:status|history))"
    r"|systemctl\s+(?:status|is-)|docker\s+(?:ps|logs|stats|inspect)|select\b|explain\b|#)",
    re.IGNORECASE,
)
_CHECKS = re.compile(
    r"^(?:check|look|inspect|review|identify|find|list|see|view|assess|verify|confirm)\b", re.I
)
_STEP_NUMBER = re.compile(r"^(?:step\s*)?\d+\s*[:.)–-]\s*", re.IGNORECASE)
_RUNNABLE = ("", "bash", "sh", "shell", "console", "zsh", "sql")
_CONDITION = re.compile(r"^(if|when|only|unless|while|in case|use with|once)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,:]\s|\s[—–]\s")
_ACTS = re.compile(
    rf"^(?:{_CHANGE}|check|look|inspect|review|open|run|query|list|see|find|identify|compare|test"
    r"|verify|confirm|validate|ensure|make sure)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"^(.+?)(?:[.!?:](?=\s)|[.:]$|$)")
_LONGEST_TITLE = 100


@dataclass(slots=True)
class StepDraft:
    """A step while it is read; `fences` are the lines of those it owns.

    `role` is the one its group has, or None where the step itself must tell its phase.
    """

    title: str
    line: int
    role: Role | None
    condition: str = ""
    text: list[str] = field(default_factory=list)
    fences: list[int] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)  # first lines of the parts below it
    spoken: list[Statement] = field(default_factory=list)  # commands in its sentences
    changes: bool = False
    early: bool = False  # before anything was mended: who makes sure of something, looks

    @property
    def phase(self) -> Phase:
        """Return the phase of its group, else the one its words and statements tell."""
        words = _STEP_NUMBER.sub("", self.title)
        verifies = _VERIFIES.match(words)
        base = PHASES.get(self.role) if self.role else None
        if base is not None:
            mended = base is Phase.MITIGATE and not self.early
            checked = verifies and mended and not _SEES_TO.match(words)
            return Phase.VERIFY if checked else base
        if verifies:
            return Phase.INVESTIGATE if self.early else Phase.VERIFY
        if _AFTERWARDS.match(words):
            return Phase.FOLLOW_UP
        changes = self.changes or _MITIGATES.match(words)
        return Phase.MITIGATE if changes else Phase.INVESTIGATE

    @property
    def mends(self) -> bool:
        """Whether it does something against the trouble, and not only stands where others do."""
        if self.role is Role.MITIGATE and _CHECKS.match(_STEP_NUMBER.sub("", self.title)):
            return self.changes
        return self.phase is Phase.MITIGATE

    def lines(self) -> set[int]:
        """Return the first line of every part of the step."""
        return {self.line, *self.taken}

    def fill(self, part: Part) -> None:
        """Take a part that stands in the step."""
        self.taken.add(part.line)
        if part.kind is Kind.FENCE:
            self.fences.append(part.line)
            self.changes = self.changes or _changes(part)
        elif part.kind is Kind.ITEM:
            self.text.append(f"{'  ' * part.level}- {part.text}")
            self.hear(part.text, part.line)
        elif part.kind is Kind.ROW:
            self.text.append(" | ".join(part.cells))
        else:
            self.text.append(part.text)
            self.hear(part.text, part.line)

    def hear(self, text: str, line: int) -> None:
        """Take the commands a sentence of the step mentions."""
        heard = statements_in(text, line)
        self.spoken += heard
        self.changes = self.changes or any(_changes_with(one.text) for one in heard)


def group_step(label: Part, title: str, role: Role | None, parts: Iterable[Part]) -> StepDraft:
    """Return a labelled group as one step."""
    step = StepDraft(title, label.line, role, condition=_condition(title, label.qualifier))
    step.text = [plain(label.rest)] if label.rest else []
    step.hear(label.rest, label.line)
    for part in parts:
        step.fill(part)
    return step


def item_steps(parts: Iterable[Part], role: Role | None) -> list[StepDraft]:
    """Return each numbered item as a step, with what stands behind it."""
    steps: list[StepDraft] = []
    for part in parts:
        if is_numbered(part):
            steps.append(_item(part, role))
        elif steps:
            steps[-1].fill(part)
    return steps


def loose_steps(parts: list[Part], role: Role | None) -> list[StepDraft]:
    """Return the steps among parts that stand under no label, in order.

    Such a step is a numbered item, a task, a bullet that says what to do, or a fence with
    the paragraph in front of it.
    """
    steps: list[StepDraft] = []
    prose: list[Part] = []
    listed = False
    for part in parts:
        if _is_step_item(part):
            steps.append(_item(part, role))
            listed, prose = True, []
        elif part.kind is Kind.LINE and not (listed and steps and part.level):
            prose.append(part)
        elif part.kind is Kind.FENCE and (prose or not steps) and not (listed and part.level):
            steps.append(_prose(prose, part, role))
            listed, prose = False, []
        elif steps:
            steps[-1].fill(part)
    for part in prose if steps else ():
        steps[-1].fill(part)
    return steps


def is_runnable(part: Part) -> bool:
    """Return whether a part is a fence of commands, by its label."""
    return part.kind is Kind.FENCE and part.label.lower().split(" ")[0] in _RUNNABLE


def is_numbered(part: Part) -> bool:
    """Return whether a part is an item of a numbered list that is not inside another."""
    return part.kind is Kind.ITEM and part.ordered and not part.level


def _is_step_item(part: Part) -> bool:
    if part.kind is not Kind.ITEM or part.level:
        return False
    return part.ordered or part.task or bool(_ACTS.match(plain(part.label or part.text)))


def _item(part: Part, role: Role | None) -> StepDraft:
    """Return an item as a step, called by its label or by what it says before a command."""
    before = words_before(part.text)
    title = part.label or plain(before or part.text).rstrip(":")
    step = StepDraft(title, part.line, role, condition=_condition(title, part.qualifier))
    if part.label and part.rest:
        step.text = [plain(part.rest)]
    elif before != part.text:
        step.text = [part.text]
    step.hear(part.text, part.line)
    return step


def _prose(prose: list[Part], fence: Part, role: Role | None) -> StepDraft:
    """Return a fence as a step, named by the paragraph right above it or by its first line."""
    start = len(prose)
    while start and (start == len(prose) or prose[start].line == prose[start - 1].line + 1):
        start -= 1
    paragraph = prose[start:]
    words = plain(" ".join(part.text for part in paragraph)) or _first_line(fence)
    line = paragraph[0].line if paragraph else fence.line
    title = _short(words)
    step = StepDraft(title, line, role, condition=_condition(title, ""))
    step.taken |= {part.line for part in paragraph}
    step.text = [words] if len(words) > len(title) + 1 else []
    step.fill(fence)
    return step


def _first_line(fence: Part) -> str:
    lines = (_STEP_NUMBER.sub("", line.strip(" #")) for line in fence.text.split("\n"))
    return next((line for line in lines if line), "Run this")


def _short(words: str) -> str:
    found = _SENTENCE.match(words)
    title = found[1] if found else words
    if len(title) <= _LONGEST_TITLE:
        return title
    return title[: _LONGEST_TITLE - 1].rsplit(" ", 1)[0] + "…"


def _condition(title: str, qualifier: str) -> str:
    if _CONDITION.match(qualifier):
        return qualifier
    inside = re.search(r"\(([^()]*)\)", title)
    if inside and _CONDITION.match(inside[1]):
        return inside[1]
    return _CLAUSE.split(title, maxsplit=1)[0] if _CONDITION.match(title) else ""


def _changes(fence: Part) -> bool:
    """Return whether a fence has a line that looks like more than looking."""
    if not is_runnable(fence):
        return False
    lines = (line.strip().removeprefix("$ ") for line in fence.text.split("\n"))
    return any(_changes_with(line) for line in lines)


def _changes_with(line: str) -> bool:
    return not _LOOKS.match(line) and bool(_CHANGING_LINE.search(line))
