"""`tocsin read` as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from tocsin.cli.commands.read import command

TEXT = """# Night

## Lamp Dark

**Symptoms:**
- No light

**Investigation:**

1. **Look**
   ```bash
   uptime
   systemctl restart lamp
   ```
"""


def test_the_overview_says_what_runs_by_itself(tmp_path: Path) -> None:
    """It is read before a runbook goes on duty."""
    (tmp_path / "night.md").write_text(TEXT)
    result = CliRunner().invoke(command, [str(tmp_path / "night.md")])
    assert result.exit_code == 0
    assert "1 playbook, 2 statements, 1 would run unattended" in result.output
    assert "read, by itself" in result.output
    assert "change, asks" in result.output


def test_json_has_every_document_that_could_be_read(tmp_path: Path) -> None:
    """One bad file among many must not hide the others."""
    (tmp_path / "night.md").write_text(TEXT)
    (tmp_path / "bad.md").write_bytes(b"\0")
    files = [str(tmp_path / name) for name in ("bad.md", "night.md", "none.md")]
    result = CliRunner().invoke(command, ["--json", *files])
    assert result.exit_code == 2
    (document,) = json.loads(result.stdout)["documents"]
    assert document["playbooks"][0]["line"] == 3
    assert "bad.md" in result.stderr
    assert "none.md" in result.stderr


def test_a_heading_cannot_steer_the_terminal(tmp_path: Path) -> None:
    """A document is not trusted more than anything else that comes from outside."""
    (tmp_path / "night.md").write_text(TEXT.replace("Lamp", "\x1b[2JLamp"))
    result = CliRunner().invoke(command, [str(tmp_path / "night.md")])
    assert "\x1b" not in result.output
