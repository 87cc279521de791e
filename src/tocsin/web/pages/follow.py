"""Keep an open page up to date: send those parts that have changed, when something has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from tocsin.core.errors import Problem
from tocsin.web.live import Live, Watch
from tocsin.web.pages.render import partial
from tocsin.web.wire import framed

LOOK_EVERY_SECONDS = 2.0
"""Changes made by other nodes are not announced here: the page looks for itself."""

_AT_MOST_EVERY_SECONDS = 0.2
_RENDER_AFTER_LOOKS = 5  # for what changes no version: a page was delivered
_PING_AFTER_LOOKS = 7  # about 15 s: proxies close silent connections
_LONGEST_LOOKS = 450  # about 15 min: then the browser comes back and shows who it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a page. It is sent when its key differs from the last one sent."""

    markup: str
    key: object = None  # what its change is told by; None: the markup itself


Parts = Mapping[str, Part]
"""By the id of the element each part goes into."""


def all_of(parts: Parts) -> str:
    """Return every part, each with its place."""
    return "".join(partial(target, part.markup) for target, part in parts.items())


async def follow(
    live: Live, version: Callable[[], object], render: Callable[[], Parts]
) -> AsyncIterator[str]:
    """Yield server-sent events for one open page until it goes away or we do.

    `version` is a cheap look that tells whether anything has happened; `render` returns all
    parts. Both run in a thread. A store that does not answer ends the stream: the browser
    comes back by itself.
    """
    sent: dict[str, object] = {}
    seen: object = sent  # equal to no version
    with live.watch() as watch:
        for look in range(_LONGEST_LOOKS):
            try:
                now = await run_in_threadpool(version)
                if now != seen or (watch.told and look % _RENDER_AFTER_LOOKS == 0):
                    watch.told, seen = False, now
                    if text := _changed(await run_in_threadpool(render), sent):
                        yield framed(text)
            except Problem:
                return
            if look % _PING_AFTER_LOOKS == 0:
                yield ": still here\n\n"
            await _rest(watch)
            if live.closed:
                return


def _changed(parts: Parts, sent: dict[str, object]) -> str:
    """Return the parts that differ from what was sent, and remember them as sent."""
    news = ""
    for target, part in parts.items():
        key = part.markup if part.key is None else part.key
        if sent.get(target) != key:
            news += partial(target, part.markup)
            sent[target] = key
    return news


async def _rest(watch: Watch) -> None:
    if await watch.next(LOOK_EVERY_SECONDS):
        watch.told = True
        await asyncio.sleep(_AT_MOST_EVERY_SECONDS)
