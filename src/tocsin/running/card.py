"""What a person needs to see before approving: the card of one step run.

Everything on it is worked out at the moment it is shown, from the same rules that the gate goes
by; nothing here decides anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from functools import partial
from itertools import takewhile

from tocsin.core.approval import Second, people_needed, standing
from tocsin.core.errors import Conflict
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Incident
from tocsin.core.parameter import PREFIX
from tocsin.core.run import FINISHED, Approval, RunState, StepRun, refuse_unbound
from tocsin.core.runbook import Language, Statement
from tocsin.ports.store import Tx
from tocsin.reading.lint.calls import Call, calls_of
from tocsin.running import gate, repeats, revoked
from tocsin.running.allow.catalogue import OURS
from tocsin.running.allow.late import tables
from tocsin.running.grounds import Grounds

_MOST_OBJECTS = 12
_MOST_EVIDENCE = 4
_PARAMETER = re.compile(rf"\$\{{{PREFIX}(\w+)\}}")
_MOST_COMPARED = 1_000_000  # pairs of words: about a second where all are the same
_PLAIN = re.compile("[a-z]+")
_WORDS = re.compile(r"\s+|[^\s\w]|\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The newest approval of the same step of the same playbook, in whichever incident."""

    approval: Approval
    incident_id: IncidentId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a text beside another: in both, only in the old one, only in the new one."""

    kind: str  # same, gone, new
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All of it."""

    step_run: StepRun  # as it is now
    changed: str  # since it was planned; empty where nothing has
    against: tuple[Conflict, ...]  # what would refuse it, whoever approves
    needed: int  # different people
    typing: bool  # one of them has to type the target's name instead
    given: tuple[Approval, ...]  # those that count
    repeats: str  # when, where and by whom the same was started a moment ago
    earlier: Earlier | None
    differs: tuple[Piece, ...]  # from the earlier text; empty where it is the same, or the first
    touches: tuple[str, ...]  # what the command names: files, units, containers, tables
    evidence: tuple[tuple[StepRun, str], ...]  # looks that have ended, newest first, with output


def card_of(tx: Tx, grounds: Grounds, step_run: StepRun, *, now: datetime) -> Card:
    """Return the card of a step run as things are now."""
    incident = tx.incidents.get(step_run.incident_id)
    current, against = _against(tx, grounds, incident, step_run)
    second = grounds.second(incident)
    earlier = _earlier(tx, incident, step_run)
    text = current.command.text if current.command else ""
    given = revoked.still_allowed(tx, incident, tx.step_runs.approvals(step_run.id))
    needed = people_needed(current.risk, second)
    return Card(
        step_run=current,
        changed=_changed(step_run, current),
        against=against,
        needed=needed,
        typing=needed == 1 and people_needed(current.risk, Second.TWO_PEOPLE) == 2,
        given=tuple(standing(step_run, given, grounds.key, now=now)),
        repeats=repeats.said(tx, grounds.workspace.approvals.repeat, current, now=now),
        earlier=earlier,
        differs=differences(earlier.text, text) if earlier else (),
        touches=_touches(current, _kind(grounds, current)),
        evidence=tuple(_evidence(tx, step_run)),
    )


def _kind(grounds: Grounds, step_run: StepRun) -> str:
    """Return the kind of the target a step run is for; empty where there is none."""
    command = step_run.command
    target = grounds.workspace.target(command.target) if command else None
    return target.kind if target else ""


def _against(
    tx: Tx, grounds: Grounds, incident: Incident, step_run: StepRun
) -> tuple[StepRun, tuple[Conflict, ...]]:
    current = grounds.as_it_is_now(incident, step_run)
    if step_run.state not in (RunState.WAITING, RunState.READY):
        return current, ()
    looked = (
        _refusal(partial(gate.refuse_gone, current)),
        _refusal(partial(gate.refuse_forbidden, tx, incident, current)),
        _refusal(partial(refuse_unbound, current)),
    )
    return current, tuple(problem for problem in looked if problem is not None)


def _changed(step_run: StepRun, current: StepRun) -> str:
    problem = _refusal(partial(gate.refuse_altered, step_run, current))
    return problem.message if problem and problem.code != "approval.gone" else ""


def _refusal(look: Callable[[], None]) -> Conflict | None:
    try:
        look()
    except Conflict as problem:
        return problem
    return None


def _earlier(tx: Tx, incident: Incident, step_run: StepRun) -> Earlier | None:
    """Return the newest approval of the same place in the same playbook that was used."""
    binding, place = incident.binding, _place(tx, step_run)
    for approval, other, bound in tx.step_runs.approved_before(step_run):
        if binding is None or bound is None or other.command is None:
            continue
        same_playbook = (bound.file, bound.anchor) == (binding.file, binding.anchor)
        if not same_playbook or _place(tx, other) != place:
            continue
        if approval.fingerprint == other.command.fingerprint():
            return Earlier(
                approval=approval, incident_id=other.incident_id, text=other.command.text
            )
    return None


def _place(tx: Tx, step_run: StepRun) -> int:
    """Return which of the statements of its step it is, from 0."""
    beside = [
        each.id
        for each in tx.step_runs.of_incident(step_run.incident_id)
        if (each.step_title, each.label) == (step_run.step_title, step_run.label)
    ]
    return beside.index(step_run.id)


def differences(old: str, new: str) -> tuple[Piece, ...]:
    """Return the pieces of both texts in order, word by word; none where they are the same.

    Long texts that are not the same are one piece each.
    """
    if old == new:
        return ()
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) * len(after) > _MOST_COMPARED:
        return (Piece(kind="gone", text=old), Piece(kind="new", text=new))
    pieces: list[Piece] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, start, end, there, until in matcher.get_opcodes():
        if kind == "equal":
            pieces.append(Piece(kind="same", text="".join(after[there:until])))
            continue
        parts = (("gone", before[start:end]), ("new", after[there:until]))
        pieces += [Piece(kind=word, text="".join(part)) for word, part in parts if part]
    return tuple(pieces)


def _calls(step_run: StepRun) -> list[Call]:
    command = step_run.command
    if command is None or command.language is not Language.BASH:
        return []
    return calls_of(Statement(start=1, end=1, language=Language.BASH, text=command.text))


def _touches(step_run: StepRun, kind: str) -> tuple[str, ...]:
    """Return what is named, each once, as far as a parser sees it: operands, tables."""
    command = step_run.command
    if command is not None and command.language is Language.SQL:
        return tables(command.text, kind)[:_MOST_OBJECTS]
    words = (word for call in _calls(step_run) for word in _operands(call))
    values = dict(command.parameters) if command is not None else {}
    found = dict.fromkeys(_filled(word, values) for word in words)
    return tuple(found)[:_MOST_OBJECTS]


def _filled(word: str, values: Mapping[str, str]) -> str:
    """Return a word with the values of its parameters; `<pod>` where it has none yet."""
    return _PARAMETER.sub(lambda found: values.get(found[1], f"<{found[1].lower()}>"), word)


def _operands(call: Call) -> list[str]:
    """Return what a command is about, without what chooses what it does: `restart`."""
    choosing = OURS.subcommands(call.name)
    bare = [word for word in call.args if not word.startswith("-") and any(map(str.isalnum, word))]
    if not OURS.of(call.name):
        return _things(call.args, bare)
    chosen = next((word for word in bare if word in choosing), None)
    return [word for word in bare if word != chosen]


def _things(args: Sequence[str], bare: list[str]) -> list[str]:
    """Return what a program that nobody knows is about, as far as that can be told.

    No numbers; and plain words at the beginning choose what it does, if something follows them.
    """
    named = [word for word in bare if not word.isdecimal()]
    begins = list(takewhile(_PLAIN.fullmatch, args))
    return named[min(len(begins), len(named) - 1) :] if named else []


def _evidence(tx: Tx, step_run: StepRun) -> Iterator[tuple[StepRun, str]]:
    """Yield the newest looks of the same step, then of the playbook, that printed something."""
    outputs = tx.step_runs.outputs(step_run.incident_id)
    looks = [
        each
        for each in tx.step_runs.of_incident(step_run.incident_id)
        if each.looks and each.state in FINISHED and outputs.get(each.id, "").strip()
    ]
    looks.sort(key=lambda each: (each.step_line == step_run.step_line, each.position), reverse=True)
    for each in looks[:_MOST_EVIDENCE]:
        yield each, outputs[each.id]
