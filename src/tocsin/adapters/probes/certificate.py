"""Looks how many days a server's certificate has left.

Whether anybody would trust the certificate is not asked, so that one that has expired
already, or that we signed ourselves, still tells its date.
"""

from __future__ import annotations

import math
import socket
import ssl
from datetime import UTC, datetime

from tocsin.adapters.looking import BoundedProbe, number_of, one_line, text_of
from tocsin.core.errors import Unavailable
from tocsin.core.workspace import Check
from tocsin.ports.probes import Reading

_VERSION, _UTC_TIME, _GENERALIZED_TIME = 0xA0, 0x17, 0x18  # tags of DER


class CertificateProbe(BoundedProbe):
    """Shakes hands and reads the date on what it is shown."""

    def find(self, check: Check, limit: float) -> Reading:
        host, port = text_of(check, "host"), int(number_of(check, "port", 443))
        try:
            shown = _shown(host, port, text_of(check, "server_name", host), limit)
        except TimeoutError:
            raise
        except (OSError, UnicodeError) as error:
            why = one_line(getattr(error, "strerror", None) or str(error)).rstrip(".")
            return Reading(healthy=False, said=f"No certificate from {host}:{port}: {why}.")
        left = expires_at(shown) - datetime.now(UTC)
        return _judged(math.floor(left.total_seconds() / 86400), int(number_of(check, "days", 14)))


def _judged(left: int, wanted: int) -> Reading:
    healthy = left >= max(wanted, 0)
    if left < 0:
        said = f"The certificate expired {_days(-left)} ago."
    elif healthy:
        said = f"The certificate has {_days(left)} left."
    else:
        said = f"The certificate has {_days(left)} left, fewer than {wanted}."
    return Reading(healthy=healthy, said=said, figure=float(left), unit="days")


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _shown(host: str, port: int, server_name: str, limit: float) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent or believed; we read the date only
    with (
        socket.create_connection((host, port), timeout=limit) as connection,
        context.wrap_socket(connection, server_hostname=server_name) as shaken,
    ):
        return shaken.getpeercert(binary_form=True) or b""


def expires_at(certificate: bytes) -> datetime:
    """Return the end of validity of an X.509 certificate in DER.

    Raises:
        Unavailable("check.certificate"): It is no such thing.
    """
    try:
        _, whole, _ = _element(certificate)
        _, signed, _ = _element(whole)
        tag, _, rest = _element(signed)
        if tag == _VERSION:  # left out by certificates of version 1
            _, _, rest = _element(rest)
        for _ in ("signature", "issuer"):
            _, _, rest = _element(rest)
        _, validity, _ = _element(rest)
        _, _, rest = _element(validity)
        tag, written, _ = _element(rest)
        return _time(tag, written.decode("ascii"))
    except (IndexError, ValueError) as error:
        raise Unavailable("check.certificate", "The server's certificate is unreadable.") from error


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """Return tag and content of the first element, and what follows it."""
    tag, length, start = der[0], der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    if start + length > len(der):
        raise ValueError("cut short")
    return tag, der[start : start + length], der[start + length :]


def _time(tag: int, written: str) -> datetime:
    if tag == _GENERALIZED_TIME:
        return datetime.strptime(written, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    if tag != _UTC_TIME:
        raise ValueError("not a time")
    century = "19" if int(written[:2]) >= 50 else "20"  # RFC 5280, 4.1.2.5.1
    return datetime.strptime(century + written, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
