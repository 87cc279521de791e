"""RUN-PROMPT: a command asks a question that nobody is there to answer.

A question that is the last one before data or machines are lost is not spoken against.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, together


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asks:
    """What asks, and the options with which it does not. The first of them is advised."""

    program: str
    words: tuple[str, ...]
    answers: tuple[str, ...]
    severity: Severity = Severity.ERROR


_APT = tuple(
    _Asks(program=program, words=(word,), answers=("-y", "--yes", "--assume-yes", "-s"))
    for program in ("apt", "apt-get", "yum", "dnf")
    for word in ("install", "upgrade", "dist-upgrade", "remove", "purge", "autoremove")
)
_PRUNES = tuple(
    _Asks(program="docker", words=(what, "prune"), answers=("--force", "-f"))
    for what in ("image", "container", "network", "builder")
)
_ASKING = (
    *_APT,
    *_PRUNES,
    _Asks(program="ufw", words=("enable",), answers=("--force",)),
    _Asks(program="ufw", words=("reset",), answers=("--force",)),
    _Asks(program="kubeadm", words=("reset",), answers=("--force", "-f")),
    _Asks(program="aws", words=("configure",), answers=("get", "set", "list")),
    _Asks(program="ssh-keygen", words=("-t",), answers=("-N", "-f")),
    _Asks(program="passwd", words=(), answers=("--stdin", "-l", "-u", "-S", "-e")),
    _Asks(
        program="git",
        words=("revert",),
        answers=("--no-edit", "-n", "--no-commit", "--abort", "--continue", "-m"),
        severity=Severity.WARNING,
    ),
)
_BY_PROGRAM: dict[str, list[_Asks]] = defaultdict(list)
for _one in _ASKING:
    _BY_PROGRAM[_one.program].append(_one)


def _look(document: Document) -> Iterator[Hit]:
    places: dict[_Asks, list[int]] = defaultdict(list)
    for call in document.calls:
        asks = _question(call)
        if asks is not None:
            places[asks].append(call.line)
    for asks, lines in places.items():
        name = " ".join((asks.program, *asks.words))
        message = f"`{name}` waits for an answer: add `{asks.answers[0]}`."
        yield Hit(lines=together(lines), message=message, severity=asks.severity)


def _question(call: Call) -> _Asks | None:
    """Return what the call asks, or None where it asks nothing or is answered."""
    if call.name not in _BY_PROGRAM or call.fed_by in ("yes", "echo", "printf"):
        return None
    for asks in _BY_PROGRAM[call.name]:
        if _is(call, asks) and not call.option(*asks.answers):
            return asks
    return None


def _is(call: Call, asks: _Asks) -> bool:
    words = call.args if asks.words[:1] == ("-t",) else call.operands()
    return words[: len(asks.words)] == asks.words


rule = Rule(
    name="RUN-PROMPT",
    severity=Severity.ERROR,
    summary="A command asks a question that nobody is there to answer.",
    look=_look,
)
