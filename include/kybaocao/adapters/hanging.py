"""A task that hangs is stopped by Airflow (`execution_timeout`); here its error becomes a sentence of ours."""

from __future__ import annotations

import datetime as dt
import functools
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from airflow.sdk.exceptions import AirflowException, AirflowTaskTimeout

from kybaocao.log_fields import log_about
from kybaocao.settings import read_setting

LIMIT_SETTING = "KYBAOCAO_TASK_LIMIT_SECONDS"
LIMIT_SECONDS = 1200  # many times what the slowest task of 90 agencies takes
_OURS = Path(__file__).resolve().parents[1]
P = ParamSpec("P")
T = TypeVar("T")


def read_task_limit() -> dt.timedelta:
    """How long one try of a task may take. Raises SettingsError."""
    return dt.timedelta(seconds=float(read_setting(LIMIT_SETTING) or LIMIT_SECONDS))


class HangingTaskError(AirflowException):  # type: ignore[misc]
    """One try of a task took too long. `meaning` and `advice` go into the operators' letter."""

    meaning = "tác vụ bị treo: thường do ổ đĩa chung, kho dữ liệu hoặc máy chủ thư không trả lời"
    advice = "kiểm tra ổ đĩa chứa shared, kho dữ liệu, máy chủ thư, rồi chọn Clear (giữ mục Downstream)"

    def __init__(self, place: str) -> None:
        super().__init__(
            "Tác vụ chạy quá thời gian cho phép mà chưa xong nên đã được dừng lại"
            + (f"; lúc đó đang ở bước {place}" if place else "")
            + ". Dữ liệu không mất; thư đang gửi dở lúc đó (nếu có) sẽ được gửi lại."
        )


@contextmanager
def limit_agency(seconds: float) -> Iterator[None]:
    """One agency's work inside a row: HangingTaskError when it takes longer, so that the others are served after it.

    The limit of the whole row, which Airflow has set, goes on counting.
    """
    begun, (left, _) = time.monotonic(), signal.getitimer(signal.ITIMER_REAL)
    if 0 < left <= seconds:  # the row ends first
        yield
        return
    before = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except AirflowTaskTimeout as error:
        raise HangingTaskError(_find_place(error)) from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left - (time.monotonic() - begun)))


def _stop(*_: object) -> None:
    raise AirflowTaskTimeout("an agency's work took too long")


def name_hanging(task: Callable[P, T]) -> Callable[P, T]:
    """The task, raising HangingTaskError when Airflow stops it; its log lines say which cycle they are about."""

    @functools.wraps(task)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with log_about(**_name_subject(kwargs)), _interruptible_database():
                return task(*args, **kwargs)
        except AirflowTaskTimeout as error:
            raise HangingTaskError(_find_place(error)) from error

    return run


def _name_subject(arguments: Mapping[str, Any]) -> dict[str, str | int]:
    """Cycle, agency and version of the report, as far as a task was given them."""
    opened = arguments.get("opened") or {}
    decision = arguments.get("decision") or {}
    named = {"version": decision.get("version"), **opened, **arguments}
    return {key: named[key] for key in ("cycle", "agency", "version") if named.get(key)}


def _find_place(error: BaseException) -> str:
    """ "stages/collect.py, dòng 88": the innermost line of ours that had not come back."""
    places = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [(path, line) for path, line in places if path.is_relative_to(_OURS)]
    return f"{ours[-1][0].relative_to(_OURS)}, dòng {ours[-1][1]}" if ours else ""


@contextmanager
def _interruptible_database() -> Iterator[None]:
    """Waiting for PostgreSQL (for a lock, say) in Python: while psycopg2 waits in C, it hears no signal."""
    try:
        from psycopg2.extensions import get_wait_callback, set_wait_callback  # type: ignore[import-untyped]
        from psycopg2.extras import wait_select  # type: ignore[import-untyped]
    except ImportError:  # SQLite alone
        yield
        return
    before = get_wait_callback()
    set_wait_callback(wait_select)
    try:
        yield
    finally:
        set_wait_callback(before)
