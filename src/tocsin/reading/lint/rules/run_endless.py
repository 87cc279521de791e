"""RUN-ENDLESS: a command that never ends by itself."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity


def _look(document: Document) -> Iterator[Hit]:
    for call in document.calls:
        why = "" if "timeout" in call.around else _endless(call)
        if why:
            yield Hit(lines=(call.line,), message=f"`{call.text}` never ends by itself: {why}.")


def _endless(call: Call) -> str:
    """Return the bounded form to use instead; empty where the call ends."""
    if call.name == "tail" and call.option("-f", "-F", "--follow"):
        return "use `tail -n 100`"
    if call.name == "watch":
        return "take a few samples, or run it under `timeout`"
    if call.name in ("docker", "kubectl", "oc", "docker-compose", "podman", "journalctl"):
        return _follows(call)
    if call.name == "pm2" and call.args[:1] == ("logs",) and not call.option("--nostream"):
        return "use `pm2 logs --nostream --lines 100`"
    return ""


def _follows(call: Call) -> str:
    logs = call.name == "journalctl" or "logs" in call.args
    if logs and call.option("-f", "--follow"):
        return "leave `--follow` away and bound it"
    if call.name in ("kubectl", "oc") and call.option("-w", "--watch"):
        return "leave `--watch` away"
    return ""


rule = Rule(
    name="RUN-ENDLESS",
    severity=Severity.ERROR,
    summary="A command that never ends by itself.",
    look=_look,
)
