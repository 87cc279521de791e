"""Which metric a threshold means, and what becomes of it."""

from __future__ import annotations

import pytest
from bakery import BAKERY, TROUBLES, compiled, demand

from tocsin.core.errors import Invalid
from tocsin.core.metric import Metric, Shape, Unit
from tocsin.reading.rules.recognised import recognised
from tocsin.reading.rules.selectors import selector_of

TILL = Metric(
    name="till latency",
    words=("till", "slow|latency"),
    shape=Shape.QUANTILE,
    unit=Unit.SECONDS,
    series='till_seconds_bucket{shop="north"}',
    by=("till",),
    buckets=(1.0, 5.0, 30.0),
)


def test_every_threshold_about_a_known_metric_becomes_a_rule() -> None:
    """With the runbook's own alert, severity, time, and the place it comes from."""
    found = compiled(BAKERY)

    assert [rule.alert for rule in found.rules] == [alert for alert, *_ in TROUBLES.values()][:-1]
    refused = found.rules[0]
    assert refused.labels == {"severity": "P0"}
    assert refused.annotations["runbook_url"] == "bakery.md#orders-end-in-an-error"
    assert refused.annotations["source"] == f"bakery.md:{refused.line}"
    assert BAKERY.splitlines()[refused.line - 1] == ("**Threshold:** >5% error rate for 5 minutes")


def test_what_no_metric_is_known_for_is_listed() -> None:
    """Silence would look like a rule."""
    (unbound,) = compiled(BAKERY).unbound

    assert unbound.told == "degrees > 260 for 3m"
    assert 'name = "degrees"' in unbound.stub


@pytest.mark.parametrize(
    ("words", "expr"),
    [
        ("error rate > 2.5%", "> 0.025"),
        ("error rate at least 5 percent", ">= 0.05"),
        ("p95 > 1500 ms", "> 1.5"),
        ("p95 > 2 minutes", "> 120"),
        ("certificate expiry < 14 days", "- time() < 14 * 86400"),
        ("free disk space < 10 GB", "< 10000000000"),
        ("free disk space < 2 GiB", "< 2147483648"),
        ("error rate 2-4% for 5 minutes", ">= 0.02) <= 0.04"),
        ("fewer than 1 requests per second: < 10 req/s", "< 10"),
    ],
)
def test_the_figure_is_in_the_unit_of_the_series(words: str, expr: str) -> None:
    """A limit of 5 on a ratio would never fire."""
    (rule,) = compiled(demand(words)).rules

    assert rule.expr.endswith(expr)


@pytest.mark.parametrize(
    ("words", "quantile"),
    [
        ("p99 > 2s", "0.99"),
        ("p999 > 2s", "0.999"),
        ("95th percentile > 2s", "0.95"),
        ("median response time > 2s", "0.5"),
        ("response time > 2s", "0.95"),
    ],
)
def test_the_quantile_is_the_one_the_runbook_names(words: str, quantile: str) -> None:
    """Where it names none, what was assumed is said."""
    (rule,) = compiled(demand(words)).rules

    assert f"histogram_quantile({quantile}," in rule.expr
    kinds = [caveat.kind for caveat in rule.caveats]
    assert ("assumed" in kinds) == (words == "response time > 2s")


def test_less_disk_is_free_disk_and_more_is_used_disk() -> None:
    """Who writes `disk < 20 %` does not hope for a full one."""
    (free,) = compiled(demand("<20%", heading="Disk space runs low")).rules
    (used,) = compiled(demand("disk above 80%")).rules

    assert free.expr.startswith("node_filesystem_avail_bytes")
    assert used.expr.startswith("1 - node_filesystem_avail_bytes")


def test_the_workspace_comes_before_the_catalogue() -> None:
    """And may go by words of the heading."""
    (own,) = compiled(demand("p95 > 10 s", heading="The till is slow"), [TILL]).rules
    (other,) = compiled(demand("p95 > 10 s", heading="The oven is slow"), [TILL]).rules

    assert 'till_seconds_bucket{shop="north"}' in own.expr
    assert own.binding.own
    assert "http_request_duration_seconds_bucket" in other.expr


def test_a_phrase_that_means_something_else_is_not_taken_by_its_heading() -> None:
    """Retries are not the depth of a queue, though they stand in its section."""
    found = compiled(demand("> 5 hiccups", heading="Queue backlog", alert="QueueDepth"))

    assert found.rules == ()
    assert found.unbound[0].stub


@pytest.mark.parametrize(
    ("words", "never"),
    [("p95 > 10 s", True), ("p95 > 9 s", False), ("p95 at least 10 s", False), ("p95 > 12s", True)],
)
def test_a_quantile_above_the_largest_bucket_is_said_never_to_fire(words: str, never: bool) -> None:
    """Prometheus answers with the last finite bucket, however slow it really is."""
    (rule,) = compiled(demand(words)).rules

    assert ("never" in [caveat.kind for caveat in rule.caveats]) == never


def test_the_series_that_the_playbook_queries_are_named() -> None:
    """The catalogue's guess may not be what its author means."""
    query = "```promql\nsum(rate(door_attempts_total{result='no'}[5m])) by (door)\n```"
    text = demand("> 3 failed logins/sec").replace("```bash\n   uptime\n   ```", query)

    (rule,) = compiled(text).rules
    (unbound,) = compiled(text.replace("failed logins", "hiccups")).unbound

    assert [each.kind for each in rule.caveats] == ["late", "series"]
    assert 'door_attempts_total{result="no"}' in rule.caveats[1].message
    assert '# series = "door_attempts_total{result=\\"no\\"}"' in unbound.stub


def test_larger_buckets_end_the_warning() -> None:
    """The workspace knows its histogram."""
    (rule,) = compiled(demand("p95 > 12 s", heading="The till is slow"), [TILL]).rules

    assert rule.caveats == ()


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("error rate > 5%", {"late"}),
        ("availability < 99%", {"late", "absent"}),
        ("Health check failing", {"absent"}),
        ("queue depth > 100", set()),
        ("error rate > 5", {"late", "assumed"}),
    ],
)
def test_what_to_know_about_a_rule_is_said(words: str, kinds: set[str]) -> None:
    """A rule that fires late, or not at all, is found out at night otherwise."""
    (rule,) = compiled(demand(words)).rules

    assert {caveat.kind for caveat in rule.caveats} == kinds


@pytest.mark.parametrize(
    "words",
    ["error rate > 100%", "error rate at least 0%", "error rate > 250%", "error rate 4-2%",
     "p95 > 0 s", "queue depth > 9999999999999999999999", "availability at most 100%"],
)  # fmt: skip
def test_what_is_never_or_always_true_becomes_no_rule(words: str) -> None:
    """And a metric of one's own would not help."""
    found = compiled(demand(words))

    assert found.rules == ()
    assert [unbound.stub for unbound in found.unbound] == [()]


def test_without_an_alert_the_heading_gives_the_name() -> None:
    """Without its number, and what it adds in parentheses."""
    (rule,) = compiled(demand("p95 > 2s", heading="4. Slow oven doors (north)")).rules

    assert rule.alert == "SlowOvenDoors"


def test_two_thresholds_of_one_alert_have_two_names() -> None:
    """Or neither could be proved by itself."""
    text = demand("error rate > 5%", alert="TillHigh") + demand(
        "p95 > 2s", heading="Slow", alert="TillHigh"
    ).removeprefix("# Bakery\n\n")
    again = text + demand("error rate > 50%", heading="Dead", alert="TillHigh").removeprefix(
        "# Bakery\n\n"
    )

    assert [rule.alert for rule in compiled(text).rules] == ["TillHigh", "TillHighLatency"]
    assert [rule.alert for rule in compiled(again).rules][2] == "TillHighErrorRate"


def test_a_figure_in_a_name_keeps_its_point() -> None:
    """2.5 is not 25."""
    text = demand("error rate > 5%", heading="Trouble", alert="ErrorRate")
    text += demand("error rate > 2.5%", heading="Less trouble", alert="ErrorRate")[10:]

    names = [rule.alert for rule in compiled(text).rules]

    assert names == ["ErrorRate", "ErrorRateAbove2Point5Percent"]


def test_names_never_repeat() -> None:
    """However often the same is demanded."""
    text = "# Bakery\n\n" + "".join(
        demand("error rate > 5%", heading=f"Trouble {n}", alert="HighErrorRate")[10:]
        for n in range(4)
    )

    names = [rule.alert for rule in compiled(text).rules]

    assert names == [
        "HighErrorRate",
        "HighErrorRateAbove5Percent",
        "HighErrorRateAbove5Percent2",
        "HighErrorRateAbove5Percent3",
    ]


def test_a_rule_that_cannot_be_proved_says_so() -> None:
    """What nobody can test is not promised."""
    odd = Metric(
        name="odd",
        words=("till",),
        shape=Shape.GAUGE,
        unit=Unit.COUNT,
        series='till_open{shop=~"[^a-zA-Z0-9 ]{3}(q|w)+"}',
    )

    (rule,) = compiled(demand("till > 5"), [odd]).rules

    assert rule.proofs == ()
    assert [caveat.kind for caveat in rule.caveats] == ["unproved"]


@pytest.mark.parametrize(
    "pattern", ["(a|a)*b|" + "a" * 40, ".*" * 20 + "b|" + "a" * 40, "a?" * 40 + "a" * 40, "a" * 300]
)
@pytest.mark.timeout(30)
def test_a_pattern_that_would_take_for_ever_is_refused(pattern: str) -> None:
    """A document may hold any: Prometheus matches without backtracking, we do not."""
    with pytest.raises(Invalid) as refused:
        selector_of(f'up{{job=~"{pattern}"}}').example()

    assert refused.value.code == "rules.example"


@pytest.mark.parametrize(
    "text",
    ['up{job=~"5..|429"}', 'up{job!~".*test.*", job=~"(prod|stage)-.+"}', 'up{a!=""}',
     'up{a="x", b!="y"}', "up", 'up{a=~"db\\\\.north"}', 'up{a=~"[0-9]+"}'],
)  # fmt: skip
def test_an_example_is_selected_by_its_selector(text: str) -> None:
    """Or the test would be about another series."""
    selector = selector_of(text)

    assert selector.selects("up", selector.example())


@pytest.mark.parametrize("text", ["rate(up[5m])", "up offset 5m", "up[5m]", '{job="x"}', "up{", ""])
def test_what_selects_no_series_of_the_present_is_refused(text: str) -> None:
    """Samples could not be thought of for it."""
    with pytest.raises(Invalid) as refused:
        selector_of(text)

    assert refused.value.code == "rules.series"


QUOTED = """# Bakery

## Oven cold

**Severity:** Critical (P0)

### Symptoms
- Pale bread

```yaml
groups:
- name: ovens
  rules:
  - alert: OvenCold
    expr: avg by (oven) (oven_celsius{shop="north"}) < 180
    for: 3m
    labels: {team: bakers, oven: "{{ $labels.oven }}"}
  - alert: OvenGone
    expr: absent(oven_celsius)
  - alert: OvenOdd
    expr: avg by (oven
```

### Investigation Steps

1. **Look**
   ```bash
   uptime
   ```
"""


def test_a_quoted_rule_is_taken_as_it_is() -> None:
    """Its author knows the series; what can be proved of it is."""
    found = compiled(QUOTED)

    cold, gone = found.rules
    assert cold.expr == 'avg by (oven) (oven_celsius{shop="north"}) < 180'
    assert (cold.line, cold.labels) == (14, {"severity": "P0", "team": "bakers"})
    assert cold.annotations["runbook_url"] == "bakery.md#oven-cold"
    assert len(cold.proofs) == 4
    assert gone.proofs == ()
    assert [caveat.kind for caveat in gone.caveats] == ["unproved"]
    assert [(each.told, each.reason) for each in found.unbound] == [
        ("OvenOdd", "Its expression is no PromQL.")
    ]


def test_what_is_quoted_is_not_written_twice() -> None:
    """A field beside the block says the same in words."""
    field = "**Alert:** `OvenCold`  \n**Threshold:** queue depth > 180 for 3 minutes  \n"
    found = compiled(
        QUOTED.replace("  - alert: OvenGone\n    expr: absent(oven_celsius)\n", "")
        .replace("  - alert: OvenOdd\n    expr: avg by (oven\n", "")
        .replace("**Severity:**", f"{field}**Severity:**")
    )

    assert [rule.alert for rule in found.rules] == ["OvenCold"]
    assert found.unbound == ()


@pytest.mark.parametrize(
    ("expr", "shape"),
    [
        ("up == 0", Shape.GAUGE),
        ("max by (queue) (depth) >= 100", Shape.GAUGE),
        ("(sum(rate(e[2m])) by (svc) / sum(rate(a[2m])) by (svc)) > 0.01", Shape.SHARE),
        ("histogram_quantile(0.99, sum(rate(h_bucket[5m])) by (le, job)) > 2", Shape.QUANTILE),
        ("1 - free / size > 0.9", Shape.FRACTION),
        ("time() - last_success > 3600", Shape.SINCE),
        ("expires - time() < 86400", Shape.UNTIL),
        ("increase(restarts[15m]) > 3", Shape.INCREASE),
        ("1 - avg by (i) (rate(idle[5m])) > 0.8", Shape.RATE),
    ],
)
def test_the_shape_of_an_expression_is_recognised(expr: str, shape: Shape) -> None:
    """So that it can be proved."""
    found = recognised(expr)

    assert found is not None
    assert found.metric.shape is shape


@pytest.mark.parametrize(
    "expr",
    ["absent(up)", "a > b", "a offset 5m > 3", "a / on(x) b > 0.2", "count(up == 0) > 2",
     "topk(3, a) > 2", "up != 1", "up == bool 0", "a > 1 and b > 1", "100 * a / b > 5",
     "rate(a[5m]) == 3", "sum without (x) (a) > 2"],
)  # fmt: skip
def test_what_cannot_be_proved_is_not_recognised(expr: str) -> None:
    """A test of something else would prove nothing."""
    assert recognised(expr) is None
