"""Names of variables that hold secrets, and addresses that have one inside."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASS|PWD|APIKEY|CREDENTIALS?|PRIVATE_KEY|ACCESS_KEY"
    r"|API_KEY|AUTH_KEY|SECRET_KEY|KEY)(?:$|_)",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"PUBLIC|KEY_?(?:ID|NAME|FILE|PATH|PREFIX)|_FILE$|_PATH$", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:^|_)(?:DATABASE|DB|POSTGRES|PG|REDIS|MONGO(?:DB)?|AMQP|RABBITMQ|MYSQL)"
                      r"_?(?:URL|URI|DSN)$|(?:^|_)DSN$", re.IGNORECASE)  # fmt: skip


def is_secret(variable: str) -> bool:
    """Whether a variable of this name holds a secret."""
    return bool(_SECRET.search(variable)) and not _NO_SECRET.search(variable)


def is_address(variable: str) -> bool:
    """Whether a variable of this name holds an address with a password in it."""
    return bool(_ADDRESS.search(variable))
