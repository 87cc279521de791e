"""The witness: checkpoints go out, what fails is said and tried again, nothing waits for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from drill import Drill
from tocsin.adapters.outlets.file import FileOutlet, read_file
from tocsin.adapters.outlets.message import MessageOutlet
from tocsin.core.checkpoint import first_break, read
from tocsin.core.errors import Unavailable
from tocsin.core.incident import Action
from tocsin.core.workspace import Person
from tocsin.ports.outlets import After
from tocsin.records.verify import verify
from tocsin.worker.witness import Witness


class Broken:
    """A place that cannot be reached until it is mended."""

    def __init__(self, mended: Callable[[After], None]) -> None:
        self.mended = mended
        self.is_mended = False

    def send(self, after: After) -> None:
        if not self.is_mended:
            raise Unavailable("audit.file", "The disk is gone.")
        self.mended(after)


def test_checkpoints_reach_the_file_and_the_file_proves_the_record(
    drill: Drill, tmp_path: Path
) -> None:
    """Two looks, two lines; nothing new, nothing more."""
    path = tmp_path / "checkpoints"
    witness = Witness(drill.store, {"file": FileOutlet(path)}, now=lambda: drill.clock)
    drill.alert()
    witness.look()
    drill.fast_forward(timedelta(minutes=6))
    witness.look()
    witness.look()

    kept = read_file(path)
    with drill.store.look() as tx:
        verdict = verify(tx, kept)
    assert (len(kept), first_break(kept)) == (2, "")
    assert (verdict.wrong, verdict.uncovered) == ((), 0)
    assert witness.warnings() == ()


def test_a_place_that_fails_is_said_and_gets_all_of_it_later(drill: Drill, tmp_path: Path) -> None:
    """No checkpoint is lost, and the others get theirs meanwhile."""
    path, other = tmp_path / "late", tmp_path / "other"
    broken = Broken(FileOutlet(path).send)
    places = {"the disk": broken, "the other": FileOutlet(other)}
    witness = Witness(drill.store, places, now=lambda: drill.clock)
    drill.alert()
    witness.look()
    drill.fast_forward(timedelta(minutes=6))
    witness.look()

    assert witness.warnings() == ("the disk: The disk is gone.",)
    assert len(read_file(other)) == 2

    broken.is_mended = True
    witness.look()
    assert witness.warnings() == ()
    assert read_file(path) == read_file(other)


def test_a_record_that_was_touched_is_said_without_being_asked(drill: Drill) -> None:
    """With the next checkpoint, not with the next inspection."""
    witness = Witness(drill.store, {}, now=lambda: drill.clock)
    drill.alert()
    drill.tampered = True
    with drill.engine.begin() as connection:
        connection.execute(sa.text("UPDATE tocsin_timeline SET actor = 'eve' WHERE seq = 2"))

    witness.look()

    (said,) = witness.warnings()
    assert said == "the record: Incident 1: Entry 2 is not what was written."


def test_the_last_checkpoint_is_taken_when_it_stops(drill: Drill, tmp_path: Path) -> None:
    """What was written in the last minute is covered, too."""
    path = tmp_path / "checkpoints"
    witness = Witness(drill.store, {"file": FileOutlet(path)}, now=lambda: drill.clock)
    drill.alert()
    witness.start()
    witness.stop()

    with drill.store.look() as tx:
        assert verify(tx, read_file(path)).uncovered == 0


def test_a_mail_holds_the_newest_checkpoint_and_comes_once_an_hour(drill: Drill) -> None:
    """One vouches for all before it, and nobody reads sixty mails an hour."""
    outlet = MessageOutlet(drill.mailbox, Person(name="record", email="r@example.org"), link="x")
    witness = Witness(drill.store, {"mail": outlet}, now=lambda: drill.clock)
    drill.alert()
    paged = len(drill.mailbox.messages)
    witness.look()
    drill.fast_forward(timedelta(minutes=2))
    drill.act(1, Action.ACKNOWLEDGE)
    witness.look()

    (mail,) = [
        message for _, message in drill.mailbox.messages[paged:] if "checkpoint" in message.key
    ]
    assert read(mail.text.splitlines()[0]).seq == 1
