"""One phrase for how the cycle stands, with its base."""

from __future__ import annotations

from kybaocao.figures.headline import count_headline
from tests.figures.taking import HAS, UNPUBLISHED, take
from tests.submissions import Value, arrive, figures


def _count(code: str, now: int, estimate: int) -> dict[tuple[str, str, str], Value]:
    row = {"tinh_trang": HAS, "thuc_hien": now, "uoc_nam": estimate}
    return {("so_luong", code, column): value for column, value in row.items()}


def test_every_target_and_every_agency_is_counted_once() -> None:
    """All targets of the plan, with and without a number; all agencies that owe a report, the invited ones too."""
    snapshot = take(
        arrive("STC", _count("T02", 4410, 4455) | _count("T03", 322, 351) | figures("T15", 1, 2)),
        arrive("STP", figures("T08", 9, 9) | figures("T09", 9, 9)),
        arrive("SKHCN", {("thu_hang", "T05", "tinh_trang"): UNPUBLISHED}),
    )
    headline = count_headline(snapshot)
    assert str(headline) == (
        "Trong 26 mục tiêu: 2 đạt, 1 dự kiến đạt, 1 dự kiến không đạt, 1 chưa đạt, 1 chưa công bố, "
        "20 chưa có số liệu; 3/90 cơ quan đã báo cáo (3,33%)."
    )
    assert sum(headline.assessments.values()) == 26


def test_without_any_report_the_phrase_is_still_a_sentence() -> None:
    assert str(count_headline(take())) == (
        "Trong 26 mục tiêu: 26 chưa có số liệu; chưa nhận được báo cáo của cơ quan nào trong 90 cơ quan."
    )
