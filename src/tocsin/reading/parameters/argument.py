"""Whether a program takes a word as it is, or reads it again: as a program, or for another shell.

A value in quotes reaches the program of a command as one word. What the program then does with
it is another matter: `ssh host WORD` hands it to a second shell, `awk WORD` runs it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_WRAPPERS = frozenset(
    {"sudo", "doas", "timeout", "nohup", "nice", "ionice", "env", "time", "command", "exec",
     "stdbuf", "setsid", "chronic", "unbuffer"}
)  # fmt: skip
_NEVER = frozenset(
    {"eval", ".", "source", "let", "test", "[", "[[", "declare", "typeset", "local", "export",
     "readonly", "unset", "read", "mapfile", "readarray", "trap", "alias", "unalias", "bind",
     "complete", "compgen", "compopt", "enable", "builtin", "getopts", "set", "shopt", "shift",
     "return", "exit", "break", "continue", "ulimit", "wait", "hash", "pushd", "popd", "fc",
     "history", "xargs", "parallel", "watch", "at", "batch", "crontab", "su", "runuser", "script",
     "gdb", "expect", "screen", "tmux", "m4", "ed", "ex", "vi", "vim", "osascript", "tclsh",
     "socat", "ncat", "systemd-run", "flock", "chroot", "nsenter", "unshare", "strace", "ltrace"}
)  # fmt: skip
"""Builtins that compute or run their words, and programs that start another with them."""

_PROGRAMS = frozenset({"awk", "gawk", "mawk", "nawk", "sed", "jq", "yq", "gron", "mlr"})
_RUN_SCRIPTS = frozenset(
    {"bash", "sh", "zsh", "dash", "ksh", "fish", "python", "python3", "perl", "ruby", "node",
     "nodejs", "php", "lua", "deno", "bun"}
)  # fmt: skip
_DATABASES = frozenset(
    {"psql", "mysql", "mariadb", "sqlite3", "mongo", "mongosh", "cqlsh", "clickhouse-client",
     "influx", "sqlcmd", "pgcli"}
)  # fmt: skip
_LOGIN = frozenset(
    {"-h", "-U", "-d", "-p", "-P", "-u", "--host", "--username", "--user", "--dbname",
     "--database", "--port"}
)  # fmt: skip
_LOGIN_JOINED = re.compile(r"--(?:host|username|user|dbname|database|port)=")
_RUNS = frozenset(
    {"-e", "--rsh", "-exec", "-execdir", "-ok", "-okdir", "--to-command", "--exec", "--command",
     "--use-compress-program", "--compress-program", "--checkpoint-action", "--pager",
     "--editor", "--upload-pack", "--receive-pack", "--rsync-path", "--rcfile", "--init-file"}
)  # fmt: skip
_RUN_BY_E = frozenset({"rsync", "script", "ack", "rg", "git", "less"})
_SCRIPT_CALLS = frozenset({"eval", "evalsha", "fcall", "script", "function"})
_SSH_VALUES = frozenset("-" + letter for letter in "bcDEeFIiJLlmOopQRSWw")
_SSH_OWN = frozenset({"-p", "-l", "-i"})
_EXEC_VALUES = frozenset({"-u", "--user", "-e", "--env", "-w", "--workdir", "--env-file", "-n",
                          "--namespace", "-c", "--container", "--context", "--index"})  # fmt: skip
_CONTAINERS = frozenset(
    {"docker", "podman", "nerdctl", "docker-compose", "kubectl", "oc", "crictl"}
)
_SUDO_VALUES = frozenset({"-u", "-g", "--user", "--group"})


def read_again(words: Sequence[str], index: int) -> str:
    """Return why the word at `index` would not stay one plain word; empty where it does.

    Args:
        words: Of one command, as the shell hands them over, its name first.
        index: Of the word that a placeholder stands in.
    """
    first = _command_at(words)
    if index <= first:
        return "" if _of_sudo(words, index, first) else "stands where a command is named"
    rest, place = list(words[first:]), index - first
    return _by_program(rest, place) or _started(rest, place)


def _base(word: str) -> str:
    return word.rpartition("/")[2]


def _command_at(words: Sequence[str]) -> int:
    """Return where the program stands that `sudo`, `timeout` and their like start."""
    at = 0
    while at < len(words) and _base(words[at]) in _WRAPPERS:
        at = _behind_wrapper(words, at + 1)
    return at


def _behind_wrapper(words: Sequence[str], at: int) -> int:
    valued = re.compile(r"-[uUgCDnkspio]|--(?:user|group|signal|kill-after)")
    while at < len(words) and re.match(r"-|\w+=|\d+(?:\.\d+)?[smhd]?$", words[at]):
        at += 2 if valued.fullmatch(words[at]) else 1
    return at


def _of_sudo(words: Sequence[str], index: int, first: int) -> bool:
    """Whether it is whom sudo runs something as."""
    return 0 < index < first and _base(words[0]) == "sudo" and words[index - 1] in _SUDO_VALUES


def _by_program(words: Sequence[str], index: int) -> str:
    """Return what a program makes of its own words."""
    program, previous = _base(words[0]), words[index - 1]
    if program in _NEVER:
        return f"is computed or run by {program}"
    if program == "printf" and "-v" in words:
        return "is computed or run by printf"
    if program == "ssh":
        return "" if _reaches_ssh(words, index) else "is read by the shell of another machine"
    if program == "env" and "-S" in words:
        return "is computed or run by env"
    runs = previous in _RUNS - {"-e"} or (previous == "-e" and program in _RUN_BY_E)
    if runs or words[index].partition("=")[0] in _RUNS:
        return "stands where a command is named"
    if program == "git" and previous == "-c":
        return "is a setting of git, which may name a command"
    return _as_text(words, index)


def _as_text(words: Sequence[str], index: int) -> str:
    """Return what follows where the program itself takes programs."""
    program, previous = _base(words[0]), words[index - 1]
    if program in _PROGRAMS:
        return "" if _is_file_of(words, index) else f"is part of a program for {program}"
    if program in _RUN_SCRIPTS:
        return "" if _is_for_script(words, index) else f"is part of a program for {program}"
    if program in _DATABASES:
        first = program == "sqlite3" and index == 1
        login = previous in _LOGIN or _LOGIN_JOINED.match(words[index]) or first
        return "" if login else f"is part of a program for {program}"
    if program == "redis-cli" and _SCRIPT_CALLS & {word.lower() for word in words[:index]}:
        return "is part of a program for redis-cli"
    return ""


def _is_file_of(words: Sequence[str], index: int) -> bool:
    """Whether it is the last operand, behind the program: a file that is read."""
    options = [word for word in words[1:index] if word.startswith("-")]
    programs = [word for word in words[1:index] if not word.startswith("-")]
    plain = all(re.fullmatch(r"-[nErsci]+|--raw-output", option) for option in options)
    return plain and len(programs) == 1 and index == len(words) - 1


def _is_for_script(words: Sequence[str], index: int) -> bool:
    """Whether it is an argument of a script that lies in a file."""
    script = words[1]
    module = script == "-m" and index > 2
    return module or (index > 1 and bool(re.fullmatch(r"[\w./@+-]*[./][\w./@+-]*", script))
                      and not script.startswith("-"))  # fmt: skip


def _reaches_ssh(words: Sequence[str], index: int) -> bool:
    """Whether it is the machine that ssh calls, or a plain option of ssh itself."""
    if words[index - 1] in _SSH_OWN and index < len(words) - 1:
        return "-o" not in words[index : index + 1]
    at = 1
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in _SSH_VALUES else 1
    return index == at


def _started(words: Sequence[str], index: int) -> str:
    """Return what follows where a container runs a program with these words."""
    if _base(words[0]) not in _CONTAINERS or "exec" not in words[:index]:
        return _in_find(words, index)
    inner = _inner_at(words, words.index("exec") + 1)
    if index < inner:
        return ""
    return read_again(words[inner:], index - inner)


def _inner_at(words: Sequence[str], at: int) -> int:
    """Return where the program stands that runs in the container."""
    if "--" in words:
        return words.index("--") + 1
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in _EXEC_VALUES else 1
    return at + 1


def _in_find(words: Sequence[str], index: int) -> str:
    starts = [at for at, word in enumerate(words[:index]) if word in ("-exec", "-execdir", "-ok")]
    if not starts or _base(words[0]) != "find":
        return ""
    return read_again(words[starts[-1] + 1 :], index - starts[-1] - 1)
