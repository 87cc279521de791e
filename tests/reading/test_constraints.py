"""What a playbook forbids, in the ways people write it."""

from __future__ import annotations

import pytest

from tocsin.reading.runbook import read_runbook


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Do not drain the lock.", ["Do not drain the lock."]),
        ("> ⚠️ never open both gates", ["⚠️ never open both gates"]),
        ("> [!CAUTION]\n> Do not drain the lock.", ["Do not drain the lock."]),
        ("**🛑 Don't touch the winch.**", ["🛑 Don't touch the winch."]),
        ("dont ever drain the lock", ["dont ever drain the lock"]),
        ("**Warning**: must not be drained", ["Warning: must not be drained"]),
        ("Don’t panic!", []),
        ("The gate does not open.", []),
    ],
)
def test_a_prohibition_is_found_behind_signs_and_words_of_warning(
    written: str, told: list[str]
) -> None:
    """Whoever is in a hurry writes it as a quotation with a picture, and without apostrophes."""
    text = f"# Lock\n\n## Gate stuck\n\n**Alert:** `GateStuck`\n\n1. Look\n\n{written}\n"
    (playbook,) = read_runbook("book.md", text.encode()).playbooks
    assert [one.text for one in playbook.constraints] == told
