"""What a target on a machine must say: nothing of another kind, and exactly one place."""

from __future__ import annotations

import pytest

from tocsin.core.place import KEYS, wrong_keys
from tocsin.core.workspace import Reads, Target, TargetKind


def wrong(kind: TargetKind, **said: object) -> list[str]:
    target = Target(name="x", kind=kind, **said)  # type: ignore[arg-type]
    return [sentence for _, sentence in wrong_keys(target)]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (TargetKind.LOCAL, {"directory": "/srv"}),
        (TargetKind.SSH, {"host": "web", "change_host": "web-root", "run_as": "app"}),
        (TargetKind.SSH, {"hosts": ("web1", "web2"), "host_label": "instance"}),
        (TargetKind.DOCKER, {"container": "app", "reads": Reads.LOGIN}),
        (TargetKind.DOCKER, {"hosts": ("app1", "app2")}),
        (TargetKind.KUBERNETES, {"selector": "app=web", "container": "main"}),
        (TargetKind.POSTGRES, {"url": "postgresql://db/shop"}),
    ],
)
def test_a_whole_target_is_accepted(kind: TargetKind, said: dict[str, object]) -> None:
    """What the reference shows must work."""
    assert wrong(kind, **said) == []


@pytest.mark.parametrize("key", sorted(KEYS))
def test_no_key_is_silently_ignored(key: str) -> None:
    """Whoever writes run_as on a database believes that it does something."""
    value: object = Reads.LOGIN if key == "reads" else ("a",) if key == "hosts" else "a"

    assert any(each.startswith(f"{key} is for") for each in wrong(TargetKind.REDIS, **{key: value}))


@pytest.mark.parametrize(
    ("kind", "said", "why"),
    [
        (TargetKind.SSH, {}, "'host' or 'hosts'"),
        (TargetKind.SSH, {"host": "a", "hosts": ("b",)}, "not both"),
        (TargetKind.DOCKER, {}, "'container' or 'hosts'"),
        (TargetKind.KUBERNETES, {"pod": "a", "selector": "b=c"}, "not both"),
        (TargetKind.SSH, {"host": "a", "host_label": "instance"}, "host_label needs 'hosts'"),
        (TargetKind.SSH, {"hosts": ("a",), "change_host": "b"}, "change_host needs 'host'"),
        (TargetKind.SSH, {"hosts": ("a", "a")}, "twice"),
    ],
)
def test_a_place_that_is_not_clear_is_refused(
    kind: TargetKind, said: dict[str, object], why: str
) -> None:
    """At three in the morning nobody should find out which of two it meant."""
    assert any(why in each for each in wrong(kind, **said))
