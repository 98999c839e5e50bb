"""A store that is older than its journal: what it does not know, and what somebody decides about that.

The journal is taken up again (`take_journal`): letters that were sent count as sent, with their Message-IDs, files as
received, versions of the report as made and decided.  Or it is set aside (`set_journal_aside`): the store counts as
it is, and what it does not know may be done again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, insert, update

from kybaocao.backup.copying import count_on
from kybaocao.files import write_whole
from kybaocao.store.audit import record_action
from kybaocao.store.database import Store
from kybaocao.store.journal import JournalDamagedError, Mark
from kybaocao.store.outbox import LetterState
from kybaocao.store.row_changes import Change, find_last, install_triggers, read_value, remove_triggers
from kybaocao.store.tables import changes, metadata

_LEFT = (LetterState.SENT, LetterState.SENDING)


@dataclass(frozen=True)
class Letter:
    """A letter that has left, or may have, and that the store does not know for sent."""

    message_id: str
    key: str
    subject: str
    recipients: tuple[str, ...]
    sent_at: str  # "" when nobody knows whether it left


@dataclass(frozen=True)
class Unknown:
    """What the journal knows and the store does not.

    `is_undecided`: a restore said so, or the journal is ahead.  `is_related`: the journal goes on from where the store
    stands, so that it can be taken up.
    """

    is_undecided: bool
    is_related: bool
    restored: Mapping[str, Any]  # what a restore noted: at, by, reason, backup, made_at
    changes: tuple[Change, ...]
    letters: tuple[Letter, ...]

    def count(self, table: str, operation: str = "insert") -> int:
        return sum(one.table == table and one.operation == operation for one in self.changes)


class UndecidableError(ValueError):
    """A decision that makes no sense; the message says why, in Vietnamese."""


def find_unknown(store: Store) -> Unknown:
    """Compare a store with its journal. Raises JournalDamagedError."""
    with store.read() as connection:
        is_undecided, last = store.journal.is_ahead(connection), find_last(connection)
    restored = json.loads(store.journal.undecided.read_bytes()) if store.journal.undecided.exists() else {}
    mark = store.journal.find_mark()
    if last is None or mark is None:
        return Unknown(is_undecided, last is not None, restored, (), ())
    later: list[Change] = []
    is_related = last.number > mark.number
    for one in store.journal.read():
        if isinstance(one, Change) and one.number > last.number:
            later.append(one)
        elif isinstance(one, Change):
            is_related = is_related or (one.number == last.number and one.digest == last.digest)
        elif isinstance(one, Mark):
            is_related = is_related or (one.number == last.number and one.row == last.digest)
    return Unknown(is_undecided, is_related, restored, tuple(later), tuple(_list_letters(later)))


def _list_letters(later: Iterable[Change]) -> Iterable[Letter]:
    rows: dict[int, dict[str, Any]] = {}
    for one in later:
        if one.table == "outbox":
            rows.setdefault(one.row["id"], {}).update(one.row)
    for row in rows.values():
        if row.get("state") in _LEFT:
            people = (*json.loads(row.get("recipients") or "[]"), *json.loads(row.get("copies") or "[]"))
            yield Letter(
                row.get("message_id", ""),
                row.get("key", ""),
                row.get("subject", ""),
                people,
                str(row.get("sent_at") or ""),
            )


def note_restore(store: Store, facts: Mapping[str, Any]) -> None:
    """Nothing is written to the store before somebody has decided."""
    write_whole(store.journal.undecided, json.dumps(facts, ensure_ascii=False, indent=1, default=str).encode())


def take_journal(store: Store, *, at: dt.datetime, by: str, reason: str) -> Unknown:
    """Bring the store to where its journal stands, in one transaction. Raises UndecidableError."""
    unknown = _require(store)
    if not unknown.is_related:
        raise UndecidableError(
            "Sổ ghi không nối tiếp kho dữ liệu này (kho khác, hoặc kho đã bị ghi thêm sau khi khôi phục) nên không "
            "thể ghi tiếp theo sổ. Xin khôi phục bản sao lưu khác của chính kho này, hoặc chọn --forget."
        )
    with store.exclusive("migrate"), store.write_unchecked() as connection:
        if unknown.changes:
            remove_triggers(connection)
            for one in unknown.changes:
                _apply(connection, one)
            last = unknown.changes[-1]
            connection.execute(delete(changes))
            content = json.dumps(dict(last.row), ensure_ascii=False)
            row = {"id": last.number, "table_name": last.table, "operation": last.operation, "content": content}
            connection.execute(insert(changes).values(**row))
            count_on(connection)
            install_triggers(connection)
        _record(connection, unknown, "journal-taken", at, by, reason)
    _settle(store)
    return unknown


def set_journal_aside(store: Store, *, at: dt.datetime, by: str, reason: str) -> Unknown:
    """The store counts as it is; the journal is kept under another name. Raises UndecidableError."""
    unknown = _require(store)
    kept = store.journal.set_aside(at)
    with store.write_unchecked() as connection:
        _record(connection, unknown, "journal-set-aside", at, by, reason, kept=kept.name if kept else "")
    _settle(store)
    return unknown


def settle_restore(store: Store, *, at: dt.datetime) -> None:
    """After a restore since whose backup nothing has happened: there is nothing to decide."""
    restored = json.loads(store.journal.undecided.read_bytes())
    with store.write_unchecked() as connection:
        _record_restore(connection, restored, at)
    _settle(store)


def _require(store: Store) -> Unknown:
    try:
        unknown = find_unknown(store)
    except JournalDamagedError as error:
        raise UndecidableError(
            f"Sổ ghi bị hỏng ({error}) nên không thể ghi tiếp theo sổ; xin khôi phục tệp sổ ghi từ bản sao lưu, "
            "hoặc chọn --forget."
        ) from error
    if not unknown.is_undecided:
        raise UndecidableError("Kho dữ liệu khớp với sổ ghi; không có gì phải quyết định.")
    return unknown


def _settle(store: Store) -> None:
    store.journal.undecided.unlink(missing_ok=True)
    store.follow()


def _record(
    connection: Connection, unknown: Unknown, action: str, at: dt.datetime, by: str, reason: str, **detail: Any
) -> None:
    if unknown.restored:
        _record_restore(connection, unknown.restored, at)
    letters = [one.message_id for one in unknown.letters]
    facts: dict[str, Any] = {"reason": reason, "changes": len(unknown.changes), "letters": letters}
    record_action(connection, action, at=at, actor=by, **facts, **detail)


def _record_restore(connection: Connection, restored: Mapping[str, Any], at: dt.datetime) -> None:
    detail = {name: restored[name] for name in ("backup", "made_at", "reason")}
    record_action(connection, "store-restored", at=at, actor=restored["by"], restored_at=restored["at"], **detail)


def _apply(connection: Connection, change: Change) -> None:
    """Do to a row what was done to it. A column or table that this version does not have is passed over."""
    table = metadata.tables.get(change.table)
    if table is None:
        return
    row = {name: read_value(change.table, name, value) for name, value in change.row.items() if name in table.columns}
    if change.operation == "insert":
        connection.execute(insert(table).values(**row))
    elif change.operation == "delete":
        connection.execute(delete(table).where(_name_row(table, row)))
    elif values := {name: value for name, value in row.items() if name not in table.primary_key.columns}:
        connection.execute(update(table).where(_name_row(table, row)).values(**values))


def _name_row(table: Table, row: Mapping[str, Any]) -> Any:
    return and_(*(column == row[column.name] for column in table.primary_key))
