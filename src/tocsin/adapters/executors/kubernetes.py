"""Runs bash in pods, through `kubectl exec` with the user's own contexts."""

from __future__ import annotations

import subprocess  # asking which pod it is
from collections.abc import Sequence

from tocsin.adapters.afar import AfarExecutor
from tocsin.adapters.tether import client_environment
from tocsin.core.errors import NotFound, Unavailable
from tocsin.core.workspace import Target, TargetKind

_SECONDS = 15


class KubernetesExecutor(AfarExecutor):
    """Runs bash on `kubernetes` targets."""

    kind = TargetKind.KUBERNETES

    def client(
        self, target: Target, host: str, words: Sequence[str], *, changing: bool
    ) -> Sequence[str]:
        """Return the client and its arguments that run `words` there.

        Raises:
            NotFound("target.pod"): The selector fits no running pod, or more than one.
            Unavailable("target.unreachable"): The cluster does not say.
        """
        kubectl = _kubectl(target, changing=changing)
        pod = target.pod or _only_pod(kubectl, target.selector)
        argv = [*kubectl, "exec", "--stdin", f"pod/{pod}"]
        argv += [f"--container={target.container}"] if target.container else []
        return [*argv, "--", *words]


def _kubectl(target: Target, *, changing: bool) -> list[str]:
    context = target.change_context if changing and target.change_context else target.context
    named = {"context": context, "namespace": target.namespace}
    return ["kubectl", *(f"--{name}={value}" for name, value in named.items() if value)]


def _only_pod(kubectl: Sequence[str], selector: str) -> str:
    wanted = ["--field-selector=status.phase=Running", "--output=name", "--request-timeout=10s"]
    try:
        asked = subprocess.run(  # noqa: S603
            [*kubectl, "get", "pods", f"--selector={selector}", *wanted],
            env=client_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable("target.unreachable", f"kubectl does not say: {error}.") from None
    if asked.returncode:
        cause = " ".join(asked.stderr.decode(errors="replace").split())[:200]
        raise Unavailable("target.unreachable", f"kubectl does not say which pod it is: {cause}.")
    names = asked.stdout.decode(errors="replace").split()
    if len(names) != 1:
        raise NotFound(
            "target.pod",
            f"{selector} fits {len(names)} running pods, and it must be exactly one.",
            hint="Make the selector narrower, or name the pod.",
        )
    return names[0].removeprefix("pod/")
