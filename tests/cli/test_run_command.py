"""`tocsin run`, over real HTTP: what is approved is what was seen."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time

import pytest

from cli.conftest import Served
from tocsin.core.run import RunState

RESTART = "Restart the payment worker"
PROVIDER = "Ask the payment provider"


def test_the_list_groups_by_step_and_shows_state_risk_and_text(served: Served) -> None:
    """What ran, what waits, what is to be done by hand."""
    listed = served("run", "list").out

    assert listed.startswith("Incident 1\n")
    assert "Look at the payment log" in listed and "✓ succeeded" in listed
    assert "? waiting" in listed and "□ manual" in listed
    assert "fine" not in served("run", "list").out.splitlines()[-1]
    assert "fine" in served("run", "list", "--output").out


def test_only_what_waits_for_a_person(served: Served) -> None:
    """A responder's to-do list, also for scripts."""
    states = {run["state"] for run in served("run", "list", "--waiting", "--json").json["runs"]}

    assert states == {"waiting", "manual"}


def test_runs_of_an_incident_that_is_not_there(served: Served) -> None:
    """Not an empty list: the number is wrong."""
    assert served("run", "list", "--incident", "77").status == 4


def test_without_a_terminal_nothing_is_approved_by_accident(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script has to say which command it means, or that it does not care."""
    refused = served("run", "approve", served.waiting(RESTART))

    assert (refused.status, refused.out) == (2, "")
    assert "--fingerprint" in refused.err
    assert served.drill.step_run(RESTART).state is RunState.WAITING


def test_yes_shows_the_exact_text_and_runs_it_once(served: Served) -> None:
    """Shown on stderr: stdout is for the result."""
    approved = served("run", "approve", served.waiting(RESTART), "--yes")

    assert approved.status == 0
    assert "    ./shopctl restart payments\n" in approved.err
    assert "shopctl" not in approved.out
    assert served.drill.machine.texts.count("./shopctl restart payments") == 1
    again = served("run", "approve", served.waiting(RESTART), "--yes")
    assert again.status == 5
    assert served.drill.machine.texts.count("./shopctl restart payments") == 1


def test_the_fingerprint_of_another_command_approves_nothing(served: Served) -> None:
    """The runbook changed between looking and approving: look again."""
    wrong = served("run", "approve", served.waiting(RESTART), "--fingerprint", "0" * 64)
    assert wrong.status == 5
    assert "./shopctl restart payments" not in served.drill.machine.texts

    runs = served("run", "list", "--waiting", "--json").json["runs"]
    (seen,) = [run["fingerprint"] for run in runs if run["state"] == "waiting"]
    right = served("run", "approve", served.waiting(RESTART), "--fingerprint", seen, "--json")
    assert (right.status, right.json["id"]) == (0, int(served.waiting(RESTART)))
    assert "./shopctl restart payments" in served.drill.machine.texts


def test_approving_what_is_not_there(served: Served) -> None:
    """4, as everywhere."""
    assert served("run", "approve", "999", "--yes").status == 4


@pytest.mark.parametrize(("answer", "status", "times"), [("y", 0, 1), ("n", 1, 0), ("", 1, 0)])
def test_on_a_terminal_it_asks_and_no_is_the_default(
    served: Served, answer: str, status: int, times: int
) -> None:
    """A real terminal, a real process, a real answer."""
    ended, told = on_a_terminal(["run", "approve", served.waiting(RESTART)], f"{answer}\n")
    served.drill.run_due()

    assert "./shopctl restart payments" in told
    assert "Run exactly this? [y/N]" in told
    assert ended == status
    assert served.drill.machine.texts.count("./shopctl restart payments") == times


def on_a_terminal(words: list[str], answer: str) -> tuple[int, str]:
    """Run a command line on a terminal of its own; answer its first question."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "NO_COLOR": "1"},
    )
    os.close(theirs)
    told, answered, end = b"", False, time.monotonic() + 30
    while time.monotonic() < end and (
        process.poll() is None or select.select([ours], [], [], 0)[0]
    ):
        if not select.select([ours], [], [], 0.1)[0]:
            continue
        try:
            told += os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
        if not answered and b"[y/N]" in told:
            os.write(ours, answer.encode())
            answered = True
    status = process.wait(timeout=10)
    os.close(ours)
    return status, told.decode()


def test_skip_and_tick_keep_the_remark(served: Served) -> None:
    """Why somebody did not run it is worth more than that."""
    skipped = served("run", "skip", served.waiting(RESTART), "-m", "it restarted by itself")
    ticked = served("run", "tick", served.waiting(PROVIDER), "--note", "no notice there")

    assert "– skipped" in skipped.out and "it restarted by itself" in skipped.out
    assert "■ ticked" in ticked.out
    assert served.drill.told("no notice there")
    assert served("run", "skip", served.waiting(RESTART)).status == 0


def test_a_look_can_be_taken_again(served: Served) -> None:
    """Things change while one works on them."""
    number = served.waiting("Look at the payment log")
    before = len(served.drill.machine.ran)

    assert served("run", "again", number).status == 0
    assert len(served.drill.machine.ran) == before + 1


def test_a_look_as_written_waits_for_an_approval(served: Served) -> None:
    """What it then runs with is more than a look has by itself."""
    number = served.waiting("Look at the payment log")

    asked = served("run", "again", number, "--as-written")
    card = served("run", "show", number)

    assert (asked.status, asked.err) == (0, "")
    assert "? waiting" in asked.out and "ada wants it as it is written" in asked.out
    assert "tail -n 20 payments.log" in card.out
    assert served("run", "again", served.waiting(RESTART), "--as-written").status == 5


def test_only_a_lost_change_can_be_settled(served: Served) -> None:
    """And the verdict must be given: there is no default for what nobody knows."""
    number = served.waiting(RESTART)

    assert served("run", "settle", number, "--succeeded").status == 5
    assert served("run", "settle", number).status == 2


def test_a_value_is_given_as_a_pair(served: Served) -> None:
    """And a step that leaves nothing open takes none."""
    assert served("run", "set", served.waiting(RESTART), "POD").status == 2
    refused = served("run", "set", served.waiting(RESTART), "POD=payments-1")

    assert refused.status == 5
    assert "nothing to fill in" in refused.err


def test_again_takes_hosts_of_the_step_only(served: Served) -> None:
    """A step at one place has none, so nothing is left to choose."""
    number = served.waiting("Look at the payment log")

    refused = served("run", "again", number, "--host", "web9")
    nothing_left = served("run", "again", number, "--failed")

    assert (refused.status, nothing_left.status) == (5, 5)
    assert "no host web9" in refused.err
