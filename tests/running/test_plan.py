"""What a playbook's run looks like before anything of it has run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from drill import WORKSPACE, Drill
from tocsin.core.run import RunState, StepRun

RUNBOOK = """\
# Shop

## Checkout failing

**Alert:** `CheckoutFailing`
**Severity:** Critical (P1)

### Investigation Steps

1. **Ask the region**
   ```bash
   curl -s "http://$REGION.shop.test/health"
   ```

2. **Ask nobody in particular**
   ```bash
   curl -s "http://$NOBODY_SET_THIS/health"
   ```

3. **Look, change, look again**
   ```bash
   tail -n 3 payments.log
   ./shopctl restart payments
   tail -n 4 payments.log
   ```

4. **Follow the log**
   ```bash
   tail -f payments.log
   ```

5. **Ask for the numbers**
   ```promql
   rate(payments_total[5m])
   ```
"""


def planned(
    tmp_path: Path, runbook: str = RUNBOOK, workspace: str = WORKSPACE
) -> dict[str, StepRun]:
    drill = Drill(tmp_path, runbooks={"shop.md": runbook}, workspace=workspace)
    drill.alert()
    found = {step_run.text: step_run for step_run in drill.step_runs()}
    drill.close()
    return found


def test_a_variable_of_the_service_is_known_and_any_other_is_not(tmp_path: Path) -> None:
    """What nobody has set would expand to nothing, and ask the wrong host."""
    runs = planned(tmp_path)

    assert runs['curl -s "http://$REGION.shop.test/health"'].state is RunState.SUCCEEDED
    assert runs['curl -s "http://$NOBODY_SET_THIS/health"'].state is RunState.WAITING


def test_a_look_after_a_change_of_its_step_waits_for_the_change(tmp_path: Path) -> None:
    """It is there to show what the change did; before it, it would show nothing."""
    runs = planned(tmp_path)

    assert runs["tail -n 3 payments.log"].state is RunState.SUCCEEDED
    assert runs["./shopctl restart payments"].state is RunState.WAITING
    assert runs["tail -n 4 payments.log"].state is RunState.HELD


def test_a_statement_has_the_time_that_its_target_gives_it(tmp_path: Path) -> None:
    """Restoring a backup takes longer than a look; what was approved says for how long."""
    longer = WORKSPACE.replace('kind = "local"', 'kind = "local"\ntime_limit = "2h"')

    runs = planned(tmp_path, workspace=longer)

    command = runs["./shopctl restart payments"].command
    assert command is not None
    assert command.limits.time == timedelta(hours=2)


def test_an_endless_look_runs_in_its_bounded_form(tmp_path: Path) -> None:
    """The form that runs is the one that is shown, and approved, and recorded."""
    follow = planned(tmp_path)["tail -f payments.log"]

    assert follow.command is not None
    assert follow.state is RunState.SUCCEEDED
    assert "-f" not in follow.command.text.split()


def test_a_statement_without_a_target_is_left_to_people_with_the_reason(tmp_path: Path) -> None:
    """No Prometheus is set up: said, not skipped."""
    query = planned(tmp_path)["rate(payments_total[5m])"]

    assert query.state is RunState.MANUAL
    assert query.said == "no target for promql is set for this service"
