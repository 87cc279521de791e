"""How a shell statement is started wherever it runs: its environment, its walls, its ceilings."""

from __future__ import annotations

import re
import subprocess  # asking bash whether it can parse a text
from collections.abc import Mapping

from tocsin.core.run import Limits

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

BASH = ("bash", "--noprofile", "--norc", "-p")  # -p: no functions or options from outside

SCRATCH = "/dev/shm"  # noqa: S108  # inside the sandbox, where it is a tmpfs of its own

WALLS = (
    *("--ro-bind", "/", "/", "--dev", "/dev"),
    *("--size", str(64 * 1024 * 1024), "--tmpfs", SCRATCH, "--remount-ro", "/dev"),
    *("--unshare-pid", "--ro-bind", "/proc", "/proc", "--unshare-ipc", "--unshare-uts"),
    *("--unshare-user", "--cap-drop", "ALL", "--die-with-parent", "--new-session"),
)
"""What bubblewrap is told: the file system read-only, the processes visible and out of reach."""

INSTALL = "Install it (Debian: apt install bubblewrap); until then nothing runs unattended."

_LIMITED = 'ulimit -c 0 -d "$0" -u "$1" 2>/dev/null; shift; exec "$@"'
_TEXT_BYTES = 100_000  # the kernel takes 128 KiB in one argument

_WORD = r"""(?:[\w./:=,@%+-]|'[^'\n]*'|"[^"\\$`!\n]*")++"""
_COMMAND = rf"{_WORD}(?:[ \t]++{_WORD})*+"
_SIMPLE = re.compile(rf"(?![-+]){_COMMAND}(?:[ \t]++\|[ \t]++{_COMMAND})*+", re.ASCII)
_RESERVED = re.compile(
    r"\b(?:if|then|elif|else|fi|for|in|do|done|while|until|case|esac|select|function|time|coproc)\b"
)


def plain(text: str) -> tuple[str, ...]:
    """Return the words that run a statement without walls."""
    return (*BASH, "-c", text)


def limited(text: str, limits: Limits) -> tuple[str, ...]:
    """Return the words that run a statement under ceilings on memory and processes."""
    ceilings = (str(limits.memory_bytes // 1024), str(limits.processes))
    return (*BASH, "-c", _LIMITED, *ceilings, *plain(text))


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a statement. It is never passed as an argument,
    because every user of the machine can read arguments.
    """
    return {"PATH": PATH, "HOME": "/nonexistent", "LANG": "C.UTF-8", **given}


def unfit(text: str, given: Mapping[str, str]) -> str:
    """Return why the kernel would not take a statement with this environment, or nothing."""
    for name in given:
        if not name or "=" in name:
            return f"{name!r} cannot be the name of an environment variable."
    reasons = map(_unfit_piece, (text, *given, *given.values()))
    return next(filter(None, reasons), "")


def _unfit_piece(piece: str) -> str:
    if "\0" in piece:
        return "It holds a NUL character, which no shell can be given."
    if len(piece.encode(errors="surrogatepass")) > _TEXT_BYTES:
        return f"It is longer than {_TEXT_BYTES} bytes; put it into a script of your own."
    if any("\ud800" <= character <= "\udfff" for character in piece):
        return "It holds half a character (a lone surrogate)."
    return ""


def unparsed(text: str) -> str:
    """Return why bash cannot parse the whole text, or an empty string.

    Bash parses as it goes: without this the first half of a broken text would run. Of words and
    pipes alone bash need not be asked: there is nothing in them that it could not parse, unless
    they begin as options of its own do.
    """
    if _SIMPLE.fullmatch(text) and not _RESERVED.search(text):
        return ""
    try:
        check = subprocess.run(  # noqa: S603
            [*BASH, "-n", "-c", text],
            env=environment({}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
        )
    except subprocess.TimeoutExpired:
        return "Bash took more than 10 s to parse it."
    complaint = check.stderr.decode(errors="replace").strip()
    if check.returncode or complaint:
        return f"Bash cannot parse it, so nothing of it ran: {complaint[:300]}"
    return ""
