"""Incidents for machines: see, act, remark, verify."""

from __future__ import annotations

import msgspec

from tocsin.app import App
from tocsin.core.errors import Invalid, NotFound
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Action
from tocsin.core.rights import Permission
from tocsin.incidents import choose, lifecycle
from tocsin.records import timeline
from tocsin.running import hold
from tocsin.web import present
from tocsin.web.gate import On
from tocsin.web.wire import Call, Reply, json_reply, route

_NEWEST = 200
"""How many incidents a list of all of them shows at most."""


class Note(msgspec.Struct, forbid_unknown_fields=True):
    """A remark for the timeline."""

    text: str


class Choice(msgspec.Struct, forbid_unknown_fields=True):
    """One of an incident's candidate playbooks."""

    anchor: str


class Because(msgspec.Struct, forbid_unknown_fields=True):
    """Why."""

    reason: str = ""


@route("GET", "/v1/incidents", needs=Permission.SEE, on=On.SOME, asks=("status",))
def listed(app: App, call: Call) -> Reply:
    """List open incidents, worst first; with `status=all` the newest of any status."""
    status = call.query.get("status", "open")
    if status not in ("open", "all"):
        raise Invalid("request.query", "`status` is neither `open` nor `all`.")
    with app.store.look() as tx:
        found = tx.incidents.open() if status == "open" else tx.incidents.newest(_NEWEST)
        return json_reply({"incidents": [present.summary(app, each) for each in found]})


@route("GET", "/v1/incidents/{id}", needs=Permission.SEE, on=On.INCIDENT)
def shown(app: App, call: Call) -> Reply:
    """Show one incident with its alerts, steps, outputs, pages and timeline."""
    with app.store.look() as tx:
        return json_reply(present.incident(app, tx, call.number("id")))


@route("POST", "/v1/incidents/{id}/acknowledge", needs=Permission.RESPOND, on=On.INCIDENT)
def acknowledge(app: App, call: Call) -> Reply:
    """Take the incident; its escalation rests. Doing it twice is harmless."""
    return _change(app, call, Action.ACKNOWLEDGE)


@route("POST", "/v1/incidents/{id}/release", needs=Permission.RESPOND, on=On.INCIDENT)
def release(app: App, call: Call) -> Reply:
    """Hand the incident back; its escalation starts anew."""
    return _change(app, call, Action.RELEASE)


@route("POST", "/v1/incidents/{id}/mitigate", needs=Permission.RESPOND, on=On.INCIDENT)
def mitigate(app: App, call: Call) -> Reply:
    """Say that the problem is gone as far as you see: it is watched, then resolves by itself."""
    return _change(app, call, Action.MITIGATE)


@route("POST", "/v1/incidents/{id}/resolve", needs=Permission.RESPOND, on=On.INCIDENT)
def resolve(app: App, call: Call) -> Reply:
    """Declare the incident over; the post-mortem is drafted."""
    return _change(app, call, Action.RESOLVE)


@route("POST", "/v1/incidents/{id}/reopen", needs=Permission.RESPOND, on=On.INCIDENT)
def reopen(app: App, call: Call) -> Reply:
    """Open a resolved incident again; nobody has it then."""
    return _change(app, call, Action.REOPEN)


@route("POST", "/v1/incidents/{id}/note", needs=Permission.RESPOND, on=On.INCIDENT, takes=Note)
def note(app: App, call: Call) -> Reply:
    """Write a remark on the timeline."""
    incident_id = IncidentId(call.number("id"))
    text = call.json(Note).text
    with app.store.begin() as tx:
        lifecycle.remark(tx, incident_id, text, by=call.actor, now=app.now())
        return json_reply(present.incident(app, tx, incident_id))


@route("POST", "/v1/incidents/{id}/hold", needs=Permission.RESPOND, on=On.INCIDENT, takes=Because)
def hold_evidence(app: App, call: Call) -> Reply:
    """Hold the incident's evidence: nothing of it may be destroyed."""
    incident_id, reason = IncidentId(call.number("id")), call.json(Because).reason
    with app.store.begin() as tx:
        hold.hold(tx, incident_id, reason, by=call.actor, now=app.now())
        return json_reply(present.incident(app, tx, incident_id))


@route("POST", "/v1/incidents/{id}/unhold", needs=Permission.APPROVE, on=On.INCIDENT, takes=Because)
def release_evidence(app: App, call: Call) -> Reply:
    """Lift the hold on the incident's evidence."""
    incident_id, reason = IncidentId(call.number("id")), call.json(Because).reason
    with app.store.begin() as tx:
        hold.release(tx, incident_id, reason, by=call.actor, now=app.now())
        return json_reply(present.incident(app, tx, incident_id))


@route(
    "POST", "/v1/incidents/{id}/playbook", needs=Permission.RESPOND, on=On.INCIDENT, takes=Choice
)
def choose_playbook(app: App, call: Call) -> Reply:
    """Choose one of the candidate playbooks; its looking starts at once."""
    incident_id = IncidentId(call.number("id"))
    anchor = call.json(Choice).anchor
    with app.store.begin() as tx:
        choose.choose(
            tx,
            app.workspace,
            app.runbooks,
            incident_id,
            anchor,
            by=call.actor,
            now=app.now(),
            sandbox_missing=app.sandbox_missing,
        )
        return json_reply(present.incident(app, tx, incident_id))


@route("GET", "/v1/incidents/{id}/verify", needs=Permission.SEE, on=On.INCIDENT)
def verify(app: App, call: Call) -> Reply:
    """Check the timeline's chain of hashes."""
    incident_id = IncidentId(call.number("id"))
    with app.store.look() as tx:
        tx.incidents.get(incident_id)
        said = timeline.verify(tx, incident_id)
    return json_reply({"whole": not said, "said": said})


@route("GET", "/v1/incidents/{id}/postmortem", needs=Permission.SEE, on=On.INCIDENT)
def postmortem(app: App, call: Call) -> Reply:
    """Return the post-mortem draft as Markdown."""
    incident_id = IncidentId(call.number("id"))
    with app.store.look() as tx:
        tx.incidents.get(incident_id)
        draft = tx.postmortems.get(incident_id)
    if draft is None:
        raise NotFound(
            "postmortem",
            f"Incident {incident_id} has no post-mortem yet.",
            hint="It is drafted when the incident is resolved.",
        )
    return Reply(
        body=draft.text.encode("utf-8", "replace"), media_type="text/markdown; charset=utf-8"
    )


def _change(app: App, call: Call, action: Action) -> Reply:
    incident_id = IncidentId(call.number("id"))
    with app.store.begin() as tx:
        lifecycle.change(tx, incident_id, action, by=call.actor, now=app.now())
        return json_reply(present.incident(app, tx, incident_id))


ROUTES = (
    listed,
    shown,
    acknowledge,
    release,
    mitigate,
    resolve,
    reopen,
    note,
    hold_evidence,
    release_evidence,
    choose_playbook,
    verify,
    postmortem,
)
