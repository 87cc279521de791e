"""When our own checks become alerts: the rule, and which options each kind of check takes.

    healthy --failures in a row, or failing long enough--> firing
       ^                                                      |
       +----------------- successes in a row -----------------+

One bad look is not an incident and one good look is not a recovery: whatever flaps below
the limits of its check changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tocsin.core.workspace import Check, CheckKind


class Transition(StrEnum):
    """What one look changed."""

    FIRED = "fired"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckState:
    """How one check stands after all the looks so far. The first look starts from `CheckState()`.

    One of the two counts is always zero.
    """

    healthy: int = 0  # looks in a row
    failing: int = 0  # looks in a row
    healthy_since: datetime | None = None
    failing_since: datetime | None = None
    firing: bool = False
    starts_at: datetime | None = None  # when what fires, or fired last, began to fail
    fired_at: datetime | None = None  # when it had failed enough; None while it does not fire
    said: str = ""  # what the last look found


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEvent:
    """A check fires, still fires, or has recovered: what a source would report of an alert."""

    check: Check
    firing: bool
    starts_at: datetime  # with the check's name the identity of the alert
    ends_at: datetime | None = None  # the first good look of the recovery; None while firing
    said: str
    figure: float | None = None


def after(
    state: CheckState, check: Check, *, healthy: bool, at: datetime, said: str = ""
) -> tuple[CheckState, Transition | None]:
    """Return the state after one look at `at`, and what that look changed."""
    if healthy:
        return _after_success(state, check, at=at, said=said)
    return _after_failure(state, check, at=at, said=said)


def _after_success(
    state: CheckState, check: Check, *, at: datetime, said: str
) -> tuple[CheckState, Transition | None]:
    counted = replace(
        state,
        healthy=state.healthy + 1,
        failing=0,
        healthy_since=state.healthy_since or at,
        failing_since=None,
        said=said,
    )
    if not state.firing or counted.healthy < check.recover_after:
        return counted, None
    return replace(counted, firing=False, fired_at=None), Transition.RECOVERED


def _after_failure(
    state: CheckState, check: Check, *, at: datetime, said: str
) -> tuple[CheckState, Transition | None]:
    since = state.failing_since or at
    counted = replace(
        state,
        healthy=0,
        failing=state.failing + 1,
        healthy_since=None,
        failing_since=since,
        said=said,
    )
    if state.firing or not _enough(check, counted.failing, since, at):
        return counted, None
    return replace(counted, firing=True, starts_at=since, fired_at=at), Transition.FIRED


def _enough(check: Check, failing: int, since: datetime, at: datetime) -> bool:
    """Tell whether it failed enough: a duration, where one is set, replaces the count."""
    if check.fire_after_duration is not None:
        return at - since >= check.fire_after_duration
    return failing >= check.fire_after


_NUMBER = (int, float)

CHECK_OPTIONS: Mapping[CheckKind, Mapping[str, tuple[type, ...]]] = {
    CheckKind.HTTP: {
        "url": (str,),
        "expect_status": (int, str, list),  # 200, "200-299" or [200, 204]; else 200-299
        "contains": (str,),
    },
    CheckKind.TCP: {"host": (str,), "port": (int,)},
    CheckKind.COMMAND: {
        "command": (str, list),  # a shell line, or a program with its arguments
        "directory": (str,),  # relative to the workspace
        "figure": (bool,),  # take the first number of the output
        "unit": (str,),  # of that number
        "above": _NUMBER,  # unhealthy above this
        "below": _NUMBER,  # unhealthy below this
    },
    CheckKind.SQL: {
        "target": (str,),
        "sql": (str,),
        "above": _NUMBER,  # unhealthy above this
        "below": _NUMBER,  # unhealthy below this
        "unit": (str,),
    },
    CheckKind.CERTIFICATE: {
        "host": (str,),
        "port": (int,),  # else 443
        "days": (int,),  # unhealthy with fewer left; else 14
        "server_name": (str,),  # asked for by SNI; else the host
    },
    CheckKind.DISK: {"path": (str,), "free_percent": _NUMBER},  # else 10
    CheckKind.MEMORY: {"free_percent": _NUMBER},  # else 10
    CheckKind.PROCESS: {"pattern": (str,), "at_least": (int,)},  # else 1
    CheckKind.QUEUE: {"target": (str,), "sql": (str,), "above": _NUMBER, "unit": (str,)},
    CheckKind.UNIT: {
        "unit": (str,),
        "control": (str,),  # systemctl, or supervisorctl; else systemctl
        "config": (str,),  # the configuration file of supervisor
    },
}
"""The options of each kind by name, with the types a value may have (a bool is no number)."""

REQUIRED_OPTIONS: Mapping[CheckKind, frozenset[str]] = {
    CheckKind.HTTP: frozenset({"url"}),
    CheckKind.TCP: frozenset({"host", "port"}),
    CheckKind.COMMAND: frozenset({"command"}),
    CheckKind.SQL: frozenset({"target", "sql"}),
    CheckKind.CERTIFICATE: frozenset({"host"}),
    CheckKind.DISK: frozenset({"path"}),
    CheckKind.MEMORY: frozenset(),
    CheckKind.PROCESS: frozenset({"pattern"}),
    CheckKind.QUEUE: frozenset({"target", "sql", "above"}),
    CheckKind.UNIT: frozenset({"unit"}),
}

_RANGES: Mapping[str, tuple[float, float]] = {
    "port": (1, 65535),
    "free_percent": (0, 100),
    "at_least": (1, 1_000_000),
    "days": (0, 36_500),
}

_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def wrong_options(kind: CheckKind, options: Mapping[str, object]) -> list[str]:
    """Return one sentence for each option that is missing, unknown or odd; none if all is well.

    Names with a leading underscore are ours, not the team's, and are left alone.
    """
    missing = sorted(REQUIRED_OPTIONS[kind] - options.keys())
    wrong = [f"The option {name!r} is missing." for name in missing]
    for name, value in options.items():
        if not name.startswith("_") and (why := _why_wrong(kind, name, value)):
            wrong.append(f"The option {name!r} {why}.")
    return wrong


def _why_wrong(kind: CheckKind, name: str, value: object) -> str:
    types = CHECK_OPTIONS[kind].get(name)
    if types is None:
        return f"is not known to a check of kind {kind}"
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        return f"must be {_write_types(types)}"
    if isinstance(value, (str, list)) and not value:
        return "is empty"
    low, high = _RANGES.get(name, (float("-inf"), float("inf")))
    if isinstance(value, (int, float)) and not low <= value <= high:
        return f"must lie between {low:g} and {high:g}"
    return ""


def _write_types(types: tuple[type, ...]) -> str:
    if types == _NUMBER:
        return "a number"
    return " or ".join(_WORDS.get(known, "a list") for known in types)
