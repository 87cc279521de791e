"""What a team sets up beside its runbooks: services, people, policies, targets, sources.

These are the values of `tocsin.toml` after it was read and found whole: every name that is
referred to exists. `settings` builds them; the stages are handed them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from enum import StrEnum

from tocsin.core.address import without_password
from tocsin.core.approval import Approvals, Second
from tocsin.core.errors import Conflict
from tocsin.core.matchers import Matcher
from tocsin.core.metric import Metric
from tocsin.core.parameter import ParameterSetting
from tocsin.core.rights import Grant
from tocsin.core.tool import Tool


class TargetKind(StrEnum):
    """Where a statement can run."""

    LOCAL = "local"  # bash on this machine
    POSTGRES = "postgres"
    MYSQL = "mysql"  # and MariaDB
    SQLITE = "sqlite"
    REDIS = "redis"
    PROMETHEUS = "prometheus"
    HTTP = "http"
    SSH = "ssh"
    DOCKER = "docker"
    KUBERNETES = "kubernetes"


class Reads(StrEnum):
    """What keeps a statement that only looks from changing something on another machine."""

    SANDBOX = "sandbox"  # bubblewrap there
    LOGIN = "login"  # the reading login, which can change nothing
    APPROVAL = "approval"  # nothing does: a person looks at each before it runs


STORES = frozenset(
    {
        TargetKind.POSTGRES,
        TargetKind.MYSQL,
        TargetKind.REDIS,
        TargetKind.PROMETHEUS,
        TargetKind.HTTP,
    }
)
"""What is reached by an address of its own, with one login for looking and one for changing."""


MACHINES = (TargetKind.LOCAL, TargetKind.SSH, TargetKind.DOCKER, TargetKind.KUBERNETES)
"""What bash runs on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """An address and the name of the secret that goes with it, empty where there is none."""

    url: str
    secret: str = ""


class Profile(StrEnum):
    """What a look on a `local` target sees of the machine."""

    HOST = "host"  # its processes, its network, all its files; can write nothing
    CONTAINED = "contained"  # none of the first two, nor people's homes and sockets


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A place where statements run. Its addresses may hold a secret and are never shown."""

    name: str
    kind: TargetKind
    url: str = ""  # a DSN, a file or an address, for looking; empty for `local`
    password: str = ""  # name of the secret, where `url` does not hold it
    change_url: str = ""  # of a store, for what was approved; without it nothing is changed there
    change_password: str = ""  # name of the secret
    directory: str = ""  # of a machine: where statements start
    profile: Profile = Profile.HOST  # for `local`
    time_limit: timedelta = timedelta(seconds=30)  # of each statement; then it is ended
    host: str = ""  # for `ssh`: the machine, by a name that the client's configuration may explain
    hosts: tuple[str, ...] = ()  # … or several machines, or several containers
    host_label: str = ""  # the label of the alert that picks one of `hosts`, and nothing else
    user: str = ""
    identity: str = ""  # for `ssh`: the file of a private key
    change_host: str = ""  # of a machine, for what was approved; what is not set is as for looking
    change_user: str = ""
    change_identity: str = ""
    config: str = ""  # for `ssh`: a configuration file instead of the user's own
    container: str = ""
    context: str = ""  # of docker or kubectl
    change_context: str = ""
    namespace: str = ""  # for `kubernetes`
    pod: str = ""
    selector: str = ""  # … or labels that exactly one pod has
    run_as: str = ""  # of a machine: the user that changes run as there, through sudo
    reads: Reads = Reads.SANDBOX  # of a machine: what keeps looking from changing

    def sha256(self) -> str:
        """Return the SHA-256, in hex, over all that says where this is and how it is reached.

        Whoever approves a command approves it for this place: a target that means another one
        tomorrow, under the same name, needs a new approval. No password is part of it, since a
        hash could be tried out against guesses.
        """
        told = self
        if self.kind in STORES:
            changing = without_password(self.change_url)
            told = replace(self, url=without_password(self.url), change_url=changing)
        facts = {each.name: getattr(told, each.name) for each in fields(self)}
        written = json.dumps(facts, ensure_ascii=True, sort_keys=True, default=str)
        return hashlib.sha256(written.encode()).hexdigest()

    def login(self, *, read_only: bool) -> Login:
        """Return what a statement is run with: the login for looking, or the one for changing.

        Raises:
            Conflict("target.no_change_url"): Nothing can be changed there.
        """
        if read_only or self.kind not in STORES:
            return Login(url=self.url, secret=self.password)
        if not self.change_url:
            raise Conflict(
                "target.no_change_url",
                f"Target {self.name} has no login for changes.",
                hint="Give it a `change_url` in tocsin.toml.",
            )
        return Login(url=self.change_url, secret=self.change_password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Where a secret comes from. Exactly one of the three is set."""

    name: str  # the environment variable a step sees it as
    environment: str = ""
    file: str = ""
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be paged."""

    name: str
    email: str = ""
    webhook: str = ""
    channels: tuple[str, ...] = ()  # names of channels, all used for each page
    roles: tuple[str, ...] = ()  # what runbooks call this person: "engineering lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """People paged together, and how long they have before the next level."""

    people: tuple[str, ...]
    patience: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Levels in order. After the last one the policy starts over, `repeat` times."""

    name: str
    levels: tuple[Level, ...]
    repeat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Something we are paged for: ties alerts, runbooks, targets and policy together."""

    name: str
    policy: str
    match: tuple[Matcher, ...] = ()  # all must hold; none at all matches every alert
    runbooks: tuple[str, ...] = ()  # paths as written, relative to the workspace
    targets: tuple[str, ...] = ()  # the first of the right kind is used
    environment: Mapping[str, str] = field(default_factory=dict)  # what its steps see
    secrets: tuple[str, ...] = ()  # names of secrets its steps see
    parameters: Mapping[str, str] = field(
        default_factory=dict
    )  # values of what runbooks leave open
    soak: timedelta = timedelta(minutes=10)  # where the runbook does not say
    destroy: Second | None = None  # what it needs here; None: what the team's approvals say


class ChannelKind(StrEnum):
    """How a page travels."""

    SMTP = "smtp"
    WEBHOOK = "webhook"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way to reach people."""

    name: str
    kind: ChannelKind
    url: str = ""  # smtp://host:port or smtps://host:port; for webhooks the default address
    sender: str = ""  # the From of mails
    username: str = ""
    secret: str = ""  # name of the secret: SMTP password or webhook signing key
    starttls: bool = False


class SourceKind(StrEnum):
    """What speaks to us."""

    ALERTMANAGER = "alertmanager"
    GENERIC = "generic"
    CHECKS = "checks"  # our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A configured origin of alerts. The token itself is never kept, only its hash."""

    name: str
    kind: SourceKind
    token_sha256: str = ""  # hex; empty only for our own checks


class CheckKind(StrEnum):
    """What a check looks at."""

    HTTP = "http"
    TCP = "tcp"
    COMMAND = "command"
    SQL = "sql"
    CERTIFICATE = "certificate"
    DISK = "disk"
    MEMORY = "memory"
    PROCESS = "process"
    QUEUE = "queue"  # depth of a queue, by SQL
    UNIT = "unit"  # a systemd or supervisor unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A probe that we run ourselves, and when it counts as an alert."""

    name: str
    kind: CheckKind
    alert: str  # the alert name it fires
    labels: Mapping[str, str] = field(default_factory=dict)
    interval: timedelta = timedelta(seconds=30)
    timeout: timedelta = timedelta(seconds=10)
    fire_after: int = 3  # failures in a row
    fire_after_duration: timedelta | None = None  # … or failing for this long, if set
    recover_after: int = 2  # successes in a row
    options: Mapping[str, object] = field(default_factory=dict)  # what the kind needs: url, sql …


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Where checkpoints of the record go, out of reach of whoever can write the database."""

    checkpoint_file: str = ""  # relative to the workspace
    checkpoint_channel: str = ""  # a channel's name
    checkpoint_to: str = ""  # the address on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """Where people log in, and what membership in a group there is worth here."""

    issuer: str
    client_id: str
    client_secret: str  # name of the secret
    scopes: tuple[str, ...] = ("openid", "profile")
    name_claim: str = "preferred_username"
    groups_claim: str = "groups"
    label: str = "single sign-on"  # what the button says
    roles: Mapping[str, Grant] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Everything a team has set up, found whole."""

    directory: str  # where tocsin.toml lies; relative paths start here
    data_directory: str
    database: str  # SQLAlchemy URL
    listen_host: str = "127.0.0.1"
    listen_port: int = 8377
    public_url: str = "http://127.0.0.1:8377"  # what links in pages start with
    services: tuple[Service, ...] = ()
    people: tuple[Person, ...] = ()
    policies: tuple[Policy, ...] = ()
    channels: tuple[Channel, ...] = ()
    targets: tuple[Target, ...] = ()
    secrets: tuple[Secret, ...] = ()
    sources: tuple[Source, ...] = ()
    checks: tuple[Check, ...] = ()
    metrics: tuple[Metric, ...] = ()
    approvals: Approvals = field(default_factory=Approvals)
    audit: Audit = field(default_factory=Audit)
    commands: tuple[Tool, ...] = ()  # what the team adds to the catalogue
    parameters: tuple[ParameterSetting, ...] = ()
    oidc: Oidc | None = None
    runbook_url: str = ""  # what the `runbook_url` of rules we write begins with

    def service(self, name: str) -> Service | None:
        """Return the service called `name`, or None."""
        return next((service for service in self.services if service.name == name), None)

    def person(self, name: str) -> Person | None:
        """Return the person called `name`, or None."""
        return next((person for person in self.people if person.name == name), None)

    def policy(self, name: str) -> Policy | None:
        """Return the policy called `name`, or None."""
        return next((policy for policy in self.policies if policy.name == name), None)

    def channel(self, name: str) -> Channel | None:
        """Return the channel called `name`, or None."""
        return next((channel for channel in self.channels if channel.name == name), None)

    def target(self, name: str) -> Target | None:
        """Return the target called `name`, or None."""
        return next((target for target in self.targets if target.name == name), None)

    def target_of(self, service: Service, *kinds: TargetKind) -> Target | None:
        """Return the service's first target of one of `kinds`, or None."""
        own = [target for name in service.targets if (target := self.target(name))]
        return next((target for target in own if target.kind in kinds), None)
