"""A shell statement judged: every command in it, its redirects, its doubts.

Whatever is met that is not known counts against it, so nothing has to be thought of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from tree_sitter import Node

from tocsin.core.risk import INSTEAD, Risk, Verdict
from tocsin.reading.argv import Word, source, words_of
from tocsin.reading.shell import BLANK, parse
from tocsin.running.allow.catalogue import OURS, Catalogue
from tocsin.running.allow.harm import CODE_DESTROYS
from tocsin.running.allow.judged import Judged
from tocsin.running.allow.programs import judge_words
from tocsin.running.allow.secrets import is_secret_file

_CONTAINERS = frozenset(
    {"program", "pipeline", "list", "subshell", "compound_statement", "negated_command"}
)
_WORD = r"""(?:[\w./:@%+-]+|"[\w./:@%+ -]*"|'[\w./:@%+ -]*')"""
_PLAIN_TEST = re.compile(
    rf"(?P<two>\[)?\[ (! )?(-[adefghkrsuwxzSLn] {_WORD}"
    rf"|{_WORD} (=|==|!=|-eq|-ne|-lt|-le|-gt|-ge|-nt|-ot) {_WORD}) \](?(two)\])"
)
_LITERAL = r"""(?:"[\w./:@%+ -]*"|'[\w./:@%+ -]*'|[\w./:@%+]+)"""
_NAMED = r"\"\$(?:(\w+)|\{(\w+)\})\""
_COMPARED = re.compile(rf"\[ (?:-[nz] {_NAMED}|{_NAMED} (?:=|==|!=) {_LITERAL}) \]")
_HARMLESS_SETTING = re.compile(
    r"ETCDCTL_API=[23]|(LC_ALL|LANG)=(C|POSIX|C\.UTF-8|en_US\.UTF-8)|TZ=UTC|PGCONNECT_TIMEOUT=\d+"
)
_AGO = r"( -d ['\"]-?\d+ (sec|second|min|minute|hour|day|week)s?( ago)?['\"]| -v-\d{1,4}[SMHdwm])?"
_ISO = r"(?:--iso-8601|-I)(?:=?(?:hours|minutes|seconds))?"
_NOW = re.compile(
    rf"\$\(date( -u| --utc)?{_AGO}( -u)?"
    rf" (?:\+(?:%[YsFdbmHMSTj]|(?<!\+)[:._/TZ-])+|{_ISO})\)"
)
_FORMATTED = re.compile(
    rf"\$\(date( -u| --utc)?{_AGO}( -u)? ['\"]\+(?:%[YsFdbmHMSTj]|(?<!\+)[ :._/TZ-])+['\"]\)"
)
_STEERS = re.compile(
    r"(LD_|DYLD_|BASH_ENV|ENV$|PATH$|IFS$|SHELL$|PYTHON|PERL|RUBY|NODE_|JAVA_|GIT_|PROMPT_COMMAND"
    r"|KUBECONFIG|\w*(PAGER|EDITOR|VISUAL|OPTIONS|OPTS|_COMMAND|_SSH|PATH)$)"
)
_SPLICED = re.compile(r"\S\\\n")
_TALKS = re.compile(r"\bs_client\b|^\s*(sudo )?(nc|ncat|telnet|socat)\b(?! -\w*z)")
# A program that takes orders from its input, unless it has been given them already.
_OBEYS = re.compile(
    r"(?:sudo (?:-u \w+ )?)?(?:docker(?:-compose| compose)? exec .*?|kubectl exec .*?-- )?(?:\S*/)?"
    r"(?:(?:bash|sh|zsh|dash|ksh|python3?|perl|ruby|node|php|psql|mysql|mariadb|sqlite3|redis-cli)"
    r"(?![^|]* (?:-\w*[cemr]\b|--command|--execute|--eval|ping|info))(?:\s|$)"
    r"|pg_restore|mongorestore|kubectl (?:apply|create|delete|replace)|crontab -)"
)
_SHELL = re.compile(r"(sudo (-\S+ (\w+ )?)*)?(\S*/)?(bash|sh|zsh|dash|ksh|ssh)\b")
_DATABASES = re.compile(r"\b(psql|mysql|mariadb|sqlite3|pg_restore|mongorestore)\b")
_KEPT = re.compile(r"backup|dump|restore|\.sql|\.gz", re.IGNORECASE)
_ENDLESS = re.compile(r"while\s+(true|:)|until\s+false")
_PRINTS_ALL = re.compile(r"(export|declare|typeset|readonly)(\s+-[px]+)?\s*")
_SAYS_NOTHING = frozenset({"echo", "true"})
_ODD = re.compile(r"[^\x20-\x7e\n\t]")
_TO_FILL = re.compile(
    r"\bYOUR[_A-Z]*\b|(?i:\byour[-_.]?(domain|server|host|app|company|project|db|user|namespace)"
    r"\w*)|\bX{3,}\b|\.\.\.|\[[A-Za-z][A-Za-z]+[ _-][\w -]+\]|\[[A-Z][A-Z_]{2,}\]"
    r"|\{\{\s*(?!end\b|else\b)\w[\w ]*\s*\}\}"
    r"|\bCHANGE_?ME\b|\bREPLACE_\w+|(?<![\w{%$])\{(?!end\}|\s*print\b)[A-Za-z_ -]{2,}\}",
)
_DEEPEST = 3  # rewrites and commands inside commands
_LARGEST = 20_000  # characters


def judge_shell(
    text: str,
    bound: frozenset[str] = frozenset(),
    catalogue: Catalogue = OURS,
    depth: int = 0,
) -> Verdict:
    """Return what a shell statement may do; `bound` are the variables that have a value."""
    if depth > _DEEPEST or len(text) > _LARGEST:
        return Verdict(risk=Risk.CHANGE, why=("it is too long or too deep to be certain of",))
    root = parse(text)
    if root.has_error:
        return Verdict(risk=Risk.MANUAL, why=("it is not valid shell",))
    judged = weigh(text, root, bound, catalogue, depth)
    if not any(child.is_named and child.type != "comment" for child in root.children):
        return Verdict(risk=Risk.MANUAL, why=("there is nothing to run",))
    return _concluded(text, judged, bound, depth)


def weigh(
    text: str, root: Node, bound: frozenset[str], catalogue: Catalogue = OURS, depth: int = 0
) -> Judged:
    """Return all that counts against a shell text that parsed as `root`."""
    judged = Judged(catalogue=catalogue)
    _doubt_text(text, judged)
    _Walk(judged, bound, depth).node(root)
    if judged.moved and judged.reads_files:
        judged.fall("it reads files of a folder that it goes to")
    return judged


def _concluded(text: str, judged: Judged, bound: frozenset[str], depth: int) -> Verdict:
    if judged.auto:
        return Verdict(risk=Risk.READ, auto=True, why=("every command in it only looks",))
    why = tuple(dict.fromkeys(judged.why))
    clear = not any(found for found, _ in _text_doubts(text))  # an edit may lose what is doubted
    if clear and judged.edits and judged.risk in (Risk.READ, Risk.ENDLESS):
        rewrite = judged.rewritten(text)
        again = judge_shell(rewrite, bound, judged.catalogue, depth + 1)
        if again.auto:
            why = (f"{why[0]}{INSTEAD}",)
            return Verdict(risk=judged.risk, auto=True, rewrite=again.rewrite or rewrite, why=why)
    return Verdict(risk=judged.risk, why=why)


def _text_doubts(text: str) -> tuple[tuple[re.Match[str] | None, str], ...]:
    """Return what may be doubted before the text is parsed: where it is found, and why."""
    return (
        (_ODD.search(text), "it holds characters that only look like plain ones"),
        (_SPLICED.search(text), "a line goes on in the middle of a word"),
        (BLANK.search(text) or _TO_FILL.search(text), "something in it is still to be filled in"),
    )


def _doubt_text(text: str, judged: Judged) -> None:
    for found, why in _text_doubts(text):
        if found:
            judged.place = (_bytes(text[: found.start()]), _bytes(text[: found.end()]))
            judged.fall(why)


def _bytes(text: str) -> int:
    return len(text.encode(errors="replace"))


class _Walk:
    """Goes through the syntax tree and notes everything that counts against the statement."""

    def __init__(self, judged: Judged, bound: frozenset[str], depth: int) -> None:
        self._judged = judged
        self._bound = bound
        self._depth = depth

    def node(self, root: Node) -> None:
        """Judge a node and everything below it, without recursion."""
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if node.type == "command":
                waiting += self._command(node)
            elif node.type == "redirected_statement":
                waiting += self._redirected(node)
            elif node.type in _CONTAINERS:
                waiting += self._container(node)
            elif node.type == "test_command":
                self._test(node)
            elif node.is_named and node.type != "comment":
                waiting += self._other(node)

    def _container(self, node: Node) -> Iterable[Node]:
        for child in node.children:
            if child.type in ("&", "|&"):
                self._at(child)
                self._judged.fall("a part of it runs in the background")
        if node.type == "pipeline":
            self._pipeline(node.named_children)
        return reversed(node.named_children)

    def _at(self, node: Node) -> None:
        """Say which part of the text is being judged."""
        self._judged.place = (node.start_byte, node.end_byte)

    def _pipeline(self, nodes: list[Node]) -> None:
        """Judge what is sent on through a connection: only an empty line is nothing."""
        for first, second in pairwise(nodes):
            self._at(second)
            before, part = source(first), source(second)
            talks = _TALKS.search(re.sub(r"[\"'\\]", "", part))
            if talks and before.strip() not in _SAYS_NOTHING:
                self._judged.fall("it sends text through a connection", Risk.CHANGE)
            self._fed(before, part)

    def _fed(self, given: str, part: str) -> None:
        """Judge a program that does what it is given; a backup is put over what is there."""
        if not _OBEYS.match(part):
            return
        over = _DATABASES.search(part) and _KEPT.search(given)
        self._judged.fall("it does what it is given", Risk.DESTROY if over else Risk.CHANGE)

    def _test(self, node: Node) -> None:
        self._at(node)
        compared = _COMPARED.fullmatch(source(node))
        if compared:
            self._needs(next(name for name in compared.groups() if name))
            return
        if not _PLAIN_TEST.fullmatch(source(node)):
            self._judged.fall("its test is more than one plain comparison", Risk.CHANGE)
            for inner in _below(node, "command_substitution"):
                self.node_in(inner)

    def node_in(self, substitution: Node) -> None:
        """Judge the commands of a substitution."""
        for child in substitution.named_children:
            self.node(child)

    def _other(self, node: Node) -> Iterable[Node]:
        """Control flow, assignments, functions: never unattended; what is inside still counts."""
        self._at(node.children[0] if node.children else node)
        risk = Risk.READ
        if node.type in ("function_definition", "unset_command"):
            risk = Risk.CHANGE
        if node.type == "while_statement" and _ENDLESS.match(source(node)):
            risk = Risk.ENDLESS
        if node.type == "declaration_command" and _PRINTS_ALL.fullmatch(source(node)):
            risk = Risk.SECRET
        self._judged.fall("it is more than plain commands", risk)
        return reversed(node.named_children)

    def _redirected(self, node: Node) -> Iterable[Node]:
        for child in node.named_children:
            if child.type == "file_redirect":
                self._redirect(child)
                if source(child).startswith("<"):
                    self._read_in(child, source(node.named_children[0]))
            elif child.type.startswith(("heredoc", "herestring")):
                self._at(child)
                self._judged.fall("it hands over text by a here-document")
                self._handed(child, node.named_children[0])
        behind = [one for child in node.named_children for one in _behind_text(child)]
        return behind + [child for child in node.named_children if "redirect" not in child.type]

    def _read_in(self, redirect: Node, command: str) -> None:
        """Judge what a file is given to."""
        self._fed(source(redirect), command)
        nothing = source(redirect).replace(" ", "") == "</dev/null"
        if _TALKS.search(command) and not nothing:
            self._judged.fall("it sends text through a connection", Risk.CHANGE)

    def _handed(self, text: Node, command: Node) -> None:
        """Judge the text of a here-document by what it is given to."""
        for inner in text.named_children:
            if inner.type == "file_redirect":
                self._redirect(inner)
            elif inner.type == "pipeline":
                self._pipeline([command, *inner.named_children])
        self._at(text)
        if _SHELL.match(source(command)):
            body = "".join(source(one) for one in text.named_children if one.type == "heredoc_body")
            self._judged.fall("a shell runs what it is given", self._nested(body).risk)
        if not _OBEYS.match(source(command)):
            return
        self._fed(source(text), source(command))
        if CODE_DESTROYS.search(source(text)):
            self._judged.fall("what it is given loses data or work", Risk.DESTROY)

    def _redirect(self, node: Node) -> None:
        self._at(node)
        text = source(node).replace(" ", "")
        if re.fullmatch(r"(\d?>&\d|\d?>{1,2}/dev/null|&>{1,2}/dev/null|</dev/null)", text):
            return
        if text.startswith("<"):
            secret = is_secret_file(text.lstrip("<"))
            risk = Risk.SECRET if secret else Risk.READ
            self._judged.fall("it reads its input from a file", risk)
            return
        self._judged.fall("it writes to a file", Risk.CHANGE)

    def _command(self, node: Node) -> Iterable[Node]:
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assignment(child)
            elif child.type == "file_redirect":
                self._redirect(child)
            elif child.type == "herestring_redirect":
                self._at(child)
                self._judged.fall("it hands over text by a here-string")
                self._fed(source(child), source(node))
        words = words_of(node)
        inner = [inner for word in words for inner in word.inner]
        self._variables(words)
        if words:
            self._at(node)
            judge_words(words, self._judged, self._nested)
        return [child for one in inner for child in one.named_children]

    def _assignment(self, node: Node) -> None:
        self._at(node)
        if not _HARMLESS_SETTING.fullmatch(source(node)):
            steers = _STEERS.match(source(node).partition("=")[0])
            risk = Risk.CHANGE if steers else Risk.READ
            self._judged.fall("it sets a variable for the command", risk)

    def _variables(self, words: list[Word]) -> None:
        for word in words:
            self._judged.place = (word.start, word.end)
            for doubt in word.doubts:
                if not _tells_time(word):
                    self._judged.fall(doubt)
            for name in word.variables:
                self._needs(name)
                if not word.quoted:
                    self._judged.fall(f"${name} is not quoted")

    def _needs(self, name: str) -> None:
        if name not in self._bound:
            self._judged.fall(f"it needs the value of ${name}")

    def _nested(self, text: str) -> Verdict:
        """Judge a command that is handed over as text."""
        return judge_shell(text, self._bound, self._judged.catalogue, self._depth + 1)


def _behind_text(redirect: Node) -> list[Node]:
    """Return what stands on the line of a here-document, behind its beginning."""
    if redirect.type != "heredoc_redirect":
        return []
    return [
        child
        for child in redirect.named_children
        if not child.type.startswith("heredoc") and child.type != "file_redirect"
    ]


def _tells_time(word: Word) -> bool:
    """Whether all the shell computes in a word is a time in figures, behind plain text."""
    rest = _FORMATTED.sub("0", _NOW.sub("0", word.text))
    alone = len(word.doubts) == len(word.inner) == 1
    return alone and bool(re.fullmatch(r"[\w./:=+ -]*", rest)) and not is_secret_file(rest)


def _below(node: Node, kind: str) -> list[Node]:
    found, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        if one.type == kind:
            found.append(one)
        waiting += one.named_children
    return found
