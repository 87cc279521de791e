"""How a stage asks to be woken. Rows say what is due; a wake only says: look now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WakeKind(StrEnum):
    """What to look at."""

    BIND = "bind"  # alerts that no incident has taken up yet
    ESCALATE = "escalate"  # an incident nobody has taken
    DELIVER = "deliver"  # one delivery of a page
    RUN = "run"  # one step run that is ready
    RECOVER = "recover"  # an incident that is being watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """Look at this subject, at this time. Asking twice is harmless; so is coming late."""

    kind: WakeKind
    subject: int  # id of the row; 0 for `bind`, which looks at all
    at: datetime
