"""Pages, told from the pager's side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from drill import MINUTE, SECOND, WORKSPACE, Drill
from tocsin.core.errors import Invalid, Unavailable
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Action, Incident
from tocsin.core.workspace import Person
from tocsin.paging.escalate import wake_again
from tocsin.ports.channels import Message


def test_the_second_level_is_paged_when_the_first_runs_out(drill: Drill) -> None:
    """At exactly the first level's patience, and not a minute before."""
    drill.alert()
    assert drill.paged == ["ada"]

    drill.fast_forward(4 * MINUTE)
    assert drill.paged == ["ada"]

    drill.fast_forward(1 * MINUTE)
    assert drill.paged == ["ada", "grace"]


def test_an_acknowledgement_rests_the_policy_but_not_the_runbooks_own_clock(drill: Drill) -> None:
    """ "No improvement after 20 min" holds although somebody is on it."""
    drill.alert()
    drill.act(1, Action.ACKNOWLEDGE)

    drill.fast_forward(60 * MINUTE)

    assert drill.paged == ["ada", "linus"]
    assert drill.told("paging linus by mail after 20m: the runbook says")


def test_rungs_missed_while_no_worker_ran_are_paged_late(drill: Drill) -> None:
    """Better late and all at once than never: an outage of ours must not eat a page."""
    drill.alert()

    drill.sleep(3 * 60 * MINUTE)

    assert drill.paged == ["ada", "grace", "linus"]
    assert drill.told("escalation exhausted: nobody acknowledged")


def test_a_reopened_incident_pages_everyone_afresh(drill: Drill) -> None:
    """Yesterday's page to Ada does not count for today."""
    drill.alert()
    drill.act(1, Action.RESOLVE)

    drill.fast_forward(60 * MINUTE)
    drill.act(1, Action.REOPEN, by="grace")

    assert drill.paged == ["ada", "ada"]


def test_a_released_incident_has_one_escalation_not_two(drill: Drill) -> None:
    """The look scheduled before the acknowledgement is replaced, not joined."""
    drill.alert()
    drill.act(1, Action.ACKNOWLEDGE)
    drill.fast_forward(MINUTE)
    drill.act(1, Action.RELEASE)

    drill.fast_forward(5 * MINUTE)

    assert drill.paged == ["ada", "ada", "grace"]


def test_a_page_the_relay_refuses_for_now_is_tried_again_until_it_is_taken(drill: Drill) -> None:
    """A mail server that restarts must not cost the page."""
    drill.mailbox.refuse = Unavailable("channel.smtp", "not now")
    drill.alert()
    assert drill.paged == []

    drill.fast_forward(4 * SECOND)
    drill.mailbox.refuse = None
    drill.fast_forward(2 * SECOND)

    assert drill.paged == ["ada"]
    assert drill.told("not taken by mail, trying again")
    assert drill.told("page to ada taken by mail: 250 taken")


def test_a_page_that_can_never_be_taken_is_given_up_loudly(drill: Drill) -> None:
    """A wrong address is a warning on the incident, not an endless loop."""
    drill.mailbox.refuse = Invalid("channel.recipient", "no such mailbox")
    drill.alert()
    drill.fast_forward(3 * MINUTE)

    assert sum("page to ada not taken by mail, given up" in text for text in drill.story()) == 1


def refuse_for(drill: Drill, *names: str) -> None:
    """Let the relay refuse these people for good, and take everybody else's mail."""
    take = drill.mailbox.send

    def send(message: Message, person: Person) -> str:
        if person.name in names:
            raise Invalid("channel.recipient", "no such mailbox")
        return take(message, person)

    drill.mailbox.send = send  # type: ignore[method-assign]


def test_the_next_level_is_not_waited_for_when_nobody_could_be_reached(drill: Drill) -> None:
    """Five minutes of patience with a mailbox that does not exist help nobody."""
    refuse_for(drill, "ada")
    drill.alert()

    assert drill.paged == ["grace"]
    assert drill.told("nobody could be reached at level 1")

    drill.fast_forward(60 * MINUTE)
    assert drill.paged == ["grace", "linus"]


def test_the_next_level_is_waited_for_while_one_of_a_level_can_be_reached(tmp_path: Path) -> None:
    """Grace has her page; that Ada's mailbox is gone is said, and wakes nobody else."""
    together = WORKSPACE.replace('people = ["ada"]', 'people = ["ada", "grace"]')
    drill = Drill(tmp_path, workspace=together.replace('["grace"]\n', '["linus"]\n'))
    refuse_for(drill, "ada")
    drill.alert()

    assert drill.paged == ["grace"]
    assert not drill.told("nobody could be reached")
    drill.close()


def test_a_level_given_up_before_a_crash_is_not_forgotten(drill: Drill) -> None:
    """It follows from the rows: a lost wake costs the time to the audit, not the patience."""
    refuse_for(drill, "ada")
    lost, drill.wakes = drill.wakes, lambda wakes: None  # type: ignore[method-assign]
    drill.alert()
    drill.wakes = lost  # type: ignore[method-assign]

    for _ in range(3):  # bind, deliver, escalate: each is found by an audit
        drill.restart()

    assert drill.paged == ["grace"]


def test_a_person_whose_channels_are_gone_delays_nobody(drill: Drill) -> None:
    """Said on the incident, and the next level is asked at once."""
    people = tuple(
        replace(person, channels=("pager",)) if person.name == "ada" else person
        for person in drill.app.workspace.people
    )
    drill.app = replace(drill.app, workspace=replace(drill.app.workspace, people=people))
    drill.restart()
    drill.alert()

    assert drill.paged == ["grace"]
    assert drill.told("ada cannot be paged: no channel of theirs is in tocsin.toml")

    drill.fast_forward(60 * MINUTE)
    assert drill.paged == ["grace", "linus"]
    assert sum("ada cannot be paged" in text for text in drill.story()) == 1
    assert drill.told("escalation exhausted")


def test_when_nobody_at_all_can_be_reached_it_ends_and_says_so(drill: Drill) -> None:
    """No loop, no silence: every level is named, and the end is."""
    refuse_for(drill, "ada", "grace", "linus")
    drill.alert()
    drill.fast_forward(60 * MINUTE)

    assert drill.told("nobody could be reached at level 1")
    assert drill.told("nobody could be reached at level 2")
    assert drill.told("escalation exhausted: nobody acknowledged")
    assert drill.incident.escalate_at is None


def test_a_page_is_not_sent_to_somebody_who_has_it_already(drill: Drill) -> None:
    """Acknowledged before the retry: the phone stays quiet."""
    drill.mailbox.refuse = Unavailable("channel.smtp", "not now")
    drill.alert()
    drill.act(1, Action.ACKNOWLEDGE)
    drill.mailbox.refuse = None

    drill.fast_forward(MINUTE)

    assert drill.paged == []


def test_a_page_whose_sender_died_goes_out_again_with_the_same_key(drill: Drill) -> None:
    """At least once, and recognisable."""
    sent = drill.mailbox.send

    def send_and_die(*page: object) -> str:
        sent(*page)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    drill.mailbox.send = send_and_die  # type: ignore[assignment]
    try:
        drill.alert()
    except KeyboardInterrupt:
        drill.mailbox.send = sent  # type: ignore[method-assign]
    drill.clock += 31 * SECOND
    drill.restart()

    keys = {message.key for _, message in drill.mailbox.messages}
    assert drill.paged == ["ada", "ada"]
    assert len(keys) == 1


def test_a_page_says_what_is_down_first_and_holds_a_link(drill: Drill) -> None:
    """Read on a phone, half asleep: the first line is what matters."""
    drill.alert(severity="critical")

    message = drill.mailbox.messages[0][1]
    assert message.subject == "[P1] CheckoutFailing on shop (#1)"
    assert message.text.splitlines()[0] == "CheckoutFailing on shop is triggered"
    assert "Since 2026-01-05 03:00:00Z" in message.text
    assert message.link.startswith("http://tocsin.test/page/")
    assert message.link in message.text


def test_alert_text_cannot_break_out_of_a_page(drill: Drill) -> None:
    """A newline in a label would forge mail headers or whole messages."""
    drill.webhook(
        {
            "version": "4",
            "alerts": [
                {
                    "status": "firing",
                    "labels": {"alertname": "X\r\nBcc: all@example.org", "service": "shop"},
                    "annotations": {"summary": "a\x1b[2J\u202eb"},
                    "startsAt": "2026-01-05T02:58:00Z",
                }
            ],
        }
    )

    message = drill.mailbox.messages[0][1]
    assert message.subject.isprintable()
    assert not any(line.startswith("Bcc") for line in message.text.splitlines())


def news(drill: Drill, incident_id: int = 1) -> Incident:
    """Something new is known about the incident, as when another alert joins."""
    with drill.store.begin() as tx:
        incident = tx.incidents.get(IncidentId(incident_id))
        woken = wake_again(tx, drill.app.workspace, drill.papers, incident, now=drill.clock)
    drill.run_due()
    return woken


def test_news_about_an_incident_nobody_took_pages_everybody_afresh(drill: Drill) -> None:
    """Exhausted yesterday is no reason to be silent today."""
    drill.alert()
    drill.fast_forward(24 * 60 * MINUTE)
    drill.mailbox.messages.clear()

    woken = news(drill)
    assert woken.triggered_at == drill.clock
    assert drill.paged == ["ada"]

    drill.fast_forward(60 * MINUTE)
    assert drill.paged == ["ada", "grace", "linus"]


def test_news_page_nobody_twice_while_somebody_is_asked_or_has_it(drill: Drill) -> None:
    """A storm of joining alerts must not become a storm of pages."""
    drill.alert()
    news(drill)
    assert drill.paged == ["ada"]

    drill.fast_forward(24 * 60 * MINUTE)
    drill.mailbox.messages.clear()
    news(drill)
    news(drill)
    assert drill.paged == ["ada"]

    drill.act(1, Action.ACKNOWLEDGE)
    news(drill)
    assert drill.paged == ["ada"]
