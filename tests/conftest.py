"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from drill import Drill
from tocsin.records.verify import verify

pytest_plugins = ["servers"]

# In CI the same examples each time: a new one found there would stop somebody else's change.
# Everywhere else hypothesis looks for new ones. A busy machine is nowhere a defect of ours.
hypothesis.settings.register_profile(
    "anywhere",
    derandomize=bool(os.environ.get("CI")),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("anywhere")


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[Drill]:
    """The product on one table, whose record must hold in the end, whatever was done with it."""
    table = Drill(tmp_path)
    yield table
    with table.store.look() as tx:
        wrong = verify(tx).wrong
    table.close()
    assert table.tampered or wrong == ()
