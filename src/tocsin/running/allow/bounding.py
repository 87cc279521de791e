"""What never ends by itself, and the form of it that does."""

from __future__ import annotations

import re

from tocsin.core.risk import Risk
from tocsin.reading.argv import Word
from tocsin.running.allow.judged import Judged

_FOLLOWS: dict[tuple[str, ...], tuple[str, str]] = {
    ("tail",): ("-n 100", r"-\w*n\w*|-\d+\w*|--lines.*|-c.*"),
    ("journalctl",): ("-n 100", r"-\w*n\d*|--lines.*"),
    ("docker", "logs"): ("--tail 100", r"-n\d*|--tail.*"),
    ("docker", "service", "logs"): ("--tail 100", r"-n\d*|--tail.*"),
    ("crictl", "logs"): ("--tail=100", r"--tail.*"),
    ("docker", "compose", "logs"): ("--tail 100", r"-n\d*|--tail.*"),
    ("kubectl", "logs"): ("--tail=100", r"--tail.*"),
    ("kubectl", "get"): ("", r".*"),
}
_HISTORIES = frozenset(
    {("git", "log"), ("git", "show"), ("git", "reflog"), ("git", "stash", "list")}
)
# What shows no end by itself: what bounds it, and which options do so already.
_ENDS: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {
    ("fly", "logs"): ((" --no-tail", r"--no-tail|-n"),),
    ("flyctl", "logs"): ((" --no-tail", r"--no-tail|-n"),),
    ("cf", "logs"): ((" --recent", r"--recent"),),
    ("stern",): ((" --no-follow", r"--no-follow"), (" --tail 100", r"--tail(=.*)?")),
    ("docker", "compose", "stats"): ((" --no-stream", r"--no-stream"),),
    ("docker", "stats"): ((" --no-stream", r"--no-stream"),),
    ("ping",): ((" -c 3", r"-\w*c.*"),),
    ("mtr",): ((" -r -c 10", r"-\w*r.*|--report.*"),),
}
_STREAMS: dict[tuple[str, ...], re.Pattern[str]] = {  # the option with which it never ends
    ("heroku", "logs"): re.compile(r"--tail|-t"),
}
_ROLLOUT = ("kubectl", "rollout", "status")
_SAMPLES = frozenset({("vmstat",), ("iostat",), ("mpstat",), ("sar",), ("pidstat",)})
_FOLLOW = re.compile(r"-f|-F|--follow(=\w+)?|-\d*f|-[a-vx-zA-Z]*f[a-zA-Z]*")
_WATCH = re.compile(r"-w|--watch(=true)?|--watch-only(=true)?")


def bounded(key: tuple[str, ...], args: list[Word], judged: Judged, last: Word) -> list[Word]:
    """Note what would never end, with what would bound it; return the arguments that end."""
    if key in _FOLLOWS:
        return _unfollowed(key, args, judged)
    if key in _STREAMS:
        return _streaming(key, args, judged)
    if key in _SAMPLES:
        return _sampled(args, judged)
    if key in _HISTORIES:
        _unsigned(key, args, judged, last)
    elif key in _ENDS:
        _ended(key, args, judged, last)
    elif key == _ROLLOUT and not any(re.match(r"--(timeout|watch)", word.text) for word in args):
        judged.fall("it may wait long", Risk.READ, (last.end, last.end, " --timeout=60s"))
    return args


def _ended(key: tuple[str, ...], args: list[Word], judged: Judged, last: Word) -> None:
    """Note each option that lacks without which it would never end."""
    for limit, limited in _ENDS[key]:
        if not any(re.fullmatch(limited, word.text) for word in args):
            judged.fall("it never ends", Risk.ENDLESS, (last.end, last.end, limit))


def _unsigned(key: tuple[str, ...], args: list[Word], judged: Judged, last: Word) -> None:
    """Note that git may run a program of its settings that checks signatures."""
    formed = any(re.match(r"--(oneline|format|pretty)\b", word.text) for word in args)
    if key[1] in ("log", "show") and not formed:
        why = "a setting may have a format that checks signatures"
        judged.fall(why, edit=(last.end, last.end, " --pretty=medium"))
    if not any(word.text == "--no-show-signature" for word in args):
        why = "a setting may have a program check signatures"
        judged.fall(why, edit=(last.end, last.end, " --no-show-signature"))


def _streaming(key: tuple[str, ...], args: list[Word], judged: Judged) -> list[Word]:
    """Note the option with which it never ends; return the arguments that end."""
    streams = _STREAMS[key]
    for word in args:
        if streams.fullmatch(word.text):
            judged.fall("it follows for ever", Risk.ENDLESS, (word.start - 1, word.end, ""))
    return [word for word in args if not streams.fullmatch(word.text)]


def _sampled(args: list[Word], judged: Judged) -> list[Word]:
    """Judge an interval without a count: that never ends. No figure at all means one look."""
    figures = [word for word in args if re.fullmatch(r"\d{1,2}", word.text)]
    if len(figures) == 1:
        end = figures[0].end
        judged.fall("it never ends", Risk.ENDLESS, (end, end, " 2"))
    if len(figures) < 2:
        return [*args, *[Word(text="1", start=0, end=0)] * (2 - len(figures))]
    return args


def _unfollowed(key: tuple[str, ...], args: list[Word], judged: Judged) -> list[Word]:
    """Note that it follows for ever; return the arguments that do not."""
    limit, limited = _FOLLOWS[key]
    has_limit = any(re.fullmatch(limited, word.text) for word in args)
    kept = []
    for word in args:
        if not (_WATCH if limit == "" else _FOLLOW).fullmatch(word.text):
            kept.append(word)
            continue
        rest = re.sub(r"[fF]", "", word.text) if not word.text.startswith("--") else ""
        rest = "" if rest in ("-", "-w") else rest
        kept += [Word(text=rest, start=word.start, end=word.end)] if rest else []
        instead = " ".join(part for part in ("" if has_limit else limit, rest) if part)
        judged.fall("it follows for ever", Risk.ENDLESS, (word.start, word.end, instead))
        has_limit = True
    return kept
