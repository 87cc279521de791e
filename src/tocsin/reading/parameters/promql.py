"""A PromQL query with its placeholders escaped into string literals: values of matchers only.

`{pod="<pod>"}` becomes `{pod="${TOCSIN_P_POD}"}`; whoever asks Prometheus puts the value there as
`core.filling` escapes it. Names of metrics and of labels are never filled in.
"""

from __future__ import annotations

import re

import promql_parser

from tocsin.core.filling import filled_promql
from tocsin.core.parameter import named
from tocsin.reading.parameters.find import Place, placeholders
from tocsin.reading.parameters.rewritten import CannotFillIn, Rewritten, Slot, parameters_of

_LITERAL = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`]*`")
_MATCHED = re.compile(r"([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)\s*$")
_VARIABLE = re.compile(r"\$(?:(?P<bare>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?::\w+)?\})")
_NEW_LABELS = re.compile(r"\blabel_replace\b")  # there $name is a group of a pattern
_STAND_IN = "tocsin"


def rewrite_promql(text: str) -> Rewritten:
    """Return the query with every placeholder a variable in a string literal."""
    places = sorted([*_written(text), *_variables(text)], key=lambda place: place.start)
    slots = []
    try:
        for place in reversed(places):
            slots.append(_slot(text, place))
        rewritten = text
        for place, slot in zip(reversed(places), slots, strict=True):
            instead = f"${{{slot.variable}}}"
            rewritten = rewritten[: place.start] + instead + rewritten[place.end :]
        if slots:
            _verify(rewritten, slots)
    except CannotFillIn as refusal:
        return Rewritten(text=text, refused=str(refusal))
    return Rewritten(text=rewritten, parameters=parameters_of(reversed(slots)))


def _written(text: str) -> list[Place]:
    return [place for place in placeholders(text) if place.name and not place.bracketed]


def _variables(text: str) -> list[Place]:
    """Return the variables of a dashboard: nobody else knows what they stand for."""
    if _NEW_LABELS.search(text):
        return []
    return [
        Place(
            start=found.start(),
            end=found.end(),
            written=found[0],
            name=named(found["bare"] or found["braced"]),
        )
        for found in _VARIABLE.finditer(text)
    ]


def _slot(text: str, place: Place) -> Slot:
    literals = [one for one in _LITERAL.finditer(text) if one.start() < place.start < one.end()]
    if not literals:
        raise CannotFillIn(place.written, "stands outside of quotes")
    label = _MATCHED.search(text[: literals[0].start()])
    if literals[0][0].startswith("`") or label is None or label[1] == "__name__":
        raise CannotFillIn(place.written, "is not the value of a label")
    return Slot(name=place.name, written=place.written, pattern=place.pattern)


def _verify(rewritten: str, slots: list[Slot]) -> None:
    """Return if a query comes of it.

    Raises:
        CannotFillIn
    """
    values = {slot.name: _STAND_IN for slot in slots}
    try:
        promql_parser.parse(filled_promql(rewritten, values))
    except ValueError:
        raise CannotFillIn(slots[0].written, "stands where no value fits") from None
