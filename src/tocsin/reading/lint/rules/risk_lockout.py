"""RISK-LOCKOUT: the firewall may shut out who has just closed it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.order import calls_by_block
from tocsin.reading.lint.placeholders import placeholders_in
from tocsin.reading.lint.rule import Hit, Rule, Severity, together

_SSH = re.compile(r"\b(22|ssh|OpenSSH)\b|ESTABLISHED", re.IGNORECASE)
_DAEMON = ("ssh", "sshd", "ssh.service", "sshd.service")


def _look(document: Document) -> Iterator[Hit]:
    open_since = next((call.line for call in document.calls if _opens(call) and _holds(call)), None)
    for block, row in calls_by_block(document):
        closes = any(_closes(call) for call in row)
        if closes and (open_since is None or open_since > block.end):
            fire = [call for call in row if call.name in ("ufw", "iptables")]
            message = "Without a rule that surely lets you in, this shuts you out of the host."
            yield Hit(lines=together(call.line for call in fire), message=message)
        for call in row:
            if _stops_daemon(call):
                yield Hit(lines=(call.line,), message="This ends the way you came in by.")


def _closes(call: Call) -> bool:
    words = call.operands()
    if call.name == "ufw":
        return words[:1] in (("enable",), ("default",)) and words[1:2] != ("allow",)
    drops = {"DROP", "REJECT"} & set(words)
    return call.name == "iptables" and bool(drops) and call.values("-P")[:1] == ("INPUT",)


def _opens(call: Call) -> bool:
    if call.name == "ufw":
        return call.operands()[:1] in (("allow",), ("limit",)) and bool(_SSH.search(call.text))
    accepts = "ACCEPT" in call.args and "INPUT" in call.args
    return call.name == "iptables" and accepts and bool(_SSH.search(call.text))


def _holds(call: Call) -> bool:
    """Whether the rule names a real address, or any: one to fill in is refused."""
    return not any(one.sure for one in placeholders_in(call.statement.text, call.line))


def _stops_daemon(call: Call) -> bool:
    words = call.operands()
    stopped = words[:1] in (("stop",), ("disable",)) and any(one in _DAEMON for one in words[1:])
    return call.name == "systemctl" and stopped


rule = Rule(
    name="RISK-LOCKOUT",
    severity=Severity.ERROR,
    summary="The firewall may shut out who has just closed it.",
    look=_look,
)
