"""The plan as a page and as a checklist: whatever the document holds, it stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser

from tocsin.cli.duty import duty_without
from tocsin.cli.root import run
from tocsin.core.runbook import Runbook
from tocsin.reading.plan.compose import plan_of
from tocsin.reading.plan.entries import Kind, Plan
from tocsin.reading.plan.markdown import markdown
from tocsin.reading.plan.page import page
from tocsin.reading.plan.picture import picture
from tocsin.reading.runbook import read_runbook
from web.chromium import AXE, CHROMIUM, WIDE, chromium, visiting

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/jobs/runbook.md"
NARROW = {"width": 360, "height": 740}
EVIL = (
    """# <b>Night</b> {{ 7 * 7 }}

## Lamp <script>alert(1)</script> & "dark"

**Alert:** `LampDark`
**Severity:** P0

### Symptoms

- <img src=x onerror=alert(2)>
- [here](javascript:alert(3)) ![x](https://evil.example/x.png)

### Investigation

1. **Look at \u202eit**
   - press *#* and <hr> now
   - {% raw %} {{ config }} __all__
   ````bash
   echo '```' "</code></pre><script>alert(4)</script>" ; rm -rf *
   ````

### Remediation

**Fix it:**

```bash
echo fixed
```

**A-very-long-name-"""
    + "without-an-end-" * 20
    + """:**

```bash
./lampctl --"""
    + "option" * 60
    + """
```

### Escalation

- **P0:** Page the <i>lamp keeper</i>
- **Still dark after 10 min:** Page the "night & day" team
"""
)


def planned(text: str) -> list[Plan]:
    runbook = read_runbook("night.md", text.encode())
    return [_planned(runbook, place) for place in range(len(runbook.playbooks))]


def _planned(runbook: Runbook, place: int) -> Plan:
    playbook = runbook.playbooks[place]
    return plan_of(runbook, playbook, duty_without(runbook, playbook, "nobody"))


class Tags(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.words += data


def test_a_document_cannot_put_anything_into_the_page() -> None:
    """No element, no attribute, no template; what it says is there to be read."""
    evil = Tags(page(planned(EVIL), ""))
    good = Tags(page(planned(EXAMPLE.read_text()), "Jobs"))

    assert evil.names <= good.names
    assert evil.attributes <= good.attributes
    assert not evil.names & {"script", "img", "b", "i-", "link", "iframe"}
    assert "<script>alert(1)</script>" in evil.words
    assert "{{ config }}" in evil.words
    assert "\u202e" not in evil.words
    assert "⟨U+202E⟩" in evil.words


def test_the_page_needs_nothing_else() -> None:
    """It is sent by mail and opened without a network: no address in it is ever fetched."""
    text = page(planned(EXAMPLE.read_text()), "Jobs")

    assert "default-src 'none'" in text
    assert not re.search(r"""(src|href)="(?!#)|url\(|@import|<script|<link""", text)


def test_in_markdown_a_document_stays_text() -> None:
    """Its headings, links, images and fences make none of ours."""
    (plan,) = planned(EVIL)
    tokens = MarkdownIt("commonmark").parse(markdown(plan))
    inline = [child for token in tokens for child in token.children or ()]

    assert not {token.type for token in tokens} & {"html_block", "hr", "blockquote_code"}
    assert {child.type for child in inline} <= {
        "text", "strong_open", "strong_close", "softbreak", "text_special",
    }  # fmt: skip
    fences = [token.content for token in tokens if token.type == "fence"]
    assert any(fence.startswith("echo '```'") for fence in fences)
    headings = [
        tokens[at + 1].content for at, each in enumerate(tokens) if each.type == "heading_open"
    ]
    assert headings[1:] == [section.title for section in plan.sections]


def test_the_picture_shows_who_is_paged_and_what_is_due() -> None:
    """Each at its time, on an axis whose labels do not run into each other."""
    plan = planned(EXAMPLE.read_text())[0]
    drawn = picture(plan)
    assert drawn is not None

    rows = {row.label: row for row in drawn.rows}
    assert rows["on-call engineer"].places == (0.0,)
    assert rows["your next level"].places == (40.82,)  # √(5 of 30 min)
    assert rows["Mitigate"].kind is Kind.DEADLINE
    assert rows["messages"].places == (70.71, 100.0)
    places = [tick.place for tick in drawn.ticks]
    assert all(after - before >= 13 for before, after in pairwise(places))
    assert "15 min: Send “Status Update Template”" in drawn.said


def test_without_any_clock_there_is_no_picture() -> None:
    """A lone mark at the left edge says nothing."""
    (plan,) = planned("# A\n\n## B\n\n**Alert:** `GateOpen`\n\n1. Wait\n")
    assert picture(plan) is None


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "phone"])
@pytest.mark.parametrize("hostile", [False, True], ids=["ours", "hostile"])
def test_the_page_is_quiet_narrow_enough_and_open_to_everybody(
    chrome: Browser,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    size: dict[str, int],
    dark: bool,
    hostile: bool,
) -> None:
    """Nothing in the console, no sideways scrolling, nothing for axe-core to find."""
    (tmp_path / "night.md").write_text(EVIL)
    assert run(["plan", str(tmp_path / "night.md" if hostile else EXAMPLE), "--html"]) == 0
    (tmp_path / "plan.html").write_text(capsys.readouterr().out)

    with visiting(chrome, tmp_path.as_uri(), size=size, dark=dark) as visitor:
        visitor.open("/plan.html")
        assert visitor.overflow() <= 0
        if AXE.exists():
            assert visitor.barriers() == []
        assert visitor.complaints == []
