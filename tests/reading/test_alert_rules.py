"""Which alerts exist, from the rule files of Prometheus."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.reading.alert_rules import AlertRule, RuleFile, duration_of, read_alert_rules

BAKERY = """\
groups:
  - name: ovens
    interval: 30s
    rules:
      - record: oven:celsius:mean
        expr: avg by (oven) (oven_celsius)
      - alert: OvenCold
        expr: >
          oven:celsius:mean
            < 180
        for: 3m
        labels:
          severity: warning
        annotations:
          summary: '{{ $labels.oven }} is cold'
          runbook_url: https://docs.example.org/bakery#oven-too-cold
      - {alert: OvenGone, expr: absent(oven_celsius)}
"""


def read(text: str) -> RuleFile:
    """Read the text under the name every test uses."""
    return read_alert_rules("bakery.rules.yml", text)


def test_each_rule_is_found_with_its_line() -> None:
    """The line of its name, in words as written."""
    cold, gone = read(BAKERY).rules

    assert cold.alert == "OvenCold"
    assert cold.line == 7
    assert cold.expr == "oven:celsius:mean\n  < 180"
    assert cold.lasting == timedelta(minutes=3)
    assert cold.group == "ovens"
    assert cold.severity == "warning"
    assert cold.runbook_url == "https://docs.example.org/bakery#oven-too-cold"
    assert gone == AlertRule(alert="OvenGone", line=17, expr="absent(oven_celsius)", group="ovens")


def test_a_recording_rule_is_no_alert_and_no_mistake() -> None:
    """A file may hold nothing else."""
    found = read("groups:\n- name: a\n  rules:\n  - record: a:b\n    expr: b\n")

    assert found == RuleFile(file="bakery.rules.yml")


def test_the_operator_of_kubernetes_wraps_the_same_groups() -> None:
    """And often several of its resources in one file."""
    inner = "".join(f"  {line}\n" for line in BAKERY.splitlines())
    resource = f"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n{inner}"

    found = read(f"kind: ConfigMap\n---\n{resource}")

    assert [rule.alert for rule in found.rules] == ["OvenCold", "OvenGone"]
    assert found.findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "alert: OvenCold\nexpr: oven_celsius < 180\n",
        "- alert: OvenCold\n  expr: oven_celsius < 180\n",
        "rules:\n- alert: OvenCold\n  expr: oven_celsius < 180\n",
    ],
)
def test_a_bare_rule_is_read_too(text: str) -> None:
    """Runbooks quote their alerts so."""
    (rule,) = read(text).rules

    assert (rule.alert, rule.expr) == ("OvenCold", "oven_celsius < 180")


def test_shared_labels_are_merged() -> None:
    """Anchors are how people keep rule files short."""
    text = "- alert: A\n  expr: a\n  labels: &l {severity: page, team: ovens}\n"
    text += "- alert: B\n  expr: b\n  labels: {<<: *l, severity: ticket}\n"

    _, second = read(text).rules

    assert second.labels == {"severity": "ticket", "team": "ovens"}


def test_what_a_rule_lacks_is_said_with_its_line() -> None:
    """One finding each, and the rules that are whole are there."""
    found = read(
        "groups:\n- name: a\n  rules:\n  - expr: up\n  - alert: B\n"
        "  - alert: C\n    expr: up == 0\n    for: five minutes\n"
    )

    assert [rule.alert for rule in found.rules] == ["B", "C"]
    assert [(each.code, each.line) for each in found.findings] == [
        ("rules.malformed", 4),
        ("rules.malformed", 5),
        ("rules.malformed", 8),
    ]


def test_what_is_no_yaml_is_a_finding() -> None:
    """A template is: somebody named the wrong file, or forgot to render it."""
    found = read("groups:\n{{- range .Values.rules }}\n- name: a\n")

    assert found.rules == ()
    (finding,) = found.findings
    assert finding.code == "rules.unreadable"
    assert finding.line in (2, 3)


def test_yaml_without_rules_is_a_finding() -> None:
    """An empty list of alerts would make every playbook look unused."""
    (finding,) = read("scrape_configs: []\n").findings

    assert finding.code == "rules.none"


def test_an_alias_to_a_list_of_rules_brings_nothing_new() -> None:
    """Or a small file would hold a million rules."""
    groups = "".join(f"- name: g{n}\n  rules: *r\n" for n in range(100))
    rules = "".join(f"  - alert: A{n}\n    expr: up\n" for n in range(100))

    found = read(f"groups:\n- name: g\n  rules: &r\n{rules}{groups}")

    assert len(found.rules) == 100


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5m", 300),
        ("1h30m", 5400),
        ("1w", 604800),
        ("250ms", 0.25),
        ("0", 0),
        ("9" * 400 + "y", 3153600000),
    ],
)
def test_durations_are_those_of_prometheus(text: str, seconds: float) -> None:
    """Weeks and years too, largest first."""
    assert duration_of(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "5 m", "30m1h", "m", "-5m", "5M"])
def test_what_prometheus_refuses_is_no_duration(text: str) -> None:
    """Better said here than by the server at the next reload."""
    assert duration_of(text) is None


@given(
    st.recursive(
        st.sampled_from(
            ["groups", "rules", "alert", "expr", "for", "labels", "<<", "spec", "x", ""]
        ),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["groups", "rules", "alert", "expr", "for", "labels", "<<", "spec"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_shape_of_yaml_is_read(value: object) -> None:
    """JSON is YAML: whatever stands where something else belongs, nothing is raised."""
    found = read(json.dumps(value))

    assert all(rule.alert for rule in found.rules)
