"""Messages from sources, taken apart: every alert for itself.

A message that is no message at all is refused as a whole. Inside one, an alert that makes no
sense is set aside with a reason and the others count. Times are kept as they were written:
they are part of an alert's identity, and Alertmanager writes more digits than a datetime has.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from tocsin.core.alert import AlertStatus, Report, fingerprint
from tocsin.core.errors import Invalid
from tocsin.intake import salvage
from tocsin.ports.inbox import Incoming, Rejected

LONGEST_TEXT = 64 * 1024  # characters of one label or annotation; Alertmanager sends 5 kB ones
MOST_WORDS = 256  # labels or annotations of one alert
MOST_REJECTED = 1000  # parts of one message that are set aside one by one
LONGEST_KEY = 200  # characters of a fingerprint or key: it is part of an index
LONGEST_INSTANT = 64  # characters
_NEVER = "0001-01-01T00:00:00Z"  # how Alertmanager writes "not ended"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Webhook(msgspec.Struct):
    """Alertmanager's webhook, version 4. Fields we do not know are ignored."""

    alerts: list[msgspec.Raw]
    version: str = "4"
    truncatedAlerts: int = 0  # the field's name on the wire


class WebhookAlert(msgspec.Struct):
    """One alert in it."""

    status: str
    labels: dict[str, str]
    startsAt: str
    annotations: dict[str, str] = {}  # msgspec copies it for each value
    endsAt: str = ""
    generatorURL: str = ""
    fingerprint: str = ""


class Envelope(msgspec.Struct):
    """Our generic event: a list of alerts."""

    alerts: list[msgspec.Raw]


class GenericAlert(msgspec.Struct):
    """One alert in it, described in docs/reference/events.md."""

    name: str
    status: str = "firing"
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    key: str = ""
    starts_at: str = ""
    ends_at: str = ""
    url: str = ""


def alertmanager(source: str, body: bytes) -> Incoming:
    """Return what an Alertmanager webhook says.

    Raises:
        Invalid("event.not_json"), Invalid("event.shape"), Invalid("event.version")
    """
    webhook = _webhook(body)
    if webhook.version != "4":
        raise Invalid(
            "event.version",
            "Only version 4 of Alertmanager's webhook is understood.",
            hint="Send other formats to /v1/events/generic.",
        )
    reports, rejected = _each(webhook.alerts, _from_alertmanager)
    hidden = max(0, webhook.truncatedAlerts)
    notes = []
    if hidden:
        notes.append(f"{hidden} more alerts were left out by the source (max_alerts)")
    return Incoming(
        source=source,
        raw=body,
        reports=tuple(replace(report, hidden=min(hidden, 10**6)) for report in reports),
        rejected=rejected,
        notes=tuple(notes),
    )


def _webhook(body: bytes) -> Webhook:
    """Return the webhook; if it is refused as a whole, what can be saved of it.

    Raises:
        Invalid("event.not_json"), Invalid("event.shape")
    """
    try:
        return _whole(body, Webhook)  # type: ignore[no-any-return]
    except Invalid as problem:
        return Webhook(alerts=_saved(body, problem))


def _saved(body: bytes, problem: Invalid) -> list[msgspec.Raw]:
    """Return the alerts of a message that was refused as a whole, or raise that problem."""
    if problem.code != "event.not_json":
        raise problem
    mended = salvage.without_lone_surrogates(body)
    parts = salvage.split_alerts(mended)
    if not parts or not mended.rstrip().endswith(b"}"):
        raise problem
    return [msgspec.Raw(part) for part in parts]


def generic(source: str, body: bytes) -> Incoming:
    """Return what a generic event says: {"alerts": […]} or one alert alone.

    Raises:
        Invalid("event.not_json"), Invalid("event.shape")
    """
    alerts, alone = _events(body)
    reports, rejected = _each(alerts, _from_generic)
    if alone and rejected:
        raise Invalid("event.shape", f"This is not an alert: {rejected[0].reason}.", hint=_SEE)
    return Incoming(source=source, raw=body, reports=reports, rejected=rejected)


def _events(body: bytes) -> tuple[list[msgspec.Raw], bool]:
    """Return the alerts of a generic event, and whether it is one alert alone."""
    try:
        shape = _whole(body, dict[str, msgspec.Raw])
    except Invalid as problem:
        mended = salvage.without_lone_surrogates(body)
        return _events(mended) if mended != body else (_saved(body, problem), False)
    if "alerts" not in shape:
        return [msgspec.Raw(body)], True
    return _whole(body, Envelope).alerts, False


_SEE = "See docs/reference/events.md."


def _whole(body: bytes, shape: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise Invalid("event.shape", f"Not the expected shape: {error}.", hint=_SEE) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Invalid("event.not_json", f"Not JSON: {error}.", hint=_SEE) from None


def _each(
    alerts: list[msgspec.Raw], read: Callable[[msgspec.Raw], Report]
) -> tuple[tuple[Report, ...], tuple[Rejected, ...]]:
    reports: dict[tuple[str, str], Report] = {}
    rejected: list[Rejected] = []
    more: list[msgspec.Raw] = []
    for raw in alerts:
        try:
            report = read(raw)
        except (Invalid, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            if len(rejected) < MOST_REJECTED:
                rejected.append(Rejected(raw=bytes(raw), reason=str(error)[:500]))
            else:
                more.append(raw)
        else:
            reports[report.identity] = report
    if more:
        rejected.append(Rejected(raw=b",".join(more), reason=f"{len(more)} more like these"))
    return tuple(reports.values()), tuple(rejected)


def _from_alertmanager(raw: msgspec.Raw) -> Report:
    alert = msgspec.json.decode(raw, type=WebhookAlert)
    _require_instant(alert.startsAt)
    status = _status(alert.status)
    labels = _words(alert.labels)
    return Report(
        fingerprint=_key(alert.fingerprint) or fingerprint(labels),
        starts_at=alert.startsAt,
        status=status,
        labels=labels,
        annotations=_words(alert.annotations),
        ends_at=_ending(status, alert.endsAt),
        generator_url=_clean(alert.generatorURL)[:LONGEST_TEXT],
    )


def _from_generic(raw: msgspec.Raw) -> Report:
    alert = msgspec.json.decode(raw, type=GenericAlert)
    if not alert.name.strip():
        raise Invalid("event.name", "an alert needs a name")
    if alert.starts_at:
        _require_instant(alert.starts_at)
    status = _status(alert.status)
    labels = _words({**alert.labels, "alertname": alert.name})
    return Report(
        fingerprint=_key(alert.key) or fingerprint(labels),
        starts_at=alert.starts_at,
        status=status,
        labels=labels,
        annotations=_words(alert.annotations),
        ends_at=_ending(status, alert.ends_at),
        generator_url=_clean(alert.url)[:LONGEST_TEXT],
    )


def _status(text: str) -> AlertStatus:
    if text not in tuple(AlertStatus):
        raise Invalid("event.status", "status is neither firing nor resolved")
    return AlertStatus(text)


def _ending(status: AlertStatus, ends_at: str) -> str:
    if status is AlertStatus.FIRING or ends_at in ("", _NEVER):
        return ""
    _require_instant(ends_at)
    return ends_at


def _require_instant(text: str) -> None:
    """Refuse what is no RFC 3339 instant. Digits beyond microseconds are fine."""
    if len(text) > LONGEST_INSTANT:
        raise Invalid("event.instant", f"an instant of more than {LONGEST_INSTANT} characters")
    shortened = re.sub(r"(\.\d{6})\d{1,9}(?=Z|[+-]\d\d:\d\d$)", r"\1", text)
    try:
        aware = datetime.fromisoformat(shortened).tzinfo is not None
    except ValueError:
        aware = False
    if not aware or "T" not in text.upper():
        raise Invalid("event.instant", f"{text!r} is not an instant with a time zone")


def _words(words: Mapping[str, str]) -> dict[str, str]:
    if len(words) > MOST_WORDS:
        raise Invalid("event.too_many", f"more than {MOST_WORDS} labels or annotations")
    if any(len(text) > LONGEST_TEXT for text in words.values()):
        raise Invalid("event.too_long", f"a label or annotation over {LONGEST_TEXT} characters")
    return {_clean(name): _clean(text) for name, text in words.items()}


def _key(text: str) -> str:
    """Return the text fit for an index; a long one as its hash: cutting would merge two keys."""
    if len(text) <= LONGEST_KEY:
        return _clean(text)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _clean(text: str) -> str:
    """Return the text without what no database can hold: NUL and lone surrogates."""
    return _UNSTORABLE.sub("\ufffd", text)
