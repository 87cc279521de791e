"""Pages on the terminal where the server runs: the channel that needs nothing."""

from __future__ import annotations

import sys

from tocsin.core.workspace import Person
from tocsin.ports.channels import Message


class ConsoleChannel:
    """Writes each page to standard error, with a bell."""

    def send(self, message: Message, person: Person) -> str:
        """Write the page; return where it went. `compose` has made its text printable."""
        bell = "\a" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{bell}\nPAGE for {person.name}: {message.subject}\n{message.text}\n")
        sys.stderr.flush()
        return "written to the console"
