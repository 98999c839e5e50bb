"""A cycle that opens late, or an agency whose form comes late: what is owed, and what the opening letter says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.home import Home
from kybaocao.stages.aggregate import aggregate_returns
from kybaocao.stages.support.operator_warnings import list_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import Message, list_messages
from tests.small_plan import KEPT
from tests.stages.conftest import EXPLAINED, OPENING, drop

Small = Callable[[str], Pass]
LATE, OVER = "2026-11-30T09:00", "2026-12-11T09:00"
AGENCY = "X-04183"
MOVED = """
doi_han:
  - {ky: nq02-2026-ky2, truoc_ngay_co_quan: 2026-12-19, truoc_ngay_so_tai_chinh: 2026-12-25,
     tong_hop: {ngay: 2026-12-23, gio: "10:00"}, nguoi_quyet_dinh: Giám đốc Sở, van_ban: 1/TB, ngay: 2026-12-14,
     ly_do: mở kỳ muộn}
"""

GIVEN = f"""
gia_han:
  - {{ky: nq02-2026-ky2, co_quan: {AGENCY}, truoc_ngay: 2026-12-12, nguoi_quyet_dinh: Giám đốc Sở, van_ban: 1/TB,
     ngay: 2026-11-10, ly_do: mưa lũ}}
"""


def play(small: Small, *moments: str) -> Pass:
    """Passes at these moments; returns the last."""
    for moment in moments:
        run_pass(small(moment))
    return small(moments[-1])


def list_mails(p: Pass, agency: str = "") -> list[Message]:
    with p.store.read() as connection:
        found = [one.message for one in list_messages(connection, p.cycle.id)]
    return [one for one in found if not agency or one.agency == agency]


def count_kinds(p: Pass) -> Counter[str]:
    """The letters to agencies, and those about them."""
    return Counter(one.kind for one in list_mails(p) if one.agency or one.steps)


def close_folder(home: Home, agency: str) -> Path:
    """A file where the agency's folder should be."""
    place = home.shared / agency
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("", encoding="utf-8")
    return place


# --- what is owed -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opening", [LATE, "2026-12-09T08:00", OVER, "2026-12-28T08:00"])
def test_the_pass_that_opens_the_cycle_sends_the_opening_letters_only(small: Small, opening: str) -> None:
    """Whatever steps of the ladder were missed: reminders, notices to agency and head, lists to the leaders."""
    assert count_kinds(play(small, opening)) == {"mo_ky": len(KEPT)}


def test_the_next_step_after_a_late_opening_is_the_first(small: Small) -> None:
    """Opened on 30 November: the reminder of 25 November never comes, that of 2 December does."""
    p = play(small, LATE, "2026-12-01T08:00", "2026-12-02T08:00")
    assert count_kinds(p) == {"mo_ky": len(KEPT), "nhac": len(KEPT)}
    assert {reported.reminder_step for one in list_mails(p) for reported in one.steps} == {"nhac_lan_2"}


def test_nobody_is_reported_by_a_deadline_that_was_over_at_the_opening(small: Small) -> None:
    """Opened on 11 December: no page to the Chairman on the 14th, no weekly notice on the 21st."""
    p = play(small, OVER, "2026-12-14T08:00", "2026-12-21T08:00", "2026-12-28T08:00")
    assert count_kinds(p) == {"mo_ky": len(KEPT)}


def test_a_new_deadline_starts_the_ladder_of_who_was_asked_too_late(small: Small, tmp_path: Path) -> None:
    """Moved on the 14th to before the 19th: reminded on the 16th and the 18th, late on the 21st."""
    play(small, OVER)
    (tmp_path / "config" / "nq02-2026" / "dieu_chinh.yaml").write_text(MOVED, encoding="utf-8")
    p = play(small, "2026-12-14T08:00", "2026-12-16T08:00", "2026-12-18T08:00", "2026-12-21T08:00")
    steps = [reported.reminder_step.partition("@")[0] for one in list_mails(p, AGENCY) for reported in one.steps]
    assert steps == ["nhac_lan_3", "nhac_ngay_cuoi", "qua_han_co_quan"]


def test_an_agency_whose_folder_took_its_form_late_owes_only_what_comes_after(small: Small, home: Home) -> None:
    """The others are reminded as ever; nobody catches up for the one that was not asked."""
    place = close_folder(home, AGENCY)
    p = play(small, OPENING, "2026-11-25T08:00")
    assert (count_kinds(p)["nhac"], list_mails(p, AGENCY)) == (len(KEPT) - 1, [])
    place.unlink()
    p = play(small, "2026-12-02T08:00", "2026-12-07T08:00")
    assert [one.kind for one in list_mails(p, AGENCY)] == ["mo_ky", "nhac"]


def test_an_agency_that_was_never_given_its_form_is_not_reminded(small: Small, home: Home) -> None:
    """Its folder stays closed to the end: the operators hear of it at every step, the leaders never."""
    close_folder(home, AGENCY)
    p = play(small, OPENING, "2026-12-02T08:00", "2026-12-10T15:00", "2026-12-14T08:00")
    reported = {reported.agency for one in list_mails(p) for reported in one.steps}
    assert reported == set(KEPT) - {AGENCY}
    assert any("Chưa đặt được biểu mẫu" in warning and AGENCY in warning for warning in list_warnings(p))


def test_who_owes_no_step_is_not_mapped(small: Small) -> None:
    """The grid shows no row for an agency with nothing to do."""
    assert aggregate_returns(play(small, OVER)).to_escalate == ()


# --- what the opening letter says -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opening", "subject", "fact"),
    [
        (OPENING, "hạn cuối thứ Tư 09/12/2026", "Hạn cuối: thứ Tư 09/12/2026"),
        ("2026-12-09T08:00", "hạn cuối hôm nay, thứ Tư 09/12/2026", "Hạn cuối: hôm nay, thứ Tư 09/12/2026"),
        (OVER, "hạn cuối thứ Tư 09/12/2026 đã qua", "Hạn cuối: thứ Tư 09/12/2026 (đã qua)"),
    ],
)
def test_the_opening_letter_says_how_the_deadline_stands(small: Small, opening: str, subject: str, fact: str) -> None:
    """Ahead, today, or over."""
    (letter,) = list_mails(play(small, opening), AGENCY)
    assert letter.subject.endswith(f", {subject}")
    assert f"  {fact}" in letter.text.splitlines()


def test_a_letter_after_the_deadline_blames_nobody_and_names_the_reason_to_write(small: Small) -> None:
    """The report is still taken; what the form asks of a late one is said with the words to write."""
    (letter,) = list_mails(play(small, OVER), AGENCY)
    assert "không do lỗi của Quý cơ quan" in letter.text
    assert (
        "tại trang “Xác nhận”, dòng “Lý do nộp muộn hoặc nộp lại sau hạn”: "
        "“Biểu mẫu được phát ngày 11/12/2026, sau hạn cuối”"
    ) in letter.text


def test_the_reason_that_the_letter_names_is_taken(small: Small) -> None:
    """The agency that writes it is accepted at once."""
    play(small, OVER)
    p = small("2026-12-14T09:00")
    drop(p, AGENCY, **{"xac_nhan/ly_do_nop_muon/gia_tri": "Biểu mẫu được phát ngày 11/12/2026, sau hạn cuối"})
    assert run_pass(p)["accepted_in_all"] == 1


def test_the_opening_letter_names_the_deadline_of_the_agency(small: Small, tmp_path: Path) -> None:
    """One that was given more time before the opening reads its own date."""
    (tmp_path / "config" / "nq02-2026" / "dieu_chinh.yaml").write_text(GIVEN, encoding="utf-8")
    (letter,) = list_mails(play(small, OPENING), AGENCY)
    assert letter.subject.endswith("hạn cuối thứ Sáu 11/12/2026")


# --- what the operators hear ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opening", "said"),
    [
        (LATE, []),
        ("2026-12-09T08:00", ["Biểu mẫu được phát khi không còn trọn một ngày làm việc trước hạn cuối cho 5 cơ quan"]),
        (OVER, ["Biểu mẫu được phát khi hạn cuối đã qua cho 5 cơ quan"]),
    ],
)
def test_the_operators_hear_of_forms_that_came_too_late(small: Small, opening: str, said: list[str]) -> None:
    """With what to decide: more time for one agency, or another deadline for all."""
    found = [warning for warning in list_warnings(play(small, opening)) if "được phát" in warning]
    assert [warning.partition(" (")[0] for warning in found] == said
    assert all("gia_han" in warning and "doi_han" in warning for warning in found)


def test_the_operators_hear_no_more_of_an_agency_that_is_in(small: Small) -> None:
    """Accepted all the same: nothing is left to decide."""
    play(small, OVER)
    p = small("2026-12-14T09:00")
    for agency in KEPT:
        drop(p, agency, **EXPLAINED)
    run_pass(p)
    assert [warning for warning in list_warnings(p) if "được phát" in warning] == []
