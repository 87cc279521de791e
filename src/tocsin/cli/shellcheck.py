"""ShellCheck, where it is installed: all shell blocks of a document in one call of it."""

from __future__ import annotations

import json
import shutil
import subprocess  # a fixed program on files of ours
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.core.runbook import Block, Language
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.library import Remark

_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comment:
    """One comment of ShellCheck on one of our files."""

    file: str
    line: int
    code: int
    level: str
    message: str


def remarks_on(documents: Iterable[Document]) -> tuple[Remark, ...]:
    """Return what ShellCheck says of the blocks, with lines of the documents.

    Nothing where it is not installed, or where it does not answer within 20 s.
    """
    program = shutil.which("shellcheck")
    blocks = [(document.file, block) for document in documents for block in _shell(document)]
    if program is None or not blocks:
        return ()
    with tempfile.TemporaryDirectory() as folder:
        scripts = _written(Path(folder), [block for _, block in blocks])
        comments = _comments(program, scripts)
    places = {script.name: place for script, place in zip(scripts, blocks, strict=True)}
    return tuple(_remark(comment, *places[Path(comment.file).name]) for comment in comments)


def _shell(document: Document) -> list[Block]:
    """Return the blocks that hold nothing but shell."""
    return [
        block
        for block in document.runbook.blocks
        if block.statements
        and all(statement.language is Language.BASH for statement in block.statements)
    ]


def _written(folder: Path, blocks: list[Block]) -> list[Path]:
    scripts = [folder / f"{number}.sh" for number in range(len(blocks))]
    for script, block in zip(scripts, blocks, strict=True):
        script.write_text(block.text, encoding="utf-8", errors="replace")
    return scripts


def _comments(program: str, scripts: list[Path]) -> list[_Comment]:
    try:
        done = subprocess.run(  # noqa: S603  # no shell, its own files only
            [program, "--norc", "-s", "bash", "-f", "json1", *map(str, scripts)],
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        found = json.loads(done.stdout)["comments"]
        return [_comment(one) for one in found]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        return []


def _comment(written: dict[str, Any]) -> _Comment:
    return _Comment(
        file=str(written["file"]),
        line=int(written["line"]),
        code=int(written["code"]),
        level=str(written["level"]),
        message=str(written["message"]),
    )


def _remark(comment: _Comment, file: str, block: Block) -> Remark:
    return Remark(
        file=file,
        line=min(block.start + comment.line, block.end),
        code=f"SC{comment.code}",
        level=comment.level,
        message=comment.message,
    )
