"""The card and the dry run say how a command would be run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.bootstrap.executors import executors
from tocsin.core.run import Command
from tocsin.core.runbook import Language
from tocsin.running import how

_COMMAND = Command(
    language=Language.BASH,
    text="uptime",
    target="here",
    target_sha256="",
    runbook_sha256="",
    step_line=1,
)
_RUN = sorted({language for language, _ in executors(lambda name: "")})


@pytest.mark.parametrize("language", _RUN)
def test_every_language_that_runs_has_words_for_what_reads_it(language: Language) -> None:
    """A language without them would take the page of the whole incident down."""
    assert how.interpreter(replace(_COMMAND, language=language))
