"""Plan a playbook's run: which statements run at once, which wait, which a person does.

Nothing here executes anything. Read-only statements that come before the first change of
their step are ready at once; verifications are held until there is a recovery to verify;
everything else waits for somebody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tocsin.core.errors import Conflict
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.parameter import Parameter
from tocsin.core.place import hosts_of, unconfined
from tocsin.core.risk import ACTING, Risk, Verdict
from tocsin.core.run import Command, Limits, RunState, StepRun, missing_values
from tocsin.core.runbook import Language, Phase, Playbook, Runbook, Statement, Step
from tocsin.core.workspace import MACHINES, Service, Target, TargetKind, Workspace
from tocsin.reading.parameters.compose import rewrite
from tocsin.running.allow.plain import plain_redis, plain_request
from tocsin.running.filled import (
    bound_of,
    harmless,
    taken_back,
    with_harmless,
    with_values_in,
    written_out,
)
from tocsin.running.risk import judge, plain_get
from tocsin.running.values import Known, with_values

DIRECT = "(direct)"
"""The target of a plain HTTP GET: it needs no machine to run on."""

_KINDS = {
    Language.BASH: MACHINES,
    Language.SQL: (TargetKind.POSTGRES, TargetKind.MYSQL, TargetKind.SQLITE),
    Language.PROMQL: (TargetKind.PROMETHEUS,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a run takes place."""

    workspace: Workspace
    service: Service
    runbook: Runbook
    sandbox_missing: str = ""  # why nothing runs unattended; empty where it does
    labels: Mapping[str, str] = field(default_factory=dict)  # of the alert that opened the incident
    alert: str = ""  # its name
    hosts: tuple[str, ...] = ()  # that a step run is for already, where it is planned again
    as_written: bool = False  # in the runbook's own words, where a step run is wanted so


def plan(setting: Setting, playbook: Playbook, incident_id: IncidentId) -> list[StepRun]:
    """Return the step runs of a playbook in its order, not yet filed."""
    planned: list[StepRun] = []
    for step in playbook.steps:
        planned += _plan_step(setting, step, incident_id)
    return [replace(step_run, position=place) for place, step_run in enumerate(planned)]


def _plan_step(setting: Setting, step: Step, incident_id: IncidentId) -> list[StepRun]:
    if not step.statements:
        return [_manual(step, incident_id)]
    planned: list[StepRun] = []
    for statement in step.statements:
        after_a_change = any(each.changes for each in planned)
        known = _known(setting)
        planned.append(
            _plan_statement(setting, step, statement, incident_id, known, after_a_change)
        )
    return planned


def _manual(step: Step, incident_id: IncidentId) -> StepRun:
    return StepRun(
        id=StepRunId(0),
        incident_id=incident_id,
        position=0,
        step_title=step.title,
        step_line=step.line,
        phase=step.phase,
        start=step.line,
        end=step.line,
        label=step.condition,
        text=step.text,
    )


def _known(setting: Setting) -> Known:
    return Known(
        labels=setting.labels,
        alert=setting.alert,
        settings=setting.workspace.parameters,
        defaults=setting.service.parameters,
    )


def _plan_statement(
    setting: Setting,
    step: Step,
    statement: Statement,
    incident_id: IncidentId,
    known: Known,
    after_a_change: bool,
) -> StepRun:
    opened = _opened(setting, statement, known)
    verdict = _verdict(setting, opened)
    command = command_of(setting, step, opened, verdict)
    step_run = replace(
        _manual(step, incident_id),
        start=statement.start,
        end=statement.end,
        label=": ".join(part for part in (step.condition, statement.label) if part),
        text=statement.text,
        command=command,
        risk=Risk.READ if verdict.auto else verdict.risk,  # of what runs: the bounded form
        why=verdict.why,
        parameters=opened.parameters,
        unattended=verdict.auto,
        as_written=setting.as_written,
    )
    if command is None:
        language = statement.language.value
        return replace(step_run, said=f"no target for {language} is set for this service")
    if opened.refused:
        return replace(step_run, command=None, said=opened.refused)
    try:
        step_run = replace(step_run, command=_spread(setting, command, step_run))
    except Conflict as problem:
        return replace(step_run, command=None, said=f"{problem.message} {problem.hint}")
    return _placed(setting, step_run, after_a_change)


def _spread(setting: Setting, command: Command, step_run: StepRun) -> Command:
    """Return a command with the hosts of its target that it is for, and as whom it runs there.

    Raises:
        Conflict("target.host"): The alert does not say which.
    """
    target = setting.workspace.target(command.target)
    if target is None:
        return command
    run_as = target.run_as if step_run.changes else ""
    return replace(
        command, hosts=hosts_of(target, setting.labels, kept=setting.hosts), run_as=run_as
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A statement with variables for its placeholders."""

    statement: Statement
    parameters: tuple[Parameter, ...] = ()
    refused: str = ""  # why it cannot be filled in

    @property
    def bound(self) -> bool:
        """Whether all its parameters have a value."""
        return all(each.bound for each in self.parameters)


def _opened(setting: Setting, statement: Statement, known: Known) -> _Opened:
    service = setting.service
    place = target_of(setting, statement.language)
    here = place is None or place.kind in MACHINES  # elsewhere others set variables
    set_ = frozenset({*service.environment, *service.secrets})
    sql = place is not None and statement.language is Language.SQL
    dialect = place.kind if place and sql else TargetKind.POSTGRES
    rewritten = rewrite(statement, set_, variables=here, dialect=dialect)
    return _Opened(
        statement=replace(statement, text=rewritten.text),
        parameters=with_values(rewritten.parameters, known),
        refused=rewritten.refused,
    )


def _verdict(setting: Setting, opened: _Opened) -> Verdict:
    """Return what we think of a statement, SQL read as the database reads it that would run it.

    With values in it the stricter holds: of any harmless values, and of those.
    """
    statement = opened.statement

    def judged(text: str) -> Verdict:
        return _judged(setting, replace(statement, text=text))

    verdict = with_harmless(statement.text, statement.language, opened.parameters, judged)
    if setting.as_written:
        verdict = verdict.as_written()
    if not opened.parameters or not opened.bound:
        return verdict
    text = verdict.rewrite or statement.text
    return with_values_in(verdict, text, statement.language, opened.parameters, judged)


def _judged(setting: Setting, statement: Statement) -> Verdict:
    bound = frozenset(setting.service.environment)
    own = setting.workspace.commands
    place = target_of(setting, statement.language)
    if place is None or statement.language is not Language.SQL:
        return judge(statement, bound=bound, own=own)
    return judge(statement, bound=bound, own=own, dialect=place.kind)


def plan_again(setting: Setting, step: Step, statement: Statement, step_run: StepRun) -> StepRun:
    """Return a step run with everything that the plan makes of its statement now.

    How far it has come, in which order it stands, the values of its parameters, which of its hosts
    it is for, and whether it is wanted as written are its own.
    """
    known = replace(_known(setting), kept=step_run.parameters)
    hosts = step_run.command.hosts if step_run.command else ()
    setting = replace(setting, hosts=hosts, as_written=step_run.as_written)
    now = _plan_statement(setting, step, statement, step_run.incident_id, known, False)
    return replace(
        step_run,
        step_title=now.step_title,
        step_line=now.step_line,
        phase=now.phase,
        start=now.start,
        end=now.end,
        label=now.label,
        text=now.text,
        command=now.command,
        risk=now.risk,
        why=now.why,
        parameters=now.parameters,
        unattended=now.unattended,
    )


def _placed(setting: Setting, step_run: StepRun, after_a_change: bool) -> StepRun:
    if step_run.risk is Risk.MANUAL:
        return replace(step_run, command=None)
    if step_run.unbound:
        return replace(step_run, state=RunState.WAITING, said=missing_values(step_run))
    if not step_run.unattended:
        return replace(step_run, state=RunState.WAITING, said=_unchangeable(setting, step_run))
    loose = _unconfined(setting, step_run)
    if loose:
        return replace(step_run, state=RunState.WAITING, said=loose)
    looks_after = step_run.phase in (Phase.VERIFY, Phase.FOLLOW_UP)
    held = looks_after or after_a_change
    return replace(step_run, state=RunState.HELD if held else RunState.READY)


def _unconfined(setting: Setting, step_run: StepRun) -> str:
    target = setting.workspace.target(step_run.command.target) if step_run.command else None
    return unconfined(target, setting.sandbox_missing)


def _unchangeable(setting: Setting, step_run: StepRun) -> str:
    """Return that nothing can be changed where an acting statement would run, or nothing."""
    target = setting.workspace.target(step_run.command.target) if step_run.command else None
    if target is None or step_run.risk not in ACTING:
        return ""
    try:
        target.login(read_only=False)
    except Conflict as problem:
        return f"{problem.message} {problem.hint}"
    return ""


def command_of(setting: Setting, step: Step, opened: _Opened, verdict: Verdict) -> Command | None:
    """Return exactly what would run and where; None where no target can take it."""
    statement = opened.statement
    request = _request(opened) if verdict.auto else ""
    asked = None if opened.parameters else _asked_of_store(setting, statement)
    if asked is not None:
        language, text, store = asked
        target, target_sha256 = store.name, store.sha256()
        limits = Limits(time=store.time_limit)
    elif request:
        language, text, target = Language.HTTP, request, DIRECT
        target_sha256, limits = "", Limits()
    else:
        place = target_of(setting, statement.language)
        if place is None:
            return None
        language, target, target_sha256 = statement.language, place.name, place.sha256()
        limits = Limits(time=place.time_limit)
        text = verdict.rewrite or statement.text
    return Command(
        language=language,
        text=text,
        target=target,
        target_sha256=target_sha256,
        runbook_sha256=setting.runbook.sha256,
        step_line=step.line,
        parameters=bound_of(opened.parameters),
        environment_names=(*setting.service.environment, *setting.service.secrets),
        limits=limits,
    )


def _request(opened: _Opened) -> str:
    """Return a statement that is one plain request as the executor of requests takes it."""
    if opened.statement.language is not Language.BASH:
        return ""
    values = harmless(opened.parameters)
    request = plain_get(written_out(opened.statement.text, Language.BASH, values))
    text = taken_back(request.as_text(), values) if request else ""
    return text if all(f"${{{variable}}}" in text for variable in values) else ""


def _asked_of_store(setting: Setting, statement: Statement) -> tuple[Language, str, Target] | None:
    """Return what a shell statement only asks of one of the service's stores, and of which."""
    if statement.language is not Language.BASH or setting.as_written:
        return None
    calls = {
        TargetKind.REDIS: (Language.REDIS, plain_redis(statement.text)),
        TargetKind.HTTP: (Language.HTTP, plain_request(statement.text)),
    }
    for target in filter(None, map(setting.workspace.target, setting.service.targets)):
        language, call = calls.get(target.kind, (Language.BASH, None))
        if call is not None and call.is_for(target.url):
            return language, call.as_text(), target
    return None


def target_of(setting: Setting, language: Language) -> Target | None:
    """Return the service's first target that takes this language, or None."""
    return setting.workspace.target_of(setting.service, *_KINDS.get(language, ()))
