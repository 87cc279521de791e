"""Prometheus is asked about one alert, whatever the alert is called."""

from __future__ import annotations

import re

import promql_parser

from hostile_strings import Trap, strings
from tocsin.adapters.sources.prometheus import query_of

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def test_a_hostile_alert_is_still_one_question_about_one_alert() -> None:
    """The count of one series, with the name and the label as they are."""
    for each in strings(Trap(folder="/nowhere", port=9)):
        said = UNSTORABLE.sub("\ufffd", each)  # as the intake does
        tree = promql_parser.parse(query_of({"alertname": said, "pod": said, said: "x"}))

        assert type(tree).__name__ == "AggregateExpr"
        matchers = [(one.name, one.value) for one in tree.expr.matchers.matchers]
        assert tree.expr.name == "ALERTS"
        ours = [("alertstate", "firing"), ("alertname", said)]
        named = [(said, "x")] if said.isidentifier() and said.isascii() else []
        assert sorted(matchers) == sorted([*ours, *named, ("pod", said)])
