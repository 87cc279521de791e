"""What a team may put on the catalogue: commands of its own, and more care about ours.

An entry of a team is believed as far as its examples go. It never makes a command trusted that
runs other commands, nor less of a command that is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.core.risk import WORST_FIRST, Risk
from tocsin.core.tool import Tool
from tocsin.running.allow.catalogue import Catalogue, Name, named, ours
from tocsin.running.allow.examples import objections
from tocsin.running.allow.harm import known_by_words
from tocsin.running.allow.programs import BIN, SHELLS, WRAPPERS

_PROGRAM = re.compile(r"[A-Za-z0-9][\w.+-]*|/[\w.+/-]+", re.ASCII)
_SUBCOMMAND = re.compile(r"[A-Za-z0-9][\w.:+-]*", re.ASCII)
_MOST_WORDS = 4
# They run what they are given, or take orders from their input.
_RUNS_OTHERS = re.compile(
    r"(r?bash|[a-z]{0,2}sh|fish|pwsh|powershell|busybox|toybox|python|pypy|perl|ruby|node(js)?|deno|bun"
    r"|php|lua(jit)?|tclsh|wish|expect|rscript|julia|java|jshell|groovy|scala|ghci|irb|ipython|jython"
    r"|[gmn]?awk|sed|ed|ex|vim?|nvim|emacs|nano|pico|find|fd|xargs|parallel|make|gmake|just|task|rake"
    r"|su|runuser|sudo|doas|pkexec|sg|setpriv|unshare|nsenter|chroot|flock|script|screen|tmux|at|batch"
    r"|systemd-run|watch|entr|strace|ltrace|gdb|perf|timeout|time|nice|ionice|chrt|taskset|stdbuf|env"
    r"|nohup|setsid|ssh|mosh|rsh|telnet|nc|ncat|netcat|socat|sshpass|pssh|pdsh|clush|parallel-ssh"
    r"|ansible(-\w+)?|salt(-\w+)?|fab|npx|uvx|uv|pipx|poetry|pipenv|bundle|direnv|dotenv|foreman"
    r"|psql|mysql|mariadb|sqlite3?|mongo(sh)?|cqlsh|redis-cli|sqlcmd|sqlplus|less|more|man|git|tee|dd"
    r"|wsl|osascript|rlwrap|unbuffer|valgrind|firejail|bwrap|proot|fakeroot|sem|chronic|ifne|m4|dc"
    r"|gnuplot|octave|r|iex|elixir|erl|escript|racket|guile|sbcl|clisp|ocaml|swift|dart|dotnet|kotlin"
    r"|let|typeset|local|readonly|mapfile|readarray|enable|bind|complete|compgen|fc|getopts|shopt"
    r"|unset|pushd|popd|bg|fg|jobs|disown|wait|caller|logout|return|exit|break|continue|shift|times"
    r"|eval|exec|source|command|builtin|trap|coproc|alias|chpst|s6-\w+|tini|dumb-init|gosu|su-exec)"
    r"[\d.]*",
    re.IGNORECASE,
)
_RUNS_INSIDE = frozenset(
    {"exec", "run", "ssh", "shell", "sh", "bash", "console", "eval", "runner", "tinker", "repl",
     "run-command", "dlx", "rsh", "attach", "enter", "invoke", "script", "execute"}
)  # fmt: skip


def lookup_name(written: str) -> str:
    """Return the name under which the judge looks a command up."""
    return " ".join(named(tuple(written.split())))


def wrong_with(tool: Tool, own: tuple[Tool, ...]) -> Iterator[tuple[str, str]]:
    """Yield the key and the sentence of all that keeps a team's entry from being used.

    Args:
        tool: The entry.
        own: All entries of the team, this one among them.
    """
    if wrong := _wrong_name(tool.name) or _lowers(tool):
        yield "name", wrong
        return
    for key, text in [("match", one) for one in tool.match] + [
        ("not_match", one) for one in tool.not_match
    ]:
        if tool.name[0] not in named(tuple(text.split()) or ("",)):
            yield key, f"{text!r} is no example of {tool.name[0]}"
    yield from objections(tool, Catalogue(own))


def _wrong_name(name: Name) -> str:
    program, *rest = name or ("",)
    if not _PROGRAM.fullmatch(program) or not all(map(_SUBCOMMAND.fullmatch, rest)):
        return "should be a command with its sub-commands, as 'shopctl queue list'"
    if len(name) > _MOST_WORDS:
        return f"has more than {_MOST_WORDS} words"
    if BIN.match(program):
        return f"should be without the folder: {BIN.sub('', program)!r}"
    last = program.rpartition("/")[2]
    if _runs_others(last, name):
        return f"cannot be {last!r}: it is judged by what it runs, and is never trusted itself"
    return ""


def _runs_others(program: str, name: Name) -> bool:
    judged = ours(program).get((program,))
    by_rule = judged is not None and bool(judged.judged_by)
    listed = program in WRAPPERS | SHELLS or bool(_RUNS_OTHERS.fullmatch(program))
    return by_rule or listed or bool(_RUNS_INSIDE & set(name[1:]))


def _lowers(tool: Tool) -> str:
    """Return how an entry would make less of what is known than is known, or nothing."""
    program = tool.name[0].rpartition("/")[2]
    known = ours(program)
    bare = (program, *tool.name[1:])
    same = known.get(bare)
    if tool.risk is not Risk.READ:
        less = same and WORST_FIRST.index(tool.risk) > WORST_FIRST.index(same.risk)
        return f"is {same.risk.value} on the catalogue, and cannot be less" if same and less else ""
    if same and same.risk is Risk.READ and tool.doubt:
        return ""
    if same or any(_begins(bare, one) for one in known):
        return "is on the catalogue already; your own entry can only make it worse"
    if any(_begins(one, bare) for one in known):
        return "has sub-commands on the catalogue: name yours in full"
    said = known_by_words(" ".join(bare))
    return f"cannot be read: its words say {said.value}" if said else ""


def _begins(name: Name, beginning: Name) -> bool:
    return name[: len(beginning)] == beginning
