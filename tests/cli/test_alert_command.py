"""`tocsin alert send`, from the words on the command line to the alert on file."""

from __future__ import annotations

import pytest

from cli.conftest import Served
from tocsin.core.alert import AlertStatus

NIGHTLY = ("alert", "send", "SearchSlow", "-l", "service=shop", "-l", "host=a=b")


def test_an_alert_from_a_script_opens_an_incident(served: Served) -> None:
    """Labels may hold equals signs; the name is a label too."""
    sent = served(*NIGHTLY, "-a", "summary=it crawls")

    assert (sent.status, sent.out) == (0, "✓ SearchSlow is taken in.\n")
    assert [each.title for each in served.drill.incidents][1:]
    with served.drill.store.look() as tx:
        (alert,) = tx.alerts.firing("scripts")
    assert alert.labels == {"alertname": "SearchSlow", "service": "shop", "host": "a=b"}
    assert alert.annotations == {"summary": "it crawls"}


def test_the_same_again_changes_nothing_and_resolved_ends_it(served: Served) -> None:
    """A script in a loop need not remember what it said."""
    served(*NIGHTLY)

    assert "known already" in served(*NIGHTLY).out
    assert served(*NIGHTLY, "--resolved", "--json").json["accepted"] == 1
    with served.drill.store.look() as tx:
        assert tx.alerts.firing("scripts") == []


def test_a_key_identifies_it_whatever_the_labels(served: Served) -> None:
    """For scripts whose labels carry a figure."""
    served("alert", "send", "SearchSlow", "--key", "nightly", "-l", "took=3s")
    served("alert", "send", "SearchSlow", "--key", "nightly", "-l", "took=9s", "--resolved")

    with served.drill.store.look() as tx:
        assert tx.alerts.firing("scripts") == []
        known = [each for each in tx.alerts.pending(10) if each.fingerprint == "nightly"]
    assert all(each.status is AlertStatus.RESOLVED for each in known)


@pytest.mark.parametrize("label", ["nothing", "=x", ""])
def test_a_label_that_is_no_pair_is_refused_before_anything_is_sent(
    served: Served, label: str
) -> None:
    """2, with the word that is wrong."""
    refused = served("alert", "send", "SearchSlow", "-l", label)

    assert (refused.status, refused.out) == (2, "")
    assert "NAME=VALUE" in refused.err


def test_a_label_given_twice_is_refused(served: Served) -> None:
    """One of the two would be lost, and nobody would know which."""
    assert "comes twice" in served("alert", "send", "X", "-l", "a=1", "-l", "a=2").err


def test_no_name_is_refused_by_the_server(served: Served) -> None:
    """Not quarantined: there is a person here who can correct it."""
    assert served("alert", "send", " ").status == 2


def test_without_a_source_token_it_says_how_to_get_one(served: Served, monkeypatch) -> None:
    """A personal token does not open this door, so it is not tried."""
    monkeypatch.delenv("TOCSIN_SOURCE_TOKEN")

    refused = served("alert", "send", "SearchSlow")

    assert refused.status == 6
    assert "tocsin source" in refused.err


def test_a_wrong_source_token_is_6(served: Served) -> None:
    """Also one of a person."""
    assert served("alert", "send", "SearchSlow", "--source-token", "token-of-ada").status == 6
