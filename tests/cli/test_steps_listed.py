"""How step runs are listed in a terminal."""

from __future__ import annotations

from typing import Any

from tocsin.cli import steps

_POD = {
    "name": "POD",
    "type": "identifier",
    "bound": True,
    "value": "payments-1",
    "origin": "label pod of PodDown",
    "allowed": "letters",
}
_RUN: dict[str, Any] = {
    "id": 14,
    "step_title": "Look at the pod",
    "step_line": 3,
    "state": "succeeded",
    "risk": "read",
    "text": 'docker logs "${TOCSIN_P_POD}"',
    "label": "",
    "said": "",
    "parameters": [_POD],
    "host_runs": [],
    "output": "",
}


def test_a_value_stands_beside_the_command_that_got_it() -> None:
    """The command itself only shows a variable: nobody could tell which pod was looked at."""
    listed = "\n".join(steps.lines([_RUN]))

    assert "POD, identifier: payments-1 (label pod of PodDown)" in listed


def test_what_is_missing_is_named() -> None:
    """Whoever looks at the list sees what to fill in before opening the step."""
    missing = {**_POD, "bound": False, "value": None, "allowed": "letters and digits"}

    listed = "\n".join(steps.lines([{**_RUN, "parameters": [missing]}]))

    assert "POD, identifier: missing: takes letters and digits" in listed
