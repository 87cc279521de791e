"""A team's own commands reach every command line that judges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tocsin.cli import judging
from tocsin.cli.commands import doctor, lint, plan, read, risk
from tocsin.core.errors import Invalid

WORKSPACE = """
[[command]]
name = "shopctl queue"
operand = "[a-z]+"
match = ["shopctl queue orders"]
not_match = ["shopctl queue --purge orders"]
"""
RUNBOOK = """# Shop

## Queue is stuck

**Alert:** `QueueStuck`

### Look

```bash
shopctl queue orders
```
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "tocsin.toml").write_text(WORKSPACE)
    (tmp_path / "shop.md").write_text(RUNBOOK)
    return tmp_path


def asked(command: object, *words: str) -> Result:
    return CliRunner().invoke(command, list(words), catch_exceptions=False)  # type: ignore[arg-type]


def test_risk_knows_the_commands_of_the_workspace_named(workspace: Path) -> None:
    """A verdict asked for at the desk must be the one on duty."""
    told = asked(risk.command, "--json", "--workspace", str(workspace), "shopctl queue orders")

    answer = json.loads(told.stdout)
    assert answer["auto"]
    assert [word["role"] for word in answer["words"]] == ["program", "sub-command", "operand"]


def test_risk_knows_the_commands_of_the_workspace_here(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stands in the folder need not say so; and elsewhere nothing of it is known."""
    monkeypatch.chdir(workspace)
    here = json.loads(asked(risk.command, "--json", "shopctl queue orders").stdout)

    (workspace / "elsewhere").mkdir()
    monkeypatch.chdir(workspace / "elsewhere")
    elsewhere = json.loads(asked(risk.command, "--json", "shopctl queue orders").stdout)

    assert here["auto"]
    assert not elsewhere["auto"]


def test_read_and_plan_know_the_commands_beside_the_runbook(workspace: Path) -> None:
    """What they say would run must be what would run."""
    found = json.loads(asked(read.command, "--json", str(workspace / "shop.md")).stdout)
    shown = asked(read.command, str(workspace / "shop.md")).stdout
    planned = json.loads(asked(plan.command, "--json", str(workspace / "shop.md")).stdout)

    assert found["documents"][0]["blocks"][0]["statements"][0]["auto"]
    assert "1 would run unattended" in shown
    assert "shopctl queue orders" in json.dumps(planned)


def test_lint_takes_what_the_commands_of_the_team_may_do(workspace: Path) -> None:
    """What deletes before anybody has looked is objected to; a look is not."""
    text = RUNBOOK.replace("### Look", "### Free some space")
    (workspace / "shop.md").write_text(f"{text}\n### Find large files\n\n```bash\ndf -h\n```\n")
    looks = asked(lint.command, "--no-shellcheck", str(workspace / "shop.md"))

    destroys = WORKSPACE.replace("operand", 'risk = "destroy"\noperand')
    known = destroys.replace('"shopctl queue --purge orders"', '"shopctl queue --help"')
    (workspace / "tocsin.toml").write_text(known)
    judging._commands.cache_clear()
    objected = asked(lint.command, "--no-shellcheck", str(workspace / "shop.md"))

    assert "before anybody has looked" not in looks.stdout
    assert "before anybody has looked" in objected.stdout


@pytest.mark.parametrize("command", [risk.command, doctor.command])
def test_an_entry_that_breaks_its_word_is_refused_with_its_line(
    workspace: Path, command: object
) -> None:
    """Nothing is judged by half a catalogue."""
    (workspace / "tocsin.toml").write_text(WORKSPACE.replace("--purge orders", "orders"))
    words = ["uptime"] if command is risk.command else []

    with pytest.raises(Invalid) as caught:
        asked(command, "--workspace", str(workspace), *words)

    assert "tocsin.toml:6: [command] not_match" in caught.value.message
