"""Values on their way from labels, settings and people to what runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import drill as drills
from drill import WORKSPACE, Drill
from tocsin.core.errors import Conflict, Invalid, Problem
from tocsin.core.parameter import ValueSource
from tocsin.core.risk import Risk
from tocsin.core.run import RunState, StepRun
from tocsin.running.fill_in import fill_in

RUNBOOK = """\
# Shop

## Checkout failing

**Alert:** `CheckoutFailing`
**Severity:** Critical (P1)

### Investigation Steps

1. **Look into the pod**
   ```bash
   docker logs --tail 20 <pod>
   ```

2. **Look at the log**
   ```bash
   tail -n 5 /var/log/<app>.log
   ```

3. **Look at the log otherwise**
   ```bash
   bash -c 'tail <app>.log'
   ```

4. **Count**
   ```sql
   SELECT count(*) FROM payments WHERE state = '<state>';
   ```

5. **Ask the shop**
   ```bash
   curl -fsS --max-time 5 http://shop.test/pods/<pod>
   ```

6. **Use a secret**
   ```bash
   curl -H "Authorization: Bearer $API_TOKEN" http://shop.test/x
   ```

7. **Look into a file of settings**
   ```bash
   cat /etc/<name>
   ```

### Remediation

**Restart the pod:**
```bash
docker restart <pod>
```

### Verification

1. **Verify that it answers**
   ```bash
   docker logs --tail 5 <pod>
   ```
"""


@pytest.fixture
def drill(tmp_path: Path) -> Any:
    made = Drill(tmp_path, runbooks={"shop.md": RUNBOOK}, workspace=WORKSPACE)
    yield made
    made.close()


def fill(drill: Drill, step_run: StepRun, by: str = "ada", **values: str) -> StepRun:
    with drill.store.begin() as tx:
        filled = fill_in(tx, drill.app.grounds, step_run.id, values, by=by, now=drill.clock)
    drill.run_due()
    return filled


def refusal(drill: Drill, step_run: StepRun, **values: str) -> Problem:
    with pytest.raises(Problem) as caught:
        fill(drill, step_run, **values)
    return caught.value


def test_a_label_fills_in_an_identifier_and_the_look_runs_at_once(drill: Drill) -> None:
    """The value stands in the environment; the text that runs holds only its name."""
    drill.alert(pod="payments-1")

    look = drill.step_run("Look into the pod")
    ran = next(each for each in drill.machine.ran if "docker logs --tail 20" in each.command.text)
    assert look.state is RunState.SUCCEEDED
    assert ran.command.text == 'docker logs --tail 20 "${TOCSIN_P_POD}"'
    assert ran.command.parameters == (("POD", "payments-1"),)
    assert ran.environment["TOCSIN_P_POD"] == "payments-1"
    assert look.parameters[0].origin == "label pod of CheckoutFailing"


def test_without_a_value_nothing_runs_and_it_says_what_is_missing(drill: Drill) -> None:
    """A placeholder that was run literally would look at nothing, or at the wrong thing."""
    drill.alert()

    look = drill.step_run("Look into the pod")
    assert (look.state, look.said) == (RunState.WAITING, "it needs a value for POD")
    with pytest.raises(Conflict, match="POD") as caught:
        drill.approve(look)
    assert caught.value.code == "approval.unbound"
    assert not any("docker" in text for text in drill.machine.texts)


def test_a_person_fills_it_in_and_the_look_runs(drill: Drill) -> None:
    """It is theirs then: on the timeline, and as who asked."""
    drill.alert()
    filled = fill(drill, drill.step_run("Look into the pod"), pod="payments-2")

    look = drill.step_run("Look into the pod")
    assert filled.state is RunState.READY
    assert look.state is RunState.SUCCEEDED
    assert (look.asked_by, look.parameters[0].source) == ("ada", ValueSource.PERSON)
    assert drill.told("filled in: pod = payments-2")


@pytest.mark.parametrize(
    "calls", ["curl -s <upstream>/health", "nc -zv <upstream> 80", "redis-cli -h <upstream> PING"]
)
def test_a_label_never_chooses_whom_a_look_calls(tmp_path: Path, calls: str) -> None:
    """Whoever writes a label must not send our requests, and what we say in them, anywhere."""
    text = drills.RUNBOOK.replace("tail -n 20 payments.log", calls, 1)
    table = Drill(tmp_path, runbooks={"shop.md": text})

    table.alert(upstream="evil.example.com")

    look = table.step_run("Look at the payment log")
    assert (look.state, look.said) == (RunState.WAITING, "somebody has to confirm UPSTREAM")
    table.close()


def test_a_path_from_a_label_waits_until_a_person_confirms_it(drill: Drill) -> None:
    """Whoever writes a label must not choose the file."""
    drill.alert(app="payments")
    look = drill.step_run("Look at the log")

    assert (look.state, look.said) == (RunState.WAITING, "somebody has to confirm APP")
    assert look.command is not None
    assert look.command.parameters == ()

    fill(drill, look, app="payments")
    assert drill.step_run("Look at the log").state is RunState.SUCCEEDED


def test_a_value_that_makes_it_a_look_at_secrets_waits_for_an_approval(drill: Drill) -> None:
    """What is judged is the command as it would run, not as it looks with a name in it."""
    drill.alert()
    fill(drill, drill.step_run("Look into a file of settings"), name="hosts")
    assert drill.step_run("Look into a file of settings").state is RunState.SUCCEEDED

    fill(drill, drill.step_run("Look into a file of settings"), name="shadow")
    look = drill.step_run("Look into a file of settings")
    assert (look.state, look.risk) == (RunState.WAITING, Risk.SECRET)


def test_what_cannot_be_filled_in_is_done_by_hand(drill: Drill) -> None:
    """Inside another program quotes do not hold."""
    drill.alert(app="payments")
    step = drill.step_run("Look at the log otherwise")

    assert (step.state, step.command) == (RunState.MANUAL, None)
    assert step.said == "<app> is part of a program for bash: fill it in by hand"


def test_a_secret_is_no_parameter(drill: Drill) -> None:
    """It would stand in the database and on the card."""
    drill.alert(api_token="abc")

    step = drill.step_run("Use a secret")
    assert step.state is RunState.MANUAL
    assert "[[secret]]" in step.said


def test_sql_gets_a_bound_parameter(drill: Drill) -> None:
    """The statement is the same for every value."""
    drill.alert(state="stuck")

    (ran,) = [each for each in drill.machine.ran if "SELECT" in each.command.text]
    assert "state = :TOCSIN_P_STATE" in ran.command.text
    assert ran.command.parameters == (("STATE", "stuck"),)


def test_a_plain_request_stays_one_and_names_its_value(drill: Drill) -> None:
    """The executor of requests encodes it within its segment."""
    drill.alert(pod="payments-1")

    (ran,) = [each for each in drill.machine.ran if each.command.text.startswith("GET")]
    assert ran.command.text == "GET http://shop.test/pods/${TOCSIN_P_POD}"


def test_a_change_with_values_waits_for_its_approval_and_the_value_is_part_of_it(
    drill: Drill,
) -> None:
    """Another value is another command."""
    drill.alert(pod="payments-1")
    change = drill.step_run("Restart the pod")
    assert change.state is RunState.WAITING
    assert change.command is not None
    before = change.command.fingerprint()

    fill(drill, change, by="grace", pod="payments-2")
    changed = drill.step_run("Restart the pod")

    assert changed.command is not None
    assert changed.command.fingerprint() != before
    assert (changed.state, changed.asked_by) == (RunState.WAITING, "grace")
    with pytest.raises(Conflict, match="not what would run"):
        drill.approve(change, by="linus")


def test_a_verification_that_is_filled_in_is_held_for_the_recovery(drill: Drill) -> None:
    """Before that it would verify nothing."""
    drill.alert()

    assert fill(drill, drill.step_run("Verify that it answers"), pod="x").state is RunState.HELD


@pytest.mark.parametrize("value", ["", "-x", "a b", "$(id)", "a\nb", "a'b", "..", "a" * 300])
def test_a_value_that_does_not_fit_is_refused_before_anything_starts(
    drill: Drill, value: str
) -> None:
    """Nothing of it reaches a row, a shell or the timeline."""
    drill.alert()
    problem = refusal(drill, drill.step_run("Look into the pod"), pod=value)

    assert isinstance(problem, Invalid)
    assert problem.code == "parameter.value"
    assert "POD" in problem.message
    assert "identifier" in problem.message
    assert drill.step_run("Look into the pod").parameters[0].value is None


def test_a_name_that_is_none_of_its_parameters_is_refused(drill: Drill) -> None:
    """A typing error must not look like success."""
    drill.alert()
    problem = refusal(drill, drill.step_run("Look into the pod"), pdo="x")

    assert (problem.code, problem.hint) == ("parameter.name", "It has POD.")


def test_a_hostile_label_is_as_good_as_none(drill: Drill) -> None:
    """What does not fit is never offered for confirmation either."""
    drill.alert(pod="x; rm -rf /", state="' OR 1=1 --", app="../../etc/shadow")

    for title in ("Look into the pod", "Look at the log", "Count", "Restart the pod"):
        assert drill.step_run(title).said.startswith("it needs a value")


SETTINGS = (
    WORKSPACE.replace(
        'environment = { REGION = "north" }',
        'environment = { REGION = "north" }\nparameters = { pod = "of-the-service" }',
    )
    + """
[[parameter]]
name = "state"
type = "one of"
choices = ["stuck", "lost"]
default = "lost"
label = "kind"

[[parameter]]
name = "app"
type = "free text"
"""
)


def test_the_team_says_type_choices_and_value(tmp_path: Path) -> None:
    """A label goes first, then the service, then the default for all."""
    drill = Drill(tmp_path, runbooks={"shop.md": RUNBOOK}, workspace=SETTINGS)
    drill.alert(kind="stuck", app="x")
    count, look = drill.step_run("Count"), drill.step_run("Look into the pod")
    log = drill.step_run("Look at the log")
    drill.close()

    assert (count.parameters[0].value, count.state) == ("stuck", RunState.SUCCEEDED)
    assert look.parameters[0].value == "of-the-service"
    assert look.parameters[0].source is ValueSource.SETTINGS
    assert log.parameters[0].value is None
