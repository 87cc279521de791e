"""What somebody may do, and for which services.

    viewer < responder < approver < admin

A role is granted for one service or for all of them, and each role may what those before it
may. A personal token can be narrowed: it never opens more than its owner may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

EVERYWHERE = "*"
"""Stands for all services, those of tomorrow included."""


class Role(StrEnum):
    """What somebody is granted, from the least to the most."""

    VIEWER = "viewer"  # sees incidents, outputs and post-mortems
    RESPONDER = "responder"  # acknowledges, ticks, remarks, runs looks again
    APPROVER = "approver"  # lets commands run that change something
    ADMIN = "admin"  # lets people in, and out again

    def reaches(self, other: Role) -> bool:
        """Whether this role may what `other` may."""
        return _RANK[self] >= _RANK[other]


class Permission(StrEnum):
    """What a route asks for."""

    SEE = "see"
    RESPOND = "respond"
    APPROVE = "approve"
    ADMINISTER = "administer"


_RANK: Mapping[Role, int] = {role: rank for rank, role in enumerate(Role)}

LEAST: Mapping[Permission, Role] = {
    Permission.SEE: Role.VIEWER,
    Permission.RESPOND: Role.RESPONDER,
    Permission.APPROVE: Role.APPROVER,
    Permission.ADMINISTER: Role.ADMIN,
}
"""The least role that has each permission."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One role, for one service or `EVERYWHERE`."""

    role: Role
    service: str = EVERYWHERE

    def __str__(self) -> str:
        """Return it as one says it: `approver of shop`."""
        return f"{self.role} of {'all services' if self.service == EVERYWHERE else self.service}"

    def covers(self, service: str) -> bool:
        """Whether it holds for that service."""
        return self.service in (EVERYWHERE, service)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Everything somebody has been granted. None at all: may nothing, sees nothing."""

    grants: tuple[Grant, ...] = ()

    def may(self, permission: Permission, service: str) -> bool:
        """Whether this permission holds for that service; with `EVERYWHERE`, for all."""
        least = LEAST[permission]
        return any(each.covers(service) and each.role.reaches(least) for each in self.grants)

    def may_somewhere(self, permission: Permission) -> bool:
        """Whether this permission holds for any service at all."""
        return any(each.role.reaches(LEAST[permission]) for each in self.grants)

    def role(self, service: str) -> Role | None:
        """Return the highest role held for that service, or None."""
        held = [each.role for each in self.grants if each.covers(service)]
        return max(held, key=_RANK.__getitem__, default=None)

    def seen(self) -> frozenset[str] | None:
        """Return the services whose incidents may be seen; None for all of them."""
        services = frozenset(each.service for each in self.grants)
        return None if EVERYWHERE in services else services

    def narrowed(self, role: Role | None, services: tuple[str, ...]) -> Rights:
        """Return what is left of them with at most this role, on at most these services.

        None is no limit on the role, and no services no limit on services.
        """
        return Rights(
            grants=tuple(
                Grant(role=_lower(each.role, role), service=service)
                for each in self.grants
                for service in _both(each.service, services)
            )
        )


NOTHING = Rights()


def _lower(role: Role, limit: Role | None) -> Role:
    return role if limit is None or limit.reaches(role) else limit


def _both(service: str, limit: tuple[str, ...]) -> tuple[str, ...]:
    """Return the services that a grant and a limit have in common."""
    if not limit or EVERYWHERE in limit:
        return (service,)
    if service == EVERYWHERE:
        return limit
    return (service,) if service in limit else ()
