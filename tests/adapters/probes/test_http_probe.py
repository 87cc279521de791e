"""Looking at a real web server that is told to fail."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from tocsin.adapters.probes.http import HttpProbe
from tocsin.core.workspace import CheckKind


def look(check, **options):
    return HttpProbe().look(check(CheckKind.HTTP, **options))


def test_a_good_answer_is_healthy_with_its_time(site, check) -> None:
    """The time to answer is the figure people watch."""
    reading = look(check, url=site.url)

    assert reading.healthy
    assert reading.said.startswith("Answered 200 in ")
    assert reading.unit == "ms"
    assert reading.figure is not None
    assert 0 < reading.figure < 2000
    assert timedelta() < reading.took < timedelta(seconds=2)
    assert site.asked == ["/health"]


def test_another_status_is_unhealthy_and_said(site, check) -> None:
    """What came and what was wanted: that is the whole message at night."""
    site.status = 503

    reading = look(check, url=site.url)

    assert (reading.healthy, reading.said) == (False, "Answered 503, not 200-299.")


@pytest.mark.parametrize(
    ("expect", "status", "healthy"),
    [
        (404, 404, True),
        (404, 200, False),
        ("200-399", 399, True),
        ("200-399", 400, False),
        ("200, 401-403", 402, True),
        ([200, 204], 204, True),
        ([200, 204], 201, False),
    ],
)
def test_the_expected_status_is_written_as_number_range_or_list(
    site, check, expect, status, healthy
) -> None:
    """Some healthy services answer 401 to strangers."""
    site.status, site.body = status, b""

    assert look(check, url=site.url, expect_status=expect).healthy is healthy


def test_a_redirect_is_an_answer_not_a_way_to_follow(site, check) -> None:
    """Else a login page that is up would hide a service that is down."""
    site.status, site.headers = 302, {"Location": site.url}

    reading = look(check, url=site.url)

    assert reading.said == "Answered 302, not 200-299."
    assert len(site.asked) == 1


def test_a_missing_text_is_unhealthy(site, check) -> None:
    """An error page with status 200 is the classic."""
    assert look(check, url=site.url, contains='"ok"').healthy

    site.body = b'{"status": "degraded"}'

    reading = look(check, url=site.url, contains='"ok"')
    assert (reading.healthy, reading.said) == (
        False,
        "Answered 200 without the text '\"ok\"'.",
    )


def test_nobody_listening_is_unhealthy(shut_port, check) -> None:
    """The commonest failure of all."""
    reading = look(check, url=f"http://127.0.0.1:{shut_port}/")

    assert not reading.healthy
    assert reading.said.startswith("No answer: ")


@pytest.mark.parametrize(("wait", "drip"), [(1.5, 0.0), (0.0, 0.1)])
def test_a_slow_answer_is_given_up_in_time(site, check, wait, drip) -> None:
    """Also one that sends a byte now and then, which no read time limit would catch."""
    site.wait, site.drip, site.body = wait, drip, b"x" * 30

    reading = look(check, url=site.url, timeout=timedelta(seconds=0.5))

    assert (reading.healthy, reading.said) == (False, "No answer within 0.5s.")
    assert reading.took < timedelta(seconds=1)


def test_a_dripping_answer_leaves_no_thread_behind(site, check) -> None:
    """The probe itself hangs up; the limit around it is only for what it cannot reach."""
    site.drip, site.body = 0.1, b"x" * 100

    look(check, url=site.url, timeout=timedelta(seconds=0.5))

    for thread in threading.enumerate():
        if thread.name == "look at it":
            thread.join(2)
            assert not thread.is_alive()


def test_an_endless_body_is_not_read_to_its_end(site, check) -> None:
    """A megabyte is enough to find a text in; our memory is not the service's."""
    site.body = b"x" * (2 * 1024 * 1024) + b"end"

    assert not look(check, url=site.url, contains="end").healthy
    assert look(check, url=site.url, contains="xx").healthy


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, "'url' is missing"),
        ({"url": 7}, "'url' must be a text"),
        ({"url": "nowhere"}, "'url' is no address"),
        ({"url": "ftp://127.0.0.1/"}, "'url' is no address"),
        ({"url": "http://127.0.0.1:1/", "expect_status": "fine"}, "'expect_status' makes no sense"),
        ({"url": "http://127.0.0.1:1/", "contians": "x"}, "'contians' is not known"),
    ],
)
def test_an_odd_option_is_unhealthy_and_named(check, options, names) -> None:
    """A check that cannot look must not look healthy."""
    reading = look(check, **options)

    assert not reading.healthy
    assert names in reading.said


@pytest.mark.parametrize("url", ["http://[::1", "http://\x00/", "http://a b/", "http://é\ud800/"])
def test_no_address_whatever_raises(check, url) -> None:
    """A probe never raises: the schedule goes on."""
    assert not look(check, url=url).healthy
