"""A runbook's thresholds put into rules, and what could not be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tocsin.core.errors import Invalid
from tocsin.core.metric import WINDOWED, Metric
from tocsin.core.runbook import Playbook, Runbook, Threshold
from tocsin.reading.anchors import plain
from tocsin.reading.figures import in_words
from tocsin.reading.rules.bind import Binding, bind
from tocsin.reading.rules.caveats import Caveat, caveats_of, objection_to
from tocsin.reading.rules.expressions import condition
from tocsin.reading.rules.naming import free_name, name_of, title_of
from tocsin.reading.rules.proofs import Proof, prove, step_for
from tocsin.reading.rules.queried import series_queried
from tocsin.reading.rules.quoted import holds_rules, quoted_rules
from tocsin.reading.rules.recognised import is_promql, recognised
from tocsin.reading.rules.samples import result_labels
from tocsin.reading.rules.words import words_of

_LONGEST_LINE = 200  # characters of a document's line that are quoted
_MINUTE = timedelta(minutes=1)
_LONGEST_PROVED = timedelta(days=7)  # longer ones would keep promtool busy for minutes
_TOO_LONG = Caveat(kind="unproved", message="Its time is too long to be tested.")
_UNPROVED = Caveat(kind="unproved", message="No test could be thought of for its expression.")
_STUB_UNITS = {
    "%": "ratio", "1/s": "1/s", "state": "state", "s": "s", "ms": "s", "days": "s", "hours": "s",
}  # fmt: skip


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
    origin: str  # where its metric comes from
    binding: Binding | None  # None: quoted, and of no shape that can be proved
    caveats: tuple[Caveat, ...]
    result: dict[str, str] = field(default_factory=dict)  # labels of what its tests fire for
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbound:
    """A threshold without a rule."""

    line: int
    written: str
    told: str  # in words
    reason: str  # as a sentence
    stub: tuple[str, ...] = ()  # lines for tocsin.toml that would bind it, to be filled in


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
    entries: list[Rule | Unbound] = [*_from_quoted(runbook, lines, base_url, taken)]
    for playbook, threshold in _unquoted(runbook, taken):
        place = _place(runbook, playbook, threshold.line, lines, base_url)
        entries += _from_threshold(place, threshold, own, taken)
    entries.sort(key=lambda entry: entry.line)
    drafts = [entry for entry in entries if isinstance(entry, Rule)]
    step = step_for([length for rule in drafts for length in _lengths(rule)])
    return RuleSet(
        file=runbook.file,
        rules=tuple(_proven(rule, step) for rule in drafts),
        unbound=tuple(entry for entry in entries if isinstance(entry, Unbound)),
        step=step,
    )


def _unquoted(runbook: Runbook, quoted: set[str]) -> list[tuple[Playbook, Threshold]]:
    """Return the thresholds for which no rule is quoted: neither there nor under their alert."""
    spans = [range(each.start, each.end + 1) for each in runbook.blocks if holds_rules(each)]
    return [
        (playbook, threshold)
        for playbook in runbook.playbooks
        if not playbook.alerts or not quoted.issuperset(playbook.alerts)
        for threshold in playbook.thresholds
        if not any(threshold.line in span for span in spans)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A line of a playbook that demands something."""

    playbook: Playbook
    line: int
    written: str
    source: str
    url: str

    def annotations(self, summary: str) -> dict[str, str]:
        """Return what every rule from here says about itself."""
        told = f"{title_of(self.playbook.heading)}: {summary}"
        return {"summary": told, "runbook_url": self.url, "source": self.source}

    def labels(self) -> dict[str, str]:
        """Return the labels every rule from here has."""
        return {"severity": self.playbook.severity} if self.playbook.severity else {}

    def unbound(self, told: str, reason: str, stub: tuple[str, ...] = ()) -> Unbound:
        """Return that no rule comes from here."""
        return Unbound(line=self.line, written=self.written, told=told, reason=reason, stub=stub)


def _place(
    runbook: Runbook, playbook: Playbook, line: int, lines: Sequence[str], base_url: str
) -> _Place:
    return _Place(
        playbook=playbook,
        line=line,
        written=_quoted(lines, line),
        source=f"{runbook.file}:{line}",
        url=f"{base_url}{runbook.file}#{playbook.anchor}",
    )


def _from_threshold(
    place: _Place, threshold: Threshold, own: Sequence[Metric], taken: set[str]
) -> Iterator[Rule | Unbound]:
    """Yield the rule of a threshold, or why there is none; nothing where one is quoted for it."""
    told = in_words(threshold)
    binding = bind(threshold, place.playbook, place.written, own)
    if binding is None:
        reason = "No metric is known by these words."
        yield place.unbound(told, reason, tuple(stub_of(threshold, series_queried(place.playbook))))
        return
    objection = objection_to(binding.metric, binding.limit)
    if objection is not None:
        yield place.unbound(told, objection)
        return
    source = "tocsin.toml" if binding.own else "the catalogue"
    yield Rule(
        alert=name_of(threshold, place.playbook, binding, taken),
        expr=condition(binding.metric, binding.limit),
        lasting=threshold.lasting or None,
        labels=place.labels(),
        annotations=place.annotations(_told(place, threshold, binding)),
        line=place.line,
        written=place.written,
        origin=f"bound to {binding.metric.name!r} of {source}",
        binding=binding,
        caveats=(*caveats_of(binding), *_meant_perhaps(place.playbook, binding)),
    )


def _meant_perhaps(playbook: Playbook, binding: Binding) -> Iterator[Caveat]:
    """Yield the series that the playbook queries, where the catalogue has taken another."""
    series = series_queried(playbook)
    taken = (binding.metric.series, *binding.metric.whole)
    names = {each.partition("{")[0] for each in taken}
    if series and not binding.own and not any(each.partition("{")[0] in names for each in series):
        message = f"The playbook's own queries use {', '.join(series)}; bind it if that is meant."
        yield Caveat(kind="series", message=message)


def _from_quoted(
    runbook: Runbook, lines: Sequence[str], base_url: str, taken: set[str]
) -> Iterator[Rule | Unbound]:
    """Yield the rules that the runbook quotes, with their own expressions."""
    for rule, playbook in quoted_rules(runbook):
        place = _place(runbook, playbook, rule.line, lines, base_url)
        if not is_promql(rule.expr):
            yield place.unbound(rule.alert, "Its expression is no PromQL.")
            continue
        binding = recognised(rule.expr)
        labels = {name: text for name, text in rule.labels.items() if "{{" not in text}
        yield Rule(
            alert=free_name(rule.alert, taken),
            expr=rule.expr,
            lasting=rule.lasting or None,
            labels={**place.labels(), **labels},
            annotations=place.annotations(rule.alert),
            line=rule.line,
            written=place.written,
            origin="taken as it is quoted",
            binding=binding,
            caveats=tuple(caveats_of(binding)) if binding else (_UNPROVED,),
        )


def _told(place: _Place, threshold: Threshold, binding: Binding) -> str:
    """Return the threshold in words; where its phrase is the heading, with the metric's name."""
    if words_of(threshold.metric) >= words_of(title_of(place.playbook.heading)):
        threshold = replace(threshold, metric=binding.metric.name)
    return in_words(threshold)


def _proven(rule: Rule, step: int) -> Rule:
    """Return the rule with its tests; without, if none can be thought of."""
    if rule.binding is None:
        return rule
    if rule.lasting and rule.lasting > _LONGEST_PROVED:
        return replace(rule, caveats=(*rule.caveats, _TOO_LONG))
    metric, limit = rule.binding.metric, rule.binding.limit
    try:
        proofs = prove(metric, limit, rule.lasting, step)
        return replace(rule, proofs=tuple(proofs), result=result_labels(metric))
    except Invalid as problem:
        caveat = Caveat(kind="unproved", message=problem.message)
        return replace(rule, binding=None, caveats=(*rule.caveats, caveat))


def _lengths(rule: Rule) -> list[timedelta]:
    """Return what samples have to fit into; a rate wants three of them in its window."""
    if rule.binding is None or (rule.lasting and rule.lasting > _LONGEST_PROVED):
        return []
    lengths = [rule.lasting] if rule.lasting else []
    if rule.binding.metric.shape in WINDOWED:
        window = rule.binding.metric.window
        lengths += [window] if window >= 3 * _MINUTE else [window, window / 3]
    return lengths


def _quoted(lines: Sequence[str], line: int) -> str:
    """Return a line of the document, shortened, without its markup."""
    text = (
        plain(lines[line - 1].strip().removeprefix("- ").lstrip("#>| "))
        if 0 < line <= len(lines)
        else ""
    )
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…"


def stub_of(threshold: Threshold, queried: Sequence[str]) -> Iterator[str]:
    """Yield the section for tocsin.toml that would bind the threshold, to be filled in.

    Args:
        threshold: The one nothing is known of.
        queried: Series that its playbook uses, which may be the ones.
    """
    unit = _STUB_UNITS.get(threshold.unit, "count")
    yield "[[metric]]"
    yield f"name = {json.dumps(threshold.metric, ensure_ascii=False)}"
    yield 'shape = "gauge"   # or rate, increase, share, fraction, quantile, until, since'
    yield f'unit = "{unit}"'
    yield 'series = "FILL_IN"'
    yield from (f"# series = {json.dumps(each, ensure_ascii=False)}" for each in queried)
    if unit == "state":
        yield f"states = {{ {json.dumps(str(threshold.value))} = 1 }}"
