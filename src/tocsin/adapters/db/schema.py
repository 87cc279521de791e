"""The tables. Columns are named and typed as the fields of the values they hold."""

from __future__ import annotations

import sqlalchemy as sa

from tocsin.adapters.db.types import Instant, Json, Plain, Seconds, Word
from tocsin.core.alert import AlertStatus
from tocsin.core.checkpoint import Head
from tocsin.core.incident import Binding, Status
from tocsin.core.page import DeliveryState
from tocsin.core.parameter import Parameter
from tocsin.core.rights import Role
from tocsin.core.risk import Risk
from tocsin.core.run import Command, RunState
from tocsin.core.runbook import Phase
from tocsin.core.timeline import EntryKind

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers only INTEGER keys
_WORDS = Json(dict[str, str])


def _id() -> sa.Column[int]:
    return sa.Column("id", _Id, primary_key=True, autoincrement=True)


def _incident(**more: bool) -> sa.Column[int]:
    nullable = more.get("nullable", False)
    target = sa.ForeignKey("tocsin_incident.id")
    return sa.Column("incident_id", _Id, target, nullable=nullable)


event = sa.Table(
    "tocsin_event",
    metadata,
    _id(),
    sa.Column("source", Plain, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("notes", Json(list[str]), nullable=False),
)

quarantine = sa.Table(
    "tocsin_quarantine",
    metadata,
    _id(),
    sa.Column("source", Plain, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("reason", Plain, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
)

incident = sa.Table(
    "tocsin_incident",
    metadata,
    _id(),
    sa.Column("title", Plain, nullable=False),
    sa.Column("service", Plain, nullable=False),
    sa.Column("status", Word(Status), nullable=False),
    sa.Column("severity", Plain),
    sa.Column("severity_rank", sa.Integer, nullable=False),
    sa.Column("binding", Json(Binding | None), nullable=False),
    sa.Column("candidates", Json(tuple[Binding, ...]), nullable=False),
    sa.Column("reason", Plain, nullable=False),
    sa.Column("open_key", Plain, unique=True),
    sa.Column("join_key", Plain, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("triggered_at", Instant, nullable=False),
    sa.Column("acknowledged_at", Instant),
    sa.Column("acknowledged_by", Plain, nullable=False),
    sa.Column("mitigated_at", Instant),
    sa.Column("resolved_at", Instant),
    sa.Column("soak", Seconds, nullable=False),
    sa.Column("escalate_at", Instant, index=True),
    sa.Column("recover_at", Instant, index=True),
    sa.Column("held_at", Instant),
    sa.Column("held_by", Plain, nullable=False),
    sa.Column("held_because", Plain, nullable=False),
)

alert = sa.Table(
    "tocsin_alert",
    metadata,
    _id(),
    sa.Column("source", Plain, nullable=False),
    sa.Column("fingerprint", Plain, nullable=False),
    sa.Column("starts_at", Plain, nullable=False),
    sa.Column("status", Word(AlertStatus), nullable=False),
    sa.Column("labels", _WORDS, nullable=False),
    sa.Column("annotations", _WORDS, nullable=False),
    sa.Column("ends_at", Plain, nullable=False),
    sa.Column("generator_url", Plain, nullable=False),
    sa.Column("hidden", sa.Integer, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("pending", sa.Boolean, nullable=False),
    _incident(nullable=True),
    sa.UniqueConstraint("source", "fingerprint", "starts_at"),
)
sa.Index(
    "ix_tocsin_alert_pending",
    alert.c.id,
    sqlite_where=alert.c.pending,
    postgresql_where=alert.c.pending,
)
sa.Index("ix_tocsin_alert_incident_id", alert.c.incident_id)

page = sa.Table(
    "tocsin_page",
    metadata,
    _id(),
    _incident(),
    sa.Column("triggered_at", Instant, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("rung", sa.Integer, nullable=False),
    sa.Column("person", Plain, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("reason", Plain, nullable=False),
    sa.UniqueConstraint("incident_id", "triggered_at", "round", "rung", "person"),
)

delivery = sa.Table(
    "tocsin_delivery",
    metadata,
    _id(),
    sa.Column("page_id", _Id, sa.ForeignKey("tocsin_page.id"), nullable=False),
    _incident(),
    sa.Column("person", Plain, nullable=False),
    sa.Column("channel", Plain, nullable=False),
    sa.Column("state", Word(DeliveryState), nullable=False),
    sa.Column("due_at", Instant, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("said", Plain, nullable=False),
)
sa.Index("ix_tocsin_delivery_incident_id", delivery.c.incident_id)

step_run = sa.Table(
    "tocsin_step_run",
    metadata,
    _id(),
    _incident(),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("step_title", Plain, nullable=False),
    sa.Column("step_line", sa.Integer, nullable=False),
    sa.Column("phase", Word(Phase), nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("label", Plain, nullable=False),
    sa.Column("text", Plain, nullable=False),
    sa.Column("command", Json(Command | None), nullable=False),
    sa.Column("risk", Word(Risk), nullable=False),
    sa.Column("why", Json(tuple[str, ...]), nullable=False),
    sa.Column("parameters", Json(tuple[Parameter, ...]), nullable=False),
    sa.Column("unattended", sa.Boolean, nullable=False),
    sa.Column("state", Word(RunState), nullable=False, index=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("started_at", Instant, index=True),
    sa.Column("finished_at", Instant),
    sa.Column("exit_status", sa.Integer),
    sa.Column("said", Plain, nullable=False),
    sa.Column("by", Plain, nullable=False),
    sa.Column("asked_by", Plain, nullable=False),
    sa.Column("as_written", sa.Boolean, nullable=False),
    sa.Column("node", Plain, nullable=False),
)
sa.Index("ix_tocsin_step_run_incident_id", step_run.c.incident_id)

output = sa.Table(
    "tocsin_output",
    metadata,
    _id(),
    sa.Column("step_run_id", _Id, sa.ForeignKey("tocsin_step_run.id"), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("host", Plain, nullable=False),  # empty where the target is one place
    sa.Column("text", Plain, nullable=False),
)
sa.Index("ix_tocsin_output_step_run_id", output.c.step_run_id)

host_run = sa.Table(
    "tocsin_host_run",
    metadata,
    sa.Column("step_run_id", _Id, sa.ForeignKey("tocsin_step_run.id"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("host", Plain, primary_key=True),
    sa.Column("state", Word(RunState), nullable=False),
    sa.Column("exit_status", sa.Integer),
    sa.Column("said", Plain, nullable=False),
    sa.Column("started_at", Instant),
    sa.Column("finished_at", Instant),
)

approval = sa.Table(
    "tocsin_approval",
    metadata,
    _id(),
    sa.Column("step_run_id", _Id, sa.ForeignKey("tocsin_step_run.id"), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("fingerprint", Plain, nullable=False),
    sa.Column("by", Plain, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Column("broke_glass", sa.Boolean, nullable=False),
    sa.Column("reason", Plain, nullable=False),
    sa.Column("repeat", sa.Boolean, nullable=False),
    sa.Column("typed", sa.Boolean, nullable=False),
    sa.Column("seal", Plain, nullable=False),
)
sa.Index("ix_tocsin_approval_step_run_id", approval.c.step_run_id)

timeline = sa.Table(
    "tocsin_timeline",
    metadata,
    _id(),
    _incident(),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", Plain, nullable=False),
    sa.Column("kind", Word(EntryKind), nullable=False),
    sa.Column("text", Plain, nullable=False),
    sa.Column("facts", Json(dict[str, object]), nullable=False),
    sa.Column("previous_sha256", Plain, nullable=False),
    sa.Column("sha256", Plain, nullable=False),
    sa.UniqueConstraint("incident_id", "seq"),
)

audit = sa.Table(  # the chain of what belongs to no incident
    "tocsin_audit",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", Plain, nullable=False),
    sa.Column("kind", Word(EntryKind), nullable=False),
    sa.Column("text", Plain, nullable=False),
    sa.Column("facts", Json(dict[str, object]), nullable=False),
    sa.Column("previous_sha256", Plain, nullable=False),
    sa.Column("sha256", Plain, nullable=False),
)

checkpoint = sa.Table(
    "tocsin_checkpoint",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("heads", Json(tuple[Head, ...]), nullable=False),
    sa.Column("previous_sha256", Plain, nullable=False),
    sa.Column("sha256", Plain, nullable=False),
)

user = sa.Table(
    "tocsin_user",
    metadata,
    sa.Column("name", Plain, primary_key=True),
    sa.Column("folded", Plain, nullable=False, unique=True),  # so that no two look alike
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("disabled_at", Instant),
    sa.Column("password", Plain, nullable=False),
    sa.Column("issuer", Plain, nullable=False),
    sa.Column("subject", Plain, nullable=False),
)

grant = sa.Table(
    "tocsin_grant",
    metadata,
    _id(),
    sa.Column("person", Plain, nullable=False),
    sa.Column("role", Word(Role), nullable=False),
    sa.Column("service", Plain, nullable=False),
    sa.Column("by_groups", sa.Boolean, nullable=False),  # given by the identity provider
    sa.UniqueConstraint("person", "role", "service", "by_groups"),
)

token = sa.Table(
    "tocsin_token",
    metadata,
    _id(),
    sa.Column("person", Plain, nullable=False),
    sa.Column("name", Plain, nullable=False),
    sa.Column("sha256", Plain, nullable=False, unique=True),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.Column("used_at", Instant),
    sa.Column("role", Word(Role)),
    sa.Column("services", Json(tuple[str, ...]), nullable=False),
)

session = sa.Table(
    "tocsin_session",
    metadata,
    sa.Column("sha256", Plain, primary_key=True),
    sa.Column("person", Plain, nullable=False),
    sa.Column("token_id", _Id),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("used_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)

postmortem = sa.Table(
    "tocsin_postmortem",
    metadata,
    sa.Column("incident_id", _Id, sa.ForeignKey("tocsin_incident.id"), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("text", Plain, nullable=False),
)

node = sa.Table(
    "tocsin_node",
    metadata,
    sa.Column("node", Plain, primary_key=True),
    sa.Column("beat_at", Instant, nullable=False),
)

setting = sa.Table(  # what every server on this database must agree on
    "tocsin_setting",
    metadata,
    sa.Column("name", Plain, primary_key=True),
    sa.Column("value", Plain, nullable=False),
)
