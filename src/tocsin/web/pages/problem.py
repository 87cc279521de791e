"""A problem as a page, or as the notice at the top of the page that asked."""

from __future__ import annotations

from tocsin.app import App
from tocsin.core.errors import Problem
from tocsin.web.pages import stopped
from tocsin.web.pages.render import fill, partial, shown
from tocsin.web.wire import TITLE_OF, Call, Face, Reply, html_reply

_OURS = 500  # from here on it is we who failed: the store may be why, so it is not asked


def face(app: App) -> Face:
    """Return what shows problems to people; a whole page says, too, that everything is stopped."""

    def show(problem: Problem, status: int, call: Call | None) -> Reply:
        if call and call.by_script:
            notice = fill("notice.html", problem=problem)
            return html_reply(partial("notice", notice), status=status)
        return shown(
            "problem.html",
            status=status,
            problem=problem,
            title=TITLE_OF.get(status, "Refused"),
            person=call.actor if call else "",
            stopped=_stopped(app) if status < _OURS else "",
        )

    return show


def _stopped(app: App) -> str:
    try:
        return stopped.banner(app, None)
    except Problem:
        return ""  # the page is about another problem
