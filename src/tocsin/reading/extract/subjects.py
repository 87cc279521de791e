"""What a title is about: one kind of incident, or the response to any of them."""

from __future__ import annotations

import re

_MARKED = re.compile(
    r"^\W*(?:runbook|playbook|scenario|incident|issue|problem|case|failure|emergency|procedure)"
    r"(?:\s*#?\s*(?:\d+(?:\.\d+)*|[A-Z]))?\s*[:—–-]\s+(?=\w)",
    re.IGNORECASE,
)
_HOW_TO = re.compile(
    r"^\W*how to (?:investigate|troubleshoot|diagnose|debug|fix|resolve|recover|repair|restore)\b",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"\b(?:down|outages?|fail(?:s|ed|ing|ures?)?|errors?|crash\w*|degrad\w+|slow\w*|latency"
    r"|time-?outs?|leak\w*|breach\w*|attacks?|ddos|dos|compromis\w+|unauthori[sz]ed|abuse|malware"
    r"|intrusion|ransomware|phishing|injection|exhaust\w+|full|saturat\w+|overload\w*|spikes?"
    r"|surge|backlog|backed up|stuck|hung|deadlocks?|corrupt\w*|loss|lost|unavailab\w+|offline"
    r"|unreachable|unhealthy|unresponsive|stale|expir\w+|exceed\w*|high|low|throttl\w+|oom\w*"
    r"|rate.?limit\w*|violations?|drift\w*|anomal\w+|disaster|mismatch\w*|inconsisten\w+|flood\w*"
    r"|flap\w*|storm|pressure|failover|runaway|suspected|suspicious|hallucinat\w+|jailbreak\w*|burst"
    r"|(?:infinite |endless )?loops?"
    r"|not (?:responding|working|ready|starting|syncing|sent|received|detected|loading)"
    r"|issues?|incident type)\b",
    re.IGNORECASE,
)
_RESPONSE = re.compile(
    r"\b(?:incidents?|emergency|initial|first|immediate)"
    r" (?:response|management|handling|process|procedures?|runbooks?"
    r"|playbooks?|guide|plan|checklist|quickstart)|\bon-?call\b",
    re.IGNORECASE,
)
_MANY = re.compile(
    r"\boperations?\b|\bops\b"
    r"|\b(?:runbooks|playbooks|troubleshooting|monitoring|alerting|incidents|issues|errors)\b"
    r"|\b(?:critical|high|medium|low|major|minor)[ -](?:severity|priority)\b",
    re.IGNORECASE,
)
_BREAK = re.compile(r":\s|\s[—–-]\s")
_LONGEST = 200  # characters of a title in which its subject is looked for


def is_marked(title: str) -> bool:
    """Return whether a title says that one kind of incident follows: `Scenario 2: Power cut`."""
    if says_how(title):
        return not _RESPONSE.search(title)
    return bool(_MARKED.match(title)) and _is_about_one(title)


def says_how(title: str) -> bool:
    """Return whether a title says what to mend or to look into: `How to recover the queue`."""
    return bool(_HOW_TO.match(title))


def names_trouble(title: str) -> bool:
    """Return whether a title names what went wrong, and not how to respond in general."""
    subject = _MARKED.sub("", title)
    return any(
        _TROUBLE.search(part) and _is_about_one(part) for part in _BREAK.split(subject[:_LONGEST])
    )


def is_response(title: str) -> bool:
    """Return whether a title is about the response to any incident, whatever it is."""
    return bool(_RESPONSE.search(title)) and not names_trouble(title)


def is_collection(title: str) -> bool:
    """Return whether a title is about many things that go wrong, or about a whole system."""
    return bool(_MANY.search(title)) and not names_trouble(title)


def _is_about_one(title: str) -> bool:
    return not (_RESPONSE.search(title) or _MANY.search(title))
