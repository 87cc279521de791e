"""One incident: what waits for you, what was found, what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from tocsin.app import App
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Status
from tocsin.core.rights import Permission
from tocsin.core.run import RunState
from tocsin.core.runbook import Phase
from tocsin.people.able import able
from tocsin.web import card, present
from tocsin.web.gate import On
from tocsin.web.may import May
from tocsin.web.pages import stopped
from tocsin.web.pages.follow import Part, Parts, follow
from tocsin.web.pages.render import fill, shown, utc
from tocsin.web.who import Caller
from tocsin.web.wire import Call, Reply, Stream, route

PHASES = {
    Phase.INVESTIGATE: "Investigate",
    Phase.MITIGATE: "Mitigate",
    Phase.VERIFY: "Verify",
    Phase.FOLLOW_UP: "Follow up",
}


@route("GET", "/incidents/{id}", needs=Permission.SEE, on=On.INCIDENT)
def incident(app: App, call: Call) -> Reply:
    """Show one incident."""
    incident_id = IncidentId(call.number("id"))
    with app.store.look() as tx:
        found = present.incident(app, tx, incident_id)
    return shown(
        "incident.html",
        person=call.actor,
        incident=found,
        may=_may(call.caller, found),
        parts=_parts(app, found, call.caller),
        stopped=stopped.banner(app, _may(call.caller, found)),
    )


@route("GET", "/incidents/{id}/events", needs=Permission.SEE, on=On.INCIDENT)
def events(app: App, call: Call) -> Stream:
    """Keep an open incident up to date."""
    incident_id = IncidentId(call.number("id"))
    with app.store.look() as tx:
        tx.incidents.get(incident_id)
    may = May(rights=call.rights)

    def version() -> object:
        with app.store.look() as tx:
            return tx.incidents.version(incident_id), stopped.markup(tx, may)

    def render() -> Parts:
        return parts(app, incident_id, call.caller)

    return Stream(events=follow(call.live, version, render))


def parts(app: App, incident_id: IncidentId, caller: Caller) -> Parts:
    """Return every part of an incident's page that may change, as the caller sees it."""
    with app.store.look() as tx:
        found = present.incident(app, tx, incident_id)
    return _parts(app, found, caller)


def _may(caller: Caller, found: present.Shown) -> May:
    return May(rights=caller.rights, service=found["service"])


def _parts(app: App, found: present.Shown, caller: Caller) -> Parts:
    now, may = app.now(), _may(caller, found)
    looked_at = _looked_at(app, found)
    shape = [(run["id"], run["phase"], run["step_title"]) for run in found["steps"]]
    values = {
        "incident": found,
        "person": caller.name,
        "may": may,
        "able": _able(app, found, may),
        "now": utc(now),
        "looked_at": looked_at,
    }
    cards = _cards(found, values)
    waiting = _waiting(found)
    asked = fill("waiting.html", **values, **waiting)
    running = [run["id"] for run in found["steps"] if run["state"] == RunState.STARTED]
    return {
        "stopped": Part(markup=stopped.banner(app, may)),
        "head": Part(markup=fill("head.html", **values), key=str(_head_key(found))),
        "waiting": Part(
            markup=asked, key=str((waiting, found["candidates"], looked_at, values["able"]))
        ),
        "steps": Part(
            markup=fill("steps.html", **values, phases=_phases(found), cards=cards),
            key=str((shape, found["status"], found["playbook"])),
        ),
        **{target: Part(markup=markup) for target, markup in cards.items()},
        "facts": Part(
            markup=fill("facts.html", **values),
            key=str((found["alerts"], found["pages"], found["held_at"])),
        ),
        "timeline": Part(
            markup=fill("timeline.html", **values, running=running),
            key=(len(found["timeline"]), str(running)),
        ),
    }


def _head_key(found: present.Shown) -> list[object]:
    names = ("title", "severity", "status", "acknowledged_by", "triggered_at", "deadlines")
    return [*(found[name] for name in names), found["held_at"]]


def _looked_at(app: App, found: present.Shown) -> dict[int, present.Shown]:
    """Return the cards of those that wait for an approval, by number."""
    waiting = [run["id"] for run in found["steps"] if run["state"] == RunState.WAITING]
    if found["status"] == Status.RESOLVED:
        return {}
    with app.store.look() as tx:
        return {number: card.shown(app, tx, number) for number in waiting}


def _able(app: App, found: present.Shown, may: May) -> tuple[str, ...]:
    """Return who may approve, for those who may not."""
    if may.approve:
        return ()
    with app.store.look() as tx:
        return able(tx, Permission.APPROVE, found["service"])


def _cards(found: present.Shown, values: Mapping[str, object]) -> dict[str, str]:
    """Return the card of each step run by the id of its element."""
    on_top = {run["id"] for run in _waiting(found)["next_ones"]}
    return {
        f"step-{run['id']}": fill("step.html", **values, run=run, on_top=run["id"] in on_top)
        for run in found["steps"]
    }


def _waiting(found: present.Shown) -> dict[str, list[present.Shown]]:
    """Return the few step runs a person should look at now, and those that come later.

    First what is unknown, then the first approval, and what is to be done by hand before
    it: a tired person gets the next decision, not a list of all.
    """
    waiting = [run for run in found["steps"] if present.waits_for_a_person(run)]
    unknown = [run for run in waiting if run["state"] == RunState.UNKNOWN]
    if found["status"] == Status.RESOLVED:
        return {"next_ones": unknown, "later_ones": []}
    others = [
        run
        for run in waiting
        if run["state"] != RunState.UNKNOWN and run["phase"] != Phase.FOLLOW_UP
    ]
    first = _first_of_each(others)
    later = [run for run in others if run not in first]
    return {"next_ones": unknown + first, "later_ones": later}


def _first_of_each(runs: Sequence[present.Shown]) -> list[present.Shown]:
    """Return the first to approve, and before it the first to do by hand, if one comes before."""
    found: list[present.Shown] = []
    for run in runs:
        if run["state"] == RunState.WAITING:
            return [*found, run]
        found = found or [run]
    return found


def _phases(found: present.Shown) -> list[present.Shown]:
    """Return the step runs by phase and step, in the order of the playbook."""
    phases = []
    for phase, name in PHASES.items():
        runs = [run for run in found["steps"] if run["phase"] == phase]
        steps = [
            {"title": title, "line": line, "runs": list(those)}
            for (line, title), those in groupby(
                runs, key=lambda run: (run["step_line"], run["step_title"])
            )
        ]
        if steps:
            phases.append({"id": phase.value, "name": name, "steps": steps})
    return phases


ROUTES = (incident, events)
