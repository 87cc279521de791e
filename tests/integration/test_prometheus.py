"""The whole way with the real ones: a metric, Prometheus, Alertmanager, PostgreSQL, SMTP."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg
import pytest
from aiosmtpd.controller import Controller

from servers import Absent, alertmanager, await_true, database, free_port, prometheus, tocsin

pytestmark = pytest.mark.servers

SOURCE_TOKEN = "the token of the alertmanager"
LEVEL = 0.05

RUNBOOK = """\
# Shop runbook

What we do when customers cannot pay.

## Payments refused

**Alert:** `PaymentsRefused`
**Severity:** Critical (P1)
**Threshold:** >5% refused payments for 5 minutes

### Symptoms
- Customers are told that their card was refused

### Investigation Steps

1. **See how many payments are refused**
   ```promql
   shop_refused_ratio{service="shop"}
   ```

2. **Count the payments by state**
   ```sql
   SELECT state, count(*) AS payments FROM payments GROUP BY state ORDER BY state;
   ```

### Remediation

**Send them again:**
```sql
UPDATE payments SET state = 'new' WHERE state = 'refused';
```

### Verification

1. **See that payments are taken**
   ```promql
   shop_refused_ratio{service="shop"} < 0.05
   ```

## Search slow

**Alert:** `SearchSlow`
**Severity:** Warning (P2)
**Threshold:** p95 > 4 seconds for 10 minutes

### Investigation Steps

1. **See how slow it is**
   ```promql
   shop_search_seconds
   ```
"""

RULES = f"""\
groups:
  - name: shop
    rules:
      - alert: PaymentsRefused
        expr: shop_refused_ratio > {LEVEL}
        for: 2s
        labels:
          severity: critical
        annotations:
          summary: '{{{{ $value | humanizePercentage }}}} of the payments are refused'
"""

PROMETHEUS = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ['{alertmanager}']}}]
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ['{shop}']}}]
"""

ALERTMANAGER = """\
route: {{receiver: tocsin, group_by: [alertname], group_wait: 0s, group_interval: 1s}}
receivers:
  - name: tocsin
    webhook_configs:
      - url: {url}/v1/events/alertmanager
        send_resolved: true
        http_config: {{authorization: {{credentials: '{token}'}}}}
"""

WORKSPACE = """\
[tocsin]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
{database}

[[channel]]
name = "mail"
kind = "smtp"
url = "smtp://127.0.0.1:{smtp}"
sender = "tocsin@example.org"

[[person]]
name = "ada"
email = "ada@example.org"
channels = ["mail"]

[[policy]]
name = "shop"

[[policy.level]]
people = ["ada"]
patience = "5m"

{targets}

[[service]]
name = "shop"
match = ['service="shop"']
runbooks = ["shop.md"]
policy = "shop"
targets = {names}
soak = "3s"

[[source]]
name = "am"
kind = "alertmanager"
token_sha256 = "{token_sha256}"
"""


@dataclass
class Postbox:
    """What the SMTP server was given."""

    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    """A real SMTP server and its port."""
    box, port = Postbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@dataclass
class Shop:
    """A service with one metric."""

    refused: float = 0.01

    def metrics(self) -> bytes:
        return f'shop_refused_ratio{{service="shop"}} {self.refused}\n'.encode()


@pytest.fixture
def shop() -> Iterator[tuple[Shop, str]]:
    """The service, and where its metrics are read."""
    service = Shop()

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = service.metrics()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Metrics) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield service, f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(10)


@pytest.fixture
def payments(postgres_cluster: str) -> Iterator[tuple[str, str]]:
    """A database with payments: the owner's address, and that of a login that only reads."""
    with database(postgres_cluster) as address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE TABLE payments (id int PRIMARY KEY, state text NOT NULL)")
            connection.execute(
                "INSERT INTO payments SELECT n, CASE WHEN n % 10 < 3 THEN 'refused' ELSE 'paid' END"
                " FROM generate_series(1, 40) n"
            )
            connection.execute("CREATE ROLE onlooker LOGIN")
            connection.execute("GRANT SELECT ON payments TO onlooker")
        yield address, address.replace("boss@", "onlooker@")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("DROP OWNED BY onlooker")
            connection.execute("DROP ROLE onlooker")


@dataclass
class Responder:
    """A person with a token, at the API."""

    url: str
    token: str
    log: Path  # of the server

    def get(self, path: str) -> Any:
        request = Request(self.url + path, headers={"Authorization": f"Bearer {self.token}"})
        with urlopen(request, timeout=10) as answer:
            body = answer.read()
            is_json = "json" in answer.headers["Content-Type"]
        return json.loads(body) if is_json else body.decode()

    @property
    def incidents(self) -> list[dict[str, Any]]:
        return self.get("/v1/incidents?status=all")["incidents"]

    def awaits(
        self, incident_id: int, what: Callable[[dict[str, Any]], bool], *, within_s: float = 30
    ) -> dict[str, Any]:
        """Return the incident once it is so."""
        until = time.monotonic() + within_s
        while not what(shown := self.get(f"/v1/incidents/{incident_id}")):
            if time.monotonic() > until:
                raise AssertionError(json.dumps(shown, indent=1))
            time.sleep(0.1)
        return shown


@contextmanager
def serving(workspace: Path, port: int) -> Iterator[Responder]:
    """Serve the workspace, with Ada let in by the command line."""
    argv = [sys.executable, "-m", "tocsin", "user", "add", "ada", "--workspace", str(workspace)]
    added = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert added.returncode == 0, added.stderr
    url = f"http://127.0.0.1:{port}"
    with tocsin(workspace, url) as log:
        try:
            yield Responder(url, added.stdout.strip(), log)
        finally:
            print(log.read_text())  # shown by pytest where the test fails


def workspace_in(folder: Path, *, smtp: int, store: str = "", **targets: str) -> tuple[Path, int]:
    """Write a workspace and return its folder, and the port it is to listen on."""
    folder.mkdir()
    port = free_port()
    (folder / "shop.md").write_text(RUNBOOK)
    (folder / "tocsin.toml").write_text(
        WORKSPACE.format(
            port=port,
            smtp=smtp,
            database=f'database = "{store}"' if store else "",
            targets="\n".join(
                f'[[target]]\nname = "{kind}"\nkind = "{kind}"\nurl = "{url}"\n'
                for kind, url in targets.items()
            ),
            names=json.dumps(list(targets)),
            token_sha256=hashlib.sha256(SOURCE_TOKEN.encode()).hexdigest(),
        )
    )
    return folder, port


@contextmanager
def watching(folder: Path, shop: str, tocsin_url: str, port: int) -> Iterator[Path]:
    """Let a Prometheus on `port` watch the shop; yield the log of the Alertmanager it tells."""
    (folder / "rules.yml").write_text(RULES)
    report = ALERTMANAGER.format(url=tocsin_url, token=SOURCE_TOKEN)
    try:
        with alertmanager(folder / "am", report) as am:
            config = PROMETHEUS.format(rules=folder / "rules.yml", alertmanager=am, shop=shop)
            with prometheus(folder / "prom", config, port):
                yield folder / "am" / "alertmanager.log"
    except Absent as absent:
        pytest.skip(str(absent))


def step(incident: dict[str, Any], title: str) -> dict[str, Any]:
    """Return the step run whose title says this."""
    return next(each for each in incident["steps"] if title in each["step_title"])


def kinds(incident: dict[str, Any], kind: str) -> list[str]:
    """Return what the timeline says of one kind."""
    return [each["text"] for each in incident["timeline"] if each["kind"] == kind]


@pytest.mark.postgres
def test_a_metric_becomes_an_incident_that_is_worked_and_closed_when_it_falls(
    tmp_path: Path,
    shop: tuple[Shop, str],
    payments: tuple[str, str],
    postbox: tuple[Postbox, int],
    postgres_database: str,
) -> None:
    """Everything that somebody with this stack has, and nothing in between is ours."""
    service, metrics = shop
    owner, onlooker = payments
    box, smtp = postbox
    prometheus_port = free_port()
    place, port = workspace_in(
        tmp_path / "shop",
        smtp=smtp,
        store=postgres_database,
        prometheus=f"http://127.0.0.1:{prometheus_port}",
        postgres=onlooker,
    )
    with (
        watching(tmp_path, metrics, f"http://127.0.0.1:{port}", prometheus_port),
        serving(place, port) as ada,
    ):
        time.sleep(2)
        assert ada.incidents == []

        service.refused = 0.25
        await_true(lambda: bool(ada.incidents), what="an incident opens")
        (opened,) = ada.incidents
        looked = ada.awaits(
            opened["id"],
            lambda shown: (
                all(
                    each["state"] == "succeeded"
                    for each in shown["steps"]
                    if each["phase"] == "investigate"
                )
                and box.mails != []
            ),
        )

        line = RUNBOOK.splitlines().index("## Payments refused") + 1
        assert (looked["status"], looked["service"]) == ("triggered", "shop")
        assert (looked["playbook"]["file"], looked["playbook"]["line"]) == ("shop.md", line)
        assert f"shop.md:{line + 2}" in looked["reason"]  # where the alert is named
        assert "refused" in looked["title"] and looked["severity"]
        assert "0.25" in step(looked, "how many payments")["output"]
        by_state = step(looked, "Count the payments")["output"]
        assert "refused" in by_state and "12" in by_state and "28" in by_state
        assert step(looked, "Send them again")["state"] == "waiting"
        assert looked["alerts"][0]["labels"]["alertname"] == "PaymentsRefused"

        (mail,) = box.mails
        assert "ada@example.org" in mail["To"]
        assert "PaymentsRefused" in mail["Subject"]
        assert f"http://127.0.0.1:{port}/" in mail.get_content()

        service.refused = 0.01
        resolved = ada.awaits(opened["id"], lambda shown: shown["status"] == "resolved")

        assert resolved["mitigated_at"] and resolved["resolved_at"] > resolved["mitigated_at"]
        assert "0.01" in step(resolved, "payments are taken")["output"]
        looks = " / ".join(kinds(resolved, "recovery"))
        assert "PaymentsRefused no longer fires in Prometheus" in looks
        statuses = " / ".join(kinds(resolved, "status"))
        assert statuses.index("monitoring") < statuses.index("resolved")
        assert ada.get(f"/v1/incidents/{opened['id']}/verify")["whole"] is True
        draft = ada.get(f"/v1/incidents/{opened['id']}/postmortem")
        assert "PaymentsRefused" in draft and "SELECT state" in draft
        assert len(ada.incidents) == len(box.mails) == 1
        assert "Traceback" not in ada.log.read_text()

    with psycopg.connect(owner) as connection:
        states = connection.execute("SELECT count(*) FROM payments WHERE state = 'refused'")
        assert states.fetchone() == (12,)


def test_what_cannot_be_stored_is_refused_and_comes_again(
    tmp_path: Path, shop: tuple[Shop, str], postbox: tuple[Postbox, int]
) -> None:
    """Alertmanager takes a 503 for "soon again": an alert that meets a locked disk is late."""
    service, metrics = shop
    _, smtp = postbox
    place, port = workspace_in(tmp_path / "shop", smtp=smtp)
    with (
        serving(place, port) as ada,
        watching(tmp_path, metrics, ada.url, free_port()) as log,
    ):
        with closing(sqlite3.connect(place / ".tocsin" / "tocsin.db")) as other:
            other.execute("BEGIN IMMEDIATE")
            service.refused = 0.5
            await_true(lambda: "503" in log.read_text(), what="a refusal in Alertmanager's log")
            assert ada.incidents == []
            other.execute("ROLLBACK")

        await_true(lambda: bool(ada.incidents), within_s=15, what="the alert comes again")
        (opened,) = ada.incidents
        assert "PaymentsRefused" in opened["title"]
