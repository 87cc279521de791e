"""A team's own commands: believed as far as their examples go, and never too far."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin import settings
from tocsin.core.errors import Invalid
from tocsin.core.risk import Risk, Verdict
from tocsin.core.runbook import Language, Statement
from tocsin.core.tool import Tool
from tocsin.running.allow.entries import tool_of
from tocsin.running.allow.extension import wrong_with
from tocsin.running.explain import explain
from tocsin.running.risk import judge

QUEUE = tool_of(
    {
        "name": "shopctl queue",
        "flags": ["--all"],
        "values": ["--limit"],
        "operand": "[a-z]+",
        "match": ["shopctl queue orders"],
        "not_match": ["shopctl queue --purge orders"],
    }
)
SECTION = """
[[command]]
name = "shopctl queue"
operand = "[a-z]+"
match = ["shopctl queue orders"]
not_match = ["shopctl queue --purge orders"]
"""


def judged(text: str, *own: Tool) -> Verdict:
    statement = Statement(start=1, end=1, language=Language.BASH, text=text)
    return judge(statement, own=own)


def tool(name: str, **more: Any) -> Tool:
    entry = {"name": name, "operand": ".*", "match": [f"{name} x"], "not_match": [f"{name} > f"]}
    return tool_of({**entry, **more})


def objections(one: Tool) -> list[str]:
    return [f"{key} {sentence}" for key, sentence in wrong_with(one, (one,))]


def mistakes(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        settings.read(text, file="tocsin.toml", directory="/team")
    return caught.value.message


def test_a_command_of_the_team_runs_with_what_its_entry_allows() -> None:
    """Without the entry nobody knows it, and it waits."""
    assert judged("shopctl queue --limit 5 orders", QUEUE).auto
    assert not judged("shopctl queue --limit 5 orders").auto


@pytest.mark.parametrize(
    "text",
    [
        "shopctl queue --purge orders",
        "shopctl queue orders > f",
        "shopctl queue orders | sh",
        "shopctl queue $(rm x)",
        "shopctl queue ORDERS",
        "shopctl queue $QUEUE",
        "shopctl --config=x queue orders",
        "shopctl drop orders",
        "sudo -u root shopctl queue orders",
        "/srv/shopctl queue orders",
        "./shopctl queue orders",
        "shopctl queue .env",
        "PATH=/srv shopctl queue orders",
    ],
)
def test_nothing_beside_the_entry_runs(text: str) -> None:
    """The entry speaks for one command with its options, not for what is hung on it."""
    assert not judged(text, QUEUE).auto


@pytest.mark.parametrize(
    "name",
    [
        "bash", "sh", "zsh", "fish", "pwsh", "python", "python3", "python3.12", "perl", "ruby",
        "node", "php8.3", "lua", "sudo", "doas", "env", "xargs", "timeout", "nohup", "ssh", "su",
        "awk", "gawk", "sed", "find", "make", "watch", "parallel", "busybox", "eval", "exec",
        "source", "psql", "mysql", "sqlite3", "redis-cli", "vim", "less", "git", "npx", "nsenter",
        "systemd-run", "flock", "expect", "ansible-playbook", "let", "typeset", "mapfile",
        "heroku run", "fly ssh", "docker compose run", "rlwrap", "dc", "docker exec",
        "kubectl exec", "/opt/tools/bash", "/usr/bin/env", "curl", "tar",
    ],
)  # fmt: skip
def test_what_runs_other_commands_is_never_trusted(name: str) -> None:
    """One such entry would make every command of the world a read."""
    assert objections(tool(name))


@pytest.mark.parametrize(
    "name",
    [
        "rm", "docker rm", "kubectl delete", "kubectl get secrets", "docker", "kubectl",
        "docker logs", "oc delete", "docker-compose down", "terraform destroy", "vault read",
        "systemctl", "aws s3", "dropdb", "heroku config", "tcpdump -c", "shopctl; rm",
        "shop ctl$(x)", "./check", "../check", "a b c d e", "/bin/shopctl", "*", "shopctl --all",
        "ѕhopctl",
    ],
)  # fmt: skip
def test_nobody_makes_less_of_a_command_than_is_known(name: str) -> None:
    """A mistake in tocsin.toml must not undo the catalogue."""
    assert objections(tool(name))


@pytest.mark.parametrize(
    ("entry", "text", "risk"),
    [
        (tool("docker logs", risk="secret"), "docker logs app", Risk.SECRET),
        (tool("shopctl wipe", risk="destroy"), "shopctl wipe all", Risk.DESTROY),
        (tool("shopctl sync", risk="change", raises={"--force": "destroy"}),
         "shopctl sync --force", Risk.DESTROY),
        (tool("shopctl tail", risk="endless"), "shopctl tail orders", Risk.ENDLESS),
        (tool("/opt/shop/check"), "/opt/shop/check x", Risk.READ),
        (tool("df", unattended=False), "df -h", Risk.CHANGE),
    ],
)  # fmt: skip
def test_an_entry_may_ask_for_more_care(entry: Tool, text: str, risk: Risk) -> None:
    """A team knows which of its commands hurt."""
    verdict = judged(text, entry)

    assert verdict.risk is risk
    assert verdict.auto == (risk is Risk.READ)


def test_what_is_worse_on_the_catalogue_stays_as_bad() -> None:
    """Two entries for one command are one too many; the kinder of them loses."""
    assert objections(tool("docker rm", risk="change"))
    worse = tool("docker restart", risk="destroy", not_match=["docker restart --help"])
    assert objections(worse) == []


def test_a_word_that_destroys_counts_behind_an_entry_too() -> None:
    """An entry with any operand does not speak for what the words themselves say."""
    assert judged("artisan queue:clear", tool("artisan")).risk is Risk.DESTROY


def test_examples_are_judged_whole() -> None:
    """What is hung on an example counts against it, as it would in a runbook."""
    wrong = tool("shopctl", match=["shopctl x > f", "df -h"], not_match=["shopctl y"])

    assert [sentence.split()[0] for sentence in objections(wrong)] == [
        "match", "match", "not_match",
    ]  # fmt: skip


def test_each_part_of_an_own_command_is_named_for_what_it_is() -> None:
    """The explanation follows the same entries as the verdict."""
    roles = [part.role.value for part in explain("shopctl queue orders", own=(QUEUE,))]

    assert roles == ["program", "sub-command", "operand"]


def test_the_workspace_holds_the_commands_of_its_team() -> None:
    """They reach every place that judges as a value."""
    workspace = settings.read(SECTION, file="tocsin.toml", directory="/team")

    assert judged("shopctl queue orders", *workspace.commands).auto


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"shopctl queue"', '"sudo"'), "tocsin.toml:3: [command] name cannot be 'sudo'"),
        (('"[a-z]+"', '"["'), "tocsin.toml:4: [command] operand is no pattern"),
        (('["shopctl queue orders"]', '["shopctl queue 5"]'), "tocsin.toml:5: [command] match"),
        (('["shopctl queue orders"]', "[]"), "tocsin.toml:5: [command] match needs at least one"),
        (("--purge orders", "orders"), "tocsin.toml:6: [command] not_match"),
        (("not_match", "flags = ['all']\nnot_match"), "'all' is no option"),
        (("not_match", "risk = 'manual'\nnot_match"), "[command] risk should be one of"),
        (
            ("not_match", "raises = { '-f' = 'read' }\nnot_match"),
            "[command] raises should be one of",
        ),
        (("not_match", "limits = { '-n' = '(' }\nnot_match"), "[command] limits is no pattern"),
        (('\nnot_match = ["shopctl queue --purge orders"]', ""), "[[command]] needs 'not_match'"),
        (('name = "shopctl queue"\n', ""), "[[command]] needs 'name'"),
    ],
)
def test_each_mistake_in_an_own_command_is_named(change: tuple[str, str], said: str) -> None:
    """With its line, and before anything starts."""
    assert said in mistakes(SECTION.replace(*change))
