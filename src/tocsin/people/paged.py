"""Who is paged for a service and could not respond there."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.core.rights import Permission
from tocsin.core.workspace import Service, Workspace
from tocsin.ports.store import Tx


def unable(tx: Tx, workspace: Workspace) -> set[str]:
    """Return one sentence for each person who is paged and could not respond."""
    return {
        said
        for service in workspace.services
        for name in _paged_for(workspace, service)
        if (said := _unable(tx, name, service))
    }


def _paged_for(workspace: Workspace, service: Service) -> Iterator[str]:
    policy = workspace.policy(service.policy)
    for level in policy.levels if policy else ():
        yield from level.people


def _unable(tx: Tx, name: str, service: Service) -> str:
    """Return why somebody cannot respond; who has no login has the link in the page at least."""
    user = tx.people.user(name)
    if user is None:
        return f"{name} is paged and has no login: the link in a page is all they have"
    if not user.enabled:
        return f"{name} is paged and disabled: they cannot even acknowledge"
    if not tx.people.rights(name).may(Permission.RESPOND, service.name):
        return f"{name} is paged for {service.name} and may not respond there"
    return ""
