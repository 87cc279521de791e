"""Looking at real ports."""

from __future__ import annotations

from tocsin.adapters.probes.tcp import TcpProbe
from tocsin.core.workspace import CheckKind


def test_an_open_port_is_healthy(silent_port, check) -> None:
    """Taking the connection is enough; nothing has to be said."""
    reading = TcpProbe().look(check(CheckKind.TCP, host="127.0.0.1", port=silent_port))

    assert reading.healthy
    assert reading.said.startswith(f"Port {silent_port} took a connection in ")
    assert reading.unit == "ms"


def test_a_shut_port_is_unhealthy(shut_port, check) -> None:
    """And the reason is the system's own word."""
    reading = TcpProbe().look(check(CheckKind.TCP, host="127.0.0.1", port=shut_port))

    assert (reading.healthy, reading.figure) == (False, None)
    assert reading.said == f"Port {shut_port} takes no connection: Connection refused."


def test_a_name_that_is_none_is_unhealthy(check) -> None:
    """Neither an unknown host nor one that cannot be written breaks the probe."""
    for host in ("no-such-host.invalid", "a..b", "x" * 300):
        assert not TcpProbe().look(check(CheckKind.TCP, host=host, port=80)).healthy


def test_a_missing_port_is_named(check) -> None:
    """Whoever reads the board learns what to mend."""
    reading = TcpProbe().look(check(CheckKind.TCP, host="127.0.0.1"))

    assert (reading.healthy, reading.said) == (False, "The option 'port' is missing.")
