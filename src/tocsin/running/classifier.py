"""Which version of the rules judged a statement: the hash of everything that they consist of."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain

from tocsin import __version__

_PACKAGES = ("tocsin.running", "tocsin.reading")  # the rules, and what takes statements apart
_KINDS = (".py", ".toml")


@cache
def version() -> str:
    """Return the version of the program and the start of the hash over its rules.

    Two verdicts with the same version were made by the same rules. What a team adds in
    `tocsin.toml` is in the hash of the configuration, which is noted when the server starts.
    """
    digest = hashlib.sha256()
    for file in chain.from_iterable(_below(files(package)) for package in _PACKAGES):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()[:16]}"


def _below(folder: Traversable) -> list[Traversable]:
    found: list[Traversable] = []
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.is_dir():
            found += _below(each)
        elif each.name.endswith(_KINDS):
            found.append(each)
    return found
