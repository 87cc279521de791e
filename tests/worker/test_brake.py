"""The global stop, told with real processes: what runs is ended, and nothing starts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from drill import RUNBOOK, Drill
from tocsin.adapters.executors.bash import BashExecutor
from tocsin.core.run import RunState
from tocsin.core.runbook import Language
from tocsin.core.workspace import TargetKind
from tocsin.running import stop
from tocsin.worker.brake import Brake

RESTART = "Restart the payment worker"


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Drill]:
    """A change that takes a minute, run by real bash, with a child that outlives its parent."""
    script = tmp_path / "slow.sh"
    script.write_text("#!/bin/sh\nsleep 60 &\nsleep 60\n")
    script.chmod(0o755)
    slowly = RUNBOOK.replace("./shopctl restart payments", str(script))
    drill = Drill(tmp_path, runbooks={"shop.md": slowly})
    drill.alert()
    bash = {(Language.BASH, TargetKind.LOCAL): BashExecutor()}
    drill.acts = replace(drill.acts, executors={**drill.acts.executors, **bash})
    yield drill
    drill.close()


def until(holds: object, seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


@pytest.mark.timeout(120)
def test_a_running_change_is_ended_and_unknown(slow: Drill) -> None:
    """Nobody knows what it had done by then, so a person says."""
    brake = Brake(slow.store, lambda because: slow.acts.stop(lambda _: True, because))
    slow.only_approve(slow.step_run(RESTART))
    worker = Thread(target=slow.run_due)
    worker.start()
    assert until(lambda: slow.step_run(RESTART).state is RunState.STARTED)
    assert brake.look() == 0

    brake.start()
    with slow.store.begin() as tx:
        stop.stop(tx, "the wrong runbook", by="grace", now=slow.clock)

    worker.join(30)
    brake.stop()
    assert not worker.is_alive()
    ended = slow.step_run(RESTART)
    assert ended.state is RunState.UNKNOWN
    assert "the wrong runbook" in ended.said
