"""The one gate: what a route asks of its caller, and whether this caller may pass.

What somebody may not see looks exactly as if it did not exist. What they see but may not do is
refused with the role that it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

from tocsin.app import App
from tocsin.core.errors import Forbidden
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.rights import EVERYWHERE, LEAST, Permission, Rights
from tocsin.core.workspace import SourceKind
from tocsin.ports.store import Tx
from tocsin.web import who
from tocsin.web.who import Caller, Credentials


class Need(StrEnum):
    """What a route asks for that asks for no permission. Each such route is meant."""

    NOTHING = "nothing"
    LOGIN = "a personal token, or a session"
    ALERTMANAGER = "the token of a source of kind alertmanager"
    GENERIC = "the token of a source of kind generic"


class On(StrEnum):
    """Which services a permission must hold for."""

    INCIDENT = "the service of the incident in the path"
    RUN = "the service of the step run in the path"
    SOME = "any service: the answer holds only what the caller may see"
    ALL = "all services"


_SOURCES = {Need.ALERTMANAGER: SourceKind.ALERTMANAGER, Need.GENERIC: SourceKind.GENERIC}


def _incident(tx: Tx, number: int) -> str:
    return tx.incidents.get(IncidentId(number)).service


def _run(tx: Tx, number: int) -> str:
    return _incident(tx, tx.step_runs.get(StepRunId(number)).incident_id)


_SERVICE_OF: Mapping[On, Callable[[Tx, int], str]] = {On.INCIDENT: _incident, On.RUN: _run}
_PLACE: Mapping[On, str] = {On.SOME: "a service", On.ALL: EVERYWHERE}


def defect(path: str, needs: Need | Permission, on: On | None) -> str:
    """Return what is wrong with how a route was declared; empty where it is sound."""
    if isinstance(needs, Need):
        return "it needs no permission, so it is on no service" if on else ""
    if not isinstance(needs, Permission):
        return f"needs {needs!r}: no such permission"
    if not isinstance(on, On):
        return "it does not say on which service"
    if ("{id}" in path) != (on in _SERVICE_OF):
        return f"an {{id}} in the path goes with {' or '.join(each.name for each in _SERVICE_OF)}"
    return ""


def identified(app: App, needs: Need | Permission, credentials: Credentials) -> Caller:
    """Return who calls.

    Raises:
        Unauthenticated("auth")
    """
    if needs is Need.NOTHING:
        return who.NOBODY
    if isinstance(needs, Need) and needs in _SOURCES:
        return who.source(app, _SOURCES[needs], credentials)
    return who.person(app, credentials)


def seen(app: App, needs: Need | Permission, caller: Caller) -> App:
    """Return the product as this caller sees it: without what belongs to other services."""
    if isinstance(needs, Need):
        return app
    return replace(app, store=app.store.seen_by(caller.rights.seen()))


def allows(permission: Permission, on: On, rights: Rights, service: str = "") -> bool:
    """Whether these rights are enough; `service` is that of what is in the path.

    Pages ask it, too, before they offer a button: nobody is shown what they would be refused.
    """
    if on is On.SOME:
        return rights.may_somewhere(permission)
    return rights.may(permission, EVERYWHERE if on is On.ALL else service)


def admit(app: App, permission: Permission, on: On, number: int, rights: Rights) -> None:
    """Return if these rights allow it; `app` is as the caller sees it.

    Raises:
        NotFound("incident"), NotFound("run"): There is none, or not for these eyes.
        Forbidden("rights"): It takes a higher role.
    """
    service = _PLACE.get(on, "")
    if on in _SERVICE_OF:
        with app.store.look() as tx:
            service = _SERVICE_OF[on](tx, number)
    if not allows(permission, on, rights, service):
        raise _refusal(permission, service, rights)


def _refusal(permission: Permission, service: str, rights: Rights) -> Forbidden:
    needed = LEAST[permission]
    where = "all services" if service == EVERYWHERE else service
    held = rights.role(service)
    return Forbidden(
        "rights",
        f"This takes the role {needed} on {where}; you have {held or 'none there'}.",
        hint=f"An admin gives it: `tocsin role grant NAME {needed}`.",
    )
