"""Hashes of the long texts of accepted returns."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "narratives",
        sa.Column("cycle", sa.String(length=60), nullable=False),
        sa.Column("agency", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cycle", "agency", "digest", name=op.f("pk_narratives")),
    )
    op.create_index(op.f("ix_narratives_cycle_digest"), "narratives", ["cycle", "digest"])
