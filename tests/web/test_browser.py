"""The console in a real browser: no complaints, no sideways scrolling, nobody shut out."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.incident import Action, Status
from tocsin.core.run import RunState
from web import scene as scenes
from web.chromium import AXE, CHROMIUM, PHONE, WIDE, Visitor, chromium, served, visiting
from web.scene import ALERT, Scene, playbook

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
LOOKS = [(WIDE, False), (WIDE, True), (PHONE, False), (PHONE, True)]
LOOK_NAMES = ["wide light", "wide dark", "phone light", "phone dark"]


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def night(tmp_path: Path) -> Scene:
    return scenes.build(tmp_path)


@pytest.fixture
def address(night: Scene) -> Iterator[str]:
    with served(night) as (address, _):
        yield address


def worked(scene: Scene) -> tuple[IncidentId, list[StepRunId]]:
    """Open an incident with something of everything."""
    incident_id = scene.incident(title="QueueStalled on " + "a-very-long-host-name." * 6)
    scene.alert(incident_id, ALERT)
    runs = scene.runs(incident_id, playbook())
    scene.page(incident_id)
    scene.ran(runs[0], "wide " * 60 + "\n")
    scene.ran(runs[1], "line\n" * 30, status=1)
    scene.starts(runs[4], "first line\n")
    return incident_id, runs


@pytest.mark.parametrize(("size", "dark"), LOOKS, ids=LOOK_NAMES)
def test_the_pages_are_quiet_narrow_enough_and_open_to_everybody(
    chrome: Browser, night: Scene, address: str, size: dict[str, int], dark: bool
) -> None:
    """No complaint in the console, no sideways scrolling, nothing for axe-core to find."""
    incident_id, _ = worked(night)
    over = night.incident(title="Over")
    night.does(over, Action.RESOLVE)
    places = ["/", f"/incidents/{incident_id}", f"/incidents/{over}"]
    places += [f"/incidents/{over}/postmortem", "/incidents/999"]

    with visiting(chrome, address, size=size, dark=dark) as visitor:
        visitor.open("/login")
        assert visitor.overflow() <= 0
        visitor.log_in()
        for place in places:
            visitor.open(place)
            assert visitor.overflow() <= 0, place
            if AXE.exists():
                assert visitor.barriers() == [], place
        complaints = [each for each in visitor.complaints if "404" not in each]
        assert complaints == []


@pytest.mark.skipif(not AXE.exists(), reason="axe-core: run scripts/install-test-tools.sh")
def test_axe_would_find_something(chrome: Browser, address: str) -> None:
    """A check that cannot fail proves nothing."""
    with visiting(chrome, address, size=WIDE) as visitor:
        visitor.open("/login")
        visitor.page.evaluate("document.querySelector('label').remove()")

        assert any("label" in each for each in visitor.barriers())


def test_an_incident_is_acknowledged_without_javascript(
    chrome: Browser, night: Scene, address: str
) -> None:
    """On a phone that blocks it, or before it has loaded."""
    incident_id, _ = worked(night)

    with visiting(chrome, address, size=PHONE, java_script_enabled=False) as visitor:
        visitor.log_in()
        visitor.open(f"/incidents/{incident_id}")
        visitor.page.click("#acknowledge")
        expect(visitor.page.locator("#head")).to_contain_text("ada has it")

    with night.app.store.look() as tx:
        assert tx.incidents.get(incident_id).status is Status.ACKNOWLEDGED


def test_a_key_acknowledges_and_another_window_sees_it(
    chrome: Browser, night: Scene, address: str
) -> None:
    """Live: two people look at the same incident."""
    incident_id, _ = worked(night)

    with (
        visiting(chrome, address, size=WIDE) as ada,
        visiting(chrome, address, size=WIDE) as grace,
    ):
        ada.log_in("ada")
        grace.log_in("grace")
        ada.open(f"/incidents/{incident_id}")
        grace.open(f"/incidents/{incident_id}")
        expect(grace.page.locator("#live-mark")).to_have_text("live")
        ada.page.keyboard.press("a")

        expect(ada.page.locator("#acknowledge")).to_have_text("You have it")
        expect(grace.page.locator("#head")).to_contain_text("ada has it")
        assert ada.complaints + grace.complaints == []


def test_output_appears_while_it_runs_and_nothing_else_moves(
    chrome: Browser, night: Scene, address: str
) -> None:
    """What is open stays open, what is typed stays typed, and the focus stays where it is."""
    incident_id, runs = worked(night)

    with visiting(chrome, address, size=WIDE) as visitor:
        visitor.log_in()
        visitor.open(f"/incidents/{incident_id}")
        page = visitor.page
        expect(page.locator("#live-mark")).to_have_text("live")
        page.click(f"#fold-{runs[6]} > summary")
        page.fill(f"#note-{runs[6]}", "half a sent")
        night.says(runs[4], "<b>second</b> line\n")
        night.does(incident_id, Action.ACKNOWLEDGE, "grace")

        expect(page.locator(f"#step-{runs[4]}")).to_contain_text("<b>second</b> line")
        expect(page.locator("#head")).to_contain_text("grace has it")
        assert page.locator(f"#fold-{runs[6]}").evaluate("each => each.open")
        assert page.input_value(f"#note-{runs[6]}") == "half a sent"
        assert page.evaluate("document.activeElement.id") == f"note-{runs[6]}"


def test_what_is_approved_is_what_was_shown(chrome: Browser, night: Scene, address: str) -> None:
    """The button carries the fingerprint; the next decision moves up."""
    incident_id, runs = worked(night)

    with visiting(chrome, address, size=WIDE) as visitor:
        visitor.log_in()
        visitor.open(f"/incidents/{incident_id}")
        visitor.page.click(f"#approve-{runs[5]} button")

        expect(visitor.page.locator("#waiting h3").first).to_have_text("Start the worker again")
        assert visitor.complaints == []

    with night.app.store.look() as tx:
        assert tx.step_runs.get(runs[5]).state is RunState.READY
        (approval,) = tx.step_runs.approvals(runs[5])
    assert approval is not None
    assert approval.by == "ada"


def test_a_double_click_does_not_approve_the_next_step_too(
    chrome: Browser, night: Scene, address: str
) -> None:
    """The next decision moves up to where the pointer still is."""
    incident_id, runs = worked(night)

    with visiting(chrome, address, size=WIDE) as visitor:
        visitor.log_in()
        visitor.open(f"/incidents/{incident_id}")
        where = visitor.page.locator(f"#approve-{runs[5]} button").bounding_box()
        assert where is not None
        for _ in range(6):
            visitor.page.mouse.click(where["x"] + 30, where["y"] + 10)
            visitor.page.wait_for_timeout(100)
        expect(visitor.page.locator("#waiting h3").first).to_have_text("Start the worker again")

    with night.app.store.look() as tx:
        assert tx.step_runs.get(runs[5]).state is RunState.READY
        assert tx.step_runs.get(runs[6]).state is RunState.WAITING


def test_a_refusal_is_said_at_the_top_of_the_page(
    chrome: Browser, night: Scene, address: str
) -> None:
    """Somebody else was faster: the sentence, and the page as it was."""
    incident_id, runs = worked(night)

    with visiting(chrome, address, size=WIDE) as visitor:
        visitor.log_in()
        visitor.open(f"/incidents/{incident_id}")
        expect(visitor.page.locator("#live-mark")).to_have_text("live")
        visitor.page.wait_for_timeout(500)  # the first parts have come by then
        visitor.page.evaluate(
            """id => {
                const form = document.getElementById(id);
                form.elements.fingerprint.value = "other";
                form.querySelector("button").click();
            }""",
            f"approve-{runs[5]}",
        )

        expect(visitor.page.locator("#notice")).to_contain_text(
            "What you saw is not what would run now."
        )


def test_a_note_is_taken_and_the_field_is_empty_again(
    chrome: Browser, night: Scene, address: str
) -> None:
    """Ready for the next one."""
    incident_id, _ = worked(night)

    with visiting(chrome, address, size=PHONE) as visitor:
        visitor.log_in()
        visitor.open(f"/incidents/{incident_id}")
        visitor.page.fill("#note-text", "the disk is fine")
        visitor.page.click("#note-form button")

        expect(visitor.page.locator("#timeline")).to_contain_text("the disk is fine")
        expect(visitor.page.locator("#note-text")).to_have_value("")


def test_an_open_page_does_not_hold_up_the_shutdown(chrome: Browser, night: Scene) -> None:
    """Streams end at once, and the page says that it is not live any more."""
    incident_id, _ = worked(night)

    with chromium_window(chrome, night) as (visitor, leave):
        visitor.log_in()
        visitor.open(f"/incidents/{incident_id}")
        expect(visitor.page.locator("#live-mark")).to_have_text("live")
        began = time.monotonic()
        leave()

        assert time.monotonic() - began < 3
        expect(visitor.page.locator("#live-mark")).to_contain_text("not live")


@contextlib.contextmanager
def chromium_window(
    chrome: Browser, scene: Scene
) -> Iterator[tuple[Visitor, Callable[[], object]]]:
    """Open a window on a server that can be stopped while it is open."""
    with contextlib.ExitStack() as serving:
        address, _ = serving.enter_context(served(scene))
        with visiting(chrome, address, size=WIDE) as visitor:
            yield visitor, serving.close


def test_help_lists_the_keys(chrome: Browser, address: str) -> None:
    """On `?`, and closed with a button."""
    with visiting(chrome, address, size=WIDE) as visitor:
        visitor.log_in()
        visitor.page.keyboard.press("?")

        expect(visitor.page.locator("#help")).to_be_visible()
        expect(visitor.page.locator("#help")).to_contain_text(re.compile("Acknowledge"))
        visitor.page.click("#help button")
        expect(visitor.page.locator("#help")).to_be_hidden()
