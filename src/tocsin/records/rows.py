"""Hold the rows that entries speak of against what the entries say: runs, approvals, outputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any

from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.risk import Risk
from tocsin.core.run import Approval, RunState, StepRun
from tocsin.core.timeline import Entry
from tocsin.ports.store import Tx

_UNTOLD = frozenset({"state", "finished_at", "said"})
"""What becomes of a step run that is made ready once more is told when it starts, not before."""

Facts = Mapping[str, Any]
_Begun = tuple[Any, Any, datetime | None]  # step run, attempt, when


def step_run_sha256(step_run: StepRun) -> str:
    """Return the SHA-256, in hex, over a step run as it is stored, but for how far it is."""
    held = {name: each for name, each in _fields(step_run).items() if name not in _UNTOLD}
    written = json.dumps(held, ensure_ascii=True, sort_keys=True, default=_written)
    return hashlib.sha256(written.encode()).hexdigest()


def _written(value: Any) -> Any:
    return _fields(value) if is_dataclass(value) else str(value)


def _fields(value: Any) -> dict[str, Any]:
    return {each.name: getattr(value, each.name) for each in fields(value)}


def approval_facts(approval: Approval) -> dict[str, object]:
    """Return what the entry of an approval holds of it: all but whether it was used."""
    held = {name: each for name, each in asdict(approval).items() if name != "used_at"}
    return {name: each if isinstance(each, int | str) else str(each) for name, each in held.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What the database holds of one incident's run."""

    exists: bool  # the incident itself
    step_runs: Sequence[StepRun]
    approvals: Sequence[Approval]
    outputs: Mapping[tuple[StepRunId, int], str]  # by step run and attempt


def rows_of(tx: Tx, incident_id: IncidentId) -> Rows:
    """Return the rows of one incident.

    Raises:
        Invalid("audit.unreadable"): One of them holds what we never write.
    """
    return Rows(
        exists=incident_id in tx.audit.incidents(),
        step_runs=tx.audit.step_runs(incident_id),
        approvals=tx.audit.approvals(incident_id),
        outputs=tx.audit.outputs(incident_id),
    )


def wrong_rows(entries: Sequence[Entry], rows: Rows) -> Iterator[str]:
    """Yield one sentence for each row that is not as the entries say."""
    if not rows.exists:
        yield "The incident itself is gone."
    if not entries:
        yield "All its entries are gone."
    newest = _newest(entries)
    yield from _wrong_runs(newest, rows.step_runs)
    if any(_planned(entry) for entry in entries):  # a plan of 0.1 had no facts
        yield from (
            f"Step run {step_run.id} was never planned."
            for step_run in rows.step_runs
            if step_run.id not in newest
        )
    yield from _wrong_approvals(entries, rows.approvals)
    yield from _wrong_outputs(entries, rows.outputs)


def _newest(entries: Sequence[Entry]) -> Mapping[int, Facts]:
    """Return, by step run, the facts of the newest entry about it."""
    newest: dict[int, Facts] = {}
    for entry in entries:
        told: Sequence[Facts] = (entry.facts, *_planned(entry))
        newest |= {facts["step_run"]: facts for facts in told if "step_run_sha256" in facts}
    return newest


def _planned(entry: Entry) -> Sequence[Facts]:
    planned = entry.facts.get("planned", ())
    return planned if isinstance(planned, list) else ()


def _wrong_runs(newest: Mapping[int, Facts], step_runs: Sequence[StepRun]) -> Iterator[str]:
    held = {step_run.id: step_run for step_run in step_runs}
    for number in newest.keys() - held.keys():
        yield f"Step run {number} is gone."
    for step_run in step_runs:
        facts = newest.get(step_run.id)
        if facts is not None and not _fits(step_run, facts):
            yield f"Step run {step_run.id} is not as the record says."


def _fits(step_run: StepRun, facts: Facts) -> bool:
    if step_run_sha256(step_run) != facts["step_run_sha256"]:
        return False
    if step_run.command and step_run.command.fingerprint() != facts["command_sha256"]:
        return False
    if step_run.state is RunState.READY:
        return True
    told = (facts["state"], facts["said"], facts["finished_at"])
    finished_at = step_run.finished_at and str(step_run.finished_at)
    return told == (step_run.state, step_run.said, finished_at)


def _wrong_approvals(entries: Sequence[Entry], approvals: Sequence[Approval]) -> Iterator[str]:
    told = [entry.facts["approval"] for entry in entries if "approval" in entry.facts]
    held = [approval_facts(approval) for approval in approvals if approval.attempt]
    for each in told:
        if each not in held:
            yield f"An approval that was given is gone or altered: {_who(each)}."
    for each in held:
        if each not in told:
            yield f"An approval was never given as it stands there: {_who(each)}."
    yield from _wrong_uses(entries, approvals)


def _who(approval: object) -> str:
    if not isinstance(approval, Mapping):
        return "it cannot be read"
    return f"by {approval.get('by')}, of step run {approval.get('step_run_id')}"


def _wrong_uses(entries: Sequence[Entry], approvals: Sequence[Approval]) -> Iterator[str]:
    starts = [entry for entry in entries if _starts(entry)]
    started = {_begun(entry) for entry in starts}
    changes = {_begun(entry) for entry in starts if _needed_approval(entry)}
    used: set[_Begun] = {
        (each.step_run_id, each.attempt, each.used_at)
        for each in approvals
        if each.used_at and each.attempt
    }
    for number, attempt, _ in sorted(used - started - _spent(entries), key=str):
        yield f"An approval of step run {number} is marked used, but attempt {attempt} was not."
    for number, attempt, _ in sorted(changes - used, key=str):
        yield f"No approval is marked used for attempt {attempt} of step run {number}."


def _spent(entries: Sequence[Entry]) -> set[_Begun]:
    """Return the attempts whose approvals were marked used although nothing was to start."""
    found: set[_Begun] = set()
    for entry in entries:
        attempts = entry.facts.get("spent")
        for attempt in attempts if isinstance(attempts, list) else ():
            found.add((entry.facts.get("step_run"), attempt, entry.at))
    return found


def _starts(entry: Entry) -> bool:
    """Return whether an attempt started with this entry; on each host it only went on."""
    return entry.facts.get("state") == RunState.STARTED and "host" not in entry.facts


def _needed_approval(entry: Entry) -> bool:
    return entry.facts["risk"] != Risk.READ or bool(entry.facts.get("as_written"))


def _begun(entry: Entry) -> _Begun:
    return entry.facts.get("step_run"), entry.facts.get("attempt"), entry.at


def _wrong_outputs(
    entries: Sequence[Entry], outputs: Mapping[tuple[StepRunId, int], str]
) -> Iterator[str]:
    begun: set[Any] = set()
    for entry in entries:
        key: Any = (entry.facts.get("step_run"), entry.facts.get("attempt"))
        begun.add(key)
        if "output_sha256" in entry.facts:
            text = outputs.get(key, "")
            if hashlib.sha256(text.encode()).hexdigest() != entry.facts["output_sha256"]:
                yield f"The output of step run {key[0]}, attempt {key[1]}, is not what it was."
    for key in sorted(outputs.keys() - begun):
        yield f"There is output of step run {key[0]}, attempt {key[1]}, which never began."
