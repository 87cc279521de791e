"""From the paths somebody names to the runbooks that are meant."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from tocsin.cli.output import tell, visible

_MARKDOWN = (".md", ".markdown")


def runbooks_at(paths: Iterable[Path]) -> list[Path]:
    """Return the files among the paths, and the Markdown below the folders, each once.

    A folder without any is said: a mistyped one must not look like one in which all is well.
    """
    found: dict[Path, None] = {}
    for path in paths:
        folder = os.path.isdir(path)  # a name that no file can have is none; Path would raise
        files = _markdown_in(path) if folder else [path]
        if not files:
            tell(visible(f"{path}: holds no Markdown."))
        found |= dict.fromkeys(files)
    return list(found)


def _markdown_in(folder: Path) -> list[Path]:
    """Return the Markdown below a folder, hidden folders left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in _MARKDOWN
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def from_here(path: Path) -> str:
    """Return the path as it would be written here, without a way up: what is named, not where."""
    parts = Path(os.path.relpath(path)).parts
    named = Path(*[part for part in parts if part != os.pardir]).as_posix()
    return os.fsencode(named).decode(errors="backslashreplace")
