"""The judge held to statements of every family: what only looks, and what only seems to.

A line of `corpus/FAMILY.jsonl` is a statement, its language, the word for its risk, and
whether it may run with nobody watching. At least half of them are traps.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.risk import Risk
from tocsin.core.runbook import Language, Statement
from tocsin.running.explain import explain
from tocsin.running.risk import judge

FAMILIES = sorted((Path(__file__).parent / "corpus").glob("*.jsonl"))
AT_LEAST = 1_500
HUNG_ON = [
    "{} > /srv/out", "{} 2>> /srv/out", "{} | tee /srv/out", "{}; reboot", "reboot; {}",
    "{}\nreboot", "{} && rm -rf /srv/out", "{} || reboot", "{} $(reboot)", "{} `reboot`",
    '{} "$(reboot)"', "{} <(reboot)", "{} | sh", "{} | xargs rm", "{} &", "nohup {}",
    "sudo -u root {}", "LD_PRELOAD=/srv/x.so {}", "{} $UNBOUND", "{} <name>",
    "if {}; then reboot; fi",
]  # fmt: skip
LOOK_ALIKES = {"a": "\u0430", "e": "\u0435", "o": "\u03bf", "-": "\u2013", " ": "\u00a0"}


def cases(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def misjudged(case: dict[str, Any]) -> str:
    """Return what is wrong with the verdict on a case, or nothing."""
    language = Language(case["lang"])
    verdict = judge(Statement(start=1, end=1, language=language, text=case["text"]))
    if (verdict.risk.value, verdict.auto) == (case["risk"], case["auto"]):
        return ""
    runs = "runs" if verdict.auto else "asks"
    return f"{case['text']!r}: {verdict.risk.value}, {runs}; not {case['risk']}, {case['auto']}"


def runs(text: str) -> bool:
    return judge(Statement(start=1, end=1, language=Language.BASH, text=text)).auto


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_every_statement_of_a_family_is_judged_as_a_careful_person_would(path: Path) -> None:
    """A trap that runs is a defect, and a plain look that asks wakes somebody for nothing."""
    wrong = [said for case in cases(path) if (said := misjudged(case))]

    assert not wrong, "\n".join(wrong)


def test_the_corpus_is_large_and_mostly_traps() -> None:
    """A corpus that only holds what is easy proves nothing."""
    found = [case for path in FAMILIES for case in cases(path)]
    texts = {(case["lang"], case["text"]) for case in found}

    assert len(texts) == len(found) >= AT_LEAST
    assert sum(not case["auto"] for case in found) >= len(found) / 2
    assert all(case["risk"] in ("read", "endless") for case in found if case["auto"])


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_nothing_runs_any_more_once_something_is_hung_on_it(path: Path) -> None:
    """A list of harmless commands is worth what it does about everything around them."""
    harmless = [case["text"] for case in cases(path) if case["auto"] and case["lang"] == "bash"]
    plain = [text for text in harmless if "#" not in text]  # behind a comment nothing hangs
    made = [shape.replace("{}", text) for text in plain for shape in HUNG_ON]
    made += [
        text.replace(*pair, 1) for text in plain for pair in LOOK_ALIKES.items() if pair[0] in text
    ]

    run = [text for text in made if runs(text)]

    assert not run, "\n".join(run)


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_what_asks_has_a_part_that_says_why(path: Path) -> None:
    """A verdict against a command must be traced to one of its words."""
    shell = [case for case in cases(path) if case["lang"] == "bash" and not case["auto"]]
    silent = [
        case["text"]
        for case in shell
        if case["risk"] != Risk.MANUAL and not any(part.reasons for part in explain(case["text"]))
    ]

    assert not silent
