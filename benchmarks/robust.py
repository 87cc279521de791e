"""No document breaks a promise: hostile runbooks by number, then whatever hypothesis thinks of.

    python benchmarks/robust.py [DOCUMENTS [MINUTES]]

Each document is read, judged, linted and planned, in as many processes as there are cores. It
ends with 1 if one of them raised anything but the two documented problems, named a line that the
file does not have, or took longer than two seconds of the processor in one stage.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
import stage as stages

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import hostile  # lies beside the tests, which look at fewer of the same documents

LONGEST_S = 2.0
BULK_BYTES = 1_000_000
AT_A_TIME = 200  # texts that hypothesis makes up before the clock is looked at
CHUNK = 100  # documents by number that one process takes at a time


@dataclass(slots=True)
class Record:
    """What was seen of all documents so far."""

    count: int = 0
    size: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, tuple[float, str]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    peak: int = 0  # kB, the most that one process ever used

    def add(self, other: Record) -> None:
        """Take what another process saw."""
        self.count += other.count
        self.size += other.size
        self.refused += other.refused
        self.seconds += other.seconds
        for stage, slowest in other.slowest.items():
            self.slowest[stage] = max(self.slowest.get(stage, slowest), slowest)
        self.complaints += other.complaints
        self.peak = max(self.peak, other.peak)

    def look_at(self, name: str, raw: bytes) -> None:
        """Look at one document and remember how it went."""
        self.count += 1
        self.size += len(raw)
        try:
            look = hostile.look_at(raw)
        except Exception as error:  # noqa: BLE001  # that there is none is what is measured
            self.complaints.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")
            return
        if look.refused:
            self.refused[look.refused] += 1
        for stage, spent in look.seconds.items():
            self.seconds[stage] += spent
            self.slowest[stage] = max(self.slowest.get(stage, (0.0, "")), (spent, name))
            if spent > LONGEST_S:
                self.complaints.append(f"{name}: {stage} took {spent:.1f} s")


def main() -> None:
    """Look at all of them and print one table each."""
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else int(os.environ.get("DOCUMENTS", "10000"))
    minutes = float(sys.argv[2]) if len(sys.argv) > 2 else float(os.environ.get("MINUTES", "10"))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    numbered, made_up = Record(), Record()
    with multiprocessing.get_context("spawn").Pool() as pool:
        for record in pool.imap_unordered(by_number, range(1, documents + 1, CHUNK)):
            _take(numbered, record)
        _report(f"{numbered.count} documents made from ours", numbered)
        for record in pool.imap_unordered(made_up_for, [60 * minutes] * (os.cpu_count() or 1)):
            _take(made_up, record)
        _report(f"{minutes:g} minutes of texts that hypothesis made up", made_up)
    if numbered.complaints or made_up.complaints:
        raise SystemExit(1)
    print("\nEvery promise was kept.")


def _take(whole: Record, part: Record) -> None:
    whole.add(part)
    for complaint in part.complaints:
        print(f"    {complaint}", flush=True)


def by_number(first: int) -> Record:
    """Return what was seen of one chunk of documents."""
    record = Record()
    for number in range(first, first + CHUNK):
        record.look_at(f"document {number}", hostile.document(number, bulk_bytes=BULK_BYTES))
    return _with_peak(record)


def made_up_for(seconds: float) -> Record:
    """Return what was seen of the texts that hypothesis makes up in that time."""
    record = Record()
    until = time.monotonic() + seconds

    @hypothesis.settings(
        max_examples=AT_A_TIME,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(hostile.MADE_UP)
    def look(text: str) -> None:
        record.look_at(repr(text), text.encode())

    while time.monotonic() < until:
        look()
    return _with_peak(record)


def _with_peak(record: Record) -> Record:
    record.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return record


def _report(title: str, record: Record) -> None:
    rows = [
        ("documents", str(record.count), f"{record.size / 1e6:.0f} MB"),
        *((f"refused, {code}", str(many), "") for code, many in sorted(record.refused.items())),
        *(_stage(stage, record) for stage in record.seconds),
        ("most memory of one process", f"{record.peak / 1024:.0f} MB", ""),
        ("promises broken", str(len(record.complaints)), ""),
    ]
    print(f"\n  {title}\n\n{stages.table(rows)}", flush=True)


def _stage(stage: str, record: Record) -> tuple[str, str, str]:
    spent, name = record.slowest[stage]
    every = record.seconds[stage] / record.count * 1000
    return f"{stage}, slowest", f"{spent:.2f} s", f"mean {every:.1f} ms; {name[:60]}"


if __name__ == "__main__":
    main()
