"""RUN-ENDLESS: a command that never ends by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity

_CONTAINERS = ("docker", "kubectl", "oc", "docker-compose", "podman")
_SAMPLERS = ("iostat", "vmstat", "mpstat", "pidstat", "sar")
_ALWAYS = {
    "watch": "take a few samples, or run it under `timeout`",
    "inotifywatch": "bound it with `-t`",
    "stern": "use `--no-follow --tail 100`",
    "kubetail": "use `kubectl logs --tail=100`",
}
_FOREGROUND = re.compile(
    r"(^|[-_./])(worker|workers|daemon|server|consumer|listener|scheduler)\.(py|php|js|mjs|ts|rb|pl)$"
)
_INTERPRETERS = ("php", "python", "python3", "node", "ruby", "perl")
_ENDS_EARLY = re.compile(r"^(--?(help|version|once|check|dry-run|status|test|stop|list)|-h|-V)$")


def _look(document: Document) -> Iterator[Hit]:
    for call in document.calls:
        if "timeout" in call.around or "head" in call.feeds:
            continue
        why = _endless(call)
        if why:
            yield Hit(lines=(call.line,), message=f"`{call.text}` never ends by itself: {why}.")
        elif _keeps_running(document, call):
            message = f"`{call.text}` stays in the foreground and does real work meanwhile."
            yield Hit(lines=(call.line,), message=message, severity=Severity.WARNING)


def _endless(call: Call) -> str:
    """Return the bounded form to use instead; empty where the call ends."""
    if call.name in _ALWAYS:
        return _ALWAYS[call.name]
    if call.name in (*_CONTAINERS, "journalctl"):
        return _follows(call)
    if call.name in _SAMPLERS:
        return _samples(call)
    if call.name == "pm2":
        streams = call.args[:1] == ("logs",) and not call.option("--nostream")
        return "use `pm2 logs --nostream --lines 100`" if streams else ""
    return _tool(call)


def _tool(call: Call) -> str:
    if call.name == "tail" and call.option("-f", "-F", "--follow"):
        return "use `tail -n 100`"
    if call.name == "dmesg" and call.option("-w", "--follow"):
        return "leave `--follow` away"
    if call.name == "ping" and not call.option("-c", "-w", "-W"):
        return "use `ping -c 5`"
    if call.name in ("tcpdump", "tshark") and not call.option("-c", "-r", "-D"):
        return "bound it with `-c 100`"
    if call.name == "redis-cli" and ("monitor" in _lower(call) or call.option("--stat")):
        return "run it under `timeout 10`"
    if call.args[:2] == ("logs", "tail") and call.name == "aws" and call.option("--follow"):
        return "leave `--follow` away"
    return ""


def _lower(call: Call) -> tuple[str, ...]:
    return tuple(word.lower() for word in call.operands())


def _follows(call: Call) -> str:
    behind = call.args[call.args.index("logs") :] if "logs" in call.args else ()
    follows = any(word in ("-f", "--follow", "--follow=true") for word in behind)
    if follows or (call.name == "journalctl" and call.option("-f", "--follow")):
        return "leave `--follow` away and bound it"
    kubernetes = call.name in ("kubectl", "oc")
    if kubernetes and any(word in ("-w", "--watch", "--watch=true") for word in call.args):
        return "leave `--watch` away"
    if kubernetes and "port-forward" in call.args and not _backgrounded(call):
        return "run it in another terminal, and say so"
    if call.name == "docker" and call.args[:1] == ("stats",) and not call.option("--no-stream"):
        return "use `docker stats --no-stream`"
    if call.args[:1] == ("events",) and not call.option("--until"):
        return "bound it with `--until`"
    return ""


def _samples(call: Call) -> str:
    """`iostat -x 5` goes on for ever, `iostat -x 5 3` takes three samples."""
    numbers = [word for word in call.args if word.isdigit()]
    endless = len(numbers) == 1 and call.args[-1] == numbers[0]
    return f"say how many samples: `{call.text} 5`" if endless else ""


def _keeps_running(document: Document, call: Call) -> bool:
    """Whether a script runs that is a worker or a server by its name."""
    words = call.operands()
    script = words[0] if call.name in _INTERPRETERS and words else ""
    if not _FOREGROUND.search(script) or _backgrounded(call):
        return False
    return not any(_ENDS_EARLY.match(word) for word in call.args)


def _backgrounded(call: Call) -> bool:
    return bool(re.search(r"&\s*($|\n|\))", call.statement.text)) or "nohup" in call.around


rule = Rule(
    name="RUN-ENDLESS",
    severity=Severity.ERROR,
    summary="A command that never ends by itself.",
    look=_look,
)
