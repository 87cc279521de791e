"""Step runs for machines: approve exactly this, skip, tick, run again, settle."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tocsin.app import App
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.rights import Permission
from tocsin.core.run import StepRun
from tocsin.incidents import emergency, recover
from tocsin.ports.store import Tx
from tocsin.running import approve
from tocsin.running.fill_in import fill_in
from tocsin.running.spread import Where
from tocsin.web import card, present
from tocsin.web.gate import On
from tocsin.web.wire import Call, Reply, json_reply, number_asked, route


class Approved(msgspec.Struct, forbid_unknown_fields=True):
    """The command that was looked at, by its fingerprint, and what else was said."""

    fingerprint: str
    attempt: int | None = None
    repeat: bool = False
    typed: str = ""
    break_glass: bool = False
    reason: str = ""

    def consent(self) -> approve.Consent:
        """Return it as the stage takes it."""
        return approve.Consent(**msgspec.structs.asdict(self))


class Remarked(msgspec.Struct, forbid_unknown_fields=True):
    """What there is to say about it."""

    note: str = ""


class Again(msgspec.Struct, forbid_unknown_fields=True):
    """On which of its hosts it is to run again, and whether in the runbook's own words.

    On all of them where nothing is said, and as it runs by itself.
    """

    hosts: tuple[str, ...] = ()
    failed_only: bool = False
    as_written: bool = False

    def where(self) -> Where:
        """Return it as the stage takes it."""
        return Where(hosts=self.hosts, failed_only=self.failed_only)


class Settled(msgspec.Struct, forbid_unknown_fields=True):
    """What became of a change that never reported back."""

    succeeded: bool
    note: str = ""


class Filled(msgspec.Struct, forbid_unknown_fields=True):
    """Values of placeholders, by the name of the parameter."""

    values: dict[str, str]


@route("GET", "/v1/runs", needs=Permission.SEE, on=On.SOME, asks=("incident",))
def listed(app: App, call: Call) -> Reply:
    """List the step runs of one incident, or of all that are open.

    Of all together without their outputs, which are as long as all that was ever printed:
    `output` is null then.
    """
    asked = number_asked(call, "incident")
    with app.store.look() as tx:
        if asked is not None:
            wanted = tx.incidents.get(IncidentId(asked)).id
            return json_reply({"runs": _of(tx, wanted, tx.step_runs.outputs(wanted))})
        opened = [each.id for each in tx.incidents.open()]
        return json_reply({"runs": [run for each in opened for run in _of(tx, each, None)]})


@route("GET", "/v1/runs/{id}", needs=Permission.SEE, on=On.RUN)
def shown(app: App, call: Call) -> Reply:
    """Show the card of one step run: all there is to see before approving it, or a dry run.

    Exactly what would run, where and how, what would refuse it now, what differs from the last
    time it was approved, and what the evidence says. Nothing runs.
    """
    with app.store.look() as tx:
        return json_reply(card.shown(app, tx, StepRunId(call.number("id"))))


@route("POST", "/v1/runs/{id}/approve", needs=Permission.APPROVE, on=On.RUN, takes=Approved)
def approve_run(app: App, call: Call) -> Reply:
    """Approve exactly the command with this fingerprint; it runs once.

    Breaking the glass pages the admins.
    """
    step_run_id, sent = StepRunId(call.number("id")), call.json(Approved)
    with app.store.begin() as tx:
        emergency.approve(
            tx, app.grounds, step_run_id, sent.consent(), by=call.actor, now=app.now()
        )
        return _one(tx, step_run_id)


@route("POST", "/v1/runs/{id}/parameters", needs=Permission.RESPOND, on=On.RUN, takes=Filled)
def fill_in_run(app: App, call: Call) -> Reply:
    """Say what placeholders stand for: a look then runs, a change waits for its approval."""
    step_run_id, sent = StepRunId(call.number("id")), call.json(Filled)
    with app.store.begin() as tx:
        fill_in(tx, app.grounds, step_run_id, sent.values, by=call.actor, now=app.now())
        return _one(tx, step_run_id)


@route("POST", "/v1/runs/{id}/skip", needs=Permission.RESPOND, on=On.RUN, takes=Remarked)
def skip(app: App, call: Call) -> Reply:
    """Decide not to run it."""
    step_run_id, sent = StepRunId(call.number("id")), call.json(Remarked)
    with app.store.begin() as tx:
        approve.skip(tx, step_run_id, by=call.actor, note=sent.note, now=app.now())
        return _one(tx, step_run_id)


@route("POST", "/v1/runs/{id}/tick", needs=Permission.RESPOND, on=On.RUN, takes=Remarked)
def tick(app: App, call: Call) -> Reply:
    """Say that a manual step is done."""
    step_run_id, sent = StepRunId(call.number("id")), call.json(Remarked)
    with app.store.begin() as tx:
        approve.tick(tx, step_run_id, by=call.actor, note=sent.note, now=app.now())
        return _one(tx, step_run_id)


@route("POST", "/v1/runs/{id}/run", needs=Permission.RESPOND, on=On.RUN, takes=Again)
def run_again(app: App, call: Call) -> Reply:
    """Run it again: a look at once, a change or a look as written after a new approval."""
    step_run_id, sent = StepRunId(call.number("id")), call.json(Again)
    with app.store.begin() as tx:
        approve.run_again(
            tx,
            app.grounds,
            step_run_id,
            by=call.actor,
            now=app.now(),
            where=sent.where(),
            as_written=sent.as_written,
        )
        return _one(tx, step_run_id)


@route("POST", "/v1/runs/{id}/settle", needs=Permission.RESPOND, on=On.RUN, takes=Settled)
def settle(app: App, call: Call) -> Reply:
    """Say what became of a change that never reported back."""
    step_run_id, sent = StepRunId(call.number("id")), call.json(Settled)
    with app.store.begin() as tx:
        settled = approve.settle(
            tx, step_run_id, sent.succeeded, by=call.actor, note=sent.note, now=app.now()
        )
        recover.after_run(tx, settled, now=app.now())
        return _one(tx, step_run_id)


def _of(
    tx: Tx, incident_id: IncidentId, outputs: Mapping[StepRunId, str] | None
) -> list[present.Shown]:
    def output(run: StepRun) -> str | None:
        return None if outputs is None else outputs.get(run.id, "")

    runs = sorted(tx.step_runs.of_incident(incident_id), key=lambda each: each.position)
    on = tx.step_runs.all_host_runs(incident_id)
    return [present.step(run, output(run), on.get(run.id, ())) for run in runs]


def _one(tx: Tx, step_run_id: StepRunId) -> Reply:
    run = tx.step_runs.get(step_run_id)
    on = tx.step_runs.host_runs(step_run_id)
    return json_reply(present.step(run, tx.step_runs.output(step_run_id), on))


ROUTES = (listed, shown, approve_run, fill_in_run, skip, tick, run_again, settle)
