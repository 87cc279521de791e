"""The link in a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import PageId
from tocsin.paging import links

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
KEY = b"k" * 32
LINK = links.Link(page_id=PageId(7), person="ada.l")


def test_a_link_says_which_page_and_which_person() -> None:
    """Names may hold dots: they must come back whole."""
    token = links.write(KEY, LINK, now=NOW)

    assert links.read(KEY, token, now=NOW + timedelta(hours=23)) == LINK


def test_a_link_ends_after_a_day() -> None:
    """An old mail in a shared mailbox must not acknowledge anything."""
    token = links.write(KEY, LINK, now=NOW)

    with pytest.raises(Conflict) as caught:
        links.read(KEY, token, now=NOW + timedelta(hours=24))

    assert caught.value.code == "link.expired"


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_link_with_any_byte_changed_is_none_of_ours(place: int, change: int) -> None:
    """Otherwise Mallory turns her own page into Ada's."""
    token = links.write(KEY, LINK, now=NOW)
    place %= len(token)
    forged = token[:place] + chr(ord(token[place]) ^ change) + token[place + 1 :]

    try:
        read = links.read(KEY, forged, now=NOW)
    except Invalid as problem:
        assert problem.code == "link.forged"
    else:
        assert read == LINK  # a bit that base64 does not look at


@pytest.mark.parametrize("token", ["", ".", "a.b", "ä.ö", "x" * 10_000, "AAAA." + "A" * 43])
def test_rubbish_is_refused_with_a_sentence(token: str) -> None:
    """Whatever somebody types into the address bar."""
    with pytest.raises(Invalid) as caught:
        links.read(KEY, token, now=NOW)

    assert caught.value.code == "link.forged"
