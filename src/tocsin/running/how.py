"""How a command would be run, in words: for the card and the dry run."""

from __future__ import annotations

from tocsin.core.run import Command, StepRun
from tocsin.core.runbook import Language
from tocsin.core.workspace import MACHINES, Reads, Target, TargetKind

_INTERPRETERS = {
    Language.BASH: "bash, without profile, startup files and standard input",
    Language.SQL: "one parsed statement through the database's driver, never its shell",
    Language.PROMQL: "one query over HTTP",
    Language.REDIS: "one command over Redis's own protocol, no shell",
    Language.HTTP: "one request; the address and the headers are the runbook's own",
}
_BASH = ("bash", "--noprofile", "--norc", "-p", "-c")


def interpreter(command: Command) -> str:
    """Return what would read the text."""
    return _INTERPRETERS[command.language]


def argv(command: Command) -> tuple[str, ...]:
    """Return the words of the process on the target; none where no process is started."""
    return (*_BASH, command.text) if command.language is Language.BASH else ()


def way(step_run: StepRun, target: Target | None) -> str:
    """Return through what it would reach the machine, in words; empty where there is no machine.

    Addresses are left out: they may hold a secret.
    """
    if step_run.command is None or target is None or target.kind not in MACHINES:
        return ""
    where = ", ".join(step_run.command.hosts)
    return _WAYS[target.kind](target, where, step_run.changes)


def _by_warden(_target: Target, _hosts: str, changes: bool) -> str:
    return "a warden, which ends all that it started" if changes else ""


def _by_ssh(target: Target, hosts: str, changes: bool) -> str:
    host = hosts or target.host
    user = target.user
    if changes:
        host, user = target.change_host or host, target.change_user or user
    return _said(f"ssh {host}", ("as", user))


def _by_docker(target: Target, hosts: str, changes: bool) -> str:
    context = (changes and target.change_context) or target.context
    user = (changes and target.change_user) or target.user
    container = hosts or target.container
    return _said(f"docker exec in {container}", ("as", user), ("by the context", context))


def _by_kubectl(target: Target, _hosts: str, changes: bool) -> str:
    context = (changes and target.change_context) or target.context
    pod = target.pod or f"the one pod with {target.selector}"
    return _said(
        f"kubectl exec in {pod}",
        ("container", target.container),
        ("namespace", target.namespace),
        ("by the context", context),
    )


def _said(begins: str, *further: tuple[str, str]) -> str:
    return " ".join((begins, *(f"{word} {value}" for word, value in further if value)))


_WAYS = {
    TargetKind.LOCAL: _by_warden,
    TargetKind.SSH: _by_ssh,
    TargetKind.DOCKER: _by_docker,
    TargetKind.KUBERNETES: _by_kubectl,
}
_HELD_BY = {
    Reads.SANDBOX: "bubblewrap on that machine: it can write nothing",
    Reads.LOGIN: "the login for looking, which can change nothing (`reads`)",
    Reads.APPROVAL: "none: nothing on that machine does, so it needs an approval",
}


def sandbox(step_run: StepRun, target: Target | None, *, confined: bool) -> str:
    """Return in what it would be held."""
    local = target is not None and target.kind is TargetKind.LOCAL
    if step_run.changes:
        login = "" if local else ", with the login for changing"
        return f"none that keeps it from changing things, so it needs an approval{login}"
    if target is not None and target.kind in MACHINES and not local:
        return _HELD_BY[target.reads]
    if not confined:
        return "none: there is no sandbox here, so it needs an approval"
    if local and target is not None:
        return f"the profile {target.profile}: it can write nothing"
    return "the login for looking, and a read-only transaction where there is one"
