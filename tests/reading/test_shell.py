"""What the grammar of the shell does to the process it runs in."""

from __future__ import annotations

import subprocess
import sys

from tocsin.reading.shell import parse

PARSE = "from tocsin.reading.shell import parse; parse('echo a{1..\\U0010ffff} $\\U000e0000')"


def test_no_character_ends_the_process() -> None:
    """One emoji behind a brace in one runbook would keep the server from starting."""
    ended = subprocess.run([sys.executable, "-c", PARSE], timeout=60, check=False)
    assert ended.returncode == 0


def test_offsets_count_the_bytes_of_the_text_as_written() -> None:
    """The statement that is shown and run is cut out of the text by them."""
    text = "echo '\N{LARGE RED CIRCLE} down' <name>\nls"
    echo, ls = parse(text).named_children
    raw = text.encode()
    assert raw[echo.start_byte : echo.end_byte] == text.split("\n")[0].encode()
    assert raw[ls.start_byte : ls.end_byte] == b"ls"
