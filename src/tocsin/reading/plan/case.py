"""What a plan is about: one playbook at one severity, and what the product would do with it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.core.runbook import Block, EscalationRule, Playbook, Runbook, SeverityLevel
from tocsin.reading.plan.duty import OnDuty

_OPTION = re.compile(r"(?:option|alternative|variant) (?:\d|[a-z]\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One playbook of a runbook, with everything about it that is asked for more than once."""

    runbook: Runbook
    playbook: Playbook
    duty: OnDuty
    level: SeverityLevel | None  # its severity as the document defines it
    rules: tuple[EscalationRule, ...]  # the runbook's own that hold
    blocks: tuple[Block, ...]  # of this playbook
    forbidden: frozenset[str]
    options: frozenset[int]  # lines of the steps of which one is to be chosen
    unrunnable: Mapping[int, list[Block]]  # by the line of their step


def case_of(runbook: Runbook, playbook: Playbook, duty: OnDuty) -> Case:
    """Return the case of one playbook."""
    blocks = [block for block in runbook.blocks if block.playbook_line == playbook.line]
    unrunnable: defaultdict[int, list[Block]] = defaultdict(list)
    for block in blocks:
        if block.step_line is not None and not block.statements:
            unrunnable[block.step_line].append(block)
    options = [step.line for step in playbook.steps if _OPTION.match(step.title)]
    return Case(
        runbook=runbook,
        playbook=playbook,
        duty=duty,
        level=runbook.severity(playbook.severity),
        rules=runbook.rules_for(playbook, playbook.severity),
        blocks=tuple(blocks),
        forbidden=frozenset(constraint.text for constraint in playbook.constraints),
        options=frozenset(options) if len(options) > 1 else frozenset(),
        unrunnable=unrunnable,
    )
