"""What a section says of itself in `Label: value` form, and the alert its heading names.

Teams write the same field as a bold lead, a plain line, a bullet or a row of a table; here
all of them become one kind of part, so that nobody after this asks how it was written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tocsin.reading.anchors import plain
from tocsin.reading.extract.words import Role, role_of
from tocsin.reading.outline import Kind, Part

ALERT_NAME = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*[A-Z][A-Za-z0-9_]*")
QUOTED = re.compile(r"[\"“`]([A-Za-z_][\w:.-]*)[\"”`]")
_HEADING_NAME = re.compile(  # also etcdNoLeader and OSD_NEARFULL: a heading is nothing else
    rf"{ALERT_NAME.pattern}|[a-z]+(?:[A-Z][A-Za-z0-9]+){{2,}}|[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+"
)
FIELDS = frozenset({Role.ALERT, Role.SEVERITY, Role.THRESHOLD, Role.ABOUT})

_PLAIN = re.compile(
    r"^[*_]?(?P<label>[A-Za-z][A-Za-z /-]{1,30}?)[*_]?\s*:[*_]?\s+(?P<rest>\S.{0,300})$"
)
_LEAD_IN = re.compile(r"^[A-Z][\w /&-]{2,40}:$")
_STRESSED = re.compile(r"^[A-Z](?:[\w' -]{0,40}\*\*[\w' -]{1,40}\*\*){1,2}[\w' -]{0,20}:$")
_CLAUSE = re.compile(r"(?:after|before|once|when|if|to)\s+\w+ing\b|(?:once|when|if|to)\b", re.I)
_WORD = r"[\"“`]?[A-Za-z_][\w:.-]*[\"”`]?"
_NAMES = re.compile(rf"^{_WORD}(?:\s*(?:,|/|\bor\b|\band\b)\s*{_WORD})*\s*(?:\([^()]*\))?$")
_NAME_FIRST = re.compile(rf"{ALERT_NAME.pattern}(?:\s*[,;(]|\s+[-–—]\s)")
_ONE_NAME = re.compile(r"[A-Za-z_][\w:.-]*")
_LONGEST = 300  # characters of a heading or a value in which a name is looked for
_NOT_A_NAME = re.compile(r"^\W*$|^(?:n/?a|none|tb[da]|unknown|todo)\b", re.IGNORECASE)
_BEFORE = re.compile(r"^(?:\d+(?:\.\d+)*[.)]\s*|\[[^\]]*\]\s*|\W+)*")
_PREFIX = re.compile(
    r"^(?:alert|alarm)\s*(?:(?:name|runbook|playbook)\s*)?[:–—-]\s*(?P<name>[A-Za-z_][\w:.-]*)",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"\((?P<name>(?:[A-Z][a-z0-9]+){3,})\)$")
_AFTER = re.compile(r"\s*(?:\([^()]*\)|\[[^\]]*\]|\s[-–—]\s.*|:\s.*)$")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
_PAIR = 2
_STATE = re.compile(
    r"\b(?:down|up|fail\w*|errors?|crash\w*|degraded|slow\w*|latency|time-?outs?|leak\w*|breach\w*"
    r"|attack|exhausted|full|saturat\w+|overload\w*|spikes?|backlog|stuck|hung|deadlocks?"
    r"|corrupt\w*|lost|loss|unavailable|offline|unreachable|unhealthy|unresponsive|stale|expir\w+"
    r"|exceed\w*|high|low|throttl\w+|oom\w*|violations?|drift\w*|anomal\w+|mismatch\w*|open"
    r"|closed|pressure|missing|absent|blocked|flapping|lag\w*|depth|usage|restart\w*|reached|near"
    r"|burn\w*|firing|evict\w*|broken|frozen|dead|growing|large|old|late|disabled|insufficient"
    r"|not|no|too|without|waiting|killed|rejected|dropped|denied|split|disconnected|paused)\b",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    r"(?:DB|MQ|SQL|QL|API|AI|CI|SSL|OS|Hub|Lab|Script|Flare|Watch|Front|Search|House|Duty|Genie"
    r"|Page|Bucket|Ops|Metrics|Telemetry|Manager|Proxy|Kit)$"
)


def alert_in_heading(title: str) -> str | None:
    """Return the alert a heading names: `DiskFull`, `Alert: disk_full`, `Disk (DiskGetsFull)`."""
    if len(title) > _LONGEST:
        return None
    words = _BEFORE.sub("", title)
    prefixed = _PREFIX.match(words)
    if prefixed:
        return prefixed["name"]
    behind = _BEHIND.search(words)
    name = behind["name"] if behind else _AFTER.sub("", words).strip()
    return name if _HEADING_NAME.fullmatch(name) and not _PRODUCT.search(name) else None


def may_be_product(name: str) -> bool:
    """Return whether a name could be a product's, too: two words, and no state among them."""
    humps = _HUMP.findall(name)
    return len(humps) == _PAIR and "_" not in name and not _STATE.search(" ".join(humps))


def alerts_named(value: str) -> list[str]:
    """Return the alerts a field `Alert: …` names; a name of several words is one name."""
    value = value[:_LONGEST]
    quoted = QUOTED.findall(value)
    words = plain(value)
    if quoted or _NOT_A_NAME.match(words):
        return quoted
    if _NAMES.match(words):
        bare = re.sub(r"\([^()]*\)", "", words)
        return [one for one in _ONE_NAME.findall(bare) if one not in ("and", "or")]
    known = ALERT_NAME.findall(words)[:1]
    return known or [re.split(r"\s+[-–—(]\s*|[;.]\s", words)[0].strip('"“” .')]


def is_field(part: Part) -> bool:
    """Return whether a part is a `Label: value` whose label we know."""
    if part.kind not in (Kind.LEAD, Kind.ITEM) or not (part.label and part.rest):
        return False
    return role_of(part.label) in FIELDS


def normal(parts: Sequence[Part]) -> list[Part]:
    """Return the parts with fields and lead-ins of every dialect written as labelled ones."""
    found: list[Part] = []
    rows = Counter(part.header for part in parts if part.kind is Kind.ROW)
    seen: set[tuple[str, ...]] = set()
    for part in parts:
        if part.kind is Kind.ROW:
            first = part.header not in seen
            seen.add(part.header)
            found += _from_row(part, first=first, alone=rows[part.header] == 1) or [part]
        else:
            found.append(_said_in(part) if part.kind is Kind.HEADING else _labelled(part))
    return found


def _said_in(heading: Part) -> Part:
    """Return a heading `Severity: high` as the field it is, any other as it stands."""
    found = _PLAIN.match(_BEFORE.sub("", plain(heading.text)))
    if found is None or role_of(found["label"]) not in (Role.SEVERITY, Role.ALERT):
        return heading
    return replace(heading, kind=Kind.LEAD, label=found["label"], rest=found["rest"], level=0)


def _labelled(part: Part) -> Part:
    if part.quoted and part.kind is Kind.LEAD and not _states(part):
        return replace(part, kind=Kind.LINE, label="", rest="")
    if part.label or part.kind not in (Kind.LINE, Kind.ITEM) or part.ordered:
        return part
    if part.kind is Kind.LINE and not part.level and _LEAD_IN.match(part.text):
        label = part.text.rstrip(":")
        announces = len(label.split()) < 4 and not _CLAUSE.match(label) and role_of(label)
        return replace(part, kind=Kind.LEAD, label=label) if announces else part
    if part.kind is Kind.LINE and not part.level and _STRESSED.match(part.text):
        return replace(part, kind=Kind.LEAD, label=plain(part.text).rstrip(":"))
    found = _PLAIN.match(part.text)
    role = role_of(found["label"]) if found else None
    if found is None or role not in FIELDS or (part.level and part.kind is Kind.LINE):
        return part
    rest = found["rest"]
    if role is Role.ALERT and not _begins_with_name(rest):
        return part
    kind = Kind.LEAD if part.kind is Kind.LINE else Kind.ITEM
    return replace(part, kind=kind, label=found["label"], rest=rest)


def _begins_with_name(value: str) -> bool:
    """Return whether a value names alerts, or one and then what it is about: `QueueFull, > 9`."""
    return bool(QUOTED.match(value) or _NAMES.match(value.rstrip(".")) or _NAME_FIRST.match(value))


def _states(part: Part) -> bool:
    return is_field(part) and role_of(part.label) is not Role.ABOUT


def _from_row(part: Part, *, first: bool, alone: bool) -> list[Part]:
    """Return the fields a row states, downwards or across; none where it is other content."""
    across = [(head, cell) for head, cell in zip(part.header, part.cells, strict=False) if cell]
    if alone and sum(role_of(plain(head)) in FIELDS for head, _ in across) > 1:
        return [_field(part, head, cell) for head, cell in across]
    if len(part.cells) != 2:
        return []
    if not part.cells[1] or role_of(plain(part.cells[0])) not in FIELDS:
        return []
    pairs = [(part.header, part.line - 2)] if first else []
    pairs.append((part.cells, part.line))
    return [
        _field(replace(part, line=line, end=line), name, value)
        for (name, value), line in pairs
        if role_of(plain(name)) in FIELDS and role_of(plain(value)) not in FIELDS
    ]


def _field(part: Part, name: str, value: str) -> Part:
    return replace(part, kind=Kind.LEAD, label=plain(name), rest=value, text=f"{name}: {value}")
