"""`tocsin incident`, over real HTTP, against the real server."""

from __future__ import annotations

from cli.conftest import Served
from tocsin.core.incident import Action, Status

ESCAPE = "\x1b]0;owned\x07\x1b[2J"


def test_the_list_says_what_how_bad_since_when_and_who(served: Served) -> None:
    """The one line that has to be enough at three in the morning."""
    listed = served("incident", "list")

    assert listed.status == 0
    (line,) = listed.out.splitlines()
    assert line.split()[:3] == ["1", "●", "triggered"]
    assert "nobody" in line and "shop: " in line


def test_an_empty_list_is_said_on_stderr(served: Served) -> None:
    """So that `| wc -l` counts incidents and nothing else."""
    served("incident", "resolve", "1")

    listed = served("incident", "list")

    assert (listed.status, listed.out, listed.err) == (0, "", "No open incidents.\n")
    assert "✓ resolved" in served("incident", "list", "--all").out


def test_showing_tells_why_this_playbook_with_file_and_line(served: Served) -> None:
    """Whoever is woken must be able to check why we think what we think."""
    shown = served("incident", "show", "1")

    assert shown.status == 0
    assert "Checkout failing, shop.md:3" in shown.out
    assert served.drill.incident.reason in shown.out
    for title in ("Alerts", "Steps", "Pages", "Timeline (UTC)"):
        assert f"\n{title}\n" in shown.out
    assert "? waiting" in shown.out
    assert "./shopctl restart payments" in shown.out


def test_acknowledging_takes_it_once_and_again(served: Served) -> None:
    """A tired finger presses twice; the second time is as good as the first."""
    first, second = served("incident", "ack", "1"), served("incident", "ack", "1")

    assert (first.status, second.status) == (0, 0)
    assert "acknowledged" in second.out and "ada" in second.out
    assert served.drill.status is Status.ACKNOWLEDGED
    assert served.drill.incident.acknowledged_by == "ada"


def test_mitigate_watches_it(served: Served) -> None:
    """A person may say that it is over before the source does; it is still watched."""
    assert "monitoring" in served("incident", "mitigate", "1").out


def test_release_resolve_and_reopen_move_it(served: Served) -> None:
    """Each word is one transition of the incident's life."""
    served("incident", "ack", "1")

    assert "triggered" in served("incident", "release", "1").out
    assert "resolved" in served("incident", "resolve", "1").out
    assert "triggered" in served("incident", "reopen", "1").out


def test_what_is_not_possible_now_ends_with_5_and_the_hint(served: Served) -> None:
    """The sentence and the hint are the server's own."""
    served.drill.act(1, Action.RESOLVE)

    refused = served("incident", "ack", "1")

    assert (refused.status, refused.out) == (5, "")
    assert refused.err == "Cannot acknowledge incident 1: it is resolved.\nReopen it first.\n"


def test_no_such_incident_ends_with_4(served: Served) -> None:
    """Whatever is asked of it."""
    for words in (("show",), ("ack",), ("verify",), ("postmortem",), ("note", "hello")):
        verb, *rest = words
        assert served("incident", verb, "77", *rest).status == 4


def test_a_wrong_token_ends_with_6_and_says_where_it_belongs(served: Served, monkeypatch) -> None:
    """Also no token at all."""
    for token in ("wrong", ""):
        monkeypatch.setenv("TOCSIN_TOKEN", token)
        monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")

        refused = served("incident", "list")

        assert (refused.status, refused.out) == (6, "")
        assert "~/.config/tocsin/token" in refused.err


def test_a_note_stands_on_the_timeline_under_its_writers_name(served: Served) -> None:
    """With its line breaks made visible when it is read back."""
    assert served("incident", "note", "1", "first\nsecond").status == 0

    assert "ada" in served("incident", "show", "1").out
    assert served.drill.told("first\nsecond")
    assert r"first\nsecond" in served("incident", "show", "1").out


def test_hostile_text_cannot_reach_the_terminal(served: Served) -> None:
    """Alert labels are written by whoever can make an alert fire."""
    served.drill.alert("CheckoutFailing", starts_at="2026-01-05T02:59:00Z", instance=ESCAPE)
    served("incident", "note", "1", ESCAPE)

    shown, raw = served("incident", "show", "1"), served("incident", "show", "1", "--json")

    assert "\x1b" not in shown.out and "\x07" not in shown.out
    assert r"\x1b]0;owned\x07\x1b[2J" in shown.out
    assert "\x1b" not in raw.out
    assert raw.json["alerts"][-1]["labels"]["instance"] == ESCAPE


def test_verify_says_whether_the_chain_is_whole_in_its_exit_status(served: Served) -> None:
    """A script that watches the record needs nothing but the status."""
    whole = served("incident", "verify", "1")
    assert (whole.status, whole.out) == (0, "✓ The timeline of incident 1 is whole.\n")

    with served.drill.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS timeline_is_append_only")
        tables = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%timeline%'"
        )
        (table,) = [name for (name,) in tables]
        for (trigger,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).all():
            connection.exec_driver_sql(f'DROP TRIGGER "{trigger}"')
        connection.exec_driver_sql(f"UPDATE {table} SET text = 'nothing happened' WHERE seq = 2")

    broken = served("incident", "verify", "1")
    assert (broken.status, broken.out) == (3, "✗ Entry 2 is not what was written.\n")
    assert served("incident", "verify", "1", "--json").json["whole"] is False


def test_the_postmortem_is_markdown_as_it_was_drafted(served: Served) -> None:
    """`> postmortem.md` must give the document itself; before the end there is none."""
    assert served("incident", "postmortem", "1").status == 4

    served("incident", "resolve", "1")
    drafted = served("incident", "postmortem", "1")

    assert drafted.status == 0
    assert drafted.out.startswith("# ") and drafted.out.endswith("\n")
    assert served("incident", "postmortem", "1", "--json").json["markdown"] == drafted.out


def test_choosing_among_candidates_is_refused_once_it_follows_one(served: Served) -> None:
    """The alert named its playbook; a second opinion comes too late."""
    assert served("incident", "choose", "1", "search-slow").status == 5


def test_every_command_prints_json(served: Served) -> None:
    """The incident as it is afterwards, the same value the API gives."""
    assert served("incident", "list", "--json").json["incidents"][0]["id"] == 1
    assert served("incident", "ack", "1", "--json").json["status"] == "acknowledged"
    assert served("incident", "note", "1", "x", "--json").json["timeline"][-1]["text"] == "x"
    assert served("incident", "release", "1", "--json").json["status"] == "triggered"
    assert served("incident", "resolve", "1", "--json").json["status"] == "resolved"
    assert served("incident", "reopen", "1", "--json").json["status"] == "triggered"


def test_what_is_no_number_is_told_where_numbers_are(served: Served) -> None:
    """A title pasted instead of a number, at three in the morning."""
    refused = served("incident", "show", "checkout")

    assert refused.status == 2
    assert "is no number of an incident" in refused.err
    assert "tocsin incident list" in refused.err
