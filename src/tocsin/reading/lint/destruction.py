"""Commands that lose data, by what is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tocsin.reading.lint.calls import Call

_RESTORE = re.compile(r"(^|[-_.])restore([-_.]|$)", re.IGNORECASE)
_DUMP = re.compile(r"backup|dump|restore|\.sql\b", re.IGNORECASE)
_SCRATCH = re.compile(r"^(/tmp|/var/tmp|/var/cache)(/|$)|cache|/te?mp/", re.IGNORECASE)
_DATA = re.compile(r"^(/var/lib|/data|/mnt|/srv|/home|/etc|/opt|/usr|/var/www)(/|$)|^/\*?$|/\*$")
_PROGRAMS = frozenset({"find", "rm", "dd", "docker", "docker-compose", "podman", "kubectl", "oc"})
_PROGRAMS |= {"helm", "terraform", "dropdb", "aws", "rabbitmqctl", "redis-cli", "valkey-cli"}
_UNPACK = ("zcat", "gunzip", "gzip", "cat", "pv")
_SUSPECT = re.compile(r"restore|^mkfs", re.IGNORECASE)
_CLIENTS = ("psql", "mysql", "mariadb", "sqlite3")
_PROGRAMS |= {"pg_restore", "mongorestore", *_CLIENTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One way to lose data."""

    of: str  # what is lost, as a message names it
    by: Callable[[Call], bool]
    broad: bool = True  # more than a comment about one thing would make expect


def loss_by(call: Call) -> Loss | None:
    """Return what a command loses, or None where it loses nothing of worth."""
    if call.name not in _PROGRAMS and not _SUSPECT.search(call.name):
        return None
    return next((loss for loss in LOSSES if loss.by(call)), None)


def _deletes_found(call: Call) -> bool:
    if call.name != "find" or _SCRATCH.search(next(iter(call.operands()), "")):
        return False
    removes = ("-exec", "-execdir")
    run = any(a in removes and b == "rm" for a, b in zip(call.args, call.args[1:], strict=False))
    return run or "-delete" in call.args or ("xargs" in call.feeds and "xargs rm" in _text(call))


def _text(call: Call) -> str:
    return call.statement.text.replace("-0 ", "").replace("-r ", "")


def _restores(call: Call) -> bool:
    if call.name in ("pg_restore", "mongorestore"):
        return not call.option("-l", "--list", "--dryRun", "--help")
    if call.name in _CLIENTS:
        dumped = any(one.startswith("<") and _DUMP.search(one) for one in call.redirects)
        return dumped or (call.fed_by in _UNPACK and bool(_DUMP.search(call.statement.text)))
    stem = call.name.rsplit(".", 1)[0]
    scripted = call.name.endswith((".sh", ".py", ".rb")) or "/" in _first(call)
    return scripted and bool(_RESTORE.search(stem)) and "test" not in stem


def _first(call: Call) -> str:
    return call.words[0].text if call.words else ""


def empties_store(call: Call) -> bool:
    """Whether the call removes every key of a Redis or Valkey."""
    words = {word.lower() for word in call.operands()}
    return call.name in ("redis-cli", "valkey-cli") and bool(words & {"flushall", "flushdb"})


def _removes(call: Call) -> bool:
    recursive = call.name == "rm" and call.option("-r", "-R", "--recursive")
    lost = (word for word in call.operands() if not _SCRATCH.search(word))
    return recursive and any(_DATA.search(word) for word in lost)


def _words(*wanted: str, option: tuple[str, ...] = ()) -> Callable[[Call], bool]:
    """Return whether a call begins with these words, and has one of the options if any."""

    def begins(call: Call) -> bool:
        words = (call.name, *call.operands())
        fits = words[: len(wanted)] == wanted
        return fits and (not option or call.option(*option))

    return begins


def _removes_objects(call: Call) -> bool:
    words = call.operands()
    recursive = call.name == "aws" and words[:2] == ("s3", "rm") and call.option("--recursive")
    return recursive and not any(_SCRATCH.search(word) for word in words)


def _composed_down(call: Call) -> bool:
    composed = call.name == "docker-compose" or call.args[:1] == ("compose",)
    return composed and "down" in call.args and call.option("-v", "--volumes")


def _deletes_kept(call: Call) -> bool:
    """Whether Kubernetes is told to delete what does not come back by itself."""
    kept = {"pvc", "pv", "ns", "namespace", "persistentvolumeclaim", "persistentvolume", "crd"}
    words = call.operands()
    named = {word.split("/")[0] for word in words[1:3]}
    return call.name in ("kubectl", "oc") and words[:1] == ("delete",) and bool(named & kept)


def _writes_device(call: Call) -> bool:
    device = any(word.startswith("of=/dev/") for word in call.args)
    return call.name.startswith("mkfs") or (call.name == "dd" and device)


LOSSES = (
    Loss(of="files, found by a pattern", by=_deletes_found, broad=False),
    Loss(of="what the live database holds", by=_restores),
    Loss(of="every key, sessions and queues too", by=empties_store),
    Loss(of="a folder with data", by=_removes),
    Loss(of="volumes and images", by=_composed_down),
    Loss(of="volumes and images", by=_words("docker", "system", "prune", option=("--volumes",))),
    Loss(of="volumes and images", by=_words("docker", "volume", "prune")),
    Loss(of="volumes and images", by=_words("docker", "volume", "rm")),
    Loss(of="volumes or namespaces", by=_deletes_kept),
    Loss(of="a release with what belongs to it", by=_words("helm", "uninstall")),
    Loss(of="a release with what belongs to it", by=_words("helm", "delete")),
    Loss(of="infrastructure", by=_words("terraform", "destroy")),
    Loss(of="a database", by=_words("dropdb")),
    Loss(of="objects", by=_removes_objects),
    Loss(of="objects", by=_words("aws", "s3", "rb")),
    Loss(of="a database", by=_words("aws", "rds", "delete-db-instance")),
    Loss(of="messages", by=_words("rabbitmqctl", "purge_queue")),
    Loss(of="messages", by=_words("rabbitmqctl", "delete_queue")),
    Loss(of="a file system", by=_writes_device),
)


# what a comment admits

_ADMITS = re.compile(
    r"\b(delet\w*|remov\w*|prun\w*|drop\w*|wip\w*|purg\w*|destroy\w*|volume\w*|restor\w*|flush\w*"
    r"|reset\w*|clean\w*|clear\w*|everything|all|unused|old)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Harmless:
    """What a comment says that does not lose data."""

    says: re.Pattern[str]
    meant: str


_HARMLESS = (
    _Harmless(
        says=re.compile(r"^(check|view|show|list|inspect|verify|look|monitor|see)\b", re.I),
        meant="a look",
    ),
    _Harmless(says=re.compile(r"^(re)?start\b", re.I), meant="a restart"),
    _Harmless(says=re.compile(r"\blogs?\b", re.I), meant="logs"),
    _Harmless(says=re.compile(r"\b(build )?cache\b", re.I), meant="a cache"),
    _Harmless(says=re.compile(r"\b(temp|temporary|tmp)\b", re.I), meant="temporary files"),
)


def harmless_words(label: str, loss: Loss) -> str:
    """Return what a comment speaks of that loses nothing; empty where it admits the loss."""
    if not loss.broad or _ADMITS.search(label):
        return ""
    return next((one.meant for one in _HARMLESS if one.says.search(label)), "")
