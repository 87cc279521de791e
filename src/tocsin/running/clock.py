"""Notice that the wall clock was set back: no approval may live longer for it.

The newest instant is kept in the database, per machine, by every look of the auditor and at
every start that needs an approval. A clock that stands behind it was set back, in this process
or while none ran: all approvals that might still be used are spent, and people approve anew under
the new time.
"""

from __future__ import annotations

from datetime import datetime

from tocsin.core.approval import CLOCK_SLACK
from tocsin.core.errors import Conflict
from tocsin.core.timeline import EntryKind
from tocsin.ports.store import Tx
from tocsin.running import record


def tick(tx: Tx, *, node: str, now: datetime) -> bool:
    """Keep `now` as the newest instant of the node's machine; return whether it was set back.

    Where it was, every approval that might still be used is spent, which the timelines say.
    """
    name = f"clock of {node.rpartition('-')[0] or node}"
    seen = tx.settings.get(name)
    tx.settings.put(name, now.isoformat())
    if seen is None or now >= datetime.fromisoformat(seen) - CLOCK_SLACK:
        return False
    for step_run_id, spent in record.attempts_of(tx.step_runs.spend_approvals(at=now)).items():
        said = "the clock was set back, so its approvals count no more"
        step_run = tx.step_runs.get(step_run_id)
        record.note(tx, step_run, EntryKind.WARNING, said, at=now, facts={"spent": spent})
    return True


def refuse_set_back(tx: Tx, *, node: str, now: datetime) -> None:
    """Raise if the clock was set back since anybody looked at it.

    Raises:
        Conflict("clock.back")
    """
    if tick(tx, node=node, now=now):
        raise Conflict(
            "clock.back",
            "The clock was set back, so nobody can say how old an approval is.",
            hint="Approve it anew.",
        )
