"""Evidence hold: while it stands, nothing of the incident may be destroyed.

A playbook sets it by forbidding that evidence is deleted; a person may set it at any time, and
lifts it with a reason.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from tocsin.core.ids import IncidentId
from tocsin.core.incident import Incident
from tocsin.core.runbook import Playbook
from tocsin.core.timeline import SYSTEM, EntryKind
from tocsin.ports.store import Tx
from tocsin.records import timeline
from tocsin.running.stop import reason_of

_FORBIDS = r"(?:not|never|n['’]t|no(?: one| ?body)?|nothing|without|avoid|refrain from|forbidden)"
_LOSES = (
    r"(?:delet|destroy|remov|eras|wip|purg|truncat|overwrit|clean|clear|rotat|prun|drop|discard"
    r"|throw|tamper|alter|modif|los[et]|rebuild|reimag|re-imag|format|touch)\w*"
)
_EVIDENCE = (
    r"(?:evidence|forensic\w*|proofs?|traces?|artefacts?|artifacts?|audit (?:trail|log|record)s?"
    r"|logs?|log files?|journals?|crime scene|core dumps?|disk images?|memory dumps?)"
)
_KEEPS = r"(?:preserve|retain|secure|safeguard|keep|save)"
_MEANS_IT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_FORBIDS}\b.{{0,60}}?\b{_LOSES}\b.{{0,60}}?\b{_EVIDENCE}\b",
        rf"\b{_EVIDENCE}\b.{{0,60}}?\b{_FORBIDS}\b.{{0,30}}?\b{_LOSES}\b",
        rf"n['’]t\b.{{0,40}}?\b{_LOSES}\b.{{0,60}}?\b{_EVIDENCE}\b",
        rf"\b{_KEEPS}\b.{{0,40}}?\b(?:evidence|forensic\w*|artefacts?|artifacts?)\b",
    )
)


def means_hold(sentence: str) -> bool:
    """Return whether a sentence forbids that evidence is deleted."""
    plain = " ".join(sentence.replace("*", "").replace("`", "").split())
    return any(pattern.search(plain) for pattern in _MEANS_IT)


def held_by(playbook: Playbook, incident: Incident, *, now: datetime) -> Incident:
    """Return the incident with the hold that its playbook asks for, if it asks for one."""
    asking = [each for each in playbook.constraints if means_hold(each.text)]
    if not asking or incident.held_at is not None or incident.binding is None:
        return incident
    because = f"{asking[0].text} ({incident.binding.file}:{asking[0].line})"
    return replace(incident, held_at=now, held_by=SYSTEM, held_because=because)


def tell(tx: Tx, incident: Incident, *, now: datetime) -> None:
    """Put on the timeline that a hold stands."""
    text = f"evidence is held, nothing may be destroyed: {incident.held_because}"
    timeline.note(
        tx, incident.id, EntryKind.WARNING, text, at=now, actor=incident.held_by or SYSTEM
    )


def hold(tx: Tx, incident_id: IncidentId, because: str, *, by: str, now: datetime) -> Incident:
    """Hold the incident's evidence and return it. One that is held already stays as it is.

    Raises:
        NotFound("incident"), Invalid("reason.missing")
    """
    incident = tx.incidents.get(incident_id)
    reason = reason_of(because)
    if incident.held_at is not None:
        return incident
    held = replace(incident, held_at=now, held_by=by, held_because=reason)
    tx.incidents.put(held)
    tell(tx, held, now=now)
    return held


def release(tx: Tx, incident_id: IncidentId, because: str, *, by: str, now: datetime) -> Incident:
    """Lift the hold and return the incident. Lifting what does not stand is harmless.

    Raises:
        NotFound("incident"), Invalid("reason.missing")
    """
    incident = tx.incidents.get(incident_id)
    reason = reason_of(because)
    if incident.held_at is None:
        return incident
    free = replace(incident, held_at=None, held_by="", held_because="")
    tx.incidents.put(free)
    text = f"evidence hold lifted: {reason}"
    timeline.note(tx, incident_id, EntryKind.WARNING, text, at=now, actor=by)
    return free
