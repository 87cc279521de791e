"""Commands about a machine or an address whose options decide what they do."""

from __future__ import annotations

import re

from tocsin.core.risk import Risk
from tocsin.core.tool import Tool
from tocsin.reading.argv import Word
from tocsin.running.allow.closer import values
from tocsin.running.allow.curl import call_of
from tocsin.running.allow.harm import CODE_DESTROYS, DESTROYS, by_words
from tocsin.running.allow.judged import Judged, Nested
from tocsin.running.allow.options import objection

_TOP = Tool(
    alone=frozenset({"-b", "-H", "-c", "-i", "-S"}),
    valued=frozenset({"-n", "-o", "-p", "-u", "-w", "-d"}),
    limits=(("-n", re.compile(r"\d")), ("-d", re.compile(r"\d"))),
    most=0,
)


def curl(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge curl by the request it makes."""
    call = call_of([word.text for word in words[1:]])
    if call.deletes:
        judged.fall("curl would delete something", Risk.DESTROY)
    elif call.refused:
        sends = _sends(words, call.refused)
        judged.fall(call.refused, Risk.CHANGE if sends else Risk.READ)
    if not call.bounded:
        end = words[0].end
        judged.fall("curl has no time limit", edit=(end, end, " --max-time 10"))


_SENDS = re.compile(
    r"-\w*[dFTOcDKQ]|--(stderr|ou|data|form|upload|json|output|remote-name|cookie-jar|dump-header|config|quote"
    r"|trace|libcurl|next|mail|create|delegation|etag-save|hsts|alt-svc|request|method)"
)


def _sends(words: list[Word], refused: str) -> bool:
    """Whether curl would send or write; an address that is only doubtful does not."""
    texts = [word.text for word in words[1:]]
    if re.search(r"write|would send|method|sounds as if asking", refused):
        return True
    query = "-G" in texts or "--get" in texts or any(re.match(r"-\w*G", text) for text in texts)
    asks = {"-X", "--request"} & set(texts) and {"GET", "HEAD", "OPTIONS"} & set(texts)
    doubtful = [text for text in texts if _SENDS.match(text)]
    if query or asks:
        doubtful = [text for text in doubtful if not re.match(r"-\w*d$|--data|--request", text)]
    if "-o" in texts and "/dev/null" in texts:
        doubtful = [text for text in doubtful if text != "-o"]
    written = any(re.match(r"-\w*o", text) for text in texts) and "/dev/null" not in texts
    return bool(doubtful) or written


def wget(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge wget: it writes files unless it is told to print or only to ask."""
    line = " ".join(word.text for word in words)
    shown = re.search(r" -\w*O ?- | -\w*O ?-$|--output-document=-|--spider", f"{line} ")
    acts = re.search(r"--(post|method|body|user|password|header|use-askpass|output-file)", line)
    if acts or re.search(r" -\w*[oaeir]\b", line) or not shown:
        judged.fall("wget writes a file or sends", Risk.CHANGE)
    judged.fall("wget is not on the list of what runs unattended")


def pm2(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge pm2: its logs follow for ever, unless told not to."""
    texts = [word.text for word in words[1:]]
    if texts[:1] not in (["logs"], ["log"]):
        looks = texts[:1] and texts[0] in ("list", "ls", "status", "show", "describe", "info")
        if looks:
            judged.fall("pm2 is not on the list of what runs unattended")
        else:
            by_words(words, judged)
    elif "--nostream" not in texts:
        judged.fall("it follows for ever", Risk.ENDLESS)
    else:
        judged.fall("pm2 is not on the list of what runs unattended")


def openssl(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge openssl: certificates are shown, nothing is written or sent."""
    allowed = {
        "x509": {"-noout", "-dates", "-enddate", "-startdate", "-subject", "-issuer", "-in",
                 "-checkend", "-serial", "-fingerprint", "-text", "-sha256", "-sha1", "-ext",
                 "-hash", "-purpose", "-email", "-modulus", "-pubkey", "-nameopt", "-inform"},
        "s_client": {"-connect", "-servername", "-showcerts", "-brief", "-starttls", "-status",
                     "-tls1_2", "-tls1_3", "-alpn"},
        "crl": {"-in", "-noout", "-text", "-nextupdate", "-lastupdate", "-issuer"},
        "req": {"-in", "-noout", "-text", "-subject"},
        "asn1parse": {"-in", "-i"},
        "ciphers": {"-v"},
        "dgst": {"-sha256", "-sha1", "-sha512", "-md5"},
        "verify": {"-CAfile", "-untrusted", "-verbose"},
        "version": {"-a"},
    }  # fmt: skip
    texts = [word.text for word in words[1:]]
    if re.fullmatch(r"rand (-(base64|hex) )?\d+", " ".join(texts)):
        judged.fall("it makes a new secret")
        return
    if texts[:1] in (["rsa"], ["ec"], ["pkey"]) and "-out" not in texts:
        shown = Risk.READ if "-noout" in texts and "-text" not in texts else Risk.SECRET
        judged.fall("it reads a private key", shown)
        return
    known = allowed.get(texts[0] if texts else "")
    strange = [text for text in texts if text.startswith("-") and text not in (known or set())]
    if known is None or strange:
        judged.fall("this use of openssl is not on the list", Risk.CHANGE)


def script(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a script by its name, or by what the text says that stands in its place."""
    texts = [word.text for word in words[1:]]
    if texts in (["--version"], ["-V"], ["-v"]) or (words[0].text, *texts) == ("php", "-m"):
        return
    if texts == ["-m", "json.tool"]:
        end = words[0].end
        judged.fall("a module of that name may lie beside it", edit=(end, end, " -I"))
        return
    if texts == ["-I", "-m", "json.tool"]:
        return
    handed = " ".join(texts[1:]) if texts and re.match(r"-[cer]$", texts[0]) else ""
    if handed and CODE_DESTROYS.search(handed):
        judged.fall("the text it runs loses data or work", Risk.DESTROY)
    elif handed or not texts or texts[0].startswith("-"):
        by_words(words, judged)
    else:
        by_words(words[1:], judged)


def kill(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a command that ends processes."""
    line = " ".join(word.text for word in words)
    if re.fullmatch(r"kill -(0|l) [\d ]+|kill -l", line):
        return
    hard = DESTROYS.search(line)
    judged.fall("it ends processes", Risk.DESTROY if hard else Risk.CHANGE)


def top(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge top: one look in batch mode ends."""
    reason = objection(_TOP, words[1:])
    counts = values(words[1:], "-n", "--iterations") + _clustered(words[1:])
    batch = any(re.match(r"-\w*b", word.text) for word in words[1:])
    if not reason and batch and any(re.fullmatch(r"\d", count) for count in counts):
        return
    end = words[0].end
    judged.fall("top never ends", Risk.ENDLESS, (end, end, " -b -n 1"))


def _clustered(words: list[Word]) -> list[str]:
    """Return the counts of `-bn1` and `-bn 1`."""
    found: list[str] = []
    for at, word in enumerate(words):
        if clustered := re.fullmatch(r"-[bHci]+n(\d*)", word.text):
            found += (
                [clustered[1]] if clustered[1] else [one.text for one in words[at + 1 : at + 2]]
            )
    return found


def secretive(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Note that the whole environment would be printed."""
    if words[0].text == "set" and len(words) > 1:
        judged.fall("it only says how this shell is to behave", Risk.READ)
    else:
        judged.fall("it prints the environment", Risk.SECRET)


def service(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a System V service script."""
    if [word.text for word in words[1:]][-1:] in (["status"], ["--status-all"]):
        judged.fall("service runs a script to ask", Risk.READ)
    else:
        judged.fall("it changes a service", Risk.CHANGE)


def ip(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge ip: only what lists."""
    line = " ".join(word.text for word in words[1:])
    shape = r"(-([46shdopjc]|br|brief) )*(a|addr|address|r|route|l|link|n|neigh|rule)"
    shape += r"( (show|list|ls)( (dev |table )?[\w.@-]+)?| get [\d.a-f:]+)?"
    if not re.fullmatch(shape, line):
        judged.fall("this use of ip is not on the list", Risk.CHANGE)


def dmesg(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge dmesg: only what prints the kernel's messages."""
    if any(
        not re.fullmatch(r"-[TkxLHe]+|--ctime|--level=[a-z,]+|--human", word.text)
        for word in words[1:]
    ):
        judged.fall("this use of dmesg is not on the list", Risk.CHANGE)
