"""Make the pictures in docs/pictures from the real console in a real browser.

Refuses to make any where the browser's console complains, a page scrolls sideways, or
axe-core (where it is installed) finds something. `pictures.py NAME…` makes only those.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import Browser, FloatRect  # noqa: E402

from tocsin.core.ids import IncidentId, StepRunId  # noqa: E402
from tocsin.core.incident import Action, Status  # noqa: E402
from tocsin.core.rights import Role  # noqa: E402
from tocsin.core.run import HostRun, RunState  # noqa: E402
from tocsin.core.runbook import Playbook  # noqa: E402
from tocsin.running import stop  # noqa: E402
from users import let_in  # noqa: E402
from web import scene as scenes  # noqa: E402
from web.chromium import AXE, PHONE, WIDE, Visitor, chromium, served, visiting  # noqa: E402
from web.scene import MINUTE, Scene  # noqa: E402

PICTURES = ROOT / "docs/pictures"
NIGHT = datetime(2026, 1, 5, 3, 14, 12, tzinfo=UTC)
TALLEST = {
    "incident-streaming": 2000,
    "incident-approval": 1250,
    "plan": 1100,
    "viewer": 1250,
    "stopped": 500,
}
"""Pixels of a page that its picture shows at most."""

QUIET = frozenset({"login", "postmortem", "you", "people"})
"""Pages that nothing changes while one looks at them."""

LOG = [
    "03:09:51 worker job 4417 import finished rows=1204 in 2.1s",
    "03:10:02 worker job 4418 import started file=orders-0105.csv",
    "03:10:04 worker job 4418 import finished rows=311 in 1.9s",
    "03:10:11 worker job 4419 import started file=orders-legacy.csv",
    "03:10:11 worker Traceback (most recent call last):",
    '03:10:11 worker   File "jobs/importer.py", line 88, in read_row',
    "03:10:11 worker UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9",
    "03:10:12 supervisor worker exited with status 1, starting it again",
    "03:10:14 worker job 4419 import started file=orders-legacy.csv",
    "03:10:14 worker UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9",
    "03:10:15 supervisor worker exited with status 1, starting it again",
    "03:10:17 worker job 4419 import started file=orders-legacy.csv",
    "03:10:17 worker UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9",
    "03:10:18 supervisor worker exited 3 times in 10 s: given up",
]
QUEUE = "state   | count | oldest\nrunning |     1 | 03:10:11\nqueued  |   214 | 03:10:19\n"
HEALTH = '200 OK\n{"service": "jobs", "database": "ok", "worker": "no heartbeat for 238 s"}\n'


PLAIN = scenes.asking(
    "Mailer stuck", 120, "systemctl status mailer", "Restart the mailer", "systemctl restart mailer"
)
DESTROYS = scenes.asking(
    "Disk of the importer full",
    140,
    "df -h /srv",
    "Remove the old imports",
    "find /srv/jobs/imports -name '*.csv' -mtime +30 -delete",
)
CHANGED = scenes.asking(
    "Partner feed stalled",
    160,
    "tail -n 5 var/feed.log",
    "Start the feed again",
    "./jobs feed restart --partner north --from last-good --batch 50",
)
BEFORE = "./jobs feed restart --partner north --from last-good --batch 500"
HIDDEN = scenes.asking(
    "Worker leaks memory",
    180,
    "ps -o pid,rss,args -C jobs",
    "Recycle the workers",
    "./jobs recycle --keep 1 \u202e\u2066# spare one\u2069 \u2066; ./jobs drop --\u0430ll\u2069",
)
VALUES = scenes.asking(
    "Pod keeps restarting",
    200,
    "uptime",
    "Give it a new one",
    "kubectl -n <namespace> delete pod <pod>",
)
SEVERAL = scenes.asking(
    "Web workers slow", 220, "tail -n 2 /var/log/web.log", "Start them again", "./web restart"
)
VIEWER = "linus"
CARDS = {"plain": PLAIN, "two-people": DESTROYS, "changed": CHANGED, "hidden": HIDDEN}
FOUND = {
    "plain": "mailer.service - sends what the jobs write\n   Active: active (running) since 21:02\n"
    "   Tasks: 1; last mail sent 41 min ago\n",
    "two-people": "Filesystem      Size  Used Avail Use% Mounted on\n"
    "/dev/vdb1       200G  198G  1.1G 100% /srv\n",
    "changed": "03:02:11 feed north: 3 timeouts in a row, waiting\n"
    "03:07:12 feed north: batch of 500 refused: too large\n",
    "hidden": "    PID   RSS COMMAND\n  21877 3.9G jobs worker 1\n  21878 4.1G jobs worker 2\n",
}


@dataclass(frozen=True, slots=True)
class Incidents:
    """The one that is worked on in each picture."""

    streaming: IncidentId
    follows: StepRunId
    approval: IncidentId
    resolved: IncidentId
    cards: dict[str, IncidentId]
    values: IncidentId
    hosts: IncidentId


def main() -> None:
    """Make all of them."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        scene = scenes.build(Path(folder), now=NIGHT)
        incidents = _seed(scene)
        over = threading.Event()
        talking = threading.Thread(target=_talk, args=(scene, incidents.follows, over))
        talking.start()
        try:
            with served(scene) as (address, _), chromium() as browser:
                for dark in (False, True):
                    for size in (WIDE, PHONE):
                        with visiting(
                            browser, address, size=size, dark=dark, device_scale_factor=1
                        ) as visitor:
                            _visit(visitor, incidents, dark=dark, wide=size is WIDE)
                        with visiting(
                            browser, address, size=size, dark=dark, device_scale_factor=1
                        ) as visitor:
                            _visit_as_viewer(visitor, incidents, dark=dark, wide=size is WIDE)
                        _visit_plan(browser, Path(folder), size=size, dark=dark)
                _visit_stopped(browser, address, scene)
        finally:
            over.set()
            talking.join()


def _visit(visitor: Visitor, incidents: Incidents, *, dark: bool, wide: bool) -> None:
    visitor.page.clock.set_fixed_time(NIGHT + timedelta(seconds=31))
    visitor.open("/login")
    _take(visitor, "login", dark=dark, wide=wide)
    visitor.log_in()
    places = {
        "board": "/",
        "incident-streaming": f"/incidents/{incidents.streaming}",
        "incident-approval": f"/incidents/{incidents.approval}",
        "incident-resolved": f"/incidents/{incidents.resolved}",
        "postmortem": f"/incidents/{incidents.resolved}/postmortem",
        "you": "/you",
        "people": "/people",
        "values": f"/incidents/{incidents.values}",
        "hosts": f"/incidents/{incidents.hosts}",
        **{f"card-{name}": f"/incidents/{each}" for name, each in incidents.cards.items()},
    }
    for name, path in places.items():
        if not _is_wanted(name):
            continue
        visitor.open(path)
        if name not in QUIET:
            visitor.page.wait_for_selector("#live-mark:not(:empty)")
        if name == "incident-streaming":
            _wait_for_output(visitor, incidents.follows)
        _take(visitor, name, dark=dark, wide=wide)


def _visit_stopped(browser: Browser, address: str, scene: Scene) -> None:
    """Take the board while everything is stopped."""
    with scene.app.store.begin() as tx:
        stop.stop(tx, "the runbook of the feed names the wrong host", by="grace", now=NIGHT)
    for dark in (False, True):
        for size in (WIDE, PHONE):
            with visiting(browser, address, size=size, dark=dark, device_scale_factor=1) as visitor:
                visitor.page.clock.set_fixed_time(NIGHT + timedelta(seconds=31))
                visitor.log_in()
                _take(visitor, "stopped", dark=dark, wide=size is WIDE)


def _visit_as_viewer(visitor: Visitor, incidents: Incidents, *, dark: bool, wide: bool) -> None:
    """Take a card as somebody sees it who may only look."""
    visitor.page.clock.set_fixed_time(NIGHT + timedelta(seconds=31))
    visitor.log_in(VIEWER)
    visitor.open(f"/incidents/{incidents.cards['plain']}")
    _take(visitor, "viewer", dark=dark, wide=wide)


def _visit_plan(browser: Browser, folder: Path, *, size: dict[str, int], dark: bool) -> None:
    """Take the page that `tocsin plan --html` writes of our example."""
    place = "examples/jobs/runbook.md#job-worker-down"
    words = [sys.executable, "-m", "tocsin", "plan", place, "--html"]
    written = subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    (folder / "plan.html").write_bytes(written.stdout)
    address = folder.as_uri()
    with visiting(browser, address, size=size, dark=dark, device_scale_factor=1) as visitor:
        visitor.open("/plan.html")
        _take(visitor, "plan", dark=dark, wide=size is WIDE)


def _is_wanted(name: str) -> bool:
    """Whether to make this one: all, or those named on the command line."""
    return len(sys.argv) == 1 or name in sys.argv[1:]


def _take(visitor: Visitor, name: str, *, dark: bool, wide: bool) -> None:
    if not _is_wanted(name):
        return
    suffix = f"{'dark' if dark else 'light'}-{'wide' if wide else 'phone'}"
    _check(visitor, name + " " + suffix)
    path_of_picture = PICTURES / f"{name}-{suffix}.png"
    visitor.page.screenshot(path=path_of_picture, full_page=True, clip=_clip(visitor, name))
    _shrink(path_of_picture)
    print(f"{path_of_picture.name}  {path_of_picture.stat().st_size // 1024} kB")


def _clip(visitor: Visitor, name: str) -> FloatRect:
    """Return the top of the page: enough to see what the picture is about."""
    height = visitor.page.evaluate("document.documentElement.scrollHeight")
    width = visitor.page.evaluate("window.innerWidth")
    return {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST.get(name, 1500))}


def _wait_for_output(visitor: Visitor, step_run_id: StepRunId) -> None:
    """Wait until the running step has said something since the page was opened."""
    place = visitor.page.locator(f"#step-{step_run_id} pre[role=log]")
    before = place.inner_text()
    deadline = time.monotonic() + 10
    while place.inner_text() == before:
        if time.monotonic() > deadline:
            sys.exit("the running step's output did not reach the page")
        time.sleep(0.1)


def _check(visitor: Visitor, what: str) -> None:
    if visitor.complaints:
        sys.exit(f"{what}: the browser complains: {visitor.complaints}")
    if visitor.overflow() > 0:
        sys.exit(f"{what}: scrolls sideways by {visitor.overflow()} pixels")
    if AXE.exists() and (barriers := visitor.barriers()):
        sys.exit(f"{what}: axe-core finds {barriers}")


def _shrink(picture: Path) -> None:
    """Reduce the colours where Pillow is installed; pictures of pages have few anyway."""
    try:
        from PIL import Image  # noqa: PLC0415  # not among what we depend on
    except ImportError:
        return
    with Image.open(picture) as image:
        reduced = image.convert("RGB").quantize(160, Image.Quantize.MAXCOVERAGE)
    reduced.save(picture, optimize=True)


def _seed(scene: Scene) -> Incidents:
    _seed_earlier(scene, PLAIN)
    _seed_earlier(scene, CHANGED, BEFORE)
    _seed_others(scene)
    resolved = _seed_resolved(scene)
    approval = _seed_approval(scene)
    cards = {name: _seed_card(scene, name) for name in CARDS}
    values, hosts = _seed_values(scene), _seed_hosts(scene)
    streaming, follows = _seed_streaming(scene)
    scene.now = NIGHT
    with scene.app.store.begin() as tx:
        let_in(tx, VIEWER, f"token-of-{VIEWER}", at=NIGHT, role=Role.VIEWER, service="jobs")
    scenes.TOKENS[VIEWER] = f"token-of-{VIEWER}"
    return Incidents(streaming, follows, approval, resolved, cards, values, hosts)


def _at(scene: Scene, minutes: float, act: Callable[[], object]) -> None:
    """Let something happen that many minutes before the picture."""
    scene.now = NIGHT - timedelta(minutes=minutes)
    act()


def _seed_streaming(scene: Scene) -> tuple[IncidentId, StepRunId]:
    scene.now = NIGHT - timedelta(seconds=48)
    incident_id = scene.incident(title="QueueStalled on jobs")
    scene.alert(incident_id, scenes.ALERT)
    runs = scene.runs(incident_id, scenes.playbook())
    scene.page(incident_id)
    _investigate(scene, runs)
    scene.starts(runs[4], "\n".join(LOG[-3:]) + "\n")
    return incident_id, runs[4]


def _investigate(scene: Scene, runs: list[StepRunId]) -> None:
    """Let the looking of the playbook happen, a moment after the incident opened."""
    outputs = (QUEUE, HEALTH, "\n".join(LOG) + "\n", "3\n")
    for run, output, took in zip(runs, outputs, (0.04, 0.12, 0.02, 0.02), strict=False):
        scene.now += timedelta(milliseconds=140)
        scene.ran(run, output, took=took)


def _talk(scene: Scene, step_run_id: StepRunId, over: threading.Event) -> None:
    """Let the running step go on talking, slowly."""
    job = 4420
    while not over.wait(1.5):
        scene.says(step_run_id, f"03:14:{job % 60:02} queue job {job} waits: no worker\n")
        job += 1


def _seed_approval(scene: Scene) -> IncidentId:
    scene.now = NIGHT - 9 * MINUTE
    incident_id = scene.incident(
        title="ImportsLate: partner feed", severity="SEV-2", severity_rank=1
    )
    scene.alert(incident_id, scenes.ALERT.replace(b"b7d0", b"c1aa"))
    runs = scene.runs(incident_id, scenes.playbook())
    scene.page(incident_id)
    _investigate(scene, runs)
    scene.ran(runs[4], "\n".join(LOG[-4:]) + "\n", took=30.02)
    _at(scene, 7, lambda: scene.does(incident_id, Action.ACKNOWLEDGE))
    return incident_id


def _seed_card(scene: Scene, name: str) -> IncidentId:
    """Open an incident that asks for one approval."""
    asked = CARDS[name]
    scene.now = NIGHT - 6 * MINUTE
    incident_id, runs = _open(scene, asked)
    scene.ran(runs[0], FOUND[name], took=0.08)
    if name == "two-people":
        _at(scene, 2, lambda: scene.approves(runs[1], "grace"))
    return incident_id


def _seed_values(scene: Scene) -> IncidentId:
    """Open an incident whose command names no pod yet."""
    scene.now = NIGHT - 5 * MINUTE
    incident_id, runs = _open(scene, VALUES)
    scene.ran(runs[0], "03:09:12 up 41 days\n", took=0.03)
    return incident_id


def _seed_hosts(scene: Scene) -> IncidentId:
    """Open an incident whose look was well on two machines and failed on the third."""
    scene.now = NIGHT - 4 * MINUTE
    incident_id, runs = _open(scene, SEVERAL)
    scene.ran(runs[0], "web-1: 200 in 1.9 s\nweb-2: 200 in 2.2 s\n", status=1)
    hosts = ("web-1", "web-2", "web-3")
    with scene.app.store.begin() as tx:
        run = tx.step_runs.get(runs[0])
        tx.step_runs.put(replace(run, command=replace(run.command, hosts=hosts)))
        for host in hosts:
            ended = HostRun(step_run_id=run.id, attempt=1, host=host, state=RunState.SUCCEEDED)
            if host == "web-3":
                said = "Connection timed out"
                ended = replace(ended, state=RunState.FAILED, exit_status=255, said=said)
            tx.step_runs.begin_on(ended)
    return incident_id


def _open(scene: Scene, asked: Playbook) -> tuple[IncidentId, list[StepRunId]]:
    scene.documents.runbook = scenes.with_playbooks(*CARDS.values(), VALUES, SEVERAL, asked)
    binding = replace(scenes.BINDING, anchor=asked.anchor, heading=asked.heading, line=asked.line)
    incident_id = scene.incident(
        title=asked.heading,
        severity="SEV-2",
        severity_rank=1,
        binding=binding,
        reason=f"{scenes.FILE}:{asked.line} “{asked.heading}” is what the alert is called",
    )
    scene.does(incident_id, Action.ACKNOWLEDGE)
    planned = scenes.playbook(asked, scene.documents.runbook)
    return incident_id, scene.runs(incident_id, planned)


def _seed_earlier(scene: Scene, asked: Playbook, text: str = "") -> None:
    """Let the same step have been approved a month ago, perhaps with another text."""
    scene.now = NIGHT - 43_000 * MINUTE
    step = asked.steps[1]
    statement = replace(step.statements[0], text=text or step.statements[0].text)
    then = replace(asked, steps=(asked.steps[0], replace(step, statements=(statement,))))
    incident_id, runs = _open(scene, then)
    scene.ran(runs[0], "all as usual\n")
    scene.approves(runs[1], "grace")
    scene.ran(runs[1], "started\n")
    scene.does(incident_id, Action.RESOLVE)


def _seed_resolved(scene: Scene) -> IncidentId:
    scene.now = NIGHT - 300 * MINUTE
    incident_id = scene.incident(title="QueueStalled on jobs (evening import)")
    scene.alert(incident_id, scenes.ALERT.replace(b"b7d0", b"d3bb"))
    runs = scene.runs(incident_id, scenes.playbook())
    scene.page(incident_id)
    _investigate(scene, runs)
    scene.ran(runs[4], "\n".join(LOG[-4:]) + "\n", took=30.02)
    _at(scene, 297, lambda: scene.does(incident_id, Action.ACKNOWLEDGE))
    _at(scene, 294, lambda: scene.approves(runs[5]))
    scene.ran(runs[5], "1 row changed\n", took=0.05)
    _at(scene, 293, lambda: scene.approves(runs[6]))
    scene.ran(runs[6], "worker started, pid 21877\n", took=1.2)
    _at(scene, 291, lambda: scene.ticks(runs[7], "told them at 22:23, nothing lost"))
    _at(scene, 290, lambda: scene.does(incident_id, Action.MITIGATE, "tocsin"))
    scene.release_held(incident_id)
    scene.ran(runs[8], "count\n    0\n", took=0.03)
    scene.ran(runs[9], "22:21:40 worker started pid=21877\n", took=0.02)
    _at(scene, 280, lambda: scene.does(incident_id, Action.RESOLVE, "tocsin"))
    return incident_id


def _seed_others(scene: Scene) -> None:
    for minutes, title, severity, rank, lasted in (
        (3000, "CertificateExpires: jobs.example.org", "SEV-3", 2, 44),
        (1700, "DiskFilling on jobs-1", "SEV-2", 1, 23),
    ):
        scene.now = NIGHT - minutes * MINUTE
        incident_id = scene.incident(title=title, severity=severity, severity_rank=rank)
        scene.does(incident_id, Action.ACKNOWLEDGE, "grace")
        scene.now += lasted * MINUTE
        scene.does(incident_id, Action.RESOLVE, "grace")
    scene.now = NIGHT - 26 * MINUTE
    incident_id = scene.incident(
        title="MailBounces above 2 %",
        severity="SEV-3",
        severity_rank=2,
        status=Status.TRIGGERED,
    )
    scene.does(incident_id, Action.ACKNOWLEDGE, "grace")
    _at(scene, 4, lambda: scene.does(incident_id, Action.MITIGATE, "tocsin"))


if __name__ == "__main__":
    main()
