"""What every test may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drill import Drill

pytest_plugins = ["servers"]


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[Drill]:
    """The product on one table."""
    table = Drill(tmp_path)
    yield table
    table.close()
