"""What UBND tỉnh decides about a version after the coordinator: when, by which account, and its signature."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("report_versions", sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "report_versions", sa.Column("signed_by", sa.String(length=200), nullable=False, server_default="")
    )
    op.add_column("report_versions", sa.Column("signature", sa.Text(), nullable=False, server_default="{}"))
