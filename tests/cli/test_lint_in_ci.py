"""The hook and the action that other repositories use run the command that exists."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = "# Night\n\n## Lamp dark\n\n1. **Look**\n   ```bash\n   tail -f /var/log/lamp.log\n   ```\n"


def _yaml(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def _action(inputs: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the action's last step as a runner would, with the command from this tree."""
    step = _yaml("action.yml")["runs"]["steps"][-1]
    program = folder / "tocsin" / "bin" / "tocsin"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tocsin "$@"\n')
    program.chmod(0o755)
    defaults = {name: one["default"] for name, one in _yaml("action.yml")["inputs"].items()}
    given = {name.upper(): value for name, value in (defaults | inputs).items()}
    return subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=folder,
        env={**os.environ, **given, "RUNNER_TEMP": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_marks_the_lines_of_a_pull_request(tmp_path: Path) -> None:
    """A reviewer sees the finding beside the change."""
    (tmp_path / "night.md").write_text(TEXT)
    ended = _action({"paths": "night.md", "arguments": "--select RUN-ENDLESS"}, tmp_path)
    assert ended.returncode == 3
    assert ended.stdout.startswith("::error file=night.md,line=7,title=RUN-ENDLESS::")


def test_an_input_of_the_action_is_never_a_command(tmp_path: Path) -> None:
    """A pull request of a stranger may choose the names of files."""
    ended = _action({"paths": "$(touch${IFS}pwned) ;touch pwned"}, tmp_path)
    assert ended.returncode == 2
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("name", ["docs/runbooks/api.md", "ops/playbook/db.md", "RUNBOOK.md"])
def test_the_hook_looks_at_runbooks(name: str) -> None:
    """What nobody would call a runbook is left alone."""
    import re

    (hook,) = _yaml(".pre-commit-hooks.yaml")
    assert hook["entry"] == "tocsin lint"
    assert re.search(hook["files"], name)
    assert not re.search(hook["files"], "README.md")
