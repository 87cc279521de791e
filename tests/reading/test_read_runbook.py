"""Reading documents of our own, in the ways teams write them."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from tocsin.core.errors import Invalid
from tocsin.core.risk import Risk
from tocsin.core.runbook import Language, Phase, Runbook
from tocsin.reading.anchors import anchors
from tocsin.reading.runbook import read_runbook
from tocsin.reading.wire import as_truth
from tocsin.running.risk import judge

FIELDS = """# Bakery runbook

## Oven Too Cold

**Alert:** `OvenCold`\x20\x20
**Severity:** Warning (P1)\x20\x20
**Threshold:** <180 degrees for 3 minutes

### Symptoms
- Bread stays pale

### Investigation Steps

1. **Look at the sensor**
   ```promql
   # mean of all sensors
   avg(oven_celsius)

   max(oven_celsius)
   ```

2. **Count the loaves**
   ```sql
   SELECT count(*)
   FROM loaves;
   ```

### Remediation

**Gas off:**
```bash
# Light it
systemctl start burner

# Or light the spare one
systemctl start spare-burner
```

**Long-term:**
- Buy a better oven

### Escalation
- **P1:** Page the baker
- **No warmth after 20 min:** Escalate to the owner

## Contacts

- **Baker:** baker@bakery.test
- **Owner:** [phone]
"""

SIBLINGS = """# Runbooks of the dairy

## Critical Incidents

### 1. Milk Sour (2-5%)

**Symptoms**:
- Monitoring alerts: "MilkSour" or "CurdFound"
- Tank warm (p95 > 8s)

**Immediate Actions**:

1. **Look**:
```bash
df -h
```

2. **Cool it** (if warm):
```bash
systemctl restart cooler
```

3. **Verify it is cold**:
- Watch the tank for 20 minutes

**Prevention**:
- Clean weekly

## Severity Levels

**P0 - Critical**:
- **Response Time**: 5 minutes

**P1 - High**:
- **Response Time**: Next business day
"""


def read(text: str) -> Runbook:
    return read_runbook("runbook.md", text.encode())


def codes(runbook: Runbook) -> list[tuple[str, int]]:
    return [(finding.code, finding.line) for finding in runbook.findings]


def test_fields_in_one_paragraph_are_told_apart() -> None:
    """Alert, severity and threshold are what an alert is bound by."""
    (playbook,) = read(FIELDS).playbooks
    assert (playbook.alerts, playbook.alert_lines) == (("OvenCold",), (5,))
    assert (playbook.severity, playbook.severity_line) == ("P1", 6)
    (threshold,) = playbook.thresholds
    assert (threshold.line, threshold.comparator, threshold.value) == (7, "<", 180.0)
    assert threshold.lasting == timedelta(minutes=3)
    assert playbook.anchor == "oven-too-cold"


def test_steps_keep_their_lines_phases_and_statements() -> None:
    """A responder is shown the line of the document for everything that runs."""
    (playbook,) = read(FIELDS).playbooks
    assert [(step.title, step.phase) for step in playbook.steps] == [
        ("Look at the sensor", Phase.INVESTIGATE),
        ("Count the loaves", Phase.INVESTIGATE),
        ("Gas off", Phase.MITIGATE),
        ("Long-term", Phase.FOLLOW_UP),
    ]
    look, count, gas, _ = playbook.steps
    assert [(one.start, one.label) for one in look.statements] == [
        (17, "mean of all sensors"),
        (19, ""),
    ]
    assert [(one.start, one.end, one.language) for one in count.statements] == [
        (24, 25, Language.SQL)
    ]
    assert [one.alternative for one in gas.statements] == [False, True]


def test_people_and_rules_are_found() -> None:
    """Somebody nobody can reach is worth knowing before the night."""
    runbook = read(FIELDS)
    assert [(rule.after, rule.targets) for rule in runbook.escalations] == [
        (timedelta(0), ("baker",)),
        (timedelta(minutes=20), ("owner",)),
    ]
    assert [(contact.role, contact.placeholder) for contact in runbook.contacts] == [
        ("Baker", False),
        ("Owner", True),
    ]


def test_fences_beside_the_list_belong_to_the_item_above() -> None:
    """The parser ends a list at such a fence; the writer did not mean that."""
    (playbook,) = read(SIBLINGS).playbooks
    look, cool, verify, prevention = playbook.steps
    assert [one.text for one in look.statements] == ["df -h"]
    assert cool.condition == "if warm"
    assert verify.phase is Phase.VERIFY
    assert prevention.phase is Phase.FOLLOW_UP
    assert playbook.alerts == ("MilkSour", "CurdFound")
    assert playbook.soak == timedelta(minutes=20)


def test_severity_follows_from_the_tier_above() -> None:
    """Such a document never writes a level beside a playbook."""
    runbook = read(SIBLINGS)
    (playbook,) = runbook.playbooks
    assert (playbook.severity, playbook.severity_inferred) == ("P0", True)
    assert [(one.id, one.rank, one.respond_within) for one in runbook.severities] == [
        ("P0", 0, timedelta(minutes=5)),
        ("P1", 1, None),
    ]


def test_a_page_per_alert_is_one_playbook() -> None:
    """Many teams keep one file for each alert, named by its title."""
    text = "# KettleBoilsOver\n\n## Meaning\n\nHot.\n\n## Diagnosis\n\n```sh\ndf -h\n```\n"
    (playbook,) = read(text).playbooks
    assert playbook.alerts == ("KettleBoilsOver",)
    assert [step.title for step in playbook.steps] == ["Diagnosis"]


def test_text_decoded_wrongly_is_mended_and_both_anchors_lead_there() -> None:
    """Links made before the repair must not break after it."""
    text = SIBLINGS.replace("### 1. Milk", "### ðŸ”´ Milk")
    runbook = read(text)
    (playbook,) = runbook.playbooks
    assert ("repair.mojibake", 5) in codes(runbook)
    assert playbook.heading.startswith("\N{LARGE RED CIRCLE}")
    assert playbook.anchor == "-milk-sour-2-5"
    assert len(playbook.anchors) == 1


def test_good_accents_are_left_alone() -> None:
    """A repair that breaks a correct word is worse than none."""
    assert read("# Größe, naïve, ½\n").title == "Größe, naïve, ½"


def test_a_line_indented_too_little_stays_in_its_fence() -> None:
    """The parser would end the block there and take the next one for text."""
    text = "# T\n\n1. a\n   ```bash\n   ls |\n wc -l\n   ```\n\n```bash\ndf\n```\n"
    runbook = read(text)
    assert [(block.start, block.end) for block in runbook.blocks] == [(4, 7), (9, 11)]
    assert ("repair.indent", 6) in codes(runbook)


def test_an_unclosed_fence_does_not_swallow_the_rest() -> None:
    """One forgotten line must not cost the playbooks below it."""
    text = "# T\n\n```bash\nls\n\n" + FIELDS.split("\n", 2)[2]
    runbook = read(text)
    assert ("runbook.unclosed_fence", 3) in codes(runbook)
    assert [playbook.heading for playbook in runbook.playbooks] == ["Oven Too Cold"]


def test_line_ends_and_marks_of_other_systems_change_nothing() -> None:
    """Half of all runbooks were once edited on another system."""
    plain = read(FIELDS)
    other = read("\ufeff" + FIELDS.replace("\n", "\r\n"))
    assert other.playbooks == plain.playbooks
    assert [code for code, _ in codes(other)] == ["repair.bom", "repair.crlf"]


def test_what_does_not_parse_is_shown_and_never_runs() -> None:
    """A shell would run the lines before the mistake; a person wants to see what stands there."""
    runbook = read("# T\n\n```bash\nrm x\nif then\n```\n")
    (whole,) = runbook.blocks[0].statements
    assert (whole.start, whole.end, whole.text) == (4, 5, "rm x\nif then")
    assert (judge(whole).risk, judge(whole).auto) == (Risk.MANUAL, False)
    assert ("block.syntax", 3) in codes(runbook)


def test_a_mistake_in_one_command_leaves_the_others_theirs() -> None:
    """One cut line must not take the good commands around it off the table."""
    text = """# T

```bash
# How full
df -h
# How many
cat eggs.log
 | wc -l
grep 'a
b' eggs.log
```
"""
    statements = read(text).blocks[0].statements
    assert [(one.start, one.end, one.label) for one in statements] == [
        (5, 5, "How full"),
        (7, 8, "How many"),
        (9, 10, ""),
    ]
    assert [judge(one).risk for one in statements] == [Risk.READ, Risk.MANUAL, Risk.READ]


def test_the_inside_of_a_broken_loop_is_not_taken_out_of_it() -> None:
    """Alone it would mean something else."""
    text = "# T\n\n```bash\nfor x in a b; do\n  ls $x\n  df | | wc\ndone\n```\n"
    (whole,) = read(text).blocks[0].statements
    assert (whole.start, whole.end) == (4, 7)
    assert judge(whole).risk is Risk.MANUAL


def test_a_query_that_does_not_parse_is_one_statement_among_others() -> None:
    """The others are still worth asking."""
    promql = "```promql\nup == 0\n\nrate(x[5m]) for 5m\n```"
    text = f"# T\n\n{promql}\n\n```sql\nSELECT (;\nSELECT 1;\n```\n"
    queries, sql = read(text).blocks
    assert [judge(one).risk for one in queries.statements] == [Risk.READ, Risk.MANUAL]
    assert [(one.start, one.end) for one in sql.statements] == [(10, 10), (11, 11)]
    assert not judge(sql.statements[0]).auto


def test_sql_in_a_shell_block_is_sql() -> None:
    """Some of it would even be valid shell, and do something else."""
    runbook = read("# T\n\n```bash\n# How many\nSELECT count(*) FROM t;\nls -l\n```\n")
    assert [(one.start, one.language) for one in runbook.blocks[0].statements] == [
        (5, Language.SQL),
        (6, Language.BASH),
    ]
    assert runbook.blocks[0].statements[0].label == "How many"


def test_an_alert_named_twice_is_said() -> None:
    """Which of the two to follow is not ours to guess in silence."""
    second = FIELDS.replace("# Bakery runbook\n", "").replace("Oven Too Cold", "Oven Off")
    runbook = read(FIELDS + second)
    assert "runbook.alert_twice" in [code for code, _ in codes(runbook)]
    assert len(runbook.playbooks) == 2


def test_a_document_without_playbook_says_so() -> None:
    """An empty answer with no reason looks like a working one."""
    assert codes(read("# Notes\n\nNothing here.\n")) == [("runbook.no_playbook", 1)]
    assert ("runbook.no_playbook", 1) in codes(read(""))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"# T\0", "runbook.binary"),
        (b"# T\n\xff\xfe", "runbook.binary"),
        (b"x" * (10 * 1024 * 1024 + 1), "runbook.too_large"),
    ],
)
def test_what_is_no_document_is_refused_by_name(raw: bytes, code: str) -> None:
    """The code is what a person looks up."""
    with pytest.raises(Invalid) as caught:
        read_runbook("runbook.md", raw)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "- " * 2000 + "x",
        ">" * 100_000,
        "|a|b|\n|-|-|\n" + "|x|y|\n" * 150_000,
        "[" * 1_000_000,
        "**" * 500_000,
        "```text\n\n## h\n" * 40_000,
        "```bash\n" + "SELECT\n" * 100_000 + "```",
        "```bash\necho " + "$(" * 5000 + "\n```",
        "```sql\nSELECT " + "(" * 5000 + ")" * 5000 + "\n```",
        "```sql\n" + "SELECT 1;\n" * 100_000 + "```",
        "```promql\n" + "up +\n" * 100_000 + "up\n```",
        "".join(" " * (2 * depth) + "- x\n" for depth in range(500)),
        "|" + "a|" * 5000 + "\n|" + "-|" * 5000 + "\n" + ("|" + "x|" * 5000 + "\n") * 100,
        "## Severity levels\n\n- P0\n" + "  - x\n" * 100_000,
    ],
)
def test_monstrous_documents_are_read_in_time(text: str) -> None:
    """A file nobody meant to write must not stop the server from starting."""
    began = time.process_time()
    as_truth(read(SIBLINGS + text), judge)
    assert time.process_time() - began < 8


def test_what_is_too_long_to_read_is_said_once() -> None:
    """What is left out in silence is missed at night."""
    table = "|a|b|\n|-|-|\n" + "|x|y|\n" * 30_000
    first = SIBLINGS.count("\n") + 2001
    assert codes(read(SIBLINGS + table)) == [("runbook.unread", first), ("runbook.unread", 20_001)]
    block = "# T\n\n```bash\n" + "ls\n" * 3000 + "```\n"
    assert ("block.syntax", 3) in codes(read(block))


def test_anchors_are_those_of_the_code_host() -> None:
    """A `runbook_url` ends in one; two hyphens in a row are right."""
    assert anchors(["A / B!", "Same", "Same", "`x` **y**"]) == ["a--b", "same", "same-1", "x-y"]
