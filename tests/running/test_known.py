"""The values nobody may see: where they come from, and that they stay known."""

from __future__ import annotations

from tocsin import settings
from tocsin.running.known import Known, passwords_in

TEXT = """\
[tocsin]
database = "postgresql://tocsin:d%40tabase-pw@db/tocsin"

[[channel]]
name = "hook"
kind = "webhook"
url = "https://chat.test/services/T0000000000/abcdefghijklmnopqrstuvwx"

[[person]]
name = "ada"
webhook = "https://hook.test/x?token=in-the-query"
channels = ["hook"]

[[target]]
name = "db"
kind = "postgres"
url = "host=db dbname=shop password='it\\\\'s quoted'"
change_url = "postgresql://boss:chang1ng@db/shop"

[[check]]
name = "front"
kind = "http"
alert = "SiteDown"
url = "https://probe:pr0be-pw@shop.test/health"
"""


def test_the_passwords_that_addresses_hold_are_known_from_the_start() -> None:
    """They stand in the message of every connection that fails."""
    workspace = settings.read(TEXT, file="tocsin.toml", directory=".")

    assert set(passwords_in(workspace)) == {
        "d%40tabase-pw",
        "d@tabase-pw",
        "abcdefghijklmnopqrstuvwx",
        "in-the-query",
        "it's quoted",
        "chang1ng",
        "pr0be-pw",
    }


def test_what_was_known_once_stays_known() -> None:
    """Yesterday's password still opens yesterday's backup."""
    known = Known(["first-value"])
    known.add("second-value")

    assert known.redact("first-value second-value") == "[redacted] [redacted]"


def test_a_record_is_masked_without_being_changed_otherwise() -> None:
    """Titles and names stay what they are, also where they look like something."""
    known = Known(["hunter2-secret"])
    held = {"why": ["password: is wrong\u202e", "uses hunter2-secret"], "attempt": 1, "none": None}

    assert known.mask(held) == {
        "why": ["password: is wrong\u202e", "uses [redacted]"],
        "attempt": 1,
        "none": None,
    }
    assert known.mask("") == ""
