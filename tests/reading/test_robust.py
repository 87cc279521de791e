"""No file that somebody puts among the runbooks may bring the reader down."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

import hostile

HERE = 300  # documents; `make robust` looks at 10,000
STEP = 20


@pytest.mark.parametrize("first", range(1, HERE + 1, STEP))
def test_no_document_breaks_a_promise(first: int) -> None:
    """A server reads all runbooks when it starts: one of them must not keep it from starting."""
    for number in range(first, first + STEP):
        hostile.look_at(hostile.document(number))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile.MADE_UP)
def test_no_text_breaks_a_promise(text: str) -> None:
    """What no mutation of ours comes upon may still be written one day."""
    hostile.look_at(text.encode())
