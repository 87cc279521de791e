"""Our own checks with the probes that look."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.adapters.probes.certificate import CertificateProbe
from tocsin.adapters.probes.command import CommandProbe
from tocsin.adapters.probes.disk import DiskProbe
from tocsin.adapters.probes.http import HttpProbe
from tocsin.adapters.probes.memory import MemoryProbe
from tocsin.adapters.probes.process import ProcessProbe
from tocsin.adapters.probes.queue import QueueProbe
from tocsin.adapters.probes.sql import SqlProbe
from tocsin.adapters.probes.tcp import TcpProbe
from tocsin.adapters.probes.unit import UnitProbe
from tocsin.core.workspace import CheckKind, Workspace
from tocsin.ports.probes import Probe


def probes(workspace: Workspace) -> Mapping[CheckKind, Probe]:
    """Return what looks for each kind of check."""
    return {
        CheckKind.HTTP: HttpProbe(),
        CheckKind.TCP: TcpProbe(),
        CheckKind.COMMAND: CommandProbe(workspace.directory),
        CheckKind.SQL: SqlProbe(),
        CheckKind.CERTIFICATE: CertificateProbe(),
        CheckKind.DISK: DiskProbe(workspace.directory),
        CheckKind.MEMORY: MemoryProbe(),
        CheckKind.PROCESS: ProcessProbe(),
        CheckKind.QUEUE: QueueProbe(),
        CheckKind.UNIT: UnitProbe(workspace.directory),
    }
