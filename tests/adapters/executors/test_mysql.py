"""SQL on a real MariaDB, with the logins that the documentation has you make."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pymysql
import pytest

from servers import Absent, mariadb
from tocsin.adapters.excess import Excess, mysql_excess
from tocsin.adapters.executors.mysql import MysqlExecutor
from tocsin.bootstrap.executors import sql_objection
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, Stop

DOCUMENT = Path(__file__).parents[3] / "docs/how-to/give-stores-a-login.md"
PASSWORDS = {"LOOK": "one of its own", "CHANGE": "another one"}

ATTEMPTS = [
    "DELETE FROM jobs",
    "TRUNCATE jobs",
    "DROP TABLE jobs",
    "UPDATE jobs SET id = 9",
    "INSERT INTO jobs VALUES (9)",
    "REPLACE INTO jobs VALUES (9)",
    "CREATE TABLE more AS SELECT * FROM jobs",
    "CREATE TEMPORARY TABLE more (id int)",
    "ALTER TABLE jobs ADD COLUMN more int",
    "SELECT * FROM jobs FOR UPDATE",
    "SELECT * FROM jobs LOCK IN SHARE MODE",
    "LOCK TABLES jobs WRITE",
    "FLUSH TABLES WITH READ LOCK",
    "SELECT * INTO OUTFILE '{folder}/copied' FROM jobs",
    "SELECT 'x' INTO DUMPFILE '{folder}/dumped'",
    "SELECT LOAD_FILE('/etc/hostname') INTO OUTFILE '{folder}/loaded'",
    "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE jobs",
    "LOAD DATA INFILE '/etc/hostname' INTO TABLE jobs",
    "SELECT id FROM jobs INTO @kept",
    "SET GLOBAL read_only = 1",
    "SET SESSION TRANSACTION READ WRITE",
    "COMMIT",
    "COMMIT; DELETE FROM jobs",
    "SELECT 1; DELETE FROM jobs",
    "SELECT 1 /*! ; DELETE FROM jobs */",
    "/*!50000 DELETE FROM jobs */",
    "/*M! DELETE FROM jobs */",
    "SELECT GET_LOCK('shop', 0)",
    "SELECT IS_FREE_LOCK('shop'), GET_LOCK('shop', 1)",
    "DO GET_LOCK('shop', 1)",
    "DO SLEEP(3600)",
    "KILL {busy}",
    "KILL QUERY {busy}",
    "CALL empty_jobs()",
    "SELECT empty_jobs_too()",
    "EXECUTE IMMEDIATE 'DELETE FROM jobs'",
    "PREPARE gone FROM 'DELETE FROM jobs'",
    "ANALYZE DELETE FROM jobs",
    "ANALYZE TABLE jobs",
    "OPTIMIZE TABLE jobs",
    "HANDLER jobs OPEN",
    "BEGIN NOT ATOMIC DELETE FROM jobs; END",
    "SELECT NEXTVAL(numbers)",
    "SELECT NEXT VALUE FOR numbers",
    "SHUTDOWN",
    "SET PASSWORD = PASSWORD('x')",
    "CREATE USER more",
    "GRANT ALL ON shop.* TO tocsin_look",
    "INSTALL SONAME 'sql_errlog'",
    "SELECT SLEEP(3600)",
    "SELECT BENCHMARK(1000000000000, MD5('x'))",
]
LASTING = ("SLEEP(3600)", "BENCHMARK")
ENDLESS = "SELECT count(*) FROM " + ", ".join(f"jobs j{number}" for number in range(24))


class Shop:
    """A database as a team has it, with a session at work, and what can be seen of it."""

    def __init__(self, address: str, socket: str, folder: Path) -> None:
        self.folder = folder
        self.socket = socket
        self.target = Target(
            name="db",
            kind=TargetKind.MYSQL,
            url=f"mysql://tocsin_look@{address}/shop",
            password="LOOK",
            change_url=f"mysql://tocsin_change@{address}/shop",
            change_password="CHANGE",
        )
        self.boss = pymysql.connect(unix_socket=socket, user="root", autocommit=True)
        for text in (
            "CREATE DATABASE shop",
            "USE shop",
            "CREATE TABLE jobs (id int)",
            "INSERT INTO jobs VALUES (1), (2), (3)",
            "CREATE SEQUENCE numbers",
            "CREATE PROCEDURE empty_jobs() DELETE FROM jobs",
            "CREATE FUNCTION empty_jobs_too() RETURNS int BEGIN DELETE FROM jobs; RETURN 1; END",
        ):
            self.ask(text)
        (script,) = re.findall(r"^```sql mysql\n(.*?)^```", DOCUMENT.read_text(), re.M | re.S)
        for text in re.sub(r"--.*", "", script).split(";"):
            if text.strip():
                self.ask(text)
        self.busy = pymysql.connect(unix_socket=socket, user="root", autocommit=True)
        self.before = self.seen()

    def ask(self, text: str) -> Any:
        with self.boss.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall()

    def seen(self) -> dict[str, object]:
        """Return everything that one of the attempts could have altered."""
        with self.busy.cursor() as cursor:
            cursor.execute("SELECT 1")  # it is alive
        asked = {
            "rows": "SELECT id FROM jobs ORDER BY id",
            "tables": "SHOW TABLES",
            "columns": "SHOW COLUMNS FROM jobs",
            "users": "SELECT user, authentication_string FROM mysql.user ORDER BY user",
            "grants": "SHOW GRANTS FOR tocsin_look",
            "read only": "SELECT @@GLOBAL.read_only",
            "sequence": "SELECT next_not_cached_value FROM numbers",
            "lock": "SELECT IS_FREE_LOCK('shop')",
            "ours": "SELECT count(*) FROM information_schema.processlist WHERE user LIKE 'tocsin%'",
            "plugins": "SELECT count(*) FROM mysql.plugin",
        }
        until = threading.Event()
        for _ in range(40):
            found = {what: self.ask(text) for what, text in asked.items()}
            if found["ours"] == ((0,),):
                break
            until.wait(0.05)
        return {**found, "files": sorted(path.name for path in self.folder.iterdir())}

    def written(self, attempt: str) -> str:
        busy = str(self.busy.thread_id())
        return attempt.replace("{folder}", str(self.folder)).replace("{busy}", busy)

    def close(self) -> None:
        self.busy.close()
        self.boss.close()


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with ExitStack() as stack:
        try:
            address, socket = stack.enter_context(mariadb())
        except Absent as absent:
            pytest.skip(str(absent))
        folder = Path(tempfile.mkdtemp(prefix="tocsin-open-"))
        stack.callback(shutil.rmtree, folder)
        folder.chmod(0o777)
        yield stack.enter_context(closing(Shop(address, socket, folder)))


def anything(_text: str, _dialect: str) -> str:
    """Object to nothing: here it is the database itself that has to hold."""
    return ""


def run(
    shop: Shop,
    text: str,
    *,
    objection: Callable[[str, str], str] = sql_objection,
    read_only: bool = True,
    limits: Limits | None = None,
    stop: Stop | None = None,
) -> tuple[Outcome, str]:
    execution = Execution(
        command=Command(
            language=Language.SQL,
            text=shop.written(text),
            target="db",
            runbook_sha256="0" * 64,
            step_line=1,
            limits=limits or Limits(time=timedelta(seconds=10)),
        ),
        target=shop.target,
        environment={},
        read_only=read_only,
        stop=stop or Stop(),
    )
    said: list[bytes] = []
    outcome = MysqlExecutor(PASSWORDS.__getitem__, objection).run(execution, said.append)
    return outcome, b"".join(said).decode()


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_executor_refuses_what_does_more_than_look(shop: Shop, attempt: str) -> None:
    """Nothing is sent, so nothing depends on what the database makes of it."""
    outcome, _ = run(shop, attempt)

    assert outcome.said.startswith("Refused as a look")
    assert shop.seen() == shop.before


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_login_cannot_do_it_either(shop: Shop, attempt: str) -> None:
    """A judge that is mistaken must cost nothing: the database is a wall of its own."""
    quick = Limits(time=timedelta(seconds=0.7))

    outcome, _ = run(shop, attempt, objection=anything, limits=quick)

    assert outcome.timed_out is any(words in attempt for words in LASTING)
    assert shop.seen() == shop.before


def test_rows_come_as_a_table(shop: Shop) -> None:
    """The same table as for the others; what the client takes for an end is left out."""
    outcome, said = run(shop, "SELECT id, NULL AS state, 'ü' AS name FROM jobs WHERE id < 3\\G")

    assert outcome == Outcome(exit_status=0)
    assert said.splitlines()[2:] == ["1  | NULL  | ü", "2  | NULL  | ü", "(2 rows)"]


@pytest.mark.parametrize("text", ["SHOW PROCESSLIST", "SHOW TABLES;", "SHOW STATUS LIKE 'Uptime'"])
def test_what_mysql_shows_is_a_look(shop: Shop, text: str) -> None:
    """Half of a runbook for MySQL begins with SHOW."""
    assert run(shop, text)[0] == Outcome(exit_status=0)


def test_a_million_rows_are_the_first_thousand(shop: Shop) -> None:
    """And the server is told to keep the others."""
    outcome, said = run(shop, "SELECT seq FROM seq_1_to_10000000", limits=Limits())

    assert outcome.exit_status == 0
    assert said.endswith("\n1000\n(first 1000 rows; there are more)\n")


def test_an_error_is_an_outcome(shop: Shop) -> None:
    """A wrong column in a runbook is evidence too."""
    outcome, said = run(shop, "SELECT nope FROM jobs")

    assert outcome.exit_status == 1
    assert "Unknown column 'nope'" in said


@pytest.mark.parametrize("read_only", [True, False])
def test_it_ends_on_the_server_at_its_limit(shop: Shop, read_only: bool) -> None:
    """The statement itself must end, or a slow query stays behind and makes it worse."""
    quick = Limits(time=timedelta(seconds=0.5))
    outcome, _ = run(shop, ENDLESS, objection=anything, read_only=read_only, limits=quick)

    assert outcome.timed_out
    assert shop.seen() == shop.before


@pytest.mark.parametrize("read_only", [True, False])
def test_it_ends_on_the_server_when_it_must_stop(shop: Shop, read_only: bool) -> None:
    """A global stop that left the statement running there would stop nothing."""
    stop = Stop()
    soon = threading.Timer(0.5, stop.set, ["Ada stopped everything"])
    soon.start()
    outcome, _ = run(shop, ENDLESS, objection=anything, read_only=read_only, stop=stop)

    soon.join()
    assert outcome.said.startswith("Ada stopped everything")
    assert outcome.lost is not read_only
    assert shop.seen() == shop.before


def test_an_approved_change_is_committed_and_counted(shop: Shop) -> None:
    """With the login for changes, which the one for looking is not."""
    shop.ask("INSERT INTO jobs VALUES (77)")

    outcome, _ = run(shop, "DELETE FROM jobs WHERE id = 77", read_only=False)

    assert outcome == Outcome(exit_status=0, said="1 row affected.")
    assert shop.seen() == shop.before


def test_a_connection_that_breaks_leaves_a_change_unknown(shop: Shop) -> None:
    """Nobody can say whether it was committed; a person has to look."""
    killer = threading.Timer(
        0.5,
        lambda: [
            shop.ask(f"KILL {row[0]}")
            for row in shop.ask("SHOW PROCESSLIST")
            if row[1] == "tocsin_change"
        ],
    )
    killer.start()

    outcome, _ = run(shop, "SELECT SLEEP(60)", read_only=False)

    killer.join()
    assert outcome.lost


def test_a_server_that_is_down_is_said_without_its_password() -> None:
    """The address may hold a secret and is never shown."""
    target = Target(name="db", kind=TargetKind.MYSQL, url="mysql://u:hunter-8731@127.0.0.1:1/db")

    said = MysqlExecutor(str.upper, anything).ready(target, read_only=True)

    assert said.startswith("Target db cannot be reached")
    assert "hunter" not in said


def test_the_doctor_has_nothing_against_the_documented_login(shop: Shop) -> None:
    """And names what the one for changes could do, if somebody looked with that."""
    executor = MysqlExecutor(lambda name: PASSWORDS[name], anything)
    changing = Target(
        name="db", kind=TargetKind.MYSQL, url=shop.target.change_url, password="CHANGE"
    )

    assert executor.excess(shop.target) == Excess(common=("take named locks",))
    assert executor.excess(changing).grave == ("use UPDATE", "use DELETE")
    assert executor.ready(shop.target, read_only=False) == ""


@pytest.mark.parametrize(
    ("grant", "grave"),
    [
        ("GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION", ("use ALL PRIVILEGES",)),
        ("GRANT SELECT (a, b), INSERT (a) ON `shop`.`jobs` TO `u`@`%`", ("use INSERT",)),
        ("GRANT FILE, SUPER ON *.* TO `u`@`%`", ("use FILE", "use SUPER")),
        ("GRANT `boss`@`%` TO `u`@`%`", ("use a role",)),
        ("GRANT boss TO `u`@`%`", ("use a role",)),
    ],
)
def test_what_a_grant_allows_is_named(grant: str, grave: tuple[str, ...]) -> None:
    """Whatever is not known to only look counts."""
    assert mysql_excess([grant]).grave == grave
