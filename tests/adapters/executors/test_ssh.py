"""Bash on other machines, over a real sshd on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from threading import Thread

import pytest

from servers import Absent, Machines, await_true, machines
from tocsin.adapters import tether
from tocsin.adapters.executors.ssh import SshExecutor
from tocsin.adapters.keeping import sandbox
from tocsin.adapters.tether import far_words
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.runbook import Language
from tocsin.core.workspace import Reads, Target, TargetKind
from tocsin.ports.executors import Execution, Stop

needs_bwrap = pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")
OTHER = "postgres"  # a user that is not root and has a shell
Way = Callable[..., tuple[Outcome, str]]

HELD = """
import os, sys
sys.path[:0] = sys.argv[1:3]
from test_ssh import Far
Far.of(*sys.argv[3:5]).change(os.environ["STATEMENT"])
"""


@dataclass(frozen=True)
class Far:
    """Machines to run on, as an executor sees them."""

    target: Target
    executor: SshExecutor

    @staticmethod
    def of(config: str, sockets: str) -> Far:
        names = ("web1", "web2")
        target = Target(name="web", kind=TargetKind.SSH, config=config, hosts=names)
        return Far(target, SshExecutor(sockets))

    def but(self, **changes: object) -> Far:
        return replace(self, target=replace(self.target, **changes))  # type: ignore[arg-type]

    def run(
        self,
        text: str,
        *,
        read_only: bool,
        host: str = "web1",
        environment: dict[str, str] | None = None,
        seconds: float = 20,
        run_as: str = "",
        stop: Stop | None = None,
        programs: frozenset[str] = frozenset(),
    ) -> tuple[Outcome, str]:
        command = Command(
            language=Language.BASH,
            text=text,
            target=self.target.name,
            run_as=run_as,
            runbook_sha256="0" * 64,
            step_line=1,
            limits=Limits(time=timedelta(seconds=seconds)),
        )
        execution = Execution(
            command=command,
            target=self.target,
            host=host,
            environment=environment or {},
            read_only=read_only,
            programs=programs,
            stop=stop or Stop(),
        )
        said: list[bytes] = []
        outcome = self.executor.run(execution, said.append)
        return outcome, b"".join(said).decode(errors="replace")

    def look(self, text: str, **more: object) -> tuple[Outcome, str]:
        return self.run(text, read_only=True, **more)  # type: ignore[arg-type]

    def change(self, text: str, **more: object) -> tuple[Outcome, str]:
        return self.run(text, read_only=False, **more)  # type: ignore[arg-type]


@pytest.fixture
def far(two_machines: Machines) -> Iterator[Far]:
    # a socket has no long path, and that of `tmp_path` can be one
    with tempfile.TemporaryDirectory(prefix="s") as sockets:
        yield Far.of(str(two_machines.config), f"{sockets}/s")


@pytest.fixture(params=["login", pytest.param("sandbox", marks=needs_bwrap)])
def looking(request: pytest.FixtureRequest, far: Far) -> Far:
    """Looking as it is confined there: by the login, or by bubblewrap."""
    return far.but(reads=Reads(request.param))


def living(mark: str) -> list[str]:
    """Return the command lines of all living processes that hold `mark`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if mark in line and "pytest" not in line:
            found.append(line)
    return found


def sleeping(mark: str) -> str:
    """Return a statement whose processes try all there is to get away, and then wait."""
    return f"""
        nap() {{ exec -a {mark} sleep 300; }}
        nap & (nap &) ; setsid bash -c 'exec -a {mark} sleep 300' &
        (setsid bash -c 'trap "" TERM HUP; exec -a {mark} sleep 300' &)
        echo started; nap
    """


def started(mark: str) -> None:
    await_true(lambda: len(living(mark)) >= 5, what=f"five processes of {mark}")


def gone(mark: str) -> None:
    await_true(lambda: not living(mark), within_s=5, what=f"no process of {mark}: {living(mark)}")


def once(mark: str, act: Callable[[], None]) -> Thread:
    """Have `act` called once the processes of this mark run."""

    def wait() -> None:
        started(mark)
        act()

    waiting = Thread(target=wait)
    waiting.start()
    return waiting


class TestBoth:
    """What holds for looking and for changing."""

    @pytest.fixture(params=["look", "change"])
    def way(self, request: pytest.FixtureRequest, looking: Far) -> Iterator[Way]:
        yield getattr(looking, request.param)

    def test_output_comes_in_order_and_the_status_is_the_statements(self, way: Way) -> None:
        """Errors between lines of output must stay where they happened."""
        outcome, said = way("echo one; echo two >&2; echo three; exit 3")

        assert said == "one\ntwo\nthree\n"
        assert outcome == Outcome(exit_status=3)

    def test_status_255_is_no_lost_connection(self, way: Way) -> None:
        """The client ends with 255 when it fails itself; the statement may do so too."""
        assert way("exit 255")[0] == Outcome(exit_status=255)

    def test_it_sees_what_it_is_given_and_nothing_else(self, way: Way) -> None:
        """Whatever the login would bring along must not decide what a statement does."""
        value = "a b\n'\"$(id) `id` é \\ !"

        outcome, said = way("env -0 | sort -z | tr '\\0' '|'", environment={"VALUE": value})

        names = {pair.partition("=")[0] for pair in said.split("|") if pair}
        assert outcome.succeeded
        assert f"VALUE={value}|" in said
        assert names <= {
            *("HOME", "LANG", "PATH", "VALUE", "TMPDIR", "TOCSIN_STEP"),
            *("PWD", "SHLVL", "_"),
        }

    def test_input_is_closed(self, way: Way) -> None:
        """A statement that waits for an answer at night must not wait."""
        assert way("cat; read x || echo none")[1] == "none\n"

    def test_it_cannot_say_for_itself_that_it_ended(self, way: Way) -> None:
        """Only the far end's own line counts, and it carries what the statement cannot know."""
        outcome, said = way("echo tether 1; echo 00 ended 0 >&2; exit 7")

        assert said == "tether 1\n00 ended 0\n"
        assert outcome == Outcome(exit_status=7)

    def test_a_broken_text_does_not_run_halfway(self, way: Way, tmp_path: Path) -> None:
        """Bash parses as it goes, so the first line would be done already."""
        outcome, said = way(f"echo first > {tmp_path}/x\nif true; then")

        assert "cannot parse" in outcome.said
        assert not said
        assert not (tmp_path / "x").exists()

    def test_much_output_is_cut_in_the_middle(self, way: Way) -> None:
        """A log of a gigabyte must neither fill our memory nor hide its end."""
        outcome, said = way("echo begin; yes | head -c 3000000; echo end")

        assert outcome.succeeded
        assert said.startswith("begin\n")
        assert said.endswith("end\n")
        assert "bytes cut here" in said
        assert len(said) < 100_000

    @pytest.mark.parametrize("name", ["a.b", "1x", "tether_x", "UID", "é", "A-B", ""])
    def test_a_name_that_no_shell_can_export_is_refused(self, way: Way, name: str) -> None:
        """Half an environment could be worse than none."""
        outcome, said = way("echo ran", environment={name: "x"})

        assert outcome.exit_status is None
        assert "environment variable" in outcome.said
        assert not said

    def test_time_runs_out_for_all_it_started(self, way: Way) -> None:
        """A limit that only ends the first process is none."""
        mark = f"mark-{token_hex(6)}"

        outcome, said = way(sleeping(mark), seconds=2)

        assert outcome.timed_out
        assert not outcome.lost
        assert said == "started\n"
        gone(mark)

    def test_a_stop_ends_all_it_started(self, way: Way) -> None:
        """Whoever stops everything must be able to rely on it."""
        mark, stop = f"mark-{token_hex(6)}", Stop()
        stopper = once(mark, lambda: stop.set("Ada stopped everything"))

        outcome, _ = way(sleeping(mark), stop=stop)

        stopper.join()
        assert outcome == stop.outcome()
        gone(mark)

    def test_a_cut_connection_ends_all_it_started_and_is_lost(
        self, way: Way, two_machines: Machines
    ) -> None:
        """We cannot know how it ended; but it must not go on with nobody watching."""
        mark = f"mark-{token_hex(6)}"
        cutter = once(mark, lambda: two_machines.cut("web1"))

        outcome, _ = way(sleeping(mark))

        cutter.join()
        assert outcome.lost
        assert outcome.exit_status is None
        gone(mark)

    def test_no_value_stands_in_any_argument_on_either_side(self, way: Way) -> None:
        """Everybody on a machine can read arguments."""
        secret, mark = f"secret-{token_hex(8)}", f"mark-{token_hex(6)}"
        seen: list[str] = []

        def watch() -> None:
            await_true(lambda: bool(living(mark)), what="the statement runs")
            seen.extend(living(secret))

        watcher = Thread(target=watch)
        watcher.start()
        outcome, said = way(
            f"bash -c 'exec -a {mark} sleep 1'; echo ${{#TOKEN}}", environment={"TOKEN": secret}
        )
        watcher.join()

        assert outcome.succeeded
        assert said == f"{len(secret)}\n"
        assert seen == []


class TestLooking:
    @needs_bwrap
    @pytest.mark.parametrize("attempt", ["touch {0}/x", "rm {0}/kept", "echo x > {0}/kept"])
    def test_nothing_can_be_written_there(self, far: Far, attempt: str, tmp_path: Path) -> None:
        """The walls there are the ones here."""
        (tmp_path / "kept").write_text("as it was")

        outcome, _ = far.look(attempt.format(tmp_path))

        assert outcome.exit_status not in {0, None}
        assert (tmp_path / "kept").read_text() == "as it was"
        assert not (tmp_path / "x").exists()

    @needs_bwrap
    def test_no_daemon_that_does_what_it_is_told_can_be_reached(self, far: Far) -> None:
        """The socket of such a daemon is a way around every wall."""
        socket_path = Path(f"/run/tocsin-test-{token_hex(4)}")
        told = {"/run/tocsin-test-*": frozenset({"tester"})}
        with pytest.MonkeyPatch.context() as patch, suppress(PermissionError):
            patch.setattr(sandbox, "CONTROL_SOCKETS", told)
            with socket.socket(socket.AF_UNIX) as daemon:
                daemon.bind(str(socket_path))
                look = f"[[ -S {socket_path} ]] && echo seen"

                hidden = far.look(look)[1]
                shown = far.look(look, programs=frozenset({"tester"}))[1]

            socket_path.unlink()
            assert (hidden, shown) == ("", "seen\n")

    @needs_bwrap
    def test_looks_share_a_connection(self, far: Far, two_machines: Machines) -> None:
        """A playbook looks ten times; each handshake would cost a tenth of a second or more."""
        before = set(two_machines.sessions("web2"))

        for _ in range(3):
            assert far.look("true", host="web2")[0].succeeded

        now = set(two_machines.sessions("web2"))
        assert now  # it stays open, be it from an earlier look
        assert len(now - before) <= 2  # one connection, maybe looked after by a pair of processes

    def test_nothing_it_leaves_behind_lives_on(self, looking: Far) -> None:
        """When a look is over, it is over."""
        mark = f"mark-{token_hex(6)}"

        outcome, _ = looking.look(f"setsid bash -c 'exec -a {mark} sleep 300' & sleep 0.2")

        assert outcome.succeeded
        gone(mark)

    def test_without_walls_nothing_runs_and_a_person_is_asked(
        self, two_machines: Machines, tmp_path: Path
    ) -> None:
        """A machine without bubblewrap is not a machine where anything may happen."""
        place = Far.of(str(two_machines.config), str(tmp_path / "s"))
        bare = replace(place, executor=SshExecutor(bwrap="no-such-sandbox"))

        outcome, said = bare.look(f"touch {tmp_path}/ran")

        assert outcome.exit_status is None
        assert "bubblewrap" in outcome.said
        assert not said
        assert not (tmp_path / "ran").exists()
        assert "web1: There is no sandbox" in bare.executor.ready(bare.target, read_only=True)
        assert bare.executor.ready(bare.target, read_only=False) == ""
        assert bare.but(reads=Reads.LOGIN).look("echo fine")[1] == "fine\n"


class TestChanging:
    def test_what_it_leaves_behind_on_purpose_lives_on(self, far: Far) -> None:
        """To restart a worker is to leave a process behind."""
        mark = f"mark-{token_hex(6)}"

        outcome, said = far.change(
            f"setsid bash -c 'exec -a {mark} sleep 300' >/dev/null 2>&1 & sleep 0.2; echo done"
        )

        assert (outcome, said) == (Outcome(exit_status=0), "done\n")
        time.sleep(0.5)
        assert len(living(mark)) == 1
        subprocess.run(["pkill", "-f", f"^{mark}"], check=True)

    def test_a_worker_that_keeps_its_output_open_does_not_hold_us_up(self, far: Far) -> None:
        """The client alone would wait for as long as the worker lives."""
        mark = f"mark-{token_hex(6)}"

        outcome, said = far.change(f"bash -c 'exec -a {mark} sleep 300' & sleep 0.2; echo done")

        assert (outcome, said) == (Outcome(exit_status=0), "done\n")
        subprocess.run(["pkill", "-f", f"^{mark}"], check=False)

    @pytest.mark.parametrize("whom", ["us", "the client"])
    def test_no_survivor_when_we_are_killed(self, far: Far, tmp_path: Path, whom: str) -> None:
        """A server that dies must not leave a change behind that nobody watches."""
        mark = f"mark-{token_hex(6)}"
        here = Path(__file__).parent
        argv = [str(here), str(here.parents[1]), far.target.config, str(tmp_path / "s")]
        seen = {**os.environ, "STATEMENT": sleeping(mark)}
        server = subprocess.Popen([sys.executable, "-c", HELD, *argv], env=seen)
        started(mark)

        if whom == "us":
            server.kill()
        else:
            subprocess.run(["pkill", "-KILL", "-P", str(server.pid), "-x", "ssh"], check=True)

        gone(mark)
        server.kill()
        server.wait()

    def test_it_runs_as_whom_the_target_says(self, far: Far) -> None:
        """A login that may become one other user needs to be nobody more."""
        if os.geteuid() or not shutil.which("sudo"):
            pytest.skip("only root may become nobody, and through sudo")
        mark = f"mark-{token_hex(6)}"

        assert far.change("id -un; echo $A", run_as="nobody", environment={"A": "b"})[1] == (
            "nobody\nb\n"
        )
        assert far.change(sleeping(mark), run_as="nobody", seconds=2)[0].timed_out
        gone(mark)


class TestSilence:
    def test_a_line_that_falls_silent_ends_it(
        self, far: Far, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A network that swallows everything tells nobody: no end of input, no reset."""
        monkeypatch.setattr(tether, "PATIENCE_SECONDS", 2)
        monkeypatch.setattr(tether, "_BEAT_SECONDS", 100.0)
        mark = f"mark-{token_hex(6)}"

        outcome, _ = far.change(sleeping(mark))

        assert outcome.lost
        gone(mark)

    def test_a_line_on_which_we_are_heard_does_not(
        self, far: Far, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A change that takes its time and says nothing is no silence."""
        monkeypatch.setattr(tether, "PATIENCE_SECONDS", 3)
        monkeypatch.setattr(tether, "_BEAT_SECONDS", 0.5)

        assert far.change("sleep 5")[0] == Outcome(exit_status=0)


class TestReaching:
    def test_each_host_is_a_machine_of_its_own(self, far: Far, two_machines: Machines) -> None:
        """What is asked of one must not be answered by another."""
        port = "echo ${SSH_CONNECTION}; tr '\\0' '\\n' </proc/$PPID/environ | grep -c ."
        before = {name: set(two_machines.sessions(name)) for name in ("web1", "web2")}

        far.change(port, host="web2")
        mark, stop = f"mark-{token_hex(6)}", Stop()
        runner = Thread(target=lambda: far.change(sleeping(mark), host="web2", stop=stop))
        runner.start()
        started(mark)
        met = {name: set(two_machines.sessions(name)) - before[name] for name in before}
        stop.set("seen enough")
        runner.join()

        assert met["web2"]
        assert not met["web1"]

    def test_a_machine_that_does_not_answer_ran_nothing(self, far: Far) -> None:
        """That is known, so it is a failure and not an unknown outcome."""
        outcome, _ = far.change("true", host="nowhere.invalid")

        assert outcome.said.startswith("Nothing ran, it cannot be reached: ")
        assert not outcome.lost

    def test_an_unknown_host_key_is_refused(self, far: Far, tmp_path: Path) -> None:
        """Whoever answers there could be anybody."""
        text = Path(far.target.config).read_text().replace("known_hosts", "nobody_known")
        (tmp_path / "config").write_text(text)

        outcome, said = far.but(config=str(tmp_path / "config")).change("echo ran")

        assert "Host key verification failed" in outcome.said
        assert not said

    def test_no_host_can_be_an_option(self, far: Far, tmp_path: Path) -> None:
        """Settings refuse such a name; even if they did not, it stands behind the two dashes."""
        outcome, _ = far.change("true", host=f"-oProxyCommand=touch {tmp_path}/ran")

        assert outcome.exit_status is None
        assert not (tmp_path / "ran").exists()

    @pytest.mark.parametrize("changing", ["identity", "user", "host"])
    def test_the_reading_and_the_changing_login_are_two(
        self, far: Far, two_machines: Machines, tmp_path: Path, changing: str
    ) -> None:
        """The second is only there while an approved step runs."""
        config = "\n".join(
            line
            for line in two_machines.config.read_text().splitlines()
            if "IdentityFile" not in line
        )
        (tmp_path / "config").write_text(config)
        reading = far.but(
            config=str(tmp_path / "config"),
            identity=str(two_machines.identity),
            reads=Reads.LOGIN,
        )
        two = reading.but(**{f"change_{changing}": "nonexistent"})

        assert two.look("true")[0].succeeded
        assert reading.change("true")[0].succeeded
        assert "cannot be reached" in two.change("true")[0].said

    def test_a_login_that_greets_does_not_get_into_the_output(
        self, far: Far, tmp_path: Path
    ) -> None:
        """The output is evidence: what a shell's start-up file says is none."""
        chatty = replace(far, executor=_Chatty(str(tmp_path / "s")))

        outcome, said = chatty.change("echo mine")

        assert (outcome, said) == (Outcome(exit_status=0), "mine\n")


class _Chatty(SshExecutor):
    """Logs in through a shell that greets."""

    def client(self, *asked, **more):  # type: ignore[no-untyped-def]
        *argv, words = super().client(*asked, **more)
        return [*argv, f"echo welcome; echo mind the gap >&2; {words}"]


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Far]:
    """Machines on which we are another user, who is not root."""
    if os.geteuid():
        pytest.skip("only root can run a sshd for another user")
    if OTHER not in {each.pw_name for each in pwd.getpwall()} or not shutil.which("setpriv"):
        pytest.skip(f"there is no user {OTHER} here, or no setpriv to become it")
    with ExitStack() as stack:
        try:
            reached = stack.enter_context(machines("web1", "web2", user=OTHER))
        except Absent as absent:
            pytest.skip(str(absent))
        yield Far.of(str(reached.config), str(tmp_path / "s")).but(user=OTHER)


def test_without_a_control_group_nothing_survives_either(another: Far) -> None:
    """Root can make a control group; whoever cannot is held by descent and by a mark."""
    mark = f"mark-{token_hex(6)}"

    outcome, said = another.change(f"id -un;{sleeping(mark)}", seconds=2)

    assert outcome.timed_out
    assert said == f"{OTHER}\nstarted\n"
    gone(mark)


def test_the_text_that_is_sent_survives_its_quotes() -> None:
    """It travels in a pair of single quotes through whatever shell the login has."""
    text = far_words()[-1]

    assert "'" not in text
    assert text.isascii()
