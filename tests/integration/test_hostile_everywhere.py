"""Five thousand hostile strings in at one end of a real server, and out at every other.

As labels, annotations, names of alerts, output of every kind of step, text of a runbook, notes
and reasons of people. Nothing of it is obeyed by a shell, a database, a browser, a terminal, a
mail program or whoever reads the log; and all of it can be read.
"""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import shlex
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import Request, urlopen

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import expect
from test_prometheus import SOURCE_TOKEN, Postbox, Responder, serving

from hostile_strings import MARK, Trap, mark_of, strings
from servers import await_true, free_port
from sight import (
    assert_seen,
    look_at_markdown,
    look_at_page,
    look_at_stream,
    look_at_terminal,
    written,
)
from web.chromium import CHROMIUM, WIDE, chromium, visiting

pytestmark = pytest.mark.timeout(240)
CASES = 6
OWN_TITLES = 80  # strings that are the name of an alert, and so the title of an incident
PLAIN = re.compile(r"[A-Za-z0-9._:@/+-]+")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
HEADINGS = re.compile(
    r"Post-mortem: |Impact$|Timeline \(UTC\)$|Evidence$|What was done, and by whom$|Root cause$"
    r"|Action items$|.* \(line \d+\)$"
)
HEADERS = {
    "From", "To", "Subject", "Message-ID", "Auto-Submitted", "X-Priority", "Content-Type",
    "Content-Transfer-Encoding", "MIME-Version",
}  # fmt: skip
WORKSPACE = """\
[tocsin]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"

[audit]
checkpoint_file = "checkpoints.jsonl"

[[channel]]
name = "mail"
kind = "smtp"
url = "smtp://127.0.0.1:{smtp}"
sender = "tocsin@example.org"

[[channel]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:{web}/hook"

[[person]]
name = "ada"
email = "ada@example.org"
channels = ["mail", "hook"]

[[policy]]
name = "all"

[[policy.level]]
people = ["ada"]
patience = "30m"

[[target]]
name = "here"
kind = "local"

[[target]]
name = "db"
kind = "sqlite"
url = "plants.db"

[[target]]
name = "prom"
kind = "prometheus"
url = "http://127.0.0.1:{web}"

[[service]]
name = "box"
match = ['service="box"']
runbooks = ["box.md", "wild.md"]
policy = "all"
targets = ["here", "db", "prom"]

[[source]]
name = "am"
kind = "alertmanager"
token_sha256 = "{token_sha256}"
"""
CASE = """\
## Case {number} breaks

**Alert:** `Case{number}`
**Severity:** Critical (P1)

### Investigation Steps

1. **Read the file**
   ```bash
   cat out/{number}.txt
   ```

2. **Ask the table**
   ```sql
   SELECT value FROM plants WHERE number % {cases} = {number};
   ```

3. **Ask the web**
   ```bash
   curl -s http://127.0.0.1:{web}/out/{number}
   ```

4. **Ask Prometheus**
   ```promql
   up{{number="{number}"}}
   ```

5. **Look at one pod**
   ```bash
   cat <pod>
   ```

### Remediation

**Say it and fail:**
```bash
bash -c 'cat out/{number}.txt >&2; touch allowed-{number}; exit 3'
```

"""


class Canary:
    """A port that nobody has any reason to connect to."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(1)
                self.heard.append(client.recv(200))

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@dataclass
class Stage:
    """What the strings came from, and what was sent out."""

    home: Path
    canary: Canary
    trap: Trap
    said: list[str]  # all strings, as far as a database can hold them
    hooks: list[bytes] = field(default_factory=list)

    def of(self, case: int) -> list[str]:
        return self.said[case::CASES]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The strings, and the traps that must stay empty."""
    home = tmp_path_factory.mktemp("hostile")
    folder = home / "witnesses"
    folder.mkdir()
    canary = Canary()
    trap = Trap(folder=str(folder), port=canary.port)
    said = [_UNSTORABLE.sub("\ufffd", each) for each in strings(trap)]
    yield Stage(home, canary, trap, said)
    canary.close()
    assert list(folder.iterdir()) == [], "a string was run"
    assert canary.heard == [], "a string was connected to"


@pytest.fixture(scope="module")
def web(stage: Stage) -> Iterator[int]:
    """A server that prints the strings, speaks as Prometheus does, and takes webhooks."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = urlsplit(self.path)
            if where.path == "/api/v1/query":
                (query,) = parse_qs(where.query)["query"]
                self._prometheus(query)
            else:
                self._answer("\n".join(stage.of(int(where.path.rpartition("/")[2]))))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/hook":
                stage.hooks.append(body)
                self._answer("taken")
            else:
                self._prometheus(parse_qs(body.decode())["query"][0])

        def _prometheus(self, query: str) -> None:
            case = int("".join(filter(str.isdigit, query)) or 0)
            series = [
                {"metric": {"__name__": "up", "pod": each}, "value": [1.0, "1"]}
                for each in stage.of(case)
            ]
            result = {"status": "success", "data": {"resultType": "vector", "result": series}}
            self._answer(json.dumps(result))

        def _answer(self, text: str) -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join(10)


def wild_runbook(said: list[str]) -> str:
    """Return a runbook whose every text is hostile, though none of its commands is.

    Whatever is a command in a runbook is meant to run: so the strings are titles, prose,
    comments and quoted words, and none of them asks for anything by itself.
    """
    harmless = [each for each in said if "curl" not in each]
    lines = [" ".join(each.split()) for each in harmless if len(each) < 400]
    quoted = [shlex.quote(each) for each in lines]
    parts = ["# Wild", "", "## Wild", "", "**Alert:** `Wild`", "**Severity:** Critical (P1)", ""]
    parts += ["### Investigation Steps", ""]
    prosaic = [each for each in lines if not each.startswith("#")]  # no headings in between
    for number in range(0, 2000, 20):
        title, *prose = prosaic[number : number + 20]
        parts += [f"1. **{title}**", *(f"   - {each}" for each in prose), ""]
    for number in range(0, len(lines), 100):
        words = " \\\n   ".join(quoted[number + 1 : number + 99])
        parts += [
            f"1. **Print them from {number}**",
            "   ```bash",
            f"   # {lines[number]}",
            f"   printf '%s\\n' {words}",
            "   ```",
            "",
        ]
    parts += ["### Remediation", ""]
    for number in range(0, 200, 20):
        parts += [
            "**Touch it:**",
            "```bash",
            f"touch allowed {' '.join(quoted[number : number + 4])}",
            "```",
            "",
        ]
    return "\n".join(parts)


def plant(stage: Stage, *, smtp: int, web: int) -> int:
    """Write the workspace and what prints the strings; return the server's port."""
    home, port = stage.home, free_port()
    (home / "out").mkdir()
    for case in range(CASES):
        (home / "out" / f"{case}.txt").write_text("\n".join(stage.of(case)), newline="")
    cases = "".join(CASE.format(number=each, cases=CASES, web=web) for each in range(CASES))
    (home / "box.md").write_text(f"# Box runbook\n\n{cases}")
    (home / "wild.md").write_text(wild_runbook(stage.said), newline="")
    token_sha256 = hashlib.sha256(SOURCE_TOKEN.encode()).hexdigest()
    told = WORKSPACE.format(port=port, smtp=smtp, web=web, token_sha256=token_sha256)
    (home / "tocsin.toml").write_text(told)
    with closing(sqlite3.connect(home / "plants.db")) as plants, plants:
        plants.execute("CREATE TABLE kept (a text)")
        plants.execute("INSERT INTO kept VALUES ('here')")
        plants.execute("CREATE TABLE plants (number integer, value text)")
        plants.executemany("INSERT INTO plants VALUES (?, ?)", enumerate(stage.said))
    return port


def alert(name: str, labels: dict[str, str], annotations: dict[str, str]) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {**labels, "alertname": name, "service": "box"},
        "annotations": annotations,
        "startsAt": "2026-01-05T02:58:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
    }


def alerts_of(case: int, said: list[str]) -> list[dict[str, Any]]:
    """Return alerts of one case that hold all its strings as values, and some as names."""
    found = []
    odd = [each for each in said if not each.isascii() and '"' in each]
    for at in range(0, len(said), 200):
        some = said[at : at + 200]
        labels = {f"label_{number}": each for number, each in enumerate(some)} | {"pod": odd[0]}
        told = {"summary": "\n".join(some[:20]), "description": "".join(some[20:40])}
        found.append(alert(f"Case{case}", labels, told))
    names = {each: str(number) for number, each in enumerate(said[:150])}
    return [*found, alert(f"Case{case}", names, {each: each for each in said[150:300]})]


def post(node: Responder, path: str, value: object, token: str = "") -> None:
    request = Request(
        node.url + path,
        data=json.dumps(value).encode(),
        headers={
            "Authorization": f"Bearer {token or node.token}",
            "Content-Type": "application/json",
        },
    )
    urlopen(request, timeout=60).close()


def fire(node: Responder, alerts: list[dict[str, Any]]) -> None:
    post(node, "/v1/events/alertmanager", {"version": "4", "alerts": alerts}, SOURCE_TOKEN)


def notes_of(said: list[str], longest: int = 9_000) -> Iterator[str]:
    """Yield the strings as notes, each as long as one may be."""
    note = ""
    for each in said:
        if len(each) > longest:
            continue
        if len(note) + len(each) + 1 > longest:
            yield note
            note = ""
        note += f"{each} "
    yield note


def terminal(node: Responder, home: Path, words: str) -> str:
    """Return what a command line of Ada's says on a terminal."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as stream:
        argv = [sys.executable, "-m", "tocsin", *shlex.split(words)]
        process = subprocess.Popen(
            argv,
            cwd=home,
            env={
                "TOCSIN_TOKEN": node.token,
                "TOCSIN_SERVER": node.url,
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": ":".join(sys.path),
                "LC_ALL": "C.UTF-8",
                "TERM": "xterm",
            },
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        said = _all_of(stream)
        process.wait(60)
    return said.decode("utf-8")


def _all_of(stream: Any) -> bytes:
    said = b""
    while True:
        try:
            piece = stream.read(65536)
        except OSError:  # how a terminal ends
            return said
        if not piece:
            return said
        said += piece


def marks(text: str) -> set[str]:
    return set(MARK.findall(text))


def ended(step: dict[str, Any]) -> bool:
    return step["state"] in ("succeeded", "failed")


@dataclass
class Night:
    """What has happened on the server, and who is there."""

    stage: Stage
    ada: Responder
    box: Postbox
    cases: dict[int, int]  # the incident of each case
    wild: int
    titled: list[int]

    @property
    def incidents(self) -> list[int]:
        return [*self.cases.values(), self.wild]


@pytest.fixture(scope="module")
def night(stage: Stage, web: int) -> Iterator[Night]:
    """Everything comes in, runs, and is talked about by people."""
    box, smtp = Postbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=smtp)
    controller.start()
    port = plant(stage, smtp=smtp, web=web)
    try:
        with serving(stage.home, port) as ada:
            yield happened(stage, ada, box)
    finally:
        controller.stop()


def happened(stage: Stage, ada: Responder, box: Postbox) -> Night:
    """Send everything in, wait for what runs by itself, approve the changes, write the notes."""
    for case in range(CASES):
        fire(ada, alerts_of(case, stage.of(case)))
    fire(ada, [alert("Wild", {}, {})])
    titles = [each for each in stage.said if len(each) < 120][:: len(stage.said) // OWN_TITLES]
    fire(ada, [alert(each, {}, {}) for each in titles[:OWN_TITLES]])
    await_true(lambda: len(ada.incidents) >= CASES + 1 + OWN_TITLES - 3, what="all incidents open")
    cases = {case: _of_case(ada, case) for case in range(CASES)}
    titled = [each["id"] for each in ada.incidents if not each["playbook"]]
    found = Night(stage, ada, box, cases, _of_case(ada, "Wild"), titled)
    for case, incident_id in cases.items():
        looked = ada.awaits(incident_id, lambda it: sum(map(ended, it["steps"])) >= 4, within_s=120)
        change = next(each for each in looked["steps"] if "Say it" in each["step_title"])
        post(ada, f"/v1/runs/{change['id']}/approve", {"fingerprint": change["fingerprint"]})
        for note in notes_of(stage.of(case)):
            post(ada, f"/v1/incidents/{incident_id}/note", {"text": note})
        (why, *_) = notes_of(stage.of(case), 900)
        post(ada, f"/v1/incidents/{incident_id}/hold", {"reason": why})
    by_hand = [
        each["id"]
        for each in ada.get(f"/v1/incidents/{found.wild}")["steps"]
        if each["state"] == "manual"
    ]
    for step_run, note in zip(by_hand, notes_of(stage.said[2000:], 900), strict=False):
        post(ada, f"/v1/runs/{step_run}/tick", {"note": note})
    return found


def _of_case(ada: Responder, word: object) -> int:
    """Return the incident whose playbook has this word in its heading."""
    headings = {each["id"]: (each["playbook"] or {}).get("heading", "") for each in ada.incidents}
    (found,) = [number for number, heading in headings.items() if str(word) in heading.split()]
    return int(found)


def test_the_api_says_each_string_as_it_was(night: Night) -> None:
    """Byte for byte, in labels, annotations and notes: what is shown elsewhere is made from it."""
    for case, incident_id in night.cases.items():
        found = night.ada.get(f"/v1/incidents/{incident_id}")
        said = night.stage.of(case)
        labels = [each["labels"] for each in found["alerts"]]
        values = {value for each in labels for value in each.values()}
        assert set(said) <= values
        assert set(said[:150]) <= {name for each in labels for name in each}
        notes = "".join(each["text"] for each in found["timeline"] if each["kind"] == "note")
        assert marks(notes) == marks("".join(said))


def test_a_value_that_is_no_plain_word_is_refused_from_people_too(night: Night) -> None:
    """Nobody pastes more into a step than the runbook has room for."""
    shown = night.ada.get(f"/v1/incidents/{night.cases[1]}")
    (pod,) = [each for each in shown["steps"] if each["step_title"] == "Look at one pod"]
    assert pod["state"] == "waiting"
    for each in [each for each in night.stage.said[5::60] if not PLAIN.fullmatch(each)]:
        status, body = sent(
            night.ada, f"/v1/runs/{pod['id']}/parameters", {"values": {"POD": each}}
        )
        assert (status, body["type"]) == (422, "parameter.value"), each


def test_what_is_no_word_of_ours_is_refused_or_kept_as_it_is(night: Night) -> None:
    """A role, a fingerprint or a playbook is one of those there are; a user has any name."""
    for each in night.stage.said[7::100]:
        named = quote(each, safe="")
        for path, value in (
            ("/v1/users", {"name": "eve", "role": each}),
            (f"/v1/users/{named}/disable", {}),
            ("/v1/runs/1/approve", {"fingerprint": each}),
            ("/v1/incidents/1/playbook", {"anchor": each}),
        ):
            status, body = sent(night.ada, path, value)
            assert status in (400, 404, 405, 409, 422), (path, status, each, body)
    for each in night.stage.said[7::400]:
        status, body = sent(night.ada, "/v1/users", {"name": each})
        assert status == 422 or body["name"] == each, (each, body)


def test_the_names_of_tokens_are_shown_as_they_are(night: Night) -> None:
    """Each is somebody's own word for it."""
    for each in night.stage.said[9::130]:
        status, _ = sent(night.ada, "/v1/tokens", {"name": each})
        assert status in (201, 400, 422), each
    look_at_page(night.ada.get("/you"), what="/you")
    look_at_terminal(terminal(night.ada, night.stage.home, "token list"), what="token list")


def test_the_reason_of_a_stop_stands_on_every_page_as_text(night: Night) -> None:
    """It is shown to everybody, also to whoever is not logged in."""
    (why, *_) = notes_of(night.stage.said[700:], 900)
    post(night.ada, "/v1/stop", {"reason": why})
    for path in ("/", f"/incidents/{night.titled[0]}"):
        assert marks(why) <= marks(look_at_page(night.ada.get(path), what=path))
    look_at_terminal(terminal(night.ada, night.stage.home, "stop --help"), what="stop")
    post(night.ada, "/v1/stop/lift", {"reason": why})


def sent(node: Responder, path: str, value: object) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of the answer, whatever they are."""
    try:
        request = Request(
            node.url + path,
            data=json.dumps(value).encode(),
            headers={
                "Authorization": f"Bearer {node.token}",
                "Content-Type": "application/json",
            },
        )
        with urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_every_page_holds_only_what_we_wrote(night: Night) -> None:
    """No element, attribute, address or unseen character of anybody else's."""
    paths = ["/", *(f"/incidents/{each}" for each in night.incidents), "/people", "/you"]
    links = [re.search(r"/page/\S+", each.get_content()) for each in night.box.mails]
    paths += [link[0] for link in links if link][-60:]
    text = "".join(look_at_page(night.ada.get(path), what=path) for path in paths)
    assert len(marks(text)) >= 5_000


def test_a_refusal_says_what_was_asked_without_obeying_it(night: Night) -> None:
    """Addresses, forms and names that make no sense come back as text."""
    for each in night.stage.said[::40]:
        for path in (f"/incidents/{quote(each, safe='')}", f"/login?next={quote(each)}"):
            status, body = refused(night.ada, path)
            assert status in (200, 400, 404), path
            look_at_page(body, what=path)


def refused(node: Responder, path: str) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {node.token}", "Accept": "text/html"}
    try:
        with urlopen(Request(node.url + path, headers=headers), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_stream_is_frames_of_ours(night: Night) -> None:
    """No string ends its frame, begins another, or names an event."""
    for incident_id in (night.cases[0], night.wild):
        request = Request(
            f"{night.ada.url}/incidents/{incident_id}/events",
            headers={"Authorization": f"Bearer {night.ada.token}"},
        )
        raw = b""
        with urlopen(request, timeout=20) as stream:
            while b"\n\n" not in raw.removeprefix(b": still here\n\n"):
                raw += stream.read1(1 << 20)
        (event, *_) = look_at_stream(raw.decode().rpartition("\n\n")[0] + "\n\n", what="stream")
        assert len(marks(look_at_page(event, what="a frame"))) > 800


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")
def test_a_browser_obeys_nothing_of_it(night: Night) -> None:
    """No dialog, no foreign request, nothing for the policy to stop, nothing we did not write."""
    allowed = {name: sorted(attributes) for name, attributes in written().items()}
    with chromium() as browser, visiting(browser, night.ada.url, size=WIDE) as ada:
        dialogs: list[str] = []
        asked: set[str] = set()
        ada.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        ada.page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        ada.context.add_init_script(EARS)
        ada.context.set_default_timeout(60_000)  # the pages are long
        ada.open("/login")
        ada.page.fill("#token", night.ada.token)
        ada.page.press("#token", "Enter")
        ada.page.wait_for_url(f"{night.ada.url}/")
        seen: set[str] = set()
        for path in ("/", *(f"/incidents/{each}" for each in night.incidents)):
            ada.open(path)
            expect(ada.page.locator("#live-mark")).to_have_text("live", timeout=30_000)
            ada.page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
            found = ada.page.evaluate(WALK, allowed)
            assert found["wrong"] == [], path
            assert (found["reports"], found["pwned"]) == ([], False), path
            seen |= marks(found["text"])
        ada.open(f"/incidents/{night.titled[0]}")
        expect(ada.page.locator("#live-mark")).to_have_text("live", timeout=30_000)
        note = {"text": "".join(night.stage.said[::99])}
        post(night.ada, f"/v1/incidents/{night.titled[0]}/note", note)
        live = ada.page.locator("#timeline")
        expect(live).to_contain_text(mark_of(night.stage.said[99]), timeout=30_000)
        found = ada.page.evaluate(WALK, allowed)
    assert (found["wrong"], found["reports"], found["pwned"]) == ([], [], False)
    assert (dialogs, ada.complaints) == ([], [])
    assert asked == {urlsplit(night.ada.url).netloc}
    assert len(seen) >= 5_000


EARS = """
window.__reports = [];
document.addEventListener("securitypolicyviolation", it => window.__reports.push(
  `${it.violatedDirective} ${it.blockedURI} ${it.sample}`));
"""
WALK = """allowed => {
  const wrong = [];
  for (const each of document.querySelectorAll("*")) {
    const drawn = each.namespaceURI === "http://www.w3.org/2000/svg";
    const name = each.localName;
    if (!drawn && !(name in allowed)) wrong.push(`element ${each.outerHTML.slice(0, 200)}`);
    for (const {name: attribute, value} of each.attributes) {
      const known = drawn || attribute === "style" || attribute.startsWith("data-htmx")
        || (allowed[name] || []).includes(attribute);
      const marked = /zq\\d{5}x/.test(value)
        && !["aria-label", "placeholder", "title", "value"].includes(attribute);
      if (!known || marked || attribute.startsWith("on"))
        wrong.push(`${attribute} of ${name}: ${value.slice(0, 200)}`);
    }
  }
  return {
    wrong: wrong.slice(0, 20), reports: window.__reports, pwned: "__pwned" in window,
    text: document.documentElement.textContent,
  };
}"""


COMMANDS = (
    "incident list --all",
    "incident show {}",
    "run list --incident {} --output",
    "audit show --incident {}",
)


def test_a_terminal_obeys_nothing_but_our_colours(night: Night) -> None:
    """No escape sequence, no carriage return, no direction, wherever a string is printed."""
    card = next(
        each["id"]
        for each in night.ada.get(f"/v1/runs?incident={night.wild}")["runs"]
        if each["state"] == "waiting"
    )
    lines = [each.format(number) for each in COMMANDS for number in (night.cases[0], night.wild)]
    lines += [f"run show {card}", "audit export", "audit verify", "read wild.md", "lint wild.md"]
    lines += ["plan wild.md#wild", f"incident show {night.cases[0]} --json"]
    lines += [f"run show {card} --json", "coverage"]
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda line: terminal(night.ada, night.stage.home, line), lines))
    text = "".join(
        look_at_terminal(said, what=line) for line, said in zip(lines, told, strict=True)
    )
    assert len(marks(text)) >= 5_000


def test_a_mail_has_the_headers_and_the_one_part_that_we_wrote(night: Night) -> None:
    """A subject from outside adds no header, recipient or part."""
    await_true(lambda: len(night.box.mails) >= len(night.titled), what="the mails arrive")
    for mail in night.box.mails:
        assert set(mail.keys()) == HEADERS, mail.keys()
        assert len(mail.keys()) == len(HEADERS)
        assert mail["To"] == "ada@example.org"
        assert mail.get_content_type() == "text/plain"
        assert mail.defects == []
        assert_seen(mail["Subject"], what="subject")
        assert_seen(mail.get_content().replace("\r\n", "\n"), what="mail")
    assert len(marks("".join(each["Subject"] for each in night.box.mails))) > OWN_TITLES / 2


def test_a_webhook_says_each_title_as_it_was(night: Night) -> None:
    """JSON with our names and nothing else, each title whole."""
    await_true(lambda: len(night.stage.hooks) >= len(night.titled), what="the webhooks arrive")
    told = [json.loads(each) for each in night.stage.hooks]
    titles = {each["title"] for each in night.ada.incidents}
    assert {each["title"] for each in told} <= titles
    assert {frozenset(each) for each in told} == {frozenset(told[0])}
    for each in told:
        assert_seen(each["subject"] + each["text"], what="webhook")


def test_a_post_mortem_is_a_document_of_ours(night: Night) -> None:
    """No tag, link, image, heading, table row or fence from a label, an output or a note."""
    for incident_id in night.incidents:
        post(night.ada, f"/v1/incidents/{incident_id}/resolve", {})
        text = night.ada.get(f"/v1/incidents/{incident_id}/postmortem")
        look_at_markdown(text, headings=HEADINGS, what=f"post-mortem of {incident_id}")
        assert len(marks(text)) > (300 if incident_id == night.wild else 800)
        look_at_page(night.ada.get(f"/incidents/{incident_id}/postmortem"), what="shown")
    said = terminal(night.ada, night.stage.home, f"incident postmortem {night.wild}")
    look_at_terminal(said, what="post-mortem")


LOGGED = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ [\w.]+: .+|(wild|box)\.md:\d+: .+"
)
STARTED = ("Tocsin serves ", "Log in with the token ", "Nothing runs unattended: ")


def test_the_log_has_a_line_for_each_record(night: Night) -> None:
    """Nobody forges one, and nothing in it moves a cursor."""
    text = night.ada.log.read_text()
    assert_seen(text, what="log")
    wrong = [
        line
        for line in text.splitlines()
        if not LOGGED.fullmatch(line) and not line.startswith(STARTED)
    ]
    assert wrong == []


def test_nothing_was_obeyed(night: Night) -> None:
    """No file, no connection, no row gone; what was approved has run, so the trap works."""
    stage = night.stage
    with closing(sqlite3.connect(stage.home / "plants.db")) as plants:
        assert plants.execute("SELECT a FROM kept").fetchall() == [("here",)]
    await_true(
        lambda: all((stage.home / f"allowed-{case}").exists() for case in night.cases),
        what="the approved steps",
    )
    assert list(Path(stage.trap.folder).iterdir()) == []
    assert stage.canary.heard == []
