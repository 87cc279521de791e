"""A look in the runbook's own words, where we would run it in another form.

What only looks runs by itself: held to looking, without root's rights, in a form that ends. Where
that is not enough ("permission denied"), a person asks for it as it is written. It then waits for
an approval and runs as a change does: exactly so, at most once, with nothing that holds it.
"""

from __future__ import annotations

from dataclasses import replace

from tocsin.core.errors import Conflict
from tocsin.core.incident import Incident
from tocsin.core.risk import Risk
from tocsin.core.run import RunState, StepRun
from tocsin.core.runbook import Language
from tocsin.running import gate
from tocsin.running.grounds import Grounds


def asked_for(grounds: Grounds, incident: Incident, step_run: StepRun, *, by: str) -> StepRun:
    """Return a look as it is written, waiting for its approval.

    What certainly looks was asked for by the runbook, so who wants its own words may approve
    them: a person who is alone on call is not stuck. Of anything else `by` has asked for it.

    Raises:
        Conflict("run.as_written"): It is no look of a shell, or nothing takes it as it is written.
        Conflict("approval.gone"): The runbook no longer holds it.
    """
    usual = taken_back(grounds, incident, step_run)
    written = grounds.as_it_is_now(incident, replace(step_run, as_written=True))
    if usual.changes:
        raise _refused("It is no look: it waits for an approval and runs as it stands there.")
    if written.command is None or written.command.language is not Language.BASH:
        raise _refused("No shell runs it, so there is nothing to ask for.")
    return replace(
        written,
        state=RunState.WAITING,
        said=_said(written, by),
        by="",
        asked_by=step_run.asked_by if usual.unattended else by,
    )


def taken_back(grounds: Grounds, incident: Incident, step_run: StepRun) -> StepRun:
    """Return a step run in the form in which it runs where nobody asks for another.

    Raises:
        Conflict("approval.gone"): The runbook no longer holds it.
    """
    usual = grounds.as_it_is_now(incident, replace(step_run, as_written=False))
    gate.refuse_gone(usual)
    return usual


def _said(written: StepRun, by: str) -> str:
    wanted = f"{by} wants it as it is written"
    if written.risk is not Risk.ENDLESS or written.command is None:
        return wanted
    seconds = written.command.limits.time.total_seconds()
    return (
        f"{wanted}; it does not end by itself, so it is ended after {seconds:g} s,"
        " counts as failed, and what it printed until then is kept"
    )


def _refused(why: str) -> Conflict:
    return Conflict("run.as_written", why, hint="Run it again without asking for its own words.")
