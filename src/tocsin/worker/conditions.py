"""Look at an alert's own condition again: our check's newest result, or Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tocsin.core.alert import Alert
from tocsin.core.workspace import Service, Target, TargetKind, Workspace
from tocsin.intake.choose import service_of
from tocsin.ports.conditions import Condition
from tocsin.watch.look import Result

CHECKS = "checks"
"""The source that our own checks report as."""

CHECK_LABEL = "check"
"""The label of their alerts that names the check."""

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
