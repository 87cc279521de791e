"""Approvals that can be given by two, evidence that is held, and who asked."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STARTED = "ix_tocsin_step_run_started_at"
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add what is new; rows that are there already get what held for them."""
    _add_runs()
    _add_audit()
    _add_parameters()
    _add_people()
    _add_hosts()


def downgrade() -> None:
    """Take it away again."""
    _drop_hosts()
    _drop_audit()
    _drop_parameters()
    _drop_people()
    _drop_runs()


def _add_runs() -> None:
    with op.batch_alter_table("tocsin_incident") as table:
        table.add_column(sa.Column("held_at", sa.DateTime(timezone=True)))
        table.add_column(_text("held_by"))
        table.add_column(_text("held_because"))
    with op.batch_alter_table("tocsin_step_run") as table:
        table.add_column(_text("asked_by"))
        table.add_column(_no("as_written"))
    with op.batch_alter_table("tocsin_approval") as table:
        table.add_column(_number("attempt"))
        table.add_column(_no("broke_glass"))
        table.add_column(_text("reason"))
        table.add_column(_no("repeat"))
        table.add_column(_no("typed"))
        table.add_column(_text("seal"))
    op.create_index(_STARTED, "tocsin_step_run", ["started_at"], unique=False)


def _drop_runs() -> None:
    op.drop_index(_STARTED, "tocsin_step_run")
    with op.batch_alter_table("tocsin_approval") as table:
        for name in ("attempt", "broke_glass", "reason", "repeat", "typed", "seal"):
            table.drop_column(name)
    with op.batch_alter_table("tocsin_step_run") as table:
        for name in ("asked_by", "as_written"):
            table.drop_column(name)
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


def _add_hosts() -> None:
    with op.batch_alter_table("tocsin_output") as table:
        table.add_column(_text("host"))
    op.create_table(
        "tocsin_host_run",
        sa.Column("step_run_id", _ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("exit_status", sa.Integer()),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("step_run_id", "attempt", "host", name="pk_tocsin_host_run"),
        sa.ForeignKeyConstraint(
            ["step_run_id"], ["tocsin_step_run.id"], name="fk_tocsin_host_run_step_run_id"
        ),
    )


def _drop_hosts() -> None:
    op.drop_table("tocsin_host_run")
    with op.batch_alter_table("tocsin_output") as table:
        table.drop_column("host")


def _add_people() -> None:
    op.create_table(
        "tocsin_user",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_tocsin_user"),
        sa.UniqueConstraint("folded", name="uq_tocsin_user_folded"),
    )
    op.create_table(
        "tocsin_grant",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("by_groups", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tocsin_grant"),
        sa.UniqueConstraint(
            "person",
            "role",
            "service",
            "by_groups",
            name="uq_tocsin_grant_person_role_service_by_groups",
        ),
    )
    _widen_tokens()
    _remake_sessions()
    _make_admins_of_token_owners()


def _widen_tokens() -> None:
    with op.batch_alter_table("tocsin_token") as table:
        table.add_column(_text("name"))
        table.add_column(sa.Column("expires_at", sa.DateTime(timezone=True)))
        table.add_column(sa.Column("used_at", sa.DateTime(timezone=True)))
        table.add_column(sa.Column("role", sa.Text()))
        table.add_column(sa.Column("services", sa.Text(), nullable=False, server_default="[]"))


def _remake_sessions() -> None:
    """Begin with none: what they were opened with was not kept, and nobody loses but a login."""
    op.drop_table("tocsin_session")
    op.create_table(
        "tocsin_session",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("token_id", _ID),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_tocsin_session"),
    )


def _make_admins_of_token_owners() -> None:
    """Let those who hold a token go on as before: until now each of them could do everything."""
    connection = op.get_bind()
    tokens = sa.text(
        "SELECT person, MIN(made_at) FROM tocsin_token WHERE revoked_at IS NULL"
        " GROUP BY person ORDER BY person"
    )
    taken: set[str] = set()
    for person, made_at in connection.execute(tokens).all():
        folded = unicodedata.normalize("NFKC", person).casefold()
        if folded in taken:
            folded = f"{person} "  # "Ada" and "ada" were two people: they stay so
        taken.add(folded)
        connection.execute(_A_USER, {"name": person, "folded": folded, "made_at": made_at})
        connection.execute(_AN_ADMIN, {"name": person})


_A_USER = sa.text(
    "INSERT INTO tocsin_user (name, folded, made_at, password, issuer, subject)"
    " VALUES (:name, :folded, :made_at, '', '', '')"
)
_AN_ADMIN = sa.text(
    "INSERT INTO tocsin_grant (person, role, service, by_groups)"
    " VALUES (:name, 'admin', '*', false)"
)


def _drop_people() -> None:
    op.drop_table("tocsin_session")
    op.create_table(
        "tocsin_session",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_tocsin_session"),
    )
    with op.batch_alter_table("tocsin_token") as table:
        for name in ("name", "expires_at", "used_at", "role", "services"):
            table.drop_column(name)
    op.drop_table("tocsin_grant")
    op.drop_table("tocsin_user")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _no(name: str) -> sa.Column[bool]:
    # A literal, not sa.false(): with an expression SQLite's table would be made anew, and while
    # rows of other tables refer to it, it cannot be dropped.
    return sa.Column(name, sa.Boolean(), nullable=False, server_default="0")
