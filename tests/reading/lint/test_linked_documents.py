"""Links between documents that are looked at together."""

from __future__ import annotations

from lint_bench import document
from tocsin.reading.lint.catalogue import rule_named
from tocsin.reading.lint.library import Library
from tocsin.reading.lint.lint import lint


def test_an_anchor_in_another_document_is_looked_up_there() -> None:
    """Runbooks refer to each other, and headings are renamed."""
    one = document("# A\n\n[b](../b.md#there) and [b](../b.md#gone) and [c](c.md#any)\n", "x/a.md")
    other = document("# B\n\n## There\n", "b.md")
    (finding,) = lint(Library(documents=(one, other)), [rule_named("LINK-ANCHOR")])
    assert (finding.file, finding.lines) == ("x/a.md", (3,))
    assert finding.message == "There is no heading for ../b.md#gone."


def test_links_to_other_hosts_and_in_code_are_left_alone() -> None:
    """Nobody is asked over the network, and an example is no link."""
    text = (
        "# A\n\n<https://x.test/#y> `[a](#b)`\n\n```text\n[a](#b)\n```\n\n[u](https://x.test/#y)\n"
    )
    assert not lint(Library(documents=(document(text),)), [rule_named("LINK-ANCHOR")])
