"""Redaction: whatever form a secret comes in, however the output is cut into chunks."""

from __future__ import annotations

import base64
import html
import json
import re
import subprocess
import time
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.running.redact import MARK, Redactor, redact

SECRET = 'hunter/2+"ü&s3cret'
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.abc-_DEF123"
KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nAAAABBBBCCCC\n-----END RSA PRIVATE KEY-----"
)


def in_pieces(raw: bytes, size: int, secrets: list[str]) -> str:
    """Return what a redactor shows of `raw` fed `size` bytes at a time."""
    redactor = Redactor(secrets)
    shown = [redactor.feed(raw[at : at + size]) for at in range(0, len(raw), size)]
    return "".join(shown) + redactor.close()


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        SECRET.encode().hex(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        SECRET[:6] + "\x1b[31m" + SECRET[6:],
    ],
)
@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_a_known_secret_is_taken_out_in_every_form(form: str, size: int) -> None:
    """Tools print configuration as JSON, addresses URL-encoded, headers in base64."""
    shown = in_pieces(f"before {form} after\n".encode(), size, [SECRET])

    assert shown.startswith("before ")
    assert shown.rstrip("\n =").endswith(" after")
    assert MARK in shown
    assert "hunter" not in shown
    assert form[:12] not in shown


@pytest.mark.parametrize("before", ["", "u", "us", "user:", "user:x"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
def test_a_secret_inside_other_base64_is_taken_out(before: str, after: str) -> None:
    """`Authorization: Basic` is user and password together, shifted by the user's length."""
    encoded = base64.b64encode(f"{before}tr0ub4dor&3{after}".encode()).decode()

    shown = redact(f"x {encoded} y", ["tr0ub4dor&3"])

    assert MARK in shown
    start = -(-len(before) * 8 // 6)
    assert encoded[start : start + 4] not in shown
    assert encoded[start + 8 : start + 12] not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abcdefghij", f"Authorization: Bearer {MARK}"),
        ("authorization: Basic dTpw, x", f"authorization: Basic {MARK}, x"),
        ('{"Authorization":"Bearer abc"}', f'{{"Authorization":"Bearer {MARK}"}}'),
        ("curl -H 'X: bearer abcdefgh'", f"curl -H 'X: bearer {MARK}'"),
        ("password=abc next", f"password={MARK} next"),
        ("DB_PASSWORD='a b c' next", f"DB_PASSWORD={MARK} next"),
        ('"password": "a\\"b c", "x": 1', f'"password": {MARK}, "x": 1'),
        ('password="never closed', f"password={MARK}"),
        ("?api_key=abc&x=1", f"?api_key={MARK}&x=1"),
        ("AWS_SECRET_ACCESS_KEY=wJalr/x", f"AWS_SECRET_ACCESS_KEY={MARK}"),
        ("client-secret: abc", f"client-secret: {MARK}"),
        ("id AKIAIOSFODNN7EXAMPLE.", f"id {MARK}."),
        ("postgres://app:p%40ss@db:5432/x", f"postgres://app:{MARK}@db:5432/x"),
        ("redis://:pw@cache", f"redis://:{MARK}@cache"),
        ("key sk-proj-abcdefghijklmnop123 end", f"key {MARK} end"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", MARK),
        (f"cookie {JWT};", f"cookie {MARK};"),
        (f"a\n{KEY}\nb\n", f"a\n{MARK}\nb\n"),
        (f"x {KEY.replace(chr(10), chr(92) + 'n')} y", f"x {MARK} y"),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_what_looks_like_a_secret_is_taken_out(text: str, shown: str, size: int) -> None:
    """Most secrets in output are not ours to know; what they are stays readable."""
    assert in_pieces(text.encode(), size, []) == shown


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens=4096 used tokens: 12",
        "http://127.0.0.1:8377/incidents/7@home",
        "the basic authentication of the bearer",
        "a task-force-of-many-people-and-others",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "git@github.com:team/runbooks.git",
        "tab\there, naïve café, 漢字, 👩‍🚒".replace("\u200d", ""),
        "",
        "\n\n",
        "no newline at the end",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    """Evidence with holes in the wrong places is no evidence."""
    assert redact(text, ["abc"]) == text


def test_values_too_short_to_be_secrets_are_ignored() -> None:
    """A secret `1` would blacken every number on the page."""
    assert redact("1 abc yes", ["", "1", "abc", "\n"]) == "1 abc yes"


def test_each_line_of_a_secret_is_one() -> None:
    """A key file is a secret of many lines, and grep prints one of them."""
    assert redact("x line-one-abc\ny line-two-def", ["line-one-abc\nline-two-def\n"]) == (
        f"x {MARK}\ny {MARK}"
    )


def test_the_longer_of_two_secrets_goes_first() -> None:
    """Or the rest of the longer one would be left standing."""
    assert redact("hunter-hunter-2", ["hunter", "hunter-hunter-2"]) == MARK


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"\x1b[1;31mred\x1b[0m", "red"),
        (b"\x1b]0;title\x07x\x1b]8;;http://e/\x1b\\y", "xy"),
        (b"\x1b(Bx\x1b=\x1b7", "x"),
        (b"\x1b\x1b[0m[31mx", "\\x1b[31mx"),
        (b"alone \x1b", "alone \\x1b"),
        (b"a\x00\x07\x08b\x7f", "a\\x00\\x07\\x08b\\x7f"),
        (b"one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\u202eb\u2066c\u200bd\ufeff\x9b".encode(), "a\\u202eb\\u2066c\\u200bd\\ufeff\\x9b"),
        (b"\xff\xfe \xe2\x82 \xe2\x82\xac", "\ufffd\ufffd \ufffd \u20ac"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_tricks_on_terminals_and_eyes_are_shown_or_gone(raw: bytes, shown: str, size: int) -> None:
    """Output is read in consoles and mails; it must not move cursors or turn text around."""
    assert in_pieces(raw, size, []) == shown


@given(
    text=st.lists(
        st.sampled_from(
            [
                *(
                    "hunter2-secret",
                    "hunter2",
                    "\n",
                    "\r",
                    "\r\n",
                    " ",
                    "\x1b",
                    "\x1b[31m",
                    "\x1b]",
                ),
                *("\x07", "\\", "password=", "Bearer ", "'", '"', "abc", "é", "\u202e", "://u:p@h"),
                *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "a", "eyJ", "."),
            ]
        ),
        max_size=30,
    ).map("".join),
    cuts=st.lists(st.integers(0, 200), max_size=8),
)
def test_how_output_is_cut_into_chunks_makes_no_difference(text: str, cuts: list[int]) -> None:
    """Where the kernel cuts a pipe is chance; what is shown must not be."""
    raw = text.encode()
    redactor = Redactor(["hunter2-secret"])
    places = [0, *sorted(cuts), len(raw)]
    shown = [redactor.feed(raw[a:b]) for a, b in pairwise(places) if b > a]

    pieces = "".join(shown) + redactor.close()

    assert pieces == redact(text, ["hunter2-secret"])
    assert "hunter2-secret" not in pieces


@settings(deadline=None)  # what a busy machine takes says nothing
@given(at=st.integers(0, 120_000), size=st.sampled_from([1000, 8192, 65536]))
def test_a_line_without_end_hides_nothing(at: int, size: int) -> None:
    """Where we must cut a line ourselves, a secret may lie across the cut."""
    raw = b"x " * (at // 2) + b"hunter2-secret password=abcdef " + b"y " * 5000

    shown = in_pieces(raw, size, ["hunter2-secret"])

    assert shown == "x " * (at // 2) + f"{MARK} password={MARK} " + "y " * 5000


def test_a_secret_in_what_looks_like_the_scheme_of_an_address_is_found() -> None:
    """What is shown of a match to say what was hidden is looked at, too."""
    shown = redact("xhunter2-secret://u:p@h", ["hunter2-secret"])
    assert shown == f"x{MARK}://u:{MARK}@h"


def test_a_token_longer_than_all_we_hold_is_swallowed_whole() -> None:
    """Its tail must not come out because its head was dealt with."""
    raw = b"Bearer " + b"A" * 300_000 + b" after"

    assert in_pieces(raw, 4096, []) == f"Bearer {MARK} after"


def test_a_key_that_never_ends_hides_the_rest() -> None:
    """Cut output may hold the beginning of a key only; showing less is the safe side."""
    raw = b"a\n-----BEGIN PRIVATE KEY-----\n" + b"MIIE\n" * 50_000

    assert in_pieces(raw, 4096, []) == f"a\n{MARK}"


def test_lines_are_shown_as_they_end() -> None:
    """Output streams to a person who is waiting."""
    redactor = Redactor(["hunter2"])

    assert redactor.feed(b"one\ntwo hun") == "one\n"
    assert redactor.feed(b"ter2\nthree") == f"two {MARK}\n"
    assert redactor.close() == "three"


@pytest.mark.parametrize(
    "unit",
    [
        b"x",
        b"\x1b",
        b"\x1b]",
        b"eyJ",
        b"sk-",
        b"a://b:",
        b"password=",
        b'password="',
        b"-----BEGIN PRIVATE KEY-----",
        b"-----BEGIN ",
        b"bearer ",
        b"\r",
        b"\xff",
        b"hunter2-secre",
    ],
)
def test_time_is_linear_and_memory_bounded(unit: bytes) -> None:
    """A hostile log must not hold a worker up, whatever it repeats."""
    raw = unit * (1_000_000 // len(unit))
    redactor = Redactor(["hunter2-secret"])
    began = time.process_time()
    for at in range(0, len(raw), 65536):
        redactor.feed(raw[at : at + 65536])
    redactor.close()

    assert time.process_time() - began < 5


def test_a_line_of_many_megabytes_is_not_held() -> None:
    """Memory must not follow the output."""
    redactor = Redactor(["hunter2-secret"])
    redactor.feed(b"x" * 100_000)
    tracemalloc.start()
    try:
        for _ in range(200):
            redactor.feed(b"x" * 65536)
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_an_escape_before_a_secret_does_not_hide_it_from_us() -> None:
    """Taking the escape's letter with it would leave a secret without its first."""
    assert redact("\x1bhunter2-secret", ["hunter2-secret"]) == "\\x1b[redacted]"


@pytest.mark.parametrize("columns", [60, 64, 76])
@pytest.mark.parametrize("size", [1, 7, 61, 10_000])
def test_a_secret_in_wrapped_base64_is_found_wherever_the_line_ends(
    columns: int, size: int
) -> None:
    """`base64` wraps by itself, so every secret of some length lies across an end."""
    secret = "tr0ub4dor&3-and-some-more"
    for before in range(0, 80, 7):
        text = base64.b64encode(b"x" * before + secret.encode() + b"y" * 90).decode()
        lines = [text[at : at + columns] for at in range(0, len(text), columns)]
        raw = "\n".join(["first", *lines, "last"]).encode()

        shown = in_pieces(raw, size, [secret])

        bare = "".join(shown.split("\n")[1:-1]).replace(MARK, "")
        assert MARK in shown, before
        assert shown.startswith("first\n")
        assert shown.endswith("\nlast")
        assert len(bare) < len(text) - len(secret)


def test_wrapped_base64_without_a_secret_stays_as_it_is() -> None:
    """Also at the end of the output, without a last line end, and when there is much of it."""
    line = "QUJD" * 19
    for text in (line, f"{line}\n", f"{line}\n{line}", f"{line}\nab=\nrest", f"{line}\n" * 2000):
        for size in (10, 100_000):
            assert in_pieces(text.encode(), size, ["hunter2-secret"]) == text


def test_a_long_secret_over_many_wrapped_lines_leaves_nothing() -> None:
    """A key file printed as base64 is nothing but the secret."""
    secret = "".join(f"{number:04}" for number in range(400))
    text = base64.encodebytes(secret.encode()).decode()

    shown = in_pieces(text.encode(), 100, [secret])

    assert shown.replace("\n", "").rstrip("=") == MARK


@pytest.mark.parametrize(
    "form",
    [
        lambda value: json.dumps(json.dumps(value)),
        lambda value: quote(quote(value, safe=""), safe=""),
        lambda value: "'" + value.replace("'", "'\\''") + "'",
        html.escape,
        repr,
        lambda value: value.encode().hex(),
        lambda value: value.encode().hex().upper(),
        lambda value: json.dumps(value).replace("/", "\\/"),
        lambda value: re.sub("%..", lambda code: code[0].lower(), quote(value, safe="")),
    ],
)
@pytest.mark.parametrize("value", ["it's/a\"seä&ret\\", "two words <b> $HOME", "p%40ss/w'or'd"])
def test_the_ways_in_which_tools_escape_are_known(form: Callable[[str], str], value: str) -> None:
    """`set -x`, logs that hold JSON in JSON, pages, addresses in addresses; cut anywhere."""
    raw = f"before {form(value)} after".encode()
    for size in (1, 2, 3, len(raw)):
        shown = in_pieces(raw, size, [value])
        assert MARK in shown
        assert value not in shown
        assert form(value).strip("'\"") not in shown


@pytest.mark.parametrize("printed", ["printf %q", "set -x; :", "declare -p X #"])
def test_what_bash_makes_of_a_value_is_known(printed: str) -> None:
    """Asked of bash itself."""
    value = "it's/a\"se&ret $x `y` \\z"
    ended = subprocess.run(
        ["bash", "-c", f'{printed} "$X" 2>&1'], env={"X": value}, capture_output=True, check=True
    )
    text = ended.stdout.decode() + ended.stderr.decode()

    assert MARK in redact(text, [value])
    assert redact(text, [value]) != text
