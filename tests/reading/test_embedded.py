"""An alerting rule quoted in a playbook binds the alert, and says when it fires."""

from __future__ import annotations

from datetime import timedelta

from tocsin.core.runbook import Playbook
from tocsin.reading.runbook import read_runbook

QUOTED = """# Kilns

## Kiln too hot

{{% rule "kilns.yml" "KilnTooHot" %}}

### Alert definition

```yaml
alert: KilnTooHot
expr: |
  max by (kiln) (kiln_celsius)
    > 1300
for: 10m
labels:
  severity: critical
annotations:
  summary: "{{ $labels.kiln }} is at {{ $value }}"
```

### Steps

1. Look at the flame

## Kiln out of reach

```yaml
- alert: KilnGone
  expr: (up{job="kiln"} == 0)
- alert: KilnSilent
  expr: absent(up{job="kiln"})
  labels: {severity: "{{ .severity }}"}
```

```bash
ping -c 3 $KILN
```

## Rules nobody answers

```yaml
- alert: Watchdog
  expr: vector(1) > bool 0
```
"""


def playbooks(text: str) -> tuple[Playbook, ...]:
    return read_runbook("runbook.md", text.encode()).playbooks


def test_a_quoted_rule_names_alert_limit_and_severity() -> None:
    """The lines are those of the document, so that a person can look them up."""
    hot, _ = playbooks(QUOTED)
    assert (hot.alerts, hot.alert_lines, hot.severity) == (("KilnTooHot",), (10,), "critical")
    (limit,) = hot.thresholds
    assert (limit.line, limit.comparator, limit.value) == (11, ">", 1300.0)
    assert (limit.metric, limit.lasting) == ("max by (kiln) (kiln_celsius)", timedelta(minutes=10))
    assert [step.title for step in hot.steps] == ["Look at the flame"]


def test_rules_right_below_a_heading_are_no_step() -> None:
    """What fires is not what to do; and rules without work are no playbook."""
    _, gone = playbooks(QUOTED)
    assert (gone.alerts, gone.severity) == (("KilnGone", "KilnSilent"), None)
    assert [(one.line, one.comparator, one.value) for one in gone.thresholds] == [(29, "==", 0.0)]
    assert [statement.text for step in gone.steps for statement in step.statements] == [
        "ping -c 3 $KILN"
    ]


def test_a_rule_to_be_added_later_binds_nothing() -> None:
    """What would have warned earlier is not what fired."""
    text = "# T\n\n## KilnHot\n\n### Steps\n\n1. Look\n\n### Prevention\n\n1. Add a rule:\n\n"
    fence = "   ```yaml\n   - alert: KilnGettingHot\n     expr: heat > 3\n   ```\n"
    (hot,) = playbooks(text + fence)
    assert (hot.alerts, hot.thresholds) == (("KilnHot",), ())
    assert hot.steps[-1].title == "Add a rule"


def test_settings_that_quote_no_rule_stay_what_they_are() -> None:
    """A limit of memory in the same form is something to write somewhere."""
    text = "# T\n\n## Kiln slow\n\n```yaml\nlimits:\n  alerts: 4\n```\n\n### Steps\n\n1. Look\n"
    assert not any(playbook.alerts for playbook in playbooks(text))


def test_a_rule_that_is_no_yaml_names_nothing() -> None:
    """It is shown as it is; nothing is guessed from half a rule."""
    (hot, *_) = playbooks(QUOTED.replace("expr: |", "expr: [") + "\n")
    assert hot.thresholds == ()
