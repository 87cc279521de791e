"""DEP: a form that was superseded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.fix import word_edits
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_COUNT = re.compile(r"^-(\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Old:
    """A text that should not be there any more, unless its successor stands beside it."""

    pattern: re.Pattern[str]
    new: str
    message: str
    severity: Severity | None = None


_TEXTS = (
    _Old(
        pattern=re.compile(r"\bMemoryLimit=\d"),
        new="MemoryMax",
        message="systemd gives up `MemoryLimit=`: use `MemoryMax=`.",
    ),
    _Old(
        pattern=re.compile(r"\b(CPUShares|BlockIOWeight)=\d"),
        new="Weight",
        message="systemd gives up `CPUShares=` and `BlockIOWeight=`: use `CPUWeight=`.",
    ),
    _Old(
        pattern=re.compile(r"\bk8s\.gcr\.io/"),
        new="registry.k8s.io",
        message="`k8s.gcr.io` is frozen: use `registry.k8s.io`.",
    ),
    _Old(
        pattern=re.compile(r"\bapiVersion: (extensions/v1beta1|apps/v1beta[12])\b"),
        new="apps/v1 ",
        message="Kubernetes removed this version of the API: use `apps/v1`.",
    ),
    _Old(
        pattern=re.compile(r"https?://status\.aws\.amazon\.com"),
        new="health.aws.amazon.com",
        message="The AWS status page became the Health Dashboard: <https://health.aws.amazon.com>.",
        severity=Severity.INFO,
    ),
    _Old(
        pattern=re.compile(r"openrouter\.ai/api/v1/auth/key\b"),
        new="/api/v1/key",
        message="The documented address is `/api/v1/key`.",
        severity=Severity.INFO,
    ),
)
_PROGRAMS = {
    "apt-key": "`apt-key` is gone: put the key into `/etc/apt/keyrings`.",
    "certbot-auto": "`certbot-auto` is no longer maintained: install `certbot`.",
    "letsencrypt": "`letsencrypt` is called `certbot` today.",
    "ntpdate": "`ntpdate` is retired: use `chronyc` or `timedatectl`.",
    "mongo": "The shell `mongo` left with MongoDB 6: use `mongosh`.",
    "docker-machine": "`docker-machine` is no longer maintained.",
}


def _look(document: Document) -> Iterator[Hit]:
    yield from _compose(document)
    yield from _counts(document)
    yield from _programs(document)
    text = "\n".join(document.mended_lines)
    for old in _TEXTS:
        if old.pattern.search(text):
            yield from one_hit(_lines(document, old), old.message, severity=old.severity)


def _lines(document: Document, old: _Old) -> list[int]:
    return [
        number
        for number, line in enumerate(document.mended_lines, start=1)
        if old.pattern.search(line) and old.new not in line
    ]


def _compose(document: Document) -> list[Hit]:
    lines = [call.line for call in document.calls_named("docker-compose")]
    edits = word_edits(document, lines, "docker-compose ", "docker compose ")
    message = "`docker-compose` ended in 2023: `docker compose` takes the same arguments."
    return one_hit(lines, message, edits=edits)


def _programs(document: Document) -> Iterator[Hit]:
    for name, message in _PROGRAMS.items():
        yield from one_hit([call.line for call in document.calls_named(name)], message)


def _counts(document: Document) -> list[Hit]:
    """`tail -50` is a form that POSIX dropped; not every tail knows it."""
    found = [
        (call, word)
        for call in document.calls_named("tail")
        for word in call.args
        if _COUNT.match(word) and call.operands()
    ]
    edits = [
        edit
        for word in dict.fromkeys(word for _, word in found)
        for edit in word_edits(
            document,
            [call.line for call, written in found if written == word],
            f"tail {word} ",
            f"tail -n {word[1:]} ",
        )
    ]
    message = "`tail -N` is an obsolete form: use `tail -n N`."
    lines = [call.line for call, _ in found]
    return one_hit(lines, message, severity=Severity.INFO, edits=edits)


rule = Rule(
    name="DEP",
    severity=Severity.WARNING,
    summary="A form that was superseded.",
    look=_look,
)
