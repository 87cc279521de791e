"""The board: what is open, worst first, who has it, and what is due next."""

from __future__ import annotations

from tocsin.app import App
from tocsin.core.incident import Incident
from tocsin.core.run import RunState
from tocsin.ports.store import Tx
from tocsin.web import present
from tocsin.web.pages.follow import Part, Parts, follow
from tocsin.web.pages.render import fill, shown, utc
from tocsin.web.wire import Call, Need, Reply, Stream, route

_RESOLVED_SHOWN = 15
_NEWEST = 60
_FINDINGS_SHOWN = 20
_WAITING = frozenset({RunState.WAITING, RunState.UNKNOWN})


@route("GET", "/", needs=Need.PERSON)
def board(app: App, call: Call) -> Reply:
    """Show the board."""
    return shown("board.html", person=call.actor, parts=parts(app))


@route("GET", "/events", needs=Need.PERSON)
def events(app: App, call: Call) -> Stream:
    """Keep an open board up to date."""

    def version() -> object:
        with app.store.look() as tx:
            return tx.incidents.newest_entry()

    return Stream(events=follow(call.live, version, lambda: parts(app)))


def parts(app: App) -> Parts:
    """Return the parts of the board."""
    with app.store.look() as tx:
        open_ones = [_row(app, tx, each) for each in tx.incidents.open()]
        newest = [each for each in tx.incidents.newest(_NEWEST) if not each.is_open]
    over = [present.summary(app, each) for each in newest[:_RESOLVED_SHOWN]]
    now = utc(app.now())
    return {
        "banner": Part(markup=_banner(app)),
        "open": Part(markup=fill("open.html", incidents=open_ones, now=now), key=str(open_ones)),
        "resolved": Part(markup=fill("resolved.html", incidents=over, now=now), key=str(over)),
    }


def _row(app: App, tx: Tx, incident: Incident) -> present.Shown:
    runs = tx.step_runs.of_incident(incident.id)
    return {
        **present.summary(app, incident),
        "waiting": sum(run.state in _WAITING for run in runs),
        "running": sum(run.state is RunState.STARTED for run in runs),
        "undecided": incident.binding is None and bool(incident.candidates),
    }


def _banner(app: App) -> str:
    findings = app.runbooks.problems()
    return fill(
        "banner.html",
        sandbox_missing=app.sandbox_missing,
        findings=findings[:_FINDINGS_SHOWN],
        finding_count=len(findings),
    )


ROUTES = (board, events)
