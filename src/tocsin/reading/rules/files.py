"""Rules and their tests as the two YAML files that promtool takes.

Every text is quoted, so that nothing a document says can become anything but text; what stands
in an annotation is also kept from being a template.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from tocsin.reading.rules.compiled import Rule, RuleSet, Unbound
from tocsin.reading.rules.expressions import promql_duration
from tocsin.reading.rules.proofs import Expectation, Proof

MARK = "# Written by `tocsin rules`"
"""How a file that is ours begins."""


def rules_file(ruleset: RuleSet, name: str) -> str:
    """Return the rule file of a runbook; `name` is that of its group."""
    lines = list(_head(ruleset))
    lines += [] if ruleset.rules else ["groups: []"]
    if ruleset.rules:
        lines += ["groups:", f"  - name: {quoted(name)}", "    rules:"]
    for rule in ruleset.rules:
        lines += _rule(ruleset, rule)
    for unbound in ruleset.unbound:
        lines += ["", *_unbound(ruleset, unbound)]
    return "\n".join(lines) + "\n"


def proofs_file(ruleset: RuleSet, rules_name: str) -> str:
    """Return the unit tests of the rule file that is called `rules_name` and lies beside it."""
    lines = [
        *_head(ruleset),
        f"rule_files: [{quoted(rules_name)}]",
        f"evaluation_interval: {ruleset.step}s",
        "tests:" if any(rule.proofs for rule in ruleset.rules) else "tests: []",
    ]
    for rule in ruleset.rules:
        for proof in rule.proofs:
            lines += _proof(rule, proof, ruleset.step)
    return "\n".join(lines) + "\n"


def _head(ruleset: RuleSet) -> Iterator[str]:
    yield f"{MARK} from {_one_line(ruleset.file)}."
    yield "# Change the runbook, or the metrics in tocsin.toml, and write it anew."


def _rule(ruleset: RuleSet, rule: Rule) -> Iterator[str]:
    yield f"      # {_one_line(ruleset.file)}:{rule.line}: {_one_line(rule.written)}"
    yield f"      # {_one_line(rule.origin)}"
    for caveat in rule.caveats:
        yield f"      # {caveat.kind}: {_one_line(caveat.message)}"
    yield f"      - alert: {quoted(rule.alert)}"
    yield f"        expr: {quoted(rule.expr)}"
    if rule.lasting:
        yield f"        for: {promql_duration(rule.lasting)}"
    yield from _mapping("labels", {name: _literal(text) for name, text in rule.labels.items()})
    yield from _mapping(
        "annotations", {name: _literal(text) for name, text in rule.annotations.items()}
    )


def _mapping(name: str, texts: Mapping[str, str]) -> Iterator[str]:
    if texts:
        yield f"        {name}:"
    for key, text in texts.items():
        yield f"          {key}: {quoted(text)}"


def _unbound(ruleset: RuleSet, unbound: Unbound) -> Iterator[str]:
    yield f"# No rule for {_one_line(ruleset.file)}:{unbound.line}: {_one_line(unbound.written)}"
    yield f"#   {_one_line(unbound.told)}: {_one_line(unbound.reason)}"
    if unbound.stub:
        yield "# Bind it in tocsin.toml (docs/reference/metrics.md):"
        yield from (f"#   {_one_line(line)}" for line in unbound.stub)


def _proof(rule: Rule, proof: Proof, step: int) -> Iterator[str]:
    yield f"  - name: {quoted(f'{rule.alert}, {proof.name}')}"
    yield f"    interval: {step}s"
    yield "    input_series:"
    for series in proof.series:
        yield f"      - series: {quoted(series.series)}"
        yield f"        values: {quoted(series.values)}"
    yield "    alert_rule_test:"
    for expected in proof.expected:
        yield from _expected(rule, expected)
    pending = [each for each in proof.expected if each.state == "pending"]
    if pending:
        yield "    promql_expr_test:"
    for expected in pending:
        yield from _pending(rule, expected)


def _expected(rule: Rule, expected: Expectation) -> Iterator[str]:
    yield f"      - eval_time: {expected.after}s"
    yield f"        alertname: {quoted(rule.alert)}"
    if expected.state != "firing":
        yield f"        exp_alerts: []  # {expected.state}"
        return
    yield "        exp_alerts:"
    yield f"          - exp_labels: {_flow({**rule.result, **rule.labels})}"
    yield f"            exp_annotations: {_flow(rule.annotations)}"


def _pending(rule: Rule, expected: Expectation) -> Iterator[str]:
    name = json.dumps(rule.alert, ensure_ascii=False)
    expr = f'count(ALERTS{{alertname={name}, alertstate="pending"}})'
    yield f"      - expr: {quoted(expr)}"
    yield f"        eval_time: {expected.after}s"
    yield "        exp_samples: [{labels: '{}', value: 1}]"


def _flow(texts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {quoted(text)}" for key, text in texts.items()) + "}"


def quoted(text: str) -> str:
    """Return the text as one line of YAML that is a text and nothing else."""
    return "'" + _one_line(text).replace("'", "''") + "'"


def _one_line(text: str) -> str:
    """Return the text without anything that YAML, or a terminal, would take for more."""
    return "".join(each if each.isprintable() else " " for each in text)


def _literal(text: str) -> str:
    """Return the text so that Prometheus, which reads labels as templates, yields it as it is."""
    return _one_line(text).replace("{{", '{{"{{"}}')
