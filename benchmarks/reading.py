"""How long a runbook takes to read, from 10 kB to 10 MB, beside a bare Markdown parser.

    python benchmarks/reading.py [SEED]

The text is ours, by the metre, with everything that teams write. Each size is read in a process
of its own, in turn with what a user of markdown-it-py would call, so that the ratio does not
depend on the machine. Measures only; judges nothing.

The reader stops at so many lines, and says so. Here that bound is lifted: what is to be seen is
whether the time grows with the document alone. The last rows show the bound at work.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from tocsin.reading import repair
from tocsin.reading.runbook import read_runbook

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import runbooks  # noqa: E402  # lies beside the tests

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
BUDGET_BYTES = 4_000_000  # per size: small documents are read more often
MOST_TURNS = 30
RUNS = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One size: medians over the turns, in seconds of the processor."""

    size: int
    lines: int
    statements: int
    ours: float
    bare: float
    peak: int  # bytes by which reading once raised the highest use of memory


def main() -> None:
    """Measure every size and print one table, then the command line."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, seed {seed}\n")
    print("      size    lines  statements    read  s per MB   peak memory  markdown-it   ratio")
    for size in SIZES:
        print(_row(_apart(size, seed, bounded=False)), flush=True)
    print(f"\n  with the bound of {repair.MOST_LINES} lines\n")
    for size in SIZES[-2:]:
        print(_row(_apart(size, seed, bounded=True)), flush=True)
    print(f"\n  tocsin read examples/…, whole process, median of {RUNS}: {_command():.0f} ms")


def _row(one: Measured) -> str:
    megabytes = one.size / 1e6
    return (
        f"{one.size / 1000:7.0f} kB  {one.lines:7}  {one.statements:10}  {one.ours:6.3f} s"
        f"  {one.ours / megabytes:6.2f} s  {one.peak / 1e6:8.0f} MB  {one.bare / megabytes:8.2f} s"
        f"  {one.ours / one.bare:6.2f}"
    )


def _apart(size: int, seed: int, *, bounded: bool) -> Measured:
    """Return what a process of its own measures, so that no size sees another's memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (size, seed, bounded))


def measure(size: int, seed: int, bounded: bool) -> Measured:
    """Return the figures of one size, the two readers taken in turn."""
    if not bounded:
        repair.MOST_LINES = sys.maxsize
    read_runbook("first.md", runbooks.document(10_000, seed=seed).encode())  # imports what it needs
    text = runbooks.document(size, seed=seed)
    raw = text.encode()
    before = _highest()
    runbook = read_runbook("runbook.md", raw)
    peak = _highest() - before
    ours, bare = [], []
    for _ in range(min(MOST_TURNS, max(1, BUDGET_BYTES // size))):
        ours.append(_seconds(lambda: read_runbook("runbook.md", raw)))
        bare.append(_seconds(lambda: MarkdownIt("commonmark").enable("table").parse(text)))
    return Measured(
        size=len(raw),
        lines=text.count("\n"),
        statements=sum(len(block.statements) for block in runbook.blocks),
        ours=statistics.median(ours),
        bare=statistics.median(bare),
        peak=peak,
    )


def _seconds(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def _highest() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _command() -> float:
    """Return the milliseconds of one `tocsin read` of our examples, its bytecode cached."""
    files = [str(path) for path in sorted((ROOT / "examples").rglob("*.md"))]
    command = [sys.executable, "-m", "tocsin", "read", *files]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    taken = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=environment)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:]) * 1000


if __name__ == "__main__":
    main()
