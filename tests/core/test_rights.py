"""What roles allow, and what a narrowed token leaves of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Invalid
from tocsin.core.rights import EVERYWHERE, LEAST, Grant, Permission, Rights, Role
from tocsin.core.user import checked_name, folded

SERVICES = ("shop", "billing", EVERYWHERE)
grants = st.builds(Grant, role=st.sampled_from(Role), service=st.sampled_from(SERVICES))
rights = st.builds(Rights, grants=st.lists(grants, max_size=4).map(tuple))


@pytest.mark.parametrize(
    ("role", "permissions"),
    [
        (Role.VIEWER, {Permission.SEE}),
        (Role.RESPONDER, {Permission.SEE, Permission.RESPOND}),
        (Role.APPROVER, {Permission.SEE, Permission.RESPOND, Permission.APPROVE}),
        (Role.ADMIN, set(Permission)),
    ],
)
def test_each_role_may_what_those_before_it_may(role: Role, permissions: set[Permission]) -> None:
    """Written out: this table is the promise, the code only keeps it."""
    held = Rights(grants=(Grant(role=role, service="shop"),))

    assert {each for each in Permission if held.may(each, "shop")} == permissions
    assert not any(held.may(each, "billing") for each in Permission)
    assert not any(held.may(each, EVERYWHERE) for each in Permission)


def test_nobody_may_nothing_and_sees_nothing() -> None:
    """No grant is no right; it is not the same as no limit."""
    assert not any(Rights().may(each, "shop") for each in Permission)
    assert Rights().seen() == frozenset()
    assert Rights(grants=(Grant(role=Role.VIEWER),)).seen() is None
    assert Rights().role("shop") is None


@given(rights, st.sampled_from(Role), st.lists(st.sampled_from(SERVICES), max_size=3))
def test_a_narrowed_token_never_opens_more(held: Rights, role: Role, services: list[str]) -> None:
    """Whatever it was limited to when it was made: its owner's rights of now are the limit."""
    narrow = held.narrowed(role, tuple(services))

    for permission in Permission:
        for service in SERVICES:
            if narrow.may(permission, service):
                assert held.may(permission, service)
                assert role.reaches(LEAST[permission])
                assert not services or EVERYWHERE in services or service in services
    if narrow.seen() is None:
        assert held.seen() is None


@given(rights)
def test_no_limit_narrows_nothing(held: Rights) -> None:
    """A token without a scope is as good as its owner."""
    for permission in Permission:
        for service in SERVICES:
            same = held.narrowed(None, ()).may(permission, service)
            assert same == held.may(permission, service)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b[2J", "x" * 101, "a\u202eb"])
def test_a_name_that_no_timeline_could_show_is_refused(name: str) -> None:
    """Line ends, escapes and direction marks would lie about who did what."""
    with pytest.raises(Invalid, match="printable"):
        checked_name(name)


@pytest.mark.parametrize("name", ["tocsin", "Tocsin", "ｔｏｃｓｉｎ", "the command line"])
def test_nobody_is_called_as_the_record_calls_what_is_no_person(name: str) -> None:
    """What somebody did would stand there as done by the server itself."""
    with pytest.raises(Invalid, match="record"):
        checked_name(name)


def test_names_that_look_the_same_fold_to_the_same() -> None:
    """Otherwise one person could approve what they asked for, under another spelling."""
    assert folded("Ada") == folded("ａｄａ") == folded("ada") != folded("adá")
