"""An explanation is given once for a figure, and holds for that figure in the versions and the cycle that follow."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.store.submissions import list_submissions
from tests.stages.conftest import MIDDAY, drop

Small = Callable[[str], Pass]
AGENCY = "X-04183"


def _hand_in(p: Pass, name: str, *figures: int, reason: str = "") -> str | None:
    columns = ("tu_so_ky", "mau_so_ky", "tu_so_luy_ke", "mau_so_luy_ke")
    said = {f"ty_le/T15/{column}": figure for column, figure in zip(columns, figures, strict=True)}
    drop(p, AGENCY, name=name, **said, **{"ty_le/T15/giai_trinh": reason or None})
    collect_files(p)
    validate_agency(p, AGENCY)
    with p.store.read() as connection:
        return list_submissions(connection, p.cycle.id, AGENCY)[-1].verdict


def test_a_share_explained_once_is_not_asked_about_again(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor the third time, when the second gave no reason any more; another share of the same numerator is."""
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)
    p = small(MIDDAY)
    assert _hand_in(p, "1.xlsx", 5, 50, 10, 100) == "returned"
    assert _hand_in(p, "2.xlsx", 5, 50, 10, 100, reason="Hệ thống tạm dừng từ tháng 7") == "accepted"
    assert _hand_in(p, "3.xlsx", 4, 50, 10, 100) == "accepted"
    assert _hand_in(p, "4.xlsx", 3, 50, 10, 100) == "accepted"
    assert _hand_in(p, "5.xlsx", 3, 50, 10, 40_000) == "returned"
