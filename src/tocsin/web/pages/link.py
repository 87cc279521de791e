"""Where the link in a page leads: opening it shows, only the button acknowledges.

Mail scanners open links, so GET never changes anything. The link itself says who it is for.
"""

from __future__ import annotations

from tocsin.app import App
from tocsin.core.errors import Forbidden
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Action
from tocsin.core.run import FINISHED
from tocsin.incidents import lifecycle
from tocsin.paging import links
from tocsin.ports.store import Tx
from tocsin.web import present
from tocsin.web.gate import Need
from tocsin.web.pages import stopped
from tocsin.web.pages.render import shown, utc
from tocsin.web.wire import Call, Reply, redirect, route

_FOUND_SHOWN = 6


@route("GET", "/page/{token}", needs=Need.NOTHING)
def show(app: App, call: Call) -> Reply:
    """Show what the page is about, and a button."""
    link = _link(app, call)
    with app.store.look() as tx:
        incident_id = tx.pages.get(link.page_id).incident_id
        found = present.summary(app, tx.incidents.get(incident_id))
        findings = _findings(tx, incident_id)
    return shown(
        "page.html",
        person="",
        asked=link.person,
        token=call.path["token"],
        incident=found,
        findings=findings,
        now=utc(app.now()),
        stopped=stopped.banner(app, None),
    )


@route("POST", "/page/{token}", needs=Need.NOTHING)
def acknowledge(app: App, call: Call) -> Reply:
    """Acknowledge as the person the link was made for, and show it again."""
    link = _link(app, call)
    with app.store.begin() as tx:
        incident_id = tx.pages.get(link.page_id).incident_id
        lifecycle.change(tx, incident_id, Action.ACKNOWLEDGE, by=link.person, now=app.now())
    return redirect(f"/page/{call.path['token']}")


def _link(app: App, call: Call) -> links.Link:
    link = links.read(app.secret_key, call.path["token"], now=app.now())
    with app.store.look() as tx:
        user = tx.people.user(link.person)
    # who is paged may answer, user or not; but who was disabled is out
    if app.workspace.person(link.person) is None or (user is not None and not user.enabled):
        raise Forbidden("link.person", "This link is not valid any more.")
    return link


def _findings(tx: Tx, incident_id: IncidentId) -> list[tuple[str, str]]:
    """Return what the finished looks found: each step and the last line of its output."""
    outputs = tx.step_runs.outputs(incident_id)
    found = []
    for run in tx.step_runs.of_incident(incident_id):
        lines = outputs.get(run.id, "").strip().splitlines()
        if run.state in FINISHED and lines:
            found.append((run.step_title, lines[-1][:200]))
    return found[:_FOUND_SHOWN]


ROUTES = (show, acknowledge)
