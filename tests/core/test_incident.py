"""The life of an incident, as its table has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Conflict
from tocsin.core.ids import IncidentId
from tocsin.core.incident import TRANSITIONS, Action, Incident, Status, apply

AT = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=7)


def incident(status: Status = Status.TRIGGERED) -> Incident:
    return Incident(
        id=IncidentId(1), title="x", service="shop", status=status, opened_at=AT, triggered_at=AT
    )


@given(st.sampled_from(Status), st.sampled_from(Action))
def test_an_action_that_has_happened_may_be_repeated(status: Status, action: Action) -> None:
    """A tired person presses twice; the second press must not be an error nor a change."""
    if (status, action) not in TRANSITIONS:
        return
    once = apply(incident(status), action, by="ada", at=LATER)
    if (once.status, action) not in TRANSITIONS:
        assert action in (Action.MITIGATE, Action.RELEASE, Action.RELAPSE, Action.REOPEN)
        return

    assert apply(once, action, by="ada", at=LATER) == once


def test_a_resolved_incident_cannot_be_acknowledged() -> None:
    """What is over is reopened first, so that the escalation starts afresh."""
    with pytest.raises(Conflict) as caught:
        apply(incident(Status.RESOLVED), Action.ACKNOWLEDGE, by="ada", at=LATER)

    assert caught.value.code == "incident.transition"
    assert "Reopen" in caught.value.hint


def test_taking_over_names_the_new_responder_and_keeps_the_first_time() -> None:
    """The time to acknowledge is the first person's; who has it is the last one's."""
    first = apply(incident(), Action.ACKNOWLEDGE, by="ada", at=AT)
    second = apply(first, Action.ACKNOWLEDGE, by="grace", at=LATER)

    assert (second.acknowledged_by, second.acknowledged_at) == ("grace", AT)


def test_a_relapse_waits_for_somebody_again() -> None:
    """The old acknowledgement does not count: whoever had it may be asleep by now."""
    taken = apply(incident(), Action.ACKNOWLEDGE, by="ada", at=AT)
    watched = apply(taken, Action.MITIGATE, by="tocsin", at=AT)

    back = apply(watched, Action.RELAPSE, by="tocsin", at=LATER)

    assert back.status is Status.TRIGGERED
    assert (back.acknowledged_by, back.triggered_at, back.escalate_at) == ("", LATER, LATER)


def test_a_resolved_incident_gives_its_key_back() -> None:
    """So that the next alert opens a new incident instead of waking the dead."""
    open_one = apply(incident(), Action.RESOLVE, by="ada", at=LATER)

    assert (open_one.open_key, open_one.resolved_at) == (None, LATER)
