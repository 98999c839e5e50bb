"""A step of the chase knows whether somebody was told, a message which steps it tells; addresses that came back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # Steps of before were told by the letters of before.
    op.add_column("steps", sa.Column("state", sa.String(length=8), nullable=False, server_default="told"))
    op.add_column("outbox", sa.Column("steps", sa.Text(), nullable=False, server_default="[]"))
    op.create_table(
        "bounces",
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_bounces")),
    )
