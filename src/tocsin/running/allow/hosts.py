"""Commands about a machine or an address whose options decide what they do."""

from __future__ import annotations

import re

from tocsin.core.risk import Risk
from tocsin.reading.argv import Word
from tocsin.running.allow.curl import call_of
from tocsin.running.allow.harm import CODE_DESTROYS, DESTROYS, by_words
from tocsin.running.allow.judged import Judged, Nested


def curl(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge curl by the request it makes."""
    call = call_of([word.text for word in words[1:]])
    if call.deletes:
        judged.fall("curl would delete something", Risk.DESTROY)
    elif call.refused:
        judged.fall(call.refused, Risk.CHANGE if _sends(words) else Risk.READ)
    if not call.bounded:
        end = words[0].end
        judged.fall("curl has no time limit", edit=(end, end, " --max-time 10"))


def _sends(words: list[Word]) -> bool:
    """Whether curl's options may send or write; an address that is only doubtful does not."""
    args = [word.text for word in words[1:]]
    call = call_of([word for word in args if word.startswith("-")] + ["localhost"])
    return bool(re.search(r"option|write|send|method|sounds", call_of(args).refused)) or bool(
        re.search(r"write|send", call.refused)
    )


def openssl(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge openssl: certificates are shown, nothing is written or sent."""
    allowed = {
        "x509": {"-noout", "-dates", "-enddate", "-startdate", "-subject", "-issuer", "-in",
                 "-checkend", "-serial", "-fingerprint", "-text"},
        "s_client": {"-connect", "-servername", "-showcerts", "-brief"},
        "version": {"-a"},
    }  # fmt: skip
    texts = [word.text for word in words[1:]]
    if re.fullmatch(r"rand (-(base64|hex) )?\d+", " ".join(texts)):
        judged.fall("it makes a new secret")
        return
    known = allowed.get(texts[0] if texts else "")
    strange = [text for text in texts if text.startswith("-") and text not in (known or set())]
    if known is None or strange:
        judged.fall("this use of openssl is not on the list", Risk.CHANGE)


def script(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a script by its name, or by what the text says that stands in its place."""
    texts = [word.text for word in words[1:]]
    if texts in (["--version"], ["-V"], ["-v"]):
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
    if re.fullmatch(r"kill -(0|l) [\d ]+", line):
        return
    hard = DESTROYS.search(line)
    judged.fall("it ends processes", Risk.DESTROY if hard else Risk.CHANGE)


def top(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge top: one look in batch mode ends."""
    options = {word.text for word in words[1:] if word.text.startswith("-")}
    batch = "-b" in options or any(re.match(r"-b\w*n", text) for text in options)
    counted = [at for at, word in enumerate(words) if re.fullmatch(r"-\w*n|-n\d+", word.text)]
    if batch and counted and not options - {"-b", "-n", "-bn", "-n1", "-bn1", "-o", "-c", "-p"}:
        following = words[counted[0] + 1 :][:1]
        if "1" in words[counted[0]].text or any(re.fullmatch(r"\d", w.text) for w in following):
            return
    end = words[0].end
    judged.fall("top never ends", Risk.ENDLESS, (end, end, " -b -n 1"))


def secretive(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Note that the whole environment would be printed."""
    judged.fall("it prints the environment", Risk.SECRET)


def service(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a System V service script."""
    if len(words) == 3 and words[2].text == "status":
        judged.fall("service runs a script to ask", Risk.READ)
    else:
        judged.fall("it changes a service", Risk.CHANGE)


def ip(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge ip: only what lists."""
    line = " ".join(word.text for word in words[1:])
    shape = r"(-([46shdopjc]|br|brief) )*(a|addr|address|r|route|l|link|n|neigh)"
    shape += r"( (show|list|ls)( dev [\w.@-]+)?)?"
    if not re.fullmatch(shape, line):
        judged.fall("this use of ip is not on the list", Risk.CHANGE)


def dmesg(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge dmesg: only what prints the kernel's messages."""
    if any(not re.fullmatch(r"-[TkxL]+|--ctime", word.text) for word in words[1:]):
        judged.fall("this use of dmesg is not on the list", Risk.CHANGE)
