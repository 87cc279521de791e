"""One command judged by its words: by the table, or by a rule of its own where options matter."""

from __future__ import annotations

import re
from collections.abc import Callable

from tocsin.core.risk import Risk, Verdict
from tocsin.reading.argv import Word
from tocsin.running.allow.commands import (
    CODE_DESTROYS,
    DESTROYS,
    EDITORS,
    LOOKS,
    TERMINAL,
    TOOLS,
    Tool,
)
from tocsin.running.allow.curl import WORKS, call_of
from tocsin.running.allow.judged import Judged
from tocsin.running.allow.late import judge_sql
from tocsin.running.allow.secrets import is_secret_file, is_secret_variable, may_match_secrets

Nested = Callable[[str], Verdict]
Rule = Callable[[list[Word], Judged, Nested], None]

_BIN = re.compile(r"^/(usr/)?(local/)?s?bin/(?=[\w.-]+$)")
_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh", "eval", "source", ".", "su", "ssh"})
_PREFIXES = frozenset(
    {"sudo", "doas", "nohup", "nice", "ionice", "time", "command", "stdbuf", "timeout", "env",
     "exec", "builtin", "chroot", "setsid", "xargs", "parallel"}
)  # fmt: skip
_PREFIX_VALUES = frozenset({"-u", "-g", "-n", "-P", "-I", "-L", "-k", "-s", "-c", "-i", "-o"})
_GLOBAL = {
    "docker": frozenset({"--context"}),
    "compose": frozenset({"-f", "--file", "-p", "--project-name", "--profile"}),
    "kubectl": frozenset({"-n", "--namespace", "--context"}),
    "redis-cli": frozenset({"-h", "-p", "-n", "-u", "--user"}),
}
_EXEC = frozenset({("docker", "exec"), ("docker", "compose", "exec"), ("kubectl", "exec")})
_GLOBAL_ALONE = frozenset({"--no-auth-warning", "--raw", "--no-pager", "-e", "--tls"})
_FOLLOWS: dict[tuple[str, ...], tuple[str, str]] = {
    ("tail",): ("-n 100", r"-\w*n\w*|-\d+\w*|--lines.*|-c.*"),
    ("journalctl",): ("-n 100", r"-\w*n\d*|--lines.*"),
    ("docker", "logs"): ("--tail 100", r"-n\d*|--tail.*"),
    ("docker", "compose", "logs"): ("--tail 100", r"-n\d*|--tail.*"),
    ("kubectl", "logs"): ("--tail=100", r"--tail.*"),
    ("kubectl", "get"): ("", r".*"),
}
_ANY = 1000
_MISREAD = re.compile(r"^-\w*[uUtCp]\w|environ")
_ASSIGNS = re.compile(r"%[^%A-Za-z]*[hlLqjzt]*n")
_SCANS = re.compile(r"-[vn46]*z[vn46]*(w\d*)?")
_CONNECT = frozenset({"psql", "pg_isready", "redis-cli"})
_HEADER = re.compile(r"(?:authorization|[a-z0-9-]*(?:key|token)): ", re.IGNORECASE)
_TELLS_ALL = re.compile(r"-[a-zA-Z]*v|--(?:verb|trace)")  # curl then prints what it sends
_ADDRESS = re.compile(
    r"^(?!.*(database|db|dsn|redis|mongo|amqp|broker|sql|postgres|secret|token)).*_ur[il]$",
    re.IGNORECASE,
)
_NAMES_ONLY = frozenset(
    {"ls", "du", "df", "stat", "find", "test", "file", "basename", "dirname", "realpath",
     "readlink", "wc", "curl"}
)  # fmt: skip
_FOLLOW = re.compile(r"-f|-F|--follow(=\w+)?|-w|--watch|-\d*f|-[a-zA-Z]*f[a-zA-Z]*")


def judge_words(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Note everything that counts against one command."""
    name = _BIN.sub("", words[0].text)
    if name not in _PREFIXES | EDITORS:  # what is run is judged itself; an editor prints nothing
        _secret_files(name, words, judged)
    _secret_variables(name, words, judged)
    if any(word.globbed and re.match(r"[*?\[]", word.text) for word in words):
        judged.fall("file names could be taken for options")
    if words[0].doubts or words[0].variables or words[0].globbed:
        judged.fall("which command it is, is computed", Risk.CHANGE)
        return
    rule = _RULES.get(name)
    if rule is not None:
        rule(words, judged, nested)
    elif name in _PREFIXES:
        _prefixed(name, words, judged, nested)
    elif name in _SHELLS:
        _interpreter(words, judged, nested)
    else:
        _by_table([_renamed(words[0], name), *words[1:]], judged, nested)


def _renamed(word: Word, name: str) -> Word:
    return Word(text=name, start=word.start, end=word.end)


def _secret_variables(name: str, words: list[Word], judged: Judged) -> None:
    """Note secrets that would be printed; a wrapper is judged by the command it runs."""
    wraps = name in _PREFIXES or any(word.text == "exec" for word in words[1:4])
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
    for word in words[1:]:
        path = word.globbed and "/" in word.text and "://" not in word.text
        if path and name not in _NAMES_ONLY and may_match_secrets(word.text):
            judged.fall(f"{word.text} may match secrets", Risk.SECRET)
        if is_secret_file(word.text) and not re.search(r"[:\s]", word.text):
            judged.fall(f"{word.text} holds secrets", Risk.SECRET)
        if re.match(r"(\S+=|.*/\.\.)?/*(\./+)*dev/(?!null$)", word.text):
            judged.fall("it reads a device")


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
        judge_words(rest[1:], judged, nested)
        return
    judged.fall(f"it runs by way of {name}")
    while rest and (rest[0].text.startswith("-") or re.match(r"\w+=|\d+[smh]?$", rest[0].text)):
        taken = rest.pop(0)
        if taken.text in _PREFIX_VALUES and rest:
            rest.pop(0)
    if rest:
        judge_words(rest, judged, nested)
    elif name == "env":
        judged.fall("it prints the environment", Risk.SECRET)


def _interpreter(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a shell in a shell: what it is given counts, and it never runs unattended."""
    texts = [word.text for word in words]
    handed = texts[texts.index("-c") + 1 :][:1] if "-c" in texts else []
    if words[0].text == "ssh":
        handed = [" ".join(texts[2:])] if len(texts) > 2 else []
        if not handed:
            judged.fall("it opens a terminal", Risk.ENDLESS)
    risks = [nested(text).risk for text in handed]
    judged.fall("it hands text to another shell", Risk.CHANGE)
    for risk in risks:
        judged.fall("what it hands over is worse", risk)
    _by_words(words, judged)


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
    valued = {"-u", "--user", "-w", "--workdir", "-n", "--namespace", "-c", "--container"}
    while rest and rest[0].text.startswith("-"):
        taken = rest.pop(0)
        if re.fullmatch(r"-[it]{1,2}|--interactive|--tty|--stdin", taken.text):
            judged.fall("it wants a terminal", Risk.ENDLESS, (taken.start, taken.end + 1, ""))
        elif taken.text in valued and rest:
            rest.pop(0)
        elif taken.text != "-T":
            judged.fall(f"the option {taken.text} is not on the list", Risk.CHANGE)
    command = rest[2:] if [word.text for word in rest[1:2]] == ["--"] else rest[1:]
    if command:
        judge_words(command, judged, nested)
    else:
        judged.fall("it opens a terminal", Risk.ENDLESS)


# by the table


def _by_table(words: list[Word], judged: Judged, nested: Nested) -> None:
    words = _without_globals(words)
    texts = tuple(word.text for word in words)
    for depth in range(min(3, len(texts)), 0, -1):
        key = _named(texts[:depth])
        if key in _EXEC:
            _in_container(words, depth, judged, nested)
            return
        if key in TOOLS:
            _check(key, words[depth:], judged, words[depth - 1])
            return
    _by_words(words, judged)


def _named(key: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words under which the table knows a command."""
    if key[0] == "redis-cli":
        return tuple(part.lower() for part in key)
    return ("docker", "compose", *key[1:]) if key[0] == "docker-compose" else key


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
        if name in valued and ":" not in rest[0].text + "".join(w.text for w in rest[1:2]):
            rest = rest[1:] if "=" in rest[0].text else rest[2:]
        elif name in _GLOBAL_ALONE:
            rest = rest[1:]
        else:
            break
    return kept + rest


def _check(key: tuple[str, ...], args: list[Word], judged: Judged, last: Word) -> None:
    tool, name = TOOLS[key], " ".join(key)
    args = _bounded(key, args, judged, last)
    if tool.doubt:
        judged.fall(f"{name} looks, but is not on the list of what runs unattended")
    reason = _objection(tool, args)
    if reason:
        judged.fall(f"{name}: {reason}", _without_list(tool, [*key, *(one.text for one in args)]))
    if key[0] == "kubectl" and any("secret" in word.text.lower() for word in args):
        judged.fall("it reads secrets of the cluster", Risk.SECRET)
    if key == ("ping",) and any(re.search(r"\d{3}", word.text) for word in args[:-1]):
        judged.fall("it would send very many packets")
    if key == ("ps",) and any(_MISREAD.search(word.text) for word in args):
        judged.fall("ps may read this as options of another kind")
    if key == ("printf",) and any(word.variables or _ASSIGNS.search(word.text) for word in args):
        judged.fall("printf would set a variable", Risk.CHANGE)
    if key == ("nc",) and not any(_SCANS.fullmatch(word.text) for word in args):
        judged.fall("it opens a connection to talk", Risk.CHANGE)


def _without_list(tool: Tool, texts: list[str]) -> Risk:
    """Return what a known command may do with options that are not on its list."""
    if DESTROYS.search(" ".join(texts)):
        return Risk.DESTROY
    return Risk.READ if tool.harmless or tool.doubt else Risk.CHANGE


def _bounded(key: tuple[str, ...], args: list[Word], judged: Judged, last: Word) -> list[Word]:
    """Note what would never end, with what would bound it; return the arguments that end."""
    if key in _FOLLOWS:
        return _unfollowed(key, args, judged)
    if key == ("docker", "stats") and not any(word.text == "--no-stream" for word in args):
        judged.fall("it never ends", Risk.ENDLESS, (last.end, last.end, " --no-stream"))
    if key == ("ping",) and not any(re.match(r"-\w*c", word.text) for word in args):
        judged.fall("it never ends", Risk.ENDLESS, (last.end, last.end, " -c 3"))
    if key in (("vmstat",), ("iostat",), ("mpstat",)):
        return _sampled(args, judged)
    return args


def _sampled(args: list[Word], judged: Judged) -> list[Word]:
    """Judge an interval without a count: that never ends. No figure at all means one look."""
    figures = [word for word in args if re.fullmatch(r"\d{1,2}", word.text)]
    if len(figures) == 1:
        end = figures[0].end
        judged.fall("it never ends", Risk.ENDLESS, (end, end, " 2"))
    if len(figures) < 2:
        return [*args, *[Word(text="1", start=0, end=0)] * (2 - len(figures))]
    return args


def _unfollowed(key: tuple[str, ...], args: list[Word], judged: Judged) -> list[Word]:
    """Note that it follows for ever; return the arguments that do not."""
    limit, limited = _FOLLOWS[key]
    has_limit = any(re.fullmatch(limited, word.text) for word in args)
    kept = []
    for word in args:
        if not _FOLLOW.fullmatch(word.text) or (key != ("kubectl", "get") and "w" in word.text[:3]):
            kept.append(word)
            continue
        rest = re.sub(r"[fF]", "", word.text) if not word.text.startswith("--") else ""
        rest = "" if rest in ("-", "-w") else rest
        kept += [Word(text=rest, start=word.start, end=word.end)] if rest else []
        instead = " ".join(part for part in ("" if has_limit else limit, rest) if part)
        judged.fall("it follows for ever", Risk.ENDLESS, (word.start, word.end, instead))
        has_limit = True
    return kept


def _objection(tool: Tool, args: list[Word]) -> str:
    """Return why these arguments are not on the list, or nothing."""
    if any(word.globbed and re.match(r"[*?\[]", word.text) for word in args):
        return "file names could be taken for options"
    operands: list[Word] = []
    waiting = list(args)
    while waiting:
        word = waiting.pop(0)
        if word.text == "--":
            operands += waiting
            break
        if not word.text.startswith("-") or word.text == "-":
            operands.append(word)
        elif reason := _option(tool, word.text, waiting):
            return reason
    return _operands(tool, operands)


def _operands(tool: Tool, operands: list[Word]) -> str:
    if not tool.least <= len(operands) <= tool.most:
        return f"{len(operands)} operands are not what it takes to only look"
    if (tool.each or tool.most < _ANY) and any(one.globbed for one in operands):
        return "a pattern may become several operands"
    strange = [one.text for one in operands if tool.each and not tool.each.fullmatch(one.text)]
    return f"{strange[0]} is not on its list" if strange else ""


def _option(tool: Tool, text: str, waiting: list[Word]) -> str:
    """Return why an option is not on the list, or nothing; takes its value from `waiting`."""
    if text.startswith("--"):
        return _long_option(tool, text, waiting)
    if tool.counts and re.fullmatch(r"-\d+", text):
        return ""
    for at, letter in enumerate(text[1:], start=1):
        if f"-{letter}" in tool.valued:
            return _value(waiting) if at == len(text) - 1 else ""
        if f"-{letter}" not in tool.alone:
            return f"the option -{letter} is not on its list"
    return ""


def _value(waiting: list[Word]) -> str:
    """Take a value from `waiting`; return why it may be an option itself, or nothing."""
    taken = waiting.pop(0).text if waiting else "-"
    return f"{taken} may be an option or a value" if re.match(r"-[^\d]", taken) else ""


def _long_option(tool: Tool, text: str, waiting: list[Word]) -> str:
    name, equals, _ = text.partition("=")
    if name in tool.valued:
        return "" if equals or name in tool.optional else _value(waiting)
    return "" if text in tool.alone else f"the option {name} is not on its list"


def _by_words(words: list[Word], judged: Judged) -> None:
    """Judge a command nobody knows: by the words that tell of harm, else as a change."""
    line = " ".join(word.text for word in words)
    line = re.sub(r"^docker-compose", "docker compose", line)
    if DESTROYS.search(line) or re.search(r"(^|/)\S*restore\S*\.\w+( |$)", line):
        judged.fall(f"{words[0].text} loses data, work or access", Risk.DESTROY)
    elif TERMINAL.search(line):
        judged.fall(f"{words[0].text} wants a terminal or never ends", Risk.ENDLESS)
    elif _says_it_looks(words):
        judged.fall(f"{words[0].text} says that it looks; nobody has checked")
    else:
        judged.fall(f"{words[0].text} is not known to only look", Risk.CHANGE)


def _says_it_looks(words: list[Word]) -> bool:
    """Whether a script's name says that it looks, and no word of the call that it acts."""
    line = " ".join(word.text for word in words)
    return bool(LOOKS.match(words[0].text)) and not WORKS.search(line.replace("_", " "))


# commands with a rule of their own


def _curl(words: list[Word], judged: Judged, nested: Nested) -> None:
    call = call_of([word.text for word in words[1:]])
    if call.deletes:
        judged.fall("curl would delete something", Risk.DESTROY)
    elif call.refused:
        judged.fall(call.refused, Risk.CHANGE if _sends(words) else Risk.READ)
    if not call.bounded:
        end = words[0].end
        judged.fall("curl has no time limit", edit=(end, end, " --max-time 10"))


def _sends(words: list[Word]) -> bool:
    """Whether curl's options may send or write; an address that is only doubtful does not."""
    args = [word.text for word in words[1:]]
    call = call_of([word for word in args if word.startswith("-")] + ["localhost"])
    return bool(re.search(r"option|write|send|method|sounds", call_of(args).refused)) or bool(
        re.search(r"write|send", call.refused)
    )


def _psql(words: list[Word], judged: Judged, nested: Nested) -> None:
    tool = TOOLS_OF["psql"]
    queries = _values(words, "-c", "--command")
    if [word.text for word in words[1:]] in (["-l"], ["--list"]):
        return
    if any(re.match(r"-\w*f|--file|-o|--output|-L", word.text) for word in words[1:]):
        judged.fall("psql would read or write a file", Risk.CHANGE)
    elif not queries:
        judged.fall("psql opens a terminal", Risk.ENDLESS)
    if any(re.match(r"-\w*[hpUd]\w", word.text) for word in words[1:]):
        judged.fall("psql's options are not written apart from their values")
    for query in queries:
        _query(query.text, "postgres", judged, doubtful=bool(query.doubts or query.variables))
    if reason := _objection(tool, words[1:]):
        judged.fall(f"psql: {reason}")


def _query(text: str, dialect: str, judged: Judged, *, doubtful: bool) -> None:
    if re.fullmatch(r"\s*\\(l|d[tinvsu]?\+?|conninfo)( [\w.]+)?\s*", text):
        return
    verdict = judge_sql(text, dialect)
    if not verdict.auto or doubtful:
        judged.fall(verdict.why[0], verdict.risk)


def _values(words: list[Word], short: str, long: str) -> list[Word]:
    found = []
    for at, word in enumerate(words[1:], start=1):
        if re.fullmatch(rf"-[a-zA-Z]*{short[1:]}|{long}", word.text) and at + 1 < len(words):
            found.append(words[at + 1])
        elif word.text.startswith((f"{long}=", short)) and len(word.text) > 2:
            judged_text = word.text.removeprefix(f"{long}=").removeprefix(short)
            found.append(
                Word(text=judged_text, start=word.start, end=word.end, doubts=("attached",))
            )
    return found


def _sqlite(words: list[Word], judged: Judged, nested: Nested) -> None:
    operands = [word for word in words[1:] if not word.text.startswith("-")]
    options = [word.text for word in words[1:] if word.text.startswith("-")]
    known = {"-readonly", "-header", "-column", "-csv", "-json", "-line", "-batch", "-list"}
    if set(options) - known:
        judged.fall("an option of sqlite3 is not on its list", Risk.CHANGE)
    if len(operands) < 2:
        judged.fall("sqlite3 opens a terminal", Risk.ENDLESS)
    for word in operands[1:]:
        if word.text.lstrip().startswith("."):
            plain = re.fullmatch(r"\s*\.(tables|schema|indexes)( \w+)?\s*", word.text)
            judged.fall("it is a command of sqlite3's own", Risk.READ if plain else Risk.CHANGE)
        else:
            _query(word.text, "sqlite", judged, doubtful=bool(word.doubts or word.variables))
    if "-readonly" not in options:
        end = words[0].end
        judged.fall("sqlite3 may write", edit=(end, end, " -readonly"))


def _mysql(words: list[Word], judged: Judged, nested: Nested) -> None:
    queries = _values(words, "-e", "--execute")
    judged.fall("mysql is not on the list of what runs unattended")
    if not queries:
        judged.fall("mysql opens a terminal", Risk.ENDLESS)
    for query in queries:
        _query(query.text, "mysql", judged, doubtful=True)


_FIND_PLAIN = frozenset({"-not", "!", "-o", "-or", "-a", "-and", "-print", "-ls", "-empty",
                         "-prune", "(", ")", "-xdev", "-mount", "-L", "-print0"})  # fmt: skip
_FIND_VALUED = frozenset({"-name", "-iname", "-type", "-mtime", "-mmin", "-size", "-maxdepth",
                          "-mindepth", "-newer", "-user", "-group", "-path", "-ipath", "-atime",
                          "-ctime", "-perm", "-printf"})  # fmt: skip


def _find(words: list[Word], judged: Judged, nested: Nested) -> None:
    texts = [word.text for word in words[1:]]
    while texts:
        text = texts.pop(0)
        if text == "-delete":
            judged.fall("find would delete files", Risk.DESTROY)
        elif text in ("-exec", "-execdir", "-ok", "-okdir"):
            ends = next((at for at, one in enumerate(texts) if one in (";", "+")), len(texts))
            first = len(words) - len(texts)
            judged.fall("find would run a command")
            if ends:
                judge_words(words[first : first + ends], judged, nested)
            texts = texts[ends + 1 :]
        elif text in _FIND_VALUED:
            texts[:1] = []
        elif text.startswith("-") and text not in _FIND_PLAIN:
            judged.fall(f"find's {text} is not on its list", Risk.CHANGE)
    if any(word.globbed and re.match(r"[*?\[]", word.text) for word in words[1:]):
        judged.fall("file names could be taken for options")


def _awk(words: list[Word], judged: Judged, nested: Nested) -> None:
    args = words[1:]
    while args and args[0].text in ("-F", "-v") and len(args) > 1:
        args = args[2:]
    while args and re.match(r"-F.", args[0].text):
        args = args[1:]
    if not args or args[0].text.startswith("-"):
        judged.fall("awk's program is not written out", Risk.CHANGE)
        return
    program = args[0].text
    if args[0].variables or args[0].doubts:
        judged.fall("awk's program is not written out", Risk.CHANGE)
    if re.search(
        r"ARGV|ARGC|SYMTAB|FUNCTAB|PROCINFO|system|getline|\||@|print[^;}]*>|close|fflush|srand|ENVIRON",
        program,
    ):
        judged.fall("awk's program may run or write something", Risk.CHANGE)
    elif re.search(r">|while|for\s*\(|\\", program):
        judged.fall("awk's program is more than simple")


def _sed(words: list[Word], judged: Judged, nested: Nested) -> None:
    texts = [word.text for word in words[1:]]
    lists = texts[:1] == ["-n"] and re.fullmatch(r"(\d+|\$)(,(\d+|\$))?p", "".join(texts[1:2]))
    if lists and not any(text.startswith("-") for text in texts[2:]):
        return
    if texts[:1] == ["-i"] and is_secret_file(texts[-1]):
        judged.fall("sed overwrites a secret", Risk.DESTROY)
    substitutes = texts and re.fullmatch(r"s(\W)[^\n]*\1[^\n]*\1g?", texts[0])
    options = [text for text in texts[1:] if text.startswith("-")]
    if substitutes and not options:
        judged.fall("sed's program is more than a list of lines")
    else:
        judged.fall("sed may write files", Risk.CHANGE)


def _tee(words: list[Word], judged: Judged, nested: Nested) -> None:
    if [word.text for word in words[1:]] != ["/dev/null"]:
        judged.fall("tee writes a file", Risk.CHANGE)


def _openssl(words: list[Word], judged: Judged, nested: Nested) -> None:
    allowed = {
        "x509": {"-noout", "-dates", "-enddate", "-startdate", "-subject", "-issuer", "-in",
                 "-checkend", "-serial", "-fingerprint", "-text"},
        "s_client": {"-connect", "-servername", "-showcerts", "-brief"},
        "version": {"-a"},
    }  # fmt: skip
    texts = [word.text for word in words[1:]]
    if re.fullmatch(r"rand (-(base64|hex) )?\d+", " ".join(texts)):
        judged.fall("it makes a new secret")
        return
    known = allowed.get(texts[0] if texts else "")
    strange = [text for text in texts if text.startswith("-") and text not in (known or set())]
    if known is None or strange:
        judged.fall("this use of openssl is not on the list", Risk.CHANGE)


def _gzip(words: list[Word], judged: Judged, nested: Nested) -> None:
    options = "".join(word.text[1:] for word in words[1:] if word.text.startswith("-"))
    if not options or set(options) - set("tlv") or not set(options) & set("tl"):
        judged.fall("it packs or unpacks files", Risk.CHANGE)


def _tar(words: list[Word], judged: Judged, nested: Nested) -> None:
    texts = [word.text for word in words[1:]]
    listing = bool(texts) and re.fullmatch(r"-?t[vfzj]*f", texts[0])
    if not listing or any(text.startswith("-") for text in texts[1:]):
        judged.fall("tar may write files or run commands", Risk.CHANGE)
    else:
        judged.fall("tar is not on the list of what runs unattended")


def _jq(words: list[Word], judged: Judged, nested: Nested) -> None:
    texts = [word.text for word in words[1:]]
    options = [text for text in texts if text.startswith("-")]
    if any(not re.fullmatch(r"-[rcseSMCj]+", text) for text in options):
        judged.fall("an option of jq is not on its list")
    programs = [text for text in texts if not text.startswith("-")][:1]
    if any(word.variables for word in words[1:]):
        judged.fall("jq's program is not written out")
    if re.search(
        r"\benv\b|\$ENV|\binput|\bimport|\binclude|\bdebug|modulemeta|\$__", " ".join(programs)
    ):
        judged.fall("jq's program reads more than its input", Risk.SECRET)


def _script(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a script by its name, or by what the text says that stands in its place."""
    texts = [word.text for word in words[1:]]
    if texts in (["--version"], ["-V"], ["-v"]):
        return
    handed = " ".join(texts[1:]) if texts and re.match(r"-[cer]$", texts[0]) else ""
    if handed and CODE_DESTROYS.search(handed):
        judged.fall("the text it runs loses data or work", Risk.DESTROY)
    elif handed or not texts or texts[0].startswith("-"):
        _by_words(words, judged)
    else:
        _by_words(words[1:], judged)


def _kill(words: list[Word], judged: Judged, nested: Nested) -> None:
    line = " ".join(word.text for word in words)
    if re.fullmatch(r"kill -(0|l) [\d ]+", line):
        return
    hard = DESTROYS.search(line)
    judged.fall("it ends processes", Risk.DESTROY if hard else Risk.CHANGE)


def _top(words: list[Word], judged: Judged, nested: Nested) -> None:
    options = {word.text for word in words[1:] if word.text.startswith("-")}
    batch = "-b" in options or any(re.match(r"-b\w*n", text) for text in options)
    counted = [at for at, word in enumerate(words) if re.fullmatch(r"-\w*n|-n\d+", word.text)]
    if batch and counted and not options - {"-b", "-n", "-bn", "-n1", "-bn1", "-o", "-c", "-p"}:
        following = words[counted[0] + 1 :][:1]
        if "1" in words[counted[0]].text or any(re.fullmatch(r"\d", w.text) for w in following):
            return
    end = words[0].end
    judged.fall("top never ends", Risk.ENDLESS, (end, end, " -b -n 1"))


def _secretive(words: list[Word], judged: Judged, nested: Nested) -> None:
    judged.fall("it prints the environment", Risk.SECRET)


def _service(words: list[Word], judged: Judged, nested: Nested) -> None:
    if len(words) == 3 and words[2].text == "status":
        judged.fall("service runs a script to ask", Risk.READ)
    else:
        judged.fall("it changes a service", Risk.CHANGE)


def _ip(words: list[Word], judged: Judged, nested: Nested) -> None:
    line = " ".join(word.text for word in words[1:])
    shape = r"(-([46shdopjc]|br|brief) )*(a|addr|address|r|route|l|link|n|neigh)"
    shape += r"( (show|list|ls)( dev [\w.@-]+)?)?"
    if not re.fullmatch(shape, line):
        judged.fall("this use of ip is not on the list", Risk.CHANGE)


def _dmesg(words: list[Word], judged: Judged, nested: Nested) -> None:
    if any(not re.fullmatch(r"-[TkxL]+|--ctime", word.text) for word in words[1:]):
        judged.fall("this use of dmesg is not on the list", Risk.CHANGE)


TOOLS_OF = {
    "psql": Tool(
        alone=frozenset({"-t", "-A", "-x", "-q", "-w", "-X", "-l", "--no-psqlrc"}),
        valued=frozenset({"-h", "-p", "-U", "-d", "-c", "--host", "--port", "--username",
                          "--dbname", "--command"}),
        most=1,
    )
}  # fmt: skip

_RULES: dict[str, Rule] = {
    "watch": _watch, "curl": _curl, "psql": _psql, "sqlite3": _sqlite, "mysql": _mysql,
    "find": _find, "awk": _awk, "gawk": _awk, "mawk": _awk, "sed": _sed, "tee": _tee,
    "openssl": _openssl, "gzip": _gzip, "gunzip": _gzip, "tar": _tar, "jq": _jq, "kill": _kill,
    "pkill": _kill, "killall": _kill, "top": _top, "printenv": _secretive, "export": _secretive,
    "declare": _secretive, "set": _secretive, "service": _service, "ip": _ip, "dmesg": _dmesg,
    **dict.fromkeys(("python", "python3", "php", "node", "ruby", "perl"), _script),
}  # fmt: skip
