"""SEC-SECRET-AT-REST: secrets are copied to where others can read them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, together

_SHARED = re.compile(r"^(?:/tmp|/var/tmp|/dev/shm|/srv/share)(?:/|$)")
_APPLICATION = re.compile(r"^/(?:var/www|srv|opt|home|etc|app)(?:/|$)")
_KEY = re.compile(r"privkey|private[-_.]?key|id_rsa|id_ed25519|\.key$|\.p12$|\.env$")


def _look(document: Document) -> Iterator[Hit]:
    for call in document.calls:
        if _archives(call):
            yield Hit(
                lines=together(range(call.line, call.end + 1)),
                message="The archive holds the application's secrets, and everybody may read it.",
            )
        elif _copies_a_key(call, document):
            message = "The private key is copied, and nothing says who may read the copy."
            yield Hit(lines=(call.line,), message=message, severity=Severity.WARNING)


def _archives(call: Call) -> bool:
    if call.name not in ("tar", "zip", "rsync", "cp"):
        return False
    words = call.operands()
    to_shared = any(_SHARED.match(word) for word in words)
    whole = call.name != "cp" or call.option("-r", "-a", "-R")
    return to_shared and whole and any(_APPLICATION.match(word) for word in words)


def _copies_a_key(call: Call, document: Document) -> bool:
    words = call.operands()
    if call.name not in ("cp", "scp") or len(words) < 2 or not _KEY.search(words[0]):
        return False
    block = document.block_at(call.line)
    modes = ("chmod", "install -m", "umask")
    return not (block and any(mode in block.text for mode in modes))


rule = Rule(
    name="SEC-SECRET-AT-REST",
    severity=Severity.ERROR,
    summary="Secrets are copied to where others can read them.",
    look=_look,
)
