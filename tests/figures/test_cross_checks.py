"""Two agencies count the same thing: T08's denominator is T02, all enterprises of the province at the cut-off."""

from __future__ import annotations

from decimal import Decimal

from kybaocao.documents.report.discrepancies import describe_discrepancy
from kybaocao.figures.snapshot import Discrepancy, Snapshot
from tests.figures.taking import HAS, NOT_YET, PLAN, take
from tests.submissions import arrive, figures


def _count(enterprises: int, base: int, status: str = HAS) -> Snapshot:
    counted = {("so_luong", "T02", "tinh_trang"): status, ("so_luong", "T02", "thuc_hien"): enterprises}
    return take(arrive("STC", counted), arrive("STP", figures("T08", 4000, base)))


def test_a_difference_is_named_with_both_figures() -> None:
    """Neither file is sent back: nobody knows which is wrong."""
    assert _count(4410, 4331).discrepancies == (
        Discrepancy("T08", "mau_so", Decimal(4331), "T02", "tu_so", Decimal(4410)),
    )


def test_equal_figures_and_unknown_ones_are_no_difference() -> None:
    """A figure that was not reported, or that does not count, differs from nothing."""
    assert _count(4410, 4410).discrepancies == ()
    assert _count(4410, 4331, NOT_YET).discrepancies == ()
    assert take(arrive("STP", figures("T08", 4000, 4331))).discrepancies == ()


def test_a_difference_is_said_in_words() -> None:
    """In the report to UBND tỉnh and before a release."""
    assert describe_discrepancy(PLAN, _count(4410, 4331).discrepancies[0]) == (
        "mẫu số của T08 là 4.331, khác T02 là 4.410; hai số này phải bằng nhau"
    )
