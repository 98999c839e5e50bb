"""What only grows: the database itself refuses every other change, by our code or by a hand at its console."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import Table, delete, select, text, update
from sqlalchemy.exc import DatabaseError

from kybaocao.plan.adjustments import Exemption
from kybaocao.plan.verdict import Verdict
from kybaocao.store.audit import record_action
from kybaocao.store.database import Store
from kybaocao.store.granted_decisions import add_granted, add_revocation, list_granted
from kybaocao.store.imports import ResultImport, add_import
from kybaocao.store.notices import NoticeOutcome, add_notice
from kybaocao.store.reports import Publication, add_publication, complete_publication
from kybaocao.store.submissions import add_submission, list_submissions, record_verdict
from kybaocao.store.tables import GROWING, arrivals, publications, snapshots
from tests.store.moments import NOW

PUBLICATION = Publication("k", 1, "bo_tai_chinh", ("a@b.vn",), {"bao-cao.docx": "0" * 64}, "c", NOW)
EXEMPTION = Exemption.model_validate(
    {"ky": "k", "co_quan": "STC", "nguoi_quyet_dinh": "Giám đốc", "ngay": "2026-12-07", "ly_do": "sáp nhập"}
)
EACH_TABLE = pytest.mark.parametrize("table", GROWING, ids=lambda table: str(table.name))


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with one row in each of these tables, all of them complete."""
    with store.write() as connection:
        record_action(connection, "file-received", at=NOW, cycle="k", agency="STC", file="a.xlsx")
        kept = {"cycle": "k", "agency": "STC", "file_name": "a.xlsx", "sha256": "0" * 64, "size_bytes": 9}
        add_submission(connection, received_at=NOW, **kept)  # type: ignore[arg-type]
        (one,) = list_submissions(connection, "k")
        record_verdict(connection, dataclasses.replace(one, verdict=Verdict.RETURNED, judged_at=NOW))
        add_publication(connection, PUBLICATION)
        complete_publication(connection, PUBLICATION, NOW)
        add_import(connection, ResultImport("k", 1, "a.xlsx", "0" * 64, 9, NOW, "Lò Thị Hương", "kỳ 1 làm tay", "{}"))
        connection.execute(snapshots.insert().values(cycle="k", as_of=NOW, checksum="c", content="{}"))
        add_granted(connection, "mien_nop", EXEMPTION, at=NOW, account="vanhanh")
        (granted,) = list_granted(connection, ["k"], NOW)
        add_revocation(connection, granted, at=NOW, account="vanhanh", reason="ghi nhầm")
        add_notice(connection, at=NOW, file_name="tra.eml", sha256="0" * 64, outcome=NoticeOutcome.FOREIGN)
    return store


@EACH_TABLE
def test_a_row_cannot_be_changed(filled: Store, table: Table) -> None:
    for column in table.columns:
        with pytest.raises(DatabaseError, match="append-only"), filled.write() as connection:
            connection.execute(update(table).values({column.name: column}))


@EACH_TABLE
def test_a_row_cannot_be_deleted(filled: Store, table: Table) -> None:
    with pytest.raises(DatabaseError, match="append-only"), filled.write() as connection:
        connection.execute(delete(table))


@EACH_TABLE
def test_a_row_cannot_be_replaced_by_another_of_its_key(filled: Store, table: Table) -> None:
    """SQLite deletes the old row for INSERT OR REPLACE and asks no trigger; PostgreSQL updates it for ON CONFLICT."""
    names = [column.name for column in table.columns]
    row = f"INTO {table.name} ({', '.join(names)}) SELECT {', '.join(names)} FROM {table.name}"
    if filled.engine.dialect.name == "sqlite":
        statements = [f"INSERT OR REPLACE {row}", f"REPLACE {row}"]
    else:
        key = ", ".join(column.name for column in table.primary_key)
        first = names[0]
        statements = [f"INSERT {row} ON CONFLICT ({key}) DO UPDATE SET {first} = EXCLUDED.{first}"]
    for statement in statements:
        with pytest.raises(DatabaseError, match="append-only"), filled.write() as connection:
            connection.execute(text(statement))


def test_a_version_cannot_be_replaced_under_another_number(filled: Store) -> None:
    """A row of the same agency and version takes the old one's place in SQLite although its id is new."""
    columns = [column.name for column in arrivals.columns if column.name != "id"]
    row = f"INTO arrivals ({', '.join(columns)}) SELECT {', '.join(columns)} FROM arrivals"
    replace = "INSERT OR REPLACE" if filled.engine.dialect.name == "sqlite" else "INSERT"
    with pytest.raises(DatabaseError, match=r"append-only|uq_arrivals"), filled.write() as connection:
        connection.execute(text(f"{replace} {row}"))


@EACH_TABLE
def test_a_table_cannot_be_emptied(filled: Store, table: Table) -> None:
    """TRUNCATE asks no trigger for rows; neither switch nor cascade gets round it."""
    if filled.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    for switch in ("SELECT 1", "SET session_replication_role = replica"):
        with pytest.raises(DatabaseError, match="append-only"), filled.write() as connection:
            connection.execute(text(switch))
            connection.execute(text(f"TRUNCATE {table.name} CASCADE"))


def test_a_version_is_judged_once_and_stays_what_came_in(store: Store) -> None:
    """Before its verdict nothing but the verdict may change."""
    kept = {"cycle": "k", "agency": "STC", "file_name": "a.xlsx", "sha256": "0" * 64, "size_bytes": 9}
    with store.write() as connection:
        add_submission(connection, received_at=NOW, **kept)  # type: ignore[arg-type]
    with pytest.raises(DatabaseError, match="append-only"), store.write() as connection:
        connection.execute(update(arrivals).values(sha256="1" * 64))
    with store.write() as connection:
        (one,) = list_submissions(connection, "k")
        judged = dataclasses.replace(one, verdict=Verdict.ACCEPTED, judged_at=NOW)
        assert (record_verdict(connection, judged), record_verdict(connection, judged)) == (True, False)


def test_a_release_is_recorded_once_and_completed_once(store: Store) -> None:
    """A second time says so; the first moment of completion stays."""
    with store.write() as connection:
        assert (add_publication(connection, PUBLICATION), add_publication(connection, PUBLICATION)) == (True, False)
        complete_publication(connection, PUBLICATION, NOW)
        complete_publication(connection, PUBLICATION, NOW.replace(hour=9))
        assert connection.scalar(select(publications.c.completed_at)) == NOW
