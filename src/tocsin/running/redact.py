"""Takes secrets and tricks out of output, as it streams, before anybody stores or sees it.

Output is looked at line by line, so nothing that stands in one line slips through between
two chunks, and memory stays bounded: of a line without an end only a window is held back.
Escape sequences go first, because they could stand in the middle of a secret. Known values
are found raw, as base64 (also where it is wrapped at 60 columns or more), hexadecimal, and as
URLs, JSON, HTML and shells escape them, each also within itself where that is usual. Not found:
any other transformation (reversed, encrypted, compressed, base32), hexadecimal in groups, and
text folded into short lines.
"""

from __future__ import annotations

import base64
import codecs
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from urllib.parse import quote, quote_plus

MARK = "[redacted]"
_SHORTEST = 4  # shorter values would blacken half of every text
_SHORTEST_INSIDE = 6  # … to look for in the middle of other base64
_LONGEST_LINE = 32 * 1024  # characters held of a line that does not end
_WINDOW = 4 * 1024  # of them held back when it is cut: more than any secret we know
_LONGEST_ESCAPE = 4 * 1024
_FEW = 4  # alternatives that a pattern tries one after the other
_DEEPEST = 16  # characters of them that it tells apart one by one

_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|[\]PX^_][^\x07\x1b\n]{0,4000}(?:\x07|\x1b\\)"  # OSC, DCS and their like, with their end
    r"|[ -/]{1,4}[0-~]|[78=>])"  # character sets, cursor and keypad; no single letters: they
    # could be the first of a secret, which would then not be found
)
_ESCAPE_OR_LONE = re.compile(f"{_ESCAPE.pattern}|\x1b")
_OPEN_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\n]*\x1b?|[ -/]*)\Z")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)

_KEY_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_VALUE = r"(?:\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?|[^\s\"'&,;]+)"
_PATTERNS = (
    r"(?P<k1>authorization[\"']?\s{0,8}[:=]\s{0,8}[\"']?(?:(?:basic|bearer|token|digest)\s{1,8})?)"
    r"[^\s\"',]+",
    r"(?P<k2>\bbearer\s{1,8})[A-Za-z0-9._~+/=-]{8,}",
    r"(?P<k3>(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key"
    r"|secret[_-]?access[_-]?key|private[_-]?key|client[_-]?secret)[\"']?\s{0,8}[=:]\s{0,8})"
    + _VALUE,
    r"(?P<k4>\b[a-z][a-z0-9+.-]{0,20}://[^\s:/@]{0,128}:)[^\s/@]{1,512}(?=@)",
    r"(?<![A-Za-z0-9])(?-i:A(?:KIA|SIA|GPA|IDA|ROA|NPA)[A-Z0-9]{16})(?![A-Za-z0-9])",
    r"(?<![A-Za-z0-9_-])(?-i:eyJ)[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
    r"(?<![A-Za-z0-9])(?-i:sk-|gh[pousr]_|github_pat_|glpat-|xox[abprs]-)[A-Za-z0-9_-]{16,}",
)
_NARROWEST = 60  # columns at which tools wrap base64 and hexadecimal: 60, 64, 72, 76
_WRAPPED = re.compile(rf"[A-Za-z0-9+/_-]{{{_NARROWEST},}}")
_REST_OF_TOKEN = re.compile(r"[^\s\"'&,;@]*")


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return `text` as a `Redactor` lets it through."""
    redactor = Redactor(secrets)
    return redactor.feed(text.encode(errors="surrogatepass")) + redactor.close()


def mask(text: str, secrets: frozenset[str]) -> str:
    """Return the text with known secrets marked and everything else as it is."""
    known = _sought(secrets).known
    return known.sub(MARK, text) if known else text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sought:
    """What is looked for: compiled once for as long as the secrets are the same."""

    known: re.Pattern[str] | None
    all: re.Pattern[str]
    longest: int  # characters of the longest known form


@lru_cache(maxsize=4)
def _sought(secrets: frozenset[str]) -> _Sought:
    forms = set(_all_forms(secrets))
    known = f"(?-i:{_any_of(forms)})" if forms else ""
    patterns = [known, *_PATTERNS] if known else [*_PATTERNS]
    return _Sought(
        known=re.compile(known) if known else None,
        all=re.compile("|".join(patterns), re.IGNORECASE),
        longest=max(map(len, forms), default=0),
    )


def _any_of(texts: Collection[str], depth: int = 0) -> str:
    """Return a pattern that matches any of the texts, and of several that fit the longest.

    Alternatives that begin alike are written as one, so that a thousand secrets are looked
    for about as fast as ten.
    """
    if len(texts) <= _FEW or depth == _DEEPEST:
        return "|".join(map(re.escape, sorted(texts, key=len, reverse=True)))
    by_first: dict[str, set[str]] = {}
    for text in texts:
        by_first.setdefault(text[:1], set()).add(text[1:])
    ends = by_first.pop("", None)  # one of the texts ends here: taken if no longer one fits
    branches = [
        f"{re.escape(first)}(?:{_any_of(rests, depth + 1)})" for first, rests in by_first.items()
    ]
    return "|".join([*branches, ""] if ends else branches)


class Redactor:
    """Feed it bytes as they come; show and store only what it returns."""

    def __init__(self, secrets: Iterable[str]) -> None:
        sought = _sought(frozenset(secrets))
        self._known = sought.known
        self._sought = sought.all
        self._window = max(_WINDOW, 2 * sought.longest)
        self._longest = _LONGEST_LINE + self._window
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._undecided = ""  # an escape sequence or line end that may go on
        self._wrapped: list[str] = []  # lines of base64 of which the last may go on
        self._line: list[str] = []  # pieces of a line that has not ended
        self._length = 0
        self._in_key = False
        self._in_token = False

    def feed(self, chunk: bytes) -> str:
        """Take the next piece; return what is safe to show so far."""
        return self._take(self._decoder.decode(chunk), last=False)

    def close(self) -> str:
        """Return the rest. There is nothing to feed after that."""
        text = self._take(self._decoder.decode(b"", final=True), last=True)
        if not self._wrapped:
            return text + self._flush(everything=True)
        self._wrapped.append("".join(self._line))
        self._line, self._length = [], 0
        return text + self._release(keep=0).removesuffix("\n")

    def _take(self, text: str, *, last: bool) -> str:
        text = self._plain(self._undecided + text, last=last)
        *ended, rest = text.split("\n")
        shown = []
        for line in ended:
            self._hold(line)
            shown.append(self._end_line())
        while rest:
            self._hold(rest[: self._longest])
            rest = rest[self._longest :]
            if self._length > self._longest:
                shown.append(self._before_a_long_line())
                shown.append(self._flush(everything=False))
        return "".join(shown)

    def _plain(self, text: str, *, last: bool) -> str:
        """Return the text without escape sequences and with whatever hides made visible."""
        self._undecided = ""
        if not last:
            start = _start_of_undecided(text)
            text, self._undecided = text[:start], text[start:]
        # In one pass: what is left when a sequence is gone must not make another with the rest.
        text = _ESCAPE_OR_LONE.sub(lambda found: "" if len(found[0]) > 1 else "\\x1b", text)
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return _UNSEEN.sub(_visible, text)

    def _end_line(self) -> str:
        """Return what is safe now that the line has ended.

        A line of base64 that may go on in the next is kept, and looked through with it.
        """
        if not self._known or self._in_key or self._in_token:
            return self._shown_line()
        line = "".join(self._line)
        goes_on = bool(_WRAPPED.fullmatch(line))
        if not goes_on and not self._wrapped:
            return self._shown_line()
        self._line, self._length = [], 0
        self._wrapped.append(line)
        if not goes_on:
            return self._release(keep=0)
        too_much = sum(map(len, self._wrapped)) > self._longest
        return self._release(keep=self._window // _NARROWEST) if too_much else ""

    def _before_a_long_line(self) -> str:
        """Return the lines that were kept, before a line without end is shown in pieces."""
        line, length = self._line, self._length
        self._line, self._length = [], 0
        shown = self._release(keep=0)
        self._line, self._length = line, length
        return shown

    def _shown_line(self) -> str:
        shown = self._flush(everything=True)
        return shown if self._in_key else f"{shown}\n"

    def _release(self, *, keep: int) -> str:
        """Return the lines of base64 that were kept, but for the last few."""
        lines = _marked_across(self._wrapped, self._known) if self._known else []
        upto = len(lines) - keep
        self._wrapped = lines[upto:]
        shown = []
        for line in lines[:upto]:
            self._hold(line)
            shown.append(self._shown_line())
        return "".join(shown)

    def _hold(self, piece: str) -> None:
        self._line.append(piece)
        self._length += len(piece)

    def _flush(self, *, everything: bool) -> str:
        """Return what is safe of the line; unless `everything`, hold its last window back."""
        line = "".join(self._line)
        shown, kept = self._cleaned(line, len(line) if everything else len(line) - self._window)
        self._line, self._length = ([kept] if kept else []), len(kept)
        if everything:
            self._in_token = False
        return shown

    def _cleaned(self, line: str, upto: int) -> tuple[str, str]:
        """Return what may be shown of the line's first `upto` characters, and what to keep."""
        shown: list[str] = []
        at = self._after_token(line)
        while at < upto:
            if self._in_key:
                at = self._after_key(line, at, upto)
                continue
            begin = _KEY_BEGIN.search(line, at)
            limit = begin.start() if begin else upto
            at = self._sweep(line, at, min(limit, upto), whole=upto == len(line), shown=shown)
            if begin and at >= begin.start() and begin.start() < upto:
                shown.append(MARK)
                self._in_key, at = True, begin.end()
            elif at < upto:
                break
        return "".join(shown), line[at:]

    def _after_token(self, line: str) -> int:
        """Return where a token ends whose start was redacted in a piece shown before."""
        if not self._in_token:
            return 0
        rest = _REST_OF_TOKEN.match(line)
        end = rest.end() if rest else 0
        self._in_token = end == len(line)
        return end

    def _after_key(self, line: str, at: int, upto: int) -> int:
        """Return where a private key ends, or `upto` if it goes on."""
        end = _KEY_END.search(line, at)
        if end:
            self._in_key = False
            return end.end()
        return max(at, upto)

    def _sweep(self, line: str, at: int, upto: int, *, whole: bool, shown: list[str]) -> int:
        """Append line[at:upto] with secrets marked; return how far it is dealt with.

        A match that reaches beyond `upto` is left for the next time, when more of it is
        there, unless it is longer than everything we hold: then the rest is swallowed.
        """
        for match in self._sought.finditer(line, at):
            if match.start() >= upto:
                break
            if not whole and match.end() > upto and match.start() > 0:
                shown.append(line[at : match.start()])
                return match.start()
            shown.append(line[at : match.start()])
            shown.append(f"{self._label(match)}{MARK}")
            at = match.end()
            self._in_token = not whole and at == len(line)
        if at < upto:
            shown.append(line[at:upto])
        return max(at, upto)

    def _label(self, match: re.Match[str]) -> str:
        """Return what stands before the secret and says what it is, as in `password=`.

        It may hold a secret itself: what looks like the scheme of an address may end in one.
        """
        label = next((text for text in match.groups() if text), "")
        return self._known.sub(MARK, label) if self._known else label


def _marked_across(lines: list[str], known: re.Pattern[str]) -> list[str]:
    """Return the lines with what is known marked, also where it goes over their ends."""
    spans = [found.span() for found in known.finditer("".join(lines))]
    marked, at = [], 0
    for line in lines:
        marked.append(_without(line, at, spans))
        at += len(line)
    return marked


def _without(line: str, at: int, spans: list[tuple[int, int]]) -> str:
    """Return a line, which starts at `at`, without its share of the spans."""
    shown, done = "", 0
    for start, end in spans:
        first, last = max(start - at, 0), min(end - at, len(line))
        if first < last:
            shown += line[done:first] + (MARK if start >= at else "")
            done = last
    return shown + line[done:]


def _start_of_undecided(text: str) -> int:
    """Return where an escape sequence or line end starts that the next chunk may complete."""
    begin = max(0, len(text) - _LONGEST_ESCAPE)
    for match in _ESCAPE.finditer(text, begin):
        begin = match.end()
    escape = _OPEN_ESCAPE.search(text, begin)
    if escape:
        return escape.start()
    return len(text) - 1 if text.endswith("\r") else len(text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 256:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _all_forms(secrets: Iterable[str]) -> Iterator[str]:
    for secret in secrets:
        whole = secret.strip("\r\n")
        for value in {whole, *whole.splitlines()}:
            if len(value) >= _SHORTEST:
                yield from (form for form in _forms(value) if len(form) >= _SHORTEST)


def _forms(value: str) -> Iterator[str]:
    """Yield the ways in which `value` may be written within one line."""
    raw = value.encode(errors="surrogatepass")
    yield _UNSEEN.sub(_visible, value)
    for escaped in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
        yield from (escaped, escaped.replace("/", "\\/"))
    for quoted in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield from (quoted, re.sub("%..", lambda match: match[0].lower(), quoted))
    yield from _for_a_shell(value)
    yield escape(value)
    yield repr(value)[1:-1]
    yield quote(quote(raw, safe=""), safe="")
    yield json.dumps(json.dumps(value)[1:-1])[1:-1]
    yield from (raw.hex(), raw.hex().upper())
    for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        yield encoded.decode().rstrip("=")
    if len(raw) >= _SHORTEST_INSIDE:
        yield from _inside_base64(raw)


def _for_a_shell(value: str) -> Iterator[str]:
    """Yield what `set -x`, `printf %q` and `declare -p` make of it."""
    yield value.replace("'", "'\\''")
    yield re.sub(r"[^\w@%+=:,./-]", lambda match: "\\" + match[0], value)
    yield re.sub(r'[\\"$`]', lambda match: "\\" + match[0], value)


def _inside_base64(raw: bytes) -> Iterator[str]:
    """Yield what base64 of any longer text has in common that holds `raw`."""
    for before in range(3):
        padded = bytes(before) + raw
        first = -(-before * 8 // 6)  # characters that also depend on what stands before
        last = len(padded) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(padded).decode()[first:last]
