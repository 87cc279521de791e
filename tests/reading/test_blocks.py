"""What stands in a fence, whatever its label says."""

from __future__ import annotations

import pytest

from tocsin.core.runbook import Language, Statement
from tocsin.reading.statements import statements_of

BASH, SQL, PROMQL = Language.BASH, Language.SQL, Language.PROMQL


def held(text: str, label: str = "") -> list[tuple[int, str]]:
    """Return the line, from 1, and the text of each statement."""
    return [(one.start, one.text) for one in all_of(text, label)]


def all_of(text: str, label: str = "") -> tuple[Statement, ...]:
    return statements_of(label, text, 1).statements


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("kubectl -n hen get pods", BASH),
        ("# How many\nls -l eggs | wc -l", BASH),
        ('HEN=brown\n./coop/count.sh "$HEN"', BASH),
        ("for hen in 1 2; do\n  curl -s localhost/$hen\ndone", BASH),
        ("henctl status --all", BASH),
        ("/opt/coop/bin/hens list", BASH),
        ("select count(*)\nfrom eggs;", SQL),
        ("-- the oldest\nSELECT min(laid) FROM eggs", SQL),
        ("sum by (coop) (rate(eggs_total[5m]))", PROMQL),
        ('eggs_total{coop="north"} < 3', PROMQL),
    ],
)
def test_a_fence_without_a_label_is_told_by_its_text(text: str, language: Language) -> None:
    """Half of all fences in the wild have none, and hold what has to be typed."""
    statements = all_of(text)

    assert statements
    assert {one.language for one in statements} == {language}


@pytest.mark.parametrize(
    "text",
    [
        "NAME    READY   STATUS\nhen-1   1/1     Running",
        "2024-05-01 03:00:12 ERROR hen lost",
        "find the hen that is missing\ntell the farmer",
        "watch the coop",
        "HENS=12\nCOOP=north",
        "max_hens = 200",
        "hens: 12\nname: north",
        '{"hens": 12}',
        "/var/log/coop/door.log",
        "Subject: the coop is closed\n\nWe are looking for [hen].",
        "0 3 * * * /opt/coop/bin/close",
        "GET /eggs HTTP/1.1",
        "coop -> door -> hen",
        "# nothing but a remark",
        "",
    ],
)
def test_what_is_only_shown_is_not_run(text: str) -> None:
    """Sample output, settings, logs and messages have no label either."""
    assert all_of(text) == ()


def test_a_fence_without_a_label_may_hold_commands_and_sql() -> None:
    """People paste both below one another, as they would type them."""
    text = "SELECT count(*) FROM eggs;\n\nhenctl restart\n"
    assert [(one.start, one.language) for one in all_of(text)] == [(1, SQL), (3, BASH)]


def test_of_a_session_only_what_was_typed_is_run() -> None:
    """A shell would run the answers as commands."""
    text = (
        "# on the coop's own machine\n"
        "$ henctl list | \\\n"
        "    sort\n"
        "rm: brown\n"
        "kill: white\n"
        "\n"
        "$ cat <<END\n"
        "$ rm hen\n"
        "END\n"
        "$ henctl say 'good\n"
        "> night'\n"
        "good night\n"
    )
    expected = [
        (2, "henctl list | \\\n    sort"),
        (7, "cat <<END\n$ rm hen\nEND"),
        (10, "henctl say 'good\nnight'"),
    ]
    assert held(text) == expected
    assert held(text, "bash") == expected
    assert all_of(text)[0].label == "on the coop's own machine"


@pytest.mark.parametrize(
    "prompt", ["ada@coop:~$ ", "[ada@coop north]# ", "root@coop:/eggs# ", "coop$ ", "% "]
)
def test_a_prompt_may_name_who_and_where(prompt: str) -> None:
    """People copy the whole line."""
    assert held(f"{prompt}henctl list\nbrown\n{prompt}henctl count", "shell") == [
        (1, "henctl list"),
        (3, "henctl count"),
    ]


def test_a_hash_is_a_prompt_only_where_the_fence_says_session() -> None:
    """Anywhere else it begins a remark."""
    text = "# henctl list\nbrown"
    assert held(text, "console") == [(1, "henctl list")]
    assert held(text, "bash") == [(2, "brown")]
    assert held("# look first\n$ henctl list", "console") == [(2, "henctl list")]


def test_a_session_without_prompts_holds_commands() -> None:
    """The label is right, the writer left the prompt away."""
    assert held("kubectl get pods", "console") == [(1, "kubectl get pods")]


@pytest.mark.parametrize("label", ["", "sql", "console"])
def test_a_database_session_is_sql(label: str) -> None:
    """The answer below a query is none."""
    text = "coop=# SELECT count(*)\nFROM eggs;\n count\n-------\n    12\ncoop=> SELECT 1;"
    assert held(text, label) == [(1, "SELECT count(*)\nFROM eggs;"), (6, "SELECT 1;")]


@pytest.mark.parametrize("label", ["text", "yaml", "json", "log", "python"])
def test_a_label_of_something_else_is_believed(label: str) -> None:
    """Whoever wrote it knew."""
    assert all_of("kubectl get pods", label) == ()
