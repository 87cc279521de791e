"""Fetches a secret from where the workspace says it lies: environment, file or command.

The value is never part of an error: what goes wrong is told by name and place only.
"""

from __future__ import annotations

import os
import subprocess  # a password manager's client is a command
from pathlib import Path

from tocsin.core.errors import Invalid, NotFound, Problem, Unavailable
from tocsin.core.workspace import Secret

_SECONDS = 10
_VALUE_BYTES = 64 * 1024


def read_secret(secret: Secret, *, directory: str) -> str:
    """Return the value, without the newline at its end. Relative paths start at `directory`.

    Raises:
        NotFound("secret.environment"), NotFound("secret.file"): It is not there.
        Invalid("secret.empty"), Invalid("secret.value"), Invalid("secret.source"): What is
            there cannot be a secret, or nothing says where it is.
        Unavailable("secret.file"), Unavailable("secret.command"): It could not be read now.
    """
    if secret.environment:
        value = _from_environment(secret)
    elif secret.file:
        value = _from_file(secret, directory)
    elif secret.command:
        value = _from_command(secret, directory)
    else:
        raise Invalid(
            "secret.source",
            f"Secret {secret.name} does not say where it comes from.",
            hint="Give it one of environment, file and command.",
        )
    return _checked(secret, value)


def _from_environment(secret: Secret) -> bytes:
    value = os.environb.get(secret.environment.encode())
    if value is None:
        raise NotFound(
            "secret.environment",
            f"Secret {secret.name}: the environment variable {secret.environment} is not set.",
            hint="Set it where the server is started.",
        )
    return value


def _from_file(secret: Secret, directory: str) -> bytes:
    path = Path(directory, secret.file)
    try:
        with path.open("rb") as stream:
            return stream.read(_VALUE_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(
            "secret.file",
            f"Secret {secret.name}: there is no file {path}.",
            hint="Create it, readable only by the user the server runs as.",
        ) from None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise Unavailable(
            "secret.file",
            f"Secret {secret.name}: {path} cannot be read: {cause}.",
            hint="The user the server runs as must be able to read it.",
        ) from error


def _from_command(secret: Secret, directory: str) -> bytes:
    try:
        ended = subprocess.run(  # noqa: S603  # an argument list, no shell
            list(secret.command),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise _command_failed(secret, f"did not end within {_SECONDS} s") from None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise _command_failed(secret, f"cannot be started: {cause}") from error
    if ended.returncode:
        raise _command_failed(secret, f"ended with status {ended.returncode}")
    return ended.stdout


def _command_failed(secret: Secret, cause: str) -> Problem:
    return Unavailable(
        "secret.command",
        f"Secret {secret.name}: its command {secret.command[0]} {cause}.",
        hint="Run it by hand as the user the server runs as, and see what it says.",
    )


def _checked(secret: Secret, value: bytes) -> str:
    if len(value) > _VALUE_BYTES:
        raise _unfit(secret, f"is longer than {_VALUE_BYTES} bytes")
    try:
        text = value.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise _unfit(secret, "is not UTF-8 text") from None
    if "\0" in text:
        raise _unfit(secret, "holds a NUL character")
    if not text:
        raise Invalid(
            "secret.empty", f"Secret {secret.name} is empty.", hint="Put its value there."
        )
    return text


def _unfit(secret: Secret, what: str) -> Problem:
    return Invalid(
        "secret.value",
        f"Secret {secret.name} {what}, so it cannot be an environment variable.",
        hint="Store it as text, for example base64.",
    )
