"""What is covered, by the same rules that bind alerts on duty."""

from __future__ import annotations

from tocsin.core.workspace import Check, CheckKind, Workspace
from tocsin.intake.coverage import Coverage, Gap, Row, coverage_of
from tocsin.reading.alert_rules import read_alert_rules
from tocsin.reading.runbook import read_runbook

STEPS = """
### Symptoms
- Pale bread

### Investigation Steps

1. **Look**
   ```bash
   uptime
   ```

"""


def playbook(heading: str, alert: str = "", severity: str = "Critical (P0)") -> str:
    """Return a section that answers an alert."""
    named = f"**Alert:** `{alert}`  \n" if alert else ""
    return f"## {heading}\n\n{named}**Severity:** {severity}  \n{STEPS}"


def covered(*sections: str, rules: str = "", checks: tuple[str, ...] = ()) -> Coverage:
    """Return the coverage of one runbook, one rule file and checks for these alerts."""
    text = "# Bakery\n\n" + "".join(sections)
    workspace = Workspace(
        directory=".",
        data_directory="",
        database="",
        checks=tuple(Check(name=name, kind=CheckKind.HTTP, alert=name) for name in checks),
    )
    files = [read_alert_rules("bakery.rules.yml", rules)] if rules else []
    return coverage_of(workspace, [read_runbook("bakery.md", text.encode())], files)


def only(coverage: Coverage) -> Row:
    """Return the one row there is."""
    (row,) = coverage.rows
    return row


def test_an_alert_with_its_playbook_lacks_only_the_rehearsal() -> None:
    """Which nothing records yet."""
    row = only(covered(playbook("Oven cold", "OvenCold"), checks=("OvenCold",)))

    assert row.fired_by == ("check OvenCold",)
    assert [each.playbook.heading for each in row.candidates] == ["Oven cold"]
    assert row.gaps == (Gap.DRILL,)


def test_an_alert_without_a_playbook_is_found() -> None:
    """It would page somebody who then does not know what to do."""
    row = only(covered("", rules="- alert: OvenGone\n  expr: absent(oven)\n"))

    assert (row.alert, row.fired_by) == ("OvenGone", ("bakery.rules.yml:1",))
    assert Gap.PLAYBOOK in row.gaps


def test_a_runbook_url_leads_to_a_playbook_as_on_duty() -> None:
    """Though the names differ."""
    rules = (
        "- alert: TemperatureLow\n  expr: oven < 180\n"
        "  annotations: {runbook_url: https://docs.example.org/bakery.md#oven-cold}\n"
    )

    row = only(covered(playbook("Oven cold"), rules=rules))

    assert (row.alert, row.gaps) == ("TemperatureLow", (Gap.DRILL,))


def test_two_playbooks_for_one_alert_are_told_apart_by_severity_or_reported() -> None:
    """At night a person would have to choose."""
    sections = (
        playbook("Oven cold", "OvenCold"),
        playbook("Oven cool", "OvenCold", "Warning (P1)"),
    )
    plain = "- alert: OvenCold\n  expr: oven < 180\n"

    unclear = covered(*sections, rules=plain)
    clear = covered(*sections, rules=f"{plain}  labels: {{severity: P0}}\n")

    assert unclear.rows[0].gaps == (Gap.AMBIGUOUS, Gap.DRILL)
    assert Gap.AMBIGUOUS not in clear.rows[0].gaps
    assert (clear.rows[1].alert, clear.rows[1].gaps) == ("", (Gap.ALERT, Gap.DRILL))


def test_what_nothing_fires_is_missing_only_where_something_is_known() -> None:
    """Without rules and checks alerts may come from anywhere."""
    section = playbook("Oven cold", "OvenCold")

    unknown = covered(section)
    known = covered(section, checks=("DoorOpen",))

    assert not unknown.knows_firing
    assert Gap.CHECK not in only(unknown).gaps
    assert [row.alert for row in known.rows if Gap.CHECK in row.gaps] == ["OvenCold"]


def test_a_playbook_that_no_alert_leads_to_comes_last() -> None:
    """Somebody has to think of it."""
    found = covered(playbook("Flour is damp"), playbook("Oven cold", "OvenCold"))

    assert [(row.alert, row.gaps) for row in found.rows] == [
        ("OvenCold", (Gap.DRILL,)),
        ("", (Gap.ALERT, Gap.DRILL)),
    ]
    assert found.count(Gap.ALERT) == 1
