"""The runbook's own clocks in the team's policy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill import MINUTE, RUNBOOK, WORKSPACE, Drill
from tocsin.core.escalation import Ladder, progress
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Binding, Incident
from tocsin.core.runbook import EscalationRule, Playbook, Runbook
from tocsin.core.workspace import Level, Person, Policy, Service, Workspace
from tocsin.paging.climb import RUNBOOK_RUNGS, conditions_of, ladder_of

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


def workspace(repeat: int = 2) -> Workspace:
    levels = (
        Level(people=("ada",), patience=5 * MINUTE),
        Level(people=("grace",), patience=MINUTE),
    )
    return Workspace(
        directory="/",
        data_directory="/",
        database="",
        people=(
            Person(name="ada", roles=("database admin",)),
            Person(name="grace"),
            Person(name="linus", roles=("engineering lead", "it")),
            Person(name="cto", roles=("CTO",)),
        ),
        policies=(Policy(name="shop", levels=levels, repeat=repeat),),
        services=(Service(name="shop", policy="shop"),),
    )


def rule(*targets: str, after: int | None = 0, severity: str | None = None) -> EscalationRule:
    wait = None if after is None else after * MINUTE
    text = f"Then tell {' and '.join(targets)}"
    return EscalationRule(line=66, after=wait, targets=targets, severity=severity, text=text)


def runbook(*own: EscalationRule, general: tuple[EscalationRule, ...] = ()) -> Runbook:
    here = Playbook(heading="Checkout", line=3, anchor="checkout", escalations=own)
    there = Playbook(heading="Search", line=90, anchor="search", escalations=(rule("CTO"),))
    rules = (*own, *there.escalations, *general)
    return Runbook(file="shop.md", sha256="", playbooks=(here, there), escalations=rules)


def incident() -> Incident:
    binding = Binding(
        file="shop.md", anchor="checkout", heading="Checkout", line=3, runbook_sha256=""
    )
    return Incident(
        id=IncidentId(1),
        title="t",
        service="shop",
        severity="P1",
        binding=binding,
        opened_at=NOW,
        triggered_at=NOW,
    )


def climbing(document: Runbook | None, repeat: int = 2) -> Ladder:
    made = ladder_of(workspace(repeat), document, incident())
    assert made is not None
    return made


def own(document: Runbook) -> list[tuple[timedelta, tuple[str, ...]]]:
    rungs = climbing(document).rungs
    return [(rung.after, rung.people) for rung in rungs if rung.number >= RUNBOOK_RUNGS]


def test_whom_the_runbook_wants_at_once_is_paged_at_once() -> None:
    """ "Page CTO immediately" is the runbook's own clock, and it reads zero."""
    assert own(runbook(rule("CTO"))) == [(timedelta(), ("cto",))]


@pytest.mark.parametrize("target", ["database admin", "on-call engineer", "On call"])
def test_nobody_is_paged_twice_for_the_same_moment(target: str) -> None:
    """The policy's first level is paged at once anyway, and is who is on call."""
    assert own(runbook(rule(target))) == []


def test_two_rules_for_one_person_at_once_are_one_page() -> None:
    """One phone rings once."""
    assert own(runbook(rule("CTO"), rule("CTO", severity="P1"))) == [(timedelta(), ("cto",))]


def test_a_role_nobody_has_is_said_beside_those_who_are_paged() -> None:
    """CTO is there, Legal is not: the first is paged, the second is a person's job."""
    rungs = climbing(runbook(rule("CTO", "Legal"))).rungs

    assert [rung.people for rung in rungs if rung.number >= RUNBOOK_RUNGS] == [("cto",), ()]
    said = [rung.reason for rung in rungs if not rung.people]
    assert said == [
        "the runbook says to tell Legal (shop.md:66); nobody in tocsin.toml has that role"
    ]


def test_a_role_is_found_as_a_word_and_not_within_one() -> None:
    """Who does "it" is no Security Lead."""
    assert own(runbook(rule("Security Lead", after=10))) == [(10 * MINUTE, ())]
    assert own(runbook(rule("IT", after=10))) == [(10 * MINUTE, ("linus",))]


def test_rules_outside_playbooks_hold_for_their_severity_only() -> None:
    """ "SEV-1: after 30 minutes" stands in a section of its own, and other playbooks' do not."""
    general = (rule("CTO", after=30, severity="P1"), rule("CTO", after=9, severity="P2"))
    unnamed = (rule("CTO", after=8),)

    assert own(runbook(general=general + unnamed)) == [(30 * MINUTE, ("cto",))]


def test_conditions_that_are_no_time_become_one_prompt() -> None:
    """Nobody but a person can tell whether they hold; those of other levels are not asked."""
    document = runbook(
        rule("vendor support", after=None),
        rule("the board", after=None, severity="P2"),
        rule("Legal", after=None),
        general=(rule("team", after=None, severity="P1"), rule("all", after=None, severity="P3")),
    )

    assert conditions_of(document, incident()) == (
        "the runbook says: Then tell vendor support, shop.md:66; Then tell Legal, shop.md:66; "
        "Then tell team, shop.md:66"
    )
    assert conditions_of(runbook(rule("CTO")), incident()) == ""


rules = st.lists(
    st.builds(
        rule,
        st.sampled_from(["CTO", "engineering lead", "on-call", "Legal", "database admin"]),
        after=st.one_of(st.none(), st.integers(0, 90)),
        severity=st.sampled_from([None, "P1", "P2"]),
    ),
    max_size=5,
)


@given(rules, rules, st.integers(0, 2), st.integers(0, 100))
def test_no_rule_takes_a_page_of_the_policy_away_or_puts_it_off(
    here: list[EscalationRule], general: list[EscalationRule], repeat: int, waited: int
) -> None:
    """A document may only add people: at any moment everybody the policy pages is paged."""
    plain = progress(climbing(None, repeat), waited * MINUTE).reached
    both = climbing(runbook(*here, general=tuple(general)), repeat)

    reached = progress(both, waited * MINUTE).reached

    assert [due for due in reached if due.rung.number < RUNBOOK_RUNGS] == list(plain)


SAID = """\
- **P1:** Page CTO and Legal immediately
- **Database is corrupt:** Call the vendor
"""


@pytest.fixture
def urgent(tmp_path: Path) -> Drill:
    """A playbook that wants people at once, and one on a condition."""
    text = RUNBOOK.replace("### Escalation\n", f"### Escalation\n{SAID}")
    people = WORKSPACE.replace('["engineering lead"]', '["engineering lead", "CTO"]')
    return Drill(tmp_path, runbooks={"shop.md": text}, workspace=people)


def test_an_opening_says_and_does_what_the_runbook_wants_at_once(urgent: Drill) -> None:
    """Told from outside: two pages, one prompt for Legal, one for the condition, each once."""
    urgent.alert()
    urgent.fast_forward(6 * MINUTE)

    assert urgent.paged == ["ada", "linus", "grace"]
    said = [text for text in urgent.story() if text.startswith("the runbook says")]
    assert len(said) == 2
    assert any("tell Legal" in text for text in said)
    assert any("Call the vendor, shop.md:" in text for text in said)
    urgent.close()
