"""Breaking the glass, by whichever door."""

from __future__ import annotations

from starlette.testclient import TestClient

from tocsin.core.ids import IncidentId
from web.scene import Scene, playbook

WHY = "nobody else answers"


def _begun(ada: TestClient, scene: Scene) -> tuple[IncidentId, int, str]:
    """Return an incident, a change of it that waits, and the fingerprint of that."""
    incident_id = scene.incident()
    run = scene.runs(incident_id, playbook())[5]
    return incident_id, run, ada.get(f"/v1/runs/{run}").json()["fingerprint"]


def _paged_for_it(ada: TestClient, incident_id: IncidentId) -> bool:
    pages = ada.get(f"/v1/incidents/{incident_id}").json()["pages"]
    return any("broke the glass" in page["reason"] for page in pages)


def test_whoever_breaks_the_glass_by_a_call_has_the_admins_paged(
    ada: TestClient, scene: Scene
) -> None:
    """A script must not be the quiet way around the second person."""
    incident_id, run, fingerprint = _begun(ada, scene)

    broken = {"fingerprint": fingerprint, "break_glass": True, "reason": WHY}
    ada.post(f"/v1/runs/{run}/approve", json=broken)

    assert _paged_for_it(ada, incident_id)


def test_whoever_breaks_the_glass_by_the_form_has_the_admins_paged(
    ada: TestClient, scene: Scene
) -> None:
    """The same, where most people do it."""
    incident_id, run, fingerprint = _begun(ada, scene)

    broken = {"fingerprint": fingerprint, "break_glass": "yes", "reason": WHY}
    ada.post(f"/runs/{run}/approve", data=broken)

    assert _paged_for_it(ada, incident_id)
