"""Rows to values and back: columns are named as fields, so there is nothing to map."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa

Value = TypeVar("Value")


def columns(value: Any, *, without: tuple[str, ...] = ("id",)) -> dict[str, Any]:
    """Return the fields of a dataclass value as column values."""
    names = _names(type(value))  # type: ignore[arg-type]  # a class is hashable
    return {name: getattr(value, name) for name in names if name not in without}


def value(of: type[Value], row: sa.Row[Any]) -> Value:
    """Return the dataclass value that a row of its table holds."""
    mapping = row._mapping
    return of(**{name: mapping[name] for name in _names(of)})  # type: ignore[arg-type]


@cache
def _names(of: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(of))


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """Return an INSERT of this dialect that knows ON CONFLICT."""
    return insert_in(connection.dialect.name, table)


def insert_in(dialect: str, table: sa.Table) -> Any:
    """Return the same for a dialect by its name."""
    # the engine has imported its own dialect; the other one would cost a tenth of the start
    return importlib.import_module(f"sqlalchemy.dialects.{dialect}").insert(table)


def joined(pieces: Iterable[tuple[str, str]]) -> str:
    """Return output as one text: of several hosts, each with its own below its name.

    Args:
        pieces: Hosts and what they said, in the order it came; no name where it is one place.
    """
    said: dict[str, str] = {}
    for host, text in pieces:
        said[host] = said.get(host, "") + text
    headed = (f"=== {host} ===\n{_ended(text)}" if host else text for host, text in said.items())
    return "".join(headed)


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"
