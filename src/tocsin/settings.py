"""`tocsin.toml` to a workspace: every mistake reported at once, each with its line.

The tables below are the whole format: a section's keys and what reads each. The reference in
docs/reference/configuration.md is checked against them by a test.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from tocsin.core.approval import Approvals, Second
from tocsin.core.check import wrong_options
from tocsin.core.errors import Invalid
from tocsin.core.matchers import Matcher, parse_matcher
from tocsin.core.metric import Aggregate, Metric, Shape, Unit
from tocsin.core.parameter import Parameter, ParameterSetting, ParameterType, check_value
from tocsin.core.place import wrong_keys
from tocsin.core.rights import EVERYWHERE, Grant, Role
from tocsin.core.risk import Risk
from tocsin.core.times import parse_duration
from tocsin.core.tool import Tool
from tocsin.core.workspace import (
    MACHINES,
    STORES,
    Audit,
    Channel,
    ChannelKind,
    Check,
    CheckKind,
    Level,
    Oidc,
    Person,
    Policy,
    Profile,
    Reads,
    Secret,
    Service,
    Source,
    SourceKind,
    Target,
    TargetKind,
    Workspace,
)
from tocsin.running.allow.entries import tool_of
from tocsin.running.allow.extension import lookup_name, wrong_with

Reader = Callable[[Any], Any]

_STORES = ", ".join(kind for kind in TargetKind if kind in STORES)
_MOST_ROUNDS = 100  # of a policy: beyond that, more pages do not help


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Invalid("settings.type", "should be a text in quotes")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Invalid("settings.type", "should be a whole number, not negative")
    return value


def _positive(value: Any) -> int:
    if _number(value) == 0:
        raise Invalid("settings.type", "should be at least 1")
    return int(value)


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid("settings.type", "should be true or false")
    return value


def _duration(value: Any) -> timedelta:
    if not isinstance(value, str):
        raise Invalid("settings.type", 'should be a duration in quotes, as "5m"')
    return parse_duration(value)


def _wait(value: Any) -> timedelta:
    length = _duration(value)
    if length <= timedelta():
        raise Invalid("settings.type", "should be longer than zero")
    return length


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise Invalid("settings.type", "should be a list of texts")
    return tuple(value)


def _named(pattern: str, what: str) -> Reader:
    """Return what reads a name that goes to another program as a word of its own."""

    def read(value: Any) -> str:
        name = _text(value)
        if not re.fullmatch(pattern, name):
            raise Invalid("settings.type", f"{name!r} cannot be {what}")
        return name

    return read


_host = _named(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*", "the name of a host or container")
_context = _named(r"[A-Za-z0-9_][A-Za-z0-9_.:@/-]*", "the name of a context, namespace or pod")
_login = _named(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*", "the name of a login")


def _hosts(value: Any) -> tuple[str, ...]:
    return tuple(_host(each) for each in _texts(value))


def _words(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise Invalid("settings.type", "should be a table of texts")
    return dict(value)


def _environment(value: Any) -> dict[str, str]:
    words = _words(value)
    for name in words:
        _variable(name)
    return words


def _variable(value: Any) -> str:
    name = _text(value)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise Invalid("settings.type", f"{name!r} cannot be the name of a variable")
    return name


def _matchers(value: Any) -> tuple[Matcher, ...]:
    return tuple(parse_matcher(each) for each in _texts(value))


def _address(value: Any) -> tuple[str, int]:
    host, _, port = _text(value).rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise Invalid("settings.type", "should be host:port")
    return host.strip("[]"), int(port)


def _address_of(*schemes: str) -> Reader:
    """Return a reader of addresses with one of these schemes. What it reads may hold a secret."""

    def read(value: Any) -> str:
        text = _text(value)
        try:
            parts = urlsplit(text)
            fits = parts.scheme in schemes and parts.hostname and parts.port != 0
        except ValueError:
            fits = None
        if not fits or any(character.isspace() for character in text):
            ways = " or ".join(f"{scheme}://HOST[:PORT]" for scheme in schemes)
            hint = "" if "://" in text else f"Put {schemes[0]}:// in front of it"
            raise Invalid("settings.type", f"should be {ways}", hint=hint)
        return text

    return read


def _database(value: Any) -> str:
    text = _text(value)
    try:
        parts = urlsplit(text)
        scheme = parts.scheme if parts.port != 0 else ""
    except ValueError:
        scheme = ""
    is_file = text.startswith("sqlite:///") and text.removeprefix("sqlite:///") != ":memory:"
    if scheme not in ("postgresql", "postgresql+psycopg") and not (is_file and text[10:]):
        raise Invalid(
            "settings.type", "should be postgresql://USER@HOST/NAME or sqlite:///PATH of a file"
        )
    return text


def _dsn(value: Any) -> str:
    text = _text(value)
    is_url = text.startswith(("postgresql://", "postgres://"))
    if not is_url and not re.match(r"\s*[a-z_]+\s*=", text):
        raise Invalid(
            "settings.type", "should be postgresql://USER@HOST/NAME or host=HOST dbname=NAME"
        )
    return text


def _source_name(value: Any) -> str:
    if value == SourceKind.CHECKS:
        raise Invalid("settings.type", "cannot be 'checks': our own checks report under it")
    return _text(value)


def _repeat(value: Any) -> int:
    if _number(value) > _MOST_ROUNDS:
        raise Invalid("settings.type", f"should be at most {_MOST_ROUNDS}")
    return int(value)


def _hash(value: Any) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", _text(value)):
        raise Invalid(
            "settings.type", "should be 64 hexadecimal digits", hint="Make one with `tocsin source`"
        )
    return str(value)


def _one_of(words: type[StrEnum], *, but: frozenset[str] = frozenset()) -> Reader:
    allowed = [word for word in words if word not in but]

    def read(value: Any) -> Any:
        if value not in allowed:
            raise Invalid("settings.type", f"should be one of {', '.join(allowed)}")
        return words(value)

    return read


def _pattern(value: Any) -> str:
    text = _text(value)
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise Invalid("settings.type", f"is no pattern: {error}") from None
    return text


def _share(value: Any) -> float:
    if not _is_figure(value) or not 0 < value < 1:
        raise Invalid("settings.type", "should be a number between 0 and 1, as 0.95")
    return float(value)


def _bounds(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not value or not all(map(_is_figure, value)):
        raise Invalid("settings.type", "should be a list of numbers")
    if sorted(set(value)) != value or value[0] <= 0:
        raise Invalid("settings.type", "should ascend, and begin above 0")
    return tuple(map(float, value))


def _figures(value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or not all(map(_is_figure, value.values())):
        raise Invalid("settings.type", "should be a table of numbers")
    return {state.lower(): float(figure) for state, figure in value.items()}


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _options(value: Any) -> tuple[str, ...]:
    for option in _texts(value):
        _option(option)
    return tuple(value)


def _option(value: str) -> str:
    if not re.fullmatch(r"-[A-Za-z0-9]|--?[A-Za-z][\w-]+", value, re.ASCII):
        raise Invalid("settings.type", f"{value!r} is no option, as '-n' or '--limit'")
    return value


def _limits(value: Any) -> dict[str, str]:
    return {_option(name): _pattern(limit) for name, limit in _words(value).items()}


def _raises(value: Any) -> dict[str, Risk]:
    worse = _one_of(Risk, but=frozenset({Risk.MANUAL, Risk.READ}))
    return {_option(name): worse(risk) for name, risk in _words(value).items()}


def _examples(value: Any) -> tuple[str, ...]:
    if not _texts(value):
        raise Invalid("settings.type", "needs at least one example")
    return tuple(value)


def _issuer(value: Any) -> str:
    text = str(_address_of("http", "https")(value))
    parts = urlsplit(text)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise Invalid("settings.type", "should be https: who listens could be anybody")
    return text


def _scopes(value: Any) -> tuple[str, ...]:
    if "openid" not in _texts(value):
        raise Invalid("settings.type", "must hold 'openid'")
    return tuple(value)


def _grants(value: Any) -> dict[str, Grant]:
    return {group: _grant(said) for group, said in _words(value).items()}


def _grant(said: str) -> Grant:
    """Return what `approver` or `approver of shop` says."""
    role, of, service = said.partition(" of ")
    if role not in tuple(Role) or bool(of) != bool(service):
        raise Invalid(
            "settings.type", f"says {said!r}, not a role, as 'approver' or 'approver of shop'"
        )
    return Grant(role=Role(role), service=service or EVERYWHERE)


MAIN: Mapping[str, Reader] = {
    "data_directory": _text,
    "database": _database,
    "listen": _address,
    "public_url": _address_of("http", "https"),
    "runbook_url": _address_of("http", "https"),
}
PERSON: Mapping[str, Reader] = {
    "name": _text,
    "email": _text,
    "webhook": _address_of("http", "https"),
    "channels": _texts,
    "roles": _texts,
}
APPROVALS: Mapping[str, Reader] = {"destroy": _one_of(Second), "repeat": _duration}
AUDIT: Mapping[str, Reader] = {
    "checkpoint_file": _text,
    "checkpoint_channel": _text,
    "checkpoint_to": _text,
}
OIDC: Mapping[str, Reader] = {
    "issuer": _issuer,
    "client_id": _text,
    "client_secret": _text,
    "scopes": _scopes,
    "name_claim": _text,
    "groups_claim": _text,
    "label": _text,
    "roles": _grants,
}
POLICY: Mapping[str, Reader] = {"name": _text, "repeat": _repeat, "level": list}
LEVEL: Mapping[str, Reader] = {"people": _texts, "patience": _wait}
CHANNEL: Mapping[str, Reader] = {
    "name": _text,
    "kind": _one_of(ChannelKind),
    "url": _text,
    "sender": _text,
    "username": _text,
    "secret": _text,
    "starttls": _switch,
}
SECRET: Mapping[str, Reader] = {
    "name": _variable,
    "environment": _variable,
    "file": _text,
    "command": _texts,
}
TARGET: Mapping[str, Reader] = {
    "name": _text,
    "kind": _one_of(TargetKind),
    "url": _text,
    "password": _text,
    "change_url": _text,
    "change_password": _text,
    "directory": _text,
    "profile": _one_of(Profile),
    "time_limit": _wait,
    "host": _host,
    "hosts": _hosts,
    "host_label": _text,
    "user": _login,
    "identity": _text,
    "change_host": _host,
    "change_user": _login,
    "change_identity": _text,
    "config": _text,
    "container": _host,
    "context": _context,
    "change_context": _context,
    "namespace": _context,
    "pod": _context,
    "selector": _text,
    "run_as": _login,
    "reads": _one_of(Reads),
}
SERVICE: Mapping[str, Reader] = {
    "name": _text,
    "match": _matchers,
    "runbooks": _texts,
    "policy": _text,
    "targets": _texts,
    "environment": _environment,
    "secrets": _texts,
    "parameters": _words,
    "soak": _duration,
    "destroy": _one_of(Second),
}
SOURCE: Mapping[str, Reader] = {
    "name": _source_name,
    "kind": _one_of(SourceKind, but=frozenset({SourceKind.CHECKS})),
    "token_sha256": _hash,
}
CHECK: Mapping[str, Reader] = {
    "name": _text,
    "kind": _one_of(CheckKind),
    "alert": _text,
    "labels": _words,
    "interval": _wait,
    "timeout": _wait,
    "fire_after": _positive,
    "fire_after_duration": _wait,
    "recover_after": _positive,
}
METRIC: Mapping[str, Reader] = {
    "name": _text,
    "words": _texts,
    "without": _texts,
    "shape": _one_of(Shape),
    "unit": _one_of(Unit),
    "series": _text,
    "whole": _texts,
    "by": _texts,
    "aggregate": _one_of(Aggregate),
    "window": _wait,
    "quantile": _share,
    "buckets": _bounds,
    "complement": _switch,
    "states": _figures,
}
PARAMETER: Mapping[str, Reader] = {
    "name": _text,
    "type": _one_of(ParameterType),
    "pattern": _pattern,
    "choices": _texts,
    "default": _text,
    "label": _text,
}

COMMAND: Mapping[str, Reader] = {
    "name": _text,
    "risk": _one_of(Risk, but=frozenset({Risk.MANUAL})),
    "unattended": _switch,
    "flags": _options,
    "values": _options,
    "limits": _limits,
    "raises": _raises,
    "operand": _pattern,
    "least_operands": _number,
    "most_operands": _number,
    "needs": _pattern,
    "match": _examples,
    "not_match": _examples,
}

URLS: Mapping[StrEnum, Reader] = {
    ChannelKind.SMTP: _address_of("smtp", "smtps"),
    ChannelKind.WEBHOOK: _address_of("http", "https"),
    TargetKind.POSTGRES: _dsn,
    TargetKind.MYSQL: _address_of("mysql", "mysqls"),
    TargetKind.REDIS: _address_of("redis", "rediss"),
    TargetKind.PROMETHEUS: _address_of("http", "https"),
    TargetKind.HTTP: _address_of("http", "https"),
    CheckKind.HTTP: _address_of("http", "https"),
}
"""What reads the `url` of a channel, target or check, where its kind wants more than a text."""

SECTIONS: Mapping[str, tuple[Mapping[str, Reader], frozenset[str]]] = {
    "person": (PERSON, frozenset({"name", "channels"})),
    "policy": (POLICY, frozenset({"name", "level"})),
    "channel": (CHANNEL, frozenset({"name", "kind"})),
    "secret": (SECRET, frozenset({"name"})),
    "target": (TARGET, frozenset({"name", "kind"})),
    "service": (SERVICE, frozenset({"name", "policy"})),
    "source": (SOURCE, frozenset({"name", "kind", "token_sha256"})),
    "check": (CHECK, frozenset({"name", "kind", "alert"})),
    "metric": (METRIC, frozenset({"name", "shape", "unit", "series"})),
    "command": (COMMAND, frozenset({"name", "match", "not_match"})),
    "parameter": (PARAMETER, frozenset({"name"})),
}
"""Per section: what reads each key, and which keys must be there."""


@dataclass(slots=True)
class _Page:
    """The document being read, and what is wrong with it so far."""

    file: str
    lines: list[str]
    wrong: list[tuple[int, str]] = field(default_factory=list)

    def object(self, line: int, what: str) -> None:
        """Note one mistake."""
        self.wrong.append((line, what))

    def line_of(self, section: str, index: int, key: str = "") -> int:
        """Return the line of the `index`-th section of that name, or of a key in it."""
        headers = self._headers(section)
        return self._key_below(headers[index] if index < len(headers) else 0, key)

    def line_of_level(self, policy: int, place: int, key: str = "") -> int:
        """Return the line of the `place`-th level of the `policy`-th policy, or of its key."""
        policies = [*self._headers("policy"), len(self.lines) + 1]
        first, after = policies[policy : policy + 2] if policy + 1 < len(policies) else (0, 0)
        levels = [each for each in self._headers("policy.level") if first < each < after]
        if place < len(levels):
            return self._key_below(levels[place], key)
        return self.line_of("policy", policy, "level")  # it is written as a list

    def _headers(self, section: str) -> list[int]:
        header = re.compile(rf"\s*\[\[?\s*{re.escape(section)}\s*\]\]?\s*(#.*)?$")
        return [number for number, line in enumerate(self.lines, start=1) if header.match(line)]

    def _key_below(self, start: int, key: str) -> int:
        """Return the line of the key in the section that starts there, else the start."""
        for number in range(start, len(self.lines) if key else 0):
            text = self.lines[number].strip()
            if text.startswith("["):
                break
            if re.match(rf'"?{re.escape(key)}"?\s*=', text):
                return number + 1
        return max(start, 1)


def read(text: str, *, file: str, directory: str) -> Workspace:
    """Return the workspace that `text` describes.

    Args:
        text: The content of tocsin.toml.
        file: What to call it in messages.
        directory: Where it lies; relative paths start there.

    Raises:
        Invalid("settings"): One or more mistakes, each with file, line, what is wrong and how
            to mend it. Nothing starts half.
    """
    page = _Page(file, text.splitlines())
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid("settings", f"{file}: not TOML: {error}") from None
    _refuse_unknown(page, document)
    main = _alone(page, document, "tocsin", MAIN)
    approvals = _alone(page, document, "approvals", APPROVALS)
    audit = _alone(page, document, "audit", AUDIT)
    parts = {section: _section(page, document, section) for section in SECTIONS}
    workspace = replace(
        _workspace(page, main, parts, directory),
        approvals=Approvals(**approvals),
        audit=Audit(**audit),
        oidc=_oidc(page, document),
    )
    _refer(page, workspace)
    if page.wrong:
        told = [f"{file}:{line}: {what}" for line, what in sorted(page.wrong)]
        many = "1 mistake" if len(told) == 1 else f"{len(told)} mistakes"
        raise Invalid("settings", "\n".join([f"{many} in {file}:", *told]))
    return workspace


def _refuse_unknown(page: _Page, document: Mapping[str, Any]) -> None:
    known = ("tocsin", "approvals", "audit", "oidc", *SECTIONS)
    for name in document:
        if name not in known:
            page.object(page.line_of(name, 0), _unknown("section", name, known))


def _alone(
    page: _Page, document: Mapping[str, Any], name: str, readers: Mapping[str, Reader]
) -> dict[str, Any]:
    """Return the keys of a section that there is once."""
    found = document.get(name, {})
    if not isinstance(found, dict):
        page.object(page.line_of(name, 0), f"[{name}] should be a section of its own")
        return {}
    return _read_keys(page, name, partial(page.line_of, name, 0), found, readers, frozenset())


def _oidc(page: _Page, document: Mapping[str, Any]) -> Oidc | None:
    if "oidc" not in document:
        return None
    read_ = _alone(page, document, "oidc", OIDC)
    missing = [key for key in ("issuer", "client_id", "client_secret") if key not in read_]
    for key in missing:
        page.object(page.line_of("oidc", 0), f"[oidc] needs {key!r}")
    return None if missing else Oidc(**read_)


def _unknown(what: str, name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}"
    return f"unknown {what} {name!r}: {meant}"


def _section(
    page: _Page, document: Mapping[str, Any], section: str
) -> list[tuple[int, dict[str, Any]]]:
    entries = document.get(section, [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        page.object(page.line_of(section, 0), f"write [[{section}]] with two brackets")
        return []
    readers, required = SECTIONS[section]
    found: list[tuple[int, dict[str, Any]]] = []
    names: set[str] = set()
    for index, entry in enumerate(entries):
        line_of = partial(page.line_of, section, index)
        read_ = _read_keys(page, section, line_of, entry, readers, required)
        name = read_.get("name", "")
        if name in names:
            page.object(page.line_of(section, index), f"a second {section} is called {name!r}")
        names.add(name)
        found.append((index, read_))
    return found


def _read_keys(
    page: _Page,
    section: str,
    line_of: Callable[[str], int],
    entry: Mapping[str, Any],
    readers: Mapping[str, Reader],
    required: frozenset[str],
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in entry.items():
        line = line_of(key)
        if key not in readers:
            if section == "check":
                values[key] = value  # an option of its kind: judged with the kind
            else:
                page.object(line, f"[{section}] " + _unknown("key", key, tuple(readers)))
            continue
        try:
            values[key] = readers[key](value)
        except (Invalid, TypeError) as problem:
            page.object(line, f"[{section}] {key} {_reason(problem)}")
    for key in sorted(required - entry.keys()):
        page.object(line_of(""), f"[[{section}]] needs {key!r}")
    return values


def _reason(problem: Exception) -> str:
    hint = getattr(problem, "hint", "")
    said = str(problem)
    return f"{said.rstrip('.')}. {hint.rstrip('.')}" if hint else said


def _workspace(
    page: _Page,
    main: Mapping[str, Any],
    parts: Mapping[str, list[tuple[int, dict[str, Any]]]],
    directory: str,
) -> Workspace:
    host, port = main.get("listen", ("127.0.0.1", 8377))
    data = main.get("data_directory", ".tocsin")
    return Workspace(
        directory=directory,
        data_directory=data,
        database=main.get("database", ""),
        listen_host=host,
        listen_port=port,
        public_url=main.get("public_url", f"http://{host}:{port}").rstrip("/"),
        services=_built(Service, parts["service"], {"name": "", "policy": ""}),
        people=_built(Person, parts["person"], {"name": ""}),
        policies=tuple(_policy(page, index, entry) for index, entry in parts["policy"]),
        channels=_built(Channel, parts["channel"], {"name": "", "kind": ChannelKind.CONSOLE}),
        targets=_built(Target, parts["target"], {"name": "", "kind": TargetKind.LOCAL}),
        secrets=_built(Secret, parts["secret"], {"name": ""}),
        sources=_built(Source, parts["source"], {"name": "", "kind": SourceKind.GENERIC}),
        checks=tuple(_check(page, index, entry) for index, entry in parts["check"]),
        metrics=tuple(_metric(page, index, entry) for index, entry in parts["metric"]),
        commands=_commands(page, parts["command"]),
        parameters=tuple(_parameter(page, index, entry) for index, entry in parts["parameter"]),
        runbook_url=main.get("runbook_url", ""),
    )


def _built(
    kind: Any, entries: list[tuple[int, dict[str, Any]]], missing: Mapping[str, Any]
) -> tuple[Any, ...]:
    """Return values of `kind`; what a mistake left out is filled in, since all are reported."""
    return tuple(kind(**{**missing, **entry}) for _, entry in entries)


def _policy(page: _Page, index: int, entry: Mapping[str, Any]) -> Policy:
    levels = []
    for place, level in enumerate(entry.get("level", [])):
        if not isinstance(level, dict):
            page.object(page.line_of("policy", index), "write levels as [[policy.level]]")
            continue
        line_of = partial(page.line_of_level, index, place)
        read_ = _read_keys(page, "policy.level", line_of, level, LEVEL, frozenset(LEVEL))
        people, patience = read_.get("people", ()), read_.get("patience", timedelta(minutes=5))
        levels.append(Level(people=people, patience=patience))
    if not levels:
        page.object(page.line_of("policy", index), "[[policy]] needs at least one [[policy.level]]")
    return Policy(name=entry.get("name", ""), levels=tuple(levels), repeat=entry.get("repeat", 0))


def _check(page: _Page, index: int, entry: Mapping[str, Any]) -> Check:
    known = {key: value for key, value in entry.items() if key in CHECK}
    options = {key: value for key, value in entry.items() if key not in CHECK}
    kind = known.get("kind")
    if kind is not None:
        for sentence in wrong_options(kind, options):
            key = next((name for name in options if repr(name) in sentence), "")
            page.object(page.line_of("check", index, key), f"[check] {sentence}")
        _read_url(page, "check", index, kind, options.get("url"))
    filled = {"name": "", "kind": CheckKind.HTTP, "alert": "", **known}
    return Check(**filled, options=options)


def _metric(page: _Page, index: int, entry: Mapping[str, Any]) -> Metric:
    name = entry.get("name", "")
    missing = {"name": "", "shape": Shape.GAUGE, "unit": Unit.COUNT, "series": ""}
    words = entry.get("words") or tuple(name.split())
    without = "|".join(entry.get("without", ()))
    metric = Metric(**{**missing, **entry, "words": words, "without": without})
    is_part = metric.shape in (Shape.SHARE, Shape.FRACTION)
    wrong = [
        ("whole", is_part and not metric.whole, "[metric] of this shape needs 'whole'"),
        ("states", metric.unit is Unit.STATE and not metric.states, "[metric] needs its 'states'"),
        (
            "complement",
            metric.complement and metric.unit is not Unit.RATIO,
            "[metric] complement is for the unit ratio",
        ),
    ]
    for key, is_wrong, what in wrong:
        if is_wrong:
            page.object(page.line_of("metric", index, key), what)
    return metric


def _commands(page: _Page, entries: list[tuple[int, dict[str, Any]]]) -> tuple[Tool, ...]:
    """Return the team's own commands; objects to each whose examples are judged otherwise."""
    whole = [(index, entry) for index, entry in entries if entry.keys() >= {"name", "match"}]
    tools = [
        (index, tool_of({**entry, "name": lookup_name(entry["name"])})) for index, entry in whole
    ]
    own = tuple(tool for _, tool in tools)
    for index, tool in tools:
        for key, sentence in wrong_with(tool, own):
            page.object(page.line_of("command", index, key), f"[command] {key} {sentence}")
    return own


def _parameter(page: _Page, index: int, entry: Mapping[str, Any]) -> ParameterSetting:
    found = ParameterSetting(**{"name": "", **entry})
    chosen = found.type is ParameterType.ONE_OF
    if chosen != bool(found.choices):
        what = "[parameter] of type 'one of' needs its 'choices', and no other has any"
        page.object(page.line_of("parameter", index, "choices"), what)
    if found.default and found.type is ParameterType.FREE_TEXT:
        what = "[parameter] default: free text is only ever given by a person"
        page.object(page.line_of("parameter", index, "default"), what)
    elif found.default and found.type is not None:
        _read_default(page, index, found, found.type)
    return found


def _read_default(page: _Page, index: int, found: ParameterSetting, kind: ParameterType) -> None:
    parameter = Parameter(
        name=found.name, type=kind, placeholder="", pattern=found.pattern, choices=found.choices
    )
    try:
        check_value(parameter, found.default)
    except Invalid as problem:
        line = page.line_of("parameter", index, "default")
        page.object(line, f"[parameter] default {_reason(problem)}")


def _refer(page: _Page, workspace: Workspace) -> None:
    """Object to every name that is referred to and does not exist."""
    channels = {each.name for each in workspace.channels}
    people = {each.name for each in workspace.people}
    for index, person in enumerate(workspace.people):
        _must_exist(
            page,
            "person",
            page.line_of("person", index, "channels"),
            "channels",
            person.channels,
            channels,
        )
        if not person.channels:
            page.object(page.line_of("person", index), "[person] needs at least one channel")
    for index, policy in enumerate(workspace.policies):
        for place, level in enumerate(policy.levels):
            line = page.line_of_level(index, place, "people")
            _must_exist(page, "policy.level", line, "people", level.people, people)
    _refer_oidc(page, workspace)
    for index, service in enumerate(workspace.services):
        _refer_service(page, workspace, index, service)
    secrets = {each.name for each in workspace.secrets}
    for index, channel in enumerate(workspace.channels):
        _must_exist(
            page,
            "channel",
            page.line_of("channel", index, "secret"),
            "secret",
            [channel.secret],
            {*secrets, ""},
        )
        _need_for_kind(page, "channel", index, channel.kind is ChannelKind.SMTP, "url", channel.url)
        _read_url(page, "channel", index, channel.kind, channel.url)
        if channel.kind is ChannelKind.SMTP and not channel.sender:
            page.object(page.line_of("channel", index), "[channel] of kind smtp needs 'sender'")
    _refer_targets(page, workspace)
    _refer_audit(page, workspace, channels)


def _refer_audit(page: _Page, workspace: Workspace, channels: set[str]) -> None:
    name = workspace.audit.checkpoint_channel
    line = page.line_of("audit", 0, "checkpoint_channel")
    _must_exist(page, "audit", line, "checkpoint_channel", [name], {*channels, ""})
    if name and not workspace.audit.checkpoint_to:
        page.object(line, "[audit] checkpoint_channel needs 'checkpoint_to', the address on it")


def _refer_service(page: _Page, workspace: Workspace, index: int, service: Service) -> None:
    policies = {each.name for each in workspace.policies}
    targets = {each.name for each in workspace.targets}
    secrets = {each.name for each in workspace.secrets}
    if service.policy:
        _must_exist(
            page,
            "service",
            page.line_of("service", index, "policy"),
            "policy",
            [service.policy],
            policies,
        )
    _must_exist(
        page,
        "service",
        page.line_of("service", index, "targets"),
        "targets",
        service.targets,
        targets,
    )
    _must_exist(
        page,
        "service",
        page.line_of("service", index, "secrets"),
        "secrets",
        service.secrets,
        secrets,
    )


def _refer_oidc(page: _Page, workspace: Workspace) -> None:
    if workspace.oidc is None:
        return
    services = {each.name for each in workspace.services} | {EVERYWHERE}
    secrets = {each.name for each in workspace.secrets}
    line = page.line_of("oidc", 0, "client_secret")
    _must_exist(page, "oidc", line, "client_secret", [workspace.oidc.client_secret], secrets)
    named = [grant.service for grant in workspace.oidc.roles.values()]
    _must_exist(page, "oidc", page.line_of("oidc.roles", 0), "roles", named, services)


def _refer_targets(page: _Page, workspace: Workspace) -> None:
    targets = {each.name for each in workspace.targets}
    for index, target in enumerate(workspace.targets):
        addressed = target.kind not in MACHINES
        _need_for_kind(page, "target", index, addressed, "url", target.url)
        for key, wrong in wrong_keys(target):
            page.object(page.line_of("target", index, key), f"[target] {wrong}")
        _read_url(page, "target", index, target.kind, target.url)
        _read_url(page, "target", index, target.kind, target.change_url, key="change_url")
        _refer_logins(page, workspace, index, target)
    for index, secret in enumerate(workspace.secrets):
        if sum(map(bool, (secret.environment, secret.file, secret.command))) != 1:
            what = "[secret] needs exactly one of environment, file, command"
            page.object(page.line_of("secret", index), what)
    for index, check in enumerate(workspace.checks):
        named = check.options.get("target")
        if isinstance(named, str):
            _must_exist(
                page, "check", page.line_of("check", index, "target"), "target", [named], targets
            )


def _refer_logins(page: _Page, workspace: Workspace, index: int, target: Target) -> None:
    """Object to logins that a target of its kind does not have, and to secrets that are not."""
    secrets = {each.name for each in workspace.secrets}
    for key in ("password", "change_url", "change_password"):
        line, value = page.line_of("target", index, key), getattr(target, key)
        if value and target.kind not in STORES:
            page.object(line, f"[target] {key} is for targets that are {_STORES}")
        elif value and key != "change_url":
            _must_exist(page, "target", line, key, [value], secrets)
    if target.change_password and not target.change_url:
        line = page.line_of("target", index, "change_password")
        page.object(line, "[target] change_password needs 'change_url'")


def _read_url(
    page: _Page, section: str, index: int, kind: StrEnum, url: object, *, key: str = "url"
) -> None:
    """Object to an address that what is of this kind cannot use; one that lacks is not ours."""
    if isinstance(url, str) and url and kind in URLS:
        try:
            URLS[kind](url)
        except Invalid as problem:
            line = page.line_of(section, index, key)
            page.object(line, f"[{section}] {key} {_reason(problem)}")


def _need_for_kind(
    page: _Page, section: str, index: int, needed: bool, key: str, value: str
) -> None:
    if needed and not value:
        page.object(page.line_of(section, index), f"[{section}] of this kind needs {key!r}")


def _must_exist(
    page: _Page, section: str, line: int, key: str, names: Sequence[str], known: set[str]
) -> None:
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            meant = f": did you mean {close[0]!r}?" if close else ""
            page.object(line, f"[{section}] {key} names {name!r}, which is not set up{meant}")


STARTER = """\
# What Tocsin needs to know beside your runbooks. `tocsin doctor` says what works.
# docs/reference/configuration.md describes every key.

[tocsin]
data_directory = ".tocsin"        # the SQLite database; nobody else may read it
listen = "127.0.0.1:8377"         # where the console and the API answer
public_url = "http://127.0.0.1:8377"  # what links in pages start with
# database = "postgresql://tocsin@db/tocsin"   # instead of SQLite

[[channel]]                       # how pages travel: smtp, webhook or console
name = "console"
kind = "console"

# [[channel]]
# name = "mail"
# kind = "smtp"
# url = "smtp://127.0.0.1:25"     # or smtps://…; starttls = true; username, secret
# sender = "tocsin@example.org"

[[person]]
name = "me"
channels = ["console"]
roles = ["on-call engineer"]      # what your runbooks call this person

[[policy]]
name = "everybody"
repeat = 2                        # after the last level, start over twice

[[policy.level]]
people = ["me"]
patience = "5m"                   # then the next level; a runbook's own clock wins

[[target]]                        # where statements run: this machine, a database, Prometheus …
name = "here"
kind = "local"

[[service]]
name = "my-service"
match = []                        # e.g. ['service="shop"', 'env=~"prod.*"']; none: every alert
runbooks = ["runbook.md"]         # your Markdown, as it is
policy = "everybody"
targets = ["here"]
soak = "10m"                      # watched this long before it counts as resolved

# [[source]]                      # `tocsin source token alertmanager` makes the token
# name = "alertmanager"
# kind = "alertmanager"
# token_sha256 = ""

# [[check]]                       # our own probes, if you have no Prometheus
# name = "front page"
# kind = "http"
# alert = "SiteDown"
# url = "https://example.org/health"
# interval = "30s"
# fire_after = 3
"""
"""What `tocsin init` writes."""
