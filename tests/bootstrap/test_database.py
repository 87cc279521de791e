"""The workspace's data directory: made when needed, held by one server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tocsin import settings
from tocsin.bootstrap.database import hold_alone
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
