"""What one caller may do, as pages ask before they offer it: the gate's own answer."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.core.rights import LEAST, Permission, Rights
from tocsin.web import gate
from tocsin.web.gate import On


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """Somebody before a page about one service; about none where it is empty."""

    rights: Rights
    service: str = ""

    @property
    def respond(self) -> bool:
        """Whether they may acknowledge, tick, remark, hold, and run looks again."""
        return gate.allows(Permission.RESPOND, On.INCIDENT, self.rights, self.service)

    @property
    def approve(self) -> bool:
        """Whether they may let commands run, and lift the hold on evidence."""
        return gate.allows(Permission.APPROVE, On.INCIDENT, self.rights, self.service)

    @property
    def stop(self) -> bool:
        """Whether they may stop everything."""
        return gate.allows(Permission.RESPOND, On.SOME, self.rights)

    @property
    def lift(self) -> bool:
        """Whether they may let steps start again."""
        return gate.allows(Permission.APPROVE, On.ALL, self.rights)

    @property
    def to_respond(self) -> str:
        """What it takes, in words, for whoever may only look."""
        return f"the role {LEAST[Permission.RESPOND]} on {self.service}"

    @property
    def to_approve(self) -> str:
        """What it takes, in words, for whoever may not approve."""
        return f"the role {LEAST[Permission.APPROVE]} on {self.service}"
