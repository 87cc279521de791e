"""Say what works and what does not, and how to mend it, without changing anything."""

from __future__ import annotations

import os
import shutil
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tocsin.adapters.db.store import SqlStore, connect
from tocsin.adapters.db.trial import try_out
from tocsin.adapters.db.version import HEAD, current
from tocsin.bootstrap.database import database_file, telling_of_opening
from tocsin.bootstrap.executors import excess, sandbox_missing, why_unready
from tocsin.bootstrap.record import open_record, outside
from tocsin.bootstrap.secrets import Secrets
from tocsin.bootstrap.serve import runbook_files
from tocsin.core.errors import Problem, Unavailable
from tocsin.core.workspace import MACHINES, Channel, ChannelKind, Target, TargetKind, Workspace
from tocsin.people import admit, paged
from tocsin.ports.store import Tx
from tocsin.records.verify import verify
from tocsin.running import stop

_TIMEOUT_S = 5.0
_FREE_BYTES = 32 * 2**20  # less is gone within an incident

_FILE_CURES: Mapping[str, str] = {
    "store.locked": "`fuser -v {file}` names the process that holds it: end that.",
    "store.read_only": "Give {file} and its folder to the user that runs Tocsin (chown, chmod).",
    "store.full": "Make room: `df -h` and `du -sh` on the folder of {file}.",
    "store.unavailable": "Look at {file}: it must be a SQLite database that we may open.",
}
"""Per code, what mends a SQLite file."""

_CURES: Mapping[str, str] = {
    "store.locked": "`SELECT * FROM pg_stat_activity` names who holds it: end that session.",
    "store.read_only": "It is a standby, or default_transaction_read_only is on: use the primary.",
    "store.full": "Make room on the database server.",
    "store.unavailable": "Try the address with psql: host, port, name, user, password.",
}
"""Per code, what mends a PostgreSQL server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that was looked at."""

    what: str
    works: bool
    said: str
    hint: str = ""


def examine(workspace: Workspace) -> Iterator[Diagnosis]:
    """Yield one diagnosis after the other, as each is looked at."""
    yield _tried("database", lambda: _database(workspace))
    yield _tried("record", lambda: _record(workspace))
    missing = sandbox_missing()
    yield Diagnosis(
        what="sandbox",
        works=not missing,
        said=missing or "read-only steps run unattended in it",
        hint="Until then every step waits for an approval." if missing else "",
    )
    yield _tried("steps", lambda: _stopped(workspace))
    yield _tried("people", lambda: _people(workspace))
    yield from _runbooks(workspace)
    secrets = Secrets(workspace)
    for secret in workspace.secrets:
        yield _tried(f"secret {secret.name}", lambda n=secret.name: _secret(secrets, n))  # type: ignore[misc]
    for channel in workspace.channels:
        yield _tried(f"channel {channel.name}", lambda c=channel: _channel(c))  # type: ignore[misc]
    for target in workspace.targets:
        yield _tried(f"target {target.name}", lambda t=target: _target(t, secrets))  # type: ignore[misc]


def _tried(what: str, look: Callable[[], str]) -> Diagnosis:
    try:
        return Diagnosis(what=what, works=True, said=look())
    except Problem as problem:
        return Diagnosis(what=what, works=False, said=problem.message, hint=problem.hint)
    except Exception as error:  # noqa: BLE001  # the edge: one ill part must not hide the others
        reason = str(error).strip().partition("\n")[0]
        return Diagnosis(what=what, works=False, said=f"{type(error).__name__}: {reason}")


def _database(workspace: Workspace) -> str:
    file = database_file(workspace)
    try:
        if file is not None:
            _room(file)
            if not file.exists():
                return f"none yet: the first `tocsin serve` makes {file}"
        with telling_of_opening():
            found = try_out(workspace.database, file)
    except Unavailable as problem:
        cures = _CURES if file is None else _FILE_CURES
        problem.hint = cures.get(problem.code, problem.hint).format(file=file)
        raise
    return _schema(found)


def _stopped(workspace: Workspace) -> str:
    """Object to a stop that stands."""
    with _looking(workspace) as tx:
        if tx is not None:
            stop.refuse(tx)
    return "nothing is stopped"


def _people(workspace: Workspace) -> str:
    """Object if nobody can let people in, or somebody who is paged could not answer."""
    with _looking(workspace) as tx:
        if tx is None:
            return (
                "nobody yet, or not looked at: no database of this schema. The first"
                " `tocsin user add` of all makes an admin"
            )
        if not admit.has_admin(tx):
            raise Problem(
                "user.no_admin",
                "Nobody is admin of all services.",
                hint="`tocsin user add NAME`, or `tocsin role grant NAME admin`.",
            )
        unable = sorted(paged.unable(tx, workspace))
        if unable:
            raise Problem("user.paged", "; ".join(unable), hint="docs/how-to/people.md")
        return f"{len(tx.people.users())} may log in; whoever is paged can respond"


@contextmanager
def _looking(workspace: Workspace) -> Iterator[Tx | None]:
    """Open the database as it is; None where there is none, or of another schema."""
    file = database_file(workspace)
    if file is not None and not file.exists():
        yield None
        return
    with telling_of_opening():
        engine = connect(workspace.database)
        try:
            if current(engine) != HEAD:
                yield None
                return
            with SqlStore(engine).look() as tx:
                yield tx
        finally:
            engine.dispose()


def _record(workspace: Workspace) -> str:
    """Say whether the record is whole, and how much of it nothing vouches for."""
    file = database_file(workspace)
    if file is not None and not file.exists():
        return "nothing yet"
    if file is not None and file.stat().st_mode & 0o077:
        raise Problem(
            "store.open",
            f"{file} can be read by others: it holds the key that signs links and approvals.",
            hint=f"chmod 600 {file}",
        )
    try:
        store = open_record(workspace)
    except Unavailable as problem:
        if problem.code == "store.schema":
            return "not looked at: the database has another schema"
        raise
    with store.look() as tx:
        verdict = verify(tx, outside(workspace, None))
    if verdict.wrong:
        first = verdict.wrong[0]
        raise Problem(
            "audit.touched",
            f"It was touched in {len(verdict.wrong)} places. {first.where}: {first.said}",
            hint="`tocsin audit verify` names them all.",
        )
    beside = "" if verdict.outside else "; no checkpoints are kept outside (see [audit])"
    return f"{verdict.entries} entries, whole; {verdict.uncovered} not covered yet{beside}"


def _room(file: Path) -> None:
    """Object to a place where no database could grow. The folders need not exist yet."""
    folder = next(each for each in file.parents if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise Unavailable("store.read_only", f"Nothing can be written in {folder}.")
    free = shutil.disk_usage(folder).free
    if free < _FREE_BYTES:
        raise Unavailable("store.full", f"Only {free // 2**20} MiB are free in {folder}.")


def _schema(found: str | None) -> str:
    if found is None:
        return "can be written; empty: the first `tocsin serve` makes its tables"
    if found > HEAD:
        raise Unavailable(
            "store.newer",
            f"It has schema {found}, which is newer than this program's {HEAD}.",
            hint="Install the release that made it.",
        )
    if found < HEAD:
        return f"can be written; the next `tocsin serve` brings schema {found} to {HEAD}"
    return f"can be written; schema {found}"


def _runbooks(workspace: Workspace) -> Iterator[Diagnosis]:
    runbooks = runbook_files(workspace)
    for service in workspace.services:
        for file in service.runbooks:
            found = runbooks.get(file)
            if found is not None:
                said = f"{len(found.playbooks)} playbooks for service {service.name}"
                yield Diagnosis(what=f"runbook {file}", works=bool(found.playbooks), said=said)
    for file, finding in runbooks.problems():
        where = f"{file}:{finding.line}" if finding.line else file
        missing = finding.code == "runbook.missing"
        hint = "Write it, or mend `runbooks` in tocsin.toml." if missing else finding.code
        yield Diagnosis(what=f"runbook {where}", works=False, said=finding.message, hint=hint)


def _secret(secrets: Secrets, name: str) -> str:
    secrets.value(name)
    return "can be read"


def _channel(channel: Channel) -> str:
    if channel.kind is ChannelKind.CONSOLE:
        return "writes to the server's terminal"
    url = urlsplit(channel.url)
    if channel.kind is ChannelKind.WEBHOOK and not channel.url:
        return "each person has an address of their own"
    try:
        return _greet(url.scheme, url.hostname or "", url.port)
    except (OSError, smtplib.SMTPException) as error:
        raise Problem(
            "channel.unreachable",
            f"{url.hostname}:{url.port or ''} does not answer: {error}",
            hint="Check the address in tocsin.toml, and that the relay runs.",
        ) from None


def _greet(scheme: str, host: str, port: int | None) -> str:
    if scheme == "smtp":
        with smtplib.SMTP(host, port or 25, timeout=_TIMEOUT_S) as relay:
            return f"the relay answers {relay.noop()[0]}"
    default = {"https": 443, "smtps": 465}.get(scheme, 80)
    with socket.create_connection((host, port or default), timeout=_TIMEOUT_S) as plain:
        if scheme in ("https", "smtps"):
            with ssl.create_default_context().wrap_socket(plain, server_hostname=host):
                return "answers, with a valid certificate"
    return "answers"


def _target(target: Target, secrets: Secrets) -> str:
    if target.kind is TargetKind.LOCAL and not Path(target.directory or ".").is_dir():
        raise Problem("target.directory", f"{target.directory} is not a folder.")
    why_not = why_unready(target, secrets.value, read_only=True)
    if why_not:
        raise Problem("target.unready", why_not)
    why_not = why_unready(target, secrets.value, read_only=False) if target.kind in MACHINES else ""
    if why_not:
        raise Problem("target.unready", f"For changing: {why_not}")
    return f"{target.kind} answers{_login(target, secrets)}"


def _login(target: Target, secrets: Secrets) -> str:
    """Return what is to be said of the login for looking, after a semicolon.

    Raises:
        Problem("target.excess"): It can do what no look needs.
    """
    found = excess(target, secrets.value)
    if found is None:
        return ""
    if found.grave:
        can = ", ".join([*found.grave, *found.common])
        raise Problem(
            "target.excess",
            f"The login for looking can do more than look: {can}.",
            hint="docs/how-to/give-stores-a-login.md makes one that cannot.",
        )
    also = f"; as every login there it can {', '.join(found.common)}" if found.common else ""
    return also + ("" if target.change_url else "; nothing is changed there without a change_url")
