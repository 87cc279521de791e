"""One command judged by its words: by the table, or by a rule of its own where options matter."""

from __future__ import annotations

import re
from collections.abc import Callable

from tocsin.core.risk import Risk, Verdict
from tocsin.core.tool import Tool
from tocsin.reading.argv import Word
from tocsin.running.allow.bounding import bounded
from tocsin.running.allow.catalogue import named, ours
from tocsin.running.allow.closer import look_closer
from tocsin.running.allow.clouds import cloud
from tocsin.running.allow.harm import (
    DESTROYS,
    EDITORS,
    RECORDS,
    SAYS,
    TELLS,
    TERMINAL,
    by_words,
    known_by_words,
)
from tocsin.running.allow.hosts import (
    curl,
    dmesg,
    ip,
    kill,
    openssl,
    pm2,
    script,
    secretive,
    service,
    top,
    wget,
)
from tocsin.running.allow.judged import Edit, Judged, Nested
from tocsin.running.allow.options import objection, operands
from tocsin.running.allow.secrets import (
    is_secret_file,
    is_secret_variable,
    is_surely_secret,
    may_match_secrets,
)
from tocsin.running.allow.stores import mongo, mysql, psql, sqlite
from tocsin.running.allow.texts import awk, gzip, jq, sed, tar, tee, yq

Rule = Callable[[list[Word], Judged, Nested], None]

BIN = re.compile(r"^/(usr/)?(local/)?s?bin/(?=[\w.-]+$)")
SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh", "eval", "source", ".", "su", "ssh"})
WRAPPERS = frozenset(
    {"sudo", "doas", "nohup", "nice", "ionice", "time", "command", "stdbuf", "timeout", "env",
     "exec", "builtin", "chroot", "setsid", "xargs", "parallel"}
)  # fmt: skip
_WRAPPER_VALUES = {
    "sudo": frozenset({"-u", "-g", "-h", "-p", "-C", "-D", "-R", "-r", "-t", "-T", "-U"}),
    "doas": frozenset({"-u", "-C"}),
    "nice": frozenset({"-n"}),
    "ionice": frozenset({"-c", "-n", "-p", "-P", "-u"}),
    "time": frozenset({"-f", "-o"}),
    "stdbuf": frozenset({"-i", "-o", "-e"}),
    "timeout": frozenset({"-k", "-s"}),
    "env": frozenset({"-u", "-C"}),
    "exec": frozenset({"-a"}),
    "xargs": frozenset({"-n", "-P", "-I", "-L", "-s", "-d", "-a", "-E"}),
    "parallel": frozenset({"-j", "-n", "-I", "-a"}),
}
_SSH_VALUES = frozenset(f"-{letter}" for letter in "BbcDEeFIiJLlmOopQRSWw")
_RUNS_HERE = re.compile(r"-?o?\s*(Proxy|Local|Remote|KnownHosts)Command", re.IGNORECASE)
_GLOBAL = {
    "docker": frozenset({"--context"}),
    "compose": frozenset({"-f", "--file", "-p", "--project-name", "--profile"}),
    "kubectl": frozenset({"-n", "--namespace", "--context"}),
    "oc": frozenset({"-n", "--namespace", "--context"}),
    "redis-cli": frozenset({"-h", "-p", "-n", "-u", "--user", "-a", "--pass"}),
    "etcdctl": frozenset({"--endpoints", "--cacert", "--cert", "--key", "-w", "--write-out"}),
    "patronictl": frozenset({"-c"}),
    "repmgr": frozenset({"-f"}),
    "helm": frozenset({"-n", "--namespace", "--kube-context"}),
    "nodetool": frozenset({"-h", "-p"}),
    "git": frozenset({"-C"}),
}
_EXEC = frozenset({("docker", "exec"), ("docker", "compose", "exec"), ("kubectl", "exec")})
_GLOBAL_ALONE = frozenset({"--user", "--no-auth-warning", "--raw", "--no-pager", "-e", "--tls"})
# These say which version they are, and do nothing else.
_VERSIONED = frozenset(
    {"alertmanager", "ansible", "apk", "awk", "aws", "borg", "bzip2", "cargo", "certbot",
     "cloudflared", "consul", "curl", "dig", "docker", "dotnet", "dpkg", "etcd", "fluentd", "gcc",
     "gcloud", "git", "grafana-server", "grep", "gunicorn", "haproxy", "helm", "htop", "java",
     "jq", "ls", "lsof", "mariadb", "mongod", "mongosh", "mysql", "mysqld", "mysqldump", "nginx",
     "node", "nomad", "npm", "openssl", "perl", "pg_dump", "pg_restore", "pgbouncer", "php",
     "pip", "pip3", "pnpm", "podman", "postgres", "prometheus", "promtool", "psql", "python",
     "python3", "rclone", "redis-cli", "redis-server", "restic", "rg", "rpm", "rsync", "ruby",
     "rustc", "sed", "sqlite3", "strace", "systemctl", "tar", "tcpdump", "terraform", "tmux",
     "vault", "vector", "wget", "yarn"}
)  # fmt: skip
_WRITES = re.compile(r" (--out(put)?(-file|-dir)?|-out|-O)\b")
_CONNECT = frozenset({"psql", "pg_isready", "redis-cli"})
_ANYWHERE = frozenset(
    {"cd", "docker", "docker-compose", "podman", "git", "kubectl", "oc", "helm", "systemctl",
     "journalctl", "echo", "pwd", "date", "uptime", "df", "free", "ps", "true"}
)  # fmt: skip
_FILTERS = {"grep": 1, "head": 0, "tail": 0, "wc": 0, "sort": 0, "uniq": 0}  # operands: no files
_HEADER = re.compile(r"(?:authorization|[a-z0-9-]*(?:key|token)): ", re.IGNORECASE)
_TELLS_ALL = re.compile(r"-[a-zA-Z]*v|--(?:verb|trace)")  # curl then prints what it sends
_ADDRESS = re.compile(
    r"^(?!.*(database|db|dsn|redis|mongo|amqp|broker|sql|postgres|secret|token)).*_ur[il]$",
    re.IGNORECASE,
)
_LISTS = frozenset(
    {"ls", "du", "df", "stat", "test", "basename", "dirname", "realpath", "readlink", "getent"}
)
_DISTANT = frozenset(
    {
        "kubectl",
        "oc",
        "helm",
        "aws",
        "gcloud",
        "az",
        "redis-cli",
        "rabbitmqctl",
        "vault",
        "etcdctl",
        "mysql",
        "mysqladmin",
        "curl",
    }
)
_NAMES_ONLY = frozenset(
    {"ls", "du", "df", "stat", "find", "test", "file", "basename", "dirname", "realpath",
     "readlink", "wc", "curl"}
)  # fmt: skip


def judge_words(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Note everything that counts against one command."""
    name = BIN.sub("", words[0].text)
    if not _keeps_files(name, words):
        _secret_files(name, words, judged)
    _secret_variables(name, words, judged)
    if any(word.globbed and re.match(r"[*?\[]", word.text) for word in words):
        judged.fall("file names could be taken for options")
    if name in _VERSIONED and [word.text for word in words[1:]] == ["--version"]:
        return
    if words[0].doubts or words[0].variables or words[0].globbed:
        judged.fall("which command it is, is computed", Risk.CHANGE)
        return
    judged.reads_files = judged.reads_files or not _needs_no_files(name, words, judged)
    rule = _rule_of(name)
    if rule is not None:
        rule(words, judged, nested)
    elif name in WRAPPERS and not (name == "command" and words[1:] and words[1].text == "-v"):
        _prefixed(name, words, judged, nested)
    elif name in SHELLS:
        _interpreter(words, judged, nested)
    else:
        _by_table([_renamed(words[0], name), *words[1:]], judged, nested)


def _needs_no_files(name: str, words: list[Word], judged: Judged) -> bool:
    """Whether it does the same wherever it is run, or reads no more than a folder's project."""
    if name in _ANYWHERE:
        return not any(word.text in ("-f", "--file") for word in words[1:])
    tool = judged.catalogue.of(name).get((name,)) if name in _FILTERS else None
    return tool is not None and len(operands(tool, words[1:])) <= _FILTERS[name]


def _cd(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a change of the folder: names behind it no longer say which file is meant."""
    judged.moved = True
    operand = words[1].text if len(words) == 2 else "-"
    if not re.fullmatch(r"~?[\w./@+][\w./@+-]*|~", operand, re.ASCII):
        judged.fall("it goes to a folder that is not written out")


def _rule_of(name: str) -> Rule | None:
    """Return the rule that knows the grammar of a command, where the catalogue names one."""
    tool = ours(name).get((name,))
    return _RULES.get(tool.judged_by) if tool else None


def _keeps_files(name: str, words: list[Word]) -> bool:
    """Whether it prints nothing of the files it names: an editor, a list, a distant server.

    What a wrapper runs is judged itself.
    """
    asked = [word.text for word in words[1:]]
    if name == "openssl":
        prints = "-noout" not in asked or "-text" in asked
        return asked[:1] in (["x509"], ["verify"]) or not prints
    if name == "docker" and asked == ["secret", "ls"]:
        return True  # their names
    if asked[:1] == ["exec"] or asked[:2] == ["compose", "exec"]:
        return True  # what runs inside is judged itself
    return name in WRAPPERS | EDITORS | _LISTS | _DISTANT


def _renamed(word: Word, name: str) -> Word:
    return Word(text=name, start=word.start, end=word.end)


def _secret_variables(name: str, words: list[Word], judged: Judged) -> None:
    """Note secrets that would be printed; a wrapper is judged by the command it runs."""
    wraps = name in WRAPPERS or any(word.text == "exec" for word in words[1:4])
    for word in words[1:]:
        for variable in word.variables:
            connects = name in _CONNECT or (name == "curl" and _presents(words, word, variable))
            if is_secret_variable(variable) and not connects and not wraps:
                judged.fall(f"it prints or sends ${variable}", Risk.SECRET)


def _presents(words: list[Word], word: Word, variable: str) -> bool:
    """Return whether curl shows a secret to the server it asks alone, as one does to log in."""
    if _ADDRESS.search(variable):
        return True
    tells = any(_TELLS_ALL.match(each.text) for each in words[1:])
    return bool(_HEADER.match(word.text)) and not tells


def _secret_files(name: str, words: list[Word], judged: Judged) -> None:
    patterns = _patterns(name, words, judged)
    for word in words[1:]:
        if word in patterns or word.text in ("--password", "--token", "--key"):
            continue
        path = word.globbed and "/" in word.text and "://" not in word.text
        if path and name not in _NAMES_ONLY and may_match_secrets(word.text):
            judged.fall(f"{word.text} may match secrets")
        if is_secret_file(word.text) and not re.search(r"[:\s]", word.text):
            risk = Risk.SECRET if is_surely_secret(word.text) else Risk.READ
            judged.fall(f"{word.text} holds secrets, or may", risk)
        if re.match(r"(\S+=|.*/\.\.)?/*(\./+)*dev/(?!null$)", word.text):
            judged.fall("it reads a device")


def _patterns(name: str, words: list[Word], judged: Judged) -> list[Word]:
    """Return the operand of grep that is no file, where it certainly is none."""
    tool = judged.catalogue.of(name).get((name,)) if name.endswith("grep") else None
    if tool is None:
        return []
    given = any(re.match(r"-\w*[ef]|--(regexp|file)", word.text) for word in words[1:])
    return [] if given else operands(tool, words[1:])[:1]


# commands that run commands


def _prefixed(name: str, words: list[Word], judged: Judged, nested: Nested) -> None:
    rest = words[1:]
    bounded = (
        name == "timeout"
        and len(rest) > 1
        and bool(rest)
        and bool(re.fullmatch(r"\d+[smh]?", rest[0].text))
    )
    if bounded:
        _within(rest[1:], judged, nested)
        return
    judged.fall(f"it runs by way of {name}", edit=_unprivileged(words))
    rest = wrapped(words)
    if rest:
        judge_words(rest, judged, nested)
    elif name == "env":
        judged.fall("it prints the environment", Risk.SECRET)
    elif name == "sudo":
        shell = any(re.match(r"-\w*[is]", word.text) for word in words[1:])
        judged.fall("it opens a terminal", Risk.ENDLESS if shell else Risk.READ)
    elif name != "time":
        judged.fall("it acts on what runs already", Risk.CHANGE)


def _unprivileged(words: list[Word]) -> Edit | None:
    """Return the edit that runs a command without root's rights: to look, try with one's own."""
    plain = words[0].text == "sudo" and len(words) > 1 and not words[1].text.startswith("-")
    named = plain and "=" not in words[1].text
    return (words[0].start, words[1].start, "") if named else None


def wrapped(words: list[Word]) -> list[Word]:
    """Return the words that a wrapper runs, without its own options."""
    valued = _WRAPPER_VALUES.get(BIN.sub("", words[0].text), frozenset())
    return _behind(words[1:], valued, re.compile(r"-|\w+=|\d+[smh]?$"))


def _behind(words: list[Word], valued: frozenset[str], option: re.Pattern[str]) -> list[Word]:
    """Return the words behind the leading options, of which some take a value."""
    rest = list(words)
    while rest and option.match(rest[0].text):
        taken = rest.pop(0)
        if taken.text in valued and rest:
            rest.pop(0)
    return rest


def _within(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge what runs until its time is over: it ends, even if it would not by itself."""
    inner = Judged(catalogue=judged.catalogue)
    judge_words(words, inner, nested)
    if inner.auto:
        return
    ends = inner.risk is Risk.ENDLESS and (inner.edits or words[0].text in ("tcpdump", "strace"))
    for why in reversed(inner.why):
        judged.fall(why, Risk.READ if ends else inner.risk)
    judged.edits += inner.edits


def _interpreter(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a shell in a shell: what it is given counts, and it never runs unattended."""
    texts = [word.text for word in words]
    clusters = [at for at, text in enumerate(texts) if re.fullmatch(r"-[a-z]*c", text)]
    handed = texts[clusters[0] + 1 :][:1] if clusters else []
    if words[0].text == "ssh":
        far = _behind(words[1:], _SSH_VALUES, re.compile(r"-"))[1:]
        handed = [" ".join(word.text for word in far)] if far else []
        if any(map(_RUNS_HERE.match, texts)):
            judged.fall("it runs a command here, too", Risk.CHANGE)
    if not handed and (len(words) == 1 or words[0].text in ("ssh", "su")):
        judged.fall("it opens a terminal", Risk.ENDLESS)
    elif handed:
        judged.fall("it hands text to another shell", nested(handed[0]).risk)
    else:
        loads = words[0].text in ("eval", "source", ".")
        judged.fall("it runs a script", Risk.CHANGE if loads else Risk.READ)
        by_words(words[1:], judged)


def _trap(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge what is run later, when the shell ends or is told something."""
    risk = nested(words[1].text).risk if len(words) > 1 else Risk.READ
    judged.fall(
        "it leaves a command for later", Risk.DESTROY if risk is Risk.DESTROY else Risk.CHANGE
    )


def _watch(words: list[Word], judged: Judged, nested: Nested) -> None:
    rest = words[1:]
    while rest and rest[0].text.startswith("-"):
        taken = rest.pop(0)
        if taken.text in ("-n", "--interval") and rest:
            rest.pop(0)
    inner = " ".join(word.text for word in rest)
    judged.fall("watch repeats it for ever", Risk.ENDLESS, (words[0].start, words[-1].end, inner))
    verdict = nested(inner) if inner else Verdict(risk=Risk.CHANGE)
    judged.fall("that is what watch would repeat", verdict.risk)


def _in_container(words: list[Word], at: int, judged: Judged, nested: Nested) -> None:
    """Judge `exec [-it] NAME COMMAND`; `at` is the index behind `exec`."""
    rest = words[at:]
    rest = _unattached(rest, judged)[1:]
    if words[0].text in ("kubectl", "oc") and "--" in [word.text for word in rest]:
        rest = _unattached(rest, judged)
        if rest[0].text != "--":
            judged.fall("what is run stands behind the dashes", Risk.CHANGE)
    command = rest[1:] if [word.text for word in rest[:1]] == ["--"] else rest
    if command:
        judge_words(command, judged, nested)
    else:
        judged.fall("it opens a terminal", Risk.ENDLESS)


def _unattached(rest: list[Word], judged: Judged) -> list[Word]:
    """Return the words behind the options of `exec`; it needs no terminal to look."""
    valued = {"-u", "--user", "-w", "--workdir", "-n", "--namespace", "-c", "--container"}
    while rest and rest[0].text.startswith("-") and rest[0].text != "--":
        taken, *rest = rest
        if re.fullmatch(r"-i|--interactive|--stdin", taken.text):
            judged.fall("it waits for input", Risk.READ, (taken.start, taken.end + 1, ""))
        elif re.fullmatch(r"-[it]{1,2}|--tty", taken.text):
            judged.fall("it wants a terminal", Risk.ENDLESS, (taken.start, taken.end + 1, ""))
        elif taken.text in valued and rest:
            rest = rest[1:]
        elif not re.fullmatch(r"-T|(--namespace|--container|--user)=[\w.-]+", taken.text):
            judged.fall(f"the option {taken.text} is not on the list", Risk.CHANGE)
    return rest


# by the table


def _by_table(words: list[Word], judged: Judged, nested: Nested) -> None:
    if words[0].text == "redis-cli" and {"-a", "--pass"} & {word.text for word in words}:
        judged.fall("a password stands on the command line")
    words = _without_globals(words)
    texts = tuple(word.text for word in words)
    tools = judged.catalogue.of(named(texts[:1])[0])
    for depth in range(min(4, len(texts)), 0, -1):
        key = named(texts[:depth])
        if key in _EXEC:
            _in_container(words, depth, judged, nested)
            return
        if key in tools:
            _check(tools[key], words[depth:], judged, words[depth - 1])
            return
    known = _renamed(words[0], words[0].text.rpartition("/")[2])
    if "/" in words[0].text and ours(named((known.text,))[0]):
        judged.fall(f"{words[0].text} is a program of your own")
        judge_words([known, *words[1:]], judged, nested)
        return
    by_words(words, judged)


def _without_globals(words: list[Word]) -> list[Word]:
    """Return the words without the options that stand before a subcommand and only choose."""
    kept = [words[0]]
    rest = words[1:]
    valued = _GLOBAL.get(words[0].text, frozenset())
    if words[0].text == "docker-compose" or [w.text for w in words[:2]] == ["docker", "compose"]:
        valued = _GLOBAL["compose"]
        if words[0].text == "docker":
            kept.append(rest.pop(0))
    chooses = bool(valued) or words[0].text == "systemctl"
    while chooses and rest and rest[0].text.startswith("-"):
        name = rest[0].text.partition("=")[0]
        far = ":" in rest[0].text + "".join(w.text for w in rest[1:2])
        if name in valued and not (far and valued is _GLOBAL["compose"]):
            rest = rest[1:] if "=" in rest[0].text else rest[2:]
        elif name in _GLOBAL_ALONE:
            rest = rest[1:]
        else:
            break
    return kept + rest


def _check(tool: Tool, args: list[Word], judged: Judged, last: Word) -> None:
    key, name = tool.name, " ".join(tool.name)
    if tool.risk is not Risk.READ:
        _acts(tool, args, judged)
        return
    args = bounded(key, args, judged, last)
    if tool.doubt and TELLS.search(" ".join([*key, *(one.text for one in args)])):
        judged.fall(f"{name} prints a secret", Risk.SECRET)
    elif tool.doubt:
        judged.fall(f"{name} looks, but is not on the list of what runs unattended")
    line = " ".join([*key, *(one.text for one in args)])
    if tool in judged.catalogue.own and (known := known_by_words(line)):
        judged.fall(f"{name} {SAYS[known]}", known)
    reason = objection(tool, args)
    if reason:
        judged.fall(f"{name}: {reason}", _without_list(tool, [*key, *(one.text for one in args)]))
    look_closer(tool, args, judged)


def _acts(tool: Tool, args: list[Word], judged: Judged) -> None:
    """Note what a command does that is known for more than looking, and what makes it worse."""
    name, texts = " ".join(tool.name), [word.text for word in args]
    if texts in (["--help"], ["--version"]):
        judged.fall(f"{name} says that it looks; nobody has checked")
        return
    judged.fall(f"{name} {SAYS[tool.risk]}", tool.risk)
    for option, risk in tool.raises:
        short = re.compile(
            rf"-\w*{option[1]}" if re.fullmatch(r"-\w", option) else re.escape(option)
        )
        if any(short.match(text) for text in texts):
            judged.fall(f"{name} {option} {SAYS[risk]}", risk)
    if DESTROYS.search(" ".join([name, *texts])):
        judged.fall(f"{name} {SAYS[Risk.DESTROY]}", Risk.DESTROY)


def _without_list(tool: Tool, texts: list[str]) -> Risk:
    """Return what a known command may do with options that are not on its list."""
    line = " ".join(texts)
    if DESTROYS.search(line):
        return Risk.DESTROY
    if TELLS.search(line):
        return Risk.SECRET
    if RECORDS.search(line):
        return Risk.CHANGE
    if TERMINAL.search(line):
        return Risk.ENDLESS
    return Risk.READ if tool.harmless and not _WRITES.search(line) else Risk.CHANGE


# commands with a rule of their own


_NAMES_AND_SIZES = frozenset({"ls", "stat", "du"})  # they print nothing of what is in a file
_FIND_PLAIN = frozenset({"-not", "!", "-o", "-or", "-a", "-and", "-print", "-ls", "-empty",
                         "-prune", "(", ")", "-xdev", "-mount", "-L", "-print0"})  # fmt: skip
_FIND_VALUED = frozenset({"-name", "-iname", "-type", "-mtime", "-mmin", "-size", "-maxdepth",
                          "-mindepth", "-newer", "-user", "-group", "-path", "-ipath", "-atime",
                          "-ctime", "-perm", "-printf"})  # fmt: skip


def _found(option: str, command: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge what is run for every file that is found."""
    if option != "-exec" or not command or command[0].text not in _NAMES_AND_SIZES:
        judged.fall("find would run a command")
    if command:
        judge_words(command, judged, nested)


def _find(words: list[Word], judged: Judged, nested: Nested) -> None:
    texts = [word.text for word in words[1:]]
    while texts:
        text = texts.pop(0)
        if text == "-delete":
            judged.fall("find would delete files", Risk.DESTROY)
        elif text in ("-exec", "-execdir", "-ok", "-okdir"):
            command = words[len(words) - len(texts) :]
            ends = next((at for at, one in enumerate(texts) if one in (";", "+")), len(texts))
            _found(text, command[:ends], judged, nested)
            texts = texts[ends + 1 :]
        elif text in _FIND_VALUED:
            texts[:1] = []
        elif text.startswith("-") and text not in _FIND_PLAIN:
            judged.fall(f"find's {text} is not on its list", Risk.CHANGE)
    if any(word.globbed and re.match(r"[*?\[]", word.text) for word in words[1:]):
        judged.fall("file names could be taken for options")


_RULES: dict[str, Rule] = {
    "awk": awk, "cd": _cd, "cloud": cloud, "curl": curl, "dmesg": dmesg, "find": _find,
    "gzip": gzip, "ip": ip, "jq": jq, "kill": kill, "mongo": mongo, "mysql": mysql,
    "openssl": openssl, "pm2": pm2, "psql": psql, "script": script, "secretive": secretive,
    "sed": sed, "service": service, "sqlite": sqlite, "tar": tar, "tee": tee, "top": top,
    "trap": _trap, "watch": _watch, "wget": wget, "yq": yq,
}  # fmt: skip
