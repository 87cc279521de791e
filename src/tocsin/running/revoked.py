"""Whose approvals still count when the command starts."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.core.incident import Incident
from tocsin.core.rights import Permission
from tocsin.core.run import Approval
from tocsin.ports.store import Tx


def still_allowed(tx: Tx, incident: Incident, approvals: Sequence[Approval]) -> list[Approval]:
    """Return the approvals of people who may still approve: a revoked one's are void."""
    return [
        each
        for each in approvals
        if tx.people.rights(each.by).may(Permission.APPROVE, incident.service)
    ]
