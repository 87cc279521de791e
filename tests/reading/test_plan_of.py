"""What a plan says of a document, and that it says nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.duty import duty_of, duty_without, service_with
from tocsin.cli.plan import lines
from tocsin.core.run import RunState
from tocsin.core.runbook import EscalationRule, Runbook, Threshold
from tocsin.reading.anchors import plain
from tocsin.reading.plan.compose import essence, plan_of, whom
from tocsin.reading.plan.entries import Actor, Chapter, Entry, Kind, Plan, Source
from tocsin.reading.plan.markdown import markdown
from tocsin.reading.plan.page import page
from tocsin.reading.plan.wording import budget_in, figure, listed, sentences, spoken
from tocsin.reading.runbook import read_runbook

MINUTE = timedelta(minutes=1)
EXAMPLE = Path(__file__).resolve().parents[2] / "examples/jobs"
EXAMPLES = sorted(EXAMPLE.parent.rglob("*.md"))

LOCK = """\
# Lock keeper

## Gate open

**Alert:** `GateOpen`
**Severity:** P1
**Threshold:** water level > 3 % for 2 minutes

### Symptoms

- The bell rings

### Investigation

1. **Look at the log**
   ```bash
   tail -f gate.log
   ```
2. **Look at the chain**
   - Is it taut?

### Remediation

**Close it (< 10 min):**

Never touch the chain. Ask before you do this.

```bash
./lockctl close
# Or close by hand
./lockctl crank --by-hand
tail -n 5 gate.log
```

**If the crank is stuck:**
```typescript
// Fetch the spare crank
```

### Verification

1. **Verify that it is shut**
   ```bash
   tail -n 1 gate.log
   ```

Watch it for 20 minutes.

### Escalation

- **P1:** Page the lock keeper
- **Not closed after 12 min:** Page the harbour master
- **Water in the cellar:** Call the fire brigade
- **P0:** Page the mayor

## Response process

### 1. Answer (< 5 min)
### 2. Pump (< 40 min for P0)
### 3. Post-mortem (within 2 days)

## Severity levels

- **P0**
  - Response time: 2 min
- **P1**
  - Response time: 8 min
  - Updates: every 25 min

## Contacts

- **Harbour master:** master@harbour.example

## Communication templates

### First notice
```
The gate is open. [what]
```

### Progress
```
Still open.
```

### Progress (P0)
```
All boats must leave.
```

### All clear
```
Shut again.
```
"""


def plan(text: str = LOCK, severity: str | None = None) -> Plan:
    runbook = read_runbook("lock.md", text.encode())
    playbook = runbook.playbooks[0]
    if severity is not None:
        playbook = replace(playbook, severity=severity, severity_line=None)
    return plan_of(runbook, playbook, duty_without(runbook, playbook, "nobody is bound"))


def told(entries: tuple[Entry, ...], *kinds: Kind) -> list[tuple[int, str]]:
    """Return the minute (-1: none) and the text of the entries of these kinds."""
    return [
        (-1 if entry.at is None else int(entry.at / MINUTE), entry.text)
        for entry in entries
        if entry.kind in kinds
    ]


def test_the_pages_are_those_of_the_runbooks_clocks() -> None:
    """Those of other levels are not among them; while nobody is bound, roles stand for people."""
    assert told(plan().entries, Kind.PAGE) == [
        (0, "A page goes to lock keeper"),
        (8, "A page goes to whoever is next in your escalation policy"),
        (12, "A page goes to harbour master"),
    ]
    (master,) = [entry for entry in plan().entries if "harbour" in entry.text]
    assert master.unless == "it is mitigated"
    assert master.detail[1].startswith("Harbour master: master@harbour.example (line ")


def test_a_severity_that_is_asked_for_sets_other_clocks() -> None:
    """The document's own rules for that level, and no line that would have said so."""
    worse = plan(severity="P0")
    assert worse.severity_line is None
    assert (0, "A page goes to mayor") in told(worse.entries, Kind.PAGE)
    assert (40, "“Pump” is due") in told(worse.entries, Kind.DEADLINE)
    assert (0, "A page goes to lock keeper") not in told(worse.entries, Kind.PAGE)


def test_deadlines_come_from_phases_and_titles() -> None:
    """What is due for another level is not; the post-mortem counts from the end."""
    assert told(plan().entries, Kind.DEADLINE) == [
        (5, "“Answer” is due"),
        (10, "“Close it (< 10 min)” is due"),
    ]
    assert (-1, "“Post-mortem” is due within 2 days") in told(plan().entries, Kind.REVIEW)


def test_messages_are_due_at_their_stage_and_sent_by_a_person() -> None:
    """The product does not send them; one for another level is not due at all."""
    messages = [entry for entry in plan().entries if entry.kind is Kind.MESSAGE]
    assert [(entry.chapter, entry.text, entry.every) for entry in messages] == [
        (Chapter.AT_ONCE, "Send “First notice”", None),
        (Chapter.CLOCKS, "Send “Progress”", 25 * MINUTE),
        (Chapter.AFTERWARDS, "Send “All clear”", None),
    ]
    assert {entry.by for entry in messages} == {Actor.PERSON}
    assert messages[0].detail == ("to fill in: what",)


def test_what_looks_runs_at_once_in_its_bounded_form() -> None:
    """And what would run is shown beside what is written."""
    (log,) = [entry for entry in plan().chapter(Chapter.AT_ONCE) if entry.kind is Kind.LOOK]
    (run,) = log.runs
    assert (log.text, run.text, run.written) == (
        "Look at the log",
        "tail -n 100 gate.log",
        "tail -f gate.log",
    )


def test_what_changes_waits_and_says_why() -> None:
    """The alternative is one, and the look behind the change comes after it."""
    (shut,) = [entry for entry in plan().chapter(Chapter.PEOPLE) if entry.runs]
    close, crank, log = shut.runs
    assert (close.state, crank.state, log.state) == (
        RunState.WAITING,
        RunState.WAITING,
        RunState.HELD,
    )
    assert close.why == ("./lockctl is not known to only look",)
    assert not close.alternative
    assert crank.alternative
    assert log.then == "runs by itself, once the change before it has succeeded"


def test_what_nothing_can_be_run_of_is_shown_to_be_read() -> None:
    """A block of another language must not vanish: somebody wrote it for this night."""
    (spare,) = [entry for entry in plan().entries if entry.text == "If the crank is stuck"]
    assert spare.detail == ("Fetch the spare crank",)


def test_what_is_forbidden_is_said_at_once_and_only_there() -> None:
    """Before anybody has done it."""
    everything = [text for entry in plan().entries for text in (entry.text, *entry.detail)]
    assert [text for text in everything if "chain." in text and "Never" in text] == [
        "Never touch the chain."
    ]
    assert told(plan().entries, Kind.FORBIDDEN) == [(0, "Never touch the chain.")]


def test_the_recovery_is_verified_watched_and_over() -> None:
    """By its steps, by the alert's own condition, by the time the document gives."""
    over = plan().chapter(Chapter.RECOVERY)
    assert [entry.text for entry in over][:3] == [
        "Verify that it is shut",
        "Must no longer be so: water level > 3% for 2 min",
        "Quiet for 20 min: the incident is resolved",
    ]
    assert over[0].runs[0].state is RunState.HELD
    assert over[2].line == LOCK.split("\n").index("Watch it for 20 minutes.") + 1


def test_a_condition_that_no_clock_can_tell_is_a_persons() -> None:
    """It stands under "if", with what holds at another level."""
    assert told(plan().entries, Kind.CONDITION) == [
        (-1, "Water in the cellar: Call the fire brigade"),
        (-1, "P0: Page the mayor"),
    ]


def test_who_is_only_named_is_somebody_to_turn_to() -> None:
    """A bare name under "if" would be a riddle, and a rule that names nobody pages nobody."""
    runbook = read_runbook("lock.md", LOCK.encode())
    rules = (
        EscalationRule(line=50, after=None, targets=("Lock owner",), text="Lock owner"),
        EscalationRule(line=51, after=timedelta(), targets=(), text="Flood: sound the horn"),
    )
    playbook = replace(runbook.playbooks[0], escalations=rules)
    runbook = replace(runbook, playbooks=(playbook,), escalations=rules)
    turned = plan_of(runbook, playbook, duty_without(runbook, playbook, ""))

    assert told(turned.entries, Kind.CONDITION) == [(-1, "Turn to Lock owner")]
    assert (0, "The incident says: Flood: sound the horn") in told(turned.entries, Kind.PAGE)


def test_prose_that_is_in_no_step_is_shown() -> None:
    """Somebody wrote it for this night, even if nothing can be made of it."""
    text = LOCK.replace("### Symptoms", "The gate is *old*.\n\n### Symptoms", 1)
    assert told(plan(text).entries, Kind.NOTE) == [(-1, "The gate is old.")]


def test_a_playbook_without_severity_says_that_clocks_stand_still() -> None:
    """Otherwise one would believe that nobody has to hurry."""
    remarks = plan(LOCK.replace("**Severity:** P1\n", "")).remarks
    assert remarks[0] == "nobody is bound"
    assert "P0 and P1 stand still" in remarks[1]


def test_a_step_does_not_say_its_title_again() -> None:
    """Where a bullet is title and text in one, the text is what is left of it."""
    text = LOCK.replace("   - Is it taut?", "   - Look at the chain: is it taut?")
    (chain,) = [entry for entry in plan(text).entries if entry.text == "Look at the chain"]
    assert chain.detail == ("is it taut?",)


def test_options_are_to_be_chosen_from() -> None:
    """All of them one after the other is what nobody wants; a lone one is no choice."""
    options = "**Option A: close it (< 10 min):**", "**Option B: the crank:**"
    text = LOCK.replace("**Close it (< 10 min):**", options[0])
    both = plan(text.replace("**If the crank is stuck:**", options[1]))
    assert [entry.text for entry in both.entries if "one of 2: choose one" in entry.detail] == [
        "Option A: close it (< 10 min)",
        "Option B: the crank",
    ]
    assert not any("choose one" in said for entry in plan(text).entries for said in entry.detail)


def test_the_essence_is_one_sentence() -> None:
    """It is what one chooses a playbook by."""
    assert essence(plan()) == (
        "1 look by itself, 2 commands for your approval, 2 steps by hand and 1 look to verify"
    )
    assert essence(plan("# A\n\n## B\n\n**Alert:** `GateOpen`\n\n1. Wait\n")) == "1 step by hand"


@pytest.fixture(scope="module")
def example() -> Runbook:
    return read_runbook("runbook.md", (EXAMPLE / "runbook.md").read_bytes())


def test_with_a_workspace_people_have_names(example: Runbook) -> None:
    """And each page says whether the policy or the runbook asks for it."""
    workspace = load_workspace(EXAMPLE)
    service = service_with(workspace, EXAMPLE / "runbook.md")
    assert service is not None
    playbook = example.playbooks[0]
    bound = plan_of(example, playbook, duty_of(workspace, service, example, playbook))
    pages = [entry for entry in bound.entries if entry.kind is Kind.PAGE and entry.people]
    assert [(entry.at, entry.people, entry.source) for entry in pages] == [
        (timedelta(), ("ada",), Source.WORKSPACE),
        (5 * MINUTE, ("grace",), Source.RUNBOOK),
        (15 * MINUTE, ("ada",), Source.WORKSPACE),
        (15 * MINUTE, ("grace",), Source.RUNBOOK),
        (20 * MINUTE, ("grace",), Source.WORKSPACE),
    ]
    (said,) = pages[0].detail
    assert said.startswith("P0: Page the on-call engineer immediately (line ")
    assert whom(bound) == "Paged: ada at once; grace after 5 min."
    assert "asked: the check jobs-health" in bound.chapter(Chapter.RECOVERY)[2].detail
    assert bound.remarks == ()


def lines_of(plan: Plan) -> list[int]:
    own = [entry.line for entry in plan.entries if entry.line is not None]
    return own + [run.line for entry in plan.entries for run in entry.runs]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_entry_names_its_line_or_says_who_else_has_it(file: Path) -> None:
    """A plan that cannot be checked against the document convinces nobody."""
    lines = file.read_text().split("\n")
    example = read_runbook(str(file), file.read_bytes())
    for playbook in example.playbooks:
        planned = plan_of(example, playbook, duty_without(example, playbook, ""))
        for entry in planned.entries:
            assert (entry.line is not None) == (entry.source is Source.RUNBOOK), entry.text
        assert all(lines[line - 1].strip() for line in lines_of(planned))
        for step in [entry for entry in planned.entries if entry.kind in (Kind.STEP, Kind.LOOK)]:
            assert step.line is not None
            around = " ".join(lines[step.line - 1 : step.line + 3])
            assert step.text in " ".join(plain(around).split())
        for run in [run for entry in planned.entries for run in entry.runs]:
            first = (run.written or run.text).split("\n")[0]
            assert first in lines[run.line - 1]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_nothing_is_said_twice(file: Path) -> None:
    """The same fact in two places is one too many at three in the morning."""
    example = read_runbook(str(file), file.read_bytes())
    for playbook in example.playbooks:
        planned = plan_of(example, playbook, duty_without(example, playbook, ""))
        once = [(entry.chapter, entry.at, entry.text) for entry in planned.entries]
        assert len(once) == len(set(once))
        runs = [run.line for entry in planned.entries for run in entry.runs]
        assert len(runs) == len(set(runs))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_document_gets_a_plan(data: st.DataObject) -> None:
    """Lines lost, doubled or turned around: there is a plan, and its lines are in the file."""
    text = LOCK.split("\n")
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + 1] = data.draw(st.sampled_from([[], [text[at]] * 2, [text[at][::-1]]]))
        text = text or [""]
    raw = "\n".join(text)
    runbook = read_runbook("lock.md", raw.encode())
    for playbook in runbook.playbooks:
        planned = plan_of(runbook, playbook, duty_without(runbook, playbook, ""))
        assert all(1 <= line <= len(text) for line in lines_of(planned))
        assert essence(planned)
        assert markdown(planned)
        assert page([planned], "")
        assert list(lines(planned))


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=90), "1 min 30 s"),
        (timedelta(hours=4), "4 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=2, hours=1, minutes=5), "2 days 1 h"),
    ],
)
def test_durations_are_spoken(length: timedelta, words: str) -> None:
    """As one would say them, in two units at most."""
    assert spoken(length) == words


@pytest.mark.parametrize(
    ("title", "minutes"),
    [
        ("Immediate (< 5 min)", 5),
        ("Within 1 hour", 60),
        ("First 15 minutes", 15),
        ("Restart (takes 5 min)", None),
        ("Look at the last 10 minutes", None),
    ],
)
def test_a_title_may_set_a_time(title: str, minutes: int | None) -> None:
    """Not every duration in a title is one to keep."""
    assert budget_in(title) == (None if minutes is None else minutes * MINUTE)


def test_a_threshold_is_spoken() -> None:
    """Signs stay, states are words, and a heading that is one loses its number."""
    stuck = Threshold(line=1, metric="gate", comparator="==", value="stuck", unit="state")
    load = Threshold(
        line=1, metric="2. Load", comparator="between", value=(1.5, 3.0), unit="", lasting=MINUTE
    )
    assert (figure(stuck), figure(load)) == ("gate is stuck", "Load between 1.5 and 3 for 1 min")


def test_prose_and_bullets_become_lines() -> None:
    """Wrapped sentences are joined, marks are dropped, rows of a table stay apart."""
    text = "Read\nthis.\n- **One** `two`\n  - [ ] three\nIce | cold\nRain | wet"
    assert sentences(text) == ("Read this.", "One two", "three", "Ice | cold", "Rain | wet")


def test_lists_are_spoken() -> None:
    """With "and" before the last."""
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
