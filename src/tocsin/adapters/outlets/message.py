"""Checkpoints by mail or webhook: the newest, once an hour at most. It vouches for all before."""

from __future__ import annotations

import time

from tocsin.core.checkpoint import Checkpoint, written
from tocsin.core.workspace import Person
from tocsin.ports.channels import ChannelPort, Message
from tocsin.ports.outlets import After

_PAUSE_S = 3600.0


class MessageOutlet:
    """Sends to one recipient over one channel."""

    def __init__(self, channel: ChannelPort, recipient: Person, *, link: str) -> None:
        self._channel = channel
        self._recipient = recipient
        self._link = link
        self._sent = 0  # the number of the newest checkpoint that was taken
        self._again_at = 0.0

    def send(self, after: After) -> None:
        """Send the newest, if it is new and the last went out an hour ago.

        Raises:
            Unavailable("channel.…"), Invalid("channel.…"): It was not taken.
        """
        if time.monotonic() < self._again_at:
            return
        found = after(self._sent)
        if not found:
            return
        newest = found[-1]
        self._channel.send(self._message(newest), self._recipient)
        self._sent = newest.seq
        self._again_at = time.monotonic() + _PAUSE_S

    def _message(self, checkpoint: Checkpoint) -> Message:
        line = written(checkpoint)
        return Message(
            key=f"checkpoint-{checkpoint.seq}-{checkpoint.sha256[:16]}",
            subject=f"Tocsin checkpoint {checkpoint.seq} of {checkpoint.at:%Y-%m-%d %H:%M} UTC",
            text=f"{line}\n\nKeep this line: `tocsin audit verify --checkpoints FILE` reads it.\n",
            link=self._link,
            facts={"checkpoint": line},
        )
