"""The store against its journal, the archive, the reports and the mails that were sent: what differs, and where."""

from __future__ import annotations

import email
import email.policy
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from kybaocao.backup.copying import find_file
from kybaocao.files import explain_os_error, hash_file
from kybaocao.home import Home
from kybaocao.inbox.archive import archive_path
from kybaocao.mail.operator_letters import HOLD_KIND, MUTE_KIND, PASS_KIND, TASK_KIND
from kybaocao.stages.support.report_files import load_approved
from kybaocao.store.audit_chain import find_breaks, read_kept_head
from kybaocao.store.database import Store
from kybaocao.store.deliveries import HAVE_IT
from kybaocao.store.journal import Base, JournalDamagedError, Mark
from kybaocao.store.outbox import LetterState
from kybaocao.store.row_changes import Change, find_last, has_changes, list_changes, list_rows, name_value
from kybaocao.store.tables import (
    arrivals,
    audit,
    deliveries,
    metadata,
    outbox,
    publications,
    report_versions,
    result_imports,
)

_AT_ONCE = (TASK_KIND, PASS_KIND, HOLD_KIND, MUTE_KIND, "kiem_tra")  # kinds that do not pass through the outbox


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be; `templates/verify.yaml` has the words for its code."""

    code: str
    place: str  # a path below the data folder, or table and key of a row
    reason: str = ""


def verify_home(home: Home, store: Store) -> Iterator[Difference]:
    """Everything that differs. Reads all files once; writes nothing."""
    damages = list(_check_pages(store))
    yield from damages
    if any(one.code == "store-unreadable" for one in damages):
        return
    checks: tuple[Callable[[Home, Store], Iterator[Difference]], ...] = (
        _check_journal,
        _check_archive,
        _check_reports,
        _check_mail,
        _check_audit,
    )
    for check in checks:
        try:
            yield from check(home, store)
        except Exception as error:  # a page, JSON or a moment that is none: whatever a turned bit makes of a row
            yield Difference("store-damaged", "bảng đang đối chiếu", _shorten(error))


def _shorten(error: object) -> str:
    return str(error).splitlines()[0][:300]


# --- the store itself ----------------------------------------------------------------------------------------------


def _check_pages(store: Store) -> Iterator[Difference]:
    """What the engine itself says about its pages and indexes; on a server, whether every row can be read."""
    path = find_file(store)
    try:
        if path is None:
            with store.read() as connection:
                for _ in list_rows(connection):
                    pass
            return
        if not path.exists():
            yield Difference("store-unreadable", path.name, "không có tệp kho dữ liệu")
            return
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=60)) as file:
            for (said,) in file.execute("PRAGMA integrity_check(20)"):
                if said != "ok":
                    yield Difference("store-damaged", path.name, str(said))
            file.execute("SELECT count(*) FROM arrivals").fetchone()
    except (sqlite3.DatabaseError, SQLAlchemyError, ValueError) as error:
        yield Difference("store-unreadable", path.name if path else "máy chủ cơ sở dữ liệu", _shorten(error))


def _check_journal(_home: Home, store: Store) -> Iterator[Difference]:
    """Every row against the last that the journal says of it: a changed letter in a text is seen by nothing else."""
    if not store.journal.path.exists():
        if store.journal.undecided.exists():
            yield Difference("store-older", store.journal.undecided.name)
        yield Difference("journal-missing", store.journal.path.name)
        return
    with store.read() as fresh:  # what is committed after the mark was read does not count as missing
        is_older = not has_changes(fresh) or store.journal.is_ahead(fresh)
    if is_older:
        yield Difference("store-older", store.journal.path.name)
        yield from _check_journal_alone(store)
        return
    with store.read_at_once() as connection:
        yield from _compare_rows(store, connection)


def _compare_rows(store: Store, connection: Connection) -> Iterator[Difference]:
    last = find_last(connection)
    noted = _Noted()
    try:
        for one in store.journal.read():
            if isinstance(one, Mark):
                continue
            if isinstance(one, Change) and last and one.number > last.number:
                break  # written while we read
            noted.add(one)
    except JournalDamagedError as error:
        yield Difference("journal-damaged", store.journal.path.name, str(error))
        return
    for later in list_changes(connection, noted.number):  # committed, and not yet in the journal
        noted.add(later)
    said = noted.rows
    for table, row in list_rows(connection):
        key = table, _name_row(table, row)
        known = said.pop(key, None)
        if known is None:
            yield Difference("row-unknown", " ".join(key))
            continue
        # A column that a later version added is not in what was noted before.
        if differing := [
            name for name, value in row.items() if known.get(name) not in (None, _digest(table, name, value))
        ]:
            yield Difference("row-changed", " ".join(key), ", ".join(differing))
    for table, name in said:
        yield Difference("row-missing", f"{table} {name}")


class _Noted:
    """What the journal says last of every row."""

    def __init__(self) -> None:
        self.number = 0  # of the last change that was added
        self.rows: dict[tuple[str, str], dict[str, str]] = {}

    def add(self, one: Base | Change) -> None:
        if isinstance(one, Change):
            self.number = one.number
        if one.table not in metadata.tables:
            return
        key = one.table, _name_row(one.table, one.row)
        row = {name: _digest(one.table, name, value) for name, value in one.row.items()}
        if isinstance(one, Base) or one.operation == "insert":
            self.rows[key] = row
        elif one.operation == "update":
            self.rows.setdefault(key, {}).update(row)
        else:
            self.rows.pop(key, None)


def _check_journal_alone(store: Store) -> Iterator[Difference]:
    try:
        for _ in store.journal.read():
            pass
    except JournalDamagedError as error:
        yield Difference("journal-damaged", store.journal.path.name, str(error))


def _name_row(table: str, row: Mapping[str, Any]) -> str:
    return "/".join(str(row[column.name]) for column in metadata.tables[table].primary_key)


def _digest(table: str, column: str, value: Any) -> str:
    said = json.dumps(name_value(table, column, value), ensure_ascii=False)
    return said if len(said) < 64 else hashlib.sha256(said.encode()).hexdigest()


def _check_audit(home: Home, store: Store) -> Iterator[Difference]:
    """The chain of digests of the audit trail, its end as kept beside the store, and the triggers that guard it."""
    kept = read_kept_head(home.audit_head)
    for one in find_breaks(store, [kept] if kept else []):
        yield Difference(f"audit-{one.kind}", f"audit {one.id}" if one.id else one.name)


# --- the archive ---------------------------------------------------------------------------------------------------


def _check_archive(home: Home, store: Store) -> Iterator[Difference]:
    with store.read_at_once() as connection:
        wanted = _list_wanted(connection)
    found = {path.name: path for path in home.archive.glob("??/*") if path.is_file() and path.name[0] != "."}
    for sha256, (place, _) in wanted.items():
        if sha256 not in found:
            yield Difference("archive-missing", _place(home, archive_path(home.archive, sha256)), place)
    for name, path in sorted(found.items()):
        owner, size_bytes = wanted.get(name, ("", -1))
        try:
            is_whole, size = hash_file(path) == name, path.stat().st_size
        except OSError as error:
            yield Difference(
                "archive-changed", _place(home, path), f"{owner or 'không rõ tệp nào'}: {explain_os_error(error)}"
            )
            continue
        if not is_whole:
            said = f", có {size} byte thay vì {size_bytes}" if owner and size != size_bytes else ""
            yield Difference("archive-changed", _place(home, path), f"{owner or 'không rõ tệp nào'}{said}")
        elif not owner:
            yield Difference("archive-unknown", _place(home, path))


def _list_wanted(connection: Connection) -> dict[str, tuple[str, int]]:
    """SHA-256 of every file that was received -> (whose it is, size in bytes)"""
    wanted: dict[str, tuple[str, int]] = {}
    for row in connection.execute(select(arrivals).order_by(arrivals.c.id)):
        place = f"{row.agency}/{row.cycle}, bản {row.version} của {row.component}, tệp “{row.file_name}”"
        wanted.setdefault(row.sha256, (place, row.size_bytes))
    for row in connection.execute(select(result_imports).where(result_imports.c.sha256 != "")):
        wanted.setdefault(row.sha256, (f"kết quả nhập của {row.cycle}, bản {row.version}", row.size_bytes))
    return wanted


def _place(home: Home, path: Path) -> str:
    return str(path.relative_to(home.root))


# --- reports and what was mailed of them -----------------------------------------------------------------------------


def _check_reports(home: Home, store: Store) -> Iterator[Difference]:
    """The content of every version, its documents, and every file that a letter carried."""
    with store.read_at_once() as connection:
        yield from _compare_reports(home, connection)


def _compare_reports(home: Home, connection: Connection) -> Iterator[Difference]:
    folders: dict[tuple[str, int], str] = {}
    expected: dict[str, tuple[str, str]] = {}  # path -> (sha256, what it belongs to)
    for row in connection.execute(select(report_versions)):
        folders[row.cycle, row.version] = row.folder
        yield from _check_content(home, row)
    for row in connection.execute(select(audit).where(audit.c.action == "report-compiled").order_by(audit.c.id)):
        detail = json.loads(row.detail)
        folder = folders.get((row.cycle, detail["version"]))
        for name, sha256 in detail["files"].items() if folder else ():
            expected[f"{folder}/{name}"] = sha256, f"phiên bản {detail['version']} kỳ {row.cycle}"
    for row in connection.execute(select(audit).where(audit.c.action == "release-proved").order_by(audit.c.id)):
        detail = json.loads(row.detail)
        if (row.cycle, detail["version"]) in folders:
            expected[detail["manifest"]] = detail["sha256"], f"bản kê phiên bản {detail['version']} kỳ {row.cycle}"
    for row in connection.execute(select(outbox.c.key, outbox.c.attachments).where(outbox.c.attachments != "[]")):
        for one in json.loads(row.attachments):
            expected[one["path"]] = one["sha256"], f"đính kèm thư {row.key}"
    paths = {(Path(path).parts[0], Path(path).name, sha256) for path, (sha256, _) in expected.items()}
    for row in connection.execute(select(publications)):
        for name, sha256 in json.loads(row.files).items():
            if ("reports", name, sha256) not in paths:
                yield Difference("report-missing", name, f"phát hành {row.release} kỳ {row.cycle}, bản {row.version}")
    for path, (sha256, owner) in sorted(expected.items()):
        try:
            if hash_file(home.root / path) != sha256:
                yield Difference("report-changed", path, owner)
        except FileNotFoundError:
            yield Difference("report-missing", path, owner)
        except OSError as error:
            yield Difference("report-changed", path, f"{owner}: {explain_os_error(error)}")
    for found in sorted(home.reports.glob("*/v[0-9]*")):
        if _place(home, found) not in folders.values():
            yield Difference("report-unknown", _place(home, found))


def _check_content(home: Home, row: Any) -> Iterator[Difference]:
    place, owner = f"{row.folder}/noi-dung.json", f"phiên bản {row.version} kỳ {row.cycle}"
    try:
        load_approved(home.root / row.folder, row.content_checksum)
    except FileNotFoundError:
        yield Difference("report-missing", place, owner)
    except RuntimeError:
        yield Difference("report-changed", place, owner)
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield Difference("report-changed", place, f"{owner}: {_shorten(error)}")


def _check_mail(home: Home, store: Store) -> Iterator[Difference]:
    """Letters in the mailbox of this machine (`make up`, the demonstration); a real server keeps none for us."""
    found: dict[str, Path] = {}
    for path in sorted((home.root / "mail").glob("*.eml")):
        with path.open("rb") as file:
            head = email.message_from_binary_file(file, policy=email.policy.default)
        if head["X-Kybaocao-Kind"] and head["X-Kybaocao-Kind"] not in _AT_ONCE:
            found[str(head["Message-ID"])] = path
    with store.read() as connection:  # after the mailbox: what is sent meanwhile is known
        left = outbox.c.state.in_((LetterState.SENT, LetterState.SENDING, LetterState.RETURNED))
        known = {*connection.scalars(select(outbox.c.message_id).where(left))}
        known |= {*connection.scalars(select(deliveries.c.message_id).where(deliveries.c.state.in_(HAVE_IT)))}
    for message_id, path in found.items():
        if message_id not in known:
            yield Difference("mail-unknown", _place(home, path), message_id)
