"""Sightings of files, deliveries by address, notices, passes, open questions, and moments of outgoing mail."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "sightings",
        sa.Column("cycle", sa.String(length=60), nullable=False),
        sa.Column("agency", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=100), nullable=False),
        sa.Column("first_seen_at", moment, nullable=False),
        sa.Column("taken_at", moment, nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("cycle", "agency", "file_name", "signature", name=op.f("pk_sightings")),
    )
    op.add_column("arrivals", sa.Column("came_at", moment, nullable=True))
    op.add_column("outbox", sa.Column("next_attempt_at", moment, nullable=True))
    op.add_column("outbox", sa.Column("useful_until", moment, nullable=True))
    op.add_column("outbox", sa.Column("in_place_of", sa.String(length=200), nullable=False, server_default=""))
    op.create_table(
        "deliveries",
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("reply", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("message_id", "address", name=op.f("pk_deliveries")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("address", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("detail", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.add_column("report_versions", sa.Column("asked_in", sa.String(length=250), nullable=False, server_default=""))
    # Publications of before count as complete, but for those whose mail still waits or was refused.
    op.add_column("publications", sa.Column("completed_at", moment, nullable=True))
    op.execute(
        "UPDATE publications SET completed_at = published_at WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE "
        "outbox.key = publications.cycle || '/phat_hanh/' || publications.release || '/' || publications.version "
        "AND outbox.state <> 'sent')"
    )
    op.create_table(
        "passes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("cycle", sa.String(length=60), nullable=False),
        sa.Column("run", sa.String(length=250), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("as_of", moment, nullable=False),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passes")),
    )
    op.create_index(op.f("ix_passes_cycle_run"), "passes", ["cycle", "run"])
