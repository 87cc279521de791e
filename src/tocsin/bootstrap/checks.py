"""Our own checks with the probes that look."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import cast

from tocsin.core.workspace import CheckKind, Workspace
from tocsin.ports.probes import Probe

_PROBES: Mapping[CheckKind, tuple[str, str]] = {
    CheckKind.HTTP: ("http", "HttpProbe"),
    CheckKind.TCP: ("tcp", "TcpProbe"),
    CheckKind.COMMAND: ("command", "CommandProbe"),
    CheckKind.SQL: ("sql", "SqlProbe"),
    CheckKind.CERTIFICATE: ("certificate", "CertificateProbe"),
    CheckKind.DISK: ("disk", "DiskProbe"),
    CheckKind.MEMORY: ("memory", "MemoryProbe"),
    CheckKind.PROCESS: ("process", "ProcessProbe"),
    CheckKind.QUEUE: ("queue", "QueueProbe"),
    CheckKind.UNIT: ("unit", "UnitProbe"),
}
"""Kind -> module and class: a probe is imported when a check needs it, since drivers are slow."""

_PLACED = frozenset({CheckKind.COMMAND, CheckKind.DISK, CheckKind.UNIT})
"""Kinds whose probe starts in the workspace's directory."""


def probes(workspace: Workspace) -> Mapping[CheckKind, Probe]:
    """Return what looks for each kind of check that the workspace has."""
    return {kind: _probe(kind, workspace) for kind in {check.kind for check in workspace.checks}}


def _probe(kind: CheckKind, workspace: Workspace) -> Probe:
    module, name = _PROBES[kind]
    made = getattr(importlib.import_module(f"tocsin.adapters.probes.{module}"), name)
    return cast(Probe, made(workspace.directory) if kind in _PLACED else made())
