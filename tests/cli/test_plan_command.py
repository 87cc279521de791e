"""`tocsin plan` as a person calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.cli.root import run

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/jobs/runbook.md"
ALONE = """# Night

## Lamp \x1b[2Jdark

**Alert:** `LampDark`

1. **Look at \u202ethe lamp**
   ```bash
   journalctl -u lamp
   ```

**Fix:**

```bash
echo '\x1b[31m' | lampctl "a command that is much longer than the narrow terminal it is shown in"
```

## Lamp too bright

**Alert:** `LampBright`

1. Wait
"""


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    (tmp_path / "night.md").write_text(ALONE)
    return tmp_path / "night.md"


def test_a_playbook_is_told_with_the_people_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    """One command, nothing set up but what lies in the folder."""
    assert run(["plan", f"{EXAMPLE}#job-worker-down"]) == 0
    out = capsys.readouterr().out

    assert "ada is paged by mail" in out
    assert "grace is paged by mail, unless somebody has taken it" in out
    assert "waits for your approval: ./jobsctl is not known to only look" in out
    assert "Must no longer be so: health check is failing for 2 s" in out
    assert "Nobody is bound" not in out


def test_the_name_of_an_alert_is_enough(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is what stands in the page one got."""
    assert run(["plan", f"{alone}#LampBright"]) == 0
    out = capsys.readouterr().out

    assert out.startswith("Lamp too bright\n")
    assert "Nobody is bound yet" in out


def test_several_playbooks_are_listed(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which one is meant is a person's choice; all of them at once would hide it."""
    assert run(["plan", str(alone)]) == 0
    told = capsys.readouterr()

    assert "#lamp-too-bright" in told.out
    assert "1 step by hand." in told.out
    assert "At once" not in told.out
    assert "--all" in told.err

    assert run(["plan", str(alone), "--all"]) == 0
    out = capsys.readouterr().out
    assert out.count("At once") == 2
    assert out.count("Nobody is bound yet") == 1


def test_no_line_is_wider_than_the_terminal(
    alone: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line broken by the terminal tears the columns apart."""
    for columns in (40, 60, 80):
        monkeypatch.setenv("COLUMNS", str(columns))
        for file in (alone, EXAMPLE):
            run(["plan", str(file), "--all"])
            lines = capsys.readouterr().out.split("\n")
            assert max(map(len, lines)) <= columns


@pytest.mark.parametrize("form", [["--all"], ["--json"], []])
def test_a_document_cannot_steer_the_terminal(
    alone: Path, capsys: pytest.CaptureFixture[str], form: list[str]
) -> None:
    """Escapes and reversals are shown, never obeyed."""
    assert run(["plan", str(alone), *form]) == 0
    out = capsys.readouterr().out

    assert "\x1b" not in out
    assert "\u202e" not in out


def test_an_unknown_playbook_is_answered_with_the_nearest(
    alone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody types an anchor right at night."""
    assert run(["plan", f"{alone}#lamp-to-bright"]) == 4
    assert "#lamp-too-bright" in capsys.readouterr().err


def test_a_severity_must_be_one_of_the_document(
    alone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A level of another team's scheme would set no clock at all."""
    assert run(["plan", f"{EXAMPLE}#job-worker-down", "--severity", "p1"]) == 0
    assert "P1 wants an answer within 15 min" in capsys.readouterr().out

    assert run(["plan", f"{EXAMPLE}#job-worker-down", "--severity", "SEV-1"]) == 4
    assert "P0, P1, P2, P3" in capsys.readouterr().err


def test_a_playbook_is_found_by_its_alert_however_that_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Anchors are small letters, and so people write everything behind the sharp."""
    assert run(["plan", f"{EXAMPLE}#jobworkerdown"]) == 0
    assert "The alert JobWorkerDown fires" in capsys.readouterr().out


def test_a_file_that_is_not_there_or_no_runbook_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a sentence, not a traceback."""
    assert run(["plan", str(tmp_path / "none.md")]) == 2
    assert "none.md: cannot be read: No such file" in capsys.readouterr().err

    (tmp_path / "empty.md").write_text("Nothing\n")
    assert run(["plan", str(tmp_path / "empty.md")]) == 4
    assert "no section of it is a playbook" in capsys.readouterr().err


def test_a_workspace_that_does_not_list_the_runbook_says_so(
    alone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its people would not be paged for it, so they are not promised."""
    assert run(["plan", f"{alone}#LampBright", "--workspace", str(EXAMPLE.parent)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "no service of" in out
    assert "lists this runbook" in out
    assert "ada" not in out


def test_what_draws_the_page_is_imported_for_the_page_alone() -> None:
    """Half a second is the most one waits for an answer at night."""
    asked = f"run(['plan', {str(EXAMPLE)!r}]); print('jinja2' in sys.modules, file=sys.stderr)"
    words = [sys.executable, "-c", f"import sys; from tocsin.cli.root import run; {asked}"]
    assert subprocess.run(words, capture_output=True, text=True).stderr.endswith("False\n")


def test_json_has_every_entry_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    """For those who put it elsewhere."""
    assert run(["plan", str(EXAMPLE), "--json"]) == 0
    plans = json.loads(capsys.readouterr().out)["plans"]

    assert [plan["playbook"]["anchor"] for plan in plans] == [
        "job-worker-down",
        "queue-backlog",
        "disk-almost-full",
    ]
    (page,) = [
        entry for entry in plans[0]["entries"] if entry["kind"] == "page" and entry["at_s"] == 0
    ]
    assert (page["people"], page["source"], page["line"]) == (["ada"], "tocsin.toml", None)
    (run_,) = [
        each for entry in plans[0]["entries"] for each in entry["runs"] if "recover" in each["text"]
    ]
    assert run_["why"] == ["./jobsctl is not known to only look"]
