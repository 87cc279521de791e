"""Filters with a language of their own, and what packs files."""

from __future__ import annotations

import re

from tocsin.core.risk import Risk
from tocsin.reading.argv import Word
from tocsin.running.allow.judged import Judged, Nested
from tocsin.running.allow.secrets import is_secret_file


def awk(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge an awk program: simple ones only."""
    args = words[1:]
    while args and args[0].text in ("-F", "-v") and len(args) > 1:
        args = args[2:]
    while args and re.match(r"-F.", args[0].text):
        args = args[1:]
    if not args or args[0].text.startswith("-"):
        judged.fall("awk's program is not written out", Risk.CHANGE)
        return
    program = args[0].text
    if args[0].variables or args[0].doubts:
        judged.fall("awk's program is not written out", Risk.CHANGE)
    if re.search(
        r"ARGV|ARGC|SYMTAB|FUNCTAB|PROCINFO|system|getline|\||@|print[^;}]*>|close|fflush|srand|ENVIRON",
        program,
    ):
        judged.fall("awk's program may run or write something", Risk.CHANGE)
    elif re.search(r">|while|for\s*\(|\\", program):
        judged.fall("awk's program is more than simple")


def sed(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge sed: only what prints lines."""
    texts = [word.text for word in words[1:]]
    lists = texts[:1] == ["-n"] and re.fullmatch(r"(\d+|\$)(,(\d+|\$))?p", "".join(texts[1:2]))
    if lists and not any(text.startswith("-") for text in texts[2:]):
        return
    if texts[:1] == ["-i"] and is_secret_file(texts[-1]):
        judged.fall("sed overwrites a secret", Risk.DESTROY)
    substitutes = texts and re.fullmatch(r"s(\W)[^\n]*\1[^\n]*\1g?", texts[0])
    options = [text for text in texts[1:] if text.startswith("-")]
    if substitutes and not options:
        judged.fall("sed's program is more than a list of lines")
    else:
        judged.fall("sed may write files", Risk.CHANGE)


def tee(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge tee: it writes."""
    if [word.text for word in words[1:]] != ["/dev/null"]:
        judged.fall("tee writes a file", Risk.CHANGE)


def gzip(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge gzip: only what tests or lists."""
    options = "".join(word.text[1:] for word in words[1:] if word.text.startswith("-"))
    if not options or set(options) - set("tlv") or not set(options) & set("tl"):
        judged.fall("it packs or unpacks files", Risk.CHANGE)


def tar(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge tar: only what lists."""
    texts = [word.text for word in words[1:]]
    listing = bool(texts) and re.fullmatch(r"-?t[vfzj]*f", texts[0])
    if not listing or any(text.startswith("-") for text in texts[1:]):
        judged.fall("tar may write files or run commands", Risk.CHANGE)
    else:
        judged.fall("tar is not on the list of what runs unattended")


def jq(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a jq program: only what reads its input alone."""
    texts = [word.text for word in words[1:]]
    options = [text for text in texts if text.startswith("-")]
    if any(not re.fullmatch(r"-[rcseSMCj]+", text) for text in options):
        judged.fall("an option of jq is not on its list")
    programs = [text for text in texts if not text.startswith("-")][:1]
    if any(word.variables for word in words[1:]):
        judged.fall("jq's program is not written out")
    if re.search(
        r"\benv\b|\$ENV|\binput|\bimport|\binclude|\bdebug|modulemeta|\$__", " ".join(programs)
    ):
        judged.fall("jq's program reads more than its input", Risk.SECRET)
