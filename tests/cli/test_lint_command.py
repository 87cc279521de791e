"""`tocsin lint` as a person, a pipeline and a pull request call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tocsin.cli.commands.lint import command
from tocsin.cli.root import run

TEXT = """# Night

## Lamp Dark

**Symptoms:**
- No light

1. **Look**
   ```bash
   tail -100 /var/log/lamp.log
   tail -f /var/log/lamp.log
   ```
2. **Restart**
   ```bash
   docker-compose restart lamp
   docker-compose ps
   ```
"""
ONLY = ["--no-shellcheck", "--select", "RUN-ENDLESS,DEP"]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A runbook with an error, a warning and an info."""
    (tmp_path / "night.md").write_text(TEXT)
    return tmp_path / "night.md"


def lint(*arguments: object, answer: str = "") -> Result:
    """Run the command as it is called from a shell."""
    return CliRunner().invoke(command, [str(one) for one in arguments], input=answer)


def test_the_report_names_every_line_once(book: Path) -> None:
    """One cause is one finding, however often it stands there."""
    ended = lint(book, *ONLY)
    assert ended.exit_code == 3
    assert "11  error  RUN-ENDLESS" in ended.output
    assert "takes the same arguments. Lines 15-16." in " ".join(ended.output.split())
    assert ended.output.endswith("1 error, 1 warning, 1 info in 1 document. `--fix` mends 2.\n")


def test_a_warning_fails_only_where_it_is_asked_to(book: Path) -> None:
    """A team starts with errors and tightens later."""
    assert lint(book, "--no-shellcheck", "--select", "DEP").exit_code == 0
    assert lint(book, "--no-shellcheck", "--select", "DEP", "--strict").exit_code == 3
    assert lint(book, "--no-shellcheck", "--select", "DEP", "--ignore", "DEP").exit_code == 0


def test_a_folder_stands_for_the_markdown_in_it(book: Path) -> None:
    """What is hidden or no Markdown is nobody's runbook."""
    (book.parent / ".git").mkdir()
    (book.parent / ".git" / "hidden.md").write_text(TEXT)
    (book.parent / "notes.txt").write_text(TEXT)
    ended = lint(book.parent, "--format", "json", *ONLY)
    assert {finding["file"] for finding in json.loads(ended.output)["findings"]} == {str(book)}


def test_json_has_the_fields_of_a_finding(book: Path) -> None:
    """Scripts depend on these names."""
    first, *_ = json.loads(lint(book, "--format", "json", *ONLY).output)["findings"]
    assert first == {
        "file": str(book),
        "lines": [10],
        "rule": "DEP",
        "severity": "info",
        "message": "`tail -N` is an obsolete form: use `tail -n N`.",
        "fixable": True,
    }


def test_sarif_names_rules_levels_and_places(book: Path) -> None:
    """A code scanner shows the finding at its line."""
    log = json.loads(lint(book, "--format", "sarif", *ONLY).output)
    driver = log["runs"][0]["tool"]["driver"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in driver["rules"]] == ["DEP", "RUN-ENDLESS"]
    result = next(one for one in log["runs"][0]["results"] if one["ruleId"] == "RUN-ENDLESS")
    assert result["level"] == "error"
    place = result["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 11}
    assert place["artifactLocation"]["uri"].endswith("night.md")


def test_a_pull_request_gets_workflow_commands_that_text_cannot_break(tmp_path: Path) -> None:
    """A command is quoted from the document; it may hold whatever it likes."""
    name = tmp_path / "a,b:c%.md"
    name.write_text(TEXT.replace("/var/log/lamp.log", "'50%::error::x.log'"))
    ended = lint(name, "--format", "github", *ONLY)
    lines = ended.output.splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("::error file=")
    assert "a%2Cb%3Ac%25.md,line=11,title=RUN-ENDLESS::" in lines[1]
    assert "50%25::error::x.log" in lines[1]


def test_fix_shows_a_diff_and_writes_only_what_is_agreed_to(book: Path) -> None:
    """It is the team's document."""
    refused = lint(book, "--fix", *ONLY, answer="n\n")
    assert "-   docker-compose restart lamp\n" in refused.output
    assert "+   docker compose restart lamp\n" in refused.output
    assert book.read_text() == TEXT
    lint(book, "--fix", *ONLY, answer="y\n")
    assert "docker compose ps" in book.read_text()
    assert "tail -n 100 /var/log/lamp.log" in book.read_text()
    again = lint(book, "--fix", "--yes", *ONLY)
    assert "1 error in 1 document." in again.output
    assert "+++" not in again.output


def test_without_anybody_to_ask_nothing_is_written(book: Path) -> None:
    """A pipeline has no terminal; it says so, and the findings come all the same."""
    ended = lint(book, "--fix", *ONLY)
    assert ended.exit_code == 3
    assert "--yes writes without asking" in ended.output
    assert "RUN-ENDLESS" in ended.output
    assert book.read_text() == TEXT


def test_a_comment_with_a_reason_silences_what_comes_after_it(book: Path) -> None:
    """Some findings are meant to be so."""
    comment = "   <!-- tocsin ignore RUN-ENDLESS: the second screen -->\n   ```bash\n   tail"
    book.write_text(TEXT.replace("   ```bash\n   tail", comment, 1))
    assert lint(book, "--no-shellcheck", "--select", "RUN-ENDLESS").exit_code == 0
    section = TEXT.replace("## Lamp", "<!-- tocsin ignore RUN-ENDLESS: all of it -->\n## Lamp")
    book.write_text(section)
    assert lint(book, "--no-shellcheck", "--select", "RUN-ENDLESS").exit_code == 0
    book.write_text(section.replace(": all of it", ""))
    assert lint(book, "--no-shellcheck", "--select", "RUN-ENDLESS").exit_code == 3


def test_a_comment_that_silences_nothing_is_reported(book: Path) -> None:
    """It would hide the next mistake."""
    book.write_text("<!-- tocsin ignore RUN-ENDLESS: once it was so -->\n# Night\n\nAll is well.\n")
    ended = lint(book, "--no-shellcheck", "--select", "RUN-ENDLESS,LINT")
    assert "LINT-SUPPRESS" in ended.output
    assert "RUN-ENDLESS has no finding there" in " ".join(ended.output.split())


def test_explain_prints_the_page_of_a_rule(capsys: pytest.CaptureFixture[str]) -> None:
    """The page is at hand where the finding is."""
    assert run(["lint", "--explain", "run-endless"]) == 0
    assert capsys.readouterr().out.startswith("# RUN-ENDLESS\n")


def test_an_unknown_rule_is_refused_before_anything_is_read(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A typing mistake in --ignore would silently check everything."""
    assert run(["lint", str(book), "--ignore", "RUN-ENDLES"]) == 4
    assert "no rule called RUN-ENDLES" in capsys.readouterr().err
    assert run(["lint"]) == 2


def test_what_cannot_be_read_is_said_and_the_others_are_looked_at(book: Path) -> None:
    """One bad file among many must not hide the others."""
    (book.parent / "bad.md").write_bytes(b"\xff\x00")
    ended = lint(book.parent, *ONLY)
    assert ended.exit_code == 2
    assert "bad.md" in ended.output
    assert "RUN-ENDLESS" in ended.output


def test_hostile_text_stays_text_on_the_terminal(book: Path) -> None:
    """A runbook may come from a pull request of a stranger."""
    book.write_text(TEXT.replace("tail -f /var", "tail -f '\x1b[2J\u202e/var'"))
    ended = lint(book, *ONLY)
    assert "\x1b[2J" not in ended.output
    assert "\u202e" not in ended.output
