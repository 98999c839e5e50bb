"""What changes in the store, row by row, for the journal beside it; and the secret that Message-IDs come from."""

import json
import uuid

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    installation = op.create_table(
        "installation",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation")),
    )
    op.bulk_insert(installation, [{"name": "message_ids", "value": uuid.uuid4().hex + uuid.uuid4().hex}])
    changes = op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("operation", sa.String(length=10), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    # The first row names this store: a journal of another one is not taken for its own.
    start = {"table_name": "", "operation": "start", "content": json.dumps({"store": uuid.uuid4().hex})}
    op.bulk_insert(changes, [start])
