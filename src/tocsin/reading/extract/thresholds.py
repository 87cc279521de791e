"""Figures a document ties to a playbook: `>5% error rate for 5 minutes`, `(p95 > 2s)`."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from tocsin.core.runbook import Threshold
from tocsin.reading.extract.fields import ALERT_NAME
from tocsin.reading.extract.words import duration_in

_UNIT = (
    r"(?P<unit>%|percent\b|ms\b|milliseconds?\b|seconds?\b|s\b|sec\b|minutes?\b|min\b|hours?\b"
    r"|days?\b|[KMGT]i?B\b|req/s\b|/s\b)?"
)
_COMPARED = re.compile(
    r"(?P<sign>>=|<=|==|>|<|≥|≤|\b(?:above|over|exceed(?:s|ed|ing)?|cross(?:es|ed)|below|under"
    r"|at least|at most|(?:more|greater|higher|less|lower) than)\b)\s*"
    r"(?:(?:the|an?|its) (?:\w+ )?(?:threshold|limit) of )?\$?"
    r"(?P<value>\d[\d,]*(?:\.\d+)?)\s*" + _UNIT,
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"(?<![\d.])(?P<low>\d+(?:\.\d+)?)\s*%?\s*(?:-|–|to)\s*(?P<high>\d+(?:\.\d+)?)\s*"
    r"(?P<unit>%|ms\b|s\b)"
)
_STATE = re.compile(
    r"^(?P<metric>.*\S)\s+(?:is\s+|are\s+)?(?P<state>failing|failed|open|closed|down|unreachable"
    r"|unavailable|unhealthy|exhausted|full|stopped|dead|missing|stale|firing|absent)\b",
    re.IGNORECASE,
)
_LENGTH = (
    r"(?:the last\s+|at least\s+|more than\s+|over\s+|[>≥]=?\s*)?"
    r"(?P<length>\d[\d.]*\s*[+-]?\s*(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|[smhd])\b)"
)
_LASTING = re.compile(rf"\b(?:for|in|within|over)\s+(?:a period of\s+)?{_LENGTH}", re.IGNORECASE)
_FOR = re.compile(rf"\bfor\W+(?:a |(?:duration|period) of )*{_LENGTH}", re.IGNORECASE)
_AT_LEAST = re.compile(
    r"(?<![\w.])(?P<value>\d[\d,]*)\+\s+(?P<metric>[a-z][a-z -]{2,40})", re.IGNORECASE
)
_EXACTLY = re.compile(
    r"^(?P<metric>[A-Za-z][\w /-]{2,60}?)\s+(?:is |at |of )?(?P<value>\d+(?:\.\d+)?)\s*%$"
)
_WARNING = re.compile(r"\((?P<value>\d+)[- ](?P<unit>day|hour)s?\s+warning\)", re.IGNORECASE)
_PARENTHESIS = re.compile(r"\(([^()]*)\)")

_SENTENCE_END = re.compile(r"[.;](?:\s+|$)")
_FIRES = re.compile(
    r"\b(?:(?:this|the|an?) )?(?:alert|alarm)?\s*(?:is (?:fired|triggered|raised)|fires|triggers"
    r"|goes off)\b(?: by [^,.]{2,60}?)?(?: (?:when(?:ever)?|if|once|because|on))?",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\s+(?:has|have|had)?\s*(?:been|is|are|was|were|being|stay(?:s|ed)?|rise[sn]?|rose|go(?:es)?"
    r"|gone|f[ae]ll(?:s|en)?|drop(?:s|ped)?|remain(?:s|ed)?|had)\s*$",
    re.IGNORECASE,
)
_IS_SO = re.compile(r"\b(?:is|are|been|was|were) (?:not )?\w+\W*$")
_CLAUSE = re.compile(r"\b(?:that|when|if|where|because)\b|\(")
_ALERT_FIRST = re.compile(rf"^\W*{ALERT_NAME.pattern}[\"”`*]*(?:\s*[,;:]|\s+[-–—])\s+")
_LONG = 60  # characters of a subject that is a sentence of its own
_ARTICLE = re.compile(r"^\W*(?:the|an?|its|this)\s+", re.IGNORECASE)
_MARKS = (">", "<", ">=", "<=", "==", "≥", "≤")
_SIGNS = {
    "≥": ">=", "at least": ">=", "≤": "<=", "at most": "<=",
    "above": ">", "over": ">", "more than": ">", "greater than": ">", "higher than": ">",
    "exceed": ">", "exceeds": ">", "exceeded": ">", "exceeding": ">",
    "crosses": ">", "crossed": ">",
    "below": "<", "under": "<", "less than": "<", "lower than": "<",
}  # fmt: skip
_UNITS = {
    "percent": "%",
    "seconds": "s",
    "second": "s",
    "sec": "s",
    "day": "days",
    "hour": "hours",
    "/s": "1/s",
    "req/s": "1/s",
}


def stated(text: str, line: int, metric: str) -> Threshold | None:
    """Return the threshold a field `Threshold: …` states; `metric` where it names none."""
    lasting = _lasting(text)
    words = _LASTING.sub("", text)
    return (
        _range(words, line, metric, lasting)
        or _compared(words, line, metric, lasting)
        or _state(words, line, lasting)
    )


def compared(text: str, line: int, metric: str) -> Threshold | None:
    """Return the threshold in a value that compares something with a number, else None."""
    lasting = _lasting(text)
    return _compared(_LASTING.sub("", text), line, metric, lasting)


def in_symptom(text: str, line: int, metric: str) -> Threshold | None:
    """Return the threshold in a symptom's parenthesis, or one it compares with a sign."""
    inside = in_parenthesis(text, line, metric)
    if inside is not None:
        return inside
    words = _LASTING.sub("", text)
    sign = _COMPARED.search(words)
    if sign is not None and (sign["sign"] in _MARKS or sign["unit"]):
        return _compared(words, line, metric, _lasting(text))
    return _counted(text, line)


def in_parenthesis(text: str, line: int, metric: str) -> Threshold | None:
    """Return the threshold in a parenthesis: `(p95 > 2s)`, `(checks failing for 5 minutes)`."""
    for inside in _PARENTHESIS.findall(text):
        lasting, words = _lasting(inside), _LASTING.sub("", inside)
        found = _compared(words, line, metric, lasting)
        if found is None and lasting is not None:
            found = _state(words, line, lasting)
        if found is not None:
            return found
    return None


def _counted(text: str, line: int) -> Threshold | None:
    """Return the threshold of `1000+ pending jobs` or of `Miss rate 100%`."""
    more, exactly = _AT_LEAST.search(text), _EXACTLY.match(text.strip())
    found = more or exactly
    if found is None:
        return None
    return Threshold(
        line=line,
        metric=found["metric"].strip(),
        comparator=">=" if more else "==",
        value=float(found["value"].replace(",", "")),
        unit="" if more else "%",
    )


def in_sentence(text: str, line: int, *, explains: bool = False) -> Threshold | None:
    """Return the threshold of `The p95 latency has been above 8 seconds for 10 minutes`.

    Sentences compare many things: it must be said for how long, or that the alert fires. Where
    the text `explains` what an alert means, a sign or a share is enough.
    """
    for sentence in _SENTENCE_END.split(text):
        lasting = _lasting(sentence)
        held = lasting if _FOR.search(sentence) else None  # else it is a window, or a forecast
        figure = _COMPARED.search(_LASTING.sub("", sentence)) if explains else None
        clear = figure is not None and (figure["sign"] in _MARKS or figure["unit"] == "%")
        if lasting is None and not clear and not _FIRES.search(sentence):
            continue
        words = _LASTING.sub("", _FIRES.sub("", sentence))
        found = _compared(words, line, "", held)
        if found is None and lasting is not None and _IS_SO.search(words):
            found = _state(words, line, lasting)
        if found is not None:
            return replace(found, metric=_subject(found.metric))
    return None


def _subject(metric: str) -> str:
    """Return what a sentence speaks of: without its verb and its article."""
    subject = _VERB.sub("", metric)
    if len(subject) > _LONG:
        clauses = [clause for clause in _CLAUSE.split(subject) if clause.strip()]
        subject = clauses[-1]
    return _ARTICLE.sub("", subject).strip(" ,(")


def in_heading(text: str, line: int) -> Threshold | None:
    """Return the threshold in a heading's parenthesis: `High Error Rate (2-5%)`."""
    metric = _PARENTHESIS.sub("", text).strip()
    for inside in _PARENTHESIS.findall(text):
        lasting = _lasting(inside)
        found = _range(inside, line, metric, lasting) or _compared(inside, line, metric, lasting)
        if found is not None:
            return found
    return None


def early_warning(text: str, line: int) -> Threshold | None:
    """Return the threshold of `Watch expiry (30-day warning)`: less than that is left."""
    found = _WARNING.search(text)
    if found is None:
        return None
    metric = text[: found.start()].strip()
    return Threshold(
        line=line, metric=metric, comparator="<", value=float(found["value"]),
        unit=f"{found['unit'].lower()}s",
    )  # fmt: skip


def _lasting(text: str) -> timedelta | None:
    found = _FOR.search(text) or _LASTING.search(text)
    return duration_in(found["length"]) if found else None


def _compared(text: str, line: int, metric: str, lasting: timedelta | None) -> Threshold | None:
    found = _COMPARED.search(text)
    if found is None:
        return None
    sign = found["sign"].lower()
    before = _ALERT_FIRST.sub("", text[: found.start()]).strip(" :,")
    after = text[found.end() :].strip(" :,.")
    unit = (found["unit"] or "").lower()
    return Threshold(
        line=line,
        metric=before or after or metric,
        comparator=_SIGNS.get(sign, sign),
        value=float(found["value"].replace(",", "")),
        unit=_UNITS.get(unit, unit) or _unit_behind(after),
        lasting=lasting,
    )


def _unit_behind(text: str) -> str:
    return "1/s" if re.search(r"/\s*s(ec(ond)?)?\b", text) else ""


def _range(text: str, line: int, metric: str, lasting: timedelta | None) -> Threshold | None:
    found = _RANGE.search(text)
    if found is None:
        return None
    return Threshold(
        line=line,
        metric=text[: found.start()].strip(" :,") or metric,
        comparator="between",
        value=(float(found["low"]), float(found["high"])),
        unit=found["unit"],
        lasting=lasting,
    )


def _state(text: str, line: int, lasting: timedelta | None) -> Threshold | None:
    found = _STATE.match(text.strip())
    if found is None:
        return None
    return Threshold(
        line=line,
        metric=found["metric"].lower(),
        comparator="==",
        value=found["state"].lower(),
        unit="state",
        lasting=lasting,
    )
