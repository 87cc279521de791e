"""Which alerts exist: the alerting rules in a Prometheus rule file, each with its line.

Read are `groups:` as Prometheus has them, the PrometheusRule of the Kubernetes operator, several
documents in one file, and the bare rules that runbooks quote (`alert:`, `expr:`, `for:`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from tocsin.core.runbook import Finding
from tocsin.reading.lined_yaml import Node, Unreadable, documents_in

_LENGTH = re.compile(
    r"(?:(?P<y>\d+)y)?(?:(?P<w>\d+)w)?(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?"
    r"(?:(?P<s>\d+)s)?(?:(?P<ms>\d+)ms)?"
)
_SECONDS = {
    "y": 365 * 86400.0, "w": 7 * 86400.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0,
    "ms": 0.001,
}  # fmt: skip
_LONGEST = 100 * _SECONDS["y"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """One alerting rule as it is written."""

    alert: str
    line: int  # 1-based, of the word `alert`
    expr: str = ""  # empty where the rule has none, which is among the findings
    lasting: timedelta | None = None  # `for`; None where the rule has none
    group: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> str | None:
        """The label `severity` as written, a template too."""
        return self.labels.get("severity")

    @property
    def runbook_url(self) -> str | None:
        """The annotation `runbook_url`, or `runbook` as some write it."""
        return self.annotations.get("runbook_url") or self.annotations.get("runbook")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """The alerting rules of one file in its order, and what could not be made sense of."""

    file: str
    rules: tuple[AlertRule, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_alert_rules(file: str, text: str) -> RuleFile:
    """Return the alerting rules in `text`; never raises. Recording rules are passed over.

    Findings have the codes `rules.unreadable` (no YAML from that line on), `rules.none` (YAML
    without a rule) and `rules.malformed` (a rule without what it needs).
    """
    rules: list[AlertRule] = []
    findings: list[Finding] = []
    visited: set[int] = set()  # lists of rules: an alias to one brings nothing new
    recording = False
    try:
        for group, node in _rules_in(documents_in(text), visited):
            recording = recording or node.get("record") is not None
            if node.get("record") is None:
                findings += _objections(node)
                rules += [_rule(node, group)] if node.text_of("alert") else []
    except Unreadable as broken:
        findings.append(
            Finding(code="rules.unreadable", line=broken.line, message=f"No YAML: {broken}.")
        )
    if not (rules or findings or recording):
        findings.append(Finding(code="rules.none", line=1, message="Holds no rules."))
    return RuleFile(file=file, rules=tuple(rules), findings=tuple(findings))


def _rules_in(documents: Iterator[Node], visited: set[int]) -> Iterator[tuple[str, Node]]:
    """Yield each rule with the name of its group."""
    for document in documents:
        spec = document.get("spec")
        groups = document.get("groups") or (spec.get("groups") if spec else None)
        for group in groups.items if groups else _bare(document):
            rules = group.get("rules")
            if rules is not None and id(rules) not in visited:
                visited.add(id(rules))
                yield from ((group.text_of("name"), rule) for rule in rules.items)


def _bare(document: Node) -> list[Node]:
    """Return the rules that stand in no group, as a group without a name."""
    if document.get("rules") is not None:
        return [document]
    loose = document.items or [document]
    rules = [node for node in loose if node.get("alert") is not None]
    return [Node(line=document.line, fields={"rules": Node(line=document.line, items=rules)})]


def _rule(node: Node, group: str) -> AlertRule:
    name = node.get("alert") or node
    return AlertRule(
        alert=node.text_of("alert"),
        line=name.line,
        expr=node.text_of("expr").strip(),
        lasting=duration_of(node.text_of("for")),
        group=group,
        labels=_texts(node.get("labels")),
        annotations=_texts(node.get("annotations")),
    )


def _texts(node: Node | None) -> dict[str, str]:
    """Return what is text in a mapping, by name; also what is merged in."""
    found: dict[str, str] = {}
    while node is not None:
        own = {name: value.text for name, value in node.fields.items() if value.text is not None}
        found = own | found
        node = node.fields.get("<<")
    return found


def _objections(node: Node) -> Iterator[Finding]:
    """Yield what the rule lacks."""
    name = node.text_of("alert")
    if not name:
        yield _malformed(node, "A rule without the name of an alert.")
        return
    if not node.text_of("expr").strip():
        yield _malformed(node, f"The rule {name!r} has no expression.")
    waits = node.text_of("for")
    if waits and duration_of(waits) is None:
        yield _malformed(node.get("for") or node, f"{waits!r} is no duration of Prometheus.")


def _malformed(node: Node, message: str) -> Finding:
    return Finding(code="rules.malformed", line=node.line, message=message)


def duration_of(text: str) -> timedelta | None:
    """Return a duration as Prometheus writes it (`5m`, `1h30m`, `1w`, `0`), or None."""
    if text == "0":
        return timedelta()
    found = _LENGTH.fullmatch(text)
    if not text or found is None:
        return None
    seconds = sum(
        min(float(number), _LONGEST) * _SECONDS[unit]
        for unit, number in found.groupdict().items()
        if number
    )
    return timedelta(seconds=min(seconds, _LONGEST))
