"""`tocsin coverage` as a person, and a CI job, calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tocsin.cli.commands.coverage import command
from tocsin.core.errors import Invalid

RUNBOOK = """# Bakery

## Oven cold

**Alert:** `OvenCold`
**Severity:** Critical (P0)

### Investigation Steps

1. **Look**
   ```bash
   uptime
   ```
"""

WORKSPACE = """
[[channel]]
name = "console"
kind = "console"

[[person]]
name = "ada"
channels = ["console"]

[[policy]]
name = "all"
[[policy.level]]
people = ["ada"]
patience = "5m"

[[service]]
name = "bakery"
policy = "all"
runbooks = ["bakery.md"]

[[check]]
name = "oven"
kind = "tcp"
host = "oven.example"
port = 80
alert = "OvenCold"
"""

RULES = "groups:\n- name: a\n  rules:\n  - alert: OvenGone\n    expr: absent(oven)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where somebody stands, with a runbook and rules."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bakery.md").write_text(RUNBOOK)
    (tmp_path / "bakery.yml").write_text(RULES)
    return tmp_path


def coverage(*words: str) -> Result:
    """Call it."""
    return CliRunner().invoke(command, [*words])


def test_the_table_says_what_is_missing(folder: Path) -> None:
    """One line per alert, and the sum."""
    done = coverage("bakery.md", "--rules", "bakery.yml")

    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0] == "ALERT PLAYBOOK FIRED BY REHEARSED"
    assert lines[1] == "OvenCold Oven cold (bakery.md:3) nothing never"
    assert lines[2] == "OvenGone none bakery.yml:4 never"
    assert "2 alerts, 1 without a playbook" in lines[-1]
    assert done.exit_code == 0


def test_strict_fails_where_something_is_missing(folder: Path) -> None:
    """For CI. Rehearsals cannot be recorded yet, so they do not count."""
    assert coverage("bakery.md", "--strict", "--rules", "bakery.yml").exit_code == 3

    (folder / "tocsin.toml").write_text(WORKSPACE)
    assert coverage("--strict").exit_code == 0


def test_without_rules_and_checks_it_says_that_firing_is_not_known(folder: Path) -> None:
    """Rather than that nothing fires."""
    done = coverage("bakery.md", "--strict")

    assert done.exit_code == 0
    assert "--rules" in done.stderr
    assert "nothing never" not in " ".join(done.stdout.split())


def test_the_workspace_gives_runbooks_and_checks(folder: Path) -> None:
    """Nothing has to be named."""
    (folder / "tocsin.toml").write_text(WORKSPACE)

    done = coverage("--json")

    (row,) = json.loads(done.stdout)["rows"]
    assert row == {
        "alert": "OvenCold",
        "playbooks": [
            {"file": "bakery.md", "line": 3, "anchor": "oven-cold", "heading": "Oven cold"}
        ],
        "fired_by": ["check oven"],
        "rehearsed_at": None,
        "gaps": ["drill"],
    }


def test_what_cannot_be_read_is_said_and_the_rest_is_shown(folder: Path) -> None:
    """Half a table that looks whole would be worse than none."""
    (folder / "broken.yml").write_text("groups: [\n")

    done = coverage("bakery.md", "none.md", "--rules", "broken.yml", "--rules", "gone.yml")

    assert done.exit_code == 2
    assert "OvenCold" in done.stdout
    for name in ("none.md", "broken.yml", "gone.yml"):
        assert name in done.stderr


def test_without_any_runbook_it_asks_for_one(folder: Path) -> None:
    """Rather than show an empty table."""
    with pytest.raises(Invalid) as refused:
        CliRunner().invoke(command, [], standalone_mode=False, catch_exceptions=False)

    assert refused.value.code == "coverage.no_path"
