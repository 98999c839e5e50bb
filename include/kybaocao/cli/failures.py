"""Why a command gave no answer: from an exception to an exit status and a sentence in Vietnamese."""

from __future__ import annotations

import errno
import sys
import tempfile
import traceback

from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from kybaocao.cli.command import UsageError
from kybaocao.cli.exit_status import ExitStatus
from kybaocao.files import explain_os_error
from kybaocao.plan.plan import PlanError
from kybaocao.store.journal import StoreIsOlderError
from kybaocao.workbook.sandbox import ReaderError
from kybaocao.yaml_source import SourceError

# What the database says, and what that is to an operator. Both engines; the first that fits.
_STORE_TROUBLES = (
    (("database is locked", "database table is locked"), "đang bận ghi việc khác; xin chạy lại sau ít phút"),
    (
        ("not a database", "malformed", "file is encrypted"),
        "bị hỏng, xin khôi phục từ bản sao lưu (sổ tay vận hành, phần 13)",
    ),
    (
        ("no such table", "no such column", "does not exist", "has no column"),
        "chưa đúng phiên bản, xin chạy: python -m kybaocao store upgrade",
    ),
    (("unable to open", "readonly"), "không mở hoặc không ghi được, xin kiểm tra thư mục dữ liệu và quyền"),
    (("disk is full", "no space"), "không ghi được vì ổ đĩa hết chỗ"),
    (("connect", "could not translate", "timeout", "password", "terminat"), "chưa kết nối được (KYBAOCAO_DB_URL)"),
)


def explain_failure(error: Exception) -> tuple[ExitStatus, str]:
    """What to end with and what to say. For a fault of the program the details go to a file that is named."""
    if isinstance(error, UsageError | PlanError | SourceError):
        return ExitStatus.WRONG_CALL, str(error)
    if isinstance(error, ReaderError | StoreIsOlderError):
        return ExitStatus.SYSTEM_TROUBLE, str(error)
    if isinstance(error, ArgumentError | NoSuchModuleError):
        return ExitStatus.SYSTEM_TROUBLE, "KYBAOCAO_DB_URL không phải là địa chỉ kho dữ liệu hợp lệ."
    if _is_newer_store(error):
        sentence = "Kho dữ liệu do một phiên bản mới hơn của hệ thống ghi; xin dùng phiên bản đó, không hạ phiên bản."
        return ExitStatus.SYSTEM_TROUBLE, sentence
    if isinstance(error, DBAPIError) and (trouble := _describe_store_trouble(error)):
        return ExitStatus.SYSTEM_TROUBLE, trouble
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        return ExitStatus.SYSTEM_TROUBLE, f"Máy chủ chưa làm được{place}: {explain_os_error(error)}"
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):  # Python before 3.13
        return ExitStatus.SYSTEM_TROUBLE, f"Máy chủ chưa làm được: {explain_os_error(OSError(errno.ELOOP, ''))}"
    if isinstance(error, MemoryError):
        return ExitStatus.SYSTEM_TROUBLE, "Máy chủ không đủ bộ nhớ cho việc này."
    return ExitStatus.PROGRAM_FAULT, f"Lỗi của chương trình, xin gửi cho người phát triển: {_write_details(error)}"


def _is_newer_store(error: Exception) -> bool:
    return type(error).__module__.startswith("alembic.") and "Can't locate revision" in str(error)


def _describe_store_trouble(error: DBAPIError) -> str:
    """ "" when the database complains about what the program asked."""
    said = str(error.orig)
    for signs, words in _STORE_TROUBLES:
        if any(sign in said.lower() for sign in signs):
            return f"Kho dữ liệu {words} ({said.splitlines()[0]})."
    return f"Kho dữ liệu chưa dùng được ({said.splitlines()[0]})." if error.connection_invalidated else ""


def _write_details(error: Exception) -> str:
    """The file that holds them; where no file can be written, the other stream does."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", prefix="kybaocao-loi-", suffix=".txt", delete=False
        ) as file:
            traceback.print_exception(error, file=file)
            return file.name
    except OSError:
        traceback.print_exception(error, file=sys.stderr)
        return f"{type(error).__name__}: {error}"
