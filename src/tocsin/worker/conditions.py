"""Look at an alert's own condition again: our check's newest result, or Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.workspace import Service, Target, TargetKind, Workspace
from tocsin.intake.choose import service_of
from tocsin.ports.conditions import Condition, Conditions
from tocsin.watch.look import Result

CHECKS = "checks"
"""The source that our own checks report as."""

CHECK_LABEL = "check"
"""The label of their alerts that names the check."""

PATIENCE_S = 10.0
"""For all the alerts of one incident: after it nobody is asked any more."""

Ask = Callable[[Target, Mapping[str, str]], Condition]


class AlertConditions:
    """Looks wherever the alert came from."""

    def __init__(
        self, workspace: Workspace, latest: Callable[[], Mapping[str, Result]], ask: Ask
    ) -> None:
        self._workspace = workspace
        self._latest = latest
        self._ask = ask

    def look(self, alert: Alert) -> Condition:
        """Return whether the problem is still there, as far as we can look."""
        if alert.source == CHECKS:
            return self._check(alert)
        service, _ = service_of(self._workspace, alert.labels)
        prometheus = self._prometheus(service)
        if prometheus is None:
            return Condition(holds=None, said=f"{alert.source} says {alert.name} is over")
        return self._ask(prometheus, alert.labels)

    def _check(self, alert: Alert) -> Condition:
        name = alert.labels.get(CHECK_LABEL, "")
        result = self._latest().get(name)
        if result is None:
            return Condition(holds=None, said=f"the check {name} has not been looked at yet")
        word = "healthy" if result.healthy else "unhealthy"
        return Condition(holds=not result.healthy, said=f"check {name} is {word}: {result.said}")

    def _prometheus(self, service: Service | None) -> Target | None:
        if service is None:
            return None
        return self._workspace.target_of(service, TargetKind.PROMETHEUS)


def look_at_all(
    conditions: Conditions,
    alerts: Sequence[Alert],
    *,
    clock_s: Callable[[], float] = time.monotonic,
) -> list[Condition]:
    """Return what holds for the alerts of one incident, in bounded time.

    Asked once per source and label set, first about what its source still calls firing.
    What could not be asked in time is unknown, and says so.
    """
    give_up_at = clock_s() + PATIENCE_S
    newest = {(each.source, tuple(sorted(each.labels.items()))): each for each in alerts}
    found: list[Condition] = []
    for alert in sorted(newest.values(), key=lambda each: each.status is not AlertStatus.FIRING):
        if clock_s() >= give_up_at:
            found.append(Condition(holds=None, said=f"{alert.name}: not asked in time"))
        else:
            found.append(conditions.look(alert))
    return found
