"""Commands on a real Redis, with the logins that the documentation has you make."""

from __future__ import annotations

import re
import shlex
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drill import WORKSPACE, Drill
from servers import Absent, redis
from tocsin.adapters.excess import Excess
from tocsin.adapters.executors.redis import RedisExecutor
from tocsin.adapters.resp import Answer, Refused, connect
from tocsin.bootstrap.executors import executors, redis_objection
from tocsin.core.run import Command, Limits, Outcome, RunState
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, Stop

DOCUMENT = Path(__file__).parents[3] / "docs/how-to/give-stores-a-login.md"
PASSWORDS = {"LOOK": "one of its own", "CHANGE": "another one"}

ATTEMPTS = [
    "FLUSHALL",
    "FLUSHDB ASYNC",
    "SET greeting gone",
    "DEL greeting jobs",
    "UNLINK greeting",
    "RENAME greeting other",
    "EXPIRE greeting 1",
    "GETDEL greeting",
    "GETEX greeting EX 1",
    "APPEND greeting x",
    "LPOP jobs",
    "RPUSH jobs x",
    "BLPOP jobs 0",
    "SORT jobs ALPHA STORE more",
    "COPY greeting more",
    "RESTORE more 0 x",
    "BITFIELD more SET u8 0 1",
    "EVAL 'return redis.call(\"FLUSHALL\")' 0",
    "FUNCTION FLUSH",
    "SCRIPT FLUSH",
    "CONFIG SET maxmemory 1mb",
    "CONFIG REWRITE",
    "CONFIG RESETSTAT",
    "ACL SETUSER tocsin_look +@all",
    "ACL DELUSER tocsin_look",
    "CLIENT KILL TYPE normal",
    "CLIENT PAUSE 60000",
    "CLIENT NO-EVICT on",
    "DEBUG SLEEP 60",
    "DEBUG SEGFAULT",
    "SHUTDOWN NOSAVE",
    "SAVE",
    "BGSAVE",
    "REPLICAOF 127.0.0.1 1",
    "FAILOVER",
    "SWAPDB 0 1",
    "MOVE greeting 1",
    "MIGRATE 127.0.0.1 1 greeting 0 10",
    "PUBLISH shop gone",
    "MONITOR",
    "SUBSCRIBE shop",
    "PSUBSCRIBE '*'",
    "SYNC",
    "PSYNC ? -1",
    "HELLO 3",
    "CLIENT REPLY OFF",
    "CLIENT TRACKING ON",
    "MODULE LOAD /tmp/x.so",
    "SLOWLOG RESET",
    "LATENCY RESET",
    "MEMORY PURGE",
    "MULTI",
    "XGROUP CREATE more group 0 MKSTREAM",
    "LMPOP 1 jobs LEFT",
    "GEORADIUS places 0 0 1 km STORE more",
    "PFADD more x",
]


class Shop:
    """A Redis as a team has it, and what can be seen of it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.target = Target(
            name="cache",
            kind=TargetKind.REDIS,
            url=f"redis://tocsin_look@127.0.0.1:{port}/0",
            password="LOOK",
            change_url=f"redis://tocsin_change@127.0.0.1:{port}/0",
            change_password="CHANGE",
        )
        self.ask("SET", "greeting", "hello\nthere")
        self.ask("RPUSH", "jobs", "one", "two")
        (script,) = re.findall(r"^```redis\n(.*?)^```", DOCUMENT.read_text(), re.M | re.S)
        for line in script.splitlines():
            if line != "ACL SAVE":
                self.ask(*shlex.split(line))
        self.before = self.seen()

    def ask(self, *words: str) -> Answer:
        boss = connect(f"redis://127.0.0.1:{self.port}", "", seconds=10, most_bytes=10**6)
        with closing(boss) as connection:
            return connection.ask(*(word.encode() for word in words))

    def seen(self) -> dict[str, object]:
        """Return everything that one of the attempts could have altered."""
        clients = self.ask("CLIENT", "LIST")
        assert isinstance(clients, bytes)
        info = self.ask("INFO", "replication")
        assert isinstance(info, bytes)
        return {
            "greeting": self.ask("GET", "greeting"),
            "expires": self.ask("TTL", "greeting"),
            "jobs": self.ask("LRANGE", "jobs", "0", "-1"),
            "keys": [self.ask("DBSIZE"), self.ask("EXISTS", "more")],
            "memory": self.ask("CONFIG", "GET", "maxmemory"),
            "logins": self.ask("ACL", "LIST"),
            "role": b"role:master" in info,
            "saved": self.ask("LASTSAVE"),
            "functions": self.ask("FUNCTION", "LIST"),
            "ours": clients.count(b"user=tocsin"),
        }


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with ExitStack() as stack:
        try:
            port = stack.enter_context(redis())
        except Absent as absent:
            pytest.skip(str(absent))
        yield Shop(port)


def anything(_text: str, _dialect: str) -> str:
    """Object to nothing: here it is the login that has to hold."""
    return ""


def run(
    target: Target,
    text: str,
    *,
    objection: Callable[[str, str], str] = redis_objection,
    read_only: bool = True,
    seconds: float = 10,
    stop: Stop | None = None,
) -> tuple[Outcome, str]:
    execution = Execution(
        command=Command(
            language=Language.REDIS,
            text=text,
            target="cache",
            runbook_sha256="0" * 64,
            step_line=1,
            limits=Limits(time=timedelta(seconds=seconds)),
        ),
        target=target,
        environment={},
        read_only=read_only,
        stop=stop or Stop(),
    )
    said: list[bytes] = []
    outcome = RedisExecutor(PASSWORDS.__getitem__, objection).run(execution, said.append)
    return outcome, b"".join(said).decode()


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_executor_refuses_what_does_more_than_look(shop: Shop, attempt: str) -> None:
    """Nothing is sent, so nothing depends on what the server makes of it."""
    outcome, _ = run(shop.target, attempt)

    assert outcome.said.startswith("Refused as a look")
    assert shop.seen() == shop.before


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_login_cannot_do_it_either(shop: Shop, attempt: str) -> None:
    """A judge that is mistaken must cost nothing: the login is a wall of its own."""
    outcome, _ = run(shop.target, attempt, objection=anything, seconds=1)

    assert outcome.exit_status != 0
    assert shop.seen() == shop.before


@pytest.mark.parametrize("attempt", ["MONITOR", "SUBSCRIBE shop", "SYNC", "CLIENT REPLY OFF"])
def test_what_never_ends_is_not_even_run_when_it_was_approved(shop: Shop, attempt: str) -> None:
    """It would sit there until its limit and then say that nobody knows what it did."""
    outcome, _ = run(shop.target, attempt, read_only=False)

    assert outcome.said.startswith("Refused: ")
    assert not outcome.lost


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("GET greeting", "hello\nthere\n"),
        ("GET nothing", "(nil)\n"),
        ("LLEN jobs", "(integer) 2\n"),
        ("LRANGE jobs 0 -1", "1) one\n2) two\n"),
        ("HGETALL nothing", "(empty)\n"),
        ("PING", "PONG\n"),
        ("SCAN 0 MATCH 'gr*'", "1) 0\n2) 1) greeting\n"),
    ],
)
def test_an_answer_is_told_as_redis_cli_tells_it(shop: Shop, text: str, said: str) -> None:
    """People know that way of writing lists and numbers."""
    assert run(shop.target, text) == (Outcome(exit_status=0), said)


def test_an_error_is_an_outcome(shop: Shop) -> None:
    """A command on the wrong kind of key is evidence too."""
    outcome, said = run(shop.target, "LLEN greeting")

    assert outcome.exit_status == 1
    assert outcome.said.startswith("WRONGTYPE")
    assert said.startswith("WRONGTYPE")


@pytest.mark.parametrize("text", ["", "GET 'half", "GET \ud800", "   "])
def test_nonsense_is_an_outcome(shop: Shop, text: str) -> None:
    """Never raise for what a statement is."""
    assert run(shop.target, text)[0].exit_status is None
    assert run(shop.target, text, read_only=False)[0].exit_status is None


def test_an_approved_change_runs_with_the_login_for_changes(shop: Shop) -> None:
    """And the login for looking could not have done it."""
    assert run(shop.target, "SET passing by", read_only=False) == (Outcome(exit_status=0), "OK\n")
    assert run(shop.target, "DEL passing", read_only=False)[1] == "(integer) 1\n"
    assert shop.seen() == shop.before


def test_a_change_without_an_answer_in_time_is_unknown(shop: Shop) -> None:
    """The server may do it yet."""
    outcome, _ = run(shop.target, "BLPOP nothing 0", read_only=False, seconds=0.4)

    assert outcome.timed_out
    assert outcome.lost


@pytest.mark.parametrize("read_only", [True, False])
def test_it_is_hung_up_on_when_it_must_stop(shop: Shop, read_only: bool) -> None:
    """Of a change nobody then knows whether it took place."""
    stop = Stop()
    soon = threading.Timer(0.3, stop.set, ["Ada stopped everything"])
    soon.start()
    target = replace(shop.target, url=shop.target.change_url, password="CHANGE")

    outcome, _ = run(target, "BLPOP nothing 0", objection=anything, read_only=read_only, stop=stop)

    soon.join()
    assert outcome.said.startswith("Ada stopped everything")
    assert outcome.lost is not read_only


@contextmanager
def saying(answer: bytes) -> Iterator[Target]:
    """Yield a target that sends this to whoever connects, and then hangs up."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            with closing(listener.accept()[0]) as client:
                client.recv(65536)
                client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}"
        yield Target(name="cache", kind=TargetKind.REDIS, url=url, change_url=url)
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"+OK", b"HTTP/1.1 200 OK\r\n\r\n", b"$x\r\n", b"$5\r\nab", b"*2\r\n:1\r\n",
        b"*1\r\n" * 5000, b":1.5\r\n", b"\r\n", b"$-2147483649999\r\nx",
    ],
)  # fmt: skip
def test_an_answer_that_is_none_breaks_nothing(answer: bytes) -> None:
    """Somebody will give us the address of something else."""
    for read_only in (True, False):
        with saying(answer) as target:
            outcome, _ = run(target, "PING", objection=anything, read_only=read_only)

        assert outcome.exit_status is None or answer.startswith(b"$-")
        assert outcome.lost is not read_only or outcome.exit_status == 0


@pytest.mark.parametrize("size", [b"$9000000\r\n", b"$99999999999999\r\n", b"*4000000\r\n"])
def test_an_answer_that_is_too_large_is_not_read(size: bytes) -> None:
    """Whatever lies there, our own memory stays ours."""
    with saying(size + b":1\r\n" * 10) as target:
        outcome, _ = run(target, "PING", seconds=3)

    assert outcome.exit_status in (None, 1)


def test_a_server_that_is_down_is_said_without_its_password() -> None:
    """The address may hold a secret and is never shown."""
    target = Target(name="cache", kind=TargetKind.REDIS, url="redis://:hunter-8731@127.0.0.1:1")

    said = RedisExecutor(str.upper, anything).ready(target, read_only=True)

    assert said.startswith("Target cache cannot be reached")
    assert "hunter" not in said


def test_the_doctor_has_nothing_against_the_documented_login(shop: Shop) -> None:
    """And names what others could do, without doing it."""
    executor = RedisExecutor(PASSWORDS.__getitem__, anything)
    boss = Target(name="cache", kind=TargetKind.REDIS, url=f"redis://127.0.0.1:{shop.port}")

    assert executor.excess(shop.target) == Excess()
    assert "write keys" in executor.excess(boss).grave
    assert "see and alter logins" in executor.excess(boss).grave
    assert executor.ready(shop.target, read_only=False) == ""
    assert shop.seen() == shop.before


def test_a_wrong_password_is_said(shop: Shop) -> None:
    """By what the server says, which does not repeat it."""
    with pytest.raises(Refused):
        connect(shop.target.url, "hunter", seconds=5, most_bytes=1000)


RUNBOOK = """\
# Shop

## Checkout failing

**Alert:** `CheckoutFailing`
**Severity:** Critical (P1)

### Investigation Steps

1. **Ask for the queue**
   ```bash
   redis-cli -p {port} LLEN jobs
   ```

2. **Ask another one**
   ```bash
   redis-cli -h elsewhere LLEN jobs
   ```

3. **Count in a pipe**
   ```bash
   redis-cli -p {port} LRANGE jobs 0 -1 | wc -l
   ```

4. **Empty it**
   ```bash
   redis-cli -p {port} FLUSHDB
   ```
"""


def test_on_duty_a_plain_redis_cli_goes_to_the_target(shop: Shop, tmp_path: Path) -> None:
    """One meant for another Redis, or that needs a shell, stays with the shell."""
    sqlite = 'kind = "sqlite"\nurl = "shop.db"'
    url = f"redis://tocsin_look@127.0.0.1:{shop.port}"
    secret = '\n[[secret]]\nname = "LOOK"\nenvironment = "LOOK"\n'
    workspace = WORKSPACE.replace(sqlite, f'kind = "redis"\nurl = "{url}"\npassword = "LOOK"')
    runbook = RUNBOOK.replace("{port}", str(shop.port))
    drill = Drill(tmp_path, runbooks={"shop.md": runbook}, workspace=workspace + secret)
    all_of_them = executors(PASSWORDS.__getitem__)
    drill.acts = replace(drill.acts, executors={**drill.acts.executors, **all_of_them})

    drill.alert()

    queue = drill.step_run("Ask for the queue")
    assert (queue.state, drill.output(queue)) == (RunState.SUCCEEDED, "(integer) 2\n")
    wipe = drill.step_run("Empty it")
    assert wipe.command is not None
    assert (wipe.command.language, wipe.command.text) == (Language.REDIS, "FLUSHDB")
    assert (wipe.state, wipe.said.startswith("Target db has no login")) == (RunState.WAITING, True)
    for title in ("Ask another one", "Count in a pipe"):
        command = drill.step_run(title).command
        assert command is not None
        assert command.language is Language.BASH
    drill.close()
