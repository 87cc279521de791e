"""Messages taken apart: the real ones, and the bad ones that were named."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.alert import AlertStatus
from tocsin.core.errors import Invalid
from tocsin.intake import decode, salvage

PAYLOADS = Path(__file__).resolve().parents[2] / "../shared/payloads"
ENDED = "0001-01-01T00:00:00Z"


def alert(**changes: Any) -> dict[str, Any]:
    plain = {
        "status": "firing",
        "labels": {"alertname": "X"},
        "annotations": {},
        "startsAt": "2026-01-05T03:00:00.123456789Z",
        "endsAt": ENDED,
        "fingerprint": "00ff",
    }
    return {**plain, **changes}


def webhook(*alerts: Any, **changes: Any) -> bytes:
    return json.dumps({"version": "4", "alerts": list(alerts), **changes}).encode()


def captured() -> list[Path]:
    return sorted(path for path in PAYLOADS.glob("am0*.json"))


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the captured payloads are not at hand")
def test_every_captured_webhook_is_understood_whole() -> None:
    """What Alertmanager 0.25 and 0.33 really send: nothing set aside, nothing lost."""
    assert len(captured()) > 30
    for path in captured():
        body = json.loads(path.read_text())["body"]
        incoming = decode.alertmanager("am", json.dumps(body).encode())
        assert incoming.rejected == (), path.name
        assert len(incoming.reports) == len(body["alerts"]), path.name


def test_nanoseconds_survive_because_they_are_part_of_the_identity() -> None:
    """A datetime would round them away, and two alerts would become one."""
    incoming = decode.alertmanager("am", webhook(alert(), alert(startsAt="2026-01-05T03:00:00Z")))

    assert [report.starts_at for report in incoming.reports] == [
        "2026-01-05T03:00:00.123456789Z",
        "2026-01-05T03:00:00Z",
    ]


def test_an_alert_that_has_not_ended_has_no_end() -> None:
    """Year 1 is how Alertmanager writes "not yet"; it is no instant to convert."""
    incoming = decode.alertmanager("am", webhook(alert(endsAt=ENDED)))

    assert incoming.reports[0].ends_at == ""


def test_each_alert_counts_for_itself_whatever_the_group_says() -> None:
    """A group that calls itself firing holds resolved alerts, and a bad one spoils no other."""
    bad = alert(startsAt="yesterday")
    incoming = decode.alertmanager(
        "am",
        webhook(alert(), bad, alert(status="resolved", fingerprint="01"), status="firing"),
    )

    assert [report.status for report in incoming.reports] == [
        AlertStatus.FIRING,
        AlertStatus.RESOLVED,
    ]
    assert len(incoming.rejected) == 1
    assert json.loads(incoming.rejected[0].raw) == bad
    assert "yesterday" in incoming.rejected[0].reason


def test_an_alert_needs_no_name_and_no_known_field() -> None:
    """Alertmanager accepts alerts without alertname, and adds fields from time to time."""
    incoming = decode.alertmanager(
        "am",
        webhook(alert(labels={"x.y": "z"}, novelty=[1]), notification_reason="x", routeLabels={}),
    )

    assert incoming.reports[0].labels == {"x.y": "z"}


def test_what_was_left_out_is_carried_along() -> None:
    """max_alerts hides resolutions: nobody may conclude that what is not listed is fine."""
    incoming = decode.alertmanager("am", webhook(alert(), truncatedAlerts=5))

    assert incoming.reports[0].hidden == 5
    assert "5 more alerts" in incoming.notes[0]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "event.not_json"),
        (b"not json", "event.not_json"),
        (b'{"alerts": [', "event.not_json"),
        (b"\xff\xfe\x00", "event.not_json"),
        (b'{"a":' * 100_000, "event.not_json"),
        (b"[" * 100_000, "event.shape"),
        (b"[]", "event.shape"),
        (b'{"alerts": 3}', "event.shape"),
        (b"{}", "event.shape"),
        (b'{"version": "3", "alerts": []}', "event.version"),
        (b'{"version": 4, "alerts": []}', "event.shape"),
    ],
)
def test_what_is_no_webhook_is_refused_with_a_code_and_a_hint(body: bytes, code: str) -> None:
    """The sender's log must say what to mend."""
    with pytest.raises(Invalid) as caught:
        decode.alertmanager("am", body)

    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize(
    "raw",
    [
        b'"text"',
        b"3",
        b"null",
        b"{}",
        b'{"status": "firing"}',
        json.dumps(alert(labels={"a": 1})).encode(),
        json.dumps(alert(labels=[])).encode(),
        json.dumps(alert(status="maybe")).encode(),
        json.dumps(alert(startsAt="0001-01-01")).encode(),
        json.dumps(alert(startsAt="2026-13-41T99:00:00Z")).encode(),
        json.dumps(alert(startsAt="2026-01-05T02:58:00." + "1" * 38 + "+00:00" + "x")).encode(),
        json.dumps(alert(startsAt="2026-01-05T02:58:00Z" + " " * 20_000)).encode(),
        json.dumps(alert(status="resolved", endsAt="2026-01-05T02:58:00Z" * 4)).encode(),
        b'{"status": "firing", "startsAt": ' + b"9" * 5000 + b', "labels": {}}',
        json.dumps(alert(labels={"a": "x" * 70_000})).encode(),
        json.dumps(alert(labels={f"l{n}": "" for n in range(300)})).encode(),
        b'{"status":"firing","labels":{"a":"\xff"},"startsAt":"2026-01-05T03:00:00Z"}',
        b'{"status":"firing","labels":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
    ],
)
def test_a_senseless_alert_is_set_aside_and_the_good_one_counts(raw: bytes) -> None:
    """One exporter with a bad label must not silence the whole group."""
    good = json.dumps(alert()).encode()
    body = b'{"version": "4", "alerts": [' + raw + b", " + good + b"]}"

    incoming = decode.alertmanager("am", body)

    assert [report.fingerprint for report in incoming.reports] == ["00ff"]
    assert [part.raw for part in incoming.rejected] == [raw]
    assert incoming.rejected[0].reason


def test_the_year_one_and_escaped_surrogates_are_no_reason_to_lose_an_alert() -> None:
    """Odd, but an instant and a text: the alert counts, and any database can hold it."""
    strange = alert(startsAt="0001-01-01T00:00:00Z", labels={"a": "x"})
    body = webhook(strange).replace(b'"x"', b'"\\ud800\\u0000"')

    incoming = decode.alertmanager("am", body)

    texts = [text for report in incoming.reports for text in report.labels.values()]
    assert len(incoming.reports) + len(incoming.rejected) == 1
    assert all("\x00" not in text and text.isprintable() for text in texts)


LONE = b'{"name": "L", "annotations": {"summary": "half \\ud83d a pair"}}'
DEEP = b'{"name": "D", "more": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001


@pytest.mark.parametrize("bad", [LONE, DEEP, LONE + b"," + DEEP])
def test_a_generic_event_loses_no_good_alert_to_a_bad_one(bad: bytes) -> None:
    """The same care as for Alertmanager: decoders give up on all of them."""
    body = b'{"alerts": [{"name": "A"}, ' + bad + b', {"name": "B"}]}'

    incoming = decode.generic("ci", body)

    names = [report.labels["alertname"] for report in incoming.reports]
    assert names == (["A", "L", "B"] if LONE in bad else ["A", "B"])
    assert [part.raw for part in incoming.rejected] == ([DEEP] if DEEP in bad else [])


def test_one_alert_alone_counts_with_half_a_pair_in_it() -> None:
    """A truncated emoji is no reason to wake nobody."""
    assert decode.generic("ci", LONE).reports[0].annotations == {"summary": "half \ufffd a pair"}


def test_a_flood_of_senseless_parts_is_set_aside_together() -> None:
    """Millions of rows of nonsense would be an attack that works."""
    incoming = decode.alertmanager("am", webhook(*[3] * 5000, alert()))

    assert len(incoming.reports) == 1
    assert len(incoming.rejected) == decode.MOST_REJECTED + 1
    assert incoming.rejected[-1].raw.count(b"3") == 4000


START = b'{"alerts":['
SIZE = 4 * 1024 * 1024


@pytest.mark.parametrize(
    "body",
    [
        START + b'"' + b'\\"' * (SIZE // 2) + b"}",
        START + b'"' * SIZE + b"}",
        START + b'"' + b"\\" * SIZE + b"}",
        START + b"[" * SIZE + b"}",
        START + b"[]" * (SIZE // 4) + b"}",
        START + b'{"a":' * (SIZE // 5) + b"}",
        START + b'{"a":' * (SIZE // 7) + b"1" + b"}" * (SIZE // 7) + b"]}",
        b'{"alerts":1,' + b"[]," * (SIZE // 3) + b"}",
        b"{" + b'"alerts"' * (SIZE // 8) + b"}",
        START + b'"' + b"\\ud800" * (SIZE // 6) + b'"]}',
    ],
    ids=range(10),
)
def test_saving_what_can_be_saved_takes_time_in_proportion(body: bytes) -> None:
    """One message must not hold a thread for hours: 32 kB once took four seconds."""
    begun = time.process_time()
    salvage.split_alerts(salvage.without_lone_surrogates(body))

    assert time.process_time() - begun < 3


@given(st.lists(st.sampled_from(["[]", "{}", '[[{"a": [1]}]]', '{"x": "]}\\""}', "[{}, []]"])))
def test_elements_are_split_where_a_decoder_would(parts: list[str]) -> None:
    """Brackets that touch, and brackets in strings."""
    body = '{"x": {"alerts": [[]]}, "alerts":[' + ",".join(parts) + '], "y": [1]}'

    found = salvage.split_alerts(body.encode())

    assert [json.loads(part) for part in found] == [json.loads(part) for part in parts]


def test_long_keys_stay_apart_and_fit_an_index() -> None:
    """Cut at 200 characters, two problems would become one and a page would be lost."""
    long = "k" * 60_000
    many = {"alerts": [{"name": "A", "key": long + "1"}, {"name": "A", "key": long + "2"}]}
    generic = decode.generic("ci", json.dumps(many).encode()).reports
    webhooked = decode.alertmanager(
        "am", webhook(alert(fingerprint=long + "1"), alert(fingerprint=long + "2"))
    ).reports

    assert generic[0].fingerprint == webhooked[0].fingerprint
    assert len({report.fingerprint for report in (*generic, *webhooked)}) == 2
    assert all(len(report.fingerprint) <= decode.LONGEST_KEY for report in generic)


def test_an_empty_group_is_fine() -> None:
    """Nothing to do is not an error."""
    incoming = decode.alertmanager("am", webhook())

    assert (incoming.reports, incoming.rejected) == ((), ())


def test_a_generic_event_is_one_alert_or_many() -> None:
    """The smallest thing that can be sent is a name."""
    one = decode.generic("ci", b'{"name": "BuildRed"}')
    many = decode.generic("ci", b'{"alerts": [{"name": "A"}, {"name": "B", "status": "resolved"}]}')

    assert one.reports[0].labels == {"alertname": "BuildRed"}
    assert [report.status.value for report in many.reports] == ["firing", "resolved"]


@pytest.mark.parametrize("body", [b"{}", b'{"name": 3}', b'{"name": " "}', b"[]", b"3"])
def test_a_generic_event_without_a_name_is_refused(body: bytes) -> None:
    """There would be nothing to tell anybody."""
    with pytest.raises(Invalid) as caught:
        decode.generic("ci", body)

    assert caught.value.code == "event.shape"
