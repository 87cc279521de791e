"""SEC-SECRET-ARGV: a secret on the command line, where every process can read it."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit
from tocsin.reading.lint.secrets import is_address, is_secret

_BUILT_IN = {"echo", "printf", "export", "test", "[", "[[", "set", "read", "local", "declare"}
_NEW = ("NEW_", "NEXT_")


def _look(document: Document) -> Iterator[Hit]:
    secrets: list[int] = []
    new: list[int] = []
    addresses: list[int] = []
    for call in document.calls:
        for name, line in _expanded(call):
            if is_secret(name):
                (new if name.startswith(_NEW) else secrets).append(line)
            elif is_address(name):
                addresses.append(line)
    how = "use a header file, standard input or the client's own password file"
    yield from one_hit(secrets, f"The secret is in the arguments, which `ps` shows: {how}.")
    yield from one_hit(addresses, f"The address has a password in it, which `ps` shows: {how}.")
    changed = "The secret that is being set is in the arguments, which `ps` shows."
    yield from one_hit(new, changed, severity=Severity.ERROR)


def _expanded(call: Call) -> Iterator[tuple[str, int]]:
    """Return the variables in the words of a program, with their lines."""
    if call.name in _BUILT_IN:
        return
    for word, line in zip(call.words, call.word_lines, strict=True):
        for name in word.variables:
            yield name, line


rule = Rule(
    name="SEC-SECRET-ARGV",
    severity=Severity.WARNING,
    summary="A secret on the command line, where every process can read it.",
    look=_look,
)
