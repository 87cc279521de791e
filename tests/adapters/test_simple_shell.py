"""Which texts bash need not be asked about, since it parses them in any case."""

from __future__ import annotations

import subprocess
from random import Random

import pytest

from tocsin.adapters import shell

PIECES = (
    *("ls", "-l", "/var/log", "a=b", "=", "-", "--", "%", "@x", "+", ":", ".", "2", "'a b'", "''"),
    *('"a b"', '""', "'\"'", '"\'"', "'$(x'", "|", "||", "&", ";", "(", ")", "<", ">", "{", "}"),
    *("!", "[[", "]]", "`", "$", "$(", "\\", "'", '"', "\n", "#", "~", "*", "é", "\u00a0", "\t"),
    *("if", "then", "fi", "for", "in", "do", "done", "case", "esac", "while", "time", "function"),
    *("coproc", "select", "until", "elif", "else", '"$x"', '"`"', '"!"', '"\\"', "'a'b\"c\"", "0"),
)
ROUNDS = 40_000


def asked(text: str) -> bool:
    """Whether bash itself can parse it."""
    told = subprocess.run([*shell.BASH, "-n", "-c", text], capture_output=True, timeout=60)
    return told.returncode == 0 and not told.stderr


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What bash was asked, all of which it is said to parse."""
    calls: list[list[str]] = []

    def run(argv: list[str], **_more: object) -> subprocess.CompletedProcess[bytes]:
        calls.append(argv)
        return subprocess.CompletedProcess(argv, 0, b"", b"")

    monkeypatch.setattr(shell.subprocess, "run", run)
    return calls


@pytest.mark.timeout(300)
def test_bash_parses_whatever_it_is_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts from all that shells give a meaning to; a broken one would run by half."""
    random = Random(20261121)  # the same texts each time
    texts = {" ".join(random.choices(PIECES, k=random.randint(1, 5))) for _ in range(ROUNDS)}
    real = subprocess.run
    monkeypatch.setattr(shell.subprocess, "run", _refuse)
    unasked = sorted(text for text in texts if not shell.unparsed(text))
    monkeypatch.setattr(shell.subprocess, "run", real)

    assert len(unasked) > 100
    assert [text for text in unasked[:: max(1, len(unasked) // 300)] if not asked(text)] == []


def _refuse(argv: list[str], **_more: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.CompletedProcess(argv, 2, b"", b"asked")


@pytest.mark.parametrize(
    "text",
    [
        "systemctl restart payments",
        "grep -c 'worker 3' /var/log/app.log",
        'tail -n 20 /var/log/app.log | grep "out of memory" | wc -l',
    ],
)
def test_bash_is_not_asked_about_words_and_pipes(text: str, unasked: list[list[str]]) -> None:
    """A process for each of them would cost as much as the command."""
    assert shell.unparsed(text) == ""
    assert unasked == []


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "ls |", "| ls", "ls || ls", "ls; (", "echo 'a", 'echo "$(x"', "echo $(", "ls &"),
        *(
            "if true",
            "ls | while read",
            "time",
            "ls\nfi",
            "a=(",
            "echo \\",
            "cat <<x",
            "{ ls",
            "! ls",
        ),
        *("[[ a", "echo é", "ls\u00a0|", "for x in y", "-x ls", "+x ls"),
    ],
)
def test_bash_is_asked_about_everything_else(text: str, unasked: list[list[str]]) -> None:
    """Whatever has a meaning beyond a word, and all reserved words wherever they stand."""
    shell.unparsed(text)

    assert len(unasked) == 1
