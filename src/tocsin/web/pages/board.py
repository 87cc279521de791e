"""The board: what is open, worst first, who has it, and what is due next."""

from __future__ import annotations

from tocsin.app import App
from tocsin.core.incident import Incident
from tocsin.core.rights import Permission, Rights
from tocsin.core.run import RunState
from tocsin.ports.store import Tx
from tocsin.web import present
from tocsin.web.gate import On
from tocsin.web.may import May
from tocsin.web.pages import stopped
from tocsin.web.pages.follow import Part, Parts, follow
from tocsin.web.pages.render import fill, shown, utc
from tocsin.web.wire import Call, Reply, Stream, route

_RESOLVED_SHOWN = 15
_NEWEST = 60
_FINDINGS_SHOWN = 20
_WAITING = frozenset({RunState.WAITING, RunState.UNKNOWN})


@route("GET", "/", needs=Permission.SEE, on=On.SOME)
def board(app: App, call: Call) -> Reply:
    """Show the board."""
    return shown(
        "board.html",
        person=call.actor,
        parts=parts(app, call.rights),
        stopped=stopped.banner(app, May(rights=call.rights)),
    )


@route("GET", "/events", needs=Permission.SEE, on=On.SOME)
def events(app: App, call: Call) -> Stream:
    """Keep an open board up to date."""
    may = May(rights=call.rights)

    def version() -> object:
        with app.store.look() as tx:
            return tx.incidents.newest_entry(), stopped.markup(tx, may)

    return Stream(events=follow(call.live, version, lambda: parts(app, call.rights)))


def parts(app: App, rights: Rights) -> Parts:
    """Return the parts of the board for somebody with these rights."""
    may = May(rights=rights)
    with app.store.look() as tx:
        open_ones = [_row(app, tx, each) for each in tx.incidents.open()]
        newest = [each for each in tx.incidents.newest(_NEWEST) if not each.is_open]
        stop_banner = stopped.markup(tx, may)
    over = [present.summary(app, each) for each in newest[:_RESOLVED_SHOWN]]
    now = utc(app.now())
    return {
        "stopped": Part(markup=stop_banner),
        "banner": Part(markup=_banner(app, rights)),
        "brake": Part(markup=fill("brake.html", stopped=bool(stop_banner), may=may)),
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


def _banner(app: App, rights: Rights) -> str:
    services = app.workspace.services
    seen = [each for each in services if rights.may(Permission.SEE, each.name)]
    files = {file for service in seen for file in service.runbooks}
    findings = [found for found in app.runbooks.problems() if found[0] in files]
    return fill(
        "banner.html",
        sandbox_missing=app.sandbox_missing,
        warnings=app.warnings(),
        findings=findings[:_FINDINGS_SHOWN],
        finding_count=len(findings),
    )


ROUTES = (board, events)
