"""Where the values of parameters come from: the alert's labels, the team's settings, a person.

What a label says is used with nobody asked only where it chooses no host and no file. Whatever
does not fit its parameter is left out: then a person has to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tocsin.core.parameter import (
    Parameter,
    ParameterSetting,
    ParameterType,
    ValueSource,
    fits,
    folded,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that is known when a run is planned."""

    labels: Mapping[str, str] = field(default_factory=dict)  # of the alert that opened it
    alert: str = ""  # its name
    settings: Sequence[ParameterSetting] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)  # of the service, by name
    kept: Sequence[Parameter] | None = None  # as they were: where it is planned again


def with_values(parameters: Sequence[Parameter], known: Known) -> tuple[Parameter, ...]:
    """Return the parameters typed as the team has it, with the values that are known."""
    return tuple(_with_value(_typed(each, known), known) for each in parameters)


def _setting(parameter: Parameter, known: Known) -> ParameterSetting | None:
    wanted = folded(parameter.name)
    return next((each for each in known.settings if folded(each.name) == wanted), None)


def _typed(parameter: Parameter, known: Known) -> Parameter:
    setting = _setting(parameter, known)
    if setting is None:
        return parameter
    return replace(
        parameter,
        type=setting.type or parameter.type,
        pattern=setting.pattern or ("" if setting.type else parameter.pattern),
        choices=setting.choices,
    )


def _with_value(parameter: Parameter, known: Known) -> Parameter:
    """Return it with the first value that fits: of a label, of the service, of all services."""
    if known.kept is not None:
        return _as_kept(parameter, known.kept)
    if parameter.type is ParameterType.FREE_TEXT:
        return parameter
    for value, source, origin in _said(parameter, known):
        if fits(parameter, value):
            return replace(parameter, value=value, source=source, origin=origin)
    return parameter


def _as_kept(parameter: Parameter, kept: Sequence[Parameter]) -> Parameter:
    for was in kept:
        if was.name == parameter.name and was.value is not None and fits(parameter, was.value):
            return replace(parameter, value=was.value, source=was.source, origin=was.origin)
    return parameter


def _said(parameter: Parameter, known: Known) -> list[tuple[str, ValueSource, str]]:
    setting, wanted = _setting(parameter, known), folded(parameter.name)
    by_label = folded(setting.label) if setting and setting.label else wanted
    said = [
        (value, ValueSource.LABEL, f"label {name} of {known.alert}")
        for name, value in known.labels.items()
        if folded(name) == by_label
    ]
    said += [
        (value, ValueSource.SETTINGS, f"tocsin.toml, service.parameters.{name}")
        for name, value in known.defaults.items()
        if folded(name) == wanted
    ]
    if setting and setting.default:
        said.append((setting.default, ValueSource.SETTINGS, f"tocsin.toml, {setting.name}"))
    return said
