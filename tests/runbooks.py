"""Runbooks of our own by the metre, with everything that teams write in them.

`document(size_bytes)` goes on until it is that long. The same seed gives the same text, so that
a figure measured on it today can be compared with one of next year.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

_WORDS = {
    "service": ("ferry-booking", "tide-gauge", "harbour-api", "crane-control", "pilot-chat"),
    "Thing": ("Quay", "Crane", "Tide", "Ferry", "Beacon", "Lock", "Berth", "Buoy", "Radar"),
    "Fault": ("Stalled", "Unreachable", "Overloaded", "Leaking", "Lagging", "Rejecting"),
    "metric": ("error rate", "p95 latency", "memory usage", "active connections", "queue depth"),
    "series": ("http_requests_total", "tide_reads_total", "berth_errors_total", "jobs_open"),
    "table": ("bookings", "berths", "crane_moves", "tide_readings"),
    "level": ("P0", "P1", "P2"),
    "who": ("on-call engineer", "harbour master", "database team", "engineering lead"),
    "n": tuple(str(number) for number in range(2, 60)),
    "unit": ("%", "s", "ms", ""),
}

_OPENING = """\
---
title: Harbour runbooks
weight: 10
---
<!-- written by the people who are paged -->
# Incident runbooks of the harbour

Read this **before** your first night. Not sure? Ask in `#harbour-ops`, or see the
[contacts](#contacts).

| Alert | Playbook | Severity |
| --- | --- | --- |
| QuayStalled | [Quay Stalled](#quay-stalled) | P1 |
| TideLeaking | [Tide Leaking](#tide-leaking) | P2 |

## Severity Levels

- **P0 (Critical)**: nobody can book. Response: 5 minutes. Escalation: page the harbour master.
- **P1 (High)**: a part does not work. Response: 30 minutes.
- **P2 (Medium)**: somebody will notice. Response: next business day.

## Response Process

1. **Acknowledge** (< 5 minutes)
2. **Assess** (5-10 minutes)
3. **Tell people** (15 minutes)

"""

_FIELDS = """\
## @Thing@ @Fault@ @n@

**Alert:** `@Thing@@Fault@@n@`\x20\x20
**Severity:** @level@\x20\x20
**Threshold:** >@n@@unit@ @metric@ for @n@ minutes

### Symptoms

- The @service@ answers late (p95 > @n@s)
- Dashboards of @service@ stay empty — see [the overview](https://grafana.test/d/@n@)
- Users report _"please try again"_

### Investigation

1. **Look at the rate**
   ```promql
   # by status
   sum by (status) (rate(@series@{service="@service@"}[5m]))

   histogram_quantile(0.95, sum by (le) (rate(@service_@_seconds_bucket[5m])))
   ```

2. **See who is waiting**
   ```sql
   -- the oldest first
   SELECT id, state, age(now(), created_at) AS waiting
   FROM @table@
   WHERE state = 'open' AND created_at > now() - interval '@n@ minutes'
   ORDER BY created_at
   LIMIT @n@;
   ```

3. **Read the log**
   ```bash
   # the last lines
   kubectl logs deployment/@service@ -n harbour --tail=@n@ | grep -i error | sort | uniq -c
   df -h /var/lib/@service@
   ```

### Remediation

**Restart the @service@** (if it does not answer):

```bash
kubectl rollout restart deployment/@service@ -n harbour

# Or only one of them
kubectl delete pod @service@-@n@ -n harbour
```

**Long-term:**

- Give the @service@ more memory
- Alert on @metric@ earlier

### Verification

1. Check that `/health` answers:
   ```bash
   curl -fsS http://@service@.test:80@n@/health
   ```
2. Monitor for @n@ minutes.

### Escalation

- **@level@:** Page the @who@ immediately
- **No improvement after @n@ min:** Escalate to the @who@

---

"""

_PROSE = """\
## @Thing@@Fault@@n@

### Meaning

The @metric@ of @service@ was above @n@@unit@ for @n@ minutes. Most of the time somebody
deployed; sometimes the tide is simply high, and then there is nothing to do but to wait.

### Diagnosis

* Look at the pods with `kubectl get pods -n harbour -l app=@service@`.
* Describe the one that restarts:

    ```console
    $ kubectl -n harbour describe pod @service@-@n@
    Name:         @service@-@n@
    Status:       Running
    $ kubectl -n harbour logs @service@-@n@ --previous
    ```

* Compare with last week; do **not** delete anything yet.
  * Is it one node? Then cordon it.
    * Ask the @who@ first.

### Mitigation

1. If the @service@ was deployed in the last hour, roll it back.
2. Otherwise raise the limit in `values.yaml`, then apply it.
3. Never run `rm -rf` on the volume.

"""

_GROUPS = """\
### @n@. @Thing@ of @service@ @Fault@ (@n@-@n@%)

**Symptoms**:
- Monitoring alert: "@Thing@@Fault@@n@"
- @metric@ > @n@@unit@

**Immediate Actions**:

1. **Count what hangs**:
```bash
ps aux | grep @service@ | head -n @n@
# rows that nobody closed
psql -c "SELECT count(*) FROM @table@ WHERE state = 'open';"
UPDATE @table@ SET state = 'closed' WHERE id = @n@;
```

2. **Free the berth**:
```
systemctl restart @service@
```

| Option | What | Risk |
|---|---|---|
| A | scale `@service@` to @n@ | low |
| B | fail over, tell the @who@ | high |

**Prevention**:
- [ ] Review the limits of @service@
- [x] Write a test for @metric@

"""

_RULE = """\
## Alert: @Thing@_@service_@_@n@

```yaml
- alert: @Thing@@Fault@@n@
  expr: rate(@series@[5m]) > @n@
  for: @n@m
  labels:
    severity: critical
```

**Phase 1: Look (0-5 minutes)**

> Who is on the water? Ask the @who@, and _write down_ what they say.
> Then go on.

- Check the board: <https://status.test/@service@>
- Größe der Warteschlange → `@series@`, naïve Schätzung genügt

**Phase 2: Act (5-15 minutes)**

```sh
export NAMESPACE=harbour
if [ "$(kubectl get pods -n "$NAMESPACE" | wc -l)" -gt @n@ ]; then
  kubectl scale deployment/@service@ --replicas=@n@ -n "$NAMESPACE"
fi
```

"""

_CLOSING = """\
## Contacts

| Role | Reach |
| --- | --- |
| On-call engineer | pager@harbour.test |
| Harbour master | [phone number] |

## Communication Templates

**First message**:
```
[Investigating] We are looking at [service] since [time]. Next update in 30 minutes.
```

## Post-mortem template

```markdown
# Post-mortem: [title]
## Summary
## Timeline
## Action items
```
"""

_PLAYBOOKS = (_FIELDS, _PROSE, _GROUPS, _RULE)
_BLANK = re.compile(r"@(\w+)@")


def document(size_bytes: int, *, seed: int = 0) -> str:
    """Return a whole runbook of at least `size_bytes` in UTF-8, and hardly more."""
    choose = random.Random(seed)
    pieces = [_OPENING]
    missing = size_bytes - len((_OPENING + _CLOSING).encode())
    for playbook in _playbooks(choose):
        if missing <= 0:
            break
        pieces.append(playbook)
        missing -= len(playbook.encode())
    return "".join((*pieces, _CLOSING))


def _playbooks(choose: random.Random) -> Iterator[str]:
    while True:
        yield _filled(choose.choice(_PLAYBOOKS), choose)


def _filled(text: str, choose: random.Random) -> str:
    """Return a playbook about one service, every other blank filled by itself."""
    service = choose.choice(_WORDS["service"])
    about = {"service": service, "service_": service.replace("-", "_")}
    return _BLANK.sub(lambda one: about.get(one[1]) or choose.choice(_WORDS[one[1]]), text)
