"""What a statement is written into: this shell, another one, or a file."""

from __future__ import annotations

import pytest

from tocsin.core.runbook import Statement, Where
from tocsin.reading.runbook import read_runbook


def statements(label: str, *lines: str) -> list[Statement]:
    text = "\n".join((f"```{label}", *lines, "```", ""))
    (block,) = read_runbook("runbook.md", text.encode()).blocks
    return list(block.statements)


def texts(label: str, *lines: str) -> list[str]:
    return [statement.text for statement in statements(label, *lines)]


@pytest.mark.parametrize(
    "prompt", ["lock=#", "lock_production=>", "mysql>", "MariaDB [lock]>", "10.0.0.7:6379>", ">>>"]
)
def test_what_a_database_or_a_language_was_told_is_no_shell(prompt: str) -> None:
    """`drop` at the prompt of a database is no program of that name."""
    assert texts("bash", f"{prompt} show gates", "4 rows") == []


def test_a_root_prompt_is_told_from_a_comment() -> None:
    """Both begin with the same sign; only where all of it is commands it is a prompt."""
    assert texts("console", "# df -h", "Filesystem  Size") == ["df -h"]
    assert texts("console", "# df the disk", "oc get pods") == ["oc get pods"]


@pytest.mark.parametrize(
    "opening",
    [
        "ssh -l keeper lock-2",
        "sudo -u keeper -i",
        "sudo su - keeper",
        "psql -U keeper lock",
        "redis-cli -h cache",
        "kubectl exec -it gate-0 -- bash",
        "oc rsh gate-0",
        "docker exec -it gate sh",
        "gcloud compute ssh lock-2 --zone north",
        "bundle exec rails console",
        "screen -S night",
    ],
)
def test_behind_an_opened_session_the_rest_is_meant_for_it(opening: str) -> None:
    """`rm` after `ssh host` is for that host; here it would hit another one."""
    assert [one.where for one in statements("bash", "df -h", opening, "uptime")] == [
        Where.HERE,
        Where.HERE,
        Where.INSIDE,
    ]


@pytest.mark.parametrize(
    "whole",
    [
        "ssh lock-2 uptime",
        "sudo -u keeper df",
        'psql -c "SELECT 1"',
        "redis-cli -h cache ping",
        "kubectl exec gate-0 -- df -h",
        "bash repair.sh",
        "docker exec gate df -h",
        "vagrant ssh lock-2 -c uptime",
        "ssh lock-2 | tee log",
    ],
)
def test_a_command_that_comes_back_opens_nothing(whole: str) -> None:
    """What follows it is for the same shell as before."""
    assert [one.where for one in statements("bash", whole, "uptime")][-1] is Where.HERE


def test_a_value_that_nothing_uses_is_a_setting() -> None:
    """As a command it would succeed and do nothing, and everybody would believe it was done."""
    found = statements(
        "bash", "# Update .env", "GATES=4", "GATE=2", "max_gates = 9", "N=$(date)", "echo $GATE"
    )
    assert [one.where for one in found] == [
        Where.FILE,
        Where.HERE,
        Where.FILE,
        Where.HERE,
        Where.HERE,
    ]


def test_what_a_program_logged_is_no_command_even_in_a_shell_block() -> None:
    """The label of the block above is often copied to the one with the answer."""
    assert texts("shell", "Feb  3 04:10:07 lock-2 lockd[7]: gate opened") == []
    assert texts("bash", "2026-02-03T04:10:07Z gate opened", "level=error msg=stuck") == []
    assert texts("bash", "date", "2026-02-03T04:10:07Z gate opened")[0] == "date"


def test_queries_without_anything_between_them_are_told_apart() -> None:
    """Each line is one, or all lines together are one."""
    lines = ("rate(opened[5m])", "lock_gates")
    assert texts("console", *lines) == list(lines)
    assert texts("bash", "sum by (gate) (", "  rate(opened[5m])", ")") == [
        "sum by (gate) (\n  rate(opened[5m])\n)"
    ]


def test_a_session_stays_open_for_the_blocks_of_its_step() -> None:
    """Whoever logs in under a step does the rest of that step there, and the next one here."""
    text = """# LockStuck

## Steps

1. Log in

   ```bash
   ssh lock-2
   ```

   ```bash
   uptime
   ```

2. Look from here

   ```bash
   uptime
   ```
"""
    blocks = read_runbook("runbook.md", text.encode()).blocks
    assert [block.statements[0].where for block in blocks] == [
        Where.HERE,
        Where.INSIDE,
        Where.HERE,
    ]
