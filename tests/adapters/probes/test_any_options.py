"""One contract for all probes: whatever the options, a look is a reading, in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from tocsin.core.check import CHECK_OPTIONS, REQUIRED_OPTIONS, wrong_options
from tocsin.core.workspace import Check, CheckKind, Target, TargetKind

PROBES = {
    CheckKind.HTTP: HttpProbe(),
    CheckKind.TCP: TcpProbe(),
    CheckKind.COMMAND: CommandProbe(),
    CheckKind.SQL: SqlProbe(str.upper),
    CheckKind.CERTIFICATE: CertificateProbe(),
    CheckKind.DISK: DiskProbe(),
    CheckKind.MEMORY: MemoryProbe(),
    CheckKind.PROCESS: ProcessProbe(),
    CheckKind.QUEUE: QueueProbe(str.upper),
    CheckKind.UNIT: UnitProbe(),
}
LIMIT = timedelta(seconds=0.5)
VALUES = st.one_of(
    st.sampled_from(["/", "127.0.0.1", "http://127.0.0.1:1/", "SELECT 1", "\0", "\ud800", "("]),
    # Slashed so that no text is a program, a command or a place that exists.
    st.text(max_size=10).map(lambda text: f"/nowhere/{text}"),
    st.integers(-2, 70000),
    st.floats(),
    st.booleans(),
    st.none(),
    st.lists(st.sampled_from(["/nowhere", 200, None, "2-"]), max_size=3),
)


@pytest.mark.parametrize("kind", list(CheckKind))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=st.data())
def test_no_options_whatever_break_a_probe(kind: CheckKind, drawn: st.DataObject) -> None:
    """The schedule goes on whatever a team writes, and the board always has a sentence."""
    needed = {name: drawn.draw(VALUES) for name in sorted(REQUIRED_OPTIONS[kind])}
    more = drawn.draw(st.dictionaries(st.sampled_from(sorted(CHECK_OPTIONS[kind])), VALUES))
    file = Target(name="gone", kind=TargetKind.SQLITE, url="/nowhere/jobs.db")
    options = {**needed, **more, "_target": file}

    reading = PROBES[kind].look(
        Check(name="it", kind=kind, alert="It", timeout=LIMIT, options=options)
    )

    assert reading.said
    assert reading.said.isprintable()
    assert reading.took < 2 * LIMIT
    if wrong_options(kind, options):
        assert not reading.healthy


@pytest.mark.parametrize("kind", list(CheckKind))
def test_every_probe_refuses_an_option_it_does_not_know(kind: CheckKind) -> None:
    """A misspelt option would silently watch something else."""
    check = Check(name="it", kind=kind, alert="It", timeout=LIMIT, options={"typo": 1})

    reading = PROBES[kind].look(check)

    assert not reading.healthy
    assert f"'typo' is not known to a check of kind {kind}" in reading.said
