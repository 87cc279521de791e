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


def test_the_last_line_says_what_was_not_understood(tmp_path: Path) -> None:
    """Whoever relies on the rest must know what to read for themselves."""
    (tmp_path / "night.md").write_text(TEXT + "\n## Story\n\nOnce.\n\n## Names\n\nLampy.\n")
    (tmp_path / "all.md").write_text(TEXT)
    files = [str(tmp_path / name) for name in ("night.md", "all.md")]
    result = CliRunner().invoke(command, files)
    assert "understood 10 of 14 lines (71 %); left as prose: lines 16-18, 20-22\n" in result.output
    assert result.output.endswith("understood 10 of 10 lines (100 %)\n\n")
    document, _ = json.loads(CliRunner().invoke(command, ["--json", *files]).stdout)["documents"]
    assert document["understood"]["understood"] == 10
    assert [one["text"] for one in document["understood"]["prose"]] == [
        "## Story\n\nOnce.",
        "## Names\n\nLampy.",
    ]


def test_every_fact_stands_behind_its_line(tmp_path: Path) -> None:
    """Whoever doubts a fact looks it up."""
    rest = """
**Escalation:**
- No light after 10 minutes: page the keeper

## Contacts

- **Keeper**: keeper@lamp.test
- **Owner**: [Phone]
"""
    (tmp_path / "night.md").write_text(TEXT + rest)
    shown = CliRunner().invoke(command, [str(tmp_path / "night.md")]).output
    for line in (
        "     3  Lamp Dark",
        "     6    symptom      No light",
        "    10    investigate  Look",
        "    12      read, by itself    uptime",
        "    17    escalation   after 10m · No light after 10 minutes: page the keeper",
        "    21    contact      Keeper: keeper@lamp.test",
        "    22    contact      Owner: nobody can be reached by this",
    ):
        assert line + "\n" in shown


def test_a_heading_cannot_steer_the_terminal(tmp_path: Path) -> None:
    """A document is not trusted more than anything else that comes from outside."""
    (tmp_path / "night.md").write_text(TEXT.replace("Lamp", "\x1b[2JLamp"))
    result = CliRunner().invoke(command, [str(tmp_path / "night.md")])
    assert "\x1b" not in result.output
