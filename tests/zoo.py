"""Steps that do not behave, and who of them is still alive: for tests and for the benchmark.

Each animal is a text for bash. `ZOO` is in the environment of everything it starts, and `$ZOO`
among the arguments of what it leaves behind, so that a survivor is found either way.
"""

from __future__ import annotations

import os
from pathlib import Path

_FORKS = "for i in $(seq 40); do sleep 600.$i & done"
_DOUBLE = "(setsid bash -c 'sleep 601 & sleep 602 &' &)"
_DAEMON = """\
python3 - <<'END'
import os, signal, sys, time
if os.fork():
    time.sleep(603)
os.setsid()
if os.fork():
    os._exit(0)
os.setsid()
for number in range(1, 32):
    if number not in (9, 19):
        signal.signal(number, signal.SIG_IGN)
os.closerange(0, 3)
os.environ.clear()
time.sleep(604)
END"""
_HOPPER = """\
python3 - <<'END'
import os
while True:
    if os.fork():
        os._exit(0)
    os.setsid()
END"""

STUCK: dict[str, str] = {
    "sleeps": "sleep 600",
    "forks": f"{_FORKS}; wait",
    "has a session of its own": "setsid sleep 600 & sleep 605",
    "forks twice": f"{_DOUBLE}; sleep 606",
    "ignores every signal it can": f"{_FORKS}; trap '' TERM INT HUP QUIT USR1; {_DOUBLE}; wait",
    "is a daemon that clears its environment": _DAEMON,
    "is never the same process twice": f"({_HOPPER}\n) & sleep 607",
    "stops itself": "setsid sleep 600 & kill -STOP $$",
    "writes for ever": "yes",
    "writes for ever from elsewhere": "setsid yes & setsid yes >&2 & sleep 608",
    "writes one line without an end": "tr '\\0' x < /dev/zero",
    "closes its pipes": "exec >&- 2>&- <&-; setsid sleep 600 & sleep 609",
    "fills its temporary folder and waits": 'cat /dev/zero | head -c 90M > "$TMPDIR/x"; sleep 610',
    "makes folders without end": 'while cd "$(mktemp -d -p .)"; do :; done; sleep 611',
    "opens what never answers": 'mkfifo "$TMPDIR/p"; setsid cat "$TMPDIR/p" & cat "$TMPDIR/p"',
    "spins": "while :; do :; done & while :; do :; done",
    "breeds": "f() { for i in 1 2 3; do [ $1 = 0 ] || f $(($1 - 1)) & done; sleep 612; }; f 3",
    "waits for input": "cat; read -t 600 x < <(sleep 613); sleep 614",
}
"""Animals that are still there when their time is up."""

ENDING: dict[str, str] = {
    "says a gigabyte": "head -c 1000000000 /dev/zero",
    "says a hundred thousand lines": "seq 100000",
    "says a line of a hundred megabytes": "head -c 100000000 /dev/zero | tr '\\0' x",
    "writes to a pipe that nobody reads": "yes | head -1",
    "writes to the terminal": "echo x > /dev/tty; printf '\\033]0;owned\\007\\033[2J'",
    "fails in the middle": "false; exit 77",
    "kills itself": "kill -9 $$",
    "is killed by its child": "bash -c 'kill -9 $PPID'; sleep 600",
    "speaks in tongues": "head -c 100000 /dev/urandom",
    "makes a thousand processes": "for i in $(seq 200); do true & done; wait",
}
"""Animals that end by themselves."""


def alive(marker: str) -> list[str]:
    """Return the command lines of processes that carry the marker, this one apart."""
    found = []
    word = marker.encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
            carried = line + (process / "environ").read_bytes()
            dead = b"\nState:\tZ" in (process / "status").read_bytes()
        except OSError:
            continue
        if word in carried and not dead and int(process.name) != os.getpid():
            found.append(line.replace(b"\0", b" ").decode(errors="replace"))
    return found
