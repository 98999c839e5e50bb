"""The report of the year end covers the whole year: the first half's texts stand beside the second's."""

from __future__ import annotations

import dataclasses
import datetime as dt

from kybaocao.figures.snapshot import Snapshot
from kybaocao.plan.form_edition import Source
from tests.figures.taking import PLAN, take
from tests.figures.test_difficulties import difficulty
from tests.submissions import Value, arrive

FIRST, LAST = "nq02-2026-ky1", "nq02-2026-ky2"


def first_half(*answers: tuple[str, dict[tuple[str, str, str], Value]]) -> Snapshot:
    return dataclasses.replace(take(*(arrive(agency, given) for agency, given in answers)), cycle=FIRST)


def document(number: str, subject: str = "Kế hoạch") -> dict[tuple[str, str, str], Value]:
    row = {"so_ky_hieu": number, "ngay": dt.date(2026, 2, 9), "trich_yeu": subject}
    return {("van_ban", "1", column): value for column, value in row.items()}


def task(status: str, **more: Value) -> dict[tuple[str, str, str], Value]:
    return {("nhiem_vu", "III.1.a", column): value for column, value in ({"trang_thai": status} | more).items()}


def test_documents_of_the_first_half_stay_in_the_years_report() -> None:
    """Among them the plans that were due on 15 February. Each has the mark of its cycle."""
    before = first_half(("STC", document("10/KH-STC")))
    found = take(arrive("STC", document("215/QĐ-STC")), previous=before).documents
    assert [(one.number, one.cycle) for one in found] == [("215/QĐ-STC", ""), ("10/KH-STC", FIRST)]


def test_a_document_that_is_listed_twice_stands_once() -> None:
    """A space or capitals in its number make no other document; another agency's does."""
    before = first_half(("STC", document("10/KH-STC")), ("STP", document("10/KH-STC")))
    found = take(arrive("STC", document("10/kh- STC")), previous=before).documents
    assert [(one.agency, one.cycle) for one in found] == [("STC", ""), ("STP", FIRST)]


def test_a_difficulty_that_is_raised_again_stands_once_for_each_agency() -> None:
    """STC says it again, also when it is "tồn kỳ trước" now; STP said it in the first half only."""
    before = first_half(("STC", difficulty("Mạng yếu")), ("STP", difficulty("Mạng yếu")))
    again = difficulty("mạng  yếu.") | {("vuong_mac", "1", "tinh_trang"): "Tồn kỳ trước"}
    found = take(arrive("STC", again), previous=before).difficulties
    assert [(one.agencies, one.standing, one.cycle) for one in found] == [
        (("STC",), "Tồn kỳ trước", ""),
        (("STP",), "Mới phát sinh", FIRST),
    ]


def test_the_difficulties_of_a_section_stay_together() -> None:
    """First what is said now."""
    before = first_half(("STC", difficulty("Cũ", section="III.1")), ("STP", difficulty("Cũ", section="III.4")))
    found = take(arrive("SNV", difficulty("Mới", section="III.1")), previous=before).difficulties
    assert [(one.section, one.content) for one in found] == [(1, "Mới"), (1, "Cũ"), (4, "Cũ")]


def test_what_was_said_of_a_task_in_the_first_half_is_kept_and_not_counted() -> None:
    """The status of today is what counts; the first half's result stands beside it."""
    before = first_half(("STC", task("Đang thực hiện", ket_qua="Đã mở 02 lớp")), ("STP", task("Đang thực hiện")))
    snapshot = take(arrive("STC", task("Đã hoàn thành", ket_qua="Đã mở 05 lớp")), previous=before)
    result = next(one for one in snapshot.tasks if one.id == "III.1.a")
    assert [(one.agency, one.status.value) for one in result.entries] == [("STC", "Đã hoàn thành")]
    assert [(one.agency, one.result, one.cycle) for one in result.earlier] == [
        ("STC", "Đã mở 02 lớp", FIRST),
        ("STP", "", FIRST),
    ]
    assert "STP" in result.missing


def test_what_was_done_about_an_obligation_in_the_first_half_is_kept() -> None:
    """The agency's own plan was due on 15 February: it was reported in June."""
    table = next(one.id for _, one in PLAN.require_edition().tables if one.source is Source.OBLIGATIONS)
    duty = next(one.id for one in PLAN.asked_obligations if "STC" in PLAN.members(one.leads))
    done = {"trang_thai": "Đã hoàn thành", "ket_qua": "Kế hoạch số 10/KH-STC"}
    before = first_half(("STC", {(table, duty, column): value for column, value in done.items()}))
    result = next(one for one in take(previous=before).obligations if one.id == duty)
    assert [(one.agency, one.result, one.cycle) for one in result.earlier] == [("STC", "Kế hoạch số 10/KH-STC", FIRST)]


def test_the_same_words_about_a_task_are_not_kept_twice() -> None:
    before = first_half(("STC", task("Đang thực hiện", ket_qua="Đã mở 02 lớp")))
    snapshot = take(arrive("STC", task("Đang thực hiện", ket_qua="Đã mở 02 lớp.")), previous=before)
    result = next(one for one in snapshot.tasks if one.id == "III.1.a")
    assert (result.earlier, [one.repeats for one in result.entries]) == ((), [FIRST])


def test_what_came_before_the_previous_cycle_keeps_its_own_mark() -> None:
    """Quarter after quarter: the third report has the documents of the first and of the second."""
    first = first_half(("STC", document("1/KH-STC")))
    second = dataclasses.replace(take(arrive("STC", document("2/KH-STC")), previous=first), cycle="quy-2")
    found = take(arrive("STC", document("3/KH-STC")), previous=second).documents
    assert [(one.number, one.cycle) for one in found] == [("3/KH-STC", ""), ("2/KH-STC", "quy-2"), ("1/KH-STC", FIRST)]
