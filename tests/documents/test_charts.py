"""Charts."""

from __future__ import annotations

import itertools
import sys
import unicodedata
from decimal import Decimal

import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

from kybaocao.documents.model import Chart, Series
from kybaocao.documents.report.charts import FONTS, draw_chart, draw_figure, split_chart

CHART = Chart(
    "targets",
    "Biểu đồ 1. Kết quả",
    ("T15. Tỷ lệ cấp kết quả giải quyết thủ tục hành chính điện tử (mục tiêu: 100%)",),
    (Series("Kết quả", (Decimal("94.3"),)),),
    (Decimal(100),),
    "Mục tiêu",
    "%",
)
_VOWELS = "aăâeêioôơuưy"
_TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
_NAMES = {
    "short": "UBND xã Mù",
    "long": "Tỷ lệ hồ sơ thủ tục hành chính của tổ chức, doanh nghiệp được cấp kết quả điện tử " * 8,
    "one long word": "WWWWW" * 60,
    "a formula": r"chi phí $\frac{1}{0$ và ^_^ {100%}",
}


def make(name: str, count: int, *, with_targets: bool) -> Chart:
    values = tuple(Decimal(position * 7 % 130) for position in range(count))
    if with_targets:
        return Chart("targets", "", (name,) * count, (Series(name, values),), (Decimal(90),) * count, "Đích", "%")
    series = tuple(Series(f"{name} {number}", values) for number in range(1, 7))
    return Chart("tasks", "", (name,) * count, series)


def list_texts(figure: Figure) -> list[Text]:
    figure.canvas.draw()  # type: ignore[attr-defined]
    return [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


@pytest.mark.parametrize("with_targets", [True, False])
@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize("name", _NAMES)
def test_nothing_leaves_the_picture(name: str, count: int, with_targets: bool) -> None:
    """Names of any length, one category or forty: every text is whole inside its picture, every picture on its page."""
    pieces = split_chart(make(_NAMES[name], count, with_targets=with_targets))
    assert sum(len(piece.categories) for piece in pieces) == count
    for piece in pieces:
        figure = draw_figure(piece)
        assert figure.get_figheight() * 25.4 < 220
        found = list_texts(figure)
        assert len(found) > len(piece.categories)
        for text in found:
            box = text.get_window_extent()
            assert (box.x0 >= 0, box.y0 >= 0) == (True, True), text.get_text()
            assert (box.x1 <= figure.bbox.x1, box.y1 <= figure.bbox.y1) == (True, True), text.get_text()


def test_labels_touch_neither_the_bars_nor_each_other() -> None:
    """Ten names of several lines."""
    figure = draw_figure(make(_NAMES["long"], 7, with_targets=True))
    found = [text for text in list_texts(figure) if text.get_text().count("\n")]
    boxes = [text.get_window_extent() for text in found]
    assert len(boxes) == 7
    assert max(box.x1 for box in boxes) <= figure.axes[0].get_window_extent().x0
    assert all(upper.y0 >= lower.y1 for upper, lower in itertools.pairwise(boxes))


def test_a_chart_is_a_png() -> None:
    """What Word embeds."""
    assert draw_chart(CHART).startswith(b"\x89PNG\r\n")


def test_the_same_chart_gives_the_same_bytes() -> None:
    """No date and no version in the file."""
    assert draw_chart(CHART) == draw_chart(CHART)


@pytest.mark.parametrize("name", ["LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf"])
def test_the_type_has_every_vietnamese_letter(name: str) -> None:
    """A missing letter would print as an empty box."""
    letters = {unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES} | set("đ–…≥≤%“”")
    letters |= {letter.upper() for letter in letters}
    known = font_manager.get_font(FONTS / name).get_charmap()
    assert len(letters) > 140
    assert sorted(letter for letter in letters if ord(letter) not in known) == []


def test_the_licence_lies_beside_the_type() -> None:
    """The Open Font License asks for it wherever the type is handed on."""
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "LICENSE.txt").read_text(encoding="utf-8")


def test_a_result_over_the_target_is_drawn_whole() -> None:
    """130% of something is possible; its bar ends inside the axis."""
    figure = draw_figure(make("Tỷ lệ", 30, with_targets=True))
    assert figure.axes[0].get_xlim()[1] > 126


def test_charts_leave_pyplot_alone() -> None:
    """Its shared state is not safe in a process that runs several tasks."""
    draw_chart(CHART)
    assert "matplotlib.pyplot" not in sys.modules


def test_a_group_without_anything_is_an_empty_bar() -> None:
    """No division by zero."""
    empty = Chart("tasks", "Biểu đồ", ("1. Nhóm",), (Series("Đã hoàn thành", (Decimal(0),)),))
    assert draw_chart(empty).startswith(b"\x89PNG")
