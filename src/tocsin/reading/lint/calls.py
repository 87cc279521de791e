"""The commands that a shell statement starts, each with its words and its place.

What wraps a command (`sudo`, `docker exec`, `ssh`, `timeout`) is taken off and remembered, so
that a rule about `tail` finds it wherever it runs.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from tocsin.core.runbook import Statement
from tocsin.reading import shell
from tocsin.reading.argv import Word, words_of
from tocsin.reading.lint.pipelines import ALONE, Streams, base, commands_in, streams_in

_DEEPEST = 4  # wrappers around wrappers
_CLUSTER = re.compile(r"-[0-9A-Za-z]{1,4}")  # `-it`, `-xzf`: longer ones are words
_SCRIPTED = ("sh", "bash", "zsh")
_TAKES_COMMAND = {"sudo", "doas", "nohup", "time", "nice", "ionice", "env", "exec", "command"}
_TAKES_COMMAND |= {"timeout", "xargs", "watch", "stdbuf", "setsid", "strace", "ssh"}
_WITH_VALUE: dict[str, frozenset[str]] = {
    "sudo": frozenset({"-u", "-g", "-h", "-p", "-C", "-D"}),
    "timeout": frozenset({"-s", "-k", "--signal", "--kill-after"}),
    "nice": frozenset({"-n"}),
    "ionice": frozenset({"-c", "-n"}),
    "xargs": frozenset({"-I", "-n", "-P", "-L", "-d", "-a", "-E", "-s"}),
    "watch": frozenset({"-n", "--interval"}),
    "env": frozenset({"-u", "-C"}),
    "strace": frozenset({"-p", "-e", "-o", "-s"}),
    "ssh": frozenset({"-p", "-i", "-l", "-o", "-F", "-J", "-L", "-R", "-D"}),
    "docker": frozenset({"-u", "--user", "-w", "--workdir", "-e", "--env", "-f", "--file", "-p"}),
    "kubectl": frozenset({"-n", "--namespace", "-c", "--container", "--context"}),
}
_OPERANDS_BEFORE = {"timeout": 1, "ssh": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One command as a shell would start it."""

    name: str  # of the program, without its folder
    args: tuple[str, ...]
    line: int  # in the file
    end: int
    statement: Statement
    words: tuple[Word, ...] = field(repr=False, default=())  # the name first, with their doubts
    word_lines: tuple[int, ...] = field(repr=False, default=())  # of `words`, in the file
    around: tuple[str, ...] = ()  # the wrappers, outermost first: ("sudo", "docker exec");
    # "inside": typed into a session that an earlier line opens
    fed_by: str = ""  # the program before it in the pipeline
    feeds: tuple[str, ...] = ()  # the programs after it in the pipeline
    redirects: tuple[str, ...] = ()  # as written: "2>&1", "> out.txt"
    variables: tuple[str, ...] = ()  # of the environment, expanded in its words

    @property
    def text(self) -> str:
        """Name and arguments on one line, blanks to fill in as the document writes them."""
        text = " ".join((self.name, *self.args))
        for blank in shell.BLANK.finditer(self.statement.text):
            text = text.replace(shell.filled(blank[0]), blank[0])
        return text

    def option(self, *names: str) -> bool:
        """Whether one of the options is given: `-f` also in `-xf`, `--fail` also in `--fail=1`."""
        return any(_holds(word, name) for word in self.args for name in names)

    def values(self, *names: str) -> tuple[str, ...]:
        """Return what is given with one of the options: `-H x`, `-Hx`, `--header=x`, `-sH x`."""
        found: list[str] = []
        for at, word in enumerate(self.args):
            for name in names:
                found += _value(word, self.args[at + 1 : at + 2], name)
        return tuple(found)

    def line_of(self, *names: str) -> int:
        """Return the line of the first of these options; where none is given, that of the name."""
        for word, line in zip(self.words[1:], self.word_lines[1:], strict=True):
            if any(_holds(word.text, name) or word.text.startswith(name) for name in names):
                return line
        return self.line

    def operands(self) -> tuple[str, ...]:
        """Return the words that do not start with a dash."""
        return tuple(word for word in self.args if not word.startswith("-"))


def _holds(word: str, name: str) -> bool:
    if name.startswith("--"):
        return word == name or word.startswith(name + "=")
    cluster = len(name) == 2 and _CLUSTER.fullmatch(word)
    return word == name or (bool(cluster) and name[1] in word[1:])


def _value(word: str, following: tuple[str, ...], name: str) -> tuple[str, ...]:
    if word == name:
        return following
    if name.startswith("--"):
        return (word[len(name) + 1 :],) if word.startswith(name + "=") else ()
    if word.startswith(name):
        return (word[len(name) :],)
    clustered = len(name) == 2 and _CLUSTER.fullmatch(word) and word.endswith(name[1])
    return following if clustered else ()


def calls_of(statement: Statement) -> list[Call]:
    """Return the commands of a shell statement in the order they stand there."""
    return _calls_in(statement.text, statement.start, statement)


def _calls_in(text: str, line: int, statement: Statement) -> list[Call]:
    root = shell.parse(text)
    if root.has_error:
        return []
    found: list[Call] = []
    breaks = [found.start() for found in re.finditer(b"\n", text.encode())]
    streams = streams_in(root)
    for node in commands_in(root):
        call = _call(node, line, breaks, statement)
        found += _unwrapped(_joined(call, streams.get(node.id, ALONE)), 0)
    return found


def _call(node: Node, line: int, breaks: list[int], statement: Statement) -> Call:
    words = words_of(node)
    return Call(
        name=base(words[0].text) if words else "",
        args=tuple(word.text for word in words[1:]),
        line=line + node.start_point[0],
        end=line + node.end_point[0],
        statement=statement,
        words=tuple(words),
        word_lines=tuple(line + bisect_left(breaks, word.start) for word in words),
        variables=tuple(name for word in words for name in word.variables),
    )


def _joined(call: Call, streams: Streams) -> Call:
    return replace(call, fed_by=streams.fed_by, feeds=streams.feeds, redirects=streams.redirects)


# wrappers


def _unwrapped(call: Call, depth: int) -> Iterator[Call]:
    """Return the call, unless it only lends rights or patience, and what it starts."""
    script = _script(call)
    at = None if script else _command_at(call)
    if call.name not in ("sudo", "doas", "env", "time", "nohup", "command"):
        yield call if at is None else _outer(call, at)
    if depth == _DEEPEST:
        return
    if script:
        inside = _calls_in(script, call.line, call.statement)
        around = (*call.around, _wrapper(call))
        yield from (replace(one, around=(*around, *one.around)) for one in inside)
    elif at is not None and at < len(call.args):
        yield from _unwrapped(_inner(call, at), depth + 1)


def _outer(call: Call, at: int) -> Call:
    """Return a wrapper without the command it starts: `docker exec -it db`."""
    return replace(
        call,
        args=call.args[:at],
        words=call.words[: at + 1],
        word_lines=call.word_lines[: at + 1],
    )


def _inner(call: Call, at: int) -> Call:
    return replace(
        call,
        name=base(call.args[at]),
        args=call.args[at + 1 :],
        words=call.words[at + 1 :],
        word_lines=call.word_lines[at + 1 :],
        around=(*call.around, _wrapper(call)),
    )


def _wrapper(call: Call) -> str:
    if call.name in ("docker", "kubectl", "oc", "docker-compose", "podman"):
        return f"{call.name} exec"
    return call.name


def _script(call: Call) -> str:
    """Return the script that is handed over as one word: `bash -c "…"`, `ssh host "…"`."""
    if call.name in _SCRIPTED and call.option("-c"):
        return next((word for word in call.args if not word.startswith("-")), "")
    if call.name in ("ssh", "watch"):
        at = _command_at(call)
        if at is not None and at == len(call.args) - 1 and " " in call.args[at]:
            return call.args[at]
    return ""


def _command_at(call: Call) -> int | None:
    """Return the index in `args` of the command that a wrapper starts, or None."""
    if call.name in ("kubectl", "oc"):
        return call.args.index("--") + 1 if "exec" in call.args and "--" in call.args else None
    if call.name in ("docker", "podman", "docker-compose"):
        if "exec" not in call.args[:6]:
            return None
        return _behind(call.args, call.args.index("exec") + 1, _WITH_VALUE["docker"], 1)
    if call.name not in _TAKES_COMMAND:
        return None
    values = _WITH_VALUE.get(call.name, frozenset())
    return _behind(call.args, 0, values, _OPERANDS_BEFORE.get(call.name, 0))


def _behind(args: tuple[str, ...], at: int, values: frozenset[str], operands: int) -> int | None:
    """Return the index behind options, `NAME=value` words and so many operands."""
    while at < len(args):
        word = args[at]
        if word in values:
            at += 2
        elif word.startswith("-") or ("=" in word and word.split("=")[0].isidentifier()):
            at += 1
        elif operands:
            operands -= 1
            at += 1
        else:
            return at
    return None
