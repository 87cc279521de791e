"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "tocsin_event",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tocsin_event")),
    )
    op.create_table(
        "tocsin_incident",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("severity_rank", sa.Integer(), nullable=False),
        sa.Column("binding", sa.Text(), nullable=False),
        sa.Column("candidates", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("open_key", sa.Text(), nullable=True),
        sa.Column("join_key", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("triggered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.Column("mitigated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("soak", sa.Float(), nullable=False),
        sa.Column("escalate_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recover_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tocsin_incident")),
        sa.UniqueConstraint("open_key", name=op.f("uq_tocsin_incident_open_key")),
    )
    op.create_index(
        op.f("ix_tocsin_incident_escalate_at"), "tocsin_incident", ["escalate_at"], unique=False
    )
    op.create_index(
        op.f("ix_tocsin_incident_recover_at"), "tocsin_incident", ["recover_at"], unique=False
    )
    op.create_table(
        "tocsin_node",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_tocsin_node")),
    )
    op.create_table(
        "tocsin_quarantine",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tocsin_quarantine")),
    )
    op.create_table(
        "tocsin_session",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_tocsin_session")),
    )
    op.create_table(
        "tocsin_setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tocsin_setting")),
    )
    op.create_table(
        "tocsin_token",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tocsin_token")),
        sa.UniqueConstraint("sha256", name=op.f("uq_tocsin_token_sha256")),
    )
    op.create_table(
        "tocsin_alert",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("annotations", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.Text(), nullable=False),
        sa.Column("generator_url", sa.Text(), nullable=False),
        sa.Column("hidden", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("incident_id", _ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["tocsin_incident.id"], name=op.f("fk_tocsin_alert_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tocsin_alert")),
        sa.UniqueConstraint(
            "source",
            "fingerprint",
            "starts_at",
            name=op.f("uq_tocsin_alert_source_fingerprint_starts_at"),
        ),
    )
    op.create_index("ix_tocsin_alert_incident_id", "tocsin_alert", ["incident_id"], unique=False)
    op.create_index(
        "ix_tocsin_alert_pending",
        "tocsin_alert",
        ["id"],
        unique=False,
        sqlite_where=sa.text("pending"),
        postgresql_where=sa.text("pending"),
    )
    op.create_table(
        "tocsin_page",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("incident_id", _ID, nullable=False),
        sa.Column("triggered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["tocsin_incident.id"], name=op.f("fk_tocsin_page_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tocsin_page")),
        sa.UniqueConstraint(
            "incident_id",
            "triggered_at",
            "round",
            "rung",
            "person",
            name=op.f("uq_tocsin_page_incident_id_triggered_at_round_rung_person"),
        ),
    )
    op.create_table(
        "tocsin_postmortem",
        sa.Column("incident_id", _ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["tocsin_incident.id"], name=op.f("fk_tocsin_postmortem_incident_id")
        ),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_tocsin_postmortem")),
    )
    op.create_table(
        "tocsin_step_run",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("incident_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("step_title", sa.Text(), nullable=False),
        sa.Column("step_line", sa.Integer(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("risk", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exit_status", sa.Integer(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["tocsin_incident.id"], name=op.f("fk_tocsin_step_run_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tocsin_step_run")),
    )
    op.create_index(
        "ix_tocsin_step_run_incident_id", "tocsin_step_run", ["incident_id"], unique=False
    )
    op.create_index(op.f("ix_tocsin_step_run_state"), "tocsin_step_run", ["state"], unique=False)
    op.create_table(
        "tocsin_timeline",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("incident_id", _ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("previous_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["tocsin_incident.id"], name=op.f("fk_tocsin_timeline_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tocsin_timeline")),
        sa.UniqueConstraint("incident_id", "seq", name=op.f("uq_tocsin_timeline_incident_id_seq")),
    )
    op.create_table(
        "tocsin_approval",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("step_run_id", _ID, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["step_run_id"], ["tocsin_step_run.id"], name=op.f("fk_tocsin_approval_step_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tocsin_approval")),
    )
    op.create_index(
        "ix_tocsin_approval_step_run_id", "tocsin_approval", ["step_run_id"], unique=False
    )
    op.create_table(
        "tocsin_delivery",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("page_id", _ID, nullable=False),
        sa.Column("incident_id", _ID, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["tocsin_incident.id"], name=op.f("fk_tocsin_delivery_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["page_id"], ["tocsin_page.id"], name=op.f("fk_tocsin_delivery_page_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tocsin_delivery")),
    )
    op.create_index(op.f("ix_tocsin_delivery_due_at"), "tocsin_delivery", ["due_at"], unique=False)
    op.create_index(
        "ix_tocsin_delivery_incident_id", "tocsin_delivery", ["incident_id"], unique=False
    )
    op.create_table(
        "tocsin_output",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("step_run_id", _ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["step_run_id"], ["tocsin_step_run.id"], name=op.f("fk_tocsin_output_step_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tocsin_output")),
    )
    op.create_index("ix_tocsin_output_step_run_id", "tocsin_output", ["step_run_id"], unique=False)


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("tocsin_output")
    op.drop_table("tocsin_delivery")
    op.drop_table("tocsin_approval")
    op.drop_table("tocsin_timeline")
    op.drop_table("tocsin_step_run")
    op.drop_table("tocsin_postmortem")
    op.drop_table("tocsin_page")
    op.drop_table("tocsin_alert")
    op.drop_table("tocsin_token")
    op.drop_table("tocsin_setting")
    op.drop_table("tocsin_session")
    op.drop_table("tocsin_quarantine")
    op.drop_table("tocsin_node")
    op.drop_table("tocsin_incident")
    op.drop_table("tocsin_event")
