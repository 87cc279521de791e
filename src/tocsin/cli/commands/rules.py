"""`tocsin rules`: the thresholds of runbooks as Prometheus rules, with tests that prove them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from tocsin.bootstrap.workspace import FILE, load_workspace
from tocsin.cli.files import read_each, read_file, remove_file, write_file
from tocsin.cli.options import in_workspace
from tocsin.cli.output import say, say_json, tell, visible
from tocsin.cli.paths import from_here, runbooks_at
from tocsin.core.errors import Conflict
from tocsin.core.metric import Metric
from tocsin.reading.repair import mend
from tocsin.reading.rules.compiled import Rule, RuleSet, Unbound, compile_rules
from tocsin.reading.rules.files import MARK, proofs_file, rules_file
from tocsin.reading.rules.selectors import selector_of
from tocsin.reading.runbook import read_runbook

_UNREAD = 2
_STALE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Output:
    """What comes of one runbook, and where it goes."""

    runbook: Path
    ruleset: RuleSet
    rules_path: Path
    tests_path: Path

    def texts(self) -> dict[Path, str]:
        """Return both files; none where the runbook states no threshold."""
        if not (self.ruleset.rules or self.ruleset.unbound):
            return {}
        return {
            self.rules_path: rules_file(self.ruleset, self.rules_path.name.split(".")[0]),
            self.tests_path: proofs_file(self.ruleset, self.rules_path.name),
        }


@click.command("rules")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the files go; it is made.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail if DIR is not up to date.")
@click.option("--force", is_flag=True, help="Overwrite files that Tocsin did not write.")
@click.option("--base-url", metavar="URL", help="What each runbook_url begins with.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_workspace
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    folder: Path,
    check: bool,
    force: bool,
    base_url: str | None,
    as_json: bool,
    directory: Path,
) -> None:
    """Write thresholds of runbooks as Prometheus alerting rules, each with its unit tests.

    For each runbook DIR gets NAME.rules.yml and NAME.test.yml; `promtool test rules` proves each
    rule silent below its limit, pending before its time, firing after it and quiet again after
    recovery. What a threshold's words mean comes from [[metric]] in tocsin.toml, if there is one,
    and from a catalogue (docs/reference/metrics.md).

    Exit status: 0 done, or up to date; 2 a file could not be read; 3 with --check: not up to
    date; 5 a file there is not ours; 7 DIR cannot be written.
    """
    own, begins = _settings(directory)
    files = runbooks_at(paths)
    begins = begins if base_url is None else base_url
    compiled = dict(read_each(files, partial(_compiled, own=own, base_url=begins)))
    outputs = _placed(compiled, folder)
    stale = _stale(outputs)
    if not check:
        _refuse_foreign(stale, force=force)
        _write(stale)
    _print(outputs, stale, checked=check, as_json=as_json)
    if len(compiled) < len(files):
        ctx.exit(_UNREAD)
    ctx.exit(_STALE if check and stale else 0)


def _settings(directory: Path) -> tuple[tuple[Metric, ...], str]:
    """Return the workspace's metrics and address of its runbooks; none where there is none here."""
    if directory == Path() and not (directory / FILE).exists():
        return (), ""
    workspace = load_workspace(directory)
    for metric in workspace.metrics:
        for series in (metric.series, *metric.whole):
            selector_of(series)
    url = workspace.runbook_url
    return workspace.metrics, url if not url or url.endswith("/") else f"{url}/"


def _compiled(
    file: Path, raw: bytes, *, own: Sequence[Metric], base_url: str
) -> tuple[Path, RuleSet]:
    """Return a runbook's path and its rules."""
    runbook = read_runbook(from_here(file), raw)
    return file, compile_rules(runbook, mend(raw).text, own, base_url=base_url)


def _placed(compiled: Mapping[Path, RuleSet], folder: Path) -> list[_Output]:
    """Return where each goes: named like the runbook, with its folders where names repeat."""
    plain = [_as_name(Path(each.file).stem) for each in compiled.values()]
    whole = [_as_name(Path(each.file).with_suffix("").as_posix()) for each in compiled.values()]
    lower = [name.lower() for name in plain]
    taken: set[str] = set()
    outputs = []
    for (runbook, ruleset), short, long in zip(compiled.items(), plain, whole, strict=True):
        name = _free(short if lower.count(short.lower()) == 1 else long, taken)
        outputs.append(
            _Output(
                runbook=runbook,
                ruleset=ruleset,
                rules_path=folder / f"{name}.rules.yml",
                tests_path=folder / f"{name}.test.yml",
            )
        )
    return outputs


def _as_name(text: str) -> str:
    return re.sub(r"[^\w-]+", "-", text).strip("-") or "runbook"


def _free(name: str, taken: set[str]) -> str:
    number, wanted = 2, name
    while wanted.lower() in taken:
        wanted, number = f"{name}-{number}", number + 1
    taken.add(wanted.lower())
    return wanted


def _stale(outputs: Sequence[_Output]) -> dict[Path, str | None]:
    """Return the files that are not as they should be, with their text; None: should be gone."""
    found: dict[Path, str | None] = {}
    for output in outputs:
        texts = output.texts()
        for path in (output.rules_path, output.tests_path):
            wanted, there = texts.get(path), _text_at(path)
            leftover = wanted is None and there is not None and there.startswith(MARK)
            if leftover or wanted not in (None, there):
                found[path] = wanted
    return found


def _text_at(path: Path) -> str | None:
    if not path.exists():
        return None
    return read_file(path, lambda _, raw: raw.decode("utf-8", "replace"))


def _refuse_foreign(stale: Iterable[Path], *, force: bool) -> None:
    for path in stale:
        there = _text_at(path)
        if there is not None and not there.startswith(MARK) and not force:
            raise Conflict(
                "rules.foreign",
                f"{path} is not ours; nothing was written.",
                hint="Name another folder with -o, or overwrite it with --force.",
            )


def _write(stale: Mapping[Path, str | None]) -> None:
    for path, text in stale.items():
        if text is None:
            remove_file(path)
        else:
            write_file(path, text)


# what is said


def _print(
    outputs: Sequence[_Output], stale: Mapping[Path, str | None], *, checked: bool, as_json: bool
) -> None:
    for output in outputs:
        _tell_of(output.ruleset, str(output.runbook))
    if as_json:
        say_json({"runbooks": [_as_value(output) for output in outputs]})
        return
    for output in outputs:
        for path in (output.rules_path, output.tests_path):
            if path in stale or output.texts():
                say(f"{visible(path)}  {_became(path, stale, checked=checked)}")


def _became(path: Path, stale: Mapping[Path, str | None], *, checked: bool) -> str:
    if path not in stale:
        return "is up to date"
    if checked:
        return "should be gone" if stale[path] is None else "is not up to date"
    return "removed" if stale[path] is None else "written"


def _tell_of(ruleset: RuleSet, file: str) -> None:
    """Say on stderr what there is to know: caveats of the rules, and what has none."""
    if not (ruleset.rules or ruleset.unbound):
        tell(visible(f"{file}: states no threshold, and gets no rules."))
    for rule in ruleset.rules:
        for caveat in rule.caveats:
            where = f"{file}:{rule.line}: {rule.alert}"
            tell(visible(f"{where}: {caveat.kind}: {caveat.message}"))
    for unbound in ruleset.unbound:
        where = f"{file}:{unbound.line}"
        more = " A [[metric]] to fill in stands in the file." if unbound.stub else ""
        tell(visible(f"{where}: no rule for {unbound.told}: {unbound.reason}{more}"))


def _as_value(output: _Output) -> dict[str, object]:
    ruleset = output.ruleset
    written = bool(output.texts())
    return {
        "file": ruleset.file,
        "rules_file": str(output.rules_path) if written else None,
        "test_file": str(output.tests_path) if written else None,
        "rules": [_rule(rule) for rule in ruleset.rules],
        "unbound": [_unbound(unbound) for unbound in ruleset.unbound],
    }


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "alert": rule.alert,
        "line": rule.line,
        "expr": rule.expr,
        "for_s": rule.lasting.total_seconds() if rule.lasting else None,
        "labels": rule.labels,
        "annotations": rule.annotations,
        "origin": rule.origin,
        "tests": len(rule.proofs),
        "caveats": [{"kind": each.kind, "message": each.message} for each in rule.caveats],
    }


def _unbound(unbound: Unbound) -> dict[str, object]:
    return {
        "line": unbound.line,
        "threshold": unbound.told,
        "reason": unbound.reason,
        "stub": "\n".join(unbound.stub) or None,
    }
