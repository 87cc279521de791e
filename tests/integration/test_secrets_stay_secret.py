"""Five hundred planted secrets in five forms, through real steps: none is found anywhere."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from test_prometheus import SOURCE_TOKEN, Postbox, Responder, postbox, serving

from servers import await_true, free_port

__all__ = ["postbox"]  # a fixture

ODD = "/+\"'ü\\& <"
PLANTED = [
    f"pl{number:03}{ODD[number % len(ODD)]}{hashlib.sha256(b'%d' % number).hexdigest()[:18]}"
    for number in range(500)
]
IN_ADDRESS = "p4ssw0rd-in-an-address"
FORMS = {
    "raw": lambda value: value,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "url": lambda value: quote(value, safe=""),
    "json": lambda value: json.dumps({"value": value}),
    "hex": lambda value: value.encode().hex(),
}
RUNBOOK = """\
# Vault runbook

## Vault open

**Alert:** `VaultOpen`
**Severity:** Critical (P1)

### Investigation Steps

{looks}

{number}. **Ask the table**
   ```sql
   SELECT value FROM plants;
   ```

{number}. **Ask the web**
   ```bash
   curl -s http://127.0.0.1:{port}/forms
   ```

### Remediation

**Say all of it and fail:**
```bash
bash -c 'env >&2; env | base64; env | base64 -w 0; touch witness; exit 3'
```

## Store gone

**Alert:** `StoreGone`
**Severity:** Critical (P1)

### Investigation Steps

1. **Ask the store**
   ```sql
   SELECT 1;
   ```
"""
WORKSPACE = """\
[tocsin]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"

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
name = "all"

[[policy.level]]
people = ["ada"]
patience = "5m"

[[target]]
name = "here"
kind = "local"

[[target]]
name = "plants"
kind = "sqlite"
url = "plants.db"

[[target]]
name = "gone"
kind = "postgres"
url = "postgresql://boss:{password}@127.0.0.1:9/nowhere?connect_timeout=1"

{secrets}

[[service]]
name = "vault"
match = ['service="vault"']
runbooks = ["vault.md"]
policy = "all"
targets = ["here", "plants"]
secrets = {names}

[[service]]
name = "store"
match = ['service="store"']
runbooks = ["vault.md"]
policy = "all"
targets = ["gone"]

[[source]]
name = "am"
kind = "alertmanager"
token_sha256 = "{token_sha256}"
"""


@pytest.fixture
def web() -> Iterator[int]:
    """A server that answers with all secrets in all forms."""
    body = "\n".join(form(value) for form in FORMS.values() for value in PLANTED[:100]).encode()

    class Forms(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Forms) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join(10)


def plant(home: Path, *, smtp: int, web: int) -> int:
    """Write the workspace with its secrets and what prints them; return the server's port."""
    port = free_port()
    for folder in ("forms", "secrets"):
        (home / folder).mkdir()
    for number, value in enumerate(PLANTED):
        (home / "secrets" / f"{number}").write_text(value)
    for name, form in FORMS.items():
        (home / "forms" / f"{name}.txt").write_text("".join(f"{form(each)}\n" for each in PLANTED))
    names = [f"PLANT_{number:03}" for number in range(len(PLANTED))]
    sections = [
        f'[[secret]]\nname = "{name}"\nfile = "secrets/{number}"\n'
        for number, name in enumerate(names)
    ]
    looks = [f"1. **Read {name}**\n   ```bash\n   cat forms/{name}.txt\n   ```" for name in FORMS]
    (home / "vault.md").write_text(RUNBOOK.format(looks="\n\n".join(looks), number=1, port=web))
    (home / "tocsin.toml").write_text(
        WORKSPACE.format(
            port=port,
            smtp=smtp,
            password=IN_ADDRESS,
            secrets="\n".join(sections),
            names=json.dumps(names),
            token_sha256=hashlib.sha256(SOURCE_TOKEN.encode()).hexdigest(),
        )
    )
    with sqlite3.connect(home / "plants.db") as plants:
        plants.execute("CREATE TABLE plants (value TEXT)")
        plants.executemany("INSERT INTO plants VALUES (?)", [(each,) for each in PLANTED])
    return port


def fire(node: Responder, name: str, service: str) -> None:
    alert = {
        "status": "firing",
        "labels": {"alertname": name, "service": service},
        "startsAt": "2026-01-05T02:58:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
    }
    request = Request(
        f"{node.url}/v1/events/alertmanager",
        data=json.dumps({"version": "4", "alerts": [alert]}).encode(),
        headers={"Authorization": f"Bearer {SOURCE_TOKEN}", "Content-Type": "application/json"},
    )
    urlopen(request, timeout=20).close()


def typed(node: Responder, *words: str) -> str:
    """Return what one command line of Ada's says."""
    ended = subprocess.run(
        [sys.executable, "-m", "tocsin", *words, "--server", node.url],
        env={"TOCSIN_TOKEN": node.token, "PATH": "/usr/bin:/bin", "PYTHONPATH": sys.path[0]}
        | {"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.stdout + ended.stderr


def found_in(place: str, held: bytes) -> list[tuple[str, str, str]]:
    """Return which secrets in which form are found in what was kept at a place."""
    return [
        (place, name, value)
        for name, form in FORMS.items()
        for value in [*PLANTED, IN_ADDRESS]
        if form(value).removeprefix('{"value": ').removesuffix("}").strip('"').encode() in held
    ]


def ended(step: dict[str, object]) -> bool:
    return step["state"] in ("succeeded", "failed")


@pytest.mark.timeout(150)
def test_no_planted_secret_is_found_anywhere(
    tmp_path: Path, postbox: tuple[Postbox, int], web: int
) -> None:
    """Not in the database, log, mails, pages, API, post-mortem, nor on the command line."""
    box, smtp = postbox
    port = plant(tmp_path, smtp=smtp, web=web)
    kept: dict[str, bytes] = {}
    with serving(tmp_path, port) as ada:
        fire(ada, "VaultOpen", "vault")
        fire(ada, "StoreGone", "store")
        await_true(lambda: len(ada.incidents) == 2, what="both incidents open")
        vault, store = sorted(ada.incidents, key=lambda each: each["service"], reverse=True)
        looked = ada.awaits(
            vault["id"], lambda shown: sum(map(ended, shown["steps"])) >= 7, within_s=60
        )
        (change,) = [each for each in looked["steps"] if each["state"] == "waiting"]
        kept["approving"] = typed(ada, "run", "approve", str(change["id"]), "--yes").encode()
        ada.awaits(vault["id"], lambda shown: sum(map(ended, shown["steps"])) == 8, within_s=60)
        ada.awaits(store["id"], lambda shown: any(map(ended, shown["steps"])), within_s=60)
        for each in (vault["id"], store["id"]):
            for path in (f"/v1/incidents/{each}", f"/incidents/{each}"):
                kept[path] = json.dumps(ada.get(path), ensure_ascii=False).encode()
            kept[f"shown {each}"] = typed(ada, "incident", "show", str(each)).encode()
            kept[f"drafted {each}"] = typed(ada, "incident", "postmortem", str(each)).encode()
        for each in (looked["steps"][0], change):
            kept[f"run {each['id']}"] = typed(ada, "run", "show", str(each["id"])).encode()
        await_true(lambda: len(box.mails) >= 2, what="both pages arrive")
        for file in (tmp_path / ".tocsin").glob("tocsin.db*"):
            kept[file.name] = file.read_bytes()
        log = ada.log
    kept["log"] = log.read_bytes()
    kept["mails"] = b"\n".join(each.as_bytes() for each in box.mails)
    kept["the database, closed"] = (tmp_path / ".tocsin" / "tocsin.db").read_bytes()

    forms = b"".join(each.read_bytes() for each in (tmp_path / "forms").iterdir())
    assert len(found_in("what was printed", forms)) == len(FORMS) * len(PLANTED)
    assert kept["tocsin.db-wal"].count(b"[redacted]") + kept["tocsin.db"].count(b"[redacted]") > 500
    assert b"[redacted]" in kept[f"run {change['id']}"]
    assert [each for place, held in kept.items() for each in found_in(place, held)] == []
