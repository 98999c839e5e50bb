"""The store: reachable, engine and version, tables of this program's version, and whether a row can be written."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from kybaocao.doctor.folders import try_folder
from kybaocao.doctor.probing import Answer, Setting, bad, doubtful, good
from kybaocao.store.migrate import alembic_config
from kybaocao.store.tables import bounces

UPGRADE = "python -m kybaocao store upgrade"
PATIENCE_SECONDS = 5
_NETWORK_DISKS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "glusterfs"}
_SCRATCH = "kiem-tra@kybaocao.invalid"


class UnreachableError(Exception):
    """The store cannot be opened; the message says which, and why."""


@contextlib.contextmanager
def connect(setting: Setting) -> Iterator[Connection]:
    """A connection that makes nothing and waits for nobody long. Raises UnreachableError."""
    try:
        url = make_url(setting.home.store_url)
        engine = _open(url)
        connection = engine.connect()
    except (ArgumentError, SQLAlchemyError, ImportError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise UnreachableError(" ".join(str(cause).split())[:300]) from error
    with connection:
        yield connection


def _open(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":

        def open_existing() -> sqlite3.Connection:
            place = Path(url.database or "").absolute().as_uri()
            return sqlite3.connect(f"{place}?mode=rw", uri=True, timeout=PATIENCE_SECONDS)

        return create_engine("sqlite://", creator=open_existing, poolclass=NullPool)
    return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": PATIENCE_SECONDS})


def probe_database(setting: Setting) -> Iterator[Answer]:
    """From the address to a row that was written and taken back."""
    try:
        url = make_url(setting.home.store_url)
    except ArgumentError:
        yield bad(
            "KYBAOCAO_DB_URL không đúng dạng", "viết như postgresql+psycopg2://tài_khoản:mật_khẩu@máy_chủ/kybaocao"
        )
        return
    shown, is_file = url.render_as_string(hide_password=True), url.get_backend_name() == "sqlite"
    if is_file and not os.path.lexists(url.database or ""):
        yield doubtful(f"chưa có kho dữ liệu {url.database}", f"hệ thống tạo khi khởi động; hoặc chạy: {UPGRADE}")
        return
    try:
        with connect(setting) as connection:
            yield good(f"{_name_engine(connection)}: mở được ({shown})")
            yield from _probe_connection(connection)
    except UnreachableError as error:
        advice = (
            "kiểm tra tệp này; nếu hỏng, khôi phục từ bản sao lưu"
            if is_file
            else "kiểm tra máy chủ, tên, mật khẩu trong KYBAOCAO_DB_URL"
        )
        yield bad(f"không mở được kho dữ liệu {shown}: {error}", advice)
        return
    if is_file:
        yield from _probe_file(Path(url.database or ""))


def _name_engine(connection: Connection) -> str:
    if connection.dialect.name == "sqlite":
        return f"SQLite {connection.execute(text('SELECT sqlite_version()')).scalar_one()}"
    return f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar_one()}"


def _probe_connection(connection: Connection) -> Iterator[Answer]:
    if connection.dialect.name == "postgresql":
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
        if encoding != "UTF8":
            yield bad(f"cơ sở dữ liệu dùng bảng mã {encoding}", "tạo lại cơ sở dữ liệu với ENCODING 'UTF8'")
    known = ScriptDirectory.from_config(alembic_config())
    head, current = known.get_current_head(), MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    if current != head:
        names = {script.revision for script in known.walk_revisions()}
        if current is None:
            yield bad("kho dữ liệu chưa có bảng nào", f"chạy: {UPGRADE}")
        elif current in names:
            yield bad(f"bảng của kho dữ liệu ở bản {current}, chương trình cần {head}", f"sao lưu, rồi chạy: {UPGRADE}")
        else:
            yield bad(
                f"bảng của kho dữ liệu ở bản {current}, mới hơn chương trình ({head})",
                "dùng đúng phiên bản chương trình, hoặc khôi phục bản sao lưu cũ",
            )
        return
    yield good(f"bảng đúng phiên bản chương trình ({head})")
    yield _try_writing(connection)


def _try_writing(connection: Connection) -> Answer:
    """Write one row and roll it back; the table has no counter, so that nothing stays."""
    try:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        moment = text("CURRENT_TIMESTAMP")
        row = {"address": _SCRATCH, "reason": "kiểm tra", "reported_by": "doctor"}
        connection.execute(bounces.insert().values(recorded_at=moment, **row))
    except DBAPIError as error:
        connection.rollback()
        reason = " ".join(str(error.orig).split())[:200]
        if "locked" in reason:
            return doubtful(
                f"kho dữ liệu đang bị giữ quá {PATIENCE_SECONDS} giây ({reason})",
                "chờ lượt đang chạy xong rồi thử lại; nếu vẫn vậy, tìm chương trình đang giữ tệp",
            )
        return bad(f"không ghi được vào kho dữ liệu: {reason}", "cấp quyền ghi cho tài khoản chạy hệ thống")
    connection.rollback()
    return good("ghi thử và hoàn tác được")


def _probe_file(path: Path) -> Iterator[Answer]:
    if obstacle := try_folder(path.parent):
        yield bad(f"không ghi được cạnh tệp {path}: {obstacle}", "SQLite cần ghi cả thư mục chứa tệp; sửa quyền")
    kind = find_disk_kind(path)
    if kind in _NETWORK_DISKS:
        yield bad(
            f"{path} nằm trên ổ mạng ({kind}); SQLite không an toàn trên ổ mạng",
            "chuyển thư mục dữ liệu sang ổ trên máy, hoặc dùng PostgreSQL (KYBAOCAO_DB_URL)",
        )


def find_disk_kind(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of file system a path lies on; "" where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    place, found, longest = str(path.resolve()), "", -1
    for line in lines:
        _, point, kind = line.split(" ")[:3]
        point = point.replace("\\040", " ")
        if (place == point or place.startswith(point.rstrip("/") + "/")) and len(point) >= longest:
            found, longest = kind, len(point)
    return found
