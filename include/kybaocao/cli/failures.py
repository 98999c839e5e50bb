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
from kybaocao.settings import SettingsError
from kybaocao.stages.support.lost_share import LostShareError
from kybaocao.store.journal import StoreIsOlderError
from kybaocao.store.troubles import describe_trouble
from kybaocao.workbook.sandbox import ReaderError
from kybaocao.yaml_source import SourceError


def explain_failure(error: Exception) -> tuple[ExitStatus, str]:
    """What to end with and what to say. For a fault of the program the details go to a file that is named."""
    if isinstance(error, UsageError | PlanError | SettingsError | SourceError):
        return ExitStatus.WRONG_CALL, str(error)
    if isinstance(error, LostShareError | ReaderError | StoreIsOlderError):
        return ExitStatus.SYSTEM_TROUBLE, str(error)
    if isinstance(error, ArgumentError | NoSuchModuleError):
        return ExitStatus.SYSTEM_TROUBLE, "KYBAOCAO_DB_URL không phải là địa chỉ kho dữ liệu hợp lệ."
    if _is_newer_store(error):
        sentence = "Kho dữ liệu do một phiên bản mới hơn của hệ thống ghi; xin dùng phiên bản đó, không hạ phiên bản."
        return ExitStatus.SYSTEM_TROUBLE, sentence
    if isinstance(error, DBAPIError) and (trouble := describe_trouble(error)):
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
