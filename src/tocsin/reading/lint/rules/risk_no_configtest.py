"""RISK-NO-CONFIGTEST: a restart finds out whether the configuration can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.order import before, calls_by_block
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit
from tocsin.reading.lint.services import act_of

_TOOLS = ("systemctl", "service", "nginx", "apachectl", "apache2ctl", "rc-service")
_EDITS = ("nano", "vi", "vim", "sed", "tee", "cp", "mv", "emacs", "ansible-playbook", "ln")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    """How the configuration of a service is tested."""

    service: re.Pattern[str]
    command: str
    programs: tuple[str, ...]


_TESTS = (
    _Test(service=re.compile(r"^nginx\b"), command="nginx -t", programs=("nginx",)),
    _Test(
        service=re.compile(r"^php[\d.]*-fpm\b"),
        command="php-fpm -t",
        programs=("php-fpm", "php-fpm8.1", "php-fpm8.2", "php-fpm8.3", "php-fpm8.4"),
    ),
    _Test(
        service=re.compile(r"^(apache2|httpd)\b"),
        command="apachectl configtest",
        programs=("apachectl", "apache2ctl", "httpd"),
    ),
    _Test(service=re.compile(r"^haproxy\b"), command="haproxy -c -f", programs=("haproxy",)),
    _Test(service=re.compile(r"^sshd?\b"), command="sshd -t", programs=("sshd",)),
    _Test(
        service=re.compile(r"^prometheus\b"),
        command="promtool check config",
        programs=("promtool",),
    ),
    _Test(
        service=re.compile(r"^alertmanager\b"),
        command="amtool check-config",
        programs=("amtool",),
    ),
)


def _look(document: Document) -> Iterator[Hit]:
    edited: dict[str, list[int]] = {}
    plain: dict[str, list[int]] = {}
    for _, row in calls_by_block(document):
        edit = next((call.line for call in row if call.name in _EDITS), None)
        for call in row:
            test = _untested(document, call)
            if test is not None:
                places = edited if edit is not None and edit < call.line else plain
                places.setdefault(test.command, []).append(call.line)
    yield from _said(edited, Severity.WARNING)
    yield from _said(plain, Severity.INFO)


def _said(places: dict[str, list[int]], severity: Severity) -> list[Hit]:
    lines = [line for found in places.values() for line in found]
    tests = " and ".join(f"`{command}`" for command in places)
    return one_hit(lines, f"Test the configuration first: {tests}.", severity=severity)


def _untested(document: Document, call: Call) -> _Test | None:
    """Return the test that should come before this restart, and does not."""
    act = act_of(call) if call.name in _TOOLS else None
    if act is None or act.verb not in ("restart", "reload"):
        return None
    test = next((one for one in _TESTS for name in act.names if one.service.match(name)), None)
    if test is None or _is_tested(document, call, test):
        return None
    return test


def _is_tested(document: Document, call: Call, test: _Test) -> bool:
    row = (*before(document, call), *_beside(document, call))
    return any(one.name in test.programs and act_of(one) is None for one in row)


def _beside(document: Document, call: Call) -> tuple[Call, ...]:
    statement = call.statement
    near = document.calls_between(statement.start, statement.end + 1)
    return tuple(one for one in near if one.statement is statement)


rule = Rule(
    name="RISK-NO-CONFIGTEST",
    severity=Severity.WARNING,
    summary="A restart finds out whether the configuration can be read.",
    look=_look,
)
