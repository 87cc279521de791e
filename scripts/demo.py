"""`make demo`: break a real service, and show its runbook on duty until it is mended.

Everything here is real: the job service and its worker's death, the check that notices, the
mail that a mail server receives, the commands and what they print, the recovery. This script
sets the stage, watches through the HTTP API as any client could, answers for the responder
where there is no terminal, and does not believe anything it has not seen: it ends with the
list of what had to happen, and with exit status 0 only if all of it did.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from types import FrameType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from telling import Teller

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "jobs"
OUTPUT = Path(os.environ.get("DEMO_OUTPUT") or ROOT / "demo-output").resolve()
POISON = "{" * 3000
PATIENCE = 60.0  # seconds for any one thing to happen
POLL = 0.1
RESPONDER = "ada"
FINISHED = ("succeeded", "failed")
CLAIMS = {
    "alert": "an alert was fired by a failing check",
    "bound": "the playbook was bound, with file and line",
    "page": "a page was received by the mail server",
    "evidence": "at least 4 read-only statements ran unattended, with output",
    "refused": "the changing statement was refused before its approval",
    "once": "it ran after the approval, exactly once",
    "recovered": "the recovery was verified by the check itself",
    "resolved": "the incident was resolved",
    "chain": "the chain of the timeline was verified",
    "postmortem": "the post-mortem was written",
}
JSON = dict[str, Any]


def shown(path: Path) -> str:
    """Return a path as one would type it in the project's folder."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


class Stopped(Exception):
    """The demo cannot go on; the reason is for the person who watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the API said."""

    status: int
    text: str

    @property
    def body(self) -> JSON:
        """The JSON object that it said; empty where it was none."""
        try:
            body = json.loads(self.text)
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    @property
    def reason(self) -> str:
        """Status and, for a refusal, the problem's own sentence."""
        return f"{self.status} {self.body.get('detail') or self.body.get('title') or ''}".strip()


def http(method: str, url: str, body: JSON | None = None, *, token: str = "") -> Answer:
    """Send one request and return its answer, whatever its status; OSError if there is none."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=sent, headers=headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return Answer(status=answer.status, text=answer.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(status=refused.code, text=refused.read().decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The demo's own folder and its own ports on loopback."""

    work: Path
    jobs_port: int
    console_port: int
    mail_port: int

    @property
    def jobs(self) -> str:
        """The address of the job service."""
        return f"http://127.0.0.1:{self.jobs_port}"

    @property
    def console(self) -> str:
        """The address of Tocsin."""
        return f"http://127.0.0.1:{self.console_port}"

    def log(self, name: str) -> str:
        """Return what a log of the job service holds."""
        path = self.work / "run" / name
        return path.read_text(errors="replace") if path.exists() else ""


class Mailbox:
    """Takes every mail on a real SMTP server and keeps it as a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mails: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Write the mail to disk, then accept it."""
        path = self.folder / f"{len(self.mails) + 1:03}.eml"
        path.write_bytes(envelope.original_content or b"")
        self.mails.append(envelope)
        return "250 kept"


@dataclass(slots=True, kw_only=True)
class Story:
    """What the demo knows so far."""

    teller: Teller
    place: Place
    mailbox: Mailbox
    token: str = ""
    incident_id: int = 0
    proofs: dict[str, str] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)  # steps whose output was shown
    attended: bool = False  # every statement was approved by hand: there is no sandbox
    processes: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def api(self, method: str, path: str, body: JSON | None = None) -> Answer:
        """Ask Tocsin as the responder."""
        return http(method, self.place.console + path, body, token=self.token)

    def incident(self) -> JSON:
        """Return the incident as it is now."""
        return self.api("GET", f"/v1/incidents/{self.incident_id}").body

    @property
    def whole(self) -> bool:
        """Whether everything that had to happen was seen."""
        return len(self.proofs) == len(CLAIMS)

    def prove(self, claim: str, proof: str) -> None:
        """Note that something that had to happen was seen."""
        self.proofs[claim] = proof

    def wait_for(self, what: str, look: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """Return the first true thing `look` returns; Stopped if there is none in time."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            for name, process in self.processes:
                if process.poll() is not None:
                    raise Stopped(f"{name} ended by itself while we waited for {what}")
            time.sleep(POLL)
        raise Stopped(f"waited {patience:.0f} s for {what}")


# --- the stage ----------------------------------------------------------------------------------


def free_ports(count: int) -> list[int]:
    """Return ports on loopback that nobody uses."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def set_stage() -> Place:
    """Copy the example to a folder of its own, with ports of its own."""
    for name in ("work", "mail"):
        shutil.rmtree(OUTPUT / name, ignore_errors=True)
        (OUTPUT / name).mkdir(parents=True)
    (OUTPUT / "postmortem.md").unlink(missing_ok=True)
    jobs, console, mail = free_ports(3)
    place = Place(work=OUTPUT / "work", jobs_port=jobs, console_port=console, mail_port=mail)
    moved = {":8471": f":{jobs}", ":8377": f":{console}", ":2525": f":{mail}"}
    for name in ("service.py", "jobsctl"):
        shutil.copy2(EXAMPLE / name, place.work)
    for name in ("runbook.md", "tocsin.toml"):
        text = (EXAMPLE / name).read_text(encoding="utf-8")
        for old, new in moved.items():
            text = text.replace(old, new)
        (place.work / name).write_text(text, encoding="utf-8")
    return place


@contextmanager
def running(story: Story, name: str, *command: str) -> Iterator[None]:
    """Run a program of ours in the demo's folder until the end of the block."""
    log = OUTPUT / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=story.place.work,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        story.processes.append((name, process))
        try:
            yield
        finally:
            story.processes.remove((name, process))
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a program to stop; insist after a while, on all that belongs to it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=15)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def receiving_mail(story: Story) -> Iterator[None]:
    """Run the mail server until the end of the block."""
    server = Controller(story.mailbox, hostname="127.0.0.1", port=story.place.mail_port)
    server.start()
    try:
        yield
    finally:
        server.stop()


def answers(url: str) -> bool:
    """Return whether something there says that it is well."""
    try:
        return http("GET", url).status == 200
    except OSError:
        return False


def let_in(story: Story) -> None:
    """Make the responder's personal token."""
    command = [sys.executable, "-m", "tocsin", "user", "add", RESPONDER, "--workspace", "."]
    made = subprocess.run(command, cwd=story.place.work, capture_output=True, text=True)
    if made.returncode:
        raise Stopped(f"no token could be made: {made.stderr.strip()}")
    story.token = made.stdout.split()[-1]


# --- the story ----------------------------------------------------------------------------------


def begin(story: Story) -> None:
    """Wait until all is well, and say what is there."""
    tell, place = story.teller.tell, story.place
    story.wait_for("the job service", lambda: answers(f"{place.jobs}/health"))
    pid = place.log("worker.pid").strip()
    tell("·", "service", f"The job service answers at {place.jobs}; its worker is process {pid}.")
    story.wait_for("Tocsin", lambda: answers(f"{place.console}/health"))
    tell("·", "tocsin", f"Tocsin serves {place.console} on SQLite, with examples/jobs/runbook.md.")
    tell("·", "mail", f"A mail server listens at 127.0.0.1:{place.mail_port}.")
    for text in ("the quick brown fox", "a note {in braces} counts", "three words here"):
        submit(story, text)
    story.wait_for("three jobs to be done", lambda: counts(story)["done"] == 3)
    tell("✓", "healthy", "3 jobs went in, 3 are done.", "good")


def submit(story: Story, document: str) -> int:
    """Hand in a document and return the number of its job."""
    answer = http("POST", f"{story.place.jobs}/jobs", {"document": document})
    if answer.status != 202:
        raise Stopped(f"the job service refused a job: {answer.reason}")
    return int(answer.body["id"])


def counts(story: Story) -> JSON:
    """Return the number of jobs in each status."""
    return http("GET", f"{story.place.jobs}/jobs/counts").body


def break_it(story: Story) -> None:
    """Send the document that the worker cannot survive, and see it die."""
    tell, place = story.teller.tell, story.place
    poison = submit(story, POISON)
    tell("✗", "poison", f"Job {poison} is a document of 3000 nested notes.", "bad")
    behind = submit(story, "the job that waits behind it")
    died = "ended with exit status 1"
    story.wait_for("the worker to die", lambda: died in place.log("service.log"))
    error = place.log("worker.log").strip().splitlines()[-1]
    tell("✗", "broken", f"The worker is dead ({error}). Job {behind} waits.", "bad")


def await_alert(story: Story) -> None:
    """See the check fire and an incident open."""
    listed = story.wait_for(
        "an incident", lambda: story.api("GET", "/v1/incidents").body.get("incidents")
    )
    story.incident_id = listed[0]["id"]
    incident = story.incident()
    alert = incident["alerts"][0]
    said = alert["annotations"].get("summary") or alert["annotations"].get("description") or ""
    fired = f"{alert['name']} fires, from {alert['source']}."
    story.teller.tell("▲", "alert", f"{fired} {said}".strip(), "warn")
    opened = f"Incident {incident['id']} is open at severity {incident['severity']}."
    story.teller.tell("▲", "incident", opened, "warn")
    if (alert["source"], alert["name"]) == ("checks", "JobWorkerDown"):
        story.prove("alert", f"{alert['name']} from {alert['source']}, {alert['starts_at']}")
    playbook = incident["playbook"]
    if playbook:
        where = f"{playbook['file']}:{playbook['line']}"
        story.teller.tell("→", "playbook", playbook["reason"], "calm")
        story.prove("bound", f"{playbook['heading']}, {where}")


def await_page(story: Story) -> None:
    """See the mail server receive the page."""
    story.wait_for("the page", lambda: story.mailbox.mails)
    mail = story.mailbox.mails[0]
    kept = shown(OUTPUT / "mail" / "001.eml")
    story.teller.tell("✉", "page", f"{', '.join(mail.rcpt_tos)} is paged by mail ({kept}).", "warn")
    written = message_from_bytes(mail.original_content or b"", policy=default)
    story.teller.quote(str(written["Subject"]))
    story.prove("page", f"to {', '.join(mail.rcpt_tos)}, {kept}")


def steps(story: Story, *, phase: str) -> list[JSON]:
    """Return the step runs of one phase that hold a command, in the playbook's order."""
    found = story.incident().get("steps", [])
    return [each for each in found if each["phase"] == phase and each["fingerprint"]]


def gather(story: Story) -> None:
    """See the looking done, and show what it found."""
    approve_each(story, "investigate")
    looking = story.wait_for("the looking to end", lambda: ended(story, "investigate"))
    for step in looking:
        show_step(story, step)
    reads = [each for each in looking if each["risk"] == "read" and each["output"].strip()]
    alone = [each for each in reads if not each["by"]]
    if story.attended and len(reads) >= 4:
        story.prove("evidence", f"{len(reads)} statements; each was approved: no sandbox here")
    elif len(alone) >= 4:
        story.prove("evidence", f"{len(alone)} statements, and nobody had to be awake")


def ended(story: Story, phase: str) -> list[JSON]:
    """Return the statements of a phase once none of them is still going, else nothing."""
    found = steps(story, phase=phase)
    going = ("held", "ready", "started")
    return found if found and not any(each["state"] in going for each in found) else []


def show_step(story: Story, step: JSON) -> None:
    """Show one statement and what it printed, once it has ended and only once."""
    if step["id"] in story.told or step["state"] not in FINISHED:
        return
    story.told.add(step["id"])
    symbol, style = ("✓", "good") if step["state"] == "succeeded" else ("○", "warn")
    said = f": {step['said']}" if step["said"] else ""
    told = f"{step['step_title']} (runbook.md:{step['start']}){said}"
    story.teller.tell(symbol, "looked" if step["risk"] == "read" else "changed", told, style)
    story.teller.quote(f"$ {' '.join(step['text'].split())}")
    story.teller.quote(step["output"] or "(no output)")


def approve_each(story: Story, phase: str) -> None:
    """Without a sandbox nothing runs unattended: ask for every read of a phase."""
    waiting = [
        each
        for each in steps(story, phase=phase)
        if each["state"] == "waiting" and each["risk"] == "read"
    ]
    if waiting and not story.attended:
        story.attended = True
        lost = (
            "What is lost: the evidence is not there before anybody is awake. Every statement"
            " waits for approval instead."
        )
        story.teller.tell("?", "sandbox", f"{waiting[0]['said']} {lost}".strip(), "warn")
    for step in waiting:
        approve(story, step)


def approve(story: Story, step: JSON) -> None:
    """Ask for approval of exactly this statement, and give it."""
    what = f"{step['text']} ({step['step_title']}, runbook.md:{step['start']})"
    story.teller.tell("?", "approve", what, "warn")
    if not agreed(story, f"Run it on {step['target']}?"):
        raise Stopped("you did not approve it, so it did not run")
    answer = story.api(
        "POST", f"/v1/runs/{step['id']}/approve", {"fingerprint": step["fingerprint"]}
    )
    if answer.status != 200:
        raise Stopped(f"the approval was refused: {answer.reason}")
    who = f"{RESPONDER} approves exactly this text, on target {step['target']}."
    story.teller.tell("✓", "approved", who, "good")


def agreed(story: Story, question: str) -> bool:
    """Return what the person at the terminal says; with no terminal the demo's responder agrees."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        return story.teller.ask(question)
    return True


def the_change(story: Story) -> JSON:
    """Return the one statement of the playbook that changes something."""
    found = [each for each in steps(story, phase="mitigate") if each["risk"] != "read"]
    if len(found) != 1:
        raise Stopped(f"the playbook has {len(found)} changing statements, not one")
    return found[0]


def see_it_refused(story: Story) -> None:
    """Try to make the change run without an approval, in two ways; neither may work."""
    change = the_change(story)
    tell = story.teller.tell
    tell("→", "change", f"{change['text']} ({change['risk']}) waits for approval.", "calm")
    run = story.api("POST", f"/v1/runs/{change['id']}/run")
    tell("■", "refused", f"Run it all the same? {run.reason}", "good")
    other = {"fingerprint": "0" * 64}
    approved = story.api("POST", f"/v1/runs/{change['id']}/approve", other)
    tell("■", "refused", f"Approve another text? {approved.reason}", "good")
    time.sleep(1)  # long enough for something that should not run to have run
    still_waits = the_change(story)["state"] == "waiting"
    nothing_done = not story.place.log("operations.log")
    if run.status == 409 and approved.status == 409 and still_waits and nothing_done:
        story.prove("refused", "twice with 409; the service's own log has no trace of it")


def mitigate(story: Story) -> None:
    """Take the incident, approve the change, and see that it ran once."""
    taken = story.api("POST", f"/v1/incidents/{story.incident_id}/acknowledge")
    if taken.status != 200:
        raise Stopped(f"the incident could not be acknowledged: {taken.reason}")
    story.teller.tell("✓", "taken", f"{RESPONDER} acknowledges; nobody else is paged.", "good")
    approve(story, the_change(story))
    change = story.wait_for("the change to end", lambda: finished(the_change(story)))
    show_step(story, change)
    if change["state"] != "succeeded":
        raise Stopped(f"the mitigation failed: {change['said'] or change['exit_status']}")
    again = story.api(
        "POST", f"/v1/runs/{change['id']}/approve", {"fingerprint": change["fingerprint"]}
    )
    story.teller.tell("■", "refused", f"Use the approval again? {again.reason}", "good")


def finished(step: JSON) -> JSON | None:
    """Return the step if it has ended."""
    return step if step["state"] in FINISHED else None


def recover(story: Story) -> None:
    """See the check recover, the verification run, and the incident watched until it is over."""
    tell = story.teller.tell
    quiet = story.wait_for("the check to recover", lambda: alert_is_over(story))
    tell("✓", "recovered", f"{quiet['name']} is resolved by the check that fired it.", "good")
    approve_each(story, "verify")
    for step in story.wait_for("the verification to end", lambda: ended(story, "verify")):
        show_step(story, step)
    story.wait_for("the watch to begin", lambda: is_in(story, "monitoring", "resolved"))
    tell("◆", "watching", "Monitored for the soak of 10 s (10 min in earnest).", "calm")
    story.wait_for("the resolution", lambda: is_in(story, "resolved"))
    incident = story.incident()
    verified = [each["text"] for each in incident["timeline"] if each["kind"] == "recovery"]
    tell("✓", "resolved", verified[-1] if verified else "", "good")
    story.prove("resolved", f"at {incident['resolved_at']}")
    done, waited = counts(story), verified and verified[-1].startswith("recovery verified")
    if waited and alert_is_over(story) and done["done"] >= 4 and not done["pending"]:
        proof = f"{verified[-1].rstrip('.')}; the job that waited is done"
        story.prove("recovered", proof)


def alert_is_over(story: Story) -> JSON | None:
    """Return the alert if its source says that it is resolved."""
    alert: JSON = story.incident()["alerts"][0]
    return alert if alert["status"] == "resolved" else None


def is_in(story: Story, *statuses: str) -> bool:
    """Return whether the incident stands in one of these."""
    return story.incident()["status"] in statuses


def close(story: Story) -> None:
    """Verify the record, count the runs by the service's own log, and keep the post-mortem."""
    tell = story.teller.tell
    chain = story.api("GET", f"/v1/incidents/{story.incident_id}/verify").body
    entries = len(story.incident()["timeline"])
    if chain.get("whole") is True:
        tell("✓", "verified", f"The chain of {entries} timeline entries is whole.", "good")
        story.prove("chain", f"{entries} entries")
    log = story.place.log("operations.log")
    ran = log.count("quarantined"), log.count("worker restart asked")
    if ran == (1, 1) and the_change(story)["attempt"] == 1:
        story.prove("once", "the service's own log: 1 job quarantined, 1 restart")
    path = f"/v1/incidents/{story.incident_id}/postmortem"
    draft = story.wait_for("the post-mortem", lambda: draft_at(story, path), 10)
    written = OUTPUT / "postmortem.md"
    written.write_text(draft, encoding="utf-8")
    tell("✓", "written", f"{shown(written)}, {len(draft.splitlines())} lines.", "good")
    if "./jobsctl recover" in draft and "RecursionError" in draft:
        story.prove("postmortem", f"{shown(written)}, with timeline and evidence")


def draft_at(story: Story, path: str) -> str:
    """Return the post-mortem draft, or nothing while there is none."""
    answer = story.api("GET", path)
    return answer.text if answer.status == 200 else ""


ACTS: tuple[tuple[str, tuple[Callable[[Story], None], ...]], ...] = (
    ("All is well", (begin,)),
    ("It breaks", (break_it, await_alert)),
    ("Tocsin looks, and wakes somebody", (await_page, gather)),
    ("A change waits for a person", (see_it_refused, mitigate)),
    ("It recovers, and is watched", (recover, close)),
)


# --- the whole ----------------------------------------------------------------------------------


def play(story: Story) -> None:
    """Set up, tell every act, and take everything down again."""
    with ExitStack() as stack:
        place = story.place
        service = ("service.py", "run", "--directory", "run", "--port", str(place.jobs_port))
        stack.enter_context(receiving_mail(story))
        stack.enter_context(running(story, "jobs", *service))
        let_in(story)
        stack.enter_context(running(story, "tocsin", "-m", "tocsin", "serve", "--workspace", "."))
        for heading, scenes in ACTS:
            story.teller.chapter(heading)
            for scene in scenes:
                scene(story)
        sum_up(story)
        if os.environ.get("KEEP") == "1":
            keep_open(story)


def sum_up(story: Story) -> None:
    """Print what had to happen, and whether it did."""
    story.teller.chapter("What had to happen")
    for claim, what in CLAIMS.items():
        if claim == "evidence" and story.attended:
            what = "at least 4 read-only statements ran, with output"
        story.teller.tick(claim in story.proofs, what, story.proofs.get(claim, ""))
    story.teller.say("")
    missing = len(CLAIMS) - len(story.proofs)
    if missing:
        story.teller.say(f"Not everything happened: {missing} of {len(CLAIMS)} missing.", "bad")
    else:
        took = f"{story.teller.elapsed():.0f} s"
        story.teller.say(f"All {len(CLAIMS)} happened, in {took}.", "good")


def keep_open(story: Story) -> None:
    """Leave everything running until somebody ends it."""
    say = story.teller.say
    say("")
    say("The console is open. Its address, and the token to log in with:", "bold")
    story.teller.give(story.place.console, story.token)
    say("Ctrl-C ends everything.", "dim")
    story.wait_for("you", lambda: False, patience=float("inf"))


def interrupt(number: int, frame: FrameType | None) -> None:
    """Turn the signals that end a program into the exception that cleans up."""
    raise KeyboardInterrupt


def blame(story: Story, reason: str) -> None:
    """Say why the demo could not go on, with the end of Tocsin's own log."""
    story.teller.say("")
    story.teller.say(f"The demo stopped: {reason}.", "bad")
    log = OUTPUT / "tocsin.log"
    if log.exists() and (text := log.read_text(errors="replace").strip()):
        story.teller.say(f"The end of {shown(log)}:", "dim")
        story.teller.quote("\n".join(text.splitlines()[-12:]), lines=12)


def main() -> int:
    """Show everything; return 0 if all of it really happened, 1 if not, 130 if interrupted."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    teller = Teller()
    teller.title(
        "Tocsin: a service breaks, and its runbook is on duty",
        f"A real job service, a real failure. All of it stays in {shown(OUTPUT)}.",
    )
    story = Story(teller=teller, place=set_stage(), mailbox=Mailbox(OUTPUT / "mail"))
    try:
        play(story)
    except KeyboardInterrupt:
        teller.say("")
        teller.say("Ended; everything that was started has been stopped.", "dim")
        return 0 if story.whole else 130
    except (Stopped, OSError) as reason:
        blame(story, str(reason))
        sum_up(story)
        return 1
    return 0 if story.whole else 1


if __name__ == "__main__":
    sys.exit(main())
