"""`tocsin run show`, `run dry`, `stop` and `incident hold`, over real HTTP."""

from __future__ import annotations

from cli.conftest import Served

RESTART = "Restart the payment worker"


def test_show_tells_what_would_run_and_dry_also_how(served: Served) -> None:
    """And neither runs anything."""
    run = served.waiting(RESTART)

    shown, dry = served("run", "show", run), served("run", "dry", run)

    assert "    ./shopctl restart payments\n" in shown.out
    assert "never approved before" in shown.out
    assert "argv" not in shown.out and "argv" in dry.out and "fingerprint" in dry.out
    assert served("run", "show", run, "--json").json["command"]["target"] == "here"
    assert "./shopctl restart payments" not in served.drill.machine.texts


def test_stop_and_lift(served: Served) -> None:
    """With a reason each; what is approved meanwhile is refused."""
    assert served("stop").status == 2
    stopped = served("stop", "--reason", "a wrong runbook")
    refused = served("run", "approve", served.waiting(RESTART), "--yes")
    lifted = served("stop", "--lift", "--reason", "it was right")

    assert (stopped.status, "a wrong runbook" in stopped.out) == (0, True)
    assert (refused.status, "Stopped by" in refused.err) == (5, True)
    assert (lifted.status, "Nothing is stopped." in lifted.out) == (0, True)
    assert served("stop", "--lift", "--status").status == 2


def test_hold_and_unhold(served: Served) -> None:
    """The incident says why."""
    held = served("incident", "hold", "1", "--reason", "a breach")
    assert "evidence held: a breach" in held.out
    assert "a breach" in served("incident", "show", "1").out
    free = served("incident", "unhold", "1", "--reason", "copies are made")
    assert "evidence not held" in free.out
