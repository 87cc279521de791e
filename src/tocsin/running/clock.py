"""Notice that the wall clock was set back: no approval may live longer for it.

The newest instant is kept in the database, per machine, by every look of the auditor and at
every start that needs an approval. A clock that stands behind it was set back, in this process
or while none ran: all approvals that were not used are spent, and people approve anew under the
new time.
"""

from __future__ import annotations

from datetime import datetime

from tocsin.core.approval import CLOCK_SLACK
from tocsin.core.errors import Conflict
from tocsin.ports.store import Tx


def tick(tx: Tx, *, node: str, now: datetime) -> bool:
    """Keep `now` as the newest instant of the node's machine; return whether it was set back.

    Where it was, every approval that was not used is spent.
    """
    name = f"clock of {node.rpartition('-')[0] or node}"
    seen = tx.settings.get(name)
    tx.settings.put(name, now.isoformat())
    if seen is None or now >= datetime.fromisoformat(seen) - CLOCK_SLACK:
        return False
    tx.step_runs.spend_approvals(at=now)
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
