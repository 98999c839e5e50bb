"""What the agencies stated on the tasks of the plan."""

from __future__ import annotations

import datetime as dt

import pytest

from kybaocao.figures.snapshot import Punctuality, TaskResult, TaskStatus
from kybaocao.figures.tasks import judge_punctuality
from tests.figures.taking import take
from tests.submissions import Value, arrive

DUE, CUT_OFF = dt.date(2026, 6, 30), dt.date(2026, 11, 30)


def test_tasks_are_counted_by_what_was_said() -> None:
    """Each holder's own words, and the holders that have not reported."""
    said = {"trang_thai": "Chậm tiến độ", "ty_le": 30, "ly_do": "Chờ hướng dẫn"}
    done = {"trang_thai": "Đã hoàn thành", "ngay": dt.date(2026, 10, 2), "ket_qua": "Đã ban hành"}
    snapshot = take(
        arrive("STC", {("nhiem_vu", "III.1.a", column): value for column, value in said.items()}),
        arrive("STP", {("nhiem_vu", "III.1.a", column): value for column, value in done.items()}),
    )
    task = next(task for task in snapshot.tasks if task.id == "III.1.a")
    assert (task.count(TaskStatus.LATE), task.count(TaskStatus.DONE), task.count(TaskStatus.ON_TRACK)) == (1, 1, 0)
    assert [(e.agency, e.percent, e.done_on, e.reason) for e in task.entries] == [
        ("STC", 30, None, "Chờ hướng dẫn"),
        ("STP", None, dt.date(2026, 10, 2), ""),
    ]
    assert not {"STC", "STP"} & set(task.missing) and "SNV" in task.missing


@pytest.mark.parametrize(
    ("status", "done_on", "due_on", "punctuality"),
    [
        (TaskStatus.DONE, dt.date(2026, 6, 30), DUE, Punctuality.ON_TIME),
        (TaskStatus.DONE, dt.date(2026, 7, 1), DUE, Punctuality.DONE_LATE),
        (TaskStatus.DONE, None, DUE, None),  # over, and nobody says when it was done
        (TaskStatus.DONE, None, dt.date(2026, 12, 1), Punctuality.ON_TIME),
        (TaskStatus.ON_TRACK, None, DUE, Punctuality.OVERDUE),
        (TaskStatus.NOT_STARTED, None, CUT_OFF, Punctuality.OVERDUE),
        (TaskStatus.LATE, None, dt.date(2026, 12, 1), Punctuality.NOT_DUE),
        (TaskStatus.NOTHING, None, DUE, None),
        (TaskStatus.LATE, None, None, None),
    ],
)
def test_a_piece_of_work_is_held_to_its_own_deadline_at_the_cut_off(
    status: TaskStatus, done_on: dt.date | None, due_on: dt.date | None, punctuality: Punctuality | None
) -> None:
    assert judge_punctuality(status, done_on, due_on, CUT_OFF) is punctuality


def test_the_task_of_the_second_quarter_is_overdue_at_year_end() -> None:
    """ "Trong Quý II/2026" in the text is 30/6 in the configuration; a task without a deadline is not judged."""
    said = {"trang_thai": "Đang thực hiện", "ty_le": 90}
    tasks = take(arrive("STC", _rows("nhiem_vu", "III.2.1.b", said) | _rows("nhiem_vu", "III.1.a", said))).tasks
    assert (_find(tasks, "III.2.1.b").due_on, _judged(tasks, "III.2.1.b")) == (DUE, {"STC": Punctuality.OVERDUE})
    assert (_find(tasks, "III.1.a").due_on, _judged(tasks, "III.1.a")) == (None, {"STC": None})


def test_obligations_are_gathered_like_tasks_and_the_own_plan_was_due_before_15_02() -> None:
    """The duties to report are not asked: the submissions themselves say how they are kept."""
    done = {"trang_thai": "Đã hoàn thành", "ket_qua": "Kế hoạch số 15/KH"}
    duties = take(
        arrive("STC", _rows("nghia_vu", "IV.1.b", done | {"ngay": dt.date(2026, 2, 14)})),
        arrive("STP", _rows("nghia_vu", "IV.1.b", done | {"ngay": dt.date(2026, 2, 15)})),
        arrive("X-04183", _rows("nghia_vu", "IV.1.b", {"trang_thai": "Đang thực hiện", "ly_do": "Chờ hướng dẫn"})),
    ).obligations
    assert [duty.id for duty in duties] == ["IV.1.a", "IV.1.b", "IV.1.c", "IV.2", "IV.3.a"]
    assert _judged(duties, "IV.1.b") == {
        "STC": Punctuality.ON_TIME,
        "STP": Punctuality.DONE_LATE,
        "X-04183": Punctuality.OVERDUE,
    }
    assert "HHDN" not in _find(duties, "IV.1.b").missing  # invited, not bound by section IV


def test_a_form_that_did_not_ask_leaves_its_agency_without_an_answer_and_not_overdue() -> None:
    """A form of the edition before the obligations: accepted, nothing said about them."""
    duties = take(arrive("STC", _rows("nhiem_vu", "III.1.a", {"trang_thai": "Đang thực hiện"}))).obligations
    assert ("STC" in _find(duties, "IV.1.b").missing, _judged(duties, "IV.1.b")) == (True, {})


def _rows(table: str, row: str, said: dict[str, Value]) -> dict[tuple[str, str, str], Value]:
    return {(table, row, column): value for column, value in said.items()}


def _find(tasks: tuple[TaskResult, ...], code: str) -> TaskResult:
    return next(task for task in tasks if task.id == code)


def _judged(tasks: tuple[TaskResult, ...], code: str) -> dict[str, Punctuality | None]:
    return {entry.agency: entry.punctuality for entry in _find(tasks, code).entries}
