"""Rules we write, judged by promtool: all of them pass, and none passes when it is altered."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.core.metric import Metric, Shape, Unit
from tocsin.reading.repair import mend
from tocsin.reading.rules.compiled import Rule, RuleSet, compile_rules
from tocsin.reading.rules.expressions import condition
from tocsin.reading.rules.figures import Limit
from tocsin.reading.rules.files import proofs_file, rules_file
from tocsin.reading.runbook import read_runbook

SEEDS = Path(__file__).resolve().parents[2] / "../shared/seeds"
PROMTOOL = shutil.which("promtool")

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool on this machine"),
]

FIELDS = "**Alert:** `{alert}`  \n**Severity:** Warning (P1)  \n**Threshold:** {threshold}\n"
STEPS = "\n### Investigation Steps\n\n1. **Look**\n   ```bash\n   uptime\n   ```\n\n"

DEMANDS = (
    ">5% error rate for 5 minutes",
    "error rate 2-4% for 10 minutes",
    "error rate at least 12.5%",
    "<99.95% availability for 3 minutes",
    "p99 > 800 ms for 10 minutes",
    "p95 at least 10 seconds for 1 minute",
    "median latency below 20 ms for 2 minutes",
    "Health check failing for 2 minutes",
    ">3 failed logins/sec for 5 minutes",
    "<2 requests per second for 30 minutes",
    "at least 100 active connections",
    "<15% free disk space for 1 hour",
    "disk usage > 92.5%",
    "free disk space < 5 GiB for 5 minutes",
    "memory usage at least 85% for 10 minutes",
    "CPU above 80% for 15 minutes",
    "certificate expiry < 21 days",
    "queue depth > 0 for 5 minutes",
    "more than 3 restarts",
    "cache hit rate below 60% for 1 hour",
    "replication lag > 30 seconds for 1 minute",
    "Circuit breaker open for 5 minutes",
    "backup older than 26 hours: backup age > 26 hours",
)

ODD_TIMES = (">40 active connections for 90 seconds", "CPU above 80% for 75 seconds")

OWN = (
    Metric(
        name="search", words=("search",), shape=Shape.QUANTILE, unit=Unit.SECONDS,
        by=("job", "shard"),
        series='search_seconds_bucket{shard=~"s.+", env!="test"}', window=timedelta(minutes=10),
    ),
    Metric(
        name="refused", words=("refused",), shape=Shape.SHARE, unit=Unit.RATIO, by=(),
        series='orders_refused_total{shop="north"}', whole=("orders_total", "quotes_total"),
    ),
    Metric(
        name="spoilt", words=("spoilt",), shape=Shape.INCREASE, unit=Unit.COUNT, by=("oven",),
        series="loaves_spoilt_total", window=timedelta(hours=1),
    ),
)  # fmt: skip
OWN_DEMANDS = (
    "search p90 > 30 seconds for 5 minutes",
    "refused orders > 7% for 2 minutes",
    "more than 6 spoilt loaves for 15 minutes",
)

QUOTED = {
    "histogram_quantile(0.9, sum(rate(t_bucket{path!~'/health.*'}[2m])) by (le, s)) > 3": True,
    "sum(rate(e{code=~'5..|429'}[5m])) by (job) / sum(rate(e[5m])) by (job) > 0.02": True,
    "avg by (oven) (oven_celsius{shop!='south'}) < 180": True,
    "rate(sold_total[30s]) > 1": True,
    "loaves{shop=''} > 3": True,
    "time() - max(last_bread) > 7200": True,
    "absent(t_bucket)": False,
    "rate(e{code='500'}[5m]) / rate(e[5m]) > 0.1": False,  # each series is its own whole
    "a{x='1'} / b{x='2'} > 0.5": False,  # nothing is divided by anything
    "sum(a) without (pod) > 1": False,
}
"""Expressions that a runbook quotes, and whether they can be proved."""


def document(demands: tuple[str, ...]) -> str:
    """Return a runbook with one playbook for each."""
    sections = (
        f"## Trouble {number}\n\n{FIELDS.format(alert=f'Trouble{number}', threshold=each)}{STEPS}"
        for number, each in enumerate(demands, start=1)
    )
    return "# Bakery\n\n" + "".join(sections)


def compiled(file: str, raw: bytes, own: tuple[Metric, ...] = ()) -> RuleSet:
    """Return the rules of a document."""
    return compile_rules(read_runbook(file, raw), mend(raw).text, own)


def promtool(folder: Path, ruleset: RuleSet, altered: RuleSet) -> tuple[bool, str]:
    """Return whether the altered rules pass the tests of the set, and what promtool says."""
    (folder / "a.rules.yml").write_text(rules_file(altered, "a"))
    (folder / "a.test.yml").write_text(proofs_file(ruleset, "a.rules.yml"))
    said = ""
    for words in (("check", "rules", "a.rules.yml"), ("test", "rules", "a.test.yml")):
        done = subprocess.run(
            [str(PROMTOOL), *words], cwd=folder, capture_output=True, text=True, timeout=100
        )
        said += done.stdout + done.stderr
        if done.returncode:
            return False, said
    return True, said


def mutants(rule: Rule, step: int) -> Iterator[tuple[str, Rule]]:
    """Yield the rule with one thing about it changed, and what was changed."""
    for what, limit in (*other_figures(rule), *other_comparators(rule)):
        yield what, replace(rule, expr=condition(rule.binding.metric, limit))
    second = timedelta(seconds=step)
    yield "longer", replace(rule, lasting=(rule.lasting or timedelta()) + second)
    if rule.lasting:
        yield "shorter", replace(rule, lasting=rule.lasting - second)
        yield "at once", replace(rule, lasting=None)


def other_figures(rule: Rule) -> Iterator[tuple[str, Limit]]:
    """Yield limits a fiftieth away."""
    limit, metric = rule.binding.limit, rule.binding.metric
    near = abs(limit.low) if metric.unit is not Unit.RATIO else min(limit.low, 1 - limit.low)
    if metric.unit is Unit.STATE or not near:
        return
    for what, figure in (("higher", limit.low + near / 50), ("lower", limit.low - near / 50)):
        yield what, replace(limit, low=figure)
    if limit.comparator == "between":
        yield "wider", replace(limit, high=limit.high + near / 50)
        yield "narrower", replace(limit, high=limit.high - near / 50)


def other_comparators(rule: Rule) -> Iterator[tuple[str, Limit]]:
    """Yield limits with every other comparator that means something else."""
    limit = rule.binding.limit
    if limit.comparator == "between":
        return
    for comparator in sorted({">", ">=", "<", "<="} - {limit.comparator}):
        if not same(rule, comparator):
            yield comparator, replace(limit, comparator=comparator)


def same(rule: Rule, comparator: str) -> bool:
    """Return whether this comparator says the same as the rule's, or cannot be told from it."""
    equal_only = {comparator[0], rule.binding.limit.comparator[0]} == {comparator[0]}
    exact = any("exactly on" in proof.name for proof in rule.proofs)
    is_state = rule.binding.metric.unit is Unit.STATE
    fitting = "<=" if rule.binding.limit.low == 0 else ">="
    return (equal_only and not exact) or (is_state and comparator == fitting)


def test_everything_we_write_passes(tmp_path: Path) -> None:
    """Every shape, unit and comparator, with times from none to an hour."""
    found = compiled("bakery.md", document(DEMANDS + OWN_DEMANDS).encode(), OWN)

    passed, said = promtool(tmp_path, found, found)

    assert passed, said
    assert [unbound.written for unbound in found.unbound] == []
    assert len(found.rules) == len(DEMANDS + OWN_DEMANDS)


@pytest.mark.parametrize("demand", DEMANDS + OWN_DEMANDS + ODD_TIMES)
def test_no_altered_rule_passes_its_tests(tmp_path: Path, demand: str) -> None:
    """Another figure, another comparator, another time: each is found out."""
    found = compiled("bakery.md", document((demand,)).encode(), OWN)
    (rule,) = found.rules

    survivors = [
        what
        for what, mutant in mutants(rule, found.step)
        if promtool(tmp_path, found, replace(found, rules=(mutant,)))[0]
    ]

    assert survivors == []


def test_quoted_rules_pass_as_they_are(tmp_path: Path) -> None:
    """Those that can be proved, and those that cannot."""
    rules = "".join(
        f'- alert: Quoted{number}\n  expr: "{expr}"\n  for: {number % 3}m\n'
        for number, expr in enumerate(QUOTED)
    )
    block = f"### Symptoms\n- Pale bread\n\n```yaml\n{rules}```\n"
    text = f"# Bakery\n\n## Trouble\n\n{block}{STEPS}"
    found = compiled("bakery.md", text.encode())

    passed, said = promtool(tmp_path, found, found)

    assert passed, said
    assert {rule.expr: bool(rule.proofs) for rule in found.rules} == QUOTED


def test_hostile_text_passes_as_text(tmp_path: Path) -> None:
    """Headings and alerts are anybody's, and Prometheus expands templates."""
    text = document((">5% error rate for 5 minutes",))
    text = text.replace("Trouble1", 'It\'s {{ 1 }} \\ "x" #: é').replace(
        "## Trouble 1", "## {{ .X }} 'quoted' \\n <b> {{{{ }} ${HOME}"
    )
    found = compiled("bakery.md", text.encode())

    passed, said = promtool(tmp_path, found, found)

    assert passed, said
    assert "{{ .X }}" in found.rules[0].annotations["summary"]


def test_a_runbook_without_rules_has_files_that_pass(tmp_path: Path) -> None:
    """CI runs over all of them."""
    found = compiled("bakery.md", document(("> 5 hiccups",)).encode())

    passed, said = promtool(tmp_path, found, found)

    assert passed, said


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seeds are not here")
def test_other_peoples_runbooks_get_rules_that_pass_and_fail_when_altered(tmp_path: Path) -> None:
    """Thresholds as they were really written."""
    survivors = []
    count = 0
    for path in sorted(SEEDS.glob("*.txt")):
        found = compiled(path.name, path.read_bytes())
        passed, said = promtool(tmp_path, found, found)
        assert passed, said
        count += len(found.rules)
        for rule in found.rules:
            alone = replace(found, rules=(rule,))
            for what, mutant in mutants(rule, found.step):
                if promtool(tmp_path, alone, replace(found, rules=(mutant,)))[0]:
                    survivors.append((path.name, rule.alert, what))

    assert survivors == []
    assert count >= 12


def test_the_story_holds_for_any_of_our_versions() -> None:
    """Its moments are whole samples, so that no version rounds them to another one."""
    found = compiled("bakery.md", document(DEMANDS).encode())

    for rule in found.rules:
        for proof in rule.proofs:
            assert all(expected.after % found.step == 0 for expected in proof.expected)
            assert re.search(r"\d+(\.\d+)?\+\d", proof.series[0].values)
