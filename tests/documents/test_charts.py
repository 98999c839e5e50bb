"""Charts."""

from __future__ import annotations

import sys
from decimal import Decimal

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties

from kybaocao.documents.model import Chart, Series
from kybaocao.documents.report.charts import _LETTERS, _family, draw_chart

CHART = Chart(
    "targets",
    "Biểu đồ 1. Kết quả",
    ("T15. Tỷ lệ cấp kết quả giải quyết thủ tục hành chính điện tử (mục tiêu: 100%)",),
    (Series("Kết quả", (Decimal("94.3"),)),),
    (Decimal(100),),
    "Mục tiêu",
    "%",
)


def test_a_chart_is_a_png() -> None:
    """What Word embeds."""
    assert draw_chart(CHART).startswith(b"\x89PNG\r\n")


def test_the_same_chart_gives_the_same_bytes() -> None:
    """No date and no version in the file."""
    assert draw_chart(CHART) == draw_chart(CHART)


def test_the_type_has_every_vietnamese_letter() -> None:
    """A missing letter would print as an empty box."""
    path = font_manager.findfont(FontProperties(family=_family()))
    known = font_manager.get_font(path).get_charmap()
    assert len(_LETTERS) > 50
    assert [letter for letter in _LETTERS if ord(letter) not in known] == []


def test_charts_leave_pyplot_alone() -> None:
    """Its shared state is not safe in a process that runs several tasks."""
    draw_chart(CHART)
    assert "matplotlib.pyplot" not in sys.modules


def test_a_group_without_anything_is_an_empty_bar() -> None:
    """No division by zero."""
    empty = Chart("tasks", "Biểu đồ", ("1. Nhóm",), (Series("Đã hoàn thành", (Decimal(0),)),))
    assert draw_chart(empty).startswith(b"\x89PNG")
