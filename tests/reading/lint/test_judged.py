"""What looked like a defect in documents of others, and is none; beside it, what is one."""

from __future__ import annotations

import time

import pytest

from lint_bench import found, lines_of


def book(*lines: str, title: str = "Importer stuck") -> str:
    """Return a document that is one playbook with these lines below a step."""
    body = "\n".join(lines)
    return f"# {title}\n\n**Alert:** `ImporterStuck`\n\n## Diagnosis\n\n1. Look at it\n\n{body}\n"


@pytest.mark.parametrize(
    "said",
    [
        "It fires when nothing was imported for more than 10 minutes.",
        "It fires below 5 rows a second.",
        "Nothing could be asked of it for over a minute.",
        "```yaml\nexpr: importer_up == 0\nfor: 3m\n```",
    ],
)
def test_alert_may_say_in_its_own_words_when_it_fires(said: str) -> None:
    """A duration or a quoted rule tells as well as a field does when it is over."""
    assert lines_of(book(said), "SEM-ALERT-NO-THRESHOLD") == []
    assert lines_of(book("It fires at times."), "SEM-ALERT-NO-THRESHOLD") == [(3,)]


@pytest.mark.parametrize(
    "said",
    ["Escalate to the imports team.", "If it stays, page secondary.", "Security contact: Ada"],
)
def test_sentence_may_say_whom_to_call(said: str) -> None:
    """Not every document has a table of people."""
    assert lines_of(book(said), "SEM-NO-ESCALATION") == []
    assert lines_of(book("Escalate after an hour."), "SEM-NO-ESCALATION") == [(1,)]


def test_waiting_until_all_is_well_is_a_verification() -> None:
    """Such a command ends with an error where it does not become well."""
    change = "aws ecs update-service --cluster shop --service shop --force-new-deployment"
    wait = "aws ecs wait services-stable --cluster shop --services shop"
    step = "## Mitigation\n\n```bash\n{}\n```"
    assert lines_of(book(step.format(change)), "SEM-NO-VERIFICATION") == [(1,)]
    assert lines_of(book(step.format(f"{change}\n{wait}")), "SEM-NO-VERIFICATION") == []


def test_procedure_that_somebody_decides_on_needs_no_alert() -> None:
    """Nobody is called for a rollback; for one that failed, somebody is."""
    steps = "\n\n## Steps\n\n1. Stop the importer\n2. Start the old one\n"
    assert lines_of("# Runbook: rollback" + steps, "SEM-NO-ALERT") == []
    assert lines_of("# Runbook: rollback failed" + steps, "SEM-NO-ALERT") == [(1,)]


def test_label_of_an_alert_explains_itself() -> None:
    """`critical` and `warning` route; `P1` means what this house says it means."""
    assert lines_of(book("**Severity:** critical"), "SEM-SEVERITY-UNDEFINED") == []
    assert lines_of(book("**Severity:** P1"), "SEM-SEVERITY-UNDEFINED") == [(9,)]


@pytest.mark.parametrize(
    "said",
    [
        "**Severity:** P1 | Response time: 15 minutes",
        "**Severity:** P1 if orders are lost, else P2 for all the rest",
        "**Severity:** P1: somebody looks on the next business day",
    ],
)
def test_line_may_say_what_its_level_is_for(said: str) -> None:
    """A sentence defines as well as a table."""
    assert lines_of(book(said), "SEM-SEVERITY-UNDEFINED") == []


def test_time_of_a_phase_may_end_its_sentence() -> None:
    """A full stop stands behind the bracket where the phase is a sentence."""
    phases = "# Response\n\n## Process\n\n1. **Detect.**\n2. **Triage{}.**\n3. **Mitigate.**\n"
    assert lines_of(phases.format(" (first 5 minutes)"), "SEM-NO-TIME-BUDGET") == []
    assert lines_of(phases.format(""), "SEM-NO-TIME-BUDGET") == [(5, 6, 7)]


def test_sentence_in_a_comment_may_hold_a_placeholder() -> None:
    """Nobody runs it; a command that is commented out is there to be run."""
    sentence = "```bash\n# Write to [NAME] that <service> is slow\nuptime\n```"
    aside = "```bash\n# ip link set <interface> down\nuptime\n```"
    assert lines_of(book(sentence), "PH-COMMAND") == []
    assert lines_of(book(aside), "PH-COMMAND") == [(10,)]


def test_ping_that_says_what_to_expect_is_looked_at() -> None:
    """The person sees that the answer is another one."""
    ping = "```bash\nredis-cli ping\n{}\n```"
    assert lines_of(book(ping.format("# Expected: PONG")), "RUN-RC-MISLEADING") == []
    assert lines_of(book(ping.format("uptime")), "RUN-RC-MISLEADING") == [(10,)]


@pytest.mark.parametrize("option", ["--disk-usage", "--rotate", "--vacuum-time=2d"])
def test_journalctl_that_keeps_house_opens_no_pager(option: str) -> None:
    """It prints a line or nothing."""
    assert lines_of(book(f"```bash\njournalctl {option}\n```"), "RUN-PAGER") == []


def test_scratch_folder_holds_nothing_to_lose() -> None:
    """A cache fills again; what lies beside the program may be all there is."""
    clear = "```bash\ndocker exec importer rm -rf {}\n```"
    assert lines_of(book(clear.format("/tmp/cache/*")), "RISK-DESTRUCTIVE") == []
    assert lines_of(book(clear.format("/data/*")), "RISK-DESTRUCTIVE") == [(10,)]


def test_address_of_a_test_user_is_spoken_to_by_nobody() -> None:
    """It is a value of the request, the domain of the request is another."""
    post = "```bash\ncurl -f {} -d mail={}\n```"
    ours = "https://shop.internal/users"
    assert lines_of(book(post.format(ours, "test@example.com")), "PH-DOMAIN") == []
    assert lines_of(book(post.format("https://example.com", "a")), "PH-DOMAIN") == [(10,)]


def test_figure_for_the_next_person_is_no_limit_of_the_level() -> None:
    """When to call somebody is later than when the alert fires, on purpose."""
    text = (
        "# High CPU\n\n**Alert:** `HighCpu`\n**Severity:** Warning\n**Threshold:** CPU > 85%\n\n"
        "## Diagnosis\n\n1. Look\n\n## Escalation\n\n| Condition | Whom |\n|---|---|\n"
        "| CPU > 95% for 15 minutes | Lead |\n"
    )
    assert found(text, "SEM-THRESHOLD-CONFLICT") == ()


def test_restart_in_another_case_takes_nothing_from_this_one() -> None:
    """Of several cases only one is followed."""
    restart = "1. Restart the importer:\n   ```bash\n   sudo systemctl restart importer\n   ```\n"
    look = "{}. Check for leaks:\n   ```bash\n   ps aux --sort=-rss | head\n   ```\n"
    head = "# Importer stuck\n\n## Resolution\n\n### Out of memory\n\n"
    apart = f"{head}{restart}\n### Port taken\n\n{look.format(1)}"
    assert found(apart, "STEP-ORDER") == ()
    assert found(f"{head}{restart}{look.format(2)}", "STEP-ORDER")


def test_options_of_one_remedy_are_no_playbooks_of_their_own() -> None:
    """Each says when to use it, and none of them has an alert or a level."""
    option = (
        "### Option {}: {} it\n\n**When to use:** it hangs\n\n```bash\nuptime\n```\n\n"
        "**Expected outcome:** it answers\n\n"
    )
    text = (
        "# Importer down\n\n**Alert:** `ImporterDown`\n**Severity:** critical\n\n## Resolution\n\n"
    )
    text += option.format("A", "Restart") + option.format("B", "Replace")
    assert lines_of(text, "SEM-NO-ALERT") == []
    assert lines_of(text, "SEM-NO-ESCALATION") == [(1,)]


HEAD = "# Importer errors\n\n**Alert:** `ImporterErrors`\n**Severity:** critical\n\n"
CASE = (
    "### Case {0}: the {1} is down\n\n**Symptoms**: it hangs\n\n"
    "```bash\nsudo systemctl restart {1}\n```\n\n"
)
REST = "## Verification\n\n- Look at the rate\n\n## Escalation\n\n- Call the lead of imports\n"


@pytest.mark.parametrize(
    "name", ["SEM-NO-ALERT", "SEM-NO-SEVERITY", "SEM-NO-ESCALATION", "SEM-NO-VERIFICATION"]
)
def test_cases_of_one_alert_share_what_its_document_says(name: str) -> None:
    """Alert and level stand at the head, the check and the people below all cases."""
    cases = CASE.format(1, "database") + CASE.format(2, "cache")
    assert lines_of(f"{HEAD}## Common cases\n\n{cases}{REST}", name) == []


@pytest.mark.parametrize(
    "said",
    [
        "**Related alert(s):** `ImporterStuck`",
        "The `ImporterStuck` alert fires.",
        "## Alert\n\n`ImporterStuck`",
        "**Alerting policy**: `importer-stuck` fires",
        "| Alert | First step |\n|---|---|\n| ImporterStuck | look |",
    ],
)
def test_alert_may_be_named_in_a_sentence_or_a_table(said: str) -> None:
    """Whoever is called finds the page by the name, wherever on it that stands."""
    text = (
        f"# Queue stuck\n\n## Symptoms\n\n- No rows\n\n{said}\n\n## Resolution\n\n1. Restart it\n"
    )
    assert lines_of(text, "SEM-NO-ALERT") == []
    assert lines_of(text.replace(said, "It is stuck."), "SEM-NO-ALERT") == [(1,)]


def test_item_may_ask_to_verify_after_the_remedy() -> None:
    """It need not be a heading of its own; a verb about a part is no look at the whole."""
    text = "# Queue stuck\n\n## Symptoms\n\n- No rows\n\n## Remediation\n\n- Restart it\n- {}\n"
    assert lines_of(text.format("Verify that rows arrive."), "SEM-NO-VERIFICATION") == []
    assert lines_of(text.format("Then:\n  - Verify that rows arrive."), "SEM-NO-VERIFICATION") == []
    assert lines_of(text.format("Verify key: `echo a`"), "SEM-NO-VERIFICATION") == [(1,)]


def test_remark_behind_a_command_may_hold_a_placeholder() -> None:
    """It tells of another way to call it."""
    line = "```bash\n./bin/requeue {}\n```"
    assert lines_of(book(line.format("# or: requeue <day>")), "PH-COMMAND") == []
    assert lines_of(book(line.format("<day> # all of it")), "PH-COMMAND") == [(10,)]


def test_remark_behind_a_command_may_say_what_is_lost() -> None:
    """Whoever reads the command reads it too."""
    down = "```bash\ndocker compose down -v{}\n```"
    assert lines_of(book(down.format(" # volumes: gone")), "RISK-DESTRUCTIVE") == []
    assert lines_of(book(down.format("")), "RISK-DESTRUCTIVE") == [(10,)]


def test_host_that_is_taken_off_the_network_keeps_its_evidence() -> None:
    """Rotating keys ends the sessions one wants to see; isolating does not."""
    steps = "# Key stolen\n\n## Mitigation\n\n1. {}\n2. Preserve forensic evidence\n"
    assert found(steps.format("Isolate the host"), "STEP-ORDER") == ()
    assert found(steps.format("Revoke every session"), "STEP-ORDER")


def test_here_document_for_a_client_is_no_shell() -> None:
    """The line above says who reads it."""
    sql = "SELECT count(*)\nFROM jobs;"
    fed = f"```bash\nsudo sqlite3 jobs.db <<SQL\n{sql}\nSQL\n```"
    assert found(book(fed), "LANG-SQL-IN-BASH") == ()
    assert found(book(f"```bash\n{sql}\n```"), "LANG-SQL-IN-BASH")


def test_service_without_a_name_is_only_spoken_of() -> None:
    """`systemctl stop` is no command yet."""
    assert (
        lines_of(book("Move it with `systemctl stop`, a copy, a start."), "RUN-SUDO-MISSING") == []
    )
    assert lines_of(book("```bash\nsystemctl stop importer\n```"), "RUN-SUDO-MISSING") == [(10,)]


def test_title_may_be_the_name_of_the_alert() -> None:
    """A page for each alert carries its name."""
    text = "# {} runbook\n\n## Symptoms\n\n- No rows\n\n## Resolution\n\n1. Restart it\n"
    assert lines_of(text.format("ImporterDown"), "SEM-NO-ALERT") == []
    assert lines_of(text.format("Importer down"), "SEM-NO-ALERT") == [(1,)]


def test_level_may_say_in_words_when_to_be_there() -> None:
    """`Immediately` and `in business hours` are times to respond."""
    levels = "# Levels\n\n## Severity\n\n- **SEV1** - all down. {}\n- **SEV2** - slow. {}\n"
    said = levels.format("Page immediately.", "Business hours will do.")
    assert lines_of(said, "SEM-NO-RESPONSE-TIME") == []
    assert lines_of(levels.format("Bad.", "Not good."), "SEM-NO-RESPONSE-TIME") == [(5, 6)]


def test_commands_of_psql_are_no_broken_sql() -> None:
    """A list of them is a list to look things up in."""
    assert found(book("```sql\n\\dt\n\\conninfo\n```"), "LANG-PARSE-ERROR") == ()
    assert found(book("```sql\nSELEC 1 FRM jobs (\n```"), "LANG-PARSE-ERROR")


def test_secret_that_goes_into_a_variable_is_not_printed() -> None:
    """The screen shows nothing of it."""
    read = "aws secretsmanager get-secret-value --secret-id importer"
    assert found(book(f"```bash\nKEY=$({read} | jq -r .key)\n```"), "SEC-SECRET-ECHO") == ()
    assert found(book(f"```bash\n{read}\n```"), "SEC-SECRET-ECHO")


def test_search_that_never_ends_has_no_exit_code_to_mislead() -> None:
    """One cause is told once: it follows the log."""
    search = "```bash\ntail {} /var/log/importer.log | grep timeout\n```"
    assert found(book(search.format("-f")), "RUN-GREP-RC") == ()
    assert found(book(search.format("-n 9")), "RUN-GREP-RC")


@pytest.mark.parametrize(
    "body",
    ["P1 " * 40_000, "\n" * 40_000, "wait " * 60_000, "applies to " * 9_000, "tail -f " * 9_000],
)
def test_words_written_without_end_are_looked_at_in_time(body: str) -> None:
    """A document may be hostile, and is looked at while somebody types."""
    text = f"# Stuck\n\n## Symptoms\n\n- No rows\n\n## Resolution\n\n1. {body}\n"
    begun = time.perf_counter()
    names = ("SEM-NO-ALERT", "SEM-NO-SEVERITY", "SEM-SEVERITY-UNDEFINED", "SEM-NO-VERIFICATION")
    found(text, *names, "SEM-NO-ESCALATION", "SEM-ALERT-NO-THRESHOLD", "RUN-GREP-RC")
    assert time.perf_counter() - begun < 5
