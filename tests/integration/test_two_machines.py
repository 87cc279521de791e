"""A playbook on two machines behind real sshd, from the alert to each machine's own result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drill import RUNBOOK, WORKSPACE, Drill
from servers import Machines
from tocsin.adapters.executors.ssh import SshExecutor
from tocsin.core.run import RunState
from tocsin.core.runbook import Language
from tocsin.core.workspace import TargetKind

LOOK = "Look at the payment log"
CHANGE = "Restart the payment worker"
TARGET = """
[[target]]
name = "web"
kind = "ssh"
hosts = ["web1", "web2"]
config = "{config}"
directory = "{folder}"
reads = "login"
"""
MEND = "#!/bin/sh\necho $REGION $SSH_TTY >>mended\n[ $(wc -l <mended) -lt 2 ]\n"


@pytest.fixture
def pair(tmp_path: Path, two_machines: Machines) -> Iterator[Drill]:
    """The product with a service that runs on both machines, which share a folder."""
    target = TARGET.format(config=two_machines.config, folder=tmp_path)
    workspace = WORKSPACE.replace('["here", "db"]', '["web", "db"]') + target
    (tmp_path / "payments.log").write_text("paid\n")
    (tmp_path / "shopctl").write_text(MEND)
    (tmp_path / "shopctl").chmod(0o755)
    table = Drill(tmp_path, workspace=workspace, runbooks={"shop.md": RUNBOOK})
    ssh = SshExecutor(str(tmp_path / "s"))
    executors = {**table.acts.executors, (Language.BASH, TargetKind.SSH): ssh}
    table.acts = replace(table.acts, executors=executors)
    yield table
    table.close()


def test_each_machine_has_its_own_result(pair: Drill, tmp_path: Path) -> None:
    """Both are looked at; the change stops on the second, where it fails."""
    pair.alert()

    look = pair.step_run(LOOK)
    assert look.state is RunState.SUCCEEDED
    assert pair.output(look) == "=== web1 ===\npaid\n=== web2 ===\npaid\n" or (
        pair.output(look) == "=== web2 ===\npaid\n=== web1 ===\npaid\n"
    )

    pair.approve(pair.step_run(CHANGE))

    change = pair.step_run(CHANGE)
    with pair.store.look() as tx:
        on = {each.host: each for each in tx.step_runs.host_runs(change.id)}
    assert change.state is RunState.FAILED
    assert (on["web1"].state, on["web1"].exit_status) == (RunState.SUCCEEDED, 0)
    assert (on["web2"].state, on["web2"].exit_status) == (RunState.FAILED, 1)
    assert (tmp_path / "mended").read_text() == "north\nnorth\n"
