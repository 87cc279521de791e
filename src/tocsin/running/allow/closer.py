"""What a list of options cannot say of a command: its second look, where it has one."""

from __future__ import annotations

import re
from collections.abc import Callable

from tocsin.core.risk import Risk
from tocsin.core.tool import Tool
from tocsin.reading.argv import Word
from tocsin.running.allow.clusters import OPEN_KINDS, shows_little, shows_state
from tocsin.running.allow.judged import Judged
from tocsin.running.allow.options import operands

Look = Callable[[list[Word], Judged], None]

_MISREAD = re.compile(r"^-\w*[uUtCp]\w|environ")
_ASSIGNS = re.compile(r"%[^%A-Za-z]*[hlLqjzt]*n")
_SCANS = re.compile(r"-[uvn46]*z[uvn46]*(w\d*)?")
_LOGS = re.compile(r"/var/log(/(?!\.\.)[\w.-]+)*/?")


def look_closer(tool: Tool, args: list[Word], judged: Judged) -> None:
    """Note what the arguments of a command on the list mean together."""
    if tool.name[0] == "kubectl":
        _of_cluster(tool, args, judged)
        if tool.name[1:] == ("describe",) and re.match(
            r"(cm|configmap)s?\b", args[0].text if args else ""
        ):
            judged.fall("it prints how things are set, which may hold secrets")
    elif tool.name in _LOOKS:
        _LOOKS[tool.name](args, judged)


def values(args: list[Word], short: str, long: str) -> list[str]:
    """Return the values of one option, written apart or attached."""
    found = []
    for at, word in enumerate(args):
        if word.text in (short, long):
            found += [following.text for following in args[at + 1 : at + 2]]
        elif word.text.startswith(f"{long}="):
            found.append(word.text.removeprefix(f"{long}="))
        elif re.match(rf"{short}[^-]", word.text):
            found.append(word.text.removeprefix(short).removeprefix("="))
    return found


def _of_cluster(tool: Tool, args: list[Word], judged: Judged) -> None:
    forms = values(args, "-o", "--output") + values(args, "-o", "--template")
    secret = any("secret" in word.text.lower() for word in args)
    if secret:
        risk = Risk.SECRET if set(forms) - {"wide", "name"} else Risk.READ
        judged.fall("it reads secrets of the cluster", risk)
    elif any(re.search(r"\.env\b", form) for form in forms):
        judged.fall("it prints the environment of a container", Risk.SECRET)
    elif not all(map(shows_state, forms)) and not _only_whole(forms, operands(tool, args)):
        judged.fall("it prints how things are set, which may hold secrets")


def _only_whole(forms: list[str], asked: list[Word]) -> bool:
    """Whether whole objects are printed, of kinds that hold neither secrets nor settings."""
    texts = [word.text for word in asked]
    named = [text.partition("/")[0] for text in texts if re.fullmatch(r"[a-z]+/[\w.-]+", text)]
    if not named and any("/" in text for text in texts):
        return False
    kinds = named if named else (texts[0].split(",") if texts else [])
    plain = len(named) in (0, len(texts)) and not any(word.variables for word in asked)
    return plain and set(forms) <= {"yaml", "json"} and bool(kinds) and set(kinds) <= OPEN_KINDS


def _container(args: list[Word], judged: Judged) -> None:
    forms = values(args, "-f", "--format")
    if any(".Env" in form for form in forms):
        judged.fall("it prints the environment of a container", Risk.SECRET)
    elif not forms or not all(map(shows_little, forms)):
        judged.fall("it prints the environment of a container")


def _grep(args: list[Word], judged: Judged) -> None:
    deep = any(re.match(r"-\w*[rR]", word.text) for word in args)
    links = any(re.match(r"-\w*R", word.text) for word in args)
    given = [word.text for word in args if not word.text.startswith("-")]
    apart = any(re.match(r"-\w*[eABCm]$|--\w+$", word.text) for word in args)
    if deep and (apart or len(given) < 2 or links or not all(map(_LOGS.fullmatch, given[1:]))):
        judged.fall("it reads every file below a directory")


def _ping(args: list[Word], judged: Judged) -> None:
    if any(re.match(r"(-\w*)?\d{3,}$", word.text) for word in args):
        judged.fall("it would send very many packets")


def _ps(args: list[Word], judged: Judged) -> None:
    before = ["", *(word.text for word in args)]
    if any(
        re.fullmatch(r"[auxwfljg]*e[auxwfljg]*", word.text) and not re.match(r"-\w*[CputUo]$", one)
        for one, word in zip(before, args, strict=False)
    ):
        judged.fall("ps would print environments", Risk.SECRET)
    if any(_MISREAD.search(word.text) for word in args):
        judged.fall("ps may read this as options of another kind")


def _printf(args: list[Word], judged: Judged) -> None:
    written = args and not args[0].variables and not args[0].text.startswith("-")
    computed = any(word.variables for word in args) and not written
    option = any(word.text.startswith("-v") for word in args[:1])
    if computed or option or any(_ASSIGNS.search(word.text) for word in args):
        judged.fall("printf would set a variable", Risk.CHANGE)


def _nc(args: list[Word], judged: Judged) -> None:
    if not any(_SCANS.fullmatch(word.text) for word in args):
        acts = any(re.match(r"-\w*[lecksx]|--\w", word.text) for word in args)
        risk = Risk.CHANGE if acts else Risk.ENDLESS
        judged.fall("it opens a connection to talk", risk)


def _wg(args: list[Word], judged: Judged) -> None:
    if any(re.fullmatch(r"private-key|preshared-keys|dump", word.text) for word in args):
        judged.fall("it prints keys", Risk.SECRET)


def _free(args: list[Word], judged: Judged) -> None:
    again = any(re.match(r"-\w*s|--seconds", word.text) for word in args)
    if again and not any(re.match(r"-\w*c|--count", word.text) for word in args):
        judged.fall("it never ends", Risk.ENDLESS)


def _jstat(args: list[Word], judged: Judged) -> None:
    if len(args) == 2:
        judged.fall("it never ends", Risk.ENDLESS)


_LOOKS: dict[tuple[str, ...], Look] = {
    ("docker", "inspect"): _container, ("docker", "container", "inspect"): _container,
    ("docker", "image", "inspect"): _container, ("grep",): _grep, ("ping",): _ping, ("ps",): _ps,
    ("printf",): _printf,
    ("wg", "show"): _wg, ("nc",): _nc, ("free",): _free, ("jstat", "-gc"): _jstat,
    ("jstat", "-gcutil"): _jstat, ("jstat", "-gccause"): _jstat,
}  # fmt: skip
