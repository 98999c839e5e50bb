"""After the deadline a reason is asked for; an accepted version is only replaced with one."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from kybaocao.findings import load_catalogue
from kybaocao.passes import Pass
from kybaocao.stages.aggregating import aggregate_returns
from kybaocao.stages.collection import collect_files
from kybaocao.stages.compilation import compile_report
from kybaocao.stages.lateness import read_late_reason
from kybaocao.stages.validation import validate_agency
from kybaocao.status import describe_status, gather_status
from kybaocao.store.arrivals import Arrival, list_arrivals
from tests.stages.conftest import COMPILATION, MIDDAY, drop

Small = Callable[[str], Pass]
AGENCY, REASON = "X-04183", "Chờ số liệu của cơ quan thuế đến ngày 11/12"
SAID = {"xac_nhan/ly_do_nop_muon/gia_tri": REASON}
CHANGED = {"xac_nhan/so_bao_cao/gia_tri": "125/BC-UBND"}
IN_TIME, LATE = "2026-12-09T23:59", "2026-12-10T00:00"


def _hand_in(p: Pass, name: str = "a.xlsx", **changes: object) -> Arrival:
    """Hand in a form and have it judged; the version as it stands then."""
    drop(p, AGENCY, name=name, **changes)
    collect_files(p)
    validate_agency(p, AGENCY)
    with p.store.read() as connection:
        return list_arrivals(connection, p.cycle.id, AGENCY)[-1]


def _told(arrival: Arrival) -> tuple[str | None, list[str]]:
    return arrival.verdict, [finding["code"] for finding in json.loads(arrival.findings)]


@pytest.mark.parametrize(
    ("at", "changes", "told"),
    [
        (IN_TIME, {}, []),
        (LATE, {}, ["late-without-reason"]),
        (LATE, SAID, []),
    ],
)
def test_a_late_first_return_is_accepted_and_its_reason_asked_for(
    small: Small, at: str, changes: dict[str, object], told: list[str]
) -> None:
    """Its figures are worth more than its reason."""
    assert _told(_hand_in(small(at), **changes)) == ("accepted", told)


@pytest.mark.parametrize(
    ("at", "changes", "told"),
    [
        (IN_TIME, {}, ("accepted", [])),
        (LATE, {}, ("returned", ["replacement-without-reason"])),
        (LATE, SAID, ("accepted", [])),
    ],
)
def test_an_accepted_version_is_not_replaced_after_the_deadline_without_a_reason(
    small: Small, at: str, changes: dict[str, object], told: tuple[str, list[str]]
) -> None:
    """It stays in force, and the agency hears which cell to fill."""
    _hand_in(small(MIDDAY))
    replacement = _hand_in(small(at), "b.xlsx", **changes, **CHANGED)
    assert _told(replacement) == told
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
    assert _told(_hand_in(small("2026-12-11T23:59"))) == ("accepted", [])
    assert _told(_hand_in(small("2026-12-12T00:00"), "b.xlsx", **CHANGED))[1] == ["replacement-without-reason"]


def test_what_is_in_a_report_is_not_replaced_without_a_reason(small: Small) -> None:
    """Also within an extended deadline: people have read the figures by then."""
    _extend(small(MIDDAY), "2026-12-26")
    _hand_in(small(MIDDAY))
    p = small(COMPILATION)
    assert compile_report(p, aggregate_returns(p).snapshot, is_asked=False) == 1
    refused = _hand_in(small("2026-12-15T10:00"), "b.xlsx", **CHANGED)
    assert _told(refused) == ("returned", ["replacement-without-reason"])
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
