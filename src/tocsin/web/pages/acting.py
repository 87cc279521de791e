"""What people do on the pages: every change is a real form that also works without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

from tocsin.app import App
from tocsin.core.errors import Invalid
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.incident import Action
from tocsin.core.rights import Permission
from tocsin.incidents import choose, emergency, lifecycle, recover
from tocsin.ports.store import Tx
from tocsin.running import approve, hold, stop
from tocsin.running.fill_in import fill_in
from tocsin.running.spread import Where
from tocsin.web.gate import On
from tocsin.web.pages import incident
from tocsin.web.pages.follow import all_of
from tocsin.web.pages.render import partial
from tocsin.web.wire import Call, Reply, Route, html_reply, redirect, route

PARAMETER_FIELD = "parameter."
"""What the fields of parameters begin with in a form."""


def _action(verb: str, action: Action) -> Route:
    def act(app: App, call: Call) -> Reply:
        incident_id = IncidentId(call.number("id"))
        with app.store.begin() as tx:
            lifecycle.change(tx, incident_id, action, by=call.actor, now=app.now())
        return _after(app, call, incident_id)

    return route("POST", f"/incidents/{{id}}/{verb}", needs=Permission.RESPOND, on=On.INCIDENT)(act)


@route("POST", "/incidents/{id}/note", needs=Permission.RESPOND, on=On.INCIDENT)
def note(app: App, call: Call) -> Reply:
    """Write a remark on the timeline."""
    incident_id, text = IncidentId(call.number("id")), call.form().get("text", "")
    with app.store.begin() as tx:
        lifecycle.remark(tx, incident_id, text, by=call.actor, now=app.now())
    return _after(app, call, incident_id)


@route("POST", "/incidents/{id}/hold", needs=Permission.RESPOND, on=On.INCIDENT)
def hold_evidence(app: App, call: Call) -> Reply:
    """Hold the incident's evidence."""
    incident_id, reason = IncidentId(call.number("id")), call.form().get("reason", "")
    with app.store.begin() as tx:
        hold.hold(tx, incident_id, reason, by=call.actor, now=app.now())
    return _after(app, call, incident_id)


@route("POST", "/incidents/{id}/unhold", needs=Permission.APPROVE, on=On.INCIDENT)
def release_evidence(app: App, call: Call) -> Reply:
    """Lift the hold on the incident's evidence."""
    incident_id, reason = IncidentId(call.number("id")), call.form().get("reason", "")
    with app.store.begin() as tx:
        hold.release(tx, incident_id, reason, by=call.actor, now=app.now())
    return _after(app, call, incident_id)


@route("POST", "/stop", needs=Permission.RESPOND, on=On.SOME)
def stop_everything(app: App, call: Call) -> Reply:
    """Stop everything that runs, and let nothing start."""
    # it concerns all services, and every open incident is told
    with app.store.seen_by(None).begin() as tx:
        stop.stop(tx, call.form().get("reason", ""), by=call.actor, now=app.now())
    return redirect("/")


@route("POST", "/stop/lift", needs=Permission.APPROVE, on=On.ALL)
def lift_the_stop(app: App, call: Call) -> Reply:
    """Let steps start again."""
    with app.store.begin() as tx:
        stop.lift(tx, call.form().get("reason", ""), by=call.actor, now=app.now())
    return redirect("/")


@route("POST", "/incidents/{id}/playbook", needs=Permission.RESPOND, on=On.INCIDENT)
def choose_playbook(app: App, call: Call) -> Reply:
    """Choose one of the candidate playbooks."""
    incident_id, anchor = IncidentId(call.number("id")), call.form().get("anchor", "")
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
    return _after(app, call, incident_id)


def _on_run(
    verb: str,
    act: Callable[[App, Call, Tx, StepRunId], object],
    needs: Permission = Permission.RESPOND,
) -> Route:
    def endpoint(app: App, call: Call) -> Reply:
        step_run_id = StepRunId(call.number("id"))
        with app.store.begin() as tx:
            act(app, call, tx, step_run_id)
            incident_id = tx.step_runs.get(step_run_id).incident_id
        return _after(app, call, incident_id, f"#step-{step_run_id}")

    return route("POST", f"/runs/{{id}}/{verb}", needs=needs, on=On.RUN)(endpoint)


def _approve(app: App, call: Call, tx: Tx, step_run_id: StepRunId) -> None:
    sent = call.form()
    consent = approve.Consent(
        fingerprint=sent.get("fingerprint", ""),
        attempt=_attempt(sent.get("attempt", "")),
        repeat=sent.get("repeat") == "yes",
        typed=sent.get("typed", ""),
        break_glass=sent.get("break_glass") == "yes",
        reason=sent.get("reason", ""),
    )
    emergency.approve(tx, app.grounds, step_run_id, consent, by=call.actor, now=app.now())


def _attempt(written: str) -> int | None:
    """Return which attempt a card was shown for, or None where it does not say."""
    if not written:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", written):
        raise Invalid("request.form", "The form does not say for which attempt this is.")
    return int(written)


def _fill_in(app: App, call: Call, tx: Tx, step_run_id: StepRunId) -> None:
    """Take the values that were filled in; a field that was left empty says nothing."""
    sent = call.form()
    values = {
        name.removeprefix(PARAMETER_FIELD): value
        for name, value in sent.items()
        if name.startswith(PARAMETER_FIELD) and value
    }
    fill_in(tx, app.grounds, step_run_id, values, by=call.actor, now=app.now())


def _close(app: App, call: Call, tx: Tx, step_run_id: StepRunId) -> None:
    """Skip a step, or say that it was done by hand: two buttons of one form."""
    sent = call.form()
    closers = {"skipped": approve.skip, "done": approve.tick}
    close = closers.get(sent.get("as", ""))
    if close is None:
        raise Invalid("request.form", "The form does not say what became of the step.")
    close(tx, step_run_id, by=call.actor, note=sent.get("note", ""), now=app.now())


def _run_again(app: App, call: Call, tx: Tx, step_run_id: StepRunId) -> None:
    sent = call.form()
    approve.run_again(
        tx,
        app.grounds,
        step_run_id,
        by=call.actor,
        now=app.now(),
        where=Where(failed_only=sent.get("failed") == "yes"),
        as_written=sent.get("as_written") == "yes",
    )


def _settle(app: App, call: Call, tx: Tx, step_run_id: StepRunId) -> None:
    sent = call.form()
    if sent.get("as") not in ("succeeded", "failed"):
        raise Invalid("request.form", "The form does not say how it ended.")
    settled = approve.settle(
        tx,
        step_run_id,
        sent["as"] == "succeeded",
        by=call.actor,
        note=sent.get("note", ""),
        now=app.now(),
    )
    recover.after_run(tx, settled, now=app.now())


def _after(app: App, call: Call, incident_id: IncidentId, place: str = "") -> Reply:
    """Return the page as it is now: its parts to a script, a redirect to a plain browser."""
    if not call.by_script:
        return redirect(f"/incidents/{incident_id}{place}")
    return html_reply(partial("notice", "") + all_of(incident.parts(app, incident_id, call.caller)))


ROUTES: tuple[Route, ...] = (
    _action("acknowledge", Action.ACKNOWLEDGE),
    _action("release", Action.RELEASE),
    _action("mitigate", Action.MITIGATE),
    _action("resolve", Action.RESOLVE),
    _action("reopen", Action.REOPEN),
    note,
    hold_evidence,
    release_evidence,
    stop_everything,
    lift_the_stop,
    choose_playbook,
    _on_run("approve", _approve, Permission.APPROVE),
    _on_run("parameters", _fill_in),
    _on_run("close", _close),
    _on_run("again", _run_again),
    _on_run("settle", _settle),
)
