"""Alerting rules that a runbook quotes in full: they are taken as they are, not guessed anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tocsin.core.runbook import Block, Playbook, Runbook
from tocsin.reading.alert_rules import AlertRule, read_alert_rules

_LABELS = frozenset({None, "", "yaml", "yml", "prometheus"})
_RULE = re.compile(r"^[ \t]*(?:-[ \t]+)?alert:[ \t]*\S", re.MULTILINE)


def quoted_rules(runbook: Runbook) -> Iterator[tuple[AlertRule, Playbook]]:
    """Yield the rules in the playbooks' blocks, each at its line of the document."""
    playbooks = {playbook.line: playbook for playbook in runbook.playbooks}
    for block in runbook.blocks:
        playbook = playbooks.get(block.playbook_line or 0)
        if playbook is not None and holds_rules(block):
            yield from (
                (replace(rule, line=block.start + rule.line), playbook)
                for rule in read_alert_rules(runbook.file, block.text).rules
                if rule.expr
            )


def holds_rules(block: Block) -> bool:
    """Return whether a block is one of alerting rules."""
    label = block.label and block.label.lower()
    return label in _LABELS and _RULE.search(block.text) is not None
