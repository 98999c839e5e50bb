"""Decisions about single agencies that are given while the system runs, and what takes them back; rows only grow."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "granted_decisions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("cycle", sa.String(length=60), nullable=False),
        sa.Column("agency", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("revokes", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_granted_decisions")),
        sa.UniqueConstraint("revokes", name=op.f("uq_granted_decisions_revokes")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgres()
    else:
        _guard_sqlite()


def _guard_postgres() -> None:
    """By the function that 0006 made. ENABLE ALWAYS: no session can put these out of action."""
    for verb, each in (("delete", "ROW"), ("truncate", "STATEMENT"), ("update", "ROW")):
        name = f"granted_decisions_no_{verb}"
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb.upper()} ON granted_decisions FOR EACH {each} "
            "EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"ALTER TABLE granted_decisions ENABLE ALWAYS TRIGGER {name}")


def _guard_sqlite() -> None:
    """INSERT OR REPLACE deletes the old row without asking the trigger for DELETE, so a known key is refused before."""
    refuse = "BEGIN SELECT RAISE(ABORT, 'granted_decisions is append-only'); END"
    known = "EXISTS (SELECT 1 FROM granted_decisions WHERE id = NEW.id OR revokes = NEW.revokes)"
    for name, moment in (
        ("delete", "BEFORE DELETE ON granted_decisions"),
        ("update", "BEFORE UPDATE ON granted_decisions"),
        ("replace", f"BEFORE INSERT ON granted_decisions WHEN {known}"),
    ):
        op.execute(f"CREATE TRIGGER granted_decisions_no_{name} {moment} {refuse}")
