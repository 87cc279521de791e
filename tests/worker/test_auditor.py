"""The auditor: what a dead process had begun is made good by the next one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drill import Died, Drill
from tocsin.worker.auditor import Auditor


def auditor_of(drill: Drill) -> Auditor:
    return Auditor(drill.store, drill.wakes, node="next", now=lambda: drill.clock)


def kill_while_sending(drill: Drill) -> None:
    drill.mailbox.refuse = Died()  # type: ignore[assignment]  # what a channel never raises
    with pytest.raises(Died):
        drill.alert()
    drill.mailbox.refuse = None


def test_a_page_that_died_on_its_way_goes_out_as_soon_as_we_are_back(drill: Drill) -> None:
    """Nobody else can be sending it, so waiting for the lease would only cost half a minute."""
    kill_while_sending(drill)
    auditor = auditor_of(drill)

    auditor.take_over()
    auditor.audit(slack=timedelta())
    drill.run_due()

    assert drill.paged == ["ada"]


def test_a_page_that_is_on_its_way_is_left_alone_by_later_audits(drill: Drill) -> None:
    """Else every slow relay would get each page twice."""
    kill_while_sending(drill)
    drill.clock += timedelta(seconds=20)

    auditor_of(drill).audit()
    drill.run_due()

    assert drill.paged == []


def test_nothing_is_taken_over_twice(drill: Drill) -> None:
    """A page that was taken is over, whoever starts next."""
    drill.alert()
    auditor = auditor_of(drill)

    auditor.take_over()
    auditor.audit(slack=timedelta())
    drill.run_due()

    assert drill.paged == ["ada"]
