"""What is thought of a statement whose placeholders are variables, before and after it has values.

A judge that sees only `"${TOCSIN_P_POD}"` cannot tell a pod from a file of secrets. So it is asked
twice: with a harmless value of each type, and with the values themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tocsin.core.parameter import Parameter, ParameterType
from tocsin.core.risk import Risk, Verdict, worst
from tocsin.core.runbook import Language

Judge = Callable[[str], Verdict]

_PLAIN = re.compile(r"[A-Za-z0-9._:@/+-]+")
_HARMLESS = {
    ParameterType.HOST: "tocsinp{}.test",
    ParameterType.INTEGER: "7310{}",
    ParameterType.PATH: "/var/log/tocsinp{}.log",
    ParameterType.DURATION: "731{}s",
}


def harmless(parameters: Sequence[Parameter]) -> dict[str, str]:
    """Return a value of each parameter's type that names nothing, by the parameter's variable."""
    return {
        each.variable: _HARMLESS.get(each.type, "tocsinp{}").format(number)
        for number, each in enumerate(parameters, start=1)
    }


def written_out(text: str, language: Language, values: Mapping[str, str]) -> str:
    """Return the text with values in it, for eyes only: nothing of this ever runs."""
    for variable in sorted(values, key=len, reverse=True):
        if language is Language.SQL:
            text = text.replace(f":{variable}", f"'{values[variable]}'")
        else:
            text = text.replace(f"${{{variable}}}", values[variable])
    return text


def taken_back(text: str, values: Mapping[str, str]) -> str:
    """Return a text written out with harmless values as it is with variables."""
    for variable in sorted(values, key=lambda each: len(values[each]), reverse=True):
        text = text.replace(values[variable], f"${{{variable}}}")
    return text


def with_harmless(
    text: str, language: Language, parameters: Sequence[Parameter], judged: Judge
) -> Verdict:
    """Return the verdict on a statement whatever its values are, as long as they are harmless."""
    values = harmless(parameters)
    verdict = judged(written_out(text, language, values))
    if verdict.rewrite is None:
        return verdict
    rewrite = taken_back(verdict.rewrite, values)
    if any(f"${{{variable}}}" not in rewrite for variable in values):
        return replace(verdict, auto=False, rewrite=None)
    return replace(verdict, rewrite=rewrite)


def with_values_in(
    harmless_: Verdict,
    text: str,
    language: Language,
    parameters: Sequence[Parameter],
    judged: Judge,
) -> Verdict:
    """Return the stricter of the verdict on any harmless values and that on the ones there are.

    Args:
        harmless_: What `with_harmless` said.
        text: What would run: the bounded form where there is one.
        language: Of the text. A value that a database or Prometheus takes changes nothing.
        parameters: Those of the statement; all have a value.
        judged: Judges a text without any variables of ours.
    """
    if language is not Language.BASH:
        return harmless_
    now = _with_their_values(text, parameters, judged)
    if now.auto and now.rewrite is None:
        return harmless_
    return Verdict(
        risk=worst([harmless_.risk, now.risk]),
        rewrite=harmless_.rewrite,
        why=tuple(dict.fromkeys((*now.why, *harmless_.why))) if harmless_.auto else harmless_.why,
    )


def _with_their_values(text: str, parameters: Sequence[Parameter], judged: Judge) -> Verdict:
    values = {each.variable: each.value or "" for each in parameters}
    if not all(_PLAIN.fullmatch(value) for value in values.values()):
        return Verdict(risk=Risk.READ, why=("a value in it is more than one plain word",))
    return judged(written_out(text, Language.BASH, values))


def bound_of(parameters: Sequence[Parameter]) -> tuple[tuple[str, str], ...]:
    """Return names and values of the parameters that have one which may be used."""
    return tuple((each.name, each.value) for each in parameters if each.bound and each.value)
