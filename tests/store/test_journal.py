"""The journal beside the store: complete after every write, also after one that was cut short."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from kybaocao.store.audit import record_action
from kybaocao.store.bounces import forget_bounce, record_bounce
from kybaocao.store.database import Store
from kybaocao.store.journal import Base, JournalDamagedError, StoreIsOlderError
from kybaocao.store.row_changes import Change, find_last
from kybaocao.store.tables import bounces, changes, outbox
from tests.store.moments import NOW

ADDRESS = "a@sonla.example.vn"


def note(store: Store, reason: str = "550") -> None:
    with store.write() as connection:
        record_bounce(connection, ADDRESS, at=NOW, reason=reason, reported_by="máy chủ thư")


def list_noted(store: Store) -> Iterator[tuple[str, str]]:
    return ((one.table, one.operation) for one in store.journal.read() if isinstance(one, Change))


def test_every_change_of_a_row_is_in_the_journal_when_the_write_is_over(store: Store) -> None:
    """Added, changed and taken out; what triggers note and what the journal has is the same."""
    note(store)
    with store.write() as connection:
        connection.execute(update(bounces).values(reason="551"))
    with store.write() as connection:
        forget_bounce(connection, ADDRESS, at=NOW, reported_by="Lò Thị Hương")

    assert list(list_noted(store)) == [
        ("bounces", "insert"),
        ("audit", "insert"),
        ("bounces", "update"),
        ("bounces", "delete"),
        ("audit", "insert"),
    ]
    rows = [one.row for one in store.journal.read() if isinstance(one, Change) and one.operation == "update"]
    assert rows == [{"address": ADDRESS, "reason": "551"}], "of an update the key and what changed"


def test_a_write_that_failed_is_not_in_the_journal(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as connection:
        record_action(connection, "x", at=NOW)
        raise ZeroDivisionError
    assert list(list_noted(store)) == []


def test_what_a_killed_process_did_not_append_is_appended_by_the_next(store: Store) -> None:
    with store.write_unchecked() as connection:
        record_bounce(connection, ADDRESS, at=NOW, reason="550", reported_by="máy chủ thư")
    with store.write() as connection:
        record_action(connection, "x", at=NOW)

    assert [table for table, _ in list_noted(store)] == ["bounces", "audit", "audit"]


@pytest.mark.parametrize("kept", [1, 30, -1])
def test_a_batch_that_was_cut_short_is_written_again(store: Store, kept: int) -> None:
    """Whatever part of the last batch came to the disk."""
    path = store.journal.path
    before = path.stat().st_size
    note(store)
    data = path.read_bytes()
    path.write_bytes(data[: before + kept] if kept > 0 else data[:kept])
    store.follow()

    assert path.read_bytes().split(b'{"mark"')[:-1] == data.split(b'{"mark"')[:-1]
    assert [table for table, _ in list_noted(store)] == ["bounces", "audit"]


def test_a_journal_that_cannot_be_written_stops_nobody(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: the write stands, and the journal gets it later."""

    def _full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("kybaocao.store.journal.os.fsync", _full)
        note(store)
    store.follow()
    assert [table for table, _ in list_noted(store)] == ["bounces", "audit"]


def test_a_store_that_is_older_than_its_journal_is_not_written_to(store: Store) -> None:
    """As after a restore: the last change of the journal is not in the store."""
    note(store)
    with store.write_unchecked() as connection:
        last = find_last(connection)
        assert last
        connection.execute(delete(changes).where(changes.c.id == last.number))

    with pytest.raises(StoreIsOlderError), store.write() as connection:
        connection.execute(delete(bounces))
    store.follow()
    mark = store.journal.find_mark()
    assert mark and mark.number == last.number, "nothing is appended to what does not continue it"


def test_a_journal_of_another_store_is_not_continued(store: Store) -> None:
    """The same number of changes, but others."""
    note(store)
    with store.write_unchecked() as connection:
        connection.execute(update(changes).values(content='{"store": "another"}'))

    with pytest.raises(StoreIsOlderError), store.write():
        pass


def test_a_journal_begins_with_the_rows_that_are_there(store: Store) -> None:
    """A home of an earlier version, or one whose journal was set aside."""
    note(store)
    assert store.journal.set_aside(NOW)
    store.follow()

    assert {one.table for one in store.journal.read() if isinstance(one, Base)} == {"installation", "bounces", "audit"}


@pytest.mark.parametrize("line", [0, 2, 3, 4])
def test_a_line_that_was_changed_is_found(store: Store, line: int) -> None:
    """A row of the beginning, a change, another one, or the mark after them."""
    note(store)
    lines = store.journal.path.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(b'": "', b'": "x', 1)
    store.journal.path.write_bytes(b"".join(lines))

    with pytest.raises(JournalDamagedError):
        list(store.journal.read())


def test_the_store_keeps_few_of_the_changes_that_are_in_the_journal(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kybaocao.store.journal.KEPT", 5)
    for number in range(20):
        with store.write() as connection:
            record_action(connection, f"x{number}", at=NOW)
    with store.read() as connection:
        kept = connection.execute(changes.select()).all()
    assert len(kept) <= 8
    assert len(list(list_noted(store))) == 20


def test_the_journal_is_read_by_its_owner_alone(store: Store) -> None:
    """Letters stand in it."""
    note(store)
    assert Path(store.journal.path).stat().st_mode & 0o077 == 0


def test_a_letter_is_noted_whole_once_and_then_only_what_became_of_it(store: Store) -> None:
    """The texts are long, and a letter changes its state several times."""
    values = {"key": "k", "message_id": "<m>", "cycle": "c", "kind": "nhac", "recipients": "[]", "subject": "s"}
    with store.write() as connection:
        connection.execute(
            insert(outbox).values(**values, html="h" * 9000, text="t", created_at=NOW, state="pending", attempts=0)
        )
    size = store.journal.path.stat().st_size
    for attempt in range(5):
        with store.write() as connection:
            connection.execute(update(outbox).values(attempts=attempt + 1))
    assert size > 9000
    assert store.journal.path.stat().st_size - size < 5 * 500
