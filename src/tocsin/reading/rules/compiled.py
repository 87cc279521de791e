"""A runbook's thresholds put into rules, and what could not be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tocsin.core.errors import Invalid
from tocsin.core.metric import WINDOWED, Metric
from tocsin.core.runbook import Playbook, Runbook, Threshold
from tocsin.reading.anchors import plain
from tocsin.reading.rules.bind import Binding, bind
from tocsin.reading.rules.caveats import Caveat, caveats_of, objection_to
from tocsin.reading.rules.expressions import condition, promql_duration
from tocsin.reading.rules.naming import name_of, title_of
from tocsin.reading.rules.proofs import Proof, prove, step_for
from tocsin.reading.rules.samples import result_labels
from tocsin.reading.rules.words import words_of

_LONGEST_LINE = 200  # characters of a document's line that are quoted
_SHORT = {"state": "", "count": "", "1/s": "/s"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One alerting rule, with the threshold it comes from and the tests that prove it."""

    alert: str
    expr: str
    lasting: timedelta | None
    labels: dict[str, str]
    annotations: dict[str, str]  # as they read, not as templates
    line: int
    written: str  # that line of the document
    threshold: Threshold
    binding: Binding
    caveats: tuple[Caveat, ...]
    result: dict[str, str] = field(default_factory=dict)  # labels of what its tests fire for
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbound:
    """A threshold without a rule."""

    line: int
    written: str
    threshold: Threshold
    reason: str
    stub: bool  # a [[metric]] in tocsin.toml would help


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All that comes of one runbook."""

    file: str
    rules: tuple[Rule, ...]
    unbound: tuple[Unbound, ...]
    step: int  # seconds between the samples of the tests


def compile_rules(
    runbook: Runbook, text: str, own: Sequence[Metric], *, base_url: str = ""
) -> RuleSet:
    """Return the rules of a runbook. Never raises: what cannot be bound is among the unbound.

    Args:
        runbook: As it was read; its `file` stands in every rule.
        text: The document, for the lines that are quoted.
        own: The workspace's metrics; the catalogue comes after them.
        base_url: What `runbook_url` begins with, in front of the file's path.
    """
    lines = text.splitlines()
    taken: set[str] = set()
    entries = [
        _entry(
            _Place(
                playbook=playbook,
                threshold=threshold,
                written=_quoted(lines, threshold.line),
                source=f"{runbook.file}:{threshold.line}",
                url=f"{base_url}{runbook.file}#{playbook.anchor}",
            ),
            own,
            taken,
        )
        for playbook in runbook.playbooks
        for threshold in playbook.thresholds
    ]
    drafts = [entry for entry in entries if isinstance(entry, Rule)]
    step = step_for([length for rule in drafts for length in _lengths(rule)])
    proven = [_proven(entry, step) if isinstance(entry, Rule) else entry for entry in entries]
    return RuleSet(
        file=runbook.file,
        rules=tuple(entry for entry in proven if isinstance(entry, Rule)),
        unbound=tuple(entry for entry in proven if isinstance(entry, Unbound)),
        step=step,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A threshold where it stands."""

    playbook: Playbook
    threshold: Threshold
    written: str
    source: str
    url: str


def _entry(place: _Place, own: Sequence[Metric], taken: set[str]) -> Rule | Unbound:
    threshold, playbook = place.threshold, place.playbook
    binding = bind(threshold, playbook, place.written, own)
    if binding is None:
        return _unbound(place.threshold, place.written, "No metric is known by these words.", True)
    objection = objection_to(binding.metric, binding.limit)
    if objection is not None:
        return _unbound(place.threshold, place.written, objection, False)
    return Rule(
        alert=name_of(threshold, playbook, binding, taken),
        expr=condition(binding.metric, binding.limit),
        lasting=threshold.lasting or None,
        labels={"severity": playbook.severity} if playbook.severity else {},
        annotations={
            "summary": f"{title_of(playbook.heading)}: {_told(place, binding)}",
            "runbook_url": place.url,
            "source": place.source,
        },
        line=threshold.line,
        written=place.written,
        threshold=threshold,
        binding=binding,
        caveats=tuple(caveats_of(binding)),
    )


def _told(place: _Place, binding: Binding) -> str:
    """Return the threshold in words; where its phrase is the heading, with the metric's name."""
    threshold = place.threshold
    if words_of(threshold.metric) >= words_of(title_of(place.playbook.heading)):
        threshold = replace(threshold, metric=binding.metric.name)
    return in_words(threshold)


def _unbound(threshold: Threshold, written: str, reason: str, stub: bool) -> Unbound:
    return Unbound(
        line=threshold.line, written=written, threshold=threshold, reason=reason, stub=stub
    )


def _proven(rule: Rule, step: int) -> Rule | Unbound:
    """Return the rule with its tests; unbound if none can be thought of."""
    metric, limit = rule.binding.metric, rule.binding.limit
    try:
        proofs = prove(metric, limit, rule.lasting, step)
        return replace(rule, proofs=tuple(proofs), result=result_labels(metric))
    except Invalid as problem:
        return _unbound(rule.threshold, rule.written, problem.message, False)


def _lengths(rule: Rule) -> list[timedelta]:
    windows = [rule.binding.metric.window] if rule.binding.metric.shape in WINDOWED else []
    return [*windows, *([rule.lasting] if rule.lasting else [])]


def _quoted(lines: Sequence[str], line: int) -> str:
    """Return a line of the document, shortened, without its markup."""
    text = (
        plain(lines[line - 1].strip().removeprefix("- ").lstrip("#>| "))
        if 0 < line <= len(lines)
        else ""
    )
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…"


def in_words(threshold: Threshold) -> str:
    """Return the threshold as `error rate > 5% for 5m`."""
    value = threshold.value
    told = value if isinstance(value, tuple) else (value,)
    shown = " and ".join(each if isinstance(each, str) else f"{each:g}" for each in told)
    unit = _SHORT.get(threshold.unit, threshold.unit)
    gap = " " if unit[:1].isalpha() else ""
    sign = "is" if threshold.comparator == "==" else threshold.comparator
    lasting = f" for {promql_duration(threshold.lasting)}" if threshold.lasting else ""
    return f"{threshold.metric} {sign} {shown}{gap}{unit}{lasting}"
