"""The post-mortem draft, to read and to take away."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from tocsin.app import App
from tocsin.core.errors import NotFound
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Incident
from tocsin.core.rights import Permission
from tocsin.ports.store import Draft
from tocsin.web import present
from tocsin.web.gate import On
from tocsin.web.may import May
from tocsin.web.pages import stopped
from tocsin.web.pages.render import shown
from tocsin.web.wire import Call, Reply, route


def _fence(tokens: Sequence[Token], index: int, options: object, env: object) -> str:
    """Return a fence that a keyboard can scroll."""
    return f'<pre tabindex="0"><code>{escape(tokens[index].content)}</code></pre>\n'


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_MARKDOWN.renderer.rules["fence"] = _fence  # type: ignore[attr-defined]  # as its manual says


@route("GET", "/incidents/{id}/postmortem", needs=Permission.SEE, on=On.INCIDENT)
def postmortem(app: App, call: Call) -> Reply:
    """Show the draft as a page."""
    incident, draft = _found(app, call)
    return shown(
        "postmortem.html",
        person=call.actor,
        incident=present.summary(app, incident),
        drafted_at=present.instant(draft.at),
        text=_rendered(draft.text),
        stopped=stopped.banner(app, May(rights=call.rights)),
    )


@route("GET", "/incidents/{id}/postmortem.md", needs=Permission.SEE, on=On.INCIDENT)
def raw(app: App, call: Call) -> Reply:
    """Hand the draft over as a Markdown file."""
    incident, draft = _found(app, call)
    name = f"postmortem-{incident.id}.md"
    return Reply(
        body=draft.text.encode("utf-8", "replace"),
        media_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _rendered(text: str) -> Markup:
    """Return Markdown as markup; HTML in it is shown as text."""
    tokens = _without_empty_heads(_MARKDOWN.parse(text))
    markup = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return Markup(markup)  # noqa: S704  # the renderer has escaped everything


def _without_empty_heads(tokens: Sequence[Token]) -> list[Token]:
    """Leave out table heads that say nothing: Markdown cannot write a table without one."""
    kept: list[Token] = []
    start = 0
    for token in tokens:
        if token.type == "thead_open":
            start = len(kept)
        kept.append(token)
        if token.type == "thead_close" and not any(each.content for each in kept[start:]):
            del kept[start:]
    return kept


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
