"""The post-mortem draft, to read and to take away."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markupsafe import Markup

from tocsin.app import App
from tocsin.core.errors import NotFound
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Incident
from tocsin.ports.store import Draft
from tocsin.web import present
from tocsin.web.pages.render import shown
from tocsin.web.wire import Call, Need, Reply, route

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


@route("GET", "/incidents/{id}/postmortem", needs=Need.PERSON)
def postmortem(app: App, call: Call) -> Reply:
    """Show the draft as a page."""
    incident, draft = _found(app, call)
    return shown(
        "postmortem.html",
        person=call.actor,
        incident=present.summary(app, incident),
        drafted_at=present.instant(draft.at),
        text=Markup(_MARKDOWN.render(draft.text)),  # noqa: S704  # markdown-it escapes all HTML
    )


@route("GET", "/incidents/{id}/postmortem.md", needs=Need.PERSON)
def raw(app: App, call: Call) -> Reply:
    """Hand the draft over as a Markdown file."""
    incident, draft = _found(app, call)
    name = f"postmortem-{incident.id}.md"
    return Reply(
        body=draft.text.encode("utf-8", "replace"),
        media_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _found(app: App, call: Call) -> tuple[Incident, Draft]:
    incident_id = IncidentId(call.number("id"))
    with app.store.look() as tx:
        incident = tx.incidents.get(incident_id)
        draft = tx.postmortems.get(incident_id)
    if draft is None:
        raise NotFound(
            "postmortem",
            f"Incident {incident_id} has no post-mortem yet.",
            hint="It is drafted when the incident is resolved.",
        )
    return incident, draft


ROUTES = (postmortem, raw)
