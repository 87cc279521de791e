"""RUN-SUDO-MISSING: a command that only root may run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_ACTS = {"restart", "start", "stop", "reload", "enable", "disable", "daemon-reload", "mask"}
_ROOTS = re.compile(
    r"\bas root\b|\broot (user|shell|access)\b|\bsudo (-i|su)\b|\bsu -|root@|/root/|\bbecome: ",
    re.I,
)


def _look(document: Document) -> Iterator[Hit]:
    services = [call.line for call in document.calls if _changes_service(call) and _plain(call)]
    kernel = [call.line for call in document.calls_named("dmesg") if _plain(call)]
    if not (services or kernel) or _ROOTS.search("\n".join(document.mended_lines)):
        return
    yield from one_hit(services, "Only root may do this: write `sudo` before it.")
    yield from one_hit(
        kernel,
        "Many hosts show `dmesg` to root only: without `sudo` it finds nothing.",
        severity=Severity.INFO,
    )


def _plain(call: Call) -> bool:
    """Whether it runs here and as who follows the runbook."""
    return not call.around or call.around == ("watch",)


def _changes_service(call: Call) -> bool:
    words = call.operands()
    if call.name == "systemctl":
        whole = len(words) > 1 or words == ("daemon-reload",)
        return whole and words[0] in _ACTS and not call.option("--user")
    return call.name == "service" and len(words) > 1 and words[1] in _ACTS


rule = Rule(
    name="RUN-SUDO-MISSING",
    severity=Severity.WARNING,
    summary="A command that only root may run.",
    look=_look,
)
