"""Filters with a language of their own, and what packs files."""

from __future__ import annotations

import re

from tocsin.core.risk import Risk
from tocsin.core.tool import Tool
from tocsin.reading.argv import Word
from tocsin.running.allow.awk import only_prints
from tocsin.running.allow.judged import Judged, Nested
from tocsin.running.allow.options import objection
from tocsin.running.allow.secrets import is_secret_file

_RISKY_AWK = re.compile(
    r"ARGV|ARGC|SYMTAB|FUNCTAB|PROCINFO|system|getline|\||@|print[^;}]*>|close|fflush|srand|ENVIRON"
)
_PART = r"(?:\\[^\n]|\[[^\]{d}\n]+\]|[^\\\[{d}\n])*"
_SUBSTITUTES = "|".join(
    f"s{d}{_PART.format(d=d)}{d}{_PART.format(d=d)}{d}[gpiI0-9]{{0,3}}" for d in "/#,:@%"
)
_WHERE = r"(?:\d+|\$|/(?:\\[^\n]|\[[^\]/\n]+\]|[^\\\[/\n])*/)"
_SED = re.compile(rf"(?:(?:{_WHERE}(?:,{_WHERE})?)?\s*!?\s*[pdq=]|{_SUBSTITUTES})")
_SED_OPTIONS = frozenset({"-n", "-E", "-r", "-nE", "-En", "-nr", "-e", "-ne"})
_JQ = Tool(
    alone=frozenset({"-r", "-c", "-s", "-e", "-S", "-M", "-C", "-j", "-n", "--raw-output",
                     "--slurp", "--compact-output", "--exit-status", "--sort-keys", "--tab"}),
    valued=frozenset({"--indent"}),
)  # fmt: skip
_JQ_READS = re.compile(
    r"\benv\b|\$ENV|\binput|\bimport|\binclude|\bdebug|modulemeta|\$__|get_search_list"
)
_JQ_AGAIN = re.compile(r"\b(def|repeat|until|while|recurse|range|foreach|limit|label)\b")
_YQ_PATH = re.compile(
    r"(\s*\|\s*|\.[\w-]*|\[\d*\]|\[\"[\w.-]+\"\]|\(|\)|\b(length|keys|select|kind|tag)\b"
    r"|\s*==\s*\"[\w. -]*\")+"
)


def awk(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge an awk program: only what certainly prints and no more runs unattended."""
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
    if not only_prints(program):
        risk = Risk.CHANGE if _RISKY_AWK.search(re.sub(r"/[^/]*/|\|\|", "", program)) else Risk.READ
        judged.fall("awk's program may run or write something", risk)


def sed(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge sed: lines chosen and words replaced, printed and never written back."""
    texts = [word.text for word in words[1:]]
    if texts[:1] == ["-i"] and is_secret_file(texts[-1]):
        judged.fall("sed overwrites a secret", Risk.DESTROY)
    options = [text for text in texts if text.startswith("-")]
    if set(options) - _SED_OPTIONS or not texts:
        judged.fall("sed may write files", Risk.CHANGE)
        return
    scripts = _scripts(texts)
    parts = [part.strip() for script in scripts for part in _split(script)]
    if not parts or not all(map(_SED.fullmatch, parts)):
        judged.fall("sed's program is more than a choice of lines or words", _sed_risk(scripts))
    if any(word.variables or word.doubts for word in words[1:]):
        judged.fall("sed's program is not written out")


def _scripts(texts: list[str]) -> list[str]:
    given = [texts[at + 1] for at, text in enumerate(texts[:-1]) if text in ("-e", "-ne")]
    return given or [text for text in texts if not text.startswith("-")][:1]


def _split(script: str) -> list[str]:
    """Return the commands of a script that is one command, or several that each stand alone."""
    return [script] if _SED.fullmatch(script.strip()) else script.split(";")


def _sed_risk(scripts: list[str]) -> Risk:
    """Return what a script may do that is not on the list: GNU's sed writes and runs."""
    acts = any(
        re.search(r"(^|[;{\d$/!\s])[weWrRaic]\s*\S|/[a-zA-Z0-9]*[we]", one) for one in scripts
    )
    return Risk.CHANGE if acts else Risk.READ


def tee(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge tee: it writes."""
    if [word.text for word in words[1:]] != ["/dev/null"]:
        judged.fall("tee writes a file", Risk.CHANGE)


def gzip(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge gzip: only what tests, lists, or unpacks to the terminal."""
    options = "".join(word.text[1:] for word in words[1:] if word.text.startswith("-"))
    prints = set(options) <= set("cdkq") and {"c"} <= set(options) and words[0].text != "gzip"
    prints = prints or set(options) == {"c", "d"}
    if prints or (options and not set(options) - set("tlv") and set(options) & set("tl")):
        return
    judged.fall("it packs or unpacks files", Risk.CHANGE)


def tar(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge tar: only what lists."""
    texts = [word.text for word in words[1:]]
    listing = bool(texts) and re.fullmatch(r"-?t[vfzjJ]*f|-?[vzjJ]*tv?z?f", texts[0])
    strange = any(re.match(r"-|.*:", text) for text in texts[1:])  # `host:file` is far away
    if not listing or len(texts) < 2 or strange:
        judged.fall("tar may write files or run commands", Risk.CHANGE)
    elif any(word.globbed for word in words[1:]):
        judged.fall("a pattern may become options of tar")


def jq(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a jq program: only what reads its input alone, and ends."""
    args = _without_given(words[1:])
    if reason := objection(_JQ, args):
        judged.fall(f"jq: {reason}")
    programs = [word for word in args if not word.text.startswith("-")][:1]
    if any(word.variables or word.doubts for word in programs):
        judged.fall("jq's program is not written out")
    text = " ".join(word.text for word in programs)
    if _JQ_READS.search(text):
        judged.fall("jq's program reads more than its input", Risk.SECRET)
    elif _JQ_AGAIN.search(text):
        judged.fall("jq's program may not end")


def _without_given(args: list[Word]) -> list[Word]:
    """Return the arguments without the values that `--arg` hands to the program."""
    kept: list[Word] = []
    rest = list(args)
    while rest:
        word, *rest = rest
        if word.text in ("--arg", "--argjson"):
            rest = rest[2:]
        else:
            kept.append(word)
    return kept


def yq(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a yq program: two programs have this name, so only a plain path is certain."""
    texts = [word.text for word in words[1:]]
    options = [text for text in texts if text.startswith("-")]
    operands = [text for text in texts if not text.startswith("-")]
    if operands[:1] in (["eval"], ["e"]):
        operands = operands[1:]
    if any(re.match(r"-\w*i|--in-?place|--split", text) for text in options):
        judged.fall("yq would write the file", Risk.CHANGE)
    elif set(options) - {"-r", "-c", "-P", "-N"} or not operands:
        judged.fall("an option of yq is not on its list")
    elif not _YQ_PATH.fullmatch(operands[0]):
        judged.fall("yq's program is more than a path")
    if any(word.variables or word.doubts for word in words[1:]):
        judged.fall("yq's program is not written out")
