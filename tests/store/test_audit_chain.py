"""The audit trail is one chain of digests: whatever is changed, taken out, put in or cut off is found."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError

from kybaocao.store.audit import record_action
from kybaocao.store.audit_chain import (
    Break,
    BreakKind,
    Head,
    compute_digest,
    find_breaks,
    keep_head,
    read_head,
    read_kept_head,
)
from kybaocao.store.database import Store
from kybaocao.store.migrate import alembic_config
from kybaocao.store.tables import audit
from tests.store.conftest import create_database
from tests.store.moments import NOW


@pytest.fixture
def trail(store: Store) -> Store:
    """A store with a trail of five rows."""
    with store.write() as connection:
        for number in range(1, 6):
            record_action(connection, "file-received", at=NOW, cycle="k", agency=f"A{number}", file="Biểu mẫu.xlsx")
    return store


def switch_off_guards(store: Store) -> None:
    """As somebody does who may write to the database and knows its triggers."""
    with store.write() as connection:
        if store.engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        else:
            names = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
            for name in [name for name in names if name.startswith("audit_")]:
                connection.execute(text(f"DROP TRIGGER {name}"))


def change(store: Store, statement: str) -> None:
    switch_off_guards(store)
    with store.write() as connection:
        connection.execute(text(statement))


def list_rows(store: Store, *known: Head) -> list[tuple[str, int]]:
    """What is found about rows, without the triggers that the test has removed."""
    return [(one.kind.value, one.id) for one in find_breaks(store, known) if one.kind != BreakKind.UNGUARDED]


def test_a_trail_as_it_was_written_has_no_break(trail: Store) -> None:
    with trail.read() as connection:
        head = read_head(connection)
    assert find_breaks(trail, [head]) == []


def test_an_empty_trail_has_no_break(store: Store) -> None:
    with store.read() as connection:
        assert find_breaks(store, [read_head(connection)]) == []


@pytest.mark.parametrize(
    "what",
    [
        "actor = 'ai đó'",
        "action = 'x'",
        "agency = ''",
        "cycle = ''",
        "detail = '{}'",
        "at = recorded_at",
        "digest = ''",
        "run = 'lượt khác'",
    ],
)
def test_a_changed_row_is_found(trail: Store, what: str) -> None:
    """Whichever column it is."""
    change(trail, f"UPDATE audit SET {what} WHERE id = 3")
    assert ("changed", 3) in list_rows(trail)


def test_a_row_says_which_pass_did_it(trail: Store) -> None:
    """And its digest covers that; rows of no pass, and those of before there were names, stay as they are."""
    store = Store(trail.url, trail.journal.folder.parent / "locks", run="2026-12-09__nhac_lan_3")
    with store.write() as connection:
        record_action(connection, "step-taken", at=NOW, cycle="k", agency="A1")
        runs = list(connection.scalars(select(audit.c.run).order_by(audit.c.id)))
    assert (runs, find_breaks(trail)) == ([""] * 5 + ["2026-12-09__nhac_lan_3"], [])
    change(trail, "UPDATE audit SET run = '' WHERE id = 6")
    assert list_rows(trail) == [("changed", 6)]


def test_a_changed_machine_time_is_found(trail: Store) -> None:
    change(trail, "UPDATE audit SET recorded_at = at WHERE id = 3")
    assert list_rows(trail) == [("changed", 3)]


def test_a_row_taken_out_is_found(trail: Store) -> None:
    change(trail, "DELETE FROM audit WHERE id = 3")
    assert list_rows(trail) == [("discontinued", 4)]


def test_rows_that_changed_places_are_found(trail: Store) -> None:
    change(trail, "UPDATE audit SET id = CASE id WHEN 2 THEN 30 ELSE 2 END WHERE id = 2")
    assert ("discontinued", 3) in list_rows(trail)


def test_a_row_put_in_with_a_digest_of_its_own_is_found(trail: Store) -> None:
    """The row after it continues another one."""
    with trail.read() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.id)).all()
    switch_off_guards(trail)
    with trail.write() as connection:
        values = rows[4]._asdict() | {"id": 6, "actor": "ai đó", "previous": rows[4].digest}
        connection.execute(insert(audit).values(values | {"digest": "0" * 64}))
    assert list_rows(trail) == [("changed", 6)]


def test_a_tail_cut_off_is_found_by_a_head_kept_elsewhere(trail: Store) -> None:
    """The rest is a whole chain: only what stands outside of the table knows of the rows."""
    with trail.read() as connection:
        head = read_head(connection)
    change(trail, "DELETE FROM audit WHERE id > 3")
    assert (list_rows(trail), list_rows(trail, head)) == ([], [("cut", 5)])


def test_a_trail_that_was_written_anew_is_found_by_a_head_kept_elsewhere(trail: Store) -> None:
    """Who can write to the database can also compute digests."""
    with trail.read() as connection:
        head = read_head(connection)
    switch_off_guards(trail)
    with trail.write() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.id)).all()
        connection.execute(text("DELETE FROM audit"))
        previous = ""
        for row in rows:
            values = row._asdict() | {"previous": previous, "actor": "ai đó", "digest": ""}
            connection.execute(insert(audit).values(values))
            stored = connection.execute(select(audit).where(audit.c.id == row.id)).one()
            previous = compute_digest(previous, stored)
            connection.execute(audit.update().where(audit.c.id == row.id).values(digest=previous))
    assert (list_rows(trail), list_rows(trail, head)) == ([], [("cut", 5)])


def test_guards_that_are_gone_are_found(trail: Store) -> None:
    """A trail that is whole today may be changed tomorrow."""
    switch_off_guards(trail)
    last = "truncate" if trail.engine.dialect.name == "postgresql" else "replace"
    names = ["audit_no_update", "audit_no_delete", f"audit_no_{last}", "audit_chained"]
    assert find_breaks(trail) == [Break(BreakKind.UNGUARDED, 0, name) for name in names]


def test_a_row_that_continues_no_other_is_not_taken(trail: Store) -> None:
    """By hand at the console, or by an older version of the system that still runs."""
    loose = {"at": NOW, "recorded_at": NOW, "actor": "x", "action": "x", "cycle": "", "agency": "", "detail": "{}"}
    for more in ({}, {"digest": "0" * 64}, {"digest": "0" * 64, "previous": "1" * 64}):
        with pytest.raises(DatabaseError, match="append-only"), trail.write() as connection:
            connection.execute(insert(audit).values(loose | more))


def test_a_row_has_who_did_it_and_when_beside_the_moment_of_the_pass(store: Store, tmp_path: Path) -> None:
    """A store is opened for somebody; a signed decision names its signer."""
    begun = dt.datetime.now(dt.UTC)
    for actor, signer in (("lanhdao", ""), ("root", "Lò Thị Hương")):
        with Store(store.url, tmp_path / "locks", actor).write() as connection:
            record_action(connection, "x", at=NOW, actor=signer)
    with store.write() as connection:
        record_action(connection, "x", at=NOW)
    with store.read() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.id)).all()
    assert [row.actor for row in rows] == ["lanhdao", "Lò Thị Hương", "kybaocao"]
    assert all(row.at == NOW and begun <= row.recorded_at <= dt.datetime.now(dt.UTC) for row in rows)


def test_many_that_write_at_once_make_one_chain(store: Store, tmp_path: Path) -> None:
    """Each waits for the one before; none fails, none stands beside the chain."""

    def write(number: int) -> None:
        for _ in range(10):
            with Store(store.url, tmp_path / "locks").write() as connection:
                for _ in range(3):
                    record_action(connection, "x", at=NOW, agency=str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with store.read() as connection:
        assert len(connection.execute(select(audit.c.id)).all()) == 120
    assert find_breaks(store) == []


def test_what_was_rolled_back_leaves_no_gap(trail: Store) -> None:
    with pytest.raises(ZeroDivisionError), trail.write() as connection:
        record_action(connection, "x", at=NOW)
        raise ZeroDivisionError
    with trail.write() as connection:
        record_action(connection, "y", at=NOW)
    assert find_breaks(trail) == []


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_rows_of_an_older_version_become_the_beginning_of_the_chain(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """They keep what they say, and have no machine time."""
    url = create_database(request.getfixturevalue("postgres")) if engine == "postgresql" else f"sqlite:///{tmp_path}/k"
    store = Store(url, tmp_path / "locks")
    config = alembic_config()
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        for number in (1, 2, 5):
            row = "INSERT INTO audit (id, at, actor, action, cycle, agency, detail) VALUES (:n, :at, 'x', 'y', '', '', :d)"
            connection.execute(
                text(row), {"n": number, "at": f"2026-11-09 09:00:00.12{number}+00:00", "d": '{"tệp": "Biểu"}'}
            )
        if engine == "postgresql":
            connection.execute(text("SELECT setval('audit_id_seq', 5)"))
    store.upgrade()
    with store.write() as connection:
        record_action(connection, "y", at=NOW)
    with store.read() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.id)).all()
    assert [(row.id, row.recorded_at is None) for row in rows] == [(1, True), (2, True), (5, True), (6, False)]
    assert find_breaks(store) == []


# --- the head beside the store -----------------------------------------------------------------------------------


def test_the_kept_head_follows_the_trail(trail: Store, tmp_path: Path) -> None:
    path = tmp_path / "nhat_ky" / "dau.json"
    assert keep_head(trail, path)
    with trail.write() as connection:
        record_action(connection, "x", at=NOW)
        head = read_head(connection)
    assert (keep_head(trail, path), read_kept_head(path)) == (True, head)


def test_the_kept_head_goes_on_naming_rows_that_were_cut_off(trail: Store, tmp_path: Path) -> None:
    """A later pass does not cover up what was lost."""
    path = tmp_path / "dau.json"
    keep_head(trail, path)
    change(trail, "DELETE FROM audit WHERE id > 3")
    with trail.write() as connection:
        record_action(connection, "x", at=NOW)
    kept = read_kept_head(path)
    assert (keep_head(trail, path), read_kept_head(path)) == (False, kept)
    assert kept is not None
    assert list_rows(trail, kept) == [("cut", 5)]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"id": 1}', b'"x"', b"\xff"])
def test_a_kept_head_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "dau.json").write_bytes(content)
    assert read_kept_head(tmp_path / "dau.json") is None
