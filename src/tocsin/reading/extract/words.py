"""The words runbooks use for the same things: roles of a section, durations, severities."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum, auto
from functools import lru_cache

from tocsin.core.runbook import Phase


class Role(Enum):
    """What a labelled group of a playbook is for."""

    SYMPTOMS = auto()
    ALERT = auto()
    SEVERITY = auto()
    THRESHOLD = auto()
    ESCALATION = auto()
    INVESTIGATE = auto()
    MITIGATE = auto()
    VERIFY = auto()
    FOLLOW_UP = auto()
    STEPS = auto()  # what to do, each step of a phase of its own
    ABOUT = auto()  # background: nothing to do


PHASES = {
    Role.INVESTIGATE: Phase.INVESTIGATE,
    Role.MITIGATE: Phase.MITIGATE,
    Role.VERIFY: Phase.VERIFY,
    Role.FOLLOW_UP: Phase.FOLLOW_UP,
}

# In order: the first that fits decides.
_ROLES = [
    (Role.INVESTIGATE, r"^detection (&|and) (verif|confirm|triage|assess|analysis|diagnos)"),
    (
        Role.SYMPTOMS,
        r"^(symptoms?|sintom[ia]s?|síntomas?|symptômes?|symptome|signs?|signals?|indicators?"
        r"|trigger(ing)? (conditions?|criteria|events?)|detection|detected( by)?"
        r"|what you (may |might )?see|how (it shows|to detect)|when to (use|apply)"
        r"|use (this )?when)\b",
    ),
    (
        Role.ALERT,
        r"^((automated |prometheus |monitoring )?(alert|alarm|monitor)s?"
        r"( ?(names?|rules?|triggers?|definitions?|expression|query))?"
        r"|triggered by|triggers?|fires? (on|when))$",
    ),
    (
        Role.SEVERITY,
        r"^(incident |alert )?(severity|priority|sev)( (levels?|classification|matrix))?$",
    ),
    (Role.THRESHOLD, r"^(alert )?(thresholds?|condition|fires? (above|below))$"),
    (Role.ESCALATION, r"\bescalat|^(whom|who|when) to (call|page)"),
    (
        Role.STEPS,
        r"^(steps|procedures?|instructions|what (should|to|must|can)\b.*\bdo( next)?\??)$",
    ),
    (
        Role.ABOUT,
        r"^((alert )?(overview|details|information|info|metadata|context)|summary|description"
        r"|meaning|impact|background|context|references?|reasons?"
        r"|(additional |further |important )?(notes?|information|resources|details|reading)"
        r"|(helpful|useful) (resources|links)|normal (situation|behaviou?r)|severities"
        r"|(sla )?(expected |estimated )?(response|resolution|recovery) time|prerequisites"
        r"|links?|see also|related\b.*|owners?|dashboards?|definitions?|about|purpose|scope"
        r"|(owning )?teams?|services?|components?|channel|slack( channel)?|runbook( url)?|metrics"
        r"|status|last (updated|reviewed|changed)|authors?|maintainers?|tags?|environments?"
        r"|metrics to (monitor|watch)|tools?( (&|and) (dashboards|resources|links|access))?"
        r"|dependencies|alert behaviou?r|recent changes|field|property|name"
        r"|what (failed|happened|is|are)\b.{0,40}|table of contents|monitoring|key metrics"
        r"|(example|sample|expected|typical)( (results?|errors?|outcomes?|outputs?|messages?))?"
        r"|outputs?|errors?|(error|log) messages?)$"
        r"|\b(resolved|fixed|closed|over) when$"
        r"|^success criteria$|^estimated (resolution|duration)$"
        r"|^(rpo|rto|recovery (point|time) objective)\b|^roll ?back (criteria|conditions?)$",
    ),
    (
        Role.VERIFY,
        r"^after\b.*\b(recovery|restart|restoration)$"
        r"|^(how to )?(verif|validat|confirm|post[- ]?checks?$|expectations?$)|\bverification"
        r"|\bback to normal",
    ),
    (
        Role.FOLLOW_UP,
        r"\bprevent(?!\s+(?:cascad|further|more|spread))|long[- ]?term|follow[- ]?up|root[- ]cause"
        r"|post[- ]?(incident|mortem|action)|lessons|improvement|permanent"
        r"|^after(wards)?\b|within (24|48|72) ?h|next (day|week)",
    ),
    (
        Role.INVESTIGATE,
        r"^(initial|immediate|first|rapid|quick|impact)?\s*"
        r"(assess(ment)?|triage|diagnos(is|tics?)|investigation)\b(?!.*\b(mitigat|remed|resol|fix))"
        r"|\bcauses? to check",
    ),
    (
        Role.MITIGATE,
        r"mitigat|remed|resol|solution|\bfix|\brecover(?!able)|immediate|\baction|short[- ]?term"
        r"|azioni|acciones|ações|maßnahmen"
        r"|workaround|\bemergency\b|restor|roll ?back|contain(?!er)|repair"
        r"|response|common (issues|problems)|^option ([a-h]|\d)\b"
        r"|^(the )?first (\d+ )?(minutes?|hours?|day)\b|within \d+ ?(m|h)",
    ),
    (
        Role.INVESTIGATE,
        r"investigat|diagnos|triage|troubleshoot|debug|analysis|assess|first look"
        r"|^(possible |initial |first |quick |pre-?)?checks?$",
    ),
    (Role.FOLLOW_UP, r"\bcauses?\b|^why\b"),
]
_NUMBERED = re.compile(r"^\W*(?:(?:phase|stage|step)\s*\d+\s*[:.)—–-]+\W*|(?:[a-z]-?)?\d+[.)]\s*)?")
_COMPILED = [(role, re.compile(pattern)) for role, pattern in _ROLES]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(
    r"(?<![\d.])(?:\d+(?:\.\d+)?\s*(?:-|–|to)\s*)?(?P<number>\d+(?:\.\d+)?)[\s+-]*"
    r"(?P<unit>seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|[smhdw])\b",
    re.IGNORECASE,
)
_SPAN = re.compile(  # one that stands by itself, or in brackets behind a name
    r"(?:^|\()\s*(?P<number>\d+)\s*(?:-|–|to)\s*\d+\s*"
    r"(?P<unit>minutes?|mins?|hours?|hrs?|days?|[mhd])\b",
    re.IGNORECASE,
)
SEVERITY_ID = re.compile(r"\b(P[0-9]|(?:SEV|Sev|sev)[- ]?[0-9]|Severity [1-5]|S[0-5])\b")

_LEVEL = re.compile(r"sev|priorit|level", re.IGNORECASE)


@lru_cache(maxsize=4096)
def role_of(title: str) -> Role | None:
    """Return what a heading or label announces, or None where it names no role."""
    words = title.strip().rstrip(":").lower()
    words = _NUMBERED.sub("", words).strip()
    return next((role for role, pattern in _COMPILED if pattern.search(words)), None)


def duration_in(text: str) -> timedelta | None:
    """Return the first duration written in `text`; of a range, the upper end."""
    found = _DURATION.search(text)
    if found is None:
        return None
    return _length(found)


def start_in(text: str) -> timedelta | None:
    """Return when the first span of time in `text` begins: at 15 minutes for `15-30 min`."""
    found = _SPAN.search(text)
    return _length(found) if found else None


def longest_in(text: str) -> timedelta | None:
    """Return the longest duration written in `text`."""
    return max((_length(found) for found in _DURATION.finditer(text)), default=None)


def _length(found: re.Match[str]) -> timedelta:
    number = min(float(found["number"]), 1e6)
    return timedelta(seconds=number * _SECONDS[found["unit"][0].lower()])


def severity_in(text: str) -> str | None:
    """Return the first severity named by its code (`P0`, `SEV-1`), or None."""
    return next(iter(severities_in(text)), None)


def severities_in(text: str) -> list[str]:
    """Return every severity named by its code, in order; the store S3 is none."""
    found = SEVERITY_ID.findall(text)
    stored = set(found) == {"S3"} and text.strip() != "S3" and not _LEVEL.search(text)
    return [] if stored else found
