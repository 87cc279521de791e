"""The text of a document made fit to parse, every line keeping its number.

People read over damage that breaks a parser: a line indented too little inside a list's
fence, text decoded with the wrong table once, a fence nobody closed. Each is mended in
place and said as a finding.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from tocsin.core.errors import Invalid
from tocsin.core.runbook import Finding

LARGEST = 10 * 1024 * 1024  # bytes
MOST_LINES = 20_000  # a document read at start must not hold up the server
_MOST_ROWS = 2_000  # of one table
_MOST_CELLS = 20_000  # of one table
_LONGEST_LINE = 20_000  # characters
_UNDEFINED = (0x81, 0x8D, 0x8F, 0x90, 0x9D)  # bytes Windows-1252 leaves to whoever reads them
_BYTE_OF = {
    (chr(byte) if byte in _UNDEFINED else bytes([byte]).decode("cp1252")): byte
    for byte in range(0x80, 0x100)
}
_RUN = re.compile(f"[{re.escape(''.join(_BYTE_OF))}]{{2,}}")
_FENCE = re.compile(r"^( {0,12})(`{3,}|~{3,})[ \t]*([^`]*)$")
_RESUMES = re.compile(r"^(#{2,6} \S|\d+\. \*\*|\*\*[^*]+\*\*:?\s*$)")
_PROSE_LABELS = ("", "markdown", "md", "text", "txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """The lines to parse and the lines as they were, side by side; and what was done."""

    lines: tuple[str, ...]
    original: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def text(self) -> str:
        """The mended lines as one text."""
        return "\n".join(self.lines) + "\n"


@dataclass(slots=True)
class _Open:
    """A fence that waits for its end."""

    line: int  # index
    indent: int
    mark: str
    label: str


def mend(raw: bytes) -> Mended:
    """Return the document mended, line for line.

    Raises:
        Invalid: `runbook.too_large` above 10 MiB, `runbook.binary` where it is no UTF-8 text.
    """
    text, findings = _decode(raw)
    original = tuple(text.removesuffix("\n").split("\n"))
    lines = [_mended_encoding(line) for line in original]
    findings += [
        Finding(code="repair.mojibake", line=n, message="Decoded with the wrong table; mended.")
        for n, (before, after) in enumerate(zip(original, lines, strict=True), start=1)
        if before != after
    ]
    findings += _bound(lines)
    findings += _mend_fences(lines)
    return Mended(lines=tuple(lines), original=original, findings=tuple(findings))


def _decode(raw: bytes) -> tuple[str, list[Finding]]:
    if len(raw) > LARGEST:
        raise Invalid(
            "runbook.too_large",
            f"The document has {len(raw)} bytes; the most that is read is {LARGEST}.",
            hint="Split it, or check that it is the right file.",
        )
    if b"\0" in raw:
        raise _binary("it contains NUL bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _binary(f"line {line} is not UTF-8") from None
    return _plain(text)


def _binary(why: str) -> Invalid:
    return Invalid(
        "runbook.binary",
        f"This is not a text document: {why}.",
        hint="Save it as UTF-8, or take the file out of the list of runbooks.",
    )


def _plain(text: str) -> tuple[str, list[Finding]]:
    """Return `text` without byte order mark and carriage returns, and what was found."""
    findings = []
    if text.startswith("\ufeff"):
        text = text.removeprefix("\ufeff")
        findings.append(
            Finding(code="repair.bom", line=1, message="Starts with a byte order mark.")
        )
    if "\r" in text:
        line = text.count("\n", 0, text.index("\r")) + 1
        text = text.replace("\r\n", "\n").replace("\r", " " if "\n" in text else "\n")
        findings.append(Finding(code="repair.crlf", line=line, message="Lines end in CR LF."))
    if text and not text.endswith("\n"):
        line = text.count("\n") + 1
        findings.append(
            Finding(code="repair.newline", line=line, message="The last line has no line end.")
        )
    return text, findings


def _mended_encoding(line: str) -> str:
    """Return the line decoded as often as it was decoded with the wrong table."""
    while not line.isascii():
        again = _RUN.sub(_decoded_again, line)
        if again == line:
            break
        line = again
    return line


def _decoded_again(run: re.Match[str]) -> str:
    try:
        return bytes(_BYTE_OF[character] for character in run[0]).decode("utf-8")
    except UnicodeDecodeError:
        return run[0]


def _bound(lines: list[str]) -> list[Finding]:
    """Blank, in place, what is longer than anything a person would write as a runbook."""
    findings = _bound_tables(lines)
    for at, line in enumerate(lines):
        if len(line) > _LONGEST_LINE:
            lines[at] = line[:_LONGEST_LINE]
            findings.append(_unread(at, f"What follows character {_LONGEST_LINE} of this line"))
    if len(lines) > MOST_LINES:
        findings.append(_unread(MOST_LINES, f"What follows line {MOST_LINES}"))
        lines[MOST_LINES:] = [""] * (len(lines) - MOST_LINES)
    return findings


def _bound_tables(lines: list[str]) -> list[Finding]:
    findings: list[Finding] = []
    rows, cells, cut = 0, 0, False
    for at, line in enumerate(lines):
        row = line.lstrip().startswith("|")
        rows, cells = (rows + 1, cells + line.count("|")) if row else (0, 0)
        over = rows > _MOST_ROWS or cells > _MOST_CELLS
        if over:
            lines[at] = ""
        if over and not cut:
            findings.append(_unread(at, "What follows in this table"))
        cut = over
    return findings


def _unread(at: int, what: str) -> Finding:
    return Finding(code="runbook.unread", line=at + 1, message=f"{what} is not read: too long.")


class _Places:
    """Where fences may end and text may resume, found once so that no line is read twice."""

    def __init__(self, lines: list[str]) -> None:
        self.ends: dict[str, list[tuple[int, int]]] = {"`": [], "~": []}  # (index, length)
        self.opens: dict[str, list[int]] = {"`": [], "~": []}
        self.blanks = [at for at, line in enumerate(lines) if not line.strip()]
        self.resumes = [
            at
            for at in self.blanks
            if at + 1 < len(lines) and _RESUMES.match(lines[at + 1].lstrip(" "))
        ]
        for at, line in enumerate(lines):
            mark = _FENCE.match(line)
            if mark and not mark[3].strip():
                self.ends[mark[2][0]].append((at, len(mark[2])))
            elif mark and len(mark[2]) == 3:
                self.opens[mark[2][0]].append(at)

    def end_of(self, fence: _Open, last: int) -> tuple[int, bool]:
        """Return the index where a fence ends, and whether something there closes it."""
        ends = self.ends[fence.mark[0]]
        at = bisect_right(ends, (fence.line, 1000))
        while at < len(ends) and ends[at][1] < len(fence.mark):
            at += 1
        end = ends[at][0] if at < len(ends) else last
        opens = self.opens[fence.mark[0]]
        following = bisect_right(opens, fence.line)
        if fence.label not in _PROSE_LABELS and following < len(opens) and opens[following] < end:
            return opens[following], False  # the next block opens: this one was never closed
        return end, at < len(ends)

    def resumption(self, fence: _Open, end: int, last: int) -> int | None:
        """Return a blank line in which an unclosed fence may be closed, or None."""
        at = bisect_right(self.resumes, fence.line)
        if at < len(self.resumes) and self.resumes[at] < end:
            return self.resumes[at]
        before = bisect_right(self.blanks, end - 1) - 1
        if end < last and before >= 0 and self.blanks[before] > fence.line:
            return self.blanks[before]
        return None


def _mend_fences(lines: list[str]) -> list[Finding]:
    """Indent what stands too far left in a fence and close fences nobody closed, in place."""
    findings: list[Finding] = []
    places = _Places(lines)
    at = 0
    while at < len(lines):
        mark = _FENCE.match(lines[at])
        if mark is None:
            at += 1
            continue
        fence = _Open(at, len(mark[1]), mark[2], mark[3].strip().split(" ")[0].lower())
        end, closed = places.end_of(fence, len(lines))
        if not closed:
            end = _close(fence, end, places, lines, findings)
        _indent(fence, end, lines, findings)
        at = end + 1
    return findings


def _close(
    fence: _Open, end: int, places: _Places, lines: list[str], findings: list[Finding]
) -> int:
    """Write the missing end into a blank line where the text resumes; return its index."""
    findings.append(
        Finding(
            code="runbook.unclosed_fence",
            line=fence.line + 1,
            message="This fence is never closed; taken to end where the text resumes.",
        )
    )
    at = places.resumption(fence, end, len(lines))
    if at is not None:
        lines[at] = " " * fence.indent + fence.mark
        return at
    return end - 1 if end < len(lines) else len(lines)


def _indentation(line: str) -> int:
    """Return how many columns of blanks a line begins with, as Markdown counts tabs."""
    blanks = line[: len(line) - len(line.lstrip(" \t"))]
    return len(blanks.expandtabs(4))


def _indent(fence: _Open, end: int, lines: list[str], findings: list[Finding]) -> None:
    for at in range(fence.line + 1, min(end + 1, len(lines))):
        line = lines[at]
        if not line.strip() or _indentation(line) >= fence.indent:
            continue
        lines[at] = " " * fence.indent + line.lstrip(" ")
        if at != end:
            findings.append(
                Finding(
                    code="repair.indent",
                    line=at + 1,
                    message="Indented less than the fence it stands in; mended.",
                )
            )
