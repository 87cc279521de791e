"""One step on several hosts: each with its own result, a change one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from threading import Barrier

import pytest

from drill import MINUTE, WORKSPACE, Died, Drill
from tocsin.core.errors import Conflict
from tocsin.core.place import hosts_of
from tocsin.core.run import HostRun, Outcome, RunState, StepRun
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind
from tocsin.records.verify import verify
from tocsin.running import approve
from tocsin.running.spread import Where

LOOK = "Look at the payment log"
CHANGE = "Restart the payment worker"
HOSTS = ("web1", "web2", "web3")
WEB = """
[[target]]
name = "web"
kind = "ssh"
hosts = ["web1", "web2", "web3"]
run_as = "app"
"""
LABELLED = WEB + 'host_label = "instance"\n'


@dataclass
class Farm:
    """Three machines that end as the test says."""

    ends: dict[str, Outcome] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    ran_as: set[str] = field(default_factory=set)
    dies_on: str = ""
    together: Barrier | None = None
    passes: Callable[[], None] = lambda: None  # what happens meanwhile

    def ready(self, target: Target, *, read_only: bool) -> str:
        return ""

    def run(self, execution, say) -> Outcome:  # type: ignore[no-untyped-def]
        if execution.target.name != "web":
            return Outcome(exit_status=0)
        if not execution.read_only:
            self.changed.append(execution.host)
        self.passes()
        self.ran.append(execution.host)
        self.ran_as.add(execution.command.run_as)
        if execution.host == self.dies_on:
            raise Died
        if self.together is not None:
            self.together.wait(timeout=20)
        say(f"from {execution.host}\n".encode())
        return self.ends.get(execution.host, Outcome(exit_status=0))


class Spread(Drill):
    """The product with a service that runs on three machines."""

    def __init__(self, directory: Path, target: str = WEB) -> None:
        workspace = WORKSPACE.replace('["here", "db"]', '["web", "db"]') + target
        self.farm = Farm()
        super().__init__(directory, workspace=workspace)

    def _acts(self):  # type: ignore[no-untyped-def]
        everything = dict.fromkeys(product(Language, TargetKind), self.farm)
        return replace(super()._acts(), executors=everything)

    def hosts(self, step_run: StepRun) -> dict[str, HostRun]:
        with self.store.look() as tx:
            return {each.host: each for each in tx.step_runs.host_runs(step_run.id)}

    def states(self, title: str) -> dict[str, RunState]:
        return {host: each.state for host, each in self.hosts(self.step_run(title)).items()}

    def again(self, title: str, **where: object) -> StepRun:
        with self.store.begin() as tx:
            run = approve.run_again(
                tx,
                self.app.grounds,
                self.step_run(title).id,
                by="grace",
                now=self.clock,
                where=Where(**where),  # type: ignore[arg-type]
            )
        self.run_due()
        return run


@pytest.fixture
def spread(tmp_path: Path) -> Iterator[Spread]:
    table = Spread(tmp_path)
    yield table
    table.close()


def test_a_look_runs_on_all_hosts_side_by_side(spread: Spread) -> None:
    """Ten machines that take a second each must not take ten seconds."""
    spread.farm.together = Barrier(3)

    spread.alert()

    look = spread.step_run(LOOK)
    assert look.state is RunState.SUCCEEDED
    assert spread.states(LOOK) == dict.fromkeys(HOSTS, RunState.SUCCEEDED)
    for host in HOSTS:
        assert f"=== {host} ===\nfrom {host}\n" in spread.output(look)


def test_one_bad_host_is_told_by_name(spread: Spread) -> None:
    """ "It failed" is no help where it failed on one of three."""
    spread.farm.ends["web2"] = Outcome(exit_status=4)

    spread.alert()

    look = spread.step_run(LOOK)
    assert (look.state, look.exit_status) == (RunState.FAILED, 4)
    assert look.said == "2 of 3 hosts succeeded. web2: failed, exit status 4"


def test_a_change_stops_at_the_first_host_that_fails(spread: Spread) -> None:
    """What breaks one machine must not go on to the next."""
    spread.alert()
    spread.farm.ran.clear()
    spread.farm.ran_as.clear()
    spread.farm.ends["web2"] = Outcome(exit_status=1)

    spread.approve(spread.step_run(CHANGE))

    assert spread.farm.ran == ["web1", "web2"]
    assert spread.farm.ran_as == {"app"}
    assert spread.states(CHANGE) == {
        "web1": RunState.SUCCEEDED,
        "web2": RunState.FAILED,
        "web3": RunState.SKIPPED,
    }
    assert spread.step_run(CHANGE).state is RunState.FAILED
    told = [text for text in spread.story() if CHANGE in text]
    assert any("started on web1" in text for text in told)
    assert not any("started on web3" in text for text in told)


def test_a_change_on_several_hosts_leaves_a_record_that_holds(spread: Spread) -> None:
    """It starts once and goes on from host to host: one approval, used once, is what there is."""
    spread.alert()

    def pass_a_minute() -> None:
        spread.clock += MINUTE

    spread.farm.passes = pass_a_minute
    spread.approve(spread.step_run(CHANGE))

    with spread.store.look() as tx:
        verdict = verify(tx)

    assert spread.farm.changed == list(HOSTS)
    assert verdict.wrong == ()


def test_only_those_that_failed_run_again_with_a_new_approval(spread: Spread) -> None:
    """The first machine has had its change: it must not have it twice."""
    spread.alert()
    spread.farm.ends["web2"] = Outcome(exit_status=1)
    before = spread.step_run(CHANGE)
    spread.approve(before)
    spread.farm.ends.clear()
    spread.farm.changed.clear()

    again = spread.again(CHANGE, failed_only=True)

    assert again.state is RunState.WAITING
    assert again.command is not None and before.command is not None
    assert set(again.command.hosts) == {"web2", "web3"}
    assert again.command.fingerprint() != before.command.fingerprint()
    assert spread.farm.changed == []

    spread.fast_forward(11 * MINUTE)  # sooner it would have to be confirmed as a repeat
    spread.approve(spread.step_run(CHANGE))

    assert sorted(spread.farm.changed) == ["web2", "web3"]
    assert spread.step_run(CHANGE).state is RunState.SUCCEEDED
    assert spread.states(CHANGE) == dict.fromkeys(HOSTS, RunState.SUCCEEDED)


def test_what_failed_elsewhere_before_still_counts(spread: Spread) -> None:
    """One host that succeeds at last does not make the step succeed."""
    spread.farm.ends = {"web1": Outcome(exit_status=1), "web2": Outcome(exit_status=2)}
    spread.alert()
    spread.farm.ends.clear()

    spread.again(LOOK, hosts=("web1",))

    assert spread.step_run(LOOK).said == "2 of 3 hosts succeeded. web2: failed, exit status 2"


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ({"hosts": ("web9",)}, "no host web9"),
        ({"failed_only": True}, "nothing is left"),
    ],
)
def test_again_is_refused_where_there_is_nothing_to_run(
    spread: Spread, where: dict[str, object], why: str
) -> None:
    """A person names hosts of the step, and no others."""
    spread.alert()

    with pytest.raises(Conflict, match=why):
        spread.again(LOOK, **where)


def test_a_change_we_died_in_is_unknown_on_that_host_and_nowhere_else(spread: Spread) -> None:
    """Somebody has to look at one machine, not at three; and nothing starts by itself."""
    spread.alert()
    spread.farm.dies_on = "web2"
    with pytest.raises(Died):
        spread.approve(spread.step_run(CHANGE))
    spread.farm.changed.clear()

    spread.restart()

    assert spread.farm.changed == []
    assert spread.step_run(CHANGE).state is RunState.UNKNOWN
    assert spread.states(CHANGE) == {
        "web1": RunState.SUCCEEDED,
        "web2": RunState.UNKNOWN,
        "web3": RunState.SKIPPED,
    }


def test_a_settled_host_is_settled(spread: Spread) -> None:
    """Who looked at it and found it done must not have it run there again."""
    spread.alert()
    spread.farm.ends["web1"] = Outcome(exit_status=None, lost=True)
    spread.approve(spread.step_run(CHANGE))
    assert spread.step_run(CHANGE).state is RunState.UNKNOWN
    with spread.store.begin() as tx:
        run = spread.step_run(CHANGE)
        approve.settle(tx, run.id, True, by="ada", note="it runs", now=spread.clock)

    again = spread.again(CHANGE, failed_only=True)

    assert again.command is not None
    assert set(again.command.hosts) == {"web2", "web3"}


def test_what_is_settled_on_one_host_has_not_succeeded_where_it_never_ran(spread: Spread) -> None:
    """Two of three machines would otherwise be forgotten as done."""
    spread.alert()
    spread.farm.ends["web1"] = Outcome(exit_status=None, lost=True)
    spread.approve(spread.step_run(CHANGE))

    with spread.store.begin() as tx:
        run = spread.step_run(CHANGE)
        approve.settle(tx, run.id, True, by="ada", note="it runs", now=spread.clock)

    settled = spread.step_run(CHANGE)
    assert settled.state is RunState.FAILED
    assert settled.said.startswith("it runs; 1 of 3 hosts succeeded.")


def test_the_alert_picks_its_host(tmp_path: Path) -> None:
    """A full disk on one machine is looked at on that machine."""
    table = Spread(tmp_path, LABELLED)

    table.alert(instance="web2:9100")

    assert set(table.farm.ran) == {"web2"}
    table.close()


@pytest.mark.parametrize(
    "value", ["web9", "", "web2; touch x", "-oProxyCommand=x", "web2:x", "WEB2"]
)
def test_a_label_never_names_a_host_that_is_not_listed(tmp_path: Path, value: str) -> None:
    """Whoever can write a log line may be able to write a label."""
    table = Spread(tmp_path, LABELLED)

    table.alert(instance=value)

    assert table.farm.ran == []
    assert "names no host of target web" in table.step_run(LOOK).said
    table.close()


def test_a_port_that_is_part_of_the_name_is_no_port() -> None:
    """Exactly what is listed wins over what remains without the port."""
    target = Target(name="x", kind=TargetKind.DOCKER, hosts=("a", "a:1"), host_label="l")

    assert hosts_of(target, {"l": "a:1"}) in (("a",), ("a:1",))
    assert hosts_of(target, {"l": "a"}) == ("a",)
