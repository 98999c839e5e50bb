"""Triggers that note every change of a row in the table `changes`, in the transaction of the change.

They are made anew whenever the tables are migrated (`store.migrate`), so a new column or table is noted, too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, func, inspect, select, text

from kybaocao.store.tables import Moment, changes, metadata

_PREFIX = "note_"  # of the triggers' names
_VERBS = ("insert", "update", "delete")
_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE noted jsonb;
BEGIN
  IF TG_OP = 'INSERT' THEN
    noted := to_jsonb(NEW);
  ELSIF TG_OP = 'UPDATE' THEN
    SELECT jsonb_object_agg(n.key, n.value) INTO noted
      FROM jsonb_each(to_jsonb(NEW)) n JOIN jsonb_each(to_jsonb(OLD)) o ON o.key = n.key
      WHERE n.value IS DISTINCT FROM o.value OR n.key = ANY (TG_ARGV);
  ELSE
    SELECT jsonb_object_agg(o.key, o.value) INTO noted FROM jsonb_each(to_jsonb(OLD)) o WHERE o.key = ANY (TG_ARGV);
  END IF;
  INSERT INTO changes (table_name, operation, content) VALUES (TG_TABLE_NAME, lower(TG_OP), noted::text);
  RETURN NULL;
END $$
"""


@dataclass(frozen=True)
class Change:
    """One change of one row. `row` has JSON values, moments as text."""

    number: int
    table: str
    operation: str
    row: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The same on both engines, for which JSON is written differently."""
        row = {name: name_value(self.table, name, value) for name, value in self.row.items()}
        said = json.dumps([self.number, self.table, self.operation, row], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()


def list_noted_tables() -> list[Table]:
    """The tables whose changes are noted."""
    return [table for table in metadata.sorted_tables if table is not changes]


def install_triggers(connection: Connection) -> None:
    """Note changes of every table from now on."""
    remove_triggers(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(text(_POSTGRESQL_FUNCTION))
    for table in list_noted_tables():
        for statement in _describe_triggers(connection, table):
            connection.execute(text(statement))


def remove_triggers(connection: Connection) -> None:
    """Note nothing, in this transaction: what it writes is known from elsewhere."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("DROP FUNCTION IF EXISTS note_change() CASCADE"))
        return
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 5) = 'note_'"
    for name in connection.scalars(text(query)).all():
        connection.execute(text(f'DROP TRIGGER "{name}"'))


def _describe_triggers(connection: Connection, table: Table) -> Iterator[str]:
    keys = [column.name for column in table.primary_key]
    if connection.dialect.name == "postgresql":
        arguments = ", ".join(f"'{name}'" for name in keys)
        yield (
            f"CREATE TRIGGER {_PREFIX}{table.name} AFTER INSERT OR UPDATE OR DELETE ON {table.name} "
            f"FOR EACH ROW EXECUTE FUNCTION note_change({arguments})"
        )
        return
    names = [column.name for column in table.columns]
    changed = " UNION ALL ".join(
        f"SELECT '{name}' AS k, NEW.\"{name}\" AS v"
        + ("" if name in keys else f' WHERE OLD."{name}" IS NOT NEW."{name}"')
        for name in sorted(names, key=lambda one: one not in keys)
    )
    contents = (
        "json_object(" + ", ".join(f"'{name}', NEW.\"{name}\"" for name in names) + ")",
        f"(SELECT json_group_object(k, v) FROM ({changed}))",  # noqa: S608 - of our own tables
        "json_object(" + ", ".join(f"'{name}', OLD.\"{name}\"" for name in keys) + ")",
    )
    for verb, content in zip(_VERBS, contents, strict=True):
        values = f"VALUES ('{table.name}', '{verb}', {content})"
        yield (
            f'CREATE TRIGGER "{_PREFIX}{table.name}_{verb}" AFTER {verb.upper()} ON "{table.name}" '
            f"BEGIN INSERT INTO changes (table_name, operation, content) {values}; END"
        )


# --- reading what was noted ----------------------------------------------------------------------------------------


def has_changes(connection: Connection) -> bool:
    """Whether this store notes changes; one that an earlier version made does not before it is upgraded."""
    return inspect(connection).has_table(changes.name)


def list_changes(connection: Connection, after: int) -> Iterator[Change]:
    """What was noted after a number, oldest first."""
    for row in connection.execute(select(changes).where(changes.c.id > after).order_by(changes.c.id)):
        yield _read(row)


def find_change(connection: Connection, number: int) -> Change | None:
    row = connection.execute(select(changes).where(changes.c.id == number)).one_or_none()
    return None if row is None else _read(row)


def find_last(connection: Connection) -> Change | None:
    """The newest change; None only in a store that notes none."""
    number = connection.scalar(select(func.max(changes.c.id)))
    return None if number is None else find_change(connection, number)


def _read(row: Row[Any]) -> Change:
    return Change(row.id, row.table_name, row.operation, json.loads(row.content))


def list_rows(connection: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    """(table, row) of everything that is in the store now, with JSON values."""
    for table in list_noted_tables():
        for row in connection.execute(select(table).order_by(*table.primary_key)):
            yield table.name, {name: _as_json(value) for name, value in row._mapping.items()}


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def name_value(table: str, column: str, value: Any) -> Any:
    """A moment written alike on both engines; every other value as it is."""
    moment = read_value(table, column, value)
    return moment.astimezone(dt.UTC).isoformat() if isinstance(moment, dt.datetime) else value


def read_value(table: str, column: str, value: Any) -> Any:
    """A JSON value as its column takes it. SQLite's triggers write moments without a zone, in UTC."""
    known = metadata.tables.get(table)
    found = None if known is None else known.columns.get(column)
    if value is None or found is None or not isinstance(found.type, Moment):
        return value
    moment = dt.datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
