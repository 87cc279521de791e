"""What the timeline keeps about a step run: enough to say later exactly what ran, and why.

Text that is too long for an entry stands in the entry as its hash; the whole stays with the
step run, and `tocsin audit verify` holds the two together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from tocsin.core.ids import StepRunId
from tocsin.core.run import Approval, Command, StepRun
from tocsin.core.timeline import SYSTEM, EntryKind
from tocsin.ports.store import Tx
from tocsin.records import timeline
from tocsin.records.rows import step_run_sha256
from tocsin.running import classifier

LONGEST = 4096
"""Characters of a command that an entry holds itself."""


def note(
    tx: Tx,
    step_run: StepRun,
    kind: EntryKind,
    what: str,
    *,
    at: datetime,
    by: str = SYSTEM,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Append what was done with a step run, which is given as it is stored by now."""
    text = f"{step_run.step_title} (line {step_run.start}): {what}"
    said = {**facts_of(step_run), **(facts or {})}
    timeline.note(tx, step_run.incident_id, kind, text, at=at, actor=by, facts=said)


def attempts_of(approvals: Iterable[Approval]) -> dict[StepRunId, list[int]]:
    """Return which attempts approvals are for, by step run: what an entry says of spent ones."""
    found: dict[StepRunId, list[int]] = {}
    for each in approvals:
        attempts = found.setdefault(each.step_run_id, [])
        if each.attempt not in attempts:
            attempts.append(each.attempt)
    return found


def note_plan(tx: Tx, planned: Sequence[StepRun], *, at: datetime) -> None:
    """Append what a run will consist of, before any of it starts."""
    if not planned:
        return
    by_hand = sum(step_run.command is None for step_run in planned)
    text = f"run planned: {len(planned) - by_hand} to execute, {by_hand} to do by hand"
    incident_id = planned[0].incident_id
    added = {step_run.id for step_run in planned}
    stored = [each for each in tx.step_runs.of_incident(incident_id) if each.id in added]
    facts = {"planned": [facts_of(step_run) for step_run in stored]}
    timeline.note(tx, incident_id, EntryKind.RUN, text, at=at, facts=facts)


def facts_of(step_run: StepRun) -> dict[str, object]:
    """Return what an entry about a step run holds: what would run or ran, why, how far it is."""
    facts: dict[str, object] = {
        "step_run": step_run.id,
        "attempt": step_run.attempt,
        "state": step_run.state.value,
        "risk": step_run.risk.value,
        "as_written": step_run.as_written,
        "why": list(step_run.why),
        "classifier": classifier.version(),
        "exit_status": step_run.exit_status,
        "said": step_run.said,
        "finished_at": step_run.finished_at and str(step_run.finished_at),
        "step_run_sha256": step_run_sha256(step_run),
    }
    return facts if step_run.command is None else facts | _of_command(step_run.command)


def _of_command(command: Command) -> dict[str, object]:
    return {
        "command_sha256": command.fingerprint(),
        "language": command.language.value,
        **_exact(command.text),
        "target": command.target,
        "target_sha256": command.target_sha256,
        "hosts": list(command.hosts),
        "run_as": command.run_as,
        "parameters": [list(pair) for pair in command.parameters],
        "environment_names": list(command.environment_names),
        "runbook_sha256": command.runbook_sha256,
    }


def _exact(text: str) -> dict[str, object]:
    if len(text) <= LONGEST:
        return {"text": text}
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return {"text_sha256": digest, "text_kept": "with the step run"}
