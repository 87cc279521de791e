"""Runs bash in containers, through `docker exec` with the user's own contexts."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.adapters.afar import AfarExecutor
from tocsin.core.workspace import Target, TargetKind


class DockerExecutor(AfarExecutor):
    """Runs bash on `docker` targets."""

    kind = TargetKind.DOCKER

    def client(
        self, target: Target, host: str, words: Sequence[str], *, changing: bool
    ) -> Sequence[str]:
        """Return the client and its arguments that run `words` there."""
        user, context = target.user, target.context
        if changing:
            user, context = target.change_user or user, target.change_context or context
        argv = ["docker", *(("--context", context) if context else ())]
        argv += ["--host", target.url] if target.url else []
        argv += ["exec", "--interactive", *(("--user", user) if user else ())]
        return [*argv, "--", host or target.container, *words]
