"""A statement with its placeholders taken out: what runs, and what it needs to be told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tocsin.core.parameter import PREFIX, Parameter, ParameterType
from tocsin.reading.parameters.guess import guessed

_MOST_SHOWN = 60  # characters of a placeholder


class CannotFillIn(Exception):
    """A placeholder stands where a value could be read as more than itself."""

    def __init__(self, written: str, why: str) -> None:
        super().__init__(f"{written[:_MOST_SHOWN]} {why}: fill it in by hand")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What stands in the place of a statement as written."""

    text: str
    parameters: tuple[Parameter, ...] = ()  # none of them has a value yet
    refused: str = ""  # why nothing can be put in its place; then `text` is as written


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place of one parameter, and what the place says of its type."""

    name: str
    written: str
    kind: ParameterType | None = None
    pattern: str = ""

    @property
    def variable(self) -> str:
        """The name under which the value reaches the step."""
        return PREFIX + self.name


def parameters_of(slots: Iterable[Slot]) -> tuple[Parameter, ...]:
    """Return one parameter per name, in the order in which they are first written."""
    by_name: dict[str, list[Slot]] = {}
    for slot in slots:
        by_name.setdefault(slot.name, []).append(slot)
    return tuple(_parameter(name, places) for name, places in by_name.items())


def _parameter(name: str, slots: list[Slot]) -> Parameter:
    first = slots[0]
    plain = Parameter(
        name=name,
        type=guessed(name, [slot.kind for slot in slots]),
        placeholder=first.written,
    )
    if first.pattern:
        return replace(plain, type=ParameterType.IDENTIFIER, pattern=first.pattern)
    return plain
