"""`tocsin risk` as a person and as a program call it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tocsin.cli.commands.risk import command
from tocsin.cli.root import run


def asked(*words: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(command, list(words), input=given)


def answers(given: str | bytes) -> list[Any]:
    result = asked("--json", given=given)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def decided(text: str) -> dict[str, list[str]]:
    """Return what the words of a command decide, without those that decide nothing."""
    told = json.loads(asked("--json", text).stdout)["words"]
    return {
        word["text"]: [one["why"] for one in word["decides"]] for word in told if word["decides"]
    }


def test_what_only_looks_is_said_to_run_by_itself() -> None:
    """The first line must be enough for somebody who is tired."""
    result = asked("uptime")

    assert result.exit_code == 0
    assert result.stdout.startswith("read. It runs by itself: it only looks, and it ends.\n")


def test_the_bounded_form_is_shown_whole() -> None:
    """What runs is not what was written, so it has to be seen."""
    result = asked("docker logs -f api")

    assert "endless. It runs by itself in a form that ends:" in result.stdout
    assert "\n  docker logs --tail 100 api\n" in result.stdout
    assert "-f      option       it follows for ever" in result.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rm -rf /srv/cache", {"rm"}),
        ("find /srv -mtime +9 -delete", {"-delete"}),
        ("find /srv -name '*.gz' -exec rm {} +", {"-exec", "rm"}),
        ("sort -u names.txt -o names.txt", {"-o"}),
        ("git push --force origin main", {"push", "--force"}),
        ("kubectl get secret tls -o yaml", {"get", "secret", "-o"}),
        ("uptime > /tmp/up", {"> /tmp/up"}),
        ("sudo uptime", {"sudo"}),
        ("uptime & df -h", {"&"}),
        ("df -h <mount>", {"<mount>"}),
        ("LD_PRELOAD=/tmp/x.so uptime", {"LD_PRELOAD=/tmp/x.so"}),
    ],
)
def test_the_words_that_decide_are_named(text: str, words: set[str]) -> None:
    """A verdict that cannot be traced to a word cannot be argued with."""
    assert set(decided(text)) == words


def test_what_stands_inside_is_explained_too() -> None:
    """A substitution runs before the command around it."""
    told = decided("df -h $(rm -v list) | sh")

    assert told["rm"] == ["rm loses data, work or access"]
    assert told["$(rm -v list)"] == ["a part is what another command prints"]
    assert told["sh"]


def test_a_loop_is_named_once() -> None:
    """Its words all say the same."""
    told = decided("for one in a b; do systemctl restart $one; done")

    assert told["for"] == ["it is more than plain commands"]
    assert not {"one", "a", "b", "do"} & set(told)


def test_what_is_not_shell_gives_its_reasons_without_words() -> None:
    """SQL is judged by its tree, which has no words of a command."""
    result = asked("--lang", "sql", "DELETE FROM orders")

    assert result.stdout.startswith("destroy. It loses data, work or access.")
    assert "Why: it deletes or ends something for good." in result.stdout
    assert json.loads(asked("--json", "--lang", "promql", "up == 0").stdout)["auto"] is True


def test_what_is_no_valid_shell_has_nothing_to_run() -> None:
    """Half a command is not waited for as if somebody could approve it."""
    assert asked("if true; then").stdout.startswith("manual. There is nothing to run.")


def test_what_a_terminal_would_obey_is_shown_as_its_escape() -> None:
    """A command is pasted from anywhere."""
    result = asked("echo \x1b[2J\u202e")

    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert "only look like plain ones" in result.stdout


@pytest.mark.parametrize("lang", ["bash", "sql", "promql"])
def test_what_is_no_text_is_judged_by_its_escapes(lang: str) -> None:
    """A terminal hands over any bytes, and JSON may hold half a character."""
    assert asked("--lang", lang, "up \udce9").exit_code == 0
    (answer,) = answers(json.dumps({"lang": lang, "text": "up \ud800"}))
    assert not answer["auto"]


def test_the_value_of_an_option_is_no_sub_command() -> None:
    """`shop` is a namespace, whatever stands behind it."""
    words = {
        line.split()[0]: line
        for line in asked("kubectl -n shop logs api").stdout.splitlines()
        if line[:2] == "  "
    }
    assert words["logs"].split()[1] == "sub-command"
    assert words["shop"].split()[1] == "operand"


@pytest.mark.parametrize(
    "text",
    [
        "sudo " * 90 + "rm x",
        "find / " + "-exec rm {} \\; " * 20,
        "\udcff x",
        "(" * 400 + "ls",
        "",
        "watch",
    ],
)
@pytest.mark.timeout(60)
def test_what_is_odd_is_explained_too(text: str) -> None:
    """A page of somebody's making must not hold anybody up."""
    result = asked(text)

    assert result.exit_code == 0
    assert "by itself: it" not in result.stdout


def test_without_a_command_it_says_how_to_give_one(capsys: pytest.CaptureFixture[str]) -> None:
    """To wait for a terminal's input would look like hanging."""
    assert run(["risk"]) == 2
    assert "No command is given." in capsys.readouterr().err


def test_every_line_is_answered_in_order_also_the_bad_ones() -> None:
    """Whoever sends a thousand lines counts the answers."""
    lines = [
        b'{"lang": "bash", "text": "uptime"}',
        b"not json",
        b'{"lang": "cobol", "text": "uptime"}',
        b'{"lang": ["bash"], "text": "uptime"}',
        b'{"text": 5}',
        b"\xff\xfe",
        b"",
        b"[" * 100_000,
        b'{"text": "\\ud800"}',
        b'{"lang": "sql", "text": "DROP TABLE orders"}',
    ]

    told = answers(b"\n".join(lines) + b"\n")

    bad = "risk.unreadable_line"
    assert [one.get("problem") for one in told] == [
        None, bad, "risk.unknown_language", "risk.unknown_language", bad, bad, bad, bad, None, None,
    ]  # fmt: skip
    assert [one["auto"] for one in told] == [True] + [False] * 9
    assert told[-1]["risk"] == "destroy"
    assert all(set(one) >= {"risk", "auto", "rewrite", "why"} for one in told)


def test_a_line_is_answered_before_the_next_is_sent() -> None:
    """So that a program can ask as it goes."""
    words = [sys.executable, "-m", "tocsin", "risk", "--json"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asking:
        assert asking.stdin and asking.stdout
        for text, auto in (("uptime", True), ("reboot", False)):
            asking.stdin.write(json.dumps({"lang": "bash", "text": text}) + "\n")
            asking.stdin.flush()
            assert json.loads(asking.stdout.readline())["auto"] is auto
        asking.stdin.close()
        assert asking.wait(20) == 0


@pytest.mark.timeout(60)
def test_ten_thousand_lines_are_answered_in_one_go() -> None:
    """A team's whole library of runbooks is asked about at once."""
    texts = ["df -h /srv/{}", "kubectl logs -f api-{}", "rm -rf /srv/{}", "ps aux | grep {}"]
    given = "".join(
        json.dumps({"lang": "bash", "text": texts[at % 4].format(at)}) + "\n"
        for at in range(10_000)
    )

    assert len(answers(given)) == 10_000
