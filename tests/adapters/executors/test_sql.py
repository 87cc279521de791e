"""SQL on a real PostgreSQL and on real SQLite files."""

from __future__ import annotations

import select
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from tocsin.adapters.executors.postgres import PostgresExecutor
from tocsin.adapters.executors.sqlite import SqliteExecutor
from tocsin.adapters.table import table
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, Stop


def anything(_text: str, _dialect: str) -> str:
    """Object to nothing: here it is the database itself that has to hold."""
    return ""


def run(
    kind: TargetKind,
    url: str,
    text: str,
    *,
    read_only: bool = True,
    limits: Limits | None = None,
    stop: Stop | None = None,
) -> tuple[Outcome, str]:
    """Run `text` and return how it ended and what it said."""
    execution = Execution(
        command=Command(
            language=Language.SQL,
            text=text,
            target="db",
            runbook_sha256="0" * 64,
            step_line=1,
            limits=limits or Limits(time=timedelta(seconds=10)),
        ),
        target=Target(
            name="db", kind=kind, url=url, change_url=url if kind is TargetKind.POSTGRES else ""
        ),
        environment={},
        read_only=read_only,
        stop=stop or Stop(),
    )
    said: list[bytes] = []
    postgres = PostgresExecutor(str.upper, anything)
    executor = postgres if kind is TargetKind.POSTGRES else SqliteExecutor(anything)
    outcome = executor.run(execution, said.append)
    return outcome, b"".join(said).decode()


@contextmanager
def silent_after_a_while(host: str, port: int) -> Iterator[int]:
    """Yield a port that passes on to the server until the server has answered 0.2 s long."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def pass_on() -> None:
            with (
                closing(listener.accept()[0]) as client,
                closing(socket.create_connection((host, port))) as server,
            ):
                until = time.monotonic() + 0.2
                while client.fileno() >= 0:
                    for ready in select.select([client, server], [], [], 10)[0]:
                        piece = ready.recv(65536)
                        if not piece:
                            return
                        if ready is client:
                            server.sendall(piece)
                        elif time.monotonic() < until:
                            client.sendall(piece)

        thread = threading.Thread(target=pass_on)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join()


@pytest.mark.postgres
class TestPostgres:
    @staticmethod
    def run(
        url: str, text: str, *, read_only: bool = True, limits: Limits | None = None
    ) -> tuple[Outcome, str]:
        return run(TargetKind.POSTGRES, url, text, read_only=read_only, limits=limits)

    def test_rows_come_as_a_table(self, reader: str) -> None:
        """At three in the morning a table is read, a tuple is not."""
        outcome, said = self.run(reader, "SELECT id, state FROM jobs WHERE id < 3 ORDER BY id")

        assert outcome == Outcome(exit_status=0)
        assert said == "id | state\n---+-------\n1  | failed\n2  | NULL\n(2 rows)\n"

    def test_a_percent_sign_and_a_semicolon_at_the_end_are_just_sql(self, reader: str) -> None:
        """Runbooks write LIKE '%x%' and end with a semicolon."""
        outcome, said = self.run(reader, "SELECT count(*) FROM jobs WHERE state LIKE '%ail%';")

        assert outcome.exit_status == 0
        assert said.endswith("1\n(1 row)\n")

    @pytest.mark.parametrize("read_only", [True, False])
    @pytest.mark.parametrize(
        "text",
        [
            "SELECT 1; SELECT 2",
            "COMMIT; DELETE FROM jobs",
            "ROLLBACK; BEGIN READ WRITE; DELETE FROM jobs; COMMIT",
            "SELECT 1; DELETE FROM jobs",
        ],
    )
    def test_several_statements_are_refused_whole(
        self, reader: str, text: str, read_only: bool
    ) -> None:
        """Stacked statements are how read-only servers were broken out of."""
        outcome, _ = self.run(reader, text, read_only=read_only)

        assert outcome.exit_status == 1
        assert "multiple commands" in outcome.said
        assert self.run(reader, "SELECT count(*) FROM jobs")[1].endswith("3\n(1 row)\n")

    @pytest.mark.parametrize(
        "text",
        [
            "DELETE FROM jobs",
            "UPDATE jobs SET state = 'x' RETURNING id",
            "WITH gone AS (DELETE FROM jobs RETURNING id) SELECT * FROM gone",
            "CREATE TABLE more (id int)",
            "EXPLAIN ANALYZE DELETE FROM jobs",
            "COPY jobs TO PROGRAM 'touch /tmp/tocsin-copied'",
            "DO $$ BEGIN DELETE FROM jobs; END $$",
            "COPY jobs TO STDOUT",
            "COPY jobs FROM STDIN",
            "TRUNCATE jobs",
        ],
    )
    def test_looking_cannot_change(self, reader: str, text: str) -> None:
        """The login may write (it owns all rights on the table), the transaction may not."""
        outcome, said = self.run(reader, text)

        assert outcome.exit_status == 1
        assert said
        assert self.run(reader, "SELECT count(*) FROM jobs")[1].endswith("3\n(1 row)\n")
        assert not Path("/tmp/tocsin-copied").exists()

    @pytest.mark.parametrize("text", ["SET TRANSACTION READ WRITE", "COMMIT", "ROLLBACK"])
    def test_leaving_the_transaction_leads_nowhere(self, reader: str, text: str) -> None:
        """Each statement has a connection of its own, so there is no after."""
        self.run(reader, text)

        assert self.run(reader, "DELETE FROM jobs")[0].exit_status == 1

    def test_a_superuser_does_not_look(self, cluster: str) -> None:
        """A read-only transaction lets a superuser end sessions and start programs."""
        outcome, said = self.run(cluster, "SELECT 1")

        assert outcome.exit_status is None
        assert "superuser" in outcome.said
        assert said == ""
        target = Target(name="db", kind=TargetKind.POSTGRES, url=cluster, change_url=cluster)
        assert "superuser" in PostgresExecutor(str.upper, anything).ready(target, read_only=True)
        assert PostgresExecutor(str.upper, anything).ready(target, read_only=False) == ""

    def test_the_time_limit_is_the_servers(self, reader: str) -> None:
        """The statement itself must end, or a slow query stays behind and makes it worse."""
        began = time.monotonic()
        limits = Limits(time=timedelta(seconds=0.5))

        outcome, _ = self.run(reader, "SELECT pg_sleep(20)", limits=limits)

        assert time.monotonic() - began < 5
        assert outcome.timed_out
        assert outcome.exit_status is None
        left = self.run(
            reader,
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sl' || 'eep%'"
            " AND pid <> pg_backend_pid() AND state = 'active'",
        )[1]
        assert left.endswith("0\n(1 row)\n")

    def test_a_million_rows_are_the_first_thousand(self, reader: str) -> None:
        """Somebody will write SELECT * on the largest table."""
        outcome, said = self.run(reader, "SELECT generate_series(1, 1000000) AS n")

        assert outcome.exit_status == 0
        assert "\n1000\n(first 1000 rows; there are more)\n" in said
        assert "\n1001\n" not in said

    def test_the_output_limit_holds(self, reader: str) -> None:
        """What is stored is bounded in bytes, whatever the rows hold."""
        limits = Limits(output_bytes=500)

        _, said = self.run(
            reader, "SELECT repeat('x', 1000000) FROM generate_series(1, 20)", limits=limits
        )

        assert "bytes cut here]" in said
        assert len(said) < 600

    def test_what_a_value_hides_is_shown(self, reader: str) -> None:
        """A row can hold what an attacker typed, escape sequences included."""
        assert "a\\x1b[2J" in self.run(reader, "SELECT state FROM jobs WHERE id = 3")[1]

    def test_values_python_has_no_words_for_are_shown(self, reader: str) -> None:
        """PostgreSQL knows infinity and the year 10000; we show what it says."""
        outcome, said = self.run(reader, "SELECT 'infinity'::date, 'NaN'::numeric, '{1,2}'::int[]")

        assert outcome.exit_status == 0
        assert "infinity" in said
        assert "{1,2}" in said

    def test_an_error_is_an_outcome(self, reader: str) -> None:
        """A wrong column in a runbook is evidence too."""
        outcome, said = self.run(reader, "SELECT nope FROM jobs")

        assert outcome.exit_status == 1
        assert 'column "nope" does not exist' in outcome.said
        assert "LINE 1" in said

    @pytest.mark.parametrize("text", ["", ";", "-- nothing", "SELECT '\0'", "SELECT '\ud800'"])
    def test_nonsense_is_an_outcome(self, reader: str, text: str) -> None:
        """Never raise for what a statement is."""
        assert self.run(reader, text)[0].exit_status in {None, 1}
        assert self.run(reader, text, read_only=False)[0].exit_status in {None, 0, 1}

    def test_an_approved_change_is_committed_and_counted(self, cluster: str, reader: str) -> None:
        """The responder wants to know how many rows it touched."""
        with psycopg.connect(cluster, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS dead; CREATE TABLE dead (id int)")
            connection.execute("INSERT INTO dead VALUES (1), (2); GRANT ALL ON dead TO tocsin")

        outcome, _ = self.run(reader, "DELETE FROM dead WHERE id = 1", read_only=False)

        assert outcome == Outcome(exit_status=0, said="1 row affected.")
        assert self.run(reader, "SELECT id FROM dead")[1].endswith("2\n(1 row)\n")

    def test_an_approved_statement_that_cannot_be_in_a_transaction_runs(self, cluster: str) -> None:
        """VACUUM is what a runbook for bloat says."""
        outcome, _ = self.run(cluster, "VACUUM", read_only=False)

        assert outcome.exit_status == 0

    @pytest.mark.parametrize("read_only", [True, False])
    def test_a_connection_that_breaks_leaves_a_change_unknown(
        self, reader: str, read_only: bool
    ) -> None:
        """Nobody can say whether it was committed; a person has to look."""
        text = "SELECT pg_terminate_backend(pg_backend_pid())"

        outcome, _ = self.run(reader, text, read_only=read_only)

        assert outcome.exit_status is None
        assert "broke off" in outcome.said
        assert outcome.lost is not read_only

    def test_a_server_that_falls_silent_is_hung_up_on(self, reader: str) -> None:
        """Its own time limit is worth nothing when the machine is gone."""
        host, port = reader.split("@")[1].split("/")[0].split(":")
        began = time.monotonic()
        with silent_after_a_while(host, int(port)) as between:
            url = reader.replace(f":{port}/", f":{between}/")
            limits = Limits(time=timedelta(seconds=0.5))
            outcome, _ = self.run(url, "SELECT pg_sleep(0.3)", read_only=False, limits=limits)

        assert time.monotonic() - began < 8
        assert outcome.lost

    @pytest.mark.parametrize("read_only", [True, False])
    def test_it_ends_on_the_server_when_it_must_stop(self, reader: str, read_only: bool) -> None:
        """A global stop that left the statement running there would stop nothing."""
        stop = Stop()
        soon = threading.Timer(0.5, stop.set, ["Ada stopped everything"])
        soon.start()

        outcome, _ = run(
            TargetKind.POSTGRES, reader, "SELECT pg_sleep(90)", read_only=read_only, stop=stop
        )

        soon.join()
        assert outcome.said.startswith("Ada stopped everything")
        assert outcome.lost is not read_only
        left = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(' || '90%'"
        assert self.run(reader, f"{left} AND state = 'active'")[1].endswith("0\n(1 row)\n")

    @pytest.mark.parametrize("read_only", [True, False])
    def test_what_was_stopped_before_it_began_does_not_begin(
        self, reader: str, read_only: bool
    ) -> None:
        """The stop may come while we connect."""
        stop = Stop()
        stop.set("Ada stopped everything")

        outcome, said = run(TargetKind.POSTGRES, reader, "SELECT 1", read_only=read_only, stop=stop)

        assert outcome == Outcome(exit_status=None, said="Ada stopped everything.")
        assert said == ""

    def test_the_password_of_a_change_is_read_for_a_change_only(self, reader: str) -> None:
        """What looks, at any hour and unattended, never holds what could change."""
        asked: list[str] = []
        target = Target(
            name="db",
            kind=TargetKind.POSTGRES,
            url=reader,
            password="LOOK",
            change_url=reader,
            change_password="ALTER",
        )

        def secret(name: str) -> str:
            asked.append(name)
            return "hunter"

        executor = PostgresExecutor(secret, anything)

        assert executor.ready(target, read_only=True) == ""
        assert asked == ["LOOK"]
        assert executor.ready(target, read_only=False) == ""
        assert asked == ["LOOK", "ALTER"]

    def test_nothing_is_changed_without_a_login_for_it(self, reader: str) -> None:
        """The login that looks might be able to; it is not asked."""
        target = Target(name="db", kind=TargetKind.POSTGRES, url=reader)

        said = PostgresExecutor(str.upper, anything).ready(target, read_only=False)

        assert said == "Target db has no login for changes."

    def test_a_server_that_is_down_is_said_without_its_password(self) -> None:
        """The address may hold a secret and is never shown."""
        url = "postgresql://tocsin:hunter-8731@127.0.0.1:1/db"
        outcome, _ = self.run(url, "SELECT 1")

        assert outcome.exit_status is None
        assert "Target db cannot be reached" in outcome.said
        assert "hunter" not in outcome.said

    @pytest.mark.parametrize(
        "url", ["hunter-8731", "postgresql://u:hunter-8731@[oops/db", "postgresql://h/?hunter-8731"]
    )
    def test_an_address_that_is_none_is_not_repeated(self, url: str) -> None:
        """The library quotes the piece it cannot read, which may be the password."""
        outcome, _ = self.run(url, "SELECT 1")

        assert outcome.exit_status is None
        assert "hunter" not in outcome.said
        target = Target(name="db", kind=TargetKind.POSTGRES, url=url)
        assert "hunter" not in PostgresExecutor(str.upper, anything).ready(target, read_only=True)


class TestSqlite:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Iterator[str]:
        path = tmp_path / "a queue?#%.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY, state TEXT)")
            connection.execute("INSERT INTO jobs VALUES (1, 'failed'), (2, NULL)")
            connection.execute("INSERT INTO jobs VALUES (3, CAST(x'ff1b' AS TEXT))")
            connection.commit()
        yield str(path)

    @staticmethod
    def run(
        file: str, text: str, *, read_only: bool = True, limits: Limits | None = None
    ) -> tuple[Outcome, str]:
        return run(TargetKind.SQLITE, file, text, read_only=read_only, limits=limits)

    def test_rows_come_as_a_table(self, file: str) -> None:
        """The same table as for PostgreSQL; bytes that are no text do not end it."""
        outcome, said = self.run(file, "SELECT id, state FROM jobs ORDER BY id")

        assert outcome == Outcome(exit_status=0)
        assert said.splitlines() == [
            *("id | state", "---+-------"),
            *("1  | failed", "2  | NULL", "3  | \ufffd\\x1b", "(3 rows)"),
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "DELETE FROM jobs",
            "UPDATE jobs SET state = 'x'",
            "DROP TABLE jobs",
            "CREATE TEMP TABLE t (id)",
            "ATTACH '{folder}/new.db' AS other",
            "VACUUM INTO '{folder}/new.db'",
            "PRAGMA query_only = OFF",
            "PRAGMA journal_mode = WAL",
            "SELECT load_extension('x')",
            "SELECT writefile('{folder}/new.db', 'x')",
            "BEGIN IMMEDIATE",
            "SELECT 1; SELECT 2",
            "EXPLAIN DELETE FROM jobs",
        ],
    )
    def test_looking_cannot_change(self, file: str, text: str) -> None:
        """Read-only holds three times: the file, the pragma, the authorizer."""
        folder = Path(file).parent
        before = Path(file).read_bytes()

        outcome, _ = self.run(file, text.format(folder=folder))

        assert outcome.exit_status == 1
        assert outcome.said
        assert Path(file).read_bytes() == before
        assert [path.name for path in folder.iterdir()] == [Path(file).name]

    def test_it_ends_when_it_must_stop(self, file: str) -> None:
        """SQLite runs in our own process, so nobody else can end it."""
        stop = Stop()
        soon = threading.Timer(0.3, stop.set, ["Ada stopped everything"])
        soon.start()

        outcome, _ = run(
            TargetKind.SQLITE,
            file,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
            limits=Limits(time=timedelta(seconds=60)),
            stop=stop,
        )

        soon.join()
        assert outcome == Outcome(exit_status=None, said="Ada stopped everything.")

    @pytest.mark.parametrize("read_only", [True, False])
    def test_a_missing_file_is_said_and_not_made(self, tmp_path: Path, read_only: bool) -> None:
        """SQLite creates what it does not find, and an empty database answers all questions."""
        missing = tmp_path / "missing.db"

        outcome, _ = self.run(str(missing), "SELECT 1", read_only=read_only)

        assert outcome.exit_status is None
        assert str(missing) in outcome.said
        assert not missing.exists()

    def test_the_time_limit_holds(self, file: str) -> None:
        """A recursion without an end is a typo away."""
        began = time.monotonic()

        outcome, _ = self.run(
            file,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
            limits=Limits(time=timedelta(seconds=0.3)),
        )

        assert time.monotonic() - began < 3
        assert outcome.timed_out

    def test_an_approved_change_is_committed_and_counted(self, file: str) -> None:
        """The demo's runbook buries a poison job this way."""
        outcome, _ = self.run(file, "DELETE FROM jobs WHERE id < 3", read_only=False)

        assert outcome == Outcome(exit_status=0, said="2 rows affected.")
        assert self.run(file, "SELECT count(*) FROM jobs")[1].endswith("1\n(1 row)\n")

    def test_a_database_in_use_is_read_and_a_locked_one_said(self, file: str) -> None:
        """The service works on while we look."""
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert self.run(file, "SELECT count(*) FROM jobs")[0].exit_status == 0
            outcome, _ = self.run(
                file,
                "DELETE FROM jobs",
                read_only=False,
                limits=Limits(time=timedelta(seconds=0.3)),
            )

        assert outcome.exit_status != 0

    def test_a_file_that_is_no_database_is_an_outcome(self, tmp_path: Path) -> None:
        """Somebody will name the log."""
        (tmp_path / "log").write_text("not a database, really not, " * 50)

        outcome, _ = self.run(str(tmp_path / "log"), "SELECT * FROM jobs")

        assert outcome.exit_status == 1
        assert "not a database" in outcome.said

    @pytest.mark.parametrize(
        "text", ["", ";", "SELEKT", "SELECT '\0'", "SELECT '\ud800'", "SELECT ?"]
    )
    def test_nonsense_is_an_outcome(self, file: str, text: str) -> None:
        """Never raise for what a statement is."""
        for read_only in (True, False):
            assert self.run(file, text, read_only=read_only)[0].exit_status in {None, 0, 1}


def test_other_targets_are_not_ours() -> None:
    """SQL on this machine's shell is a mistake in the workspace."""
    outcome, _ = run(TargetKind.LOCAL, "", "SELECT 1")

    assert outcome.exit_status is None
    assert "db is local" in outcome.said


def test_a_table_keeps_its_shape_whatever_it_holds() -> None:
    """A newline in a value would forge a row, a long value would bury the others."""
    printed = table(["a\nb", "c"], [["x\n(99 rows)", "y" * 600], [b"\x01", None]], more=False)

    lines = printed.splitlines()
    assert len(lines) == 5
    assert lines[2].startswith("x\\n(99 rows) | yyy")
    assert lines[2].endswith("… (600 characters)")
    assert lines[3] == "\\x01         | NULL"
    assert lines[4] == "(2 rows)"
