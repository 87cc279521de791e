"""The catalogue of commands keeps its word: every entry does what its examples say."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tocsin.core.risk import Risk
from tocsin.core.runbook import Language, Statement
from tocsin.core.tool import Tool
from tocsin.running import risk
from tocsin.running.allow import catalogue, examples, programs
from tocsin.running.allow.catalogue import families, ours


def every_tool() -> Iterator[Tool]:
    for program in dict.fromkeys(catalogue.programs()):
        yield from ours(program).values()


def tool_called(name: str) -> Tool:
    return ours(name.split()[0])[tuple(name.split())]


def test_every_example_is_judged_as_its_entry_says() -> None:
    """An entry that does not keep its own word would let something through."""
    assert list(examples.objections_to_ours()) == []


def test_the_files_are_the_ones_that_were_checked() -> None:
    """Else every start would judge all examples again: run scripts/seal_catalogue.py."""
    assert catalogue.version() == catalogue.checked()


def test_files_that_were_altered_make_everything_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who edits an installed file must not be trusted with more than the examples say."""
    loose = replace(tool_called("docker rm"), risk=Risk.READ)
    monkeypatch.setattr(catalogue, "checked", lambda: "")
    monkeypatch.setattr(examples, "checked", lambda: "")
    monkeypatch.setitem(ours("docker"), ("docker", "rm"), loose)  # type: ignore[arg-type]
    examples.broken.cache_clear()

    verdict = risk.judge(Statement(start=1, end=1, language=Language.BASH, text="df -h"))

    examples.broken.cache_clear()
    assert not verdict.auto
    assert "examples" in verdict.why[0]


@pytest.mark.parametrize("family", families())
def test_a_file_taken_apart_says_what_the_whole_file_says(family: str) -> None:
    """Entries are read one program at a time: none may be lost or joined with another."""
    whole = tomllib.loads(families()[family].text)["command"]

    found = [tool.name for tool in every_tool()]

    assert all(tuple(entry["name"].split()) in found for entry in whole)
    assert len(whole) == sum(map(len, families()[family].entries.values()))


def test_no_command_has_two_entries() -> None:
    """The second would silently replace the first."""
    names = [
        entry["name"]
        for family in families().values()
        for entry in tomllib.loads(family.text)["command"]
    ]

    assert len(set(names)) == len(names)


def test_every_entry_has_examples_of_what_it_is_not() -> None:
    """A list that was never seen to refuse anything proves nothing."""
    without = [tool.name for tool in every_tool() if not tool.not_match]
    only_traps = [tool.name for tool in every_tool() if not tool.match and not tool.judged_by]

    assert without == []
    assert only_traps == []


def test_every_rule_that_an_entry_names_exists() -> None:
    """Such a command would be judged by its words alone."""
    named = {tool.judged_by for tool in every_tool() if tool.judged_by}

    assert named <= {*programs._RULES, "wrapper", "shell", "exec"}
    assert set(programs._RULES) <= named


def test_every_command_that_runs_commands_is_said_to_do_so() -> None:
    """The files name what is never trusted, so that nobody has to look into the code."""
    said = {tool.name[0] for tool in every_tool() if tool.judged_by in ("wrapper", "shell")}

    assert said == programs.WRAPPERS | programs.SHELLS


def test_an_example_that_is_judged_otherwise_is_named() -> None:
    """A check that never objects is none."""
    wrong = Tool(name=("rm",), match=("rm x",), not_match=("df -h",))

    assert [key for key, _ in examples.objections(wrong)] == ["match", "not_match"]
