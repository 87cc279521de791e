"""Every import rule is broken on purpose, once, and must be reported."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
NAMES = {rule["id"]: rule["name"] for rule in RULES}

BREAKS = {
    "flow": ("core/ids.py", "import tocsin.incidents.lifecycle", "tocsin.incidents"),
    "adapters-behind-ports": ("app.py", "import tocsin.adapters.secrets", "tocsin.app"),
    "adapters-know-ports-only": (
        "adapters/secrets.py",
        "import tocsin.records.timeline",
        "tocsin.records",
    ),
    "adapters-independent": (
        "adapters/probes/tcp.py",
        "import tocsin.adapters.probes.http",
        "tocsin.adapters.probes.http",
    ),
    "pure-core": ("core/ids.py", "def later():\n    import socket", "socket"),
    "io-in-adapters": ("paging/escalate.py", "import sqlite3", "sqlite3"),
    "web-inside": ("web/present.py", "import tocsin.web.api.events", "tocsin.web.api"),
    "no-cycles": ("core/ids.py", "import tocsin.core.incident", "tocsin.core"),
}
"""Rule -> the file that breaks it, the line that does it, what the report must name."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Our sources, somewhere they may be spoilt."""
    ignore = shutil.ignore_patterns("__pycache__", "static", "templates")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(copy: Path, *rules: str) -> subprocess.CompletedProcess[str]:
    """Check the copy against these rules, or all."""
    chosen = [word for rule in rules for word in ("--contract", rule)]
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo", *chosen],
        cwd=copy,
        env={"PYTHONPATH": str(copy / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_as_it_stands_no_rule_is_broken(copy: Path) -> None:
    """Or none of the reports below would mean anything."""
    told = lint(copy)

    assert told.returncode == 0, told.stdout
    assert f"{len(RULES)} kept, 0 broken" in told.stdout


def test_every_rule_has_its_break() -> None:
    """A rule that nobody has seen fail may be one that cannot."""
    assert set(BREAKS) == set(NAMES)


@pytest.mark.parametrize("rule", BREAKS)
def test_a_rule_broken_on_purpose_is_reported(copy: Path, rule: str) -> None:
    """One line is enough, also one inside a function."""
    file, line, named = BREAKS[rule]
    spoilt = copy / "src" / "tocsin" / file
    spoilt.write_text(f"{spoilt.read_text()}\n\n{line}\n")

    told = lint(copy, rule)

    assert told.returncode == 1, told.stdout
    assert f"{NAMES[rule]} BROKEN" in told.stdout
    assert named in told.stdout


def test_a_new_top_level_module_needs_a_decision(copy: Path) -> None:
    """The list of layers is exhaustive, so that no `utils` appears beside them."""
    (copy / "src" / "tocsin" / "utils.py").write_text('"""Odds and ends."""\n')

    told = lint(copy, "flow")

    assert told.returncode == 1
    assert "tocsin.utils" in told.stdout or "- utils" in told.stdout
