"""After the deadline nothing is accepted without its reason; an accepted version stays in force until then."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from kybaocao.cli.status_words import describe_status
from kybaocao.findings import load_catalogue
from kybaocao.inbox.submission import Submission
from kybaocao.stages.aggregate import aggregate_returns
from kybaocao.stages.collect import collect_files
from kybaocao.stages.compile_report import compile_report
from kybaocao.stages.support.lateness import read_late_reason
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.status import gather_status
from kybaocao.stages.validate import validate_agency
from kybaocao.store.submissions import list_submissions
from tests.stages.conftest import COMPILATION, MIDDAY, drop

Small = Callable[[str], Pass]
AGENCY, REASON = "X-04183", "Chờ số liệu của cơ quan thuế đến ngày 11/12"
SAID = {"xac_nhan/ly_do_nop_muon/gia_tri": REASON}
CHANGED = {"xac_nhan/so_bao_cao/gia_tri": "125/BC-UBND"}
IN_TIME, LATE = "2026-12-09T23:59", "2026-12-10T00:00"


def _hand_in(p: Pass, name: str = "a.xlsx", **changes: object) -> Submission:
    """Hand in a form and have it judged; the version as it stands then."""
    drop(p, AGENCY, name=name, **changes)
    collect_files(p)
    validate_agency(p, AGENCY)
    with p.store.read() as connection:
        return list_submissions(connection, p.cycle.id, AGENCY)[-1]


def _list_reported(submission: Submission) -> tuple[str | None, list[str]]:
    return submission.verdict, [finding["code"] for finding in json.loads(submission.findings)]


@pytest.mark.parametrize(
    ("at", "changes", "reported"),
    [
        (IN_TIME, {}, ("accepted", [])),
        (LATE, {}, ("returned", ["late-without-reason"])),
        (LATE, SAID, ("accepted", [])),
    ],
)
def test_a_late_return_is_accepted_once_it_says_why(
    small: Small, at: str, changes: dict[str, object], reported: tuple[str, list[str]]
) -> None:
    """Seconds to answer; a late acceptance in the report has its reason."""
    assert _list_reported(_hand_in(small(at), **changes)) == reported


def test_a_late_return_hears_that_the_reason_is_enough(small: Small) -> None:
    """Which cell, on which sheet, what for; with it the file is taken."""
    p = small(LATE)
    _hand_in(p)
    slip = (p.home.replies(AGENCY, p.cycle.id) / "Phieu-tra-lai_01.html").read_text("utf-8")
    for said in ("Ô B11, trang Xác nhận", "sau hạn cuối 09/12/2026", "có lý do là tệp được tiếp nhận ngay"):
        assert said in slip
    assert _list_reported(_hand_in(p, **SAID)) == ("accepted", [])


@pytest.mark.parametrize("reason", [".", "x", "-", "…", "muộn", "12345678901"])
def test_what_says_nothing_is_no_reason(small: Small, reason: str) -> None:
    """Neither for a first return nor for a replacement, and the slip says why not."""
    said = {"xac_nhan/ly_do_nop_muon/gia_tri": reason}
    first = _hand_in(small(LATE), **said)
    assert _list_reported(first) == ("returned", ["late-without-reason"])
    assert f"mới ghi “{reason}”" in first.findings and "ít nhất 10 chữ cái" in first.findings
    _hand_in(small(LATE), "b.xlsx", **SAID)
    assert _list_reported(_hand_in(small(LATE), "c.xlsx", **said, **CHANGED)) == (
        "returned",
        ["replacement-without-reason"],
    )


def _weigh(p: Pass, code: str, level: str) -> None:
    """What a province writes into its form's configuration."""
    path = p.plan.folder / "bieu_mau.yaml"
    stage = f"giai_doan_quy_tac: [{{ma: {code}, tu_ngay: 2026-12-10, muc: {level}}}]\nkem_theo:\n"
    path.write_text(path.read_text(encoding="utf-8").replace("kem_theo:\n", stage, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("level", "reported"),
    [
        ("thu", ("accepted", [])),
        ("luu_y", ("accepted", ["late-without-reason"])),
        ("canh_bao", ("returned", ["late-without-reason"])),
        ("loi", ("returned", ["late-without-reason"])),
    ],
)
def test_a_province_weighs_the_rule_by_a_line(small: Small, level: str, reported: tuple[str, list[str]]) -> None:
    """As a note it is asked for on the receipt, which does not say that the file was not taken."""
    _weigh(small(LATE), "late-without-reason", level)
    p = small(LATE)
    assert _list_reported(_hand_in(p)) == reported
    if level == "luu_y":
        slip = (p.home.replies(AGENCY, p.cycle.id) / "Phieu-tiep-nhan_01.html").read_text("utf-8")
        assert "Báo cáo vẫn được tiếp nhận. Vui lòng ghi lý do vào ô B11" in slip
        assert "tệp được tiếp nhận ngay" not in slip


@pytest.mark.parametrize(
    ("at", "changes", "reported"),
    [
        (IN_TIME, {}, ("accepted", [])),
        (LATE, {}, ("returned", ["replacement-without-reason"])),
        (LATE, SAID, ("accepted", [])),
    ],
)
def test_an_accepted_version_is_not_replaced_after_the_deadline_without_a_reason(
    small: Small, at: str, changes: dict[str, object], reported: tuple[str, list[str]]
) -> None:
    """It stays in force, and the agency hears which cell to fill."""
    _hand_in(small(MIDDAY))
    replacement = _hand_in(small(at), "b.xlsx", **changes, **CHANGED)
    assert _list_reported(replacement) == reported
    if replacement.verdict == "returned":
        slip = (small(at).home.replies(AGENCY, replacement.cycle) / "Phieu-tra-lai_02.html").read_text("utf-8")
        assert "vẫn có hiệu lực" in slip and "Lý do nộp muộn hoặc nộp lại sau hạn" in slip


def _extend(p: Pass, before: str) -> None:
    """Give the agency more time, as officials do: an entry in `dieu_chinh.yaml`."""
    entry = f"ky: {p.cycle.id}, co_quan: {AGENCY}, truoc_ngay: {before}, ngay: 2026-11-30, ly_do: mưa lũ"
    signed = "nguoi_quyet_dinh: Giám đốc Sở Tài chính, van_ban: 12/STC-THKT"
    (p.plan.folder / "dieu_chinh.yaml").write_text(f"gia_han:\n  - {{{entry}, {signed}}}\n", encoding="utf-8")


def test_an_extension_moves_the_day_from_which_a_reason_is_asked(small: Small) -> None:
    """Each agency has its own deadline."""
    _extend(small(MIDDAY), "2026-12-12")
    assert _list_reported(_hand_in(small("2026-12-11T23:59"))) == ("accepted", [])
    assert _list_reported(_hand_in(small("2026-12-12T00:00"), "b.xlsx", **CHANGED))[1] == ["replacement-without-reason"]


def test_what_is_in_a_report_is_not_replaced_without_a_reason(small: Small) -> None:
    """Also within an extended deadline: people have read the figures by then."""
    _extend(small(MIDDAY), "2026-12-26")
    _hand_in(small(MIDDAY))
    p = small(COMPILATION)
    assert compile_report(p, aggregate_returns(p).snapshot, is_asked=False) == 1
    refused = _hand_in(small("2026-12-15T10:00"), "b.xlsx", **CHANGED)
    assert _list_reported(refused) == ("returned", ["replacement-without-reason"])
    assert "đã được đưa vào báo cáo của tỉnh" in refused.findings


def test_the_operators_see_who_was_late_and_why(small: Small) -> None:
    """`status` gives the days and the reason in the agency's own words."""
    accepted = _hand_in(small(LATE), **SAID)
    assert read_late_reason(accepted) == REASON
    p = small(COMPILATION)
    assert f"1 ngày làm việc; lý do: {REASON}" in describe_status(gather_status(p))


@pytest.mark.parametrize("code", ["late-without-reason", "replacement-without-reason"])
def test_the_words_name_the_cell_for_the_reason(code: str) -> None:
    """An official reads where to write it, with an example."""
    assert "{o}" in load_catalogue()[code].hint and "ví dụ" in load_catalogue()[code].hint
