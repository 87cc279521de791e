"""What is written for Prometheus and promtool, and that a document cannot steer it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from bakery import BAKERY, compiled, demand
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.metric import Metric, Shape
from tocsin.reading.alert_rules import read_alert_rules
from tocsin.reading.rules.catalogue import CATALOGUE
from tocsin.reading.rules.expressions import figure_of
from tocsin.reading.rules.files import MARK, proofs_file, quoted, rules_file

SAYABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")


def loaded(text: str) -> Any:
    """Return what YAML makes of it."""
    return yaml.safe_load(text)


def test_our_own_reader_reads_what_we_write() -> None:
    """Every rule at its line, nothing to object to."""
    ruleset = compiled(BAKERY)

    found = read_alert_rules("bakery.rules.yml", rules_file(ruleset, "bakery"))

    assert found.findings == ()
    assert [(each.alert, each.expr, each.lasting) for each in found.rules] == [
        (each.alert, each.expr, each.lasting) for each in ruleset.rules
    ]
    assert [each.severity for each in found.rules][:2] == ["P0", "P1"]


def test_every_expression_is_promql() -> None:
    """By a second parser, too."""
    for rule in compiled(BAKERY).rules:
        promql_parser.parse(rule.expr)


def test_both_files_say_whose_they_are() -> None:
    """That mark is what allows them to be overwritten."""
    ruleset = compiled(BAKERY)

    assert rules_file(ruleset, "bakery").startswith(f"{MARK} from bakery.md.")
    assert proofs_file(ruleset, "bakery.rules.yml").startswith(MARK)


def test_the_same_document_gives_the_same_files() -> None:
    """Or `--check` would fail on a good day."""
    first, second = compiled(BAKERY), compiled(BAKERY)

    assert rules_file(first, "b") == rules_file(second, "b")
    assert proofs_file(first, "b.rules.yml") == proofs_file(second, "b.rules.yml")


def test_what_is_unbound_comes_with_a_section_to_fill_in() -> None:
    """As comments, so that the file loads."""
    text = rules_file(compiled(BAKERY), "bakery")

    assert "#   [[metric]]" in text
    assert '#   name = "degrees"' in text
    assert loaded(rules_file(compiled(demand("> 5 hiccups")), "b")) == {"groups": []}


def test_a_rule_is_proved_in_every_state() -> None:
    """Silent, pending, firing and quiet again, and on both sides of the limit."""
    tests = loaded(proofs_file(compiled(BAKERY), "bakery.rules.yml"))["tests"]
    refused = [each for each in tests if each["name"].startswith("OrdersRefused")]

    assert [each["name"].split(", ")[1] for each in refused] == [
        "in time",
        "just beyond the limit",
        "just before the limit",
        "exactly on the limit",
    ]
    states = [each["exp_alerts"] != [] for each in refused[0]["alert_rule_test"]]
    assert states == [False, False, False, True, False]
    assert len(refused[0]["promql_expr_test"]) == 2


def test_braces_of_a_document_are_no_template() -> None:
    """Prometheus expands templates in labels and annotations."""
    (rule,) = compiled(demand("p95 > 2s", heading="Slow {{ query `up` | first }} till")).rules
    text = rules_file(compiled(demand("p95 > 2s", heading="Slow {{ $value }} till")), "b")

    assert "{{ query" in rule.annotations["summary"]
    assert '{{"{{"}} $value }}' in text


@given(st.text(max_size=40))
def test_any_text_stays_text(text: str) -> None:
    """Quotes, line breaks, colons, tags, and what no screen can show."""
    written = quoted(text)

    assert "\n" not in written
    value = loaded(f"a: {written}\n")["a"]
    assert isinstance(value, str)
    assert value.split() == "".join(c if c.isprintable() else " " for c in text).split()


@settings(deadline=None)
@given(
    heading=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30
    ),
    alert=st.text(alphabet="Ab1_ {}'\"\\:#-é\t", max_size=12),
)
def test_no_document_breaks_its_files(heading: str, alert: str) -> None:
    """What stands in headings and alerts is anybody's."""
    ruleset = compiled(demand("error rate > 5% for 5 minutes", heading=heading, alert=alert))

    rules = loaded(rules_file(ruleset, "b"))
    tests = loaded(proofs_file(ruleset, "b.rules.yml"))

    named = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    tested = {each["alertname"] for one in tests["tests"] for each in one["alert_rule_test"]}
    assert named == tested


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_the_reference_shows_every_metric_of_the_catalogue(metric: Metric) -> None:
    """People look there for the words they may use and the series they need."""
    page = Path(__file__).parents[3].joinpath("docs/reference/metrics.md").read_text()
    words = " + ".join(each.replace("|", " / ") for each in metric.words)
    words += f" (with {metric.suits})" if metric.suits else ""
    words += f"; not {metric.without.replace('|', ' / ')}" if metric.without else ""
    shown = replace(metric, quantile=0.95) if metric.shape is Shape.QUANTILE else metric
    figure = figure_of(shown).replace("|", "\\|")

    assert f"| {metric.name} | {words} | `{metric.unit.value}` | `{figure}` |" in page
