"""Values that nobody means well with: what labels, forms and settings may hold.

`VALUES` is the same list every time, without repeats. `witness` is the path that each of those
that run something would make: if it appears, one of them has run.
"""

from __future__ import annotations

import random
from itertools import product

WITNESS = "@witness@"
"""Stands in a value for the path of a file that must never appear."""

_COMMANDS = (f"touch {WITNESS}", f"/usr/bin/touch {WITNESS}", f">{WITNESS}", "id", "reboot")
_SHELL = (
    "$({})", "`{}`", ";{}", "; {} ;", "|{}", "||{}", "&&{}", "&{}&", "\n{}\n", "\r\n{}", "a\n{}",
    "<({})", ">({})", "$[{}]", "$(({}))", "${{x:-$({})}}", "${{x?$({})}}", "a[$({})]",
    "a[$({})]+1", "x[`{}`]=1", "';{};'", "\";{};\"", "\"$({})\"", "'$({})'", "\\$({})", "\\\n{}",
    "$'\\x24({})'", "() {{ :;}}; {}", "eval {}", "'\"$({})\"'", "\"'$({})'\"", "}}; {}; {{",
    ") ; {} ; (", "$(\n{}\n)", "#\n{}", "!!;{}", "{{{},}}", "[[ -v a[$({})] ]]", "%s$({})",
    "\t{}", "\x0b{}", "\x0c{}", "\u2028{}", "\u00a0;{}", "\uff04({})", "\u202e$({})", "\ufeff$({})",
)  # fmt: skip
_OPTIONS = (
    "--version", "--help", "-rf", "-rf /", "-oProxyCommand={}", "--checkpoint-action=exec={}",
    "-exec={}", "--use-compress-program={}", "--to-command={}", "-e {}", "-c {}", "--", "-",
    "--output={}", "-I{}", "--rsh={}", "-T{}", "--pager={}", "-K/etc/passwd", "@/etc/passwd",
    "\u2010rf", "\u2212rf", "\uff0drf", " -rf", "+x", "/c", "=x", "--upload-pack={}",
)  # fmt: skip
_EXPANSIONS = (
    "*", "?", "[a-z]*", "/etc/*", "~", "~root", "~+", "{a,b}", "{1..9}", "$HOME", "${HOME}",
    "$PATH", "$IFS", "$@", "$*", "$#", "$$", "$!", "!!", "!$", "!-1", "^a^b", "%1",
    "$'a'", "$\"a\"",
    "a b", " a", "a ", "a\tb", "\\", "\\\\", "a\\", "'", "\"", "''", "\"\"", "`", "#", "# a", "a#b",
    "$TOCSIN_P_A", "${TOCSIN_P_A}", ":TOCSIN_P_A", "%(TOCSIN_P_A)s", "%s%n", "%%", "%00", "%0a",
    "1+1", "x", "08", "0x10", "1e9", "-1", "+1", "1,2", "9" * 40, "A" * 300, "é" * 200,
)  # fmt: skip
_SQL = (
    "'", "''", "' OR 1=1 --", "' OR '1'='1", "'; DROP TABLE kept; --", "\\'; DROP TABLE kept; --",
    "1; DELETE FROM kept", "1) OR (1=1", "') OR ('a'='a", "$$; DROP TABLE kept; $$", "/*", "*/",
    "/*! DROP TABLE kept */", "E'\\x27'", "U&'\\0027'", "a' || (SELECT 1) || 'b", "%' OR '%'='",
    "_", "%", "NULL", "DEFAULT", "true", "0 UNION SELECT 1", "'; COPY kept TO PROGRAM '{}'; --",
    "' || pg_sleep(9) || '", "\x00'", "\u02bc OR 1=1", "\uff07; DROP TABLE kept", ":a", "$1", "?",
    "{{}}", "a'b\"c`d",
)  # fmt: skip
_PROMQL = (
    '"', '"}} or up{{a="', '"}} or on() vector(1) #', '",__name__=~".+', "\\", '\\"', "a\\\"",
    ".*", ".+", "a|b", "^$", "(?i)a", "[", "(", "*", "}}", "{{", "[5m]", "offset 1y", "\n#", "# a",
    '"}}[5m]) or rate(x{{a="', "$a", "${{a}}", "\u201d", "`", "'", "a'b",
)  # fmt: skip
_HTTP = (
    "..", "../..", "../../etc/passwd", "%2e%2e/", "..%2f", "..;/", ".", "./", "/", "//evil.test",
    "\\\\evil.test", "?a=b", "#a", "&a=b", ";a=b", "@evil.test", "a@evil.test:80", ":80", ":80/x",
    "\r\nX-Evil: 1", "\r\n\r\nGET /evil HTTP/1.1", "\nX-Evil: 1", "\rX-Evil: 1", "%0d%0aX-Evil:1",
    "\u010d\u010aX-Evil: 1", "http://evil.test/", "//", "[::1]", "0x7f000001", "127.1", "a b",
    " HTTP/1.1\r\nHost: evil.test", "\t", "\u3002", "evil\u3002test", "x%", "%zz", "%u002e",
)  # fmt: skip
_UNSEEN = (
    "\x00", "\x01", "\x07", "\x08", "\x1b[2J", "\x1b]0;x\x07", "\x7f", "\x85", "\u200b", "\u200d",
    "\u200e", "\u200f", "\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2069", "\u2028",
    "\u2029", "\u00a0", "\u1680", "\u2003", "\u3000", "\ufeff", "\u0301", "\U000e0041",
    "\ud800", "\udfff",
    "\u0430dmin", "p\u0430yments", "\uff0e\uff0e", "\u2024\u2024", "\u0663", "\u00b2", "\u2168",
)  # fmt: skip


def _filled() -> list[str]:
    shapes = (*_SHELL, *_OPTIONS, *_SQL, *_PROMQL, *_HTTP)
    return [
        shape.format(command) for shape, command in product(shapes, _COMMANDS) if "{}" in shape
    ] + [shape.format("") for shape in shapes]


def _around(values: list[str]) -> list[str]:
    """Return them with what people write around them, and with what cannot be seen in between."""
    choose = random.Random(4)
    decent = ("payments-1", "10.0.0.7", "/var/log/a.log", "42", "5m", "a_b.c")
    some = [each for each in values if each]
    return [
        *(f"{choose.choice(decent)}{each}" for each in some),
        *(f"{each}{choose.choice(decent)}" for each in some),
        *(f"{one}{each}{other}" for each in _UNSEEN for one, other in (("a", "b"), ("", "x"))),
    ]


def _all() -> list[str]:
    plain = [*_filled(), *_EXPANSIONS, *_UNSEEN]
    return list(dict.fromkeys(["", *plain, *_around(plain)]))


VALUES: tuple[str, ...] = tuple(_all())


def values(witness: str) -> list[str]:
    """Return all of them, those that run something making the file at `witness`."""
    return [each.replace(WITNESS, witness) for each in VALUES]


def storable(value: str) -> bool:
    """Return whether an environment, a database and a request can hold the value at all."""
    return "\0" not in value and not any("\ud800" <= each <= "\udfff" for each in value)
