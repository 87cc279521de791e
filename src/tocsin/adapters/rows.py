"""What a database answers, told in the same way whichever database it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.table import table
from tocsin.core.run import Limits, Outcome
from tocsin.ports.executors import Execution

MOST_ROWS = 1000


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[object]], excerpt: Excerpt) -> None:
    """Feed a table of at most `MOST_ROWS` rows to the excerpt; one row more says there are more."""
    found = list(rows)
    printed = table(columns, found[:MOST_ROWS], more=len(found) > MOST_ROWS)
    excerpt.feed(printed.encode(errors="backslashreplace"))


def affected(count: int) -> str:
    """Return how many rows a change touched, as a sentence."""
    return f"{count} {'row' if count == 1 else 'rows'} affected."


def not_run(said: str) -> Outcome:
    """Return the outcome of what was not even begun, and why."""
    return Outcome(exit_status=None, said=said)


def out_of_time(limits: Limits) -> Outcome:
    """Return the outcome of what was ended at its time limit."""
    seconds = limits.time.total_seconds()
    said = f"Stopped: it was still running after its time limit of {seconds:g} s."
    return Outcome(exit_status=None, timed_out=True, said=said)


def stopped(execution: Execution) -> Outcome:
    """Return the outcome of what somebody ended; of a look it is known that it did nothing."""
    if execution.read_only:
        return not_run(f"{execution.stop.because}.")
    return execution.stop.outcome()


def failed(error: Exception, excerpt: Excerpt) -> Outcome:
    """Return that the database refused it; its whole complaint is output."""
    complaint = str(error).strip() or type(error).__name__
    excerpt.feed(f"{complaint}\n".encode(errors="backslashreplace"))
    return Outcome(exit_status=1, said=complaint.splitlines()[0][:300])


def hung_up(error: Exception, *, read_only: bool) -> Outcome:
    """Return that the connection broke, after which nobody knows whether a change took place."""
    first = "".join(str(error).strip().splitlines()[:1])
    said = f"The connection broke off ({first[:200]})"
    said += "." if read_only else "; whether the change took place is not known."
    return Outcome(exit_status=None, said=said, lost=not read_only)
