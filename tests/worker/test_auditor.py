"""The auditor: what a dead process had begun is made good by the next one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from drill import MINUTE, Died, Drill
from tocsin.core.errors import Unavailable
from tocsin.ports.work import Wake, WakeKind
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


POISON = """
update tocsin_step_run set state = 'started', node = 'old', command = '{"x": 1}'
where incident_id = 2
"""


def let_pages_wait(drill: Drill) -> None:
    drill.mailbox.refuse = Unavailable("channel.smtp", "not now")
    drill.alert()
    drill.alert("SearchSlow")
    drill.mailbox.refuse = None
    drill.clock += MINUTE


def test_a_row_that_cannot_be_read_costs_no_page(
    drill: Drill, caplog: pytest.LogCaptureFixture
) -> None:
    """What settles lost runs stumbles over a broken one; what is due is found all the same."""
    let_pages_wait(drill)
    with drill.engine.begin() as connection:
        connection.exec_driver_sql(POISON)
    drill.tampered = True

    found: list[Wake] = []
    auditor = Auditor(drill.store, found.extend, node="next", now=lambda: drill.clock)
    auditor.audit()

    assert "audit failed to write" in caplog.text
    assert [wake.kind for wake in found].count(WakeKind.DELIVER) == 2


def test_a_broken_row_does_not_make_this_process_look_dead(drill: Drill) -> None:
    """Its heartbeat is a transaction of its own: others would settle what it still runs."""
    let_pages_wait(drill)
    with drill.engine.begin() as connection:
        connection.exec_driver_sql(POISON)
    drill.tampered = True

    auditor_of(drill).audit()

    with drill.engine.connect() as connection:
        nodes = connection.exec_driver_sql("select node from tocsin_node").scalars().all()
    assert "next" in nodes


def test_what_is_due_is_found_although_no_heartbeat_can_be_written(drill: Drill) -> None:
    """A database that refuses writes is no reason to be silent."""
    let_pages_wait(drill)
    with drill.engine.begin() as connection:
        connection.exec_driver_sql("alter table tocsin_node rename to elsewhere")
    found: list[Wake] = []

    def nudge(wakes: Sequence[Wake]) -> None:
        found.extend(wakes)
        auditor.stop()

    auditor = Auditor(drill.store, nudge, node="next", now=lambda: drill.clock)
    auditor.start()
    auditor._thread.join(10)

    assert WakeKind.DELIVER in {wake.kind for wake in found}
