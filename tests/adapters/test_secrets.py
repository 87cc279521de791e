"""Secrets from where they really lie: the environment, a file, a command."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tocsin.adapters import secrets
from tocsin.adapters.secrets import read_secret
from tocsin.core.errors import Invalid, NotFound, Problem, Unavailable
from tocsin.core.workspace import Secret


def test_it_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As container platforms hand secrets in."""
    monkeypatch.setenv("PAGER_KEY", "hunter é")

    assert read_secret(Secret(name="KEY", environment="PAGER_KEY"), directory="/") == "hunter é"


def test_it_is_read_from_a_file_beside_the_workspace(tmp_path: Path) -> None:
    """Editors end files with a newline, which no password has; spaces stay."""
    (tmp_path / "key").write_text(" hunter \r\n")

    assert read_secret(Secret(name="KEY", file="key"), directory=str(tmp_path)) == " hunter "
    absolute = Secret(name="KEY", file=str(tmp_path / "key"))
    assert read_secret(absolute, directory="/") == " hunter "


def test_it_is_what_a_command_prints(tmp_path: Path) -> None:
    """A password manager's client; there is no shell, so nothing is expanded."""
    secret = Secret(name="KEY", command=("echo", "$HOME; id"))

    assert read_secret(secret, directory=str(tmp_path)) == "$HOME; id"


@pytest.mark.parametrize(
    ("secret", "category", "code"),
    [
        (Secret(name="KEY"), Invalid, "secret.source"),
        (Secret(name="KEY", environment="TOCSIN_NO_SUCH"), NotFound, "secret.environment"),
        (Secret(name="KEY", file="missing"), NotFound, "secret.file"),
        (Secret(name="KEY", file="."), Unavailable, "secret.file"),
        (Secret(name="KEY", file="a\0b"), Unavailable, "secret.file"),
        (Secret(name="KEY", file="empty"), Invalid, "secret.empty"),
        (Secret(name="KEY", file="binary"), Invalid, "secret.value"),
        (Secret(name="KEY", file="nul"), Invalid, "secret.value"),
        (Secret(name="KEY", file="huge"), Invalid, "secret.value"),
        (Secret(name="KEY", command=("tocsin-no-such",)), Unavailable, "secret.command"),
        (Secret(name="KEY", command=("false",)), Unavailable, "secret.command"),
    ],
)
def test_what_is_wrong_is_named_with_the_next_thing_to_try(
    secret: Secret, category: type[Problem], code: str, tmp_path: Path
) -> None:
    """Each has a code, names the secret, and says what to do; none holds a value."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"hunter\xff")
    (tmp_path / "nul").write_bytes(b"hunter\0")
    (tmp_path / "huge").write_text("hunter" * 20_000)

    with pytest.raises(category) as caught:
        read_secret(secret, directory=str(tmp_path))

    assert caught.value.code == code
    assert "Secret KEY" in caught.value.message
    assert "hunter" not in caught.value.message
    assert caught.value.hint


def test_a_command_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password manager that waits for a fingerprint must not hold up an incident."""
    monkeypatch.setattr(secrets, "_SECONDS", 0.2)
    secret = Secret(name="KEY", command=(sys.executable, "-c", "import time; time.sleep(60)"))

    with pytest.raises(Unavailable) as caught:
        read_secret(secret, directory=str(tmp_path))

    assert caught.value.code == "secret.command"
