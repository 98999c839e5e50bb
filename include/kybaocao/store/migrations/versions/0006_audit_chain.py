"""The audit trail becomes a chain of digests with the machine's time; what only grows refuses every other change."""

import datetime as dt
import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# Table -> its keys. Rows of these are added and never changed afterwards.
FINAL = {
    "audit": [("id",)],
    "notices": [("id",)],
    "snapshots": [("id",)],
    "result_imports": [("cycle", "version")],
}
# Table -> (its keys, columns that are filled in once, the one of them that says that they are).
FILLED_ONCE = {
    "arrivals": (
        [("id",), ("cycle", "agency", "component", "version")],
        ("verdict", "judged_at", "findings", "answers"),
        "verdict",
    ),
    "publications": ([("cycle", "version", "release")], ("completed_at",), "completed_at"),
}


def upgrade() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    _drop_former_guards(is_postgres)
    op.add_column("audit", sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("audit", sa.Column("previous", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("audit", sa.Column("digest", sa.String(length=64), nullable=False, server_default=""))
    _chain_rows()
    op.create_index(op.f("uq_audit_previous"), "audit", ["previous"], unique=True)
    if is_postgres:
        _guard_postgres()
    else:
        _guard_sqlite()


def _drop_former_guards(is_postgres: bool) -> None:
    if is_postgres:
        op.execute("DROP TRIGGER audit_append_only ON audit")
        op.execute("DROP FUNCTION refuse_audit_change()")
    else:
        op.execute("DROP TRIGGER audit_no_update")
        op.execute("DROP TRIGGER audit_no_delete")


def _chain_rows() -> None:
    """Rows of before have no machine time; they are chained as they stand today."""
    connection = op.get_bind()
    moment = sa.DateTime(timezone=True)
    audit = sa.table(
        "audit",
        sa.column("id", sa.Integer),
        sa.column("at", moment),
        *(sa.column(name, sa.String) for name in ("actor", "action", "cycle", "agency", "detail")),
        *(sa.column(name, sa.String) for name in ("previous", "digest")),
    )
    rows = connection.execute(sa.select(audit).order_by(audit.c.id)).all()
    chained, previous = [], ""
    for row in rows:
        at = row.at.astimezone(dt.UTC) if row.at.tzinfo else row.at.replace(tzinfo=dt.UTC)
        values = [previous, at.isoformat(timespec="microseconds"), None]
        values += [row.actor, row.action, row.cycle, row.agency, row.detail]
        digest = hashlib.sha256(json.dumps(values, separators=(",", ":")).encode()).hexdigest()
        chained.append({"row": row.id, "previous_": previous, "digest_": digest})
        previous = digest
    if chained:
        change = sa.update(audit).where(audit.c.id == sa.bindparam("row"))
        change = change.values(previous=sa.bindparam("previous_"), digest=sa.bindparam("digest_"))
        connection.execute(change, chained)


def _guard_postgres() -> None:
    """ENABLE ALWAYS: `session_replication_role = replica` does not put these out of action."""
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in (*FINAL, *FILLED_ONCE):
        verbs = {"delete": "BEFORE DELETE", "truncate": "BEFORE TRUNCATE", "update": "BEFORE UPDATE"}
        for verb, moment in verbs.items():
            each = "STATEMENT" if verb == "truncate" else "ROW"
            when = f" WHEN ({_name_changes(table, 'IS DISTINCT FROM')})" if verb == "update" else ""
            _trigger(f"{table}_no_{verb}", table, f"{moment} ON {table} FOR EACH {each}{when}", "refuse_change")
    op.execute(
        "CREATE FUNCTION refuse_loose_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.recorded_at IS NULL OR NEW.digest = '' OR NEW.previous IS DISTINCT FROM "
        "coalesce((SELECT digest FROM audit ORDER BY id DESC LIMIT 1), '') THEN "
        "RAISE EXCEPTION 'audit is append-only: the row does not continue the chain'; END IF; RETURN NEW; END $$"
    )
    _trigger("audit_chained", "audit", "BEFORE INSERT ON audit FOR EACH ROW", "refuse_loose_row")


def _trigger(name: str, table: str, moment: str, function: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {moment} EXECUTE FUNCTION {function}()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def _guard_sqlite() -> None:
    """INSERT OR REPLACE deletes the old row without asking the trigger for DELETE, so a known key is refused before."""
    for table in (*FINAL, *FILLED_ONCE):
        keys = FINAL.get(table) or FILLED_ONCE[table][0]
        same = " OR ".join("(" + " AND ".join(f"{c} = NEW.{c}" for c in key) + ")" for key in keys)
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
        changed = _name_changes(table, "IS NOT")
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN {changed} {refuse}")
        known = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"
        op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {known} {refuse}")
    loose = (
        "NEW.recorded_at IS NULL OR NEW.digest = '' "
        "OR NEW.previous IS NOT coalesce((SELECT digest FROM audit ORDER BY id DESC LIMIT 1), '')"
    )
    op.execute(
        f"CREATE TRIGGER audit_chained BEFORE INSERT ON audit WHEN {loose} "
        "BEGIN SELECT RAISE(ABORT, 'audit is append-only: the row does not continue the chain'); END"
    )


def _name_changes(table: str, differs: str) -> str:
    """The condition under which an update of a row is refused."""
    if table in FINAL:
        return "true"
    _keys, filled, mark = FILLED_ONCE[table]
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
    changed = [f"OLD.{c} {differs} NEW.{c}" for c in columns if c not in filled]
    return " OR ".join([f"OLD.{mark} IS NOT NULL", *changed])
