"""What is left of an address when nobody may learn a password from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.core.address import without_password
from tocsin.core.errors import Conflict
from tocsin.core.workspace import Login, Target, TargetKind

STORE = Target(name="db", kind=TargetKind.POSTGRES, url="postgresql://look:a@db/shop")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://look:hunter@db:5432/shop", "postgresql://look@db:5432/shop"),
        ("postgresql://look:hun@ter?1@db/shop", "postgresql://look@db/shop"),
        ("postgresql://db/shop?user=look&password=hunter", "postgresql://db/shop?user=look"),
        ("postgresql://db/shop?%70assword=hunter&hunter", "postgresql://db/shop?"),
        ("host=db password=hunter dbname=shop", "host=db dbname=shop"),
        ("host=db password = 'hun ter\\' x' user=look", "host=db user=look"),
        ("password=hun\\ host=ter host=db", "host=db"),
        ("redis://:hunter@cache:6379/0", "redis://@cache:6379/0"),
        ("mysql://look:hunter@db/shop?ssl_key=hunter", "mysql://look@db/shop?"),
        ("https://prom.example.org/a@b", "https://prom.example.org/a@b"),
    ],
)
def test_the_password_is_left_out_and_the_place_stays(address: str, told: str) -> None:
    """However it is written, also where the library would read it in its own way."""
    assert without_password(address) == told


def test_a_new_password_leaves_what_was_approved_as_it_is() -> None:
    """It is the same place. And nobody can try passwords out against a hash on file."""
    other = replace(STORE, url="postgresql://look:b@db/shop")

    assert other.sha256() == STORE.sha256()


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "postgresql://look:a@db2/shop"},
        {"url": "postgresql://boss:a@db/shop"},
        {"change_url": "postgresql://boss@db/shop"},
        {"password": "OTHER"},
    ],
)
def test_another_place_or_login_is_another_target(changed: dict[str, str]) -> None:
    """What was approved for one must not run on the other."""
    assert replace(STORE, **changed).sha256() != STORE.sha256()


def test_each_use_has_its_own_login() -> None:
    """What looks never holds what could change."""
    target = replace(
        STORE, password="LOOK", change_url="postgresql://w@db", change_password="ALTER"
    )

    assert target.login(read_only=True) == Login(url=STORE.url, secret="LOOK")
    assert target.login(read_only=False) == Login(url="postgresql://w@db", secret="ALTER")


def test_without_a_login_for_changes_nothing_is_changed() -> None:
    """The login for looking is no substitute, even if it could."""
    with pytest.raises(Conflict) as refused:
        STORE.login(read_only=False)

    assert refused.value.code == "target.no_change_url"
    assert refused.value.message == "Target db has no login for changes."
