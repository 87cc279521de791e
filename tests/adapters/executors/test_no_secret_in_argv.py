"""A secret reaches a step as environment only: `ps` shows it to nobody, at no moment."""

from __future__ import annotations

import shutil
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.adapters.executors.bash import BashExecutor
from tocsin.core.run import Command, Limits
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution

SECRET = "pl4nted-for-the-process-list"


def arguments_of_all() -> bytes:
    """Return the command lines of every process on this machine."""
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(entry.read_bytes())
        except OSError:
            continue
    return b"\n".join(lines)


@pytest.mark.parametrize("read_only", [True, False])
def test_no_process_has_the_secret_among_its_arguments(read_only: bool) -> None:
    """The sandbox, what guards the time, the shell and its children: all are looked at."""
    if shutil.which("bwrap") is None:
        pytest.skip("there is no bubblewrap on this machine")
    command = Command(
        language=Language.BASH,
        text='echo "${#PLANTED}"; for i in 1 2 3 4 5; do sleep 0.1; done',
        target="here",
        runbook_sha256="0" * 64,
        step_line=1,
        limits=Limits(time=timedelta(seconds=20)),
    )
    execution = Execution(
        command=command,
        target=Target(name="here", kind=TargetKind.LOCAL),
        environment={"PLANTED": SECRET},
        read_only=read_only,
    )
    said: list[bytes] = []
    step = threading.Thread(target=BashExecutor().run, args=(execution, said.append))
    step.start()
    seen = []
    while step.is_alive():
        seen.append(arguments_of_all())

    assert b"".join(said) == b"%d\n" % len(SECRET)
    assert any(b"sleep" in each for each in seen)
    assert not any(SECRET.encode() in each for each in seen)
