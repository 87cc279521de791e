"""Looks whether a port takes connections."""

from __future__ import annotations

import socket
from time import monotonic

from tocsin.adapters.looking import BoundedProbe, one_line, text_of
from tocsin.core.workspace import Check
from tocsin.ports.probes import Reading


class TcpProbe(BoundedProbe):
    """Connects and hangs up."""

    def find(self, check: Check, limit: float) -> Reading:
        host, port = text_of(check, "host"), check.options["port"]
        began = monotonic()
        try:
            socket.create_connection((host, int(str(port))), timeout=limit).close()
        except TimeoutError:
            raise
        except (OSError, UnicodeError) as error:
            why = one_line(getattr(error, "strerror", None) or str(error))
            return Reading(healthy=False, said=f"Port {port} takes no connection: {why}.")
        took = round((monotonic() - began) * 1000, 1)
        said = f"Port {port} took a connection in {took:.0f} ms."
        return Reading(healthy=True, said=said, figure=took, unit="ms")
