"""Every rule has a page, and what the page shows is true."""

from __future__ import annotations

import shutil

import pytest

from lint_bench import PAGES, example
from tocsin.reading.lint.catalogue import NAMES, rule_named


@pytest.mark.parametrize("name", NAMES)
def test_bad_example_is_reported_and_good_one_is_not(name: str) -> None:
    """Who reads the page copies the good example."""
    if name == "SH-SHELLCHECK" and shutil.which("shellcheck") is None:
        pytest.skip("needs ShellCheck")
    bad, good = example(name, "Bad"), example(name, "Good")
    assert bad.found(name)
    assert good.documents
    assert not good.found(name)


@pytest.mark.parametrize("name", NAMES)
def test_page_says_what_the_rule_says(name: str) -> None:
    """The page and the report may not disagree on how bad it is."""
    rule = rule_named(name)
    head = (PAGES / f"{name}.md").read_text().split("\n")[:3]
    assert head == [f"# {name}", "", f"**{rule.severity}** · {rule.summary}"]


def test_every_page_belongs_to_a_rule_and_every_rule_to_a_module() -> None:
    """A page of a rule that is gone would promise something."""
    assert {page.stem for page in PAGES.glob("*.md")} - {"README"} == set(NAMES)
    assert list(NAMES) == sorted(NAMES)
    assert all(rule_named(name).name == name for name in NAMES)
