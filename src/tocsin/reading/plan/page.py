"""Plans as one page of HTML that needs nothing else: no script, no font, no network.

Whatever comes from the document is escaped, and what could hide in it is written out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tocsin import __version__
from tocsin.reading.plan.compose import essence, whom
from tocsin.reading.plan.entries import Entry, Plan, Run
from tocsin.reading.plan.picture import picture
from tocsin.reading.plan.shown import changed, reasons, sentence, where
from tocsin.reading.plan.wording import harmless, spoken


def page(plans: Sequence[Plan], title: str) -> str:
    """Return the page, with a list of the playbooks on top where there are several."""
    return _TEMPLATES.get_template("page.html").render(
        plans=plans, title=title or plans[0].heading, version=__version__
    )


def _finished(value: Any) -> Any:
    """Return what goes into the page: text of a document only after it was made harmless."""
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _clock(at: timedelta | None) -> str:
    if at is None:
        return ""
    return spoken(at) if at else "now"


def _fates(entry: Entry) -> list[tuple[str, list[Run]]]:
    """Return the statements of an entry, those that share a fate together with it."""
    groups = groupby(entry.runs, key=reasons)
    return [(said, list(runs)) for said, runs in groups]


def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finished,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        essence=essence,
        whom=whom,
        picture=picture,
        sentence=sentence,
        changed=changed,
        fates=_fates,
        clock=_clock,
        where=where,
    )
    return environment


_TEMPLATES = _templates()
