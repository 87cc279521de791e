"""Which commands want somebody at a terminal, and what for."""

from __future__ import annotations

from tocsin.reading.lint.calls import Call

PROMPT = "opens a prompt and waits"

_EDITORS = {"nano", "vi", "vim", "nvim", "emacs", "pico", "joe", "visudo", "vipw"}
_SCREENS = {"htop", "btop", "atop", "nmtui", "mc", "k9s", "lazydocker", "glances", "ncdu", "nvtop"}
_PAGERS = {"less", "more", "most", "man"}
_BATCH = {"top": ("-b",), "iotop": ("-b",), "mtr": ("-r", "--report", "-w", "-c"), "iftop": ("-t",)}
_SHELLS = {"bash", "sh", "zsh", "ash", "fish"}
_EDITING: dict[str, tuple[tuple[str, ...], ...]] = {
    "crontab": (("-e",),),
    "systemctl": (("edit",),),
    "kubectl": (("edit",),),
    "oc": (("edit",),),
    "git": (("rebase", "-i"), ("rebase", "--interactive"), ("add", "-p")),
    "pm2": (("monit",), ("dashboard",)),
    "rails": (("console",), ("c",), ("dbconsole",)),
    "php": (("-a",), ("artisan", "tinker")),
}
_COMMAND = ("-c", "--command", "-f", "--file", "-l", "--list", "-V", "--version", "--help", "-?")
_QUERY = ("-e", "--execute", "--eval", "--version", "--help", "-f")


def wants_person(call: Call) -> str:
    """Return what the command wants a person for; empty where it wants nobody."""
    if call.name in _EDITORS:
        return "is an editor: what follows runs without the edit"
    if call.name in _SCREENS or (call.name in _BATCH and not call.option(*_BATCH[call.name])):
        return "fills the screen until somebody leaves it"
    if call.name in _PAGERS and not call.feeds:
        return "shows a page at a time"
    if any(call.args[: len(words)] == words for words in _EDITING.get(call.name, ())):
        return "opens an editor or a console"
    return PROMPT if _is_prompt(call) else ""


def _is_prompt(call: Call) -> bool:
    """Whether a shell or a database client is started with nothing to do."""
    fed = call.fed_by or any(one.startswith(("<", "0<")) for one in call.redirects)
    if fed or call.statement.text.lstrip().startswith("#!"):
        return False
    if call.name in _SHELLS:
        return not call.operands() and not call.option("-c") and bool(call.around)
    if call.name == "psql":
        return not call.option(*_COMMAND)
    if call.name in ("mysql", "mariadb", "mongo", "mongosh"):
        return not call.option(*_QUERY) and not any(word.endswith(".js") for word in call.args)
    if call.name in ("redis-cli", "valkey-cli"):
        return not _redis_command(call)
    if call.name == "sqlite3":
        return len(call.operands()) == 1
    return False


def _redis_command(call: Call) -> bool:
    """Whether there is a word that is neither an option nor the value of one."""
    values = call.values("-h", "-p", "-a", "-n", "-u", "--user", "--pass")
    commands = [word for word in call.operands() if word not in values]
    return bool(commands) or any(word.startswith("--") for word in call.args)
