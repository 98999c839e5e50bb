"""Each row of the audit trail says which pass did it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Rows of before have no run, and their digests stay: the run is part of a digest only where there is one."""
    op.add_column("audit", sa.Column("run", sa.String(length=250), nullable=False, server_default=""))
    op.create_index(op.f("ix_audit_cycle_run"), "audit", ["cycle", "run"])
