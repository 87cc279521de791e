"""A shell statement with its placeholders made variables in quotes, on its syntax tree.

A value is never text of a script: it stands in the environment, and `"${TOCSIN_P_POD}"` hands it
to a program as one word. Where a shell would read a variable's value again (arithmetic, `[[ ]]`,
`eval`), or something else would (the shell behind `ssh`, a program for awk), the placeholder is
refused. What comes out is parsed again and must be the same tree but for those words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from tocsin.core.parameter import PREFIX
from tocsin.reading.argv import source, words_of
from tocsin.reading.parameters.argument import read_again
from tocsin.reading.parameters.find import Place, placeholders
from tocsin.reading.parameters.guess import by_place
from tocsin.reading.parameters.rewritten import CannotFillIn, Rewritten, Slot, parameters_of
from tocsin.reading.shell import parse

_MOST = 250  # places in one statement
_IN_A_WORD = frozenset(
    {"word", "number", "string_content", "string", "raw_string", "concatenation",
     "simple_expansion", "expansion", "variable_name"}
)  # fmt: skip
_STEERS = re.compile(
    r"(LD_|DYLD_|BASH|ENV$|IFS$|PS\d|SHELL|PYTHON|PERL|RUBY|NODE_|JAVA_|GIT_|PROMPT_COMMAND"
    r"|KUBECONFIG|\w*(PAGER|EDITOR|VISUAL|OPTIONS|OPTS|_COMMAND|_SSH|PATH)$)"
)
_PLAIN_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?\?[^}]*)?\})")  # ${POD:?} must be set
_OF_BASH = re.compile(
    r"\d+|_|BASH\w*|HOME|PATH|USER|LOGNAME|PWD|OLDPWD|HOSTNAME|HOSTTYPE|MACHTYPE|OSTYPE|PPID|RANDOM"
    r"|SRANDOM|SECONDS|EPOCH\w+|UID|EUID|GROUPS|IFS|LINENO|OPTIND|OPTARG|PS4|SHLVL|SHELL|SHELLOPTS"
    r"|TERM|LANG|LC_\w+|TMPDIR|PIPESTATUS|FUNCNAME|DIRSTACK|REPLY|COLUMNS|LINES"
)
_SETS_UNSEEN = frozenset({"source", ".", "eval", "set", "read", "mapfile", "readarray", "getopts"})
_SECRET = re.compile(
    r"secret|token|passw|pwd$|_key$|^key$|apikey|api_key|credential|private|dsn$"
    r"|(?:database|db|redis|mongo\w*|amqp|broker|postgres\w*|mysql|rabbit\w*)_?(?:url|uri)$",
    re.IGNORECASE,
)
_PRINT_VARIABLES = frozenset(
    {"grep", "egrep", "fgrep", "zgrep", "rg", "env", "printenv", "unset", "export"}
)
"""Programs that are given names of variables, written as some placeholders are: DB_HOST."""

_LEFT_OUT = re.compile(r"(?<!\S)\.\.\.(?!\S)")
_WHERE = {
    "heredoc_body": "stands in a here-document",
    "herestring_redirect": "is handed over as text",
    "file_redirect": "names a file that is written or read by the shell",
    "command_name": "stands where a command is named",
    "arithmetic_expansion": "is computed by the shell",
    "test_command": "is computed by the shell",
    "binary_expression": "is computed by the shell",
    "subscript": "is computed by the shell",
    "function_definition": "names a function",
    "ansi_c_string": "stands between $' and '",
    "regex": "is a pattern of the shell",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A place in the marked text, in bytes, and what it stands for."""

    start: int
    end: int
    written: str
    name: str
    pattern: str = ""
    doubtful: bool = False  # it may be the name of a variable


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """What stands instead of some bytes."""

    start: int
    end: int
    instead: str


def rewrite_shell(text: str, known: frozenset[str], *, variables: bool = True) -> Rewritten:
    """Return the statement with every placeholder made a variable.

    Args:
        text: As written.
        known: Variables that have a value without us.
        variables: Whether a variable that nothing sets is a placeholder as well.
    """
    marked, marks = _marked(text)
    root = parse(marked)
    if root.has_error:
        return Rewritten(text=text)  # no shell: whoever judges it says so
    if variables:
        marks = [*marks, *_unset(root, known)]
    try:
        return _rewritten(text, marked, root, marks)
    except CannotFillIn as refusal:
        return Rewritten(text=text, refused=str(refusal))


def _marked(text: str) -> tuple[str, list[_Mark]]:
    """Return the text with a plain word in the place of each placeholder."""
    places = [place for place in placeholders(text) if not _is_of_program(text, place)]
    stem = "TOCSINPLACE"
    while stem in text:
        stem += "X"
    written, marks, at = "", [], 0
    for number, place in enumerate(places):
        written += text[at : place.start]
        word = f"{stem}{number}Z"
        start = len(written.encode(errors="replace"))
        marks.append(
            _Mark(start=start, end=start + len(word), written=place.written, name=place.name,
                  pattern=place.pattern, doubtful=place.doubtful)
        )  # fmt: skip
        written, at = written + word, place.end
    return written + text[at:], marks


def _is_of_program(text: str, place: Place) -> bool:
    """Whether brackets stand between quotes, where patterns and programs are written so."""
    line = text[text.rfind("\n", 0, place.start) + 1 : place.start]
    return place.bracketed and (line.count("'") % 2 == 1 or line.count('"') % 2 == 1)


def _rewritten(text: str, marked: str, root: Node, marks: list[_Mark]) -> Rewritten:
    if len(marks) > _MOST:
        raise CannotFillIn(marks[0].written, f"is one of more than {_MOST}")
    if _LEFT_OUT.search(text):
        raise CannotFillIn("...", "stands for what was left out")
    slots, edits = [], []
    for mark in sorted(marks, key=lambda each: each.start):
        leaf = root.descendant_for_byte_range(mark.start, mark.end - 1) or root
        if leaf.type == "comment" or _names_a_variable(leaf, mark):
            edits.append(_Edit(start=mark.start, end=mark.end, instead=mark.written))
            continue
        slots.append(_slot(root, leaf, mark))
        edits.append(_edit(leaf, mark, slots[-1]))
    if not slots:
        return Rewritten(text=text)
    rewritten = _with(marked, edits)
    _verify(root, parse(rewritten), edits, slots[0].written)
    return Rewritten(text=rewritten, parameters=parameters_of(slots))


def _names_a_variable(leaf: Node, mark: _Mark) -> bool:
    """Whether a word as DB_HOST is given to a program that takes names of variables."""
    node: Node | None = leaf
    while mark.doubtful and node is not None:
        if node.type == "command":
            words = [word.text for word in words_of(node)]
            passed_on = {"-e", "--env"} & set(words)
            return bool(words) and (words[0] in _PRINT_VARIABLES or bool(passed_on))
        node = node.parent
    return False


def _with(marked: str, edits: list[_Edit]) -> str:
    raw = marked.encode(errors="replace")
    for edit in sorted(edits, key=lambda each: each.start, reverse=True):
        raw = raw[: edit.start] + edit.instead.encode() + raw[edit.end :]
    return raw.decode()


def _unset(root: Node, known: frozenset[str]) -> Iterator[_Mark]:
    """Yield the variables that nothing sets, each place of them."""
    named = [node for node in _all(root) if node.type in ("simple_expansion", "expansion")]
    own = known | _set_within(root)
    if _SETS_UNSEEN & {source(node) for node in _all(root) if node.type == "command_name"}:
        return
    for node in named:
        plain = _PLAIN_VARIABLE.fullmatch(source(node))
        name = (plain[1] or plain[2]) if plain else ""
        if name and name not in own and not _OF_BASH.fullmatch(name):
            yield _Mark(
                start=node.start_byte,
                end=node.end_byte,
                written=source(node),
                name=name.upper()[:64],
            )


def _set_within(root: Node) -> frozenset[str]:
    """Return the variables that the statement sets itself."""
    names = set()
    for node in _all(root):
        if node.type in ("variable_assignment", "for_statement", "select_statement"):
            names |= {source(one) for one in node.named_children if one.type == "variable_name"}
        elif node.type in ("declaration_command", "c_style_for_statement"):
            names |= {source(one) for one in _all(node) if one.type == "variable_name"}
        elif node.type == "command" and "-v" in (words := [w.text for w in words_of(node)]):
            names |= set(words)
    return frozenset(names)


def _all(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.named_children)


def _slot(root: Node, leaf: Node, mark: _Mark) -> Slot:
    """Return what a place is; raise where a value could be read as more than itself.

    Raises:
        CannotFillIn
    """
    _refuse_name(mark)
    argument = leaf
    while argument.parent is not None and argument.parent.type in _IN_A_WORD:
        argument = argument.parent
    around = argument.parent
    if around is None or argument.type not in _IN_A_WORD:
        raise CannotFillIn(mark.written, _WHERE.get(argument.type, "stands in no word"))
    _refuse_backticks(argument, mark)
    if around.type == "variable_assignment":
        _refuse_steering(root, around, mark)
        return Slot(name=mark.name, written=mark.written, pattern=mark.pattern)
    if around.type != "command":
        raise CannotFillIn(mark.written, _WHERE.get(around.type, "stands where no value fits"))
    return _in_command(root, around, argument, mark)


def _refuse_name(mark: _Mark) -> None:
    if not mark.name:
        raise CannotFillIn(mark.written, "has no name")
    if _SECRET.search(mark.name):
        raise CannotFillIn(mark.written, "is a secret; set it up as one ([[secret]])")


def _refuse_backticks(node: Node, mark: _Mark) -> None:
    above = node.parent
    while above is not None:
        if above.type == "command_substitution" and source(above).startswith("`"):
            raise CannotFillIn(mark.written, "stands between backticks")
        above = above.parent


def _refuse_steering(root: Node, assignment: Node, mark: _Mark) -> None:
    """Raise where a variable is given the value that the statement then computes with."""
    name = source(assignment.named_children[0])
    declared = assignment.parent is not None and assignment.parent.type == "declaration_command"
    options = declared and re.search(r"\s-", source(assignment.parent or assignment))
    if not name.isidentifier() or _STEERS.match(name) or options:
        raise CannotFillIn(mark.written, f"would steer the shell through {name}")
    if _SECRET.search(name):
        raise CannotFillIn(mark.written, "is a secret; set it up as one ([[secret]])")
    uses = [node for node in _all(root) if node.type == "variable_name" and source(node) == name]
    if len(uses) > 1:
        raise CannotFillIn(mark.written, f"is used again as ${name}")


def _in_command(root: Node, command: Node, argument: Node, mark: _Mark) -> Slot:
    words = words_of(command)
    at = next((n for n, word in enumerate(words) if word.start <= mark.start < word.end), 0)
    texts = [word.text for word in words]
    if at and words[at].start == argument.start_byte:
        why = read_again(texts, at)
    else:
        why = "stands where a command is named"
    if not why and texts[0] in _functions(root):
        why = "is handed to a function of the statement's own"
    if why:
        raise CannotFillIn(mark.written, why)
    before = source(argument).encode()[: mark.start - argument.start_byte].decode(errors="replace")
    return Slot(
        name=mark.name,
        written=mark.written,
        kind=by_place(texts, at, before.lstrip("\"'")),
        pattern=mark.pattern,
    )


def _functions(root: Node) -> set[str]:
    found = [node for node in _all(root) if node.type == "function_definition"]
    return {source(name) for node in found for name in node.named_children[:1]}


def _edit(leaf: Node, mark: _Mark, slot: Slot) -> _Edit:
    """Return what stands there instead, with the quotes that the place needs."""
    start, end = mark.start, mark.end
    in_string = _within(leaf, "string")
    before = _text_before(leaf, start)
    if before.endswith(("\\", "$")):
        raise CannotFillIn(mark.written, "stands behind a backslash or a dollar sign")
    if in_string:
        instead = f"${{{slot.variable}}}"
    elif leaf.type == "raw_string" and (start, end) == (leaf.start_byte + 1, leaf.end_byte - 1):
        start, end, instead = leaf.start_byte, leaf.end_byte, f'"${{{slot.variable}}}"'
    elif leaf.type == "raw_string":
        instead = f"'\"${{{slot.variable}}}\"'"
    else:
        instead = f'"${{{slot.variable}}}"'
    return _Edit(start=start, end=end, instead=instead)


def _text_before(leaf: Node, start: int) -> str:
    word = leaf
    while word.parent is not None and word.parent.type in _IN_A_WORD:
        word = word.parent
    return (word.text or b"")[: start - word.start_byte].decode(errors="replace")


def _within(leaf: Node, kind: str) -> bool:
    node: Node | None = leaf
    while node is not None and node.type in _IN_A_WORD:
        if node.type == kind:
            return True
        node = node.parent
    return False


def _verify(before: Node, after: Node, edits: list[_Edit], written: str) -> None:
    """Return if the tree is the same as it was but for the words that were rewritten.

    Raises:
        CannotFillIn: It is not, or a variable of ours is not in quotes.
    """
    touched = [(edit.start, edit.end) for edit in edits]
    shifted = _shifted(edits)
    same = not after.has_error and _shape(before, touched) == _shape(after, shifted)
    if not same or not all(_within(node, "string") for node in _ours(after)):
        raise CannotFillIn(written, "would not stay one plain word")


def _shifted(edits: list[_Edit]) -> list[tuple[int, int]]:
    """Return where the edits lie in the text that they make."""
    by, places = 0, []
    for edit in sorted(edits, key=lambda each: each.start):
        start = edit.start + by
        places.append((start, start + len(edit.instead.encode())))
        by += len(edit.instead.encode()) - (edit.end - edit.start)
    return places


def _shape(root: Node, touched: list[tuple[int, int]]) -> list[str]:
    """Return the tree in one row; words that were rewritten and comments count as one sign."""
    row, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        hit = any(node.start_byte <= start and end <= node.end_byte for start, end in touched)
        if node.type == "comment" or (hit and node.type in _IN_A_WORD):
            row.append("#" if node.type == "comment" else "*")
            continue
        row.append(node.type)
        if not node.children:
            row.append("" if hit else source(node))
        waiting += reversed(node.children)
    return row


def _ours(root: Node) -> Iterator[Node]:
    for node in _all(root):
        if node.type == "variable_name" and source(node).startswith(PREFIX):
            yield node
