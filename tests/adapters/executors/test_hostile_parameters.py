"""Hostile values through every kind of step, with what really runs it: they stay values.

A value that fits no type is refused before anything starts. Here they are all let through, so
that it is seen that nothing would run even then.
"""

from __future__ import annotations

import re
import socket
import sqlite3
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from itertools import chain
from pathlib import Path
from urllib.parse import unquote

import promql_parser
import psycopg
import pytest

from hostile_strings import Trap, strings
from hostile_values import storable, values
from tocsin.adapters.executors.bash import BashExecutor
from tocsin.adapters.executors.http import HttpExecutor
from tocsin.adapters.executors.postgres import PostgresExecutor
from tocsin.adapters.executors.sqlite import SqliteExecutor
from tocsin.core.errors import Invalid
from tocsin.core.filling import filled_promql, in_environment
from tocsin.core.parameter import Parameter, ParameterType, check_value
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, Executor
from tocsin.reading.parameters.promql import rewrite_promql
from tocsin.reading.parameters.shell import rewrite_shell
from tocsin.reading.parameters.sql import rewrite_sql

BATCH = 200
CELL_BYTES = 240  # a table cuts what is longer than 500 digits
PLAIN = re.compile(r"[A-Za-z0-9._:@+/-]+")


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Path]:
    """A path that must not exist when the test is over."""
    path = tmp_path / "witness"
    (tmp_path / "made").mkdir()
    yield path
    assert not path.exists(), "a value was run"
    assert list((tmp_path / "made").iterdir()) == [], "a string was run"


def batches(witness: Path, size: int = BATCH, *, every: bool = False) -> list[list[str]]:
    """Return all values that can be handed over at all, some at a time; or `every` string."""
    made = strings(Trap(folder=str(witness.parent / "made"), port=9)) if every else []
    found = [each for each in (*values(str(witness)), *made) if storable(each)]
    assert len(found) > (6_500 if every else 1_500)
    return [found[at : at + size] for at in range(0, len(found), size)]


def run(
    executor: Executor,
    language: Language,
    target: Target,
    text: str,
    given: Sequence[str],
) -> tuple[Outcome, bytes]:
    parameters = tuple((f"P{number}", value) for number, value in enumerate(given))
    execution = Execution(
        command=Command(
            language=language,
            text=text,
            target=target.name,
            runbook_sha256="0" * 64,
            step_line=1,
            parameters=parameters,
            limits=Limits(time=timedelta(seconds=30), output_bytes=4_000_000),
        ),
        target=target,
        environment=in_environment(parameters),
        read_only=False,
    )
    said: list[bytes] = []
    outcome = executor.run(execution, said.append)
    return outcome, b"".join(said)


@pytest.mark.parametrize("kind", [each for each in ParameterType if each != "free text"])
def test_what_is_more_than_a_plain_word_is_refused_before_anything_starts(
    kind: ParameterType, witness: Path
) -> None:
    """The first wall: 422 with the name, the type and what fits."""
    parameter = Parameter(name="POD", type=kind, placeholder="<pod>", choices=("blue",))
    for value in values(str(witness)):
        if PLAIN.fullmatch(value) and not value.startswith("-") and ".." not in value:
            continue
        with pytest.raises(Invalid) as caught:
            check_value(parameter, value)
        assert caught.value.code == "parameter.value"


WAYS = (
    "<p{}>",
    '"<p{}>"',
    "'<p{}>'",
    "$P{}",
    '"${{P{}}}"',
    '"a <p{}> b"',
    "'a <p{}> b'",
    "a/<p{}>.b",
)


@pytest.mark.parametrize("way", WAYS)
def test_bash_hands_a_value_on_byte_for_byte(way: str, tmp_path: Path, witness: Path) -> None:
    """Seen by the program it is handed to, in every way a placeholder is written."""
    recorder = tmp_path / "record"
    recorder.write_text(
        f"#!{sys.executable} -S\nimport os, sys\n"
        "os.write(1, b'\\0'.join(map(os.fsencode, sys.argv[1:])) + b'\\0')\n"
    )
    recorder.chmod(0o755)
    here = Target(name="here", kind=TargetKind.LOCAL, directory=str(tmp_path))
    before, after = re.split(r"<p\{\}>|\$P\{\}|\$\{\{P\{\}\}\}", way.strip("\"'"))

    for given in batches(witness, every=way == '"<p{}>"'):
        words = " ".join(way.format(number) for number in range(len(given)))
        rewritten = rewrite_shell(f"{recorder} {words}", frozenset())
        assert rewritten.refused == ""
        outcome, said = run(BashExecutor(), Language.BASH, here, rewritten.text, given)
        assert outcome.exit_status == 0, outcome
        seen = [each.decode("utf-8", "surrogateescape") for each in said.split(b"\0")[:-1]]
        assert seen == [f"{before}{value}{after}" for value in given]


SHAPES = (
    "if true; then {}; fi",
    "for i in 1; do {}; done",
    "true && {} | cat",
    "out=$({}); printf %s \"$out\"",
    "f() {{ {}; }}; f",
)  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_holds_inside_of_other_commands(shape: str, tmp_path: Path, witness: Path) -> None:
    """Loops, pipes and substitutions expand once more, but not what stands in quotes."""
    here = Target(name="here", kind=TargetKind.LOCAL, directory=str(tmp_path))
    for given in batches(witness, 200):
        kept = [each for each in given if "\n" not in each]
        words = " ".join(f"<p{number}>" for number in range(len(kept)))
        rewritten = rewrite_shell(shape.format(f"printf '[%s]\\n' {words}"), frozenset())
        assert rewritten.refused == ""
        outcome, said = run(BashExecutor(), Language.BASH, here, rewritten.text, kept)
        assert outcome.exit_status == 0
        lines = said.decode("utf-8", "surrogateescape").strip("\n").split("\n")
        assert lines == [f"[{value}]" for value in kept]


def hex_query(count: int, function: str) -> str:
    """Return a query with a placeholder in each of its columns."""
    columns = ", ".join(function.format(f"'<p{number}>'") for number in range(count))
    rewritten = rewrite_sql(f"SELECT {columns}")
    assert rewritten.refused == ""
    assert "<p" not in rewritten.text
    return rewritten.text


def cells(said: bytes) -> list[str]:
    """Return the cells of the one row of a table whose cells are hexadecimal digits."""
    row = said.decode().rstrip("\n").split("\n")[-2]
    return row.replace("|", " ").split()


def test_sqlite_gets_a_value_as_a_value(tmp_path: Path, witness: Path) -> None:
    """And what it would have dropped is still there."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE kept (a text)")
    target = Target(name="db", kind=TargetKind.SQLITE, url=f"sqlite:///{path}")
    executor = SqliteExecutor(lambda *_: "")
    for batch in batches(witness, 40, every=True):
        given = [each for each in batch if len(each.encode()) < CELL_BYTES]
        query = hex_query(len(given), "'x' || hex({})")
        outcome, said = run(executor, Language.SQL, target, query, given)
        assert outcome.exit_status == 0, outcome
        assert cells(said) == [f"x{value.encode().hex().upper()}" for value in given]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


@pytest.mark.postgres
def test_postgresql_gets_a_value_as_a_value(cluster: str, witness: Path) -> None:
    """As the superuser, in a statement that may change everything."""
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (a text)")
    target = Target(name="db", kind=TargetKind.POSTGRES, url=cluster, change_url=cluster)
    executor = PostgresExecutor(str.upper, lambda *_: "")
    for batch in batches(witness, 40, every=True):
        given = [each for each in batch if len(each.encode()) < CELL_BYTES]
        query = hex_query(len(given), "'x' || encode(convert_to({}, 'UTF8'), 'hex')")
        outcome, said = run(executor, Language.SQL, target, query, given)
        assert outcome.exit_status == 0, outcome
        assert cells(said) == [f"x{value.encode().hex()}" for value in given]
    with psycopg.connect(cluster) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def shape_of(query: str) -> list[tuple[str, str, str]]:
    """Return the matchers of the one series that a query asks for; raise if it is another query."""
    tree = promql_parser.parse(query)
    assert type(tree).__name__ == "VectorSelector"
    assert tree.name == "up"
    assert tree.offset is None
    assert not tree.matchers.or_matchers
    return [(each.name, str(each.op), each.value) for each in tree.matchers.matchers]


@pytest.mark.parametrize("sign", ['"', "'"])
def test_promql_has_the_same_shape_whatever_the_value(sign: str, witness: Path) -> None:
    """One series, two matchers, and in them the value as it was."""
    written = f"up{{a={sign}<p0>{sign}, b=~{sign}<p0>{sign}}}"
    rewritten = rewrite_promql(written)
    assert rewritten.refused == ""
    ops = [(name, op) for name, op, _ in shape_of(rewritten.text)]

    for value in chain.from_iterable(batches(witness, every=True)):
        found = shape_of(filled_promql(rewritten.text, {"P0": value}))
        assert [(name, op) for name, op, _ in found] == ops
        assert found[0][2] == value
        assert re.fullmatch(found[1][2], value, re.DOTALL)


class Recorder:
    """A server on a bare socket that keeps what it was sent, and answers that all is well."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                request = b""
                while b"\r\n\r\n" not in request and (piece := client.recv(65536)):
                    request += piece
                self.requests.append(request)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.close()


DIRECT = Target(name="(direct)", kind=TargetKind.LOCAL)


def test_a_request_has_each_value_in_its_own_segment(recorder: Recorder, witness: Path) -> None:
    """Encoded, so that it ends neither the segment nor the request, and never climbs."""
    base = f"GET http://127.0.0.1:{recorder.port}"
    for given in batches(witness, 30, every=True):
        kept = [each for each in given if each not in ("", ".", "..") and len(each) < 1_000]
        path = "".join(f"/${{TOCSIN_P_P{number}}}" for number in range(len(kept)))
        asked = "&".join(f"q=${{TOCSIN_P_P{number}}}" for number in range(len(kept)))
        outcome, _ = run(
            HttpExecutor(str.upper), Language.HTTP, DIRECT, f"{base}{path}?{asked}", kept
        )
        assert outcome.exit_status == 0, outcome

        line, *headers = recorder.requests[-1].removesuffix(b"\r\n\r\n").split(b"\r\n")
        method, target, version = line.decode("ascii").split(" ")
        where, _, query = target.partition("?")
        assert (method, version) == ("GET", "HTTP/1.1")
        assert [unquote(each) for each in where.split("/")[1:]] == kept
        assert [unquote(each.removeprefix("q=")) for each in query.split("&")] == kept
        assert not any(b"evil" in header.lower() for header in headers)


def test_a_header_and_a_host_take_a_value_whole_or_are_not_sent(
    recorder: Recorder, witness: Path
) -> None:
    """A line break would begin a header of somebody else's, a slash another host."""
    base = f"GET http://127.0.0.1:{recorder.port}/"
    for value in filter(storable, values(str(witness))[::12]):
        sent = len(recorder.requests)
        outcome, _ = run(
            HttpExecutor(str.upper),
            Language.HTTP,
            DIRECT,
            f"{base}\nX-Name: <${{TOCSIN_P_P0}}>",
            [value],
        )
        if len(recorder.requests) > sent:
            assert b"\r\nX-Name: <" + value.encode() + b">\r\n" in _named(recorder.requests[-1])
        else:
            assert outcome.exit_status == 3, outcome


def _named(request: bytes) -> bytes:
    return re.sub(rb"(?i)x-name", b"X-Name", request)


@pytest.mark.parametrize("value", ["..", ".", "a/b@evil.test", "evil.test/", "a b", "a\r\nb"])
def test_a_value_neither_climbs_nor_chooses_who_is_asked(recorder: Recorder, value: str) -> None:
    """Who is asked stands in the runbook, or is a plain host that a person confirmed."""
    texts = [f"GET http://{{}}:{recorder.port}/", "GET {}://127.0.0.1/"]
    texts += [f"GET http://127.0.0.1:{recorder.port}/a/{{}}/b"] if value in (".", "..") else []
    for text in texts:
        filled = text.format("${TOCSIN_P_P0}")
        outcome, _ = run(HttpExecutor(str.upper), Language.HTTP, DIRECT, filled, [value])
        assert outcome.exit_status in (3, 6, 7), outcome
    assert recorder.requests == []
