"""What we ask of a way to reach people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tocsin.core.workspace import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One page as it travels. `key` lets the receiver recognise a repeat."""

    key: str
    subject: str
    text: str
    link: str  # opens the page; never acknowledges by itself
    facts: dict[str, object]  # the same for machines: incident, severity, service …


class ChannelPort(Protocol):
    """Sends messages one way."""

    def send(self, message: Message, person: Person) -> str:
        """Hand the message over; return what the other side answered, in a few words.

        Raises:
            Unavailable("channel.…"): It was not taken, or we cannot know: try again.
            Invalid("channel.…"): It will never be taken as it is: this person cannot be
                reached this way.
        """
        ...
