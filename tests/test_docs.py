"""The documents and the code say the same: every command, error code and key has its place."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest

from tocsin import settings
from tocsin.cli.root import COMMANDS
from tocsin.core import errors
from tocsin.core.check import CHECK_OPTIONS, REQUIRED_OPTIONS

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
CATEGORIES = {each.__name__ for each in (errors.Problem, *errors.Problem.__subclasses__())}
CODE = re.compile(r"[a-z_]+(\.[a-z_]+)*")
# the code stands in a table beside the call
TABLES = {"adapters/db/store.py": "store."}


def sections(page: str, mark: str) -> dict[str, str]:
    """Return the text under each heading of that depth, by heading without backquotes."""
    pieces = re.split(rf"^{mark} (.+)$", (REFERENCE / page).read_text(), flags=re.M)[1:]
    return {title.replace("`", ""): text for title, text in zip(*[iter(pieces)] * 2, strict=True)}


def rows(text: str) -> set[str]:
    """Return the first cells, without backquotes, of a section's tables."""
    return set(re.findall(r"^\| `([^`]+)` \|", text, flags=re.M))


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that can be typed, with its whole name."""
    for entries in COMMANDS.values():
        for name, (module, _) in entries.items():
            command = importlib.import_module(module).command
            yield f"tocsin {name}", command
            if isinstance(command, click.Group):
                for verb, each in command.commands.items():
                    yield f"tocsin {name} {verb}", each


def test_every_command_has_its_heading_and_every_option_its_mention() -> None:
    """And the page promises no command that is not there."""
    known = dict(commands())
    written = {
        title: text for title, text in sections("cli.md", "##+").items() if "tocsin" in title
    }

    assert set(written) == set(known)
    for name, command in known.items():
        for option in command.params:
            for word in option.opts if isinstance(option, click.Option) else ():
                shared = word in ("--json", "--server", "--workspace")
                assert shared or word in written[name], f"{name} {word}"


def test_every_exit_status_of_the_help_is_in_the_page() -> None:
    """One table, for scripts."""
    text = (REFERENCE / "cli.md").read_text()

    assert rows(text) >= {"0", "1", "2", "3", "4", "5", "6", "7", "130"}


def codes() -> Mapping[str, str]:
    """Return each error code that is raised in our sources, with one place."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "src").rglob("*.py")):
        where = str(path.relative_to(ROOT / "src" / "tocsin"))
        tree = ast.parse(path.read_text())
        for code in _raised(tree, where):
            found[code] = where
        prefix = TABLES.get(where)
        if prefix:
            found |= {
                each.value: where
                for each in ast.walk(tree)
                if isinstance(each, ast.Constant)
                and isinstance(each.value, str)
                and each.value.startswith(prefix)
                and CODE.fullmatch(each.value)
            }
    return found


def _raised(tree: ast.AST, where: str) -> Iterator[str]:
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name not in CATEGORIES:
            continue
        code = call.args[0]
        if isinstance(code, ast.Constant):
            yield code.value
        else:
            assert where in TABLES, f"{where}:{call.lineno} hides its code from this test"


def test_every_error_code_has_its_row() -> None:
    """And the page explains none that nothing raises."""
    raised = codes()
    written = rows((REFERENCE / "errors.md").read_text())

    assert {code: where for code, where in raised.items() if code not in written} == {}
    assert written - set(raised) == set()


def test_error_codes_look_alike() -> None:
    """Lower case, dots between: they are typed into searches."""
    assert [code for code in codes() if not CODE.fullmatch(code)] == []


@pytest.mark.parametrize("section", ["tocsin", "approvals", "audit", *settings.SECTIONS])
def test_every_key_of_a_section_has_its_row(section: str) -> None:
    """And the page describes no key that would be refused."""
    alone = {"tocsin": settings.MAIN, "approvals": settings.APPROVALS, "audit": settings.AUDIT}
    keys = alone[section] if section in alone else settings.SECTIONS[section][0]
    expected = set(keys)
    if section == "policy":
        expected = expected - {"level"} | {f"level.{key}" for key in settings.LEVEL}
    pages = sections("configuration.md", "##")
    title = f"[{section}]" if section in alone else f"[[{section}]]"

    own = pages[title].split("\n### ")[0]

    assert rows(own) == expected


@pytest.mark.parametrize("kind", CHECK_OPTIONS)
def test_every_option_of_a_kind_of_check_has_its_row(kind: str) -> None:
    """What is required says so."""
    text = sections("configuration.md", "###")[f'kind = "{kind}"'].split("\n## ")[0]

    assert rows(text) == set(CHECK_OPTIONS[kind])
    required = {name for name in rows(text) if re.search(rf"^\| `{name}` \|.*required", text, re.M)}
    assert required == set(REQUIRED_OPTIONS[kind])


def test_every_field_of_the_generic_event_has_its_row() -> None:
    """The decoder's own names."""
    decode = importlib.import_module("tocsin.intake.decode")

    assert rows((REFERENCE / "events.md").read_text()) == set(decode.GenericAlert.__struct_fields__)


def documents() -> list[Path]:
    """Every Markdown file that is ours."""
    skipped = {".venv", "node_modules", "demo-output", ".git", ".pytest_cache", "vendor"}
    found = sorted(ROOT.rglob("*.md"))
    return [path for path in found if not skipped & set(path.relative_to(ROOT).parts)]


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_is_broken(path: Path) -> None:
    """Relative links and pictures lead to files that exist, anchors to headings."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _without_code(path.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        other = (path.parent / file) if file else path
        assert other.exists(), f"{path.name}: {target}"
        if anchor and other.suffix == ".md":
            assert anchor in _anchors(other.read_text()), f"{path.name}: {target}"


def _without_code(text: str) -> str:
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.M | re.S)


def _anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_nothing_names_the_machine_it_was_written_on() -> None:
    """Paths of our own would be wrong everywhere else."""
    for path in documents():
        assert str(ROOT) not in path.read_text(), path.name
