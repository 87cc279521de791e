"""A runbook of ours with one threshold of each kind, and its rules."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.core.metric import Metric
from tocsin.reading.rules.compiled import RuleSet, compile_rules
from tocsin.reading.runbook import read_runbook

_STEPS = "### Investigation Steps\n\n1. **Look**\n   ```bash\n   uptime\n   ```\n"

TROUBLES = {
    "Orders end in an error": ("OrdersRefused", "P0", ">5% error rate for 5 minutes"),
    "The till answers slowly": ("TillSlow", "P1", "p99 > 800 ms for 10 minutes"),
    "The till is gone": ("TillGone", "P0", "Health check failing for 2 minutes"),
    "Too few orders succeed": ("OrdersLost", "P0", "<99.5% availability for 3 minutes"),
    "Somebody guesses passwords": ("Guessing", "P0", ">3 failed logins/sec for 5 minutes"),
    "The ledger is crowded": ("LedgerCrowded", "P1", ">40 active connections for 90 seconds"),
    "Crumbs on the disk": ("DiskCrumbs", "P1", "<15% free disk space"),
    "The till's certificate runs out": ("TillCertificate", "P2", "certificate expiry < 21 days"),
    "Orders half refused": ("OrdersHalfRefused", "P1", "error rate 2-4%"),
    "The mixer restarts": ("MixerRestarts", "P2", "more than 3 restarts"),
    "Nothing is remembered": ("CacheCold", "P2", "cache miss rate at least 60% for 1 hour"),
    "The oven is hot": ("OvenHot", "P1", ">260 degrees for 3 minutes"),
}
"""Heading -> alert, severity, threshold. All but the last are about metrics of the catalogue."""


def playbook(heading: str, alert: str, severity: str, threshold: str) -> str:
    """Return the section of a playbook with one threshold."""
    named = f"**Alert:** `{alert}`  \n" if alert else ""
    fields = f"{named}**Severity:** Warning ({severity})  \n**Threshold:** {threshold}\n"
    return f"## {heading}\n\n{fields}\n{_STEPS}\n"


BAKERY = "# Bakery\n\n" + "".join(playbook(heading, *rest) for heading, rest in TROUBLES.items())


def compiled(text: str, own: Sequence[Metric] = (), file: str = "bakery.md") -> RuleSet:
    """Return the rules of a document."""
    return compile_rules(read_runbook(file, text.encode()), text, own)


def demand(threshold: str, heading: str = "Something is wrong", alert: str = "") -> str:
    """Return a document with one playbook and this threshold."""
    return f"# Bakery\n\n{playbook(heading, alert, 'P1', threshold)}"
