"""Names of files and variables that hold secrets."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

_FILES = re.compile(
    r"(^|/|=)\.env(\.[\w.-]+)?$|(^|/)environ(ment)?$|(^|/)g?shadow-?$|(^|/)id_(rsa|dsa|ecdsa|ed25519)$"
    r"|\.(pem|key|p12|pfx|jks|kdbx|keystore)$|privkey|(^|/)\.(ssh|gnupg|aws|docker|kube)(/|$)"
    r"|(^|/)\.(pgpass|netrc|my\.cnf|htpasswd|git-credentials|vault-token|npmrc|pypirc)$|credential"
    r"|secret|passwd-?$|password|token|wp-config\.php|kubeconfig|/proc/k(core|msg)|_history$"
    r"|(^|/)(database|settings|config|application|appsettings)\.(ya?ml|json|php|properties|ini|py)$"
    r"|(^|/)s?env\.(sh|ya?ml|json|local)$|/run/secrets|sudoers|tocsin\.toml$|/etc/tocsin"
    r"|_key$|/ssl/private(/|$)|/etc/(default|sysconfig|wireguard)(/|$)|/etc/kubernetes/\w+\.conf$"
    r"|/system-connections(/|$)|/etc/rancher|debian\.cnf$|\.tf(state|vars)|\.(keytab|ovpn|asc|gpg)$"
    r"|(^|/)\.(bash|zsh)rc$|(^|/)\.(bash_|z)?profile$|(^|/)\.(config|dockercfg|s3cfg|boto)(/|$)"
    r"|(^|/)(rclone|redis|sentinel)\.conf$|userlist\.txt$|(^|/)\.(envrc|flaskenv)$|/env$"
    r"|(^|/)\.(git|local)/|/etc/(netplan|systemd|cron)|/var/(spool/cron|lib/docker|backups)|/pki/"
    r"|(^|/)core\.\d+$|/proc/\S*/(mem|root|cwd)(/|$)",
    re.IGNORECASE,
)
_COPY = re.compile(r"(\.(bak|old|orig|save|swp|backup|gz|bz2|xz|zst)|~)+$")
_NOT = re.compile(r"^/etc/passwd$")
_SURE = re.compile(
    r"(^|/|=)\.env(\.[\w.-]+)?$|(^|/)environ$|(^|/)g?shadow-?$|(^|/)id_(rsa|dsa|ecdsa|ed25519)$"
    r"|\.(pem|key|p12|pfx|jks|kdbx|keystore|keytab)$|privkey|(^|/)\.(ssh|gnupg|aws|kube)(/|$)"
    r"|(^|/)\.(pgpass|netrc|my\.cnf|htpasswd|git-credentials|vault-token|npmrc)$|debian\.cnf$|credential|secret"
    r"|password|token|wp-config\.php|kubeconfig|/run/secrets|_key$|/ssl/private(/|$)",
    re.IGNORECASE,
)
_SAMPLES = (
    ".env", ".env.local", "environ", "shadow", "id_rsa", "id_ed25519", "privkey.pem", "server.key",
    ".pgpass", ".netrc", "credentials", ".ssh", ".aws",
)  # fmt: skip
_VARIABLES = re.compile(
    r"secret|token|passw|pwd$|_key$|^key$|apikey|api_key|credential|auth|private|dsn$|_url$|_uri$",
    re.IGNORECASE,
)


_PLAIN_PATTERN = re.compile(
    r"/var/log/[\w./*?-]*|[\w./~-]*\*[\w.-]*\.(log|out|err|txt|gz)(\.[\d*]+)?"
)


def may_match_secrets(word: str) -> bool:
    """Whether it is a pattern of which nobody can say that it only matches logs."""
    return not _PLAIN_PATTERN.fullmatch(word) or ".." in word


def is_secret_file(word: str) -> bool:
    """Whether a word names a file that holds secrets, or a pattern that may match one."""
    word = _COPY.sub("", re.sub(r"/(\./|/)+", "/", word))
    if _NOT.match(word):
        return False
    if _FILES.search(word):
        return True
    if not re.search(r"[*?\[]", word):
        return False
    return any(_matches(word, sample) for sample in _SAMPLES)


def is_surely_secret(word: str) -> bool:
    """Whether a file of that name is there to hold a secret, not settings with one among them."""
    return bool(_SURE.search(_COPY.sub("", word))) or bool(re.search(r"[*?\[]", word))


def _matches(pattern: str, sample: str) -> bool:
    """Whether the shell could put a path with `sample` in it in the pattern's place."""
    parts = [part for part in pattern.split("/") if re.search(r"[*?\[]", part)]
    hidden = sample.startswith(".")
    return any(
        fnmatchcase(sample, part) and not (hidden and not part.startswith("."))
        for part in parts
        if part.strip("*") or "/proc" in pattern or "/etc" in pattern
    )


def is_secret_variable(name: str) -> bool:
    """Whether a variable's name says that its value is not for everybody."""
    return bool(_VARIABLES.search(name))
