"""Reading the date on real certificates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.adapters.probes.certificate import CertificateProbe, expires_at
from tocsin.core.errors import Problem
from tocsin.core.workspace import CheckKind

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def look(check, port, **options):
    probe = CertificateProbe()
    return probe.look(check(CheckKind.CERTIFICATE, host="127.0.0.1", port=port, **options))


@pytest.mark.parametrize(
    ("left", "healthy", "said"),
    [
        (90 * DAY + HOUR, True, "The certificate has 90 days left."),
        (14 * DAY + HOUR, True, "The certificate has 14 days left."),
        (14 * DAY - HOUR, False, "The certificate has 13 days left, fewer than 14."),
        (-5 * DAY + HOUR, False, "The certificate expired 5 days ago."),
        (30 * 365 * DAY + HOUR, True, "The certificate has 10950 days left."),
    ],
)
def test_the_days_left_are_told(check, tls_server, left, healthy, said) -> None:
    """Also of one that has expired, that nobody signed, and past 2049 in its other notation."""
    reading = look(check, tls_server(datetime.now(UTC) + left))

    assert (reading.healthy, reading.said) == (healthy, said)
    assert (reading.figure, reading.unit) == (left // DAY, "days")


def test_the_team_says_how_many_days_are_enough(check, tls_server) -> None:
    """Two weeks is only the default; none at all still means not expired."""
    soon = tls_server(datetime.now(UTC) + 3 * DAY + HOUR)

    assert not look(check, soon).healthy
    assert look(check, soon, days=3).healthy
    gone = tls_server(datetime.now(UTC) - HOUR)
    assert not look(check, gone, days=0).healthy


def test_a_port_without_tls_is_unhealthy(check, site, shut_port) -> None:
    """Nor is a port with nobody behind it."""
    for port in (site.port, shut_port):
        reading = look(check, port)
        assert not reading.healthy
        assert reading.said.startswith(f"No certificate from 127.0.0.1:{port}: ")


def test_a_silent_port_is_given_up_in_time(check, silent_port) -> None:
    """A handshake that never begins."""
    reading = look(check, silent_port, timeout=timedelta(seconds=0.5))

    assert (reading.healthy, reading.said) == (False, "No answer within 0.5s.")
    assert reading.took < timedelta(seconds=1)


@given(junk=st.binary(max_size=200))
def test_no_bytes_whatever_break_the_reader(junk: bytes) -> None:
    """A server may send anything it likes as a certificate."""
    with pytest.raises(Problem) as caught:
        expires_at(b"\x30" + junk)
    assert caught.value.code == "check.certificate"
