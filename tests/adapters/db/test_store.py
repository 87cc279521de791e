"""What the product asks of its database, told for each kind of database it runs on."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta, timezone
from threading import Event, Thread

import pytest
import sqlalchemy as sa

from shelf import INCIDENT, NOW, REPORT, SECOND, Shelf, entry, page, race, step_run
from tocsin.adapters.db import schema
from tocsin.adapters.db.store import SqlStore
from tocsin.core import checkpoint
from tocsin.core.alert import AlertStatus
from tocsin.core.checkpoint import Head
from tocsin.core.errors import Invalid, NotFound, Unavailable
from tocsin.core.ids import StepRunId
from tocsin.core.incident import Action, Status, apply
from tocsin.core.page import Delivery, DeliveryState
from tocsin.core.rights import Grant, Rights, Role
from tocsin.core.run import Approval, HostRun, RunState
from tocsin.core.timeline import ANCHOR, HOUSE, SYSTEM, EntryKind, first_break
from tocsin.core.user import Session, Token, User
from tocsin.ports.store import Draft
from tocsin.ports.work import Wake, WakeKind

LATER = NOW + timedelta(minutes=1)


class TestAlerts:
    """What sources report."""

    def test_an_alert_comes_back_as_it_was_reported(self, shelf: Shelf) -> None:
        """Nanoseconds, hostile labels and all: nothing is rounded or repaired."""
        with shelf.store.begin() as tx:
            tx.alerts.add("am", [REPORT], at=NOW)

        alert = shelf.tell(lambda tx: tx.alerts.firing("am"))[0]

        assert (alert.fingerprint, alert.starts_at) == REPORT.identity
        assert dict(alert.labels) == REPORT.labels
        assert dict(alert.annotations) == REPORT.annotations
        assert (alert.hidden, alert.generator_url) == (3, REPORT.generator_url)
        assert alert.received_at == alert.changed_at == NOW
        assert alert.pending and alert.incident_id is None

    def test_identity_is_source_fingerprint_and_start(self, shelf: Shelf) -> None:
        """The same fingerprint starting again is another alert, and so is another source's."""
        again = replace(REPORT, starts_at="2026-01-05T02:58:00.123456788Z")
        with shelf.store.begin() as tx:
            tx.alerts.add("am", [REPORT, again, REPORT], at=NOW)
            tx.alerts.add("other", [REPORT], at=LATER)
            tx.alerts.add("am", [REPORT], at=LATER)

        with shelf.store.begin() as tx:
            known = tx.alerts.known("am", [REPORT, again, replace(REPORT, fingerprint="f2")])
            assert set(known) == {REPORT.identity, again.identity}
            assert {(each.source, each.received_at) for each in known.values()} == {("am", NOW)}
            assert len(tx.alerts.pending(10)) == 3

    def test_thousands_of_alerts_of_one_message_are_found_again(self, shelf: Shelf) -> None:
        """Databases limit how many values one question may hold."""
        reports = [replace(REPORT, fingerprint=f"f{number}") for number in range(2000)]
        with shelf.store.begin() as tx:
            tx.alerts.add("am", reports, at=NOW)

        with shelf.store.begin() as tx:
            assert len(tx.alerts.known("am", reports)) == 2000

    def test_an_alert_is_pending_until_it_is_settled(self, shelf: Shelf) -> None:
        """Oldest first, and a later change of it is pending again."""
        incident = shelf.incident()
        with shelf.store.begin() as tx:
            tx.alerts.add("am", [replace(REPORT, fingerprint=each) for each in "abc"], at=NOW)
            first, second = tx.alerts.pending(2)
            tx.alerts.settle(first.id, incident.id)
            tx.alerts.settle(second.id, None)

        with shelf.store.begin() as tx:
            assert [each.fingerprint for each in tx.alerts.pending(10)] == ["c"]
            (held,) = tx.alerts.of_incident(incident.id)
            ended = replace(held, status=AlertStatus.RESOLVED, pending=True, changed_at=LATER)
            tx.alerts.put(ended)

        with shelf.store.begin() as tx:
            assert [each.fingerprint for each in tx.alerts.pending(10)] == ["a", "c"]
            assert tx.alerts.of_incident(incident.id) == [ended]
            assert [each.fingerprint for each in tx.alerts.firing("am")] == ["b", "c"]

    def test_an_alert_that_changes_while_it_is_bound_keeps_its_incident(self, shelf: Shelf) -> None:
        """Else its resolution would reach no incident, and nobody would be told it is over."""
        incident = shelf.incident()
        with shelf.store.begin() as tx:
            tx.alerts.add("am", [REPORT], at=NOW)
        bound, go_on = Event(), Event()

        def bind() -> None:
            with shelf.store.begin() as tx:
                (alert,) = tx.alerts.pending(1)
                tx.alerts.settle(alert.id, incident.id)
                bound.set()
                go_on.wait(10)

        binding = Thread(target=bind)
        binding.start()
        bound.wait(10)
        Thread(target=lambda: (time.sleep(0.3), go_on.set())).start()
        with shelf.store.begin() as tx:
            held = tx.alerts.known("am", [REPORT])[REPORT.identity]
            tx.alerts.put(replace(held, status=AlertStatus.RESOLVED, pending=True))
        binding.join(10)

        (alert,) = shelf.tell(lambda tx: tx.alerts.of_incident(incident.id))
        assert (alert.status, alert.pending) == (AlertStatus.RESOLVED, True)

    def test_two_nodes_never_take_up_the_same_alert(self, shelf: Shelf) -> None:
        """Each alert opens or joins once, however many look for work at the same time."""
        reports = [replace(REPORT, fingerprint=f"f{number}") for number in range(40)]
        with shelf.store.begin() as tx:
            tx.alerts.add("am", reports, at=NOW)

        def take(_number: int) -> list[int]:
            with shelf.store.begin() as tx:
                mine = tx.alerts.pending(10)
                for alert in mine:
                    tx.alerts.settle(alert.id, None)
                return [alert.id for alert in mine]

        taken = [each for part in race(8, take) for each in part]
        assert len(taken) == len(set(taken)) == 40

    def test_messages_are_kept_raw_and_parts_that_made_no_sense_with_the_reason(
        self, shelf: Shelf
    ) -> None:
        """So that a person can see what came and mend its source. Newest first."""
        with shelf.store.begin() as tx:
            event_id = tx.events.add("am", b"\x00\xff raw", at=NOW, notes=["truncated: 3"])
            tx.events.quarantine("am", b"{\xff", "not an alert", at=NOW)
            tx.events.quarantine("am", b"2", "no labels", at=LATER)

        assert event_id > 0
        newest = shelf.tell(lambda tx: tx.events.quarantined(1))
        assert newest == [("am", LATER, "no labels", b"2")]


class TestIncidents:
    """What a disruption is."""

    def test_an_incident_comes_back_as_it_was_filed(self, shelf: Shelf) -> None:
        """Every field, to the microsecond."""
        filed = shelf.incident(acknowledged_at=LATER, acknowledged_by="ada", recover_at=NOW)

        found = shelf.tell(lambda tx: tx.incidents.get(filed.id))

        assert found == filed
        assert found.opened_at.tzinfo is not None

    def test_one_that_does_not_exist_is_said_not_to(self, shelf: Shelf) -> None:
        """The same word for each kind of thing that the product answers 404 for."""
        with shelf.store.begin() as tx:
            for part in (tx.incidents.get, tx.pages.get, tx.pages.delivery, tx.step_runs.get):
                with pytest.raises(NotFound):
                    part(99)

    def test_two_transactions_open_one_incident(self, shelf: Shelf) -> None:
        """The second waits for the first, finds the key taken, and can join."""
        added, go_on = Event(), Event()

        def open_it() -> None:
            with shelf.store.begin() as tx:
                tx.incidents.add(INCIDENT)
                added.set()
                go_on.wait(10)

        first = Thread(target=open_it)
        first.start()
        added.wait(10)
        Thread(target=lambda: (time.sleep(0.3), go_on.set())).start()
        with shelf.store.begin() as tx:
            assert tx.incidents.add(INCIDENT) is None
            joined = tx.incidents.with_key(INCIDENT.open_key)
        first.join(10)

        assert joined is not None
        assert len(shelf.tell(lambda tx: tx.incidents.newest(9))) == 1

    def test_eight_threads_open_one_incident(self, shelf: Shelf) -> None:
        """An alert storm is one incident, and everybody learns which."""

        def open_or_join(_number: int) -> tuple[bool, int]:
            with shelf.store.begin() as tx:
                opened = tx.incidents.add(INCIDENT)
                found = opened or tx.incidents.with_key(INCIDENT.open_key)
                return opened is not None, found.id

        found = race(8, open_or_join)

        assert sorted(opened for opened, _ in found) == [False] * 7 + [True]
        assert len({incident_id for _, incident_id in found}) == 1

    def test_a_key_is_free_again_once_its_incident_is_resolved(self, shelf: Shelf) -> None:
        """What fires after the resolution opens anew; any number may have no key at all."""
        first = shelf.incident()
        with shelf.store.begin() as tx:
            tx.incidents.put(apply(first, Action.RESOLVE, by="ada", at=LATER))

        second = shelf.incident()
        shelf.incident(open_key=None)
        shelf.incident(open_key=None)

        assert second.id != first.id
        assert shelf.tell(lambda tx: tx.incidents.with_key(INCIDENT.open_key)) == second

    def test_an_incident_that_is_being_resolved_is_not_joined(self, shelf: Shelf) -> None:
        """A firing alert that joined a resolved incident would be swallowed."""
        incident = shelf.incident()
        changed, go_on = Event(), Event()

        def resolve() -> None:
            with shelf.store.begin() as tx:
                held = tx.incidents.get(incident.id)
                tx.incidents.put(apply(held, Action.RESOLVE, by="ada", at=LATER))
                changed.set()
                go_on.wait(10)

        resolving = Thread(target=resolve)
        resolving.start()
        changed.wait(10)
        Thread(target=lambda: (time.sleep(0.3), go_on.set())).start()
        with shelf.store.begin() as tx:
            assert tx.incidents.with_key(INCIDENT.open_key) is None
        resolving.join(10)

    def test_whoever_gets_an_incident_holds_it_until_the_end(self, shelf: Shelf) -> None:
        """Read, decide, write: eight threads of two processes lose no change."""
        incident = shelf.incident(title="0")
        stores = [shelf.store, SqlStore(shelf.engine)]  # what one store knows, the other does not

        def count(number: int) -> None:
            for _ in range(5):
                with stores[number % 2].begin() as tx:
                    held = tx.incidents.get(incident.id)
                    tx.incidents.put(replace(held, title=str(int(held.title) + 1)))

        race(8, count)

        assert shelf.tell(lambda tx: tx.incidents.get(incident.id)).title == "40"

    def test_the_board_shows_the_worst_first_then_the_oldest(self, shelf: Shelf) -> None:
        """Resolved ones are not on it."""
        for name, rank, at in (("b", 1, NOW), ("a2", 0, LATER), ("a1", 0, NOW), ("gone", 0, NOW)):
            status = Status.RESOLVED if name == "gone" else Status.MONITORING
            shelf.incident(
                title=name, severity_rank=rank, opened_at=at, open_key=name, status=status
            )

        assert [each.title for each in shelf.tell(lambda tx: tx.incidents.open())] == [
            "a1",
            "a2",
            "b",
        ]
        assert [each.title for each in shelf.tell(lambda tx: tx.incidents.newest(2))] == [
            "gone",
            "a1",
        ]

    def test_its_version_grows_with_its_timeline_and_its_outputs(self, shelf: Shelf) -> None:
        """Pages that are open in a browser look at nothing else to know that they are old."""
        incident = shelf.incident()
        (run,) = shelf.runs({}, incident=incident)
        other = shelf.incident(open_key="other")
        seen = [shelf.tell(lambda tx: tx.incidents.version(incident.id))]
        newest = shelf.tell(lambda tx: tx.incidents.newest_entry())

        with shelf.store.begin() as tx:
            tx.timeline.append(entry(other.id))
        assert shelf.tell(lambda tx: tx.incidents.version(incident.id)) == seen[0] == (0, 0)
        with shelf.store.begin() as tx:
            tx.timeline.append(entry(incident.id))
        seen.append(shelf.tell(lambda tx: tx.incidents.version(incident.id)))
        with shelf.store.begin() as tx:
            tx.step_runs.append_output(run.id, 1, "a line")
        seen.append(shelf.tell(lambda tx: tx.incidents.version(incident.id)))

        assert len(set(seen)) == 3
        assert shelf.tell(lambda tx: tx.incidents.newest_entry()) > newest

    def test_the_newest_draft_of_a_post_mortem_counts(self, shelf: Shelf) -> None:
        """One per incident."""
        incident = shelf.incident()
        draft = Draft(incident_id=incident.id, at=LATER, text="# Second")
        with shelf.store.begin() as tx:
            assert tx.postmortems.get(incident.id) is None
            tx.postmortems.put(replace(draft, at=NOW, text="# First"))
            tx.postmortems.put(draft)

        assert shelf.tell(lambda tx: tx.postmortems.get(incident.id)) == draft


class TestPages:
    """Whom we asked, and how far it has come."""

    def test_a_page_is_filed_once_per_identity(self, shelf: Shelf) -> None:
        """A second look at the same escalation pages nobody twice."""
        incident = shelf.incident()
        with shelf.store.begin() as tx:
            deliveries = tx.pages.add(page(incident.id), ["mail", "hook"])
            assert tx.pages.add(page(incident.id, made_at=LATER), ["mail"]) == []
            tx.pages.add(page(incident.id, triggered_at=LATER), ["mail"])
            tx.pages.add(page(incident.id, round=1), ["mail"])
            tx.pages.add(page(incident.id, rung=1), ["mail"])
            tx.pages.add(page(incident.id, person="grace"), [])

        assert len(deliveries) == 2
        pages = shelf.tell(lambda tx: tx.pages.of_incident(incident.id))
        assert len(pages) == 5
        assert replace(pages[0], id=0) == page(incident.id)
        made = shelf.tell(lambda tx: tx.pages.deliveries(incident.id))
        assert [each.channel for each in made] == ["mail", "hook", "mail", "mail", "mail"]
        assert made[0] == Delivery(
            id=deliveries[0],
            page_id=pages[0].id,
            incident_id=incident.id,
            person="ada",
            channel="mail",
            due_at=NOW,
        )

    def test_eight_escalations_at_once_file_one_page(self, shelf: Shelf) -> None:
        """Each node may look; one of them pages."""
        incident = shelf.incident()

        def add(_number: int) -> int:
            with shelf.store.begin() as tx:
                return len(tx.pages.add(page(incident.id), ["mail"]))

        assert sum(race(8, add)) == 1

    def test_sixteen_threads_claim_a_delivery_once(self, shelf: Shelf) -> None:
        """The engine, the nudge and the auditor all wake: one mail goes out."""
        incident = shelf.incident()
        with shelf.store.begin() as tx:
            (delivery_id,) = tx.pages.add(page(incident.id), ["mail"])

        def claim(_number: int) -> Delivery | None:
            with shelf.store.begin() as tx:
                return tx.pages.claim(delivery_id, now=NOW, until=LATER)

        (mine,) = [each for each in race(16, claim) if each is not None]
        assert (mine.state, mine.attempts, mine.due_at) == (DeliveryState.SENDING, 1, LATER)

    def test_a_delivery_is_due_again_when_whoever_had_it_died(self, shelf: Shelf) -> None:
        """At the end of the lease and not before; a page may come twice but is never lost."""
        incident = shelf.incident()
        with shelf.store.begin() as tx:
            (delivery_id,) = tx.pages.add(page(incident.id), ["mail"])
            assert tx.pages.claim(delivery_id, now=NOW - SECOND, until=LATER) is None
            assert tx.pages.claim(delivery_id, now=NOW, until=LATER)

        with shelf.store.begin() as tx:
            assert tx.pages.claim(delivery_id, now=LATER - SECOND, until=LATER) is None
            again = tx.pages.claim(delivery_id, now=LATER, until=LATER + SECOND)
            assert again is not None and again.attempts == 2

    @pytest.mark.parametrize(
        "state", [DeliveryState.SENT, DeliveryState.GIVEN_UP, DeliveryState.UNNEEDED]
    )
    def test_a_delivery_that_is_over_is_never_claimed(
        self, shelf: Shelf, state: DeliveryState
    ) -> None:
        """Whatever its due time says."""
        incident = shelf.incident()
        with shelf.store.begin() as tx:
            (delivery_id,) = tx.pages.add(page(incident.id), ["mail"])
            over = replace(tx.pages.delivery(delivery_id), state=state, said="250 taken")
            tx.pages.put_delivery(over)

        with shelf.store.begin() as tx:
            assert tx.pages.claim(delivery_id, now=LATER, until=LATER) is None
            assert tx.pages.delivery(delivery_id) == over


class TestStepRuns:
    """What is run, approved and ticked."""

    def test_step_runs_come_back_as_they_were_filed_in_the_playbooks_order(
        self, shelf: Shelf
    ) -> None:
        """With the exact command that an approval binds."""
        second, first, third = shelf.runs(
            {"position": 1, "command": None}, {"position": 0}, {"position": 2, "as_written": True}
        )

        found = shelf.tell(lambda tx: tx.step_runs.of_incident(first.incident_id))

        assert found == [first, second, third]
        assert replace(first, id=0) == step_run(first.incident_id)
        assert found[0].command.fingerprint() == first.command.fingerprint()
        assert found[2].as_written

    def test_a_step_run_is_started_once_by_eight_threads(self, shelf: Shelf) -> None:
        """Whoever gets it holds it, so the others see that it has started."""
        (run,) = shelf.runs({})

        def start(_number: int) -> bool:
            with shelf.store.begin() as tx:
                held = tx.step_runs.get(run.id)
                if held.state is not RunState.READY:
                    return False
                tx.step_runs.put(replace(held, state=RunState.STARTED, attempt=held.attempt + 1))
                return True

        assert sum(race(8, start)) == 1
        assert shelf.tell(lambda tx: tx.step_runs.get(run.id)).attempt == 1

    def test_the_output_is_that_of_the_newest_attempt(self, shelf: Shelf) -> None:
        """In the order it came, not mixed with what an earlier attempt said."""
        run, silent = shelf.runs({"attempt": 2}, {"position": 1, "attempt": 1})
        with shelf.store.begin() as tx:
            for attempt, text in ((1, "old\n"), (2, "new "), (1, "straggler"), (2, "words ☎\n")):
                tx.step_runs.append_output(run.id, attempt, text)

        with shelf.store.look() as tx:
            assert tx.step_runs.output(run.id) == "new words ☎\n"
            assert tx.step_runs.output(silent.id) == ""
            assert tx.step_runs.outputs(run.incident_id) == {run.id: "new words ☎\n"}

    def test_any_output_can_be_kept(self, shelf: Shelf) -> None:
        """A NUL in a log must not lose the evidence around it."""
        (run,) = shelf.runs({"attempt": 1})
        with shelf.store.begin() as tx:
            tx.step_runs.append_output(run.id, 1, "before \x00 after \ud83d.")

        kept = shelf.tell(lambda tx: tx.step_runs.output(run.id))
        assert kept.startswith("before ") and " after " in kept and kept.endswith(".")

    def test_an_approval_is_used_once_by_eight_threads(self, shelf: Shelf) -> None:
        """A change is started at most once."""
        (run,) = shelf.runs({})
        approval = Approval(
            step_run_id=run.id, attempt=1, fingerprint="ab", by="ada", at=NOW, expires_at=LATER
        )
        with shelf.store.begin() as tx:
            tx.step_runs.approve(approval)

        def use(_number: int) -> bool:
            with shelf.store.begin() as tx:
                return tx.step_runs.use_approval(approval, at=NOW)

        assert sum(race(8, use)) == 1
        (used,) = shelf.tell(lambda tx: tx.step_runs.approvals(run.id))
        assert used == replace(approval, used_at=NOW)

    def test_approvals_stay_on_file_newest_first(self, shelf: Shelf) -> None:
        """A new one is needed for every attempt, and the old one stays on file as used."""
        (run,) = shelf.runs({})
        first = Approval(
            step_run_id=run.id, attempt=1, fingerprint="ab", by="ada", at=NOW, expires_at=LATER
        )
        second = replace(first, by="grace", at=NOW + SECOND)
        with shelf.store.begin() as tx:
            assert tx.step_runs.approvals(run.id) == []
            tx.step_runs.approve(first)
            assert tx.step_runs.use_approval(first, at=NOW)
            tx.step_runs.approve(second)
            assert tx.step_runs.approvals(run.id) == [second, replace(first, used_at=NOW)]
            assert not tx.step_runs.use_approval(replace(second, fingerprint="cd"), at=NOW)

    def test_what_a_dead_process_had_started_is_found(self, shelf: Shelf) -> None:
        """On SQLite there is one process, so any other is gone; PostgreSQL sees it by its beat."""
        started = {"state": RunState.STARTED}
        mine, theirs, _ready, alive = shelf.runs(
            {**started, "node": "me"},
            {**started, "node": "gone", "position": 1},
            {"node": "gone", "position": 2},
            {**started, "node": "alive", "position": 3},
        )
        with shelf.store.begin() as tx:
            for node in ("me", "alive", "gone"):
                tx.nodes.beat(node, at=NOW)
        shelf.sql(
            "UPDATE tocsin_node SET beat_at = :at WHERE node = 'gone'", at="2026-01-01 00:00:00"
        )

        with shelf.store.begin() as tx:
            lost = [each.id for each in tx.step_runs.started("me", now=NOW)]

        others = [theirs.id, alive.id] if shelf.is_sqlite else [theirs.id]
        assert lost == [mine.id, *others]


class TestTimeline:
    """The record."""

    def test_the_entries_of_a_step_run_are_its_own(self, shelf: Shelf) -> None:
        """Whether a change was started before must not depend on whose number begins alike."""
        one, other = shelf.incident(), shelf.incident(open_key="other")
        with shelf.store.begin() as tx:
            for incident_id, step_run in ((one.id, 1), (one.id, 12), (one.id, 2), (other.id, 1)):
                tx.timeline.append(entry(incident_id, "x", facts={"step_run": step_run, "n": 1}))
            tx.timeline.append(entry(one.id, "of none"))

        with shelf.store.look() as tx:
            found = tx.timeline.of_step_run(one.id, StepRunId(1))

        assert [each.facts["step_run"] for each in found] == [1]
        assert [each.incident_id for each in found] == [one.id]

    def test_entries_are_numbered_and_sealed_per_incident(self, shelf: Shelf) -> None:
        """From 1 without gaps, each holding the hash of the one before."""
        one, other = shelf.incident(), shelf.incident(open_key="other")
        with shelf.store.begin() as tx:
            first = tx.timeline.append(entry(one.id, "a", facts={"n": 1, "why": ["x", None]}))
            tx.timeline.append(entry(other.id, "b"))
            second = tx.timeline.append(entry(one.id, "c"))

        chain = shelf.chain(one.id)
        assert chain == [first, second]
        assert [each.seq for each in chain] == [1, 2]
        assert (first.previous_sha256, second.previous_sha256) == (ANCHOR, first.sha256)
        assert first_break(chain) == first_break(shelf.chain(other.id)) == ""

    def test_eight_threads_that_append_at_once_leave_one_whole_chain(self, shelf: Shelf) -> None:
        """Outputs, clicks and timers all write; nothing is lost and nothing forks."""
        incident = shelf.incident()

        def append(number: int) -> None:
            for turn in range(10):
                with shelf.store.begin() as tx:
                    if number % 2:
                        tx.incidents.get(incident.id)
                    tx.timeline.append(entry(incident.id, f"{number}.{turn}"))

        race(8, append)

        chain = shelf.chain(incident.id)
        assert [each.seq for each in chain] == list(range(1, 81))
        assert first_break(chain) == ""

    def test_who_notes_and_who_holds_the_incident_do_not_block_each_other_for_ever(
        self, shelf: Shelf
    ) -> None:
        """One lock per incident, however it is come by: two would be taken in either order."""
        incident = shelf.incident()
        held, noting = Event(), Event()

        def note() -> None:
            held.wait(10)
            noting.set()
            with shelf.store.begin() as tx:
                tx.step_runs.add([step_run(incident.id)])
                tx.timeline.append(entry(incident.id, "noted"))

        noter = Thread(target=note)
        noter.start()
        with shelf.store.begin() as tx:
            tx.incidents.get(incident.id)
            held.set()
            noting.wait(10)
            time.sleep(0.3)
            tx.timeline.append(entry(incident.id, "held"))
        noter.join(10)

        assert [each.text for each in shelf.chain(incident.id)] == ["held", "noted"]

    @pytest.mark.parametrize(
        ("tamper", "said"),
        [
            ("UPDATE tocsin_timeline SET text = 'nothing' WHERE seq = 2", "Entry 2 is not what"),
            ("UPDATE tocsin_timeline SET actor = 'mallory' WHERE seq = 3", "Entry 3 is not what"),
            ("UPDATE tocsin_timeline SET facts = '{}' WHERE seq = 1", "Entry 1 is not what"),
            ("DELETE FROM tocsin_timeline WHERE seq = 2", "Entry 2 is missing"),
            ("UPDATE tocsin_timeline SET seq = 9 - seq", "Entry 1 is missing"),
            ("UPDATE tocsin_timeline SET seq = 5 - seq", "Entry 1 does not follow"),
        ],
    )
    def test_a_row_that_was_changed_removed_or_moved_is_seen(
        self, shelf: Shelf, tamper: str, said: str
    ) -> None:
        """Whoever has a database client can write; they cannot do it unseen."""
        incident = shelf.incident()
        with shelf.store.begin() as tx:
            for text in "abcd":
                tx.timeline.append(entry(incident.id, text, facts={"n": 1}))
        if "- seq" in tamper:  # unique numbers are checked row by row
            shelf.sql("UPDATE tocsin_timeline SET seq = -seq")
            tamper = tamper.replace("- seq", "+ seq")

        shelf.sql(tamper)

        assert first_break(shelf.chain(incident.id)).startswith(said)

    def test_a_chain_that_was_rewritten_at_one_place_breaks_at_the_next(self, shelf: Shelf) -> None:
        """An entry with a hash that fits itself does not fit its successor."""
        incident = shelf.incident()
        with shelf.store.begin() as tx:
            for text in "abc":
                tx.timeline.append(entry(incident.id, text))
        shelf.sql("UPDATE tocsin_timeline SET sha256 = :sha WHERE seq = 1", sha="ab" * 32)

        assert first_break(shelf.chain(incident.id)) == "Entry 1 is not what was written."

    @pytest.mark.parametrize(
        "odd",
        [
            {"at": NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))},
            {"text": "a NUL \x00 and half a pair \ud83d"},
            {"actor": "ada \x00"},
            {"facts": {"text": "half a pair \udc80 and \x00", "pi": 3.14, "big": 2**70}},
            {"facts": {"not a number": float("nan"), "endless": float("inf")}},
            {"facts": {"pair": (1, 2), "deep": {"b": 1, "a": {"é": True}}}},
        ],
    )
    def test_whatever_is_written_verifies_afterwards(self, shelf: Shelf, odd: dict) -> None:
        """What comes from outside decides about texts and facts; it must not break the chain."""
        incident = shelf.incident()
        with shelf.store.begin() as tx:
            tx.timeline.append(entry(incident.id, **odd))
            tx.timeline.append(entry(incident.id, "after"))

        assert first_break(shelf.chain(incident.id)) == ""


class TestPeople:
    """Who may come in, and what they may do then."""

    def test_a_name_is_taken_once_and_so_is_one_that_looks_the_same(self, shelf: Shelf) -> None:
        """Two people whom a timeline could not tell apart would be one to everybody else."""
        with shelf.store.begin() as tx:
            assert tx.people.add_user(User(name="ada", made_at=NOW))
            assert not tx.people.add_user(User(name="ada", made_at=NOW))
            assert not tx.people.add_user(User(name="Ada", made_at=NOW))
            assert not tx.people.add_user(User(name="ａｄａ", made_at=NOW))

        with shelf.store.look() as tx:
            assert [each.name for each in tx.people.users()] == ["ada"]
            assert tx.people.user("grace") is None

    def test_rights_are_what_was_granted_and_nothing_while_disabled(self, shelf: Shelf) -> None:
        """Granting twice is once; disabling takes everything away and loses nothing."""
        approver = Grant(role=Role.APPROVER, service="shop")
        ada = User(name="ada", made_at=NOW)
        with shelf.store.begin() as tx:
            tx.people.add_user(ada)
            tx.people.grant("ada", approver)
            tx.people.grant("ada", approver)
            tx.people.grant("ada", approver, by_groups=True)
            assert tx.people.rights("ada") == Rights(grants=(approver,))
            tx.people.put_user(replace(ada, disabled_at=NOW))
            assert tx.people.rights("ada") == Rights()
            assert tx.people.granted("ada") == Rights(grants=(approver,))
            assert tx.people.rights("nobody") == Rights()

        with shelf.store.begin() as tx:
            tx.people.revoke_groups("ada")
            assert tx.people.granted("ada") == Rights(grants=(approver,))
            assert tx.people.revoke("ada", approver)
            assert not tx.people.revoke("ada", approver)
            assert tx.people.granted("ada") == Rights()

    def test_a_token_is_found_by_its_hash_and_counts_until_it_is_revoked(
        self, shelf: Shelf
    ) -> None:
        """Revoking counts tokens, ends the sessions too, and touches nobody else."""
        with shelf.store.begin() as tx:
            made = tx.people.add_token(token("ada", "a1", services=("shop",), role=Role.VIEWER))
            tx.people.add_token(token("ada", "a2"))
            tx.people.add_token(token("grace", "g1"))
            tx.people.token_used(made.id, at=LATER)
            for person in ("ada", "grace"):
                tx.people.add_session(session(person, f"s-{person}"))
            kept = tx.people.token("a1")
            assert kept == replace(made, used_at=LATER) == tx.people.token_numbered(made.id)

        with shelf.store.begin() as tx:
            assert tx.people.revoke_tokens("ada", at=NOW) == 2
            assert tx.people.revoke_tokens("ada", at=NOW) == 0

        with shelf.store.look() as tx:
            revoked, hers = tx.people.token("a1"), tx.people.token("g1")
            assert revoked and revoked.revoked_at == NOW and not revoked.opens(NOW)
            assert hers and hers.opens(NOW)
            assert tx.people.tokens("ada") == []
            assert tx.people.session("s-ada") is None
            assert tx.people.session("s-grace") is not None

    def test_a_revoked_token_takes_its_sessions_with_it(self, shelf: Shelf) -> None:
        """And leaves those that a password opened."""
        with shelf.store.begin() as tx:
            made = tx.people.add_token(token("ada", "a1"))
            tx.people.add_session(session("ada", "by-token", token_id=made.id))
            tx.people.add_session(session("ada", "by-password"))
            assert tx.people.revoke_token(made.id, at=NOW)
            assert not tx.people.revoke_token(made.id, at=NOW)
            assert tx.people.session("by-token") is None
            assert tx.people.session("by-password") is not None
            assert tx.people.end_sessions("ada") == 1

    def test_sessions_end_one_by_one_or_when_they_have_run_out(self, shelf: Shelf) -> None:
        """Ending one that never was is harmless."""
        with shelf.store.begin() as tx:
            tx.people.add_session(session("ada", "s1"))
            tx.people.add_session(session("ada", "s2"))
            tx.people.end_session("s2")
            tx.people.end_session("never was")
            tx.people.session_used("s1", at=NOW + SECOND)
            found = tx.people.session("s1")
            assert found and found.used_at == NOW + SECOND
            assert tx.people.session("s2") is None
            tx.people.end_sessions_before(LATER)
            assert tx.people.session("s1") is None

    def test_a_removed_user_leaves_nothing_that_opens(self, shelf: Shelf) -> None:
        """Whoever gets the name next must not inherit anything."""
        with shelf.store.begin() as tx:
            tx.people.add_user(User(name="ada", made_at=NOW, issuer="https://i", subject="7"))
            tx.people.grant("ada", Grant(role=Role.ADMIN))
            tx.people.add_token(token("ada", "a1"))
            tx.people.add_session(session("ada", "s1"))
            found = tx.people.user_with_subject("https://i", "7")
            assert found and found.name == "ada"
            tx.people.remove_user("ada")
            assert tx.people.user_with_subject("https://i", "7") is None
            assert tx.people.token("a1") is tx.people.session("s1") is None
            assert tx.people.granted("ada") == Rights()


class TestSeeing:
    """The one place where rows are kept from those who may not see them."""

    def test_other_services_incidents_do_not_exist(self, shelf: Shelf) -> None:
        """Neither one by one nor in lists, whether looking or writing."""
        shop, billing = shelf.incident(), shelf.incident(service="billing", open_key="b")
        narrow = shelf.store.seen_by(frozenset({shop.service}))
        for opened in (narrow.look, narrow.begin):
            with opened() as tx:
                assert [each.id for each in tx.incidents.open()] == [shop.id]
                assert [each.id for each in tx.incidents.newest(10)] == [shop.id]
                assert tx.incidents.get(shop.id).id == shop.id
                with pytest.raises(NotFound, match=f"There is no incident {billing.id}"):
                    tx.incidents.get(billing.id)
                assert tx.incidents.with_key("b") is None

    def test_whoever_may_see_nothing_sees_nothing_and_whoever_sees_all_sees_all(
        self, shelf: Shelf
    ) -> None:
        """An empty set is not "no limit"."""
        incident = shelf.incident()
        with shelf.store.seen_by(frozenset()).look() as tx:
            assert tx.incidents.open() == tx.incidents.newest(5) == []
        with shelf.store.seen_by(None).look() as tx:
            assert [each.id for each in tx.incidents.open()] == [incident.id]

    def test_other_services_step_runs_do_not_exist(self, shelf: Shelf) -> None:
        """A number that was guessed says no more than one that was never given."""
        incident = shelf.incident(service="billing", open_key="b")
        (run,) = shelf.runs({}, incident=incident)
        shop = shelf.store.seen_by(frozenset({"shop"}))
        with shop.look() as tx, pytest.raises(NotFound, match=f"There is no step run {run.id}"):
            tx.step_runs.get(run.id)
        with shelf.store.seen_by(frozenset({"billing"})).begin() as tx:
            assert tx.step_runs.get(run.id).id == run.id


def token(person: str, sha256: str, **more: object) -> Token:
    return Token(person=person, name="test", sha256=sha256, made_at=NOW, **more)  # type: ignore[arg-type]


def session(person: str, sha256: str, **more: object) -> Session:
    return Session(person=person, sha256=sha256, made_at=NOW, used_at=NOW, expires_at=LATER, **more)  # type: ignore[arg-type]


class TestAudit:
    """Rows say what is due."""

    def test_it_finds_each_kind_of_row_that_was_due(self, shelf: Shelf) -> None:
        """And asks for exactly the wake that was lost."""
        incident = shelf.incident(escalate_at=NOW, recover_at=None)
        watched = shelf.incident(open_key="w", escalate_at=None, recover_at=NOW)
        ready, _started = shelf.runs(
            {}, {"position": 1, "state": RunState.STARTED}, incident=incident
        )
        with shelf.store.begin() as tx:
            (delivery_id,) = tx.pages.add(page(incident.id), ["mail"])
            tx.alerts.add("am", [REPORT], at=NOW)

        found = shelf.tell(lambda tx: tx.overdue(before=NOW))

        assert sorted((wake.kind, wake.subject) for wake in found) == sorted(
            [
                (WakeKind.BIND, 0),
                (WakeKind.ESCALATE, incident.id),
                (WakeKind.RECOVER, watched.id),
                (WakeKind.DELIVER, delivery_id),
                (WakeKind.RUN, ready.id),
            ]
        )
        assert {wake.at for wake in found} == {NOW}

    def test_it_finds_a_delivery_whose_sender_died(self, shelf: Shelf) -> None:
        """Once its lease has run out."""
        incident = shelf.incident(escalate_at=None)
        with shelf.store.begin() as tx:
            (delivery_id,) = tx.pages.add(page(incident.id), ["mail"])
            tx.pages.claim(delivery_id, now=NOW, until=LATER)

        assert shelf.tell(lambda tx: tx.overdue(before=LATER - SECOND)) == []
        (wake,) = shelf.tell(lambda tx: tx.overdue(before=LATER))
        assert (wake.kind, wake.subject) == (WakeKind.DELIVER, delivery_id)

    def test_it_finds_nothing_that_is_not_due_or_is_over(self, shelf: Shelf) -> None:
        """Else it would wake everybody all the time, and hide what is really overdue."""
        incident = shelf.incident(escalate_at=LATER, recover_at=LATER)
        shelf.runs(
            *({"position": place, "state": state} for place, state in enumerate(_AT_REST)),
            incident=incident,
        )
        with shelf.store.begin() as tx:
            (delivery_id,) = tx.pages.add(page(incident.id), ["mail"])
            sent = replace(tx.pages.delivery(delivery_id), state=DeliveryState.SENT)
            tx.pages.put_delivery(sent)
            tx.alerts.add("am", [REPORT], at=NOW)
            for alert in tx.alerts.pending(9):
                tx.alerts.settle(alert.id, incident.id)

        assert shelf.tell(lambda tx: tx.overdue(before=NOW)) == []


_AT_REST = [state for state in RunState if state is not RunState.READY]


class TestTransactions:
    """Everything or nothing."""

    WAKE = Wake(kind=WakeKind.BIND, subject=0, at=NOW)

    def test_wakes_are_enqueued_inside_and_nudged_after_the_commit(self, shelf: Shelf) -> None:
        """Whoever is nudged must find the row; the same wake asked for twice is one."""
        seen: list[int] = []
        shelf.store._after_commit = lambda _wakes: seen.append(
            len(shelf.tell(lambda tx: tx.incidents.open()))
        )
        with shelf.store.begin() as tx:
            tx.incidents.add(INCIDENT)
            tx.wake(self.WAKE)
            tx.wake(self.WAKE)
            assert shelf.enqueued == [] and seen == []

        assert shelf.enqueued == [self.WAKE]
        assert seen == [1]

    def test_what_fails_leaves_nothing_and_wakes_nobody(self, shelf: Shelf) -> None:
        """A defect of ours keeps its traceback."""
        with pytest.raises(ZeroDivisionError), shelf.store.begin() as tx:
            tx.incidents.add(INCIDENT)
            tx.wake(self.WAKE)
            raise ZeroDivisionError

        assert shelf.tell(lambda tx: tx.incidents.open()) == []
        assert shelf.enqueued == [] and shelf.nudged == []

    def test_a_wake_that_cannot_be_enqueued_is_left_to_the_auditor(
        self, shelf: Shelf, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An engine with broken tables must not stop intake and paging."""

        def enqueue_into_nothing(connection: sa.Connection, wake: Wake) -> None:
            if wake.subject:
                connection.execute(sa.text("INSERT INTO no_such_table VALUES (1)"))
            connection.execute(sa.insert(schema.setting), {"name": "wake", "value": "0"})

        shelf.store._enqueue = enqueue_into_nothing
        with shelf.store.begin() as tx:
            tx.incidents.add(INCIDENT)
            tx.wake(self.WAKE)
            tx.wake(replace(self.WAKE, subject=1))

        assert len(shelf.tell(lambda tx: tx.incidents.open())) == 1
        assert [wake.subject for wake in shelf.nudged] == [0, 1]
        with shelf.engine.connect() as connection:
            assert connection.execute(sa.select(schema.setting)).all() == []
        assert "the auditor carries them" in caplog.text

    def test_a_transaction_that_is_lost_while_enqueueing_is_said(self, shelf: Shelf) -> None:
        """SQLite gives up the whole transaction on a full disk: nothing may pass as kept."""

        def lose_everything(connection: sa.Connection, _wake: Wake) -> None:
            connection.exec_driver_sql("ROLLBACK")
            raise RuntimeError("disk full")

        shelf.store._enqueue = lose_everything
        with pytest.raises((Unavailable, sa.exc.DBAPIError)), shelf.store.begin() as tx:
            tx.incidents.add(INCIDENT)
            tx.wake(self.WAKE)

        assert shelf.tell(lambda tx: tx.incidents.open()) == []
        assert shelf.nudged == []

    def test_a_look_sees_nothing_uncommitted_and_does_not_wait_for_a_writer(
        self, shelf: Shelf
    ) -> None:
        """The console stays readable while something long is written."""
        shelf.incident(open_key="there")
        with shelf.store.begin() as tx:
            tx.incidents.add(INCIDENT)
            began = time.monotonic()
            with shelf.store.look() as looking:
                seen = looking.incidents.open()
                looking.incidents.get(seen[0].id)
                looking.incidents.with_key("there")
                looking.alerts.known("am", [REPORT])
            assert time.monotonic() - began < 1

        assert len(seen) == 1

    def test_a_look_cannot_write(self, shelf: Shelf) -> None:
        """Not even by mistake; and whoever comes next on that connection can."""
        with pytest.raises(Unavailable, match="cannot be written"), shelf.store.look() as tx:
            tx.incidents.add(INCIDENT)

        assert shelf.tell(lambda tx: tx.incidents.open()) == []
        for _ in range(3):
            shelf.incident(open_key=None)


class TestRecord:
    """What belongs to no incident, and checkpoints over all that was written."""

    def test_what_belongs_to_no_incident_has_a_chain_of_its_own(self, shelf: Shelf) -> None:
        """Who logged in and who made whom an approver is as much record as what was run."""
        with shelf.store.begin() as tx:
            tx.audit.note(EntryKind.LOGIN, "logged in", at=NOW, actor="ada")
            tx.audit.note(EntryKind.PEOPLE, "made an approver\x00", at=LATER, facts={"who": "bob"})

        entries = shelf.tell(lambda tx: tx.audit.chain(HOUSE))

        assert first_break(entries) == ""
        assert [(each.seq, each.actor) for each in entries] == [(1, "ada"), (2, SYSTEM)]
        assert entries[1].text == "made an approver\ufffd"
        assert shelf.tell(lambda tx: tx.audit.lengths()) == {HOUSE: 2}

    def test_any_chain_can_be_read_from_any_entry_on(self, shelf: Shelf) -> None:
        """What was looked at once need not be looked at again."""
        incident = shelf.incident()
        with shelf.store.begin() as tx:
            first, second = (tx.timeline.append(entry(incident.id)) for _ in range(2))

        assert shelf.tell(lambda tx: tx.audit.chain(incident.id)) == [first, second]
        assert shelf.tell(lambda tx: tx.audit.chain(incident.id, after=1)) == [second]
        assert shelf.tell(lambda tx: tx.audit.lengths()) == {incident.id: 2}

    def test_a_checkpoint_stands_on_the_one_before(self, shelf: Shelf) -> None:
        """Who has seen the newest has seen them all."""
        heads = (Head(chain=HOUSE, seq=3, sha256="a" * 64),)
        with shelf.store.begin() as tx:
            first = tx.audit.add_checkpoint(heads, at=NOW)
            second = tx.audit.add_checkpoint((), at=LATER)

        assert shelf.tell(lambda tx: tx.audit.checkpoints()) == [first, second]
        assert shelf.tell(lambda tx: tx.audit.checkpoints(after=1)) == [second]
        assert (first.heads, second.previous_sha256) == (heads, first.sha256)
        assert checkpoint.first_break([first, second]) == ""

    @pytest.mark.parametrize("value", ["kind = 'nonsense'", "facts = '{'", "facts = '3'"])
    def test_a_row_that_nobody_of_us_wrote_is_a_problem(self, shelf: Shelf, value: str) -> None:
        """Whoever meddles with the record must not be able to stop us from saying so."""
        with shelf.store.begin() as tx:
            tx.audit.note(EntryKind.LOGIN, "logged in", at=NOW)
        with shelf.engine.begin() as connection:
            connection.execute(sa.text(f"UPDATE tocsin_audit SET {value}"))

        with pytest.raises(Invalid, match="damaged"):
            shelf.tell(lambda tx: tx.audit.chain(HOUSE))

    def test_two_that_write_at_once_wait_for_each_other(self, shelf: Shelf) -> None:
        """Two entries must not stand on the same one."""

        def note(number: int) -> None:
            with shelf.store.begin() as tx:
                tx.audit.note(EntryKind.LOGIN, f"{number}", at=NOW)

        race(8, note)

        assert first_break(shelf.tell(lambda tx: tx.audit.chain(HOUSE))) == ""
        assert shelf.tell(lambda tx: tx.audit.lengths()) == {HOUSE: 8}


class TestHostRuns:
    def test_an_attempt_begins_on_a_host_once_by_eight_threads(self, shelf: Shelf) -> None:
        """A change is started at most once on each host."""
        (run,) = shelf.runs({"attempt": 1})
        begun = HostRun(
            step_run_id=run.id, attempt=1, host="web1", state=RunState.STARTED, started_at=NOW
        )

        def begin(_number: int) -> bool:
            with shelf.store.begin() as tx:
                return tx.step_runs.begin_on(begun)

        assert sum(race(8, begin)) == 1
        assert shelf.tell(lambda tx: tx.step_runs.host_runs(run.id)) == [begun]

    def test_what_has_ended_stays_as_it_ended(self, shelf: Shelf) -> None:
        """A straggler of a process that was taken for dead changes nothing."""
        (run,) = shelf.runs({"attempt": 1})
        begun = HostRun(step_run_id=run.id, attempt=1, host="web1", state=RunState.STARTED)
        ended = replace(begun, state=RunState.FAILED, exit_status=3)
        with shelf.store.begin() as tx:
            tx.step_runs.begin_on(begun)
            tx.step_runs.end_on(ended)
            tx.step_runs.end_on(replace(begun, state=RunState.SUCCEEDED))

        assert shelf.tell(lambda tx: tx.step_runs.host_runs(run.id)) == [ended]

    def test_the_newest_of_each_host_counts(self, shelf: Shelf) -> None:
        """What ran again on one host says nothing about the others."""
        (run,) = shelf.runs({"attempt": 2})
        first = HostRun(step_run_id=run.id, attempt=1, host="web1", state=RunState.FAILED)
        other = replace(first, host="web2", state=RunState.SUCCEEDED)
        again = replace(first, attempt=2, state=RunState.SUCCEEDED)
        with shelf.store.begin() as tx:
            for each in (first, other, again):
                assert tx.step_runs.begin_on(each)

        found = shelf.tell(lambda tx: tx.step_runs.host_runs(run.id))

        assert sorted(found, key=lambda each: each.host) == [again, other]

    def test_each_hosts_output_stands_together(self, shelf: Shelf) -> None:
        """Lines of two machines that are mixed are evidence of neither."""
        (run,) = shelf.runs({"attempt": 1})
        with shelf.store.begin() as tx:
            for host, text in (("web1", "a\n"), ("web2", "x"), ("web1", "b\n"), ("web2", "y")):
                tx.step_runs.append_output(run.id, 1, text, host=host)

        with shelf.store.look() as tx:
            assert tx.step_runs.output(run.id) == "=== web1 ===\na\nb\n=== web2 ===\nxy\n"
