"""The workspace's data directory: made when needed, held by one server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from tocsin import settings
from tocsin.adapters.db import schema
from tocsin.bootstrap.database import hold_alone, open_database, secret_key
from tocsin.core.errors import Unavailable
from tocsin.core.workspace import Workspace


def workspace_in(data: Path) -> Workspace:
    starter = settings.read(settings.STARTER, file="tocsin.toml", directory=str(data.parent))
    return replace(starter, data_directory=str(data), database=f"sqlite:///{data / 'tocsin.db'}")


def test_the_first_start_makes_the_data_directory(tmp_path: Path) -> None:
    """`tocsin init` and then `tocsin serve` is all that anybody does at first."""
    lock = hold_alone(workspace_in(tmp_path / "deep" / "data"))

    assert lock is not None
    lock.close()
    assert (tmp_path / "deep" / "data").is_dir()


def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """Each of them would take the other's runs for lost."""
    workspace = workspace_in(tmp_path / "data")
    lock = hold_alone(workspace)

    with pytest.raises(Unavailable) as caught:
        hold_alone(workspace)

    assert lock is not None
    lock.close()
    assert caught.value.code == "store.held"


def test_a_data_directory_that_cannot_be_is_a_problem_with_a_hint(tmp_path: Path) -> None:
    """A wrong path in tocsin.toml is a sentence, not a traceback."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Unavailable) as caught:
        hold_alone(workspace_in(tmp_path / "file" / "data"))

    assert caught.value.code == "store.unavailable"
    assert "doctor" in caught.value.hint


def test_the_key_that_signs_links_is_the_same_for_every_server(
    tmp_path: Path, database_url: str
) -> None:
    """A link made by one node is opened on another, and after a restart."""
    workspace = replace(workspace_in(tmp_path / "data"), database=database_url)
    one, two = open_database(workspace), open_database(workspace)

    with ThreadPoolExecutor(4) as at_once:
        keys = set(at_once.map(secret_key, [one, two] * 4))

    assert [len(key) for key in keys] == [32]
    one.dispose()
    two.dispose()


@pytest.mark.parametrize("damaged", ["", "ab", "no hex at all", "00" * 31])
def test_a_damaged_key_is_refused(tmp_path: Path, damaged: str) -> None:
    """An empty key would let anybody write links that count as ours."""
    engine = open_database(workspace_in(tmp_path))
    secret_key(engine)
    with engine.begin() as connection:
        connection.execute(sa.update(schema.setting).values(value=damaged))

    with pytest.raises(Unavailable) as caught:
        secret_key(engine)

    assert caught.value.code == "store.key"
    assert "DELETE FROM tocsin_setting" in caught.value.hint
    engine.dispose()


def test_a_database_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    """After a downgrade nothing may be written in a shape that is not understood."""
    workspace = workspace_in(tmp_path)
    engine = open_database(workspace)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(Unavailable) as caught:
        open_database(workspace)

    assert caught.value.code == "store.newer"


@pytest.mark.parametrize(
    "url", ["nonsense", "postgresql://h:port/x", "mysql://h/x", "sqlite:////no/such/folder/t.db"]
)
def test_a_database_that_cannot_be_is_a_sentence(tmp_path: Path, url: str) -> None:
    """Whatever the URL says, it ends in a problem with a code."""
    with pytest.raises(Unavailable) as caught:
        open_database(replace(workspace_in(tmp_path), database=url))

    assert caught.value.code == "store.unavailable"
