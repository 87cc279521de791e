"""`tocsin rules` as a person, and a CI job, calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tocsin.cli.commands.rules import command
from tocsin.core.errors import Conflict, Invalid

RUNBOOK = """# Bakery

## Orders end in an error

**Alert:** `OrdersRefused`
**Severity:** Critical (P0)
**Threshold:** >5% error rate for 5 minutes

### Investigation Steps

1. **Look**
   ```bash
   uptime
   ```

## The oven is hot

**Alert:** `OvenHot`
**Severity:** Warning (P1)
**Threshold:** >260 degrees

### Investigation Steps

1. **Look**
   ```bash
   uptime
   ```
"""

WORKSPACE = """
[tocsin]
runbook_url = "https://docs.example.org/runbooks"

[[metric]]
name = "oven temperature"
words = ["oven", "degrees"]
shape = "gauge"
unit = "count"
series = "oven_celsius"
by = ["oven"]
aggregate = "max"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where somebody stands, with one runbook."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bakery.md").write_text(RUNBOOK)
    return tmp_path


def rules(*words: str) -> Result:
    """Call it; what it raises comes through."""
    return CliRunner().invoke(command, [*words], standalone_mode=False, catch_exceptions=False)


def test_each_runbook_gets_its_rules_and_their_tests(folder: Path) -> None:
    """And what has no rule is said, with its line."""
    done = rules("bakery.md", "-o", "out")

    assert done.exit_code == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "bakery.rules.yml",
        "bakery.test.yml",
    ]
    assert "bakery.md:20: no rule for degrees > 260" in done.stderr
    assert "bakery.md:7: OrdersRefused: late:" in done.stderr
    assert done.stdout.count("written") == 2


def test_the_workspace_binds_what_the_catalogue_does_not_know(folder: Path) -> None:
    """And says where the runbooks can be read."""
    (folder / "tocsin.toml").write_text(WORKSPACE)

    rules("bakery.md", "-o", "out")

    text = (folder / "out" / "bakery.rules.yml").read_text()
    assert "expr: 'max by (oven) (oven_celsius) > 260'" in text
    assert "'https://docs.example.org/runbooks/bakery.md#the-oven-is-hot'" in text


def test_a_series_that_is_none_is_refused(folder: Path) -> None:
    """Before anything is written."""
    (folder / "tocsin.toml").write_text(WORKSPACE.replace("oven_celsius", "avg(oven)"))

    with pytest.raises(Invalid) as refused:
        rules("bakery.md", "-o", "out")

    assert refused.value.code == "rules.series"
    assert not (folder / "out").exists()


def test_check_fails_until_it_is_written(folder: Path) -> None:
    """For CI; and it writes nothing itself."""
    rules("bakery.md", "-o", "out")
    assert status("bakery.md", "-o", "out", "--check") == 0

    (folder / "bakery.md").write_text(RUNBOOK.replace(">5%", ">6%"))
    assert status("bakery.md", "-o", "out", "--check") == 3
    assert "0.05" in (folder / "out" / "bakery.rules.yml").read_text()


def status(*words: str) -> int:
    """Return the exit status of a call."""
    return CliRunner().invoke(command, [*words]).exit_code


def test_check_before_the_first_writing_fails(folder: Path) -> None:
    """A folder that is not there is not up to date."""
    assert status("bakery.md", "-o", "out", "--check") == 3
    assert not (folder / "out").exists()


def test_files_of_others_are_left_alone(folder: Path) -> None:
    """Unless that is asked for."""
    (folder / "out").mkdir()
    theirs = folder / "out" / "bakery.test.yml"
    theirs.write_text("tests: []\n")

    with pytest.raises(Conflict) as refused:
        rules("bakery.md", "-o", "out")
    assert refused.value.code == "rules.foreign"
    assert [path.name for path in (folder / "out").iterdir()] == ["bakery.test.yml"]

    assert rules("bakery.md", "-o", "out", "--force").exit_code == 0
    assert theirs.read_text() != "tests: []\n"


def test_the_files_of_a_runbook_without_thresholds_are_removed(folder: Path) -> None:
    """Or they would alert for what nobody demands any more."""
    rules("bakery.md", "-o", "out")
    (folder / "bakery.md").write_text("# Bakery\n\nNothing to see.\n")

    assert status("bakery.md", "-o", "out", "--check") == 3
    rules("bakery.md", "-o", "out")

    assert list((folder / "out").iterdir()) == []
    assert status("bakery.md", "-o", "out", "--check") == 0


def test_folders_are_searched_and_names_do_not_collide(folder: Path) -> None:
    """Every team calls it runbook.md."""
    for name in ("north", "south"):
        (folder / name).mkdir()
        (folder / name / "runbook.md").write_text(RUNBOOK)

    rules(".", "-o", "out")

    assert sorted(path.name for path in (folder / "out").glob("*.rules.yml")) == [
        "bakery.rules.yml",
        "north-runbook.rules.yml",
        "south-runbook.rules.yml",
    ]


def test_a_file_that_cannot_be_read_does_not_stop_the_others(folder: Path) -> None:
    """But the status says so."""
    (folder / "bad.md").write_bytes(b"\0")

    done = CliRunner().invoke(command, ["bad.md", "none.md", "bakery.md", "-o", "out"])

    assert done.exit_code == 2
    assert "bad.md: " in done.stderr
    assert "none.md: cannot be read" in done.stderr
    assert (folder / "out" / "bakery.rules.yml").exists()


def test_json_tells_all_there_is(folder: Path) -> None:
    """For programs."""
    done = rules("bakery.md", "-o", "out", "--json", "--base-url", "https://x.example/")

    (found,) = json.loads(done.stdout)["runbooks"]
    (rule,) = found["rules"]
    assert (rule["alert"], rule["line"], rule["for_s"]) == ("OrdersRefused", 7, 300)
    assert rule["annotations"]["runbook_url"].startswith("https://x.example/bakery.md#")
    assert rule["origin"] == "bound to 'error rate' of the catalogue"
    assert "[[metric]]" in found["unbound"][0]["stub"]


def test_where_it_is_called_from_does_not_matter(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An absolute path gives the same files."""
    rules("bakery.md", "-o", "out")

    assert status(str(folder / "bakery.md"), "-o", str(folder / "out"), "--check") == 0
