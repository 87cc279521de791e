"""A reading step on a real PostgreSQL, with the very login that the documentation has you make.

Three walls, each alone: the statement is judged before it reaches the database, on its way
through the product and again by the executor; and where nobody judges at all, the login and the
transaction hold. What counts is what can be seen in the database and on its machine afterwards.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from drill import WORKSPACE, Drill
from servers import Absent, postgres
from tocsin.adapters.excess import Excess
from tocsin.adapters.executors.postgres import PostgresExecutor
from tocsin.bootstrap.executors import executors, sql_objection
from tocsin.core.risk import Risk
from tocsin.core.run import Command, Limits, Outcome, RunState, StepRun
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution
from tocsin.running import advance

pytestmark = pytest.mark.postgres

DOCUMENT = Path(__file__).parents[2] / "docs/how-to/give-stores-a-login.md"
PASSWORD = "one of its own"  # as the document has it

ATTEMPTS = [
    "SELECT pg_terminate_backend({busy})",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = {busy}",
    "SELECT pg_cancel_backend({busy})",
    "SELECT pg_reload_conf()",
    "SELECT pg_rotate_logfile()",
    "SELECT pg_switch_wal()",
    "COPY jobs TO PROGRAM 'touch {folder}/program'",
    "COPY jobs FROM PROGRAM 'touch {folder}/program; echo 9'",
    "COPY jobs TO '{folder}/copied'",
    "COPY (SELECT 1) TO '{folder}/copied'",
    "SET TRANSACTION READ WRITE",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "SET default_transaction_read_only = off",
    "SELECT set_config('transaction_read_only', 'off', false), (SELECT count(*) FROM jobs)",
    "SET SESSION AUTHORIZATION boss",
    "SET ROLE boss",
    "SET ROLE shop",
    "SELECT pg_advisory_lock(731)",
    "SELECT pg_try_advisory_lock(731), pg_sleep(0.2)",
    "SELECT pg_advisory_xact_lock(731)",
    "SELECT pg_try_advisory_lock_shared(7, 31)",
    "SELECT lo_import('/etc/hostname')",
    "SELECT lo_export(1, '{folder}/exported')",
    "SELECT lo_create(731)",
    "SELECT lo_from_bytea(731, 'x')",
    "SELECT pg_read_file('/etc/hostname')",
    "SELECT pg_read_binary_file('/etc/hostname')",
    "SELECT * FROM dblink('dbname=shop', 'DELETE FROM jobs') AS gone(n int)",
    "CREATE EXTENSION dblink",
    "SELECT 1; COMMIT; DELETE FROM jobs",
    "COMMIT; DELETE FROM jobs",
    "ROLLBACK; BEGIN READ WRITE; DELETE FROM jobs; COMMIT",
    "SELECT 1;; DELETE FROM jobs",
    "DELETE FROM jobs",
    "TRUNCATE jobs",
    "DROP TABLE jobs",
    "WITH gone AS (DELETE FROM jobs RETURNING *) SELECT * FROM gone",
    "WITH more AS (INSERT INTO jobs VALUES (9) RETURNING *) SELECT * FROM more",
    "SELECT * INTO more FROM jobs",
    "CREATE TABLE more AS SELECT * FROM jobs",
    "CREATE TEMP TABLE more (id int)",
    "SELECT * INTO TEMP more FROM jobs",
    "EXPLAIN ANALYZE DELETE FROM jobs",
    "EXPLAIN (ANALYZE) WITH gone AS (DELETE FROM jobs RETURNING *) SELECT * FROM gone",
    "NOTIFY shop, 'gone'",
    "SELECT pg_notify('shop', 'gone')",
    "LISTEN shop",
    "SELECT pg_logical_emit_message(false, 'shop', 'gone')",
    "SELECT nextval('numbers')",
    "SELECT setval('numbers', 1000)",
    "DO $$ BEGIN DELETE FROM jobs; END $$",
    "PREPARE gone AS DELETE FROM jobs",
    "EXECUTE gone",
    "CALL empty_jobs()",
    "SELECT empty_jobs_too()",
    "SELECT public.lower('x')",
    "LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE",
    "SELECT * FROM jobs FOR UPDATE",
    "SELECT * FROM jobs FOR SHARE",
    "SELECT pg_sleep(1e9)",
    "SELECT pg_sleep_for('1 day')",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "VACUUM FULL jobs",
    "REINDEX TABLE jobs",
    "ALTER SYSTEM SET work_mem = '1GB'",
    "ALTER ROLE tocsin_look SUPERUSER",
    "GRANT ALL ON jobs TO tocsin_look",
    "CREATE ROLE more",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "LOAD 'auto_explain'",
    "CHECKPOINT",
    "DISCARD ALL",
]
"""What must be impossible in a step that only looks; each is one of a kind."""

LASTING = {"pg_sleep(1e9)", "pg_sleep_for", "RECURSIVE"}
"""What would only go on for ever: a look, and ended at the time limit."""


class Shop:
    """A database as a team has it, with a session at work, and what can be seen of it."""

    def __init__(self, boss: str, folder: Path) -> None:
        self.boss = boss
        self.folder = folder
        self.look = boss.replace("boss@", "tocsin_look@")
        self.change = boss.replace("boss@", "tocsin_change@")
        self._make()
        self.busy = psycopg.connect(boss.replace("boss@", "shop@"), autocommit=True)
        self.busy.execute("LISTEN shop")
        self.busy.pgconn.send_query(b"SELECT pg_sleep(3600)")
        self.before = self.seen()

    def _make(self) -> None:
        with psycopg.connect(self.boss.replace("/shop", "/postgres"), autocommit=True) as once:
            once.execute("CREATE ROLE shop LOGIN")
            once.execute("CREATE DATABASE shop OWNER shop")
        with psycopg.connect(self.boss.replace("boss@", "shop@"), autocommit=True) as owner:
            owner.execute("CREATE TABLE jobs (id int)")
            owner.execute("INSERT INTO jobs VALUES (1), (2), (3)")
            owner.execute("CREATE SEQUENCE numbers")
            owner.execute("CREATE PROCEDURE empty_jobs() LANGUAGE sql AS 'DELETE FROM jobs'")
            for name in ("empty_jobs_too()", "lower(text)"):
                body = "RETURNS void LANGUAGE sql AS 'DELETE FROM jobs'"
                owner.execute(f"CREATE FUNCTION {name} {body}".encode())
        with psycopg.connect(self.boss, autocommit=True) as superuser:
            for script in re.findall(
                r"^```sql postgres\n(.*?)^```", DOCUMENT.read_text(), re.M | re.S
            ):
                superuser.execute(script.encode())

    def close(self) -> None:
        self.busy.close()

    def seen(self) -> dict[str, object]:
        """Return everything that one of the attempts could have altered."""
        asked = {
            "rows": "SELECT array_agg(id ORDER BY id) FROM jobs",
            "relations": "SELECT array_agg(oid::regclass::text ORDER BY oid) FROM pg_class"
            " WHERE oid >= 16384",
            "access": "SELECT relacl::text FROM pg_class WHERE relname = 'jobs'",
            "functions": "SELECT count(*) FROM pg_proc WHERE oid >= 16384",
            "roles": "SELECT array_agg(rolname || rolsuper ORDER BY oid) FROM pg_roles",
            "extensions": "SELECT count(*) FROM pg_extension",
            "large objects": "SELECT count(*) FROM pg_largeobject_metadata",
            "sequence": "SELECT last_value || is_called::text FROM numbers",
            "settings read at": "SELECT pg_conf_load_time()::text",
            "settings": "SELECT count(*) FROM pg_file_settings",
            "at work": "SELECT count(*) FROM pg_stat_activity"
            " WHERE usename = 'shop' AND state = 'active' AND query LIKE '%sleep(3600)'",
            "ours": "SELECT count(*) FROM pg_stat_activity WHERE usename = 'tocsin_look'",
            "advisory locks": "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
            "locks on jobs": "SELECT count(*) FROM pg_locks WHERE relation = 'jobs'::regclass"
            " AND pid <> pg_backend_pid()",
        }
        with psycopg.connect(self.boss, autocommit=True) as superuser:
            superuser.execute("SELECT pg_sleep(0.05)")  # a backend that was hung up on is gone
            found = {
                what: superuser.execute(sql.encode()).fetchone() for what, sql in asked.items()
            }
        return {**found, "files": sorted(path.name for path in self.folder.iterdir())}

    def written(self, attempt: str) -> str:
        """Return an attempt with what it needs to know of the victim."""
        pid = str(self.busy.info.backend_pid)
        return attempt.replace("{busy}", pid).replace("{folder}", str(self.folder))


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(postgres())
        except Absent as absent:
            pytest.skip(str(absent))
        folder = Path(tempfile.mkdtemp(prefix="tocsin-open-"))
        stack.callback(shutil.rmtree, folder)
        folder.chmod(0o777)  # the database's user could write there, if it were let
        made = stack.enter_context(closing(Shop(cluster.replace("/postgres", "/shop"), folder)))
        yield made


def run(
    shop: Shop, text: str, objection: Callable[[str, str], str], *, seconds: float = 1.0
) -> Outcome:
    """Run `text` straight in the executor, as a look."""
    execution = Execution(
        command=Command(
            language=Language.SQL,
            text=text,
            target="db",
            runbook_sha256="0" * 64,
            step_line=1,
            limits=Limits(time=timedelta(seconds=seconds)),
        ),
        target=Target(name="db", kind=TargetKind.POSTGRES, url=shop.look, password="LOOK"),
        environment={},
        read_only=True,
    )
    return PostgresExecutor(lambda _: PASSWORD, objection).run(execution, lambda _: None)


def anything(_text: str, _dialect: str) -> str:
    """Object to nothing: here it is the database itself that has to hold."""
    return ""


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_executor_refuses_what_does_more_than_look(shop: Shop, attempt: str) -> None:
    """Whoever asks it to: nothing is sent, so nothing depends on what the database makes of it."""
    outcome = run(shop, shop.written(attempt), sql_objection)

    if any(words in attempt for words in LASTING):
        assert outcome.timed_out or outcome.said.startswith("Refused as a look")
    else:
        assert outcome.said.startswith("Refused as a look")
    assert shop.seen() == shop.before


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_login_cannot_do_it_either(shop: Shop, attempt: str) -> None:
    """A judge that is mistaken must cost nothing: the database is a wall of its own."""
    outcome = run(shop, shop.written(attempt), anything)

    assert outcome.timed_out is any(words in attempt for words in LASTING)
    assert shop.seen() == shop.before


@pytest.mark.parametrize(
    "attempt", [each for each in ATTEMPTS if "advisory" in each or "backend" in each]
)
def test_the_database_itself_refuses_locks_and_signals(shop: Shop, attempt: str) -> None:
    """A lock would be gone with its session. The document's script has it never taken at all."""
    outcome = run(shop, shop.written(attempt), anything)

    assert outcome.exit_status == 1
    assert "permission denied" in outcome.said


def test_the_login_can_look(shop: Shop) -> None:
    """A wall without a door would be easy."""
    outcome = run(shop, "SELECT count(*) FROM jobs", sql_objection)
    others = run(shop, "SELECT query FROM pg_stat_activity WHERE state = 'active'", sql_objection)

    assert (outcome.exit_status, others.exit_status) == (0, 0)


def runbook_of(shop: Shop, attempts: list[str]) -> str:
    steps = "".join(
        f"{number}. **Look at {number}**\n   ```sql\n   {shop.written(attempt)}\n   ```\n\n"
        for number, attempt in enumerate(attempts, start=1)
    )
    return (
        "# Shop\n\n## Checkout failing\n\n**Alert:** `CheckoutFailing`\n"
        f"**Severity:** Critical (P1)\n\n### Investigation Steps\n\n{steps}"
    )


def workspace_of(shop: Shop) -> str:
    sqlite = 'kind = "sqlite"\nurl = "shop.db"'
    assert sqlite in WORKSPACE
    store = f'kind = "postgres"\nurl = "{shop.look}"\npassword = "LOOK"'
    return WORKSPACE.replace(sqlite, store) + '\n[[secret]]\nname = "LOOK"\nenvironment = "LOOK"\n'


def _acts(step_run: StepRun, held: tuple[RunState, ...]) -> bool:
    """Whether it went through, and is not just the look before what is stacked upon it."""
    return step_run.state not in held and step_run.text != "SELECT 1;"


def test_on_duty_none_of_it_runs_by_itself(shop: Shop, tmp_path: Path) -> None:
    """From the alert to the last step: what looks has run, all else waits for somebody."""
    runbook = runbook_of(shop, [*ATTEMPTS, "SELECT count(*) FROM jobs"])
    drill = Drill(tmp_path, runbooks={"shop.md": runbook}, workspace=workspace_of(shop))
    drill.acts = replace(drill.acts, executors=executors(lambda _: PASSWORD))

    drill.alert()

    *attempts, honest = drill.step_runs()
    assert honest.state is RunState.SUCCEEDED, honest.said
    held = (RunState.WAITING, RunState.MANUAL)
    assert [(each.text, each.said) for each in attempts if _acts(each, held)] == []
    assert len(attempts) >= len(ATTEMPTS)
    assert shop.seen() == shop.before
    drill.close()


def test_forced_as_a_look_none_of_it_runs(shop: Shop, tmp_path: Path) -> None:
    """A verdict that is wrong on file, from an older version or an edited database."""
    runbook = runbook_of(shop, ATTEMPTS)
    drill = Drill(tmp_path, runbooks={"shop.md": runbook}, workspace=workspace_of(shop))
    drill.acts = replace(drill.acts, executors=executors(lambda _: PASSWORD))
    drill.alert()
    waiting = [each for each in drill.step_runs() if each.command is not None]

    for step_run in waiting:
        assert step_run.command is not None
        quick = replace(step_run.command, limits=Limits(time=timedelta(seconds=1)))
        with drill.store.begin() as tx:
            advance.ready(tx, replace(step_run, risk=Risk.READ, command=quick), now=drill.clock)
    drill.run_due()

    ended = [each for each in drill.step_runs() if each.command is not None]
    held = (RunState.FAILED, RunState.WAITING)
    assert [(each.text, each.said) for each in ended if _acts(each, held)] == []
    assert len(ended) >= 60
    assert shop.seen() == shop.before
    drill.close()


def test_what_was_approved_runs_with_the_login_for_changes(shop: Shop) -> None:
    """That login may end a session, which the one for looking may not."""
    with psycopg.connect(shop.boss.replace("boss@", "shop@"), autocommit=True) as victim:
        target = Target(name="db", kind=TargetKind.POSTGRES, url=shop.look, change_url=shop.change)
        execution = Execution(
            command=Command(
                language=Language.SQL,
                text=f"SELECT pg_terminate_backend({victim.info.backend_pid})",
                target="db",
                runbook_sha256="0" * 64,
                step_line=1,
            ),
            target=target,
            environment={},
            read_only=False,
        )
        outcome = PostgresExecutor(str.upper, sql_objection).run(execution, lambda _: None)

        assert outcome.exit_status == 0, outcome.said
        with pytest.raises(psycopg.OperationalError):
            victim.execute("SELECT 1")


def test_the_doctor_has_nothing_against_the_documented_login(shop: Shop) -> None:
    """And of a login that owns the tables it names what that login could do."""
    documented = excess_of(shop, shop.look)
    owner = excess_of(shop, shop.boss.replace("boss@", "shop@"))
    superuser = excess_of(shop, shop.boss)

    assert documented == Excess()
    assert "write into tables" in owner.grave
    assert "alter and drop tables that it owns" in owner.grave
    assert owner.common == ("take advisory locks",)
    assert "do everything, as a superuser" in superuser.grave


@pytest.mark.parametrize(
    ("power", "said"),
    [
        ("GRANT pg_signal_backend TO tocsin_look", "end other people's sessions"),
        ("GRANT pg_execute_server_program TO tocsin_look", "start programs on the server"),
        ("GRANT pg_write_server_files TO tocsin_look", "write files on the server"),
        ("GRANT pg_read_server_files TO tocsin_look", "read files on the server"),
        ("GRANT pg_write_all_data TO tocsin_look", "write into every table"),
        ("GRANT INSERT ON jobs TO tocsin_look", "write into tables"),
        ("GRANT CREATE ON SCHEMA public TO tocsin_look", "create tables"),
        ("ALTER ROLE tocsin_look CREATEROLE", "create roles"),
        ("ALTER ROLE tocsin_look CREATEDB", "create databases"),
        ("ALTER ROLE tocsin_look REPLICATION", "replicate"),
    ],
)
def test_the_doctor_names_each_power_too_much(shop: Shop, power: str, said: str) -> None:
    """One grant in passing is how a login for looking becomes one for everything."""
    undo = power.replace("GRANT", "REVOKE").replace(" TO ", " FROM ")
    if power.startswith("ALTER"):
        undo = re.sub(r"(\w+)$", r"NO\1", power)
    with psycopg.connect(shop.boss, autocommit=True) as superuser:
        superuser.execute(power.encode())
        found = excess_of(shop, shop.look)
        superuser.execute(undo.encode())

    assert said in found.grave
    assert excess_of(shop, shop.look) == Excess()


def excess_of(shop: Shop, url: str) -> Excess:
    target = Target(name="db", kind=TargetKind.POSTGRES, url=url, password="LOOK")
    return PostgresExecutor(lambda _: PASSWORD, anything).excess(target)
