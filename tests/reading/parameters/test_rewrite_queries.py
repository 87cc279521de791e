"""Placeholders in SQL and PromQL: values may be left open, names may not."""

from __future__ import annotations

import pytest

from tocsin.reading.parameters.promql import rewrite_promql
from tocsin.reading.parameters.sql import rewrite_sql

SQL = {
    "SELECT a FROM b WHERE id = <id> LIMIT <n>": (
        "SELECT a FROM b WHERE id = :TOCSIN_P_ID LIMIT :TOCSIN_P_N"
    ),
    "SELECT a FROM b WHERE c = 'YOUR_NAME'": "SELECT a FROM b WHERE c = :TOCSIN_P_NAME",
    "SELECT a FROM b WHERE c LIKE '%<x>%'": (
        "SELECT a FROM b WHERE c LIKE ('%' || :TOCSIN_P_X || '%')"
    ),
    "SELECT now() - INTERVAL '<n> minutes'": (
        "SELECT now() - CAST((:TOCSIN_P_N || ' minutes') AS INTERVAL)"
    ),
    "UPDATE b SET c = 1 WHERE id = 'DLQ_ID' -- <x>": (
        "UPDATE b SET c = 1 WHERE id = :TOCSIN_P_DLQ_ID -- <x>"
    ),
    "SELECT USER_ID FROM b": "SELECT USER_ID FROM b",
    "SELECT a FROM b WHERE c ~ '[A-Z]'": "SELECT a FROM b WHERE c ~ '[A-Z]'",
}


@pytest.mark.parametrize("written", SQL)
def test_a_value_in_sql_becomes_a_bound_parameter(written: str) -> None:
    """The database takes it as a value, whatever it holds."""
    rewritten = rewrite_sql(written)

    assert (rewritten.text, rewritten.refused) == (SQL[written], "")


def test_mysql_joins_texts_in_its_own_way() -> None:
    """There `||` means or."""
    rewritten = rewrite_sql("SELECT a FROM b WHERE c LIKE '<x>%'", "mysql")

    assert rewritten.text == "SELECT a FROM b WHERE c LIKE CONCAT(:TOCSIN_P_X, '%')"


@pytest.mark.parametrize(
    "written",
    [
        "SELECT a FROM <table>",
        'SELECT "<column>" FROM b',
        "DROP TABLE <table>",
        "ALTER ROLE <user> SET search_path = '<x>'",
        "SELECT E'<x>'",
        "SELECT $$<x>$$",
        "SELECT query_to_xml('SELECT <x>', true, true, '')",
        "SELECT 1; SELECT <x>",
        "SELECT a <x>",
    ],
)
def test_what_sql_cannot_bind_is_not_filled_in(written: str) -> None:
    """Names and definitions would have to become text of the statement."""
    rewritten = rewrite_sql(written)

    assert rewritten.refused.endswith("fill it in by hand")
    assert rewritten.text == written


PROMQL = {
    'up{pod="<pod>"}': 'up{pod="${TOCSIN_P_POD}"}',
    'rate(a{pod=~"$pod.*"}[5m])': 'rate(a{pod=~"${TOCSIN_P_POD}.*"}[5m])',
    "up{a='${b}'}": "up{a='${TOCSIN_P_B}'}",
    'label_replace(up, "a", "$1", "b", "(.*)")': 'label_replace(up, "a", "$1", "b", "(.*)")',
}


@pytest.mark.parametrize("written", PROMQL)
def test_a_value_in_promql_stays_in_its_quotes(written: str) -> None:
    """It is escaped there by whoever asks Prometheus."""
    rewritten = rewrite_promql(written)

    assert (rewritten.text, rewritten.refused) == (PROMQL[written], "")


@pytest.mark.parametrize(
    "written",
    ["<metric>", 'up{<label>="a"}', "rate(up[<range>])", "sum by (<label>) (up)", "up{a=`<b>`}",
     'up{__name__="<x>"}', 'count_values("<x>", up)'],
)  # fmt: skip
def test_names_in_promql_are_not_filled_in(written: str) -> None:
    """A value there would change what is asked, not about whom."""
    assert rewrite_promql(written).refused.endswith("fill it in by hand")
