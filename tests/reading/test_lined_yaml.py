"""YAML with lines, from files nobody vouches for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.reading.lined_yaml import Node, Unreadable, documents_in


def only(text: str) -> Node:
    """Return the one document of the text."""
    (document,) = documents_in(text)
    return document


def test_every_value_knows_its_line() -> None:
    """A finding without a line is not worth much."""
    document = only("a: 1\nb:\n  - x\n  - {c: y}\nd: |\n  one\n  two\n")

    found = {name: value.line for name, value in document.fields.items()}
    items = document.fields["b"].items

    assert found == {"a": 1, "b": 3, "d": 5}
    assert [item.line for item in items] == [3, 4]
    assert items[1].text_of("c") == "y"
    assert document.text_of("d") == "one\ntwo\n"


def test_several_documents_are_several_values() -> None:
    """Kubernetes manifests are written so."""
    assert [each.text_of("a") for each in documents_in("a: 1\n---\na: 2\n")] == ["1", "2"]


def test_what_is_merged_in_is_found() -> None:
    """Rule files share labels so; the own field is the stronger one."""
    document = only("base: &b {x: 1, y: 2}\nown:\n  <<: *b\n  y: 3\n")

    own = document.fields["own"]

    assert (own.text_of("x"), own.text_of("y"), own.text_of("z")) == ("1", "3", "")


def test_what_came_before_the_break_is_kept() -> None:
    """A half written file still says something."""
    documents = documents_in("a: 1\n---\nb: [\n")

    assert next(documents).text_of("a") == "1"
    with pytest.raises(Unreadable) as broken:
        next(documents)
    assert broken.value.line >= 3


@pytest.mark.parametrize("opening", ["[", "- ", "{a: ", "? "])
def test_depth_is_bounded(opening: str) -> None:
    """The library's own composer ends the process here."""
    with pytest.raises(Unreadable):
        list(documents_in(opening * 100_000))


@pytest.mark.timeout(30)
def test_aliases_are_not_multiplied() -> None:
    """A billion laughs in twenty lines."""
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]

    document = only("\n".join(lines))

    assert document.fields["a59"].items[0] is document.fields["a58"]


def test_nothing_can_hold_itself() -> None:
    """Or whoever walks it would never come back."""
    with pytest.raises(Unreadable):
        only("a: &a {b: *a}\n")


def test_nothing_is_made_from_a_tag() -> None:
    """Text is all that a value can be."""
    assert only("a: !!python/object/apply:os.system [ls]\n").fields["a"].items[0].text == "ls"


@given(st.text(alphabet="ab:-[]{}&*?|>#\"'! \n\t\x00é", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No other error, and no line outside the text."""
    try:
        documents = list(documents_in(text))
    except Unreadable as broken:
        assert 1 <= broken.line <= text.count("\n") + 2
    else:
        assert all(each.line <= text.count("\n") + 1 for each in documents)
