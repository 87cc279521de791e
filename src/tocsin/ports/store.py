"""What the product asks of its database, and nothing more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.core.alert import Alert, Report
from tocsin.core.checkpoint import Checkpoint, Head
from tocsin.core.ids import (
    AlertId,
    DeliveryId,
    EventId,
    IncidentId,
    PageId,
    StepRunId,
)
from tocsin.core.incident import Binding, Incident
from tocsin.core.page import Delivery, Page
from tocsin.core.rights import Grant, Rights
from tocsin.core.run import Approval, HostRun, StepRun
from tocsin.core.timeline import SYSTEM, Entry, EntryKind
from tocsin.core.user import Session, Token, User
from tocsin.ports.work import Wake


class Events(Protocol):
    """Messages as they were received, kept raw."""

    def add(self, source: str, raw: bytes, *, at: datetime, notes: Sequence[str]) -> EventId:
        """Keep one message and what is to be said about it."""
        ...

    def quarantine(self, source: str, raw: bytes, reason: str, *, at: datetime) -> None:
        """Keep one part of a message that made no sense, with the reason."""
        ...

    def quarantined(self, limit: int) -> list[tuple[str, datetime, str, bytes]]:
        """Return source, time, reason and raw text of the newest, at most `limit`."""
        ...


class Alerts(Protocol):
    """The alerts on file."""

    def known(self, source: str, reports: Iterable[Report]) -> dict[tuple[str, str], Alert]:
        """Return those of one source that we hold already, by identity."""
        ...

    def add(self, source: str, reports: Sequence[Report], *, at: datetime) -> None:
        """File new ones, pending."""
        ...

    def put(self, alert: Alert) -> None: ...
    def pending(self, limit: int) -> list[Alert]:
        """Return those no later stage has looked at, oldest first."""
        ...

    def settle(self, alert_id: AlertId, incident_id: IncidentId | None) -> None:
        """Say that a later stage has looked, and which incident it joined."""
        ...

    def of_incident(self, incident_id: IncidentId) -> list[Alert]: ...
    def any_firing(self, incident_id: IncidentId) -> bool:
        """Return whether any alert of the incident fires."""
        ...

    def firing(self, source: str) -> list[Alert]:
        """Return those of one source that fire, oldest first."""
        ...


class Incidents(Protocol):
    """The incidents on file."""

    def get(self, incident_id: IncidentId) -> Incident:
        """Return it, and hold it against others until the transaction ends.

        Raises:
            NotFound("incident")
        """
        ...

    def add(self, incident: Incident) -> Incident | None:
        """File a new one and return it with its id; None if its `open_key` is taken."""
        ...

    def put(self, incident: Incident) -> None: ...
    def with_key(self, open_key: str) -> Incident | None: ...
    def open(self) -> list[Incident]:
        """Return all that are not resolved, worst first, then oldest."""
        ...

    def newest(self, limit: int) -> list[Incident]: ...
    def resolved_before(
        self, incident_ids: Collection[IncidentId], at: datetime
    ) -> set[IncidentId]:
        """Return those of these incidents that were resolved before then and still are."""
        ...

    def version(self, incident_id: IncidentId) -> tuple[int, int]:
        """Return a value that differs when its timeline or outputs have grown."""
        ...

    def newest_entry(self) -> int:
        """Return a number that grows with every timeline entry of any incident."""
        ...


class Pages(Protocol):
    """Pages and their deliveries."""

    def add(self, page: Page, channels: Sequence[str]) -> list[DeliveryId]:
        """File a page with one delivery per channel; nothing if that page exists."""
        ...

    def get(self, page_id: PageId) -> Page:
        """Return it.

        Raises:
            NotFound("page")
        """
        ...

    def of_incident(self, incident_id: IncidentId) -> list[Page]: ...
    def deliveries(self, incident_id: IncidentId) -> list[Delivery]: ...
    def delivery(self, delivery_id: DeliveryId) -> Delivery:
        """Return it.

        Raises:
            NotFound("delivery")
        """
        ...

    def claim(self, delivery_id: DeliveryId, *, now: datetime, until: datetime) -> Delivery | None:
        """Take a due delivery for one attempt; None if it is not due or somebody has it.

        If we die, it is due again at `until`.
        """
        ...

    def put_delivery(self, delivery: Delivery) -> None: ...
    def take_over(self, *, now: datetime) -> int:
        """Make due now what a process that is gone was sending; return how many there were.

        Only where no other process can be serving, and only before this one sends anything:
        elsewhere an attempt that never reported back waits for its `until`.
        """
        ...


class StepRuns(Protocol):
    """What is run, approved and ticked for incidents."""

    def add(self, step_runs: Sequence[StepRun]) -> list[StepRun]:
        """File them and return them with their ids."""
        ...

    def get(self, step_run_id: StepRunId) -> StepRun:
        """Return it, and hold it against others until the transaction ends.

        Raises:
            NotFound("run")
        """
        ...

    def put(self, step_run: StepRun) -> StepRun:
        """Write it over what is on file, and return it as it is stored now."""
        ...

    def of_incident(self, incident_id: IncidentId) -> list[StepRun]: ...
    def started(self, node: str, *, now: datetime) -> list[StepRun]:
        """Return those started and not ended: by this process, and by those that are gone."""
        ...

    def begin_on(self, host_run: HostRun) -> bool:
        """File that an attempt starts on a host, or never will; False if that is on file."""
        ...

    def end_on(self, host_run: HostRun) -> None:
        """Say how an attempt ended on a host; nothing if that has been said."""
        ...

    def host_runs(self, step_run_id: StepRunId) -> list[HostRun]:
        """Return the newest there is for each host it ever ran on, in order of the attempts."""
        ...

    def all_host_runs(self, incident_id: IncidentId) -> Mapping[StepRunId, list[HostRun]]:
        """Return the same for each step run of an incident that runs on several hosts."""
        ...

    def append_output(
        self, step_run_id: StepRunId, attempt: int, text: str, *, host: str = ""
    ) -> None: ...
    def output(self, step_run_id: StepRunId) -> str:
        """Return the output of the newest attempt; of several hosts, each below its name."""
        ...

    def outputs(self, incident_id: IncidentId) -> Mapping[StepRunId, str]: ...
    def approve(self, approval: Approval) -> None: ...
    def approvals(self, step_run_id: StepRunId) -> list[Approval]:
        """Return all there ever were, newest first."""
        ...

    def use_approval(self, approval: Approval, *, at: datetime) -> bool:
        """Mark it used; False if somebody has used it already."""
        ...

    def spend_approvals(self, *, at: datetime, of: StepRunId | None = None) -> list[Approval]:
        """Mark those as used that are unused and have not expired at `at`; return them as now.

        Of all step runs, or of one.
        """
        ...

    def approved_before(self, step_run: StepRun) -> list[tuple[Approval, StepRun, Binding | None]]:
        """Return approvals on which a step with the same title and label started, newest first.

        Each with its step run as it is now, and what its incident is bound to; not those of
        `step_run` itself for its next attempt.
        """
        ...

    def changes_since(self, at: datetime) -> list[StepRun]:
        """Return what is no mere look and was started at or after `at`, the newest first."""
        ...


class Timeline(Protocol):
    """Append-only."""

    def append(self, entry: Entry) -> Entry:
        """Put the entry at the end of its incident's chain; return it numbered and sealed."""
        ...

    def of_incident(self, incident_id: IncidentId) -> list[Entry]: ...
    def of_step_run(self, incident_id: IncidentId, step_run_id: StepRunId) -> list[Entry]:
        """Return the entries of the incident whose facts name this step run."""
        ...


class Audit(Protocol):
    """The record as a whole: the chain of what belongs to no incident, and checkpoints."""

    def note(
        self,
        kind: EntryKind,
        text: str,
        *,
        at: datetime,
        actor: str = SYSTEM,
        facts: Mapping[str, object] | None = None,
    ) -> Entry:
        """Append to the chain of what belongs to no incident; return the entry sealed.

        Nothing in it may be a secret: a token is named by its label or number.
        """
        ...

    def chain(self, of: IncidentId, *, after: int = 0) -> list[Entry]:
        """Return the entries of one chain with numbers above `after`; HOUSE is the one of none.

        Raises:
            Invalid("audit.unreadable"): One of them holds what no entry can hold.
        """
        ...

    def lengths(self) -> Mapping[IncidentId, int]:
        """Return the greatest number of an entry, for every chain that has one."""
        ...

    def incidents(self) -> Set[IncidentId]:
        """Return the numbers of all incidents on file."""
        ...

    def step_runs(self, incident_id: IncidentId) -> list[StepRun]:
        """Return the step runs of an incident as `StepRuns.of_incident` does.

        Raises:
            Invalid("audit.unreadable"): One of them holds what no step run can hold.
        """
        ...

    def approvals(self, incident_id: IncidentId) -> list[Approval]:
        """Return every approval ever given for an incident, oldest first.

        Raises:
            Invalid("audit.unreadable"): One of them holds what no approval can hold.
        """
        ...

    def outputs(self, incident_id: IncidentId) -> Mapping[tuple[StepRunId, int], str]:
        """Return the output of every attempt, by step run and attempt."""
        ...

    def checkpoints(self, *, after: int = 0) -> list[Checkpoint]:
        """Return the checkpoints with numbers above `after`, oldest first.

        Raises:
            Invalid("audit.unreadable"): One of them holds what no checkpoint can hold.
        """
        ...

    def add_checkpoint(self, heads: Sequence[Head], *, at: datetime) -> Checkpoint:
        """Put a checkpoint behind the newest; return it numbered and sealed."""
        ...


class People(Protocol):
    """Users and their rights, personal tokens and sessions: hashes only."""

    def add_user(self, user: User) -> bool:
        """File a new one; False if somebody has the name, or one that looks the same."""
        ...

    def user(self, name: str) -> User | None: ...
    def user_with_subject(self, issuer: str, subject: str) -> User | None: ...
    def users(self) -> list[User]:
        """Return all of them, by name."""
        ...

    def put_user(self, user: User) -> None: ...
    def remove_user(self, name: str) -> None:
        """Forget a user with all grants, tokens and sessions. Timelines keep the name."""
        ...

    def grant(self, person: str, grant: Grant, *, by_groups: bool = False) -> None:
        """Give a role; twice is once. `by_groups`: for as long as the identity provider says."""
        ...

    def revoke(self, person: str, grant: Grant) -> bool:
        """Take exactly this role away; False if it was not held."""
        ...

    def revoke_groups(self, person: str) -> None:
        """Take away what the identity provider gave."""
        ...

    def granted(self, person: str) -> Rights:
        """Return what somebody was granted, also while they are disabled."""
        ...

    def rights(self, person: str) -> Rights:
        """Return what somebody may do now: nothing where they are disabled or not known."""
        ...

    def add_token(self, token: Token) -> Token:
        """File it and return it with its id."""
        ...

    def token(self, sha256: str) -> Token | None: ...
    def token_numbered(self, token_id: int) -> Token | None: ...
    def tokens(self, person: str) -> list[Token]:
        """Return those that were not revoked, oldest first."""
        ...

    def revoke_token(self, token_id: int, *, at: datetime) -> bool:
        """Revoke one token and end what it opened; False if it was revoked already."""
        ...

    def revoke_tokens(self, person: str, *, at: datetime) -> int:
        """Revoke all of a person's tokens and sessions; return how many tokens there were."""
        ...

    def token_used(self, token_id: int, *, at: datetime) -> None: ...
    def add_session(self, session: Session) -> None: ...
    def session(self, sha256: str) -> Session | None: ...
    def session_used(self, sha256: str, *, at: datetime) -> None: ...
    def end_session(self, sha256: str) -> None: ...
    def end_sessions(self, person: str) -> int:
        """End all of a person's sessions; return how many there were."""
        ...

    def end_sessions_before(self, at: datetime) -> None:
        """Forget those that had run out by then."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A post-mortem as it was drafted."""

    incident_id: IncidentId
    at: datetime
    text: str


class Postmortems(Protocol):
    """Drafts, the newest per incident."""

    def put(self, draft: Draft) -> None: ...
    def get(self, incident_id: IncidentId) -> Draft | None: ...


class Nodes(Protocol):
    """Which processes are alive, by the database's clock where it has one."""

    def beat(self, node: str, *, at: datetime) -> None: ...


class Settings(Protocol):
    """What every process on this database must agree on, as short texts."""

    def get(self, name: str) -> str | None: ...
    def put(self, name: str, value: str) -> None: ...
    def remove(self, name: str) -> None: ...


class Tx(Protocol):
    """One transaction. Everything done through it happens together or not at all."""

    @property
    def events(self) -> Events: ...
    @property
    def alerts(self) -> Alerts: ...
    @property
    def incidents(self) -> Incidents: ...
    @property
    def pages(self) -> Pages: ...
    @property
    def step_runs(self) -> StepRuns: ...
    @property
    def timeline(self) -> Timeline: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def people(self) -> People: ...
    @property
    def postmortems(self) -> Postmortems: ...
    @property
    def nodes(self) -> Nodes: ...
    @property
    def settings(self) -> Settings: ...

    def wake(self, wake: Wake) -> None:
        """Ask to be woken if, and only if, this transaction commits."""
        ...

    def overdue(self, *, before: datetime) -> list[Wake]:
        """Return a wake for every row that was due before then and still is: the audit."""
        ...


class Store(Protocol):
    """The database."""

    def begin(self) -> AbstractContextManager[Tx]:
        """Open a transaction that may write.

        Raises:
            Unavailable("store.…"): The database is locked, full, read-only or gone.
        """
        ...

    def begin_at_once(self) -> AbstractContextManager[Tx]:
        """Open a transaction that may write, unless somebody else is writing just now.

        For what is good to have on file and not worth anybody's waiting.

        Raises:
            Unavailable("store.…"): As for `begin`, without any wait.
        """
        ...

    def look(self) -> AbstractContextManager[Tx]:
        """Open a transaction that only reads and holds nobody up."""
        ...

    def seen_by(self, services: frozenset[str] | None) -> Store:
        """Return the same store as somebody sees it who may see only these services.

        To them the incidents and step runs of other services do not exist. None: sees all.
        """
        ...
