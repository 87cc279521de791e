"""What every way of showing a plan says alike."""

from __future__ import annotations

from tocsin.core.run import RunState
from tocsin.core.runbook import Language
from tocsin.reading.plan.entries import Entry, Run
from tocsin.reading.plan.wording import spoken
from tocsin.reading.plan.work import BY_ITSELF


def sentence(entry: Entry) -> str:
    """Return what an entry says, with what keeps it from happening and when it comes again."""
    unless = f", unless {entry.unless}" if entry.unless else ""
    until = f" until {spoken(entry.until)}" if entry.until else ""
    every = f", and again every {spoken(entry.every)}{until}" if entry.every else ""
    return f"{entry.text}{unless}{every}"


def where(entry: Entry) -> str:
    """Return what says so: a line of the runbook, the workspace, or the product itself."""
    return f"line {entry.line}" if entry.line else entry.source.value


def reasons(run: Run) -> str:
    """Return what becomes of a statement, and why; nothing where it just runs as it is written."""
    by_itself = run.state in (RunState.READY, RunState.HELD)
    plain = not run.written or run.language in (
        Language.HTTP,
        Language.REDIS,
    )  # Tocsin asks by itself
    why = "" if by_itself and plain else "; ".join(run.why)
    return why if run.then == BY_ITSELF else ": ".join(filter(None, (run.then, why)))


def changed(run: Run) -> str:
    """Return the lines of the runbook that run otherwise than they are written."""
    shown, written = run.text.split("\n"), run.written.split("\n")
    if len(shown) != len(written):
        return run.written
    pairs = zip(written, shown, strict=True)
    return "\n".join(old for old, new in pairs if old.rstrip() != new.rstrip())
