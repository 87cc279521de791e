"""Open pages hear of changes: at once from us, soon from other nodes, and let go at the end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from tocsin.core.errors import Unavailable
from tocsin.web.live import Live
from tocsin.web.pages import follow as following
from tocsin.web.pages.follow import Part, Parts, follow


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LOOK_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(following, "_AT_MOST_EVERY_SECONDS", 0.0)


async def next_event(events: AsyncIterator[str]) -> str:
    """Return the next event that is no sign of life."""
    async for event in events:
        if not event.startswith(":"):
            return event
    return ""


def test_an_announcement_from_another_thread_is_heard() -> None:
    """Workers and the intake announce from threads of their own."""

    async def listen() -> bool:
        live = Live()
        with live.watch() as watch:
            threading.Thread(target=live.announce).start()
            return await watch.next(5)

    assert asyncio.run(listen()) is True


def test_silence_ends_with_the_timeout() -> None:
    """So that the page looks for itself, for what other nodes did."""

    async def listen() -> bool:
        with Live().watch() as watch:
            return await watch.next(0.01)

    assert asyncio.run(listen()) is False


def test_an_announcement_to_a_page_that_is_gone_is_harmless() -> None:
    """Its loop may be closed by then."""
    live = Live()

    async def leave() -> None:
        watching = live.watch()
        watching.__enter__()  # and never leaves

    asyncio.run(leave())
    live.announce()


def test_only_what_has_changed_is_sent() -> None:
    """A growing log must not resend the whole page each time."""
    shown = {"head": "a", "timeline": "1"}

    def render() -> Parts:
        return {name: Part(markup=text) for name, text in shown.items()}

    async def watch() -> tuple[str, str]:
        live = Live()
        events = follow(live, lambda: shown["timeline"], render)
        first = await next_event(events)
        shown["timeline"] = "2"
        live.announce()
        second = await next_event(events)
        await events.aclose()  # type: ignore[attr-defined]
        return first, second

    first, second = asyncio.run(watch())

    assert "#head" in first
    assert "#timeline" in first
    assert "#head" not in second
    assert '<hx-partial hx-target="#timeline" hx-swap="innerMorph">2</hx-partial>' in second


def test_a_change_that_was_not_announced_is_found() -> None:
    """Another node made it: the version tells."""
    shown = ["a"]

    async def watch() -> str:
        events = follow(Live(), lambda: shown[0], lambda: {"head": Part(markup=shown[0])})
        await next_event(events)
        shown[0] = "b"
        found = await next_event(events)
        await events.aclose()  # type: ignore[attr-defined]
        return found

    assert ">b<" in asyncio.run(watch())


def test_what_changes_no_version_is_shown_a_little_later() -> None:
    """A page was delivered: announced, but nothing on the timeline."""
    shown = ["due"]

    async def watch() -> str:
        live = Live()
        events = follow(live, lambda: 1, lambda: {"facts": Part(markup=shown[0])})
        await next_event(events)
        shown[0] = "sent"
        live.announce()
        found = await next_event(events)
        await events.aclose()  # type: ignore[attr-defined]
        return found

    assert ">sent<" in asyncio.run(watch())


def test_every_line_of_a_part_travels_in_its_own_field() -> None:
    """A blank line in an output would otherwise end the event."""

    async def watch() -> str:
        events = follow(
            Live(), lambda: None, lambda: {"log": Part(markup="one\n\ntwo\rthree\r\nfour")}
        )
        found = await next_event(events)
        await events.aclose()  # type: ignore[attr-defined]
        return found

    event = asyncio.run(watch())

    assert event.endswith("\n\n")
    assert all(line.startswith("data: ") for line in event.rstrip("\n").split("\n"))


def test_a_shutdown_ends_the_stream() -> None:
    """One open page must not hold up the process."""

    async def watch() -> str:
        live = Live()
        events = follow(live, lambda: None, lambda: {"head": Part(markup="a")})
        await next_event(events)
        live.close()
        return await asyncio.wait_for(next_event(events), 5)

    assert asyncio.run(watch()) == ""


def test_a_database_that_does_not_answer_ends_the_stream() -> None:
    """The browser comes back by itself; a broken page would not."""

    def version() -> object:
        raise Unavailable("store.locked", "Another process holds the database.")

    async def watch() -> str:
        return await next_event(follow(Live(), version, dict))

    assert asyncio.run(watch()) == ""
