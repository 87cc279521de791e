"""What runs a statement: chosen by its language and by the kind of target it runs on."""

from __future__ import annotations

import importlib
import os
from collections.abc import Collection

from sqlalchemy import make_url

from tocsin.adapters.excess import Excess
from tocsin.adapters.executors.bash import BashExecutor
from tocsin.bootstrap.late import Late
from tocsin.bootstrap.workspace import FILE
from tocsin.core.risk import Risk, Verdict
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind, Workspace
from tocsin.ports.executors import Executors, SecretOf
from tocsin.running.allow.late import judge_sql
from tocsin.running.allow.plain import plain_redis
from tocsin.running.allow.shell import judge_shell

_ADAPTERS = "tocsin.adapters.executors"
_LOGINS = {
    TargetKind.POSTGRES: ("postgres", "PostgresExecutor"),
    TargetKind.MYSQL: ("mysql", "MysqlExecutor"),
    TargetKind.REDIS: ("redis", "RedisExecutor"),
}
"""Kinds of targets whose login can be looked into; imported late, since drivers are slow."""


def executors(secret: SecretOf, *, sockets: str = "", hidden: Collection[str] = ()) -> Executors:
    """Return what runs each language on each kind of target: one line per pair.

    `secret` is asked for a password when something runs that needs it, and not before. In the
    folder `sockets` ssh shares its connections; without one each statement has its own.
    """
    return {
        (Language.BASH, TargetKind.LOCAL): BashExecutor(hidden=hidden),
        (Language.BASH, TargetKind.SSH): Late(f"{_ADAPTERS}.ssh", "SshExecutor", sockets),
        (Language.BASH, TargetKind.DOCKER): Late(f"{_ADAPTERS}.docker", "DockerExecutor"),
        (Language.BASH, TargetKind.KUBERNETES): Late(
            f"{_ADAPTERS}.kubernetes", "KubernetesExecutor"
        ),
        (Language.HTTP, TargetKind.LOCAL): Late(f"{_ADAPTERS}.http", "HttpExecutor", secret),
        (Language.HTTP, TargetKind.HTTP): Late(f"{_ADAPTERS}.http", "HttpExecutor", secret),
        (Language.PROMQL, TargetKind.PROMETHEUS): Late(
            f"{_ADAPTERS}.promql", "PromqlExecutor", secret
        ),
        (Language.SQL, TargetKind.POSTGRES): Late(
            f"{_ADAPTERS}.postgres", "PostgresExecutor", secret, sql_objection
        ),
        (Language.SQL, TargetKind.MYSQL): Late(
            f"{_ADAPTERS}.mysql", "MysqlExecutor", secret, sql_objection
        ),
        (Language.REDIS, TargetKind.REDIS): Late(
            f"{_ADAPTERS}.redis", "RedisExecutor", secret, redis_objection
        ),
        (Language.SQL, TargetKind.SQLITE): Late(
            f"{_ADAPTERS}.sqlite", "SqliteExecutor", sql_objection
        ),
    }


def private_files(workspace: Workspace) -> list[str]:
    """Return the files and folders of our own that no look may see: database, keys, secrets."""
    files = [FILE, workspace.data_directory, *(secret.file for secret in workspace.secrets)]
    address = make_url(workspace.database)
    if address.get_backend_name() == "sqlite" and address.database:
        files += [f"{address.database}{end}" for end in ("", "-wal", "-shm", "-journal")]
    return [os.path.join(workspace.directory, file) for file in files if file]


def sql_objection(text: str, dialect: str) -> str:
    """Return why a statement does more than look; empty if it looks and nothing else."""
    return _objection(judge_sql(text, dialect))


def redis_objection(text: str, _dialect: str) -> str:
    """Return why a command for a Redis does more than look, as `redis-cli` with it is judged."""
    shell = f"redis-cli {text}"
    if plain_redis(shell) is None:
        return "it is no plain command"
    return _objection(judge_shell(shell, frozenset()))


def _objection(verdict: Verdict) -> str:
    return "" if verdict.risk in (Risk.READ, Risk.SECRET) else verdict.why[0]


def why_unready(target: Target, secret: SecretOf, *, read_only: bool) -> str:
    """Return why something that could run on this target cannot, or an empty string."""
    reasons = (
        executor.ready(target, read_only=read_only)
        for (_, kind), executor in executors(secret).items()
        if kind is target.kind
    )
    return next(filter(None, reasons), "")


def excess(target: Target, secret: SecretOf) -> Excess | None:
    """Return what the target's login for looking can do too much; None where there is no telling.

    Raises:
        Unavailable("target.unready"): It cannot be asked.
    """
    if target.kind not in _LOGINS:
        return None
    module, name = _LOGINS[target.kind]
    made = getattr(importlib.import_module(f"{_ADAPTERS}.{module}"), name)
    found: Excess = made(secret, sql_objection).excess(target)
    return found


def sandbox_missing() -> str:
    """Return why nothing can run unattended here; empty where it can."""
    here = Target(name="here", kind=TargetKind.LOCAL)
    return BashExecutor().ready(here, read_only=True)
