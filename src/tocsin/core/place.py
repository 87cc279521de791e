"""What a target on a machine must say, and what is wrong with one that does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from tocsin.core.errors import Conflict
from tocsin.core.workspace import MACHINES, Reads, Target, TargetKind

_AFAR = tuple(kind for kind in MACHINES if kind is not TargetKind.LOCAL)
_HOSTED = (TargetKind.SSH, TargetKind.DOCKER)
_ENGINES = (TargetKind.DOCKER, TargetKind.KUBERNETES)

KEYS: Mapping[str, tuple[TargetKind, ...]] = {
    "directory": MACHINES,
    "host": (TargetKind.SSH,),
    "hosts": _HOSTED,
    "host_label": _HOSTED,
    "user": _HOSTED,
    "identity": (TargetKind.SSH,),
    "change_host": (TargetKind.SSH,),
    "change_user": _HOSTED,
    "change_identity": (TargetKind.SSH,),
    "config": (TargetKind.SSH,),
    "container": _ENGINES,
    "context": _ENGINES,
    "change_context": _ENGINES,
    "namespace": (TargetKind.KUBERNETES,),
    "pod": (TargetKind.KUBERNETES,),
    "selector": (TargetKind.KUBERNETES,),
    "run_as": _AFAR,
    "reads": _AFAR,
}
"""The keys of a target that not every kind has, and which kinds have them."""

_ONE_OF: Mapping[TargetKind, tuple[str, str]] = {
    TargetKind.SSH: ("host", "hosts"),
    TargetKind.DOCKER: ("container", "hosts"),
    TargetKind.KUBERNETES: ("pod", "selector"),
}
_NEEDS = {"host_label": "hosts", "change_host": "host"}


def wrong_keys(target: Target) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a target, each with the key it is about; "" is the whole of it."""
    for key, kinds in KEYS.items():
        if _is_set(target, key) and target.kind not in kinds:
            yield key, f"{key} is for targets that are {', '.join(kinds)}"
    if target.kind in _ONE_OF:
        first, second = _ONE_OF[target.kind]
        if bool(getattr(target, first)) == bool(getattr(target, second)):
            yield "", f"of this kind needs {first!r} or {second!r}, and not both"
    for key, needed in _NEEDS.items():
        if getattr(target, key) and not getattr(target, needed):
            yield key, f"{key} needs {needed!r}"
    if len(set(target.hosts)) < len(target.hosts):
        yield "hosts", "hosts names one of them twice"


def _is_set(target: Target, key: str) -> bool:
    return any(getattr(target, key) != each.default for each in fields(target) if each.name == key)


def unconfined(target: Target | None, sandbox_missing: str) -> str:
    """Return why nothing would hold a look on this target, so that a person has to approve it.

    Args:
        target: Where it would run; None is a plain HTTP request of ours.
        sandbox_missing: Why there is no sandbox on this machine; empty where there is one.
    """
    if target is None or target.kind not in _AFAR:
        return sandbox_missing
    if target.reads is Reads.APPROVAL:
        return f"Nothing on {target.name} keeps a look from changing something (`reads`)."
    return ""


def hosts_of(
    target: Target, labels: Mapping[str, str], *, kept: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return which of a target's hosts a step is for.

    Args:
        target: The target.
        labels: Those of the alert, one of which may pick the host.
        kept: Which it is for already; none where that is not settled.

    Raises:
        Conflict("target.host"): A label should pick one of them, and picks none.
    """
    if kept and len(set(kept)) == len(kept) and set(kept) <= set(target.hosts):
        return kept
    if not target.host_label:
        return target.hosts
    value = labels.get(target.host_label, "")
    named = value.rpartition(":")[0] if value.rpartition(":")[2].isdigit() else value
    picked = next((host for host in target.hosts if host in (value, named)), None)
    if picked is None:
        raise Conflict(
            "target.host",
            f"The alert's label {target.host_label} names no host of target {target.name}.",
            hint="Add it to `hosts`, if steps may run there.",
        )
    return (picked,)
