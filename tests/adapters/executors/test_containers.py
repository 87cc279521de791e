"""Bash in containers: against a real engine where one can be started, and what a client is told.

No cluster can be started in a test, so of `kubectl` only the words it is called with are tested,
by a stub in its place; the far end is the same for all of them and is tested over ssh.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from threading import Thread

import pytest

from servers import Engine, await_true
from tocsin.adapters.executors.docker import DockerExecutor
from tocsin.adapters.executors.kubernetes import KubernetesExecutor
from tocsin.adapters.tether import far_words
from tocsin.core.errors import NotFound
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.runbook import Language
from tocsin.core.workspace import Reads, Target, TargetKind
from tocsin.ports.executors import Execution, Executor, Stop

BOXES = Target(name="box", kind=TargetKind.DOCKER, hosts=("box1", "box2"), reads=Reads.LOGIN)


def run(
    executor: Executor,
    target: Target,
    text: str,
    *,
    read_only: bool,
    host: str = "",
    seconds: float = 20,
    environment: dict[str, str] | None = None,
    stop: Stop | None = None,
) -> tuple[Outcome, str]:
    execution = Execution(
        command=Command(
            language=Language.BASH,
            text=text,
            target=target.name,
            runbook_sha256="0" * 64,
            step_line=1,
            limits=Limits(time=timedelta(seconds=seconds)),
        ),
        target=target,
        host=host,
        environment=environment or {},
        read_only=read_only,
        stop=stop or Stop(),
    )
    said: list[bytes] = []
    outcome = executor.run(execution, said.append)
    return outcome, b"".join(said).decode(errors="replace")


def living(mark: str) -> int:
    """Return how many processes of any container hold `mark` in their command line."""
    count = 0
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            count += mark in entry.read_bytes().decode(errors="replace")
        except OSError:
            continue
    return count


Way = Callable[..., tuple[Outcome, str]]


class TestDocker:
    @pytest.fixture(params=[True, False], ids=["look", "change"])
    def go(self, request: pytest.FixtureRequest, docker_engine: Engine) -> Way:
        target = replace(BOXES, url=docker_engine.url)
        return lambda text, host="box1", **more: run(
            DockerExecutor(), target, text, read_only=request.param, host=host, **more
        )

    def test_it_runs_in_the_container_that_is_named(self, go: Way) -> None:
        """Two containers of one target are two places."""
        go("echo mine >/mine")

        outcome, said = go(
            "cat /mine; echo $TOKEN; exit 4", host="box1", environment={"TOKEN": "a b"}
        )
        elsewhere, _ = go("cat /mine", host="box2")

        assert outcome == Outcome(exit_status=4)
        assert said == "mine\na b\n"
        assert elsewhere.exit_status == 1

    def test_nothing_survives_its_time(self, go: Way) -> None:
        """The engine does not end what it started when its client goes: the far end must."""
        mark = f"mark-{token_hex(6)}"

        outcome, _ = go(f"setsid bash -c 'exec -a {mark} sleep 300' & sleep 300", seconds=2)

        assert outcome.timed_out
        assert not outcome.lost
        await_true(lambda: not living(mark), within_s=5, what="nothing is left")

    def test_nothing_survives_the_client(self, go: Way) -> None:
        """Also when the client is killed with no chance to say anything."""
        mark = f"mark-{token_hex(6)}"

        def kill() -> None:
            await_true(lambda: living(mark) > 0, what="it runs")
            subprocess.run(["pkill", "-KILL", "-x", "docker", "-P", str(os.getpid())], check=True)

        killer = Thread(target=kill)
        killer.start()
        outcome, _ = go(f"setsid bash -c 'exec -a {mark} sleep 300' & sleep 300")
        killer.join()

        assert outcome.lost
        await_true(lambda: not living(mark), within_s=5, what="nothing is left")


def test_a_container_without_bubblewrap_asks_a_person(docker_engine: Engine) -> None:
    """In a plain container no sandbox starts, and then nothing runs unattended."""
    box = Target(name="box", kind=TargetKind.DOCKER, container="box1", url=docker_engine.url)

    outcome, said = run(DockerExecutor(), box, "echo ran", read_only=True)

    assert outcome.exit_status is None
    assert not said
    assert "There is no sandbox there" in DockerExecutor().ready(box, read_only=True)


@pytest.mark.parametrize(
    ("changing", "words"),
    [
        (False, ["--context", "near", "exec", "--interactive", "--user", "looker"]),
        (True, ["--context", "near", "exec", "--interactive", "--user", "changer"]),
    ],
)
def test_docker_is_told_where_and_as_whom(changing: bool, words: list[str]) -> None:
    """No terminal, nothing detached, and the name of the container is never an option."""
    box = Target(
        name="box",
        kind=TargetKind.DOCKER,
        container="app",
        context="near",
        user="looker",
        change_user="changer",
    )

    argv = list(DockerExecutor().client(box, "", far_words(), changing=changing))

    assert argv == ["docker", *words, "--", "app", *far_words()]


POD = Target(
    name="app",
    kind=TargetKind.KUBERNETES,
    context="reader",
    change_context="writer",
    namespace="shop",
    selector="app=web",
    container="main",
)


@pytest.fixture
def pods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a stub in the place of kubectl that answers with these pods and keeps its words."""

    def answer(names: str) -> None:
        stub = tmp_path / "kubectl"
        stub.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$*\" >>{tmp_path}/words\necho {names}\n")
        stub.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    return answer


@pytest.mark.parametrize(("changing", "context"), [(False, "reader"), (True, "writer")])
def test_kubectl_is_told_where_and_as_whom(
    pods: Callable[[str], None], tmp_path: Path, changing: bool, context: str
) -> None:
    """The context holds the login, so looking and changing have one each."""
    pods("pod/web-1")

    argv = list(KubernetesExecutor().client(POD, "", far_words(), changing=changing))

    where = [f"--context={context}", "--namespace=shop"]
    pod = ["exec", "--stdin", "pod/web-1", "--container=main", "--"]
    assert argv == ["kubectl", *where, *pod, *far_words()]
    asked = (tmp_path / "words").read_text()
    assert asked.startswith(f"--context={context} --namespace=shop get pods --selector=app=web ")


@pytest.mark.parametrize("names", ["", "pod/web-1 pod/web-2"])
def test_a_selector_must_fit_exactly_one_pod(pods: Callable[[str], None], names: str) -> None:
    """To change one of several by chance is to change the wrong one."""
    pods(names)

    with pytest.raises(NotFound, match="exactly one"):
        KubernetesExecutor().client(POD, "", far_words(), changing=True)

    outcome, _ = run(KubernetesExecutor(), POD, "true", read_only=False)
    assert outcome.said.startswith("Nothing ran: ")
