"""Which programs a shell statement calls by name."""

from __future__ import annotations

from tocsin.reading import shell
from tocsin.reading.argv import words_of
from tocsin.reading.lint.pipelines import base, commands_in


def programs_in(text: str) -> frozenset[str]:
    """Return every plain word of every command, without its folder: the programs are among them.

    The words after the first count too, since `sudo` and `timeout` call what follows them. A
    name inside a longer word (`awk 'system("docker rm")'`) is none of them.
    """
    words = [word for command in commands_in(shell.parse(text)) for word in words_of(command)]
    return frozenset(base(word.text) for word in words if not word.doubts)
