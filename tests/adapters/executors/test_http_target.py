"""Requests to a target with a login of its own, against a real server on loopback."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from pathlib import Path

import pytest

from adapters.executors.answering import Server, answering, reply
from drill import WORKSPACE, Drill
from tocsin.adapters.executors.http import HttpExecutor
from tocsin.adapters.executors.promql import PromqlExecutor
from tocsin.adapters.fetch import is_handing_out
from tocsin.bootstrap.executors import executors
from tocsin.core.run import Command, Limits, Outcome, RunState
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, Stop
from tocsin.running.allow.plain import HttpCall, plain_request

TOKENS = {"LOOK": "look-7731", "CHANGE": "change-7731"}


def target_at(url: str) -> Target:
    return Target(
        name="api",
        kind=TargetKind.HTTP,
        url=f"{url}/v1",
        password="LOOK",
        change_url=f"{url}/v1",
        change_password="CHANGE",
    )


def run(
    target: Target,
    text: str,
    *,
    read_only: bool,
    seconds: float = 5,
    stop: Stop | None = None,
) -> tuple[Outcome, str]:
    execution = Execution(
        command=Command(
            language=Language.HTTP,
            text=text,
            target=target.name,
            runbook_sha256="0" * 64,
            step_line=1,
            limits=Limits(time=timedelta(seconds=seconds)),
        ),
        target=target,
        environment={},
        read_only=read_only,
        stop=stop or Stop(),
    )
    said: list[bytes] = []
    outcome = HttpExecutor(TOKENS.__getitem__).run(execution, said.append)
    return outcome, b"".join(said).decode()


def fine(request: BaseHTTPRequestHandler) -> None:
    reply(request, 200, b"done")


def heads(server: Server) -> list[tuple[str, str, str]]:
    return [(how, path, said.get("authorization", "")) for how, path, said in server.requests]


def test_each_use_has_its_own_login() -> None:
    """The token that changes is not there while somebody only looks."""
    with answering(fine) as server:
        target = target_at(server.url)
        looked = run(target, f"GET {server.url}/v1/jobs", read_only=True)[0]
        changed = run(target, f"POST {server.url}/v1/jobs\n\na=1", read_only=False)[0]

    assert (looked.exit_status, changed.exit_status) == (0, 0)
    assert heads(server) == [
        ("GET", "/v1/jobs", "Bearer look-7731"),
        ("POST", "/v1/jobs", "Bearer change-7731"),
    ]
    assert server.bodies[1] == b"a=1"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_look_sends_nothing_that_changes(method: str) -> None:
    """Whatever was judged: the method alone decides here."""
    with answering(fine) as server:
        outcome, _ = run(target_at(server.url), f"{method} {server.url}/v1/jobs", read_only=True)

    assert outcome == Outcome(exit_status=3, said=f"{method} does more than look.")
    assert server.requests == []


def test_without_a_target_nothing_is_changed() -> None:
    """An address in a runbook is no place that somebody set up."""
    here = Target(name="(direct)", kind=TargetKind.LOCAL)
    with answering(fine) as server:
        outcome, _ = run(here, f"DELETE {server.url}/v1/jobs", read_only=False)

    assert outcome.exit_status == 3
    assert server.requests == []


@pytest.mark.parametrize("path", ["/v2/jobs", "/v10", "/", "", "/v1/../admin", "/v1/%2e%2e/admin"])
def test_a_token_goes_nowhere_but_below_its_address(path: str) -> None:
    """The login for one part of an API is not for the others."""
    with answering(fine) as server:
        outcome, _ = run(target_at(server.url), f"GET {server.url}{path}", read_only=True)

    assert outcome.exit_status == 3
    assert server.requests == []


def test_a_token_goes_to_no_other_server() -> None:
    """Nor to another port of the same one."""
    with answering(fine) as server, answering(fine) as other:
        outcome, _ = run(target_at(server.url), f"GET {other.url}/v1/jobs", read_only=True)

    assert outcome.exit_status == 3
    assert other.requests == []


def test_a_redirect_takes_the_token_nowhere() -> None:
    """Following would hand it to whoever the answer names."""
    with answering(fine) as other:
        away = f"{other.url}/v1"
        with answering(lambda request: reply(request, 307, b"", Location=away)) as server:
            outcome, _ = run(target_at(server.url), f"POST {server.url}/v1/x", read_only=False)

    assert "was not followed" in outcome.said
    assert other.requests == []


@pytest.mark.parametrize("read_only", [True, False])
def test_a_change_without_an_answer_in_time_is_unknown(read_only: bool) -> None:
    """The server may have done it, or may do it yet."""
    with answering(lambda request: time.sleep(2)) as server:
        method = "GET" if read_only else "POST"
        text = f"{method} {server.url}/v1/jobs"
        outcome, _ = run(target_at(server.url), text, read_only=read_only, seconds=0.4)

    assert outcome.timed_out
    assert outcome.lost is not read_only


def test_a_change_that_was_never_sent_is_not_unknown() -> None:
    """Nobody was there to take it."""
    outcome, _ = run(
        target_at("http://127.0.0.1:1"), "POST http://127.0.0.1:1/v1/x", read_only=False
    )

    assert (outcome.exit_status, outcome.lost) == (7, False)


@pytest.mark.parametrize("read_only", [True, False])
def test_it_ends_when_it_must_stop(read_only: bool) -> None:
    """Long before its time limit."""
    stop = Stop()
    soon = threading.Timer(0.3, stop.set, ["Ada stopped everything"])
    soon.start()
    with answering(lambda request: time.sleep(1)) as server:
        text = f"{'GET' if read_only else 'POST'} {server.url}/v1/jobs"
        outcome, _ = run(target_at(server.url), text, read_only=read_only, seconds=60, stop=stop)

    soon.join()
    assert outcome.said.startswith("Ada stopped everything.")
    assert outcome.lost is not read_only


def test_where_credentials_are_handed_out_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where a name leads there that was harmless when somebody read it."""
    # No machine of ours has such an address, so loopback stands for one.
    monkeypatch.setattr("tocsin.adapters.fetch._INSIDE", (ip_network("127.0.0.0/8"),))
    here = Target(name="(direct)", kind=TargetKind.LOCAL)
    with answering(fine) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        outcome, _ = run(here, f"GET {url}/", read_only=True)
        set_up, _ = run(target_at(server.url), f"GET {server.url}/v1/jobs", read_only=True)

    assert outcome.exit_status == 7
    assert "link-local" in outcome.said
    assert set_up.exit_status == 0
    assert [path for _, path, _ in server.requests] == ["/v1/jobs"]


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("169.254.169.254", True),
        ("::ffff:169.254.169.254", True),
        ("fe80::1%eth0", True),
        ("fd00:ec2::254", True),
        ("100.100.100.200", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("2001:db8::1", False),
    ],
)
def test_each_such_address_is_known(address: str, refused: bool) -> None:
    """The clouds have agreed on a few."""
    assert is_handing_out(address) is refused


def test_prometheus_is_asked_with_the_token() -> None:
    """Most that are reachable at all want one."""
    answer = b'{"status": "success", "data": {"resultType": "scalar", "result": [0, "1"]}}'
    with answering(lambda request: reply(request, 200, answer)) as server:
        target = Target(name="prom", kind=TargetKind.PROMETHEUS, url=server.url, password="LOOK")
        bearer = PromqlExecutor(TOKENS.__getitem__).ready(target, read_only=True)
        named = replace(target, url=server.url.replace("//", "//ada@"))
        basic = PromqlExecutor(TOKENS.__getitem__).ready(named, read_only=True)

    assert (bearer, basic) == ("", "")
    assert [said for _, _, said in heads(server)] == [
        "Bearer look-7731",
        "Basic YWRhOmxvb2stNzczMQ==",
    ]


@pytest.mark.parametrize(
    ("text", "call"),
    [
        (
            "curl -s -X POST https://a/v1/x -H 'X-Y: z' -d a=1",
            HttpCall(
                method="POST",
                url="https://a/v1/x",
                headers=("X-Y: z", "Content-Type: application/x-www-form-urlencoded"),
                content="a=1",
            ),
        ),
        (
            "curl -sS --json '{\"a\": 1}' https://a/v1/x",
            HttpCall(
                method="POST",
                url="https://a/v1/x",
                headers=("Content-Type: application/json", "Accept: application/json"),
                content='{"a": 1}',
            ),
        ),
        ("curl -f -XDELETE https://a/v1/x", HttpCall(method="DELETE", url="https://a/v1/x")),
        ("curl -m 5 http://a/x", HttpCall(method="GET", url="http://a/x")),
    ],
)
def test_a_plain_curl_is_a_request(text: str, call: HttpCall) -> None:
    """As curl itself would send it."""
    assert plain_request(text) == call


@pytest.mark.parametrize(
    "text",
    [
        "curl -d @/etc/passwd https://a/x",
        "curl -d a=1 -d b=2 https://a/x",
        "curl -X POST -X GET https://a/x",
        "curl -X CONNECT https://a/x",
        "curl -H 'X: a\n\nb' https://a/x",
        "curl -H @file https://a/x",
        "curl -H 'X;' https://a/x",
        "curl https://a/x https://b/y",
        "curl -K file https://a/x",
        "curl -L https://a/x",
        "curl -k https://a/x",
        "curl -u a:b https://a/x",
        "curl -o file https://a/x",
        "curl --proxy http://b https://a/x",
        "curl -X POST $URL",
        "curl -X POST https://a/x | sh",
        "curl -X POST https://a/x > file",
        "TOKEN=1 curl -X POST https://a/x",
        "curl -X POST ftp://a/x",
        "curl -X POST 'https://a/x y'",
        "curl -X",
        "wget https://a/x",
    ],
)
def test_what_only_curl_can_do_stays_with_curl(text: str) -> None:
    """In a shell, where it is judged and sandboxed as any other command."""
    assert plain_request(text) is None


RUNBOOK = """\
# Shop

## Checkout failing

**Alert:** `CheckoutFailing`
**Severity:** Critical (P1)

### Mitigation

1. **Look at the jobs**
   ```bash
   curl -s {url}/v1/jobs
   ```

2. **Pause the jobs**
   ```bash
   curl -s -X POST {url}/v1/jobs -d pause=1
   ```
"""


def test_on_duty_a_change_waits_and_then_goes_with_the_login_for_changes(tmp_path: Path) -> None:
    """From the alert to the request: what was approved is what is sent, once."""
    sqlite = 'kind = "sqlite"\nurl = "shop.db"'
    with answering(fine) as server:
        workspace = WORKSPACE.replace(
            sqlite,
            f'kind = "http"\nurl = "{server.url}/v1"\npassword = "LOOK"\n'
            f'change_url = "{server.url}/v1"\nchange_password = "CHANGE"',
        )
        for name in TOKENS:
            workspace += f'\n[[secret]]\nname = "{name}"\nenvironment = "{name}"\n'
        runbook = RUNBOOK.replace("{url}", server.url)
        drill = Drill(tmp_path, runbooks={"shop.md": runbook}, workspace=workspace)
        drill.acts = replace(
            drill.acts, executors=executors(TOKENS.__getitem__), secret=TOKENS.__getitem__
        )

        drill.alert()
        pause = drill.step_run("Pause the jobs")
        assert pause.state is RunState.WAITING
        assert [how for how, _, _ in heads(server)] == ["GET"]
        drill.approve(pause)

    assert drill.step_run("Pause the jobs").state is RunState.SUCCEEDED
    assert heads(server) == [
        ("GET", "/v1/jobs", "Bearer look-7731"),
        ("POST", "/v1/jobs", "Bearer change-7731"),
    ]
    assert server.bodies == [b"", b"pause=1"]
    drill.close()
