"""Rows of the mapped tasks: which agencies each holds, what it is called in the grid, and how it ends."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowException

from kybaocao.plan.load import find_plan
from kybaocao.stages.support.passes import Pass

log = logging.getLogger(__name__)

Row = list[str]  # codes of agencies
# Airflow fills it in before the task, and once more after it (`end_row`), however it has ended.
ROW = "{{ name_row(dag.dag_id, task.op_kwargs['agencies'], outcome | default('')) }}"


class RowFailedError(AirflowException):  # type: ignore[misc]
    """Some agencies of a row could not be served, through our fault; the others were."""

    meaning = "lỗi của hệ thống ở các cơ quan được nêu tên, không phải tệp xấu; các cơ quan khác của dòng đã xong"
    advice = "đọc log, Clear dòng đó: chỉ các cơ quan chưa xong được làm lại"


def divide_into_rows(agencies: Sequence[str]) -> list[Row]:
    """The rows that a task is mapped over."""
    from kybaocao.stages.support.row_groups import RowBounds

    return RowBounds.find().divide(agencies)


def list_agencies(row: Row | str) -> Row:
    """The agencies of a row; runs that an earlier version began have one code in each."""
    return [row] if isinstance(row, str) else row


def name_row(cycle: str, row: Row | str, outcome: str = "") -> str:
    """A mapped row's name in the grid: "X-04183 UBND xã Mường Lầm – trả lại, 3 lỗi"."""
    from kybaocao.stages.support.row_groups import name_agencies

    return name_agencies(find_plan(cycle), list_agencies(row), outcome)


def log_agency(p: Pass, agency: str, outcome: str) -> None:
    """A line for one agency of a row, when there is something to say."""
    from kybaocao.stages.support.outcomes import load_words

    if outcome:
        log.info("%s", load_words()["co_quan"].format(ten=p.plan.agencies[agency].label, ket_qua=outcome))


def end_row(p: Pass, row: Row, errors: Mapping[str, Exception], outcome: str) -> None:
    """Say in the row's name what became of it. Raises what failed: of a group, RowFailedError with all names."""
    from kybaocao.stages.support.row_groups import explain_failed, name_failed

    for agency, error in errors.items():
        log.error("%s", p.plan.agencies[agency].label, exc_info=error)
    failed = name_failed(list(errors)) if len(row) > 1 else ""
    with suppress(RuntimeError):  # called by hand, outside of a run
        get_current_context()["outcome"] = "; ".join(filter(None, (failed, outcome)))  # type: ignore[typeddict-unknown-key]
    if len(row) == 1:
        for error in errors.values():
            raise error
    if errors:
        raise RowFailedError(explain_failed(p.plan, errors, len(row)))
