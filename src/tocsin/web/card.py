"""The card of one step run, as the API and the pages show it before somebody approves."""

from __future__ import annotations

from datetime import timedelta

from tocsin.app import App
from tocsin.core.approval import LASTS
from tocsin.core.ids import StepRunId
from tocsin.core.run import Approval, Command, StepRun
from tocsin.core.visible import oddities, written_out
from tocsin.core.workspace import Target
from tocsin.ports.store import Tx
from tocsin.running import how, stop
from tocsin.running.card import Card, Earlier, card_of
from tocsin.web import present
from tocsin.web.present import Shown, instant

_LONGEST_EVIDENCE = 1200  # characters of one output; the whole stands further down


def shown(app: App, tx: Tx, step_run_id: StepRunId) -> Shown:
    """Return everything that is known about one step run.

    Raises:
        NotFound("run")
    """
    step_run = tx.step_runs.get(step_run_id)
    made = card_of(tx, app.grounds, step_run, now=app.now())
    step = present.step(made.step_run, tx.step_runs.output(step_run_id))
    return {**step, **facts(app, tx, made)}


def facts(app: App, tx: Tx, made: Card) -> Shown:
    """Return what the card adds to the step run itself."""
    command = made.step_run.command
    incident = tx.incidents.get(made.step_run.incident_id)
    standing = stop.standing(tx)
    text = command.text if command else ""
    askers = sorted(made.step_run.askers)
    return {
        "command": _command(app, made.step_run, command) if command else None,
        "written_out": written_out(text),
        "oddities": list(oddities(text)),
        "changed": made.changed,
        "against": [
            {"code": each.code, "message": each.message, "hint": each.hint} for each in made.against
        ],
        "needed": made.needed,
        "typing": made.typing,
        "given": [_approval(each) for each in made.given],
        "asked_by": " and ".join(askers),
        "askers": askers,
        "lasts_seconds": LASTS / timedelta(seconds=1),
        "repeats": made.repeats,
        "earlier": _earlier(made.earlier) if made.earlier else None,
        "differs": [{"kind": each.kind, "text": each.text} for each in made.differs],
        "touches": list(made.touches),
        "evidence": [_evidence(run, output) for run, output in made.evidence],
        "held": incident.held_because,
        "stopped": standing.told if standing else "",
    }


def _command(app: App, step_run: StepRun, command: Command) -> Shown:
    target = app.workspace.target(command.target)
    limits = command.limits
    return {
        "language": command.language.value,
        "text": command.text,
        "target": command.target,
        "target_kind": target.kind.value if target else "",
        "target_sha256": command.target_sha256,
        "directory": _directory(target),
        "hosts": list(command.hosts),
        "run_as": command.run_as,
        "argv": list(how.argv(command)),
        "way": how.way(step_run, target),
        "interpreter": how.interpreter(command),
        "sandbox": how.sandbox(step_run, target, confined=not app.sandbox_missing),
        "parameters": dict(command.parameters),
        "environment_names": list(command.environment_names),
        "limits": {
            "seconds": limits.time.total_seconds(),
            "output_bytes": limits.output_bytes,
            "processes": limits.processes,
            "memory_bytes": limits.memory_bytes,
        },
        "runbook_sha256": command.runbook_sha256,
        "step_line": command.step_line,
        "fingerprint": command.fingerprint(),
    }


def _directory(target: Target | None) -> str:
    return target.directory if target else ""


def _approval(given: Approval) -> Shown:
    return {
        "by": given.by,
        "at": instant(given.at),
        "expires_at": instant(given.expires_at),
        "broke_glass": given.broke_glass,
        "reason": given.reason,
    }


def _earlier(earlier: Earlier) -> Shown:
    return {
        "incident": earlier.incident_id,
        "by": earlier.approval.by,
        "at": instant(earlier.approval.at),
        "text": earlier.text,
    }


def _evidence(run: StepRun, output: str) -> Shown:
    left_out = len(output) - _LONGEST_EVIDENCE
    text = output if left_out <= 0 else f"…\n{output[-_LONGEST_EVIDENCE:]}"
    return {
        "id": run.id,
        "step_title": run.step_title,
        "line": run.start,
        "state": run.state.value,
        "finished_at": instant(run.finished_at),
        "output": text,
    }
