"""Judge every example of the catalogue of commands, and note the files as checked.

    python scripts/seal_catalogue.py

Exit status: 0 noted, 1 an example is judged otherwise than its entry says.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tocsin
from tocsin.running.allow.catalogue import version
from tocsin.running.allow.examples import objections_to_ours

SEAL = Path(tocsin.__file__).parent / "running" / "catalogue" / "checked.txt"

wrong = list(objections_to_ours())
for sentence in wrong:
    print(sentence, file=sys.stderr)
if wrong:
    sys.exit(1)
SEAL.write_text(f"{version()}\n", encoding="utf-8")
print(f"{SEAL}: {version()}")
