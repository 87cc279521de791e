"""SEC-SECRET-ECHO: a secret is printed."""

from __future__ import annotations

import re

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit
from tocsin.reading.lint.secrets import is_secret

_FULL_OF_THEM = re.compile(
    r"(?:^|/)\.env(?:\.\w+)?$|(?:^|/)(?:id_rsa|id_ed25519|\.pgpass|\.netrc)$|\.pem$|\.key$"
)
_PRINTS = {"cat", "head", "tail", "less", "more", "bat"}
_COUNTS = {"wc", "sha256sum", "md5sum", "openssl"}
_CLOUD = re.compile(r"^(?:secretsmanager get-secret-value|ssm get-parameters? .*--with-decryption)")

_KEPT = re.compile(r"\s*(?:export\s+|local\s+)?\w+=[\"']?\$\(")  # it goes into a variable


def _look(document: Document) -> list[Hit]:
    lines = [call.line for call in document.calls if _prints(call)]
    return one_hit(lines, "This prints a secret to the screen and into every record of it.")


def _prints(call: Call) -> bool:
    if any(name in _COUNTS for name in call.feeds) or any(">" in one for one in call.redirects):
        return False
    if call.name in ("echo", "printf", "printenv"):
        named = call.variables + (call.args if call.name == "printenv" else ())
        return any(map(is_secret, named)) and not call.feeds
    if call.name in _PRINTS:
        return any(_FULL_OF_THEM.search(word) for word in call.args) and "public" not in call.text
    if _KEPT.match(call.statement.text):
        return False
    return call.name == "aws" and bool(_CLOUD.search(call.text.removeprefix("aws ")))


rule = Rule(
    name="SEC-SECRET-ECHO",
    severity=Severity.ERROR,
    summary="A secret is printed.",
    look=_look,
)
