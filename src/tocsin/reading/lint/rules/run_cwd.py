"""RUN-CWD: it works in one folder only, and nobody says which."""

from __future__ import annotations

import re

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_SCRIPT = re.compile(r"^(?!/|~|\$)[\w./-]+\.(py|php|js|mjs|ts|rb|sh|pl)$")
_FILE = re.compile(r"^(?:\./)?[\w-]+(?:/[\w.*-]+)*(?:/|\.[a-z]{2,4})$")
_FOLDER = re.compile(r"^(?:\./)?[\w-]+(?:/[\w.*-]+)+/?$")
_INTERPRETERS = ("python", "python3", "php", "node", "ruby", "perl", "bash", "sh", "source", ".")
_ON_FILES = ("cat", "tail", "head", "less", "sqlite3", "cp", "mv", "rm", "find", "ls", "du", "tar")
_IN_PROJECT = ("npm", "yarn", "pnpm", "make", "composer", "bundle", "terraform", "docker-compose")
_ANYWHERE = ("-v", "--version", "--help", "-g", "--global", "-C", "--prefix", "--project-directory")
_GIT = ("pull", "checkout", "revert", "reset", "merge", "log", "status", "diff", "push", "stash")


def _look(document: Document) -> list[Hit]:
    moved = [call for call in document.calls if call.name == "cd"]
    lines = [
        call.line
        for call in document.calls
        if _depends(call) and not _elsewhere(call) and not _inside(document, call, moved)
    ]
    return one_hit(lines, "Depends on the folder it is run in: say which, or write the whole path.")


def _elsewhere(call: Call) -> bool:
    """Whether it runs in a container or on another host, which has a folder of its own."""
    return any(one.endswith(" exec") or one in ("ssh", "inside") for one in call.around)


def _inside(document: Document, call: Call, moved: list[Call]) -> bool:
    """Whether a `cd` came before it, in its block or at least in its playbook."""
    block, playbook = document.block_at(call.line), document.playbook_at(call.line)
    first = min(
        part for part in (block and block.start, playbook and playbook.line, call.line) if part
    )
    return any(first <= one.line <= call.line for one in moved)


def _depends(call: Call) -> bool:
    path = call.words[0].text if call.words else call.name
    if "/" in path and not path.startswith(("/", "~", "$")):
        return True
    if call.name in _IN_PROJECT or call.args[:1] == ("compose",):
        return not call.option(*_ANYWHERE)
    if call.name == "git":
        return any(word in _GIT for word in call.operands()[:1]) and not call.option("-C")
    if call.name in _INTERPRETERS:
        return bool(_SCRIPT.match(next(iter(call.operands()), "")))
    if call.name == "grep":
        return any(_is_relative(word) for word in call.operands()[1:])
    return call.name in _ON_FILES and any(_is_relative(word) for word in _paths(call))


def _paths(call: Call) -> tuple[str, ...]:
    return call.operands()[:1] if call.name == "find" else call.operands()


def _is_relative(word: str) -> bool:
    return bool(_FILE.match(word) or _FOLDER.match(word))


rule = Rule(
    name="RUN-CWD",
    severity=Severity.INFO,
    summary="It works in one folder only, and nobody says which.",
    look=_look,
)
