"""Secrets on a command line are warned of on the card, in the API and on the terminal."""

from __future__ import annotations

import pytest

from shelf import step_run
from tocsin.core.ids import IncidentId
from tocsin.core.run import Command, StepRun
from tocsin.core.runbook import Language
from tocsin.running.exposed import warnings


def run_of(text: str, language: Language = Language.BASH) -> StepRun:
    command = Command(
        language=language, text=text, target="here", runbook_sha256="ab" * 32, step_line=1
    )
    return step_run(IncidentId(1), command=command)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('curl -H "Authorization: Bearer $ADMIN_TOKEN" http://x', "the value of ADMIN_TOKEN"),
        ("curl -H 'Authorization: Bearer abc' http://x", "a header that lets somebody in"),
        ("curl -u admin:hunter2 http://x", "`curl` shows a password on"),
        ("psql postgres://u:p@h/db -c 'select 1'", "a password in an address"),
        ('psql "$DATABASE_URL" -c "select 1"', "the value of DATABASE_URL"),
        ("mysql -phunter2 shop", "`mysql` shows a password on"),
        ("mysql --password=hunter2 shop", "`mysql` shows a password on"),
        ("docker run -e DB_PASSWORD=hunter2 shop", "`docker` shows a password on"),
        ("sudo redis-cli -a hunter2 ping", "`redis-cli` shows a password on"),
        ("sshpass -p hunter2 ssh web1 uptime", "`sshpass` shows a password on"),
        ("ssh web1 'redis-cli -a hunter2 ping'", "`redis-cli` shows a password on"),
    ],
)
def test_a_secret_on_the_command_line_is_warned_of(text: str, words: str) -> None:
    """Who approves it should know that everybody on that host can read it meanwhile."""
    said = warnings(run_of(text))

    assert any(words in each for each in said), said
    assert all("hunter2" not in each for each in said)


@pytest.mark.parametrize(
    "text",
    [
        "curl -sf http://127.0.0.1/health",
        "curl -K /etc/curl.conf http://x",
        "mysql -p shop",
        "mysql --port 3306 shop",
        "docker run -e REGION=north shop",
        "docker exec -e DB_PASSWORD shop env",
        'echo "$REGION"',
        'printf "%s" "$ADMIN_TOKEN" | login --stdin',
        "git clone git@github.com:team/runbooks.git",
        "if then (",
    ],
)
def test_what_shows_no_secret_is_not_warned_of(text: str) -> None:
    """A warning that is always there is not read."""
    assert warnings(run_of(text)) == ()


def test_only_shells_have_command_lines() -> None:
    """SQL and requests go out through a connection."""
    assert warnings(run_of("SELECT '$ADMIN_TOKEN'", Language.SQL)) == ()
