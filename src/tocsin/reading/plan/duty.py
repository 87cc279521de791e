"""What the product itself would do with a playbook: told by its own stages, shown by a plan.

`reading` lies below the stages that page people and run statements, so it is handed what they
decide and decides nothing of it again: a plan cannot promise what would not happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from tocsin.core.escalation import Ladder
from tocsin.core.run import StepRun


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """How the product would act on one playbook at one severity."""

    step_runs: tuple[StepRun, ...]  # as they would be filed when the incident opens
    soak: timedelta  # where the runbook does not say
    look_again: timedelta  # between two looks at a recovery that is not proven
    doubt: timedelta  # how long after the soak until that counts as a relapse
    approval_lasts: timedelta
    service: str = ""  # empty: there is no workspace, or none of its services has the runbook
    ladder: Ladder | None = None  # None: nobody is bound yet
    reach: Mapping[str, str] = field(default_factory=dict)  # person -> "mail"
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # target -> people
    remark: str = ""  # why nobody is bound, or what else is to be known
    condition: str = ""  # where the alert's condition is looked at again: "the check shop-health"

    @property
    def bound(self) -> bool:
        """Whether a workspace says who is paged and where statements run."""
        return bool(self.service)
