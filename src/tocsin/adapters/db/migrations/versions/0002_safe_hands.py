"""Approvals that can be given by two, evidence that is held, and who asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add what is new; rows that are there already get what held for them."""
    _add_runs()
    _add_audit()
    _add_parameters()


def downgrade() -> None:
    """Take it away again."""
    _drop_audit()
    _drop_parameters()
    _drop_runs()


def _add_runs() -> None:
    with op.batch_alter_table("tocsin_incident") as table:
        table.add_column(sa.Column("held_at", sa.DateTime(timezone=True)))
        table.add_column(_text("held_by"))
        table.add_column(_text("held_because"))
    with op.batch_alter_table("tocsin_step_run") as table:
        table.add_column(_text("asked_by"))
    with op.batch_alter_table("tocsin_approval") as table:
        table.add_column(_number("attempt"))
        table.add_column(_no("broke_glass"))
        table.add_column(_text("reason"))


def _drop_runs() -> None:
    with op.batch_alter_table("tocsin_approval") as table:
        for name in ("attempt", "broke_glass", "reason"):
            table.drop_column(name)
    with op.batch_alter_table("tocsin_step_run") as table:
        table.drop_column("asked_by")
    with op.batch_alter_table("tocsin_incident") as table:
        for name in ("held_at", "held_by", "held_because"):
            table.drop_column(name)


def _add_audit() -> None:
    op.create_table(
        "tocsin_audit",
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("actor", "kind", "text")),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("previous_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_tocsin_audit"),
    )
    op.create_table(
        "tocsin_checkpoint",
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("previous_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_tocsin_checkpoint"),
    )


def _drop_audit() -> None:
    op.drop_table("tocsin_checkpoint")
    op.drop_table("tocsin_audit")


def _add_parameters() -> None:
    with op.batch_alter_table("tocsin_step_run") as table:
        table.add_column(sa.Column("parameters", sa.Text(), nullable=False, server_default="[]"))
        table.add_column(_no("unattended"))


def _drop_parameters() -> None:
    with op.batch_alter_table("tocsin_step_run") as table:
        for name in ("parameters", "unattended"):
            table.drop_column(name)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _no(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
