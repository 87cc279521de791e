"""Load a team's workspace from disk, with every path made absolute."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tocsin import settings
from tocsin.core.errors import Invalid
from tocsin.core.workspace import Check, Target, TargetKind, Workspace

FILE = "tocsin.toml"


def load_workspace(directory: Path) -> Workspace:
    """Return the workspace whose tocsin.toml lies in `directory`.

    Raises:
        Invalid("settings.missing"): There is none.
        Invalid("settings"): One or more mistakes, all of them named with their lines.
    """
    base = directory.resolve()
    path = base / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(
            "settings.missing",
            f"Cannot read {path}: {error}.",
            hint="`tocsin init` writes a commented one; or name its folder with --workspace.",
        ) from None
    workspace = settings.read(text, file=FILE, directory=str(base))
    data = base / workspace.data_directory
    targets = tuple(_placed(target, base) for target in workspace.targets)
    return replace(
        workspace,
        data_directory=str(data),
        database=_database(workspace.database, base) or f"sqlite:///{data / 'tocsin.db'}",
        targets=targets,
        checks=tuple(_aimed(check, targets) for check in workspace.checks),
    )


def _database(url: str, base: Path) -> str:
    """Return the address with the path of a file made absolute."""
    scheme, separator, path = url.partition(":///")
    return f"sqlite:///{base / path}" if scheme == "sqlite" and separator else url


def _placed(target: Target, base: Path) -> Target:
    if target.kind is TargetKind.SQLITE:
        return replace(target, url=str(base / target.url.removeprefix("sqlite:///")))
    if target.kind is TargetKind.LOCAL:
        return replace(target, directory=str(base / target.directory))
    if target.kind is TargetKind.SSH:
        return replace(
            target,
            identity=_file(target.identity, base),
            change_identity=_file(target.change_identity, base),
            config=_file(target.config, base),
        )
    return target


def _file(path: str, base: Path) -> str:
    return str(base / Path(path).expanduser()) if path else ""


def _aimed(check: Check, targets: tuple[Target, ...]) -> Check:
    """Return the check with the target that it names, if it names one."""
    named = [target for target in targets if target.name == check.options.get("target")]
    if not named:
        return check
    return replace(check, options={**check.options, "_target": named[0]})
