"""The reader goes by structure: other names, another order, other lines, and the same score."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from altered import Labelled, renamed, reordered, shifted
from handwriting import STYLES
from tocsin.reading.runbook import read_runbook
from tocsin.reading.wire import as_truth
from tocsin.running.risk import judge

SHARED = Path(__file__).resolve().parents[2] / "../shared"
SEEDS = ("000", "001", "002", "003", "004")
Score = dict[str, tuple[int, int, int]]


def everything(document: Labelled) -> Labelled:
    """Return the document with all three changes."""
    return shifted(reordered(renamed(document)))


CHANGES: tuple[Callable[[Labelled], Labelled], ...] = (renamed, reordered, shifted, everything)


def seed(name: str) -> Labelled:
    if not (SHARED / "truth").is_dir():
        pytest.skip("the shared folder with the labels is not beside this repository")
    documents = json.loads((SHARED / "truth" / "seeds.json").read_text())["documents"]
    (labels,) = (one for one in documents if Path(one["file"]).name.startswith(name))
    (path,) = (SHARED / "seeds").glob(f"{name}*")
    return Labelled(text=path.read_text(), labels=labels)


def read(document: Labelled) -> dict[str, Any]:
    return as_truth(read_runbook(document.labels["file"], document.text.encode()), judge)


def score(found: dict[str, Any], labels: dict[str, Any]) -> tuple[Score, list[str]]:
    """Return (labelled, found, right) of each kind of fact, and what would run unsafely."""
    spec = importlib.util.spec_from_file_location("score", SHARED / "truth" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    scorer: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    rows, unsafe = scorer.score([found], [labels])
    return {kind: tuple(counts) for kind, *counts in rows}, unsafe


@pytest.mark.parametrize("name", SEEDS)
def test_every_dialect_is_read_as_a_careful_person_reads_it(name: str) -> None:
    """Everything after reading stands on it."""
    document = seed(name)
    rows, unsafe = score(read(document), document.labels)

    assert {kind: row for kind, row in rows.items() if len(set(row)) > 1} == {}
    assert unsafe == []


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", SEEDS)
def test_the_score_stays_under_other_names_orders_and_lines(
    name: str, change: Callable[[Labelled], Labelled]
) -> None:
    """Other teams have other names: what is found by knowing these ones is worth nothing."""
    document = seed(name)
    changed = change(document)

    assert score(read(changed), changed.labels) == score(read(document), document.labels)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", SEEDS)
def test_the_score_stays_in_another_handwriting(name: str, style: str) -> None:
    """Where a colon stands, or which sign makes a bullet, means nothing to a person."""
    document = seed(name)
    changed = STYLES[style](document)

    assert score(read(changed), changed.labels) == score(read(document), document.labels)


@pytest.mark.parametrize("style", STYLES)
def test_every_handwriting_differs_from_that_of_the_seeds(style: str) -> None:
    """A change that changes nothing shows nothing."""
    documents = [seed(name) for name in SEEDS]
    assert any(STYLES[style](document).text != document.text for document in documents)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", SEEDS)
def test_a_reader_that_knows_the_documents_by_heart_is_caught(
    name: str, change: Callable[[Labelled], Labelled]
) -> None:
    """The changes must be ones such a reader cannot follow, or the test above shows nothing."""
    document = seed(name)
    changed = change(document)

    by_heart = score(document.labels, changed.labels)[0]

    labelled, _, right = by_heart["playbook"]
    assert right < labelled
