"""A chart of the report as a picture for a mail: as wide as a telephone, each name above its bar.

The figures, names and title are those of the report; only the drawing differs from `documents.report.charts`, whose
letters would be a third as large on a telephone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from kybaocao.documents.model import Chart, ReportContent
from kybaocao.documents.report.charts import FONTS, measure_text
from kybaocao.vietnamese import format_number

_WIDTH, _EDGE = 90.0, 1.0  # millimetres, as every length here; 90 are 340 pixels at 96 dpi
_LINE, _BAR, _GAP = 4.2, 4.6, 2.6
_LONGEST = 4  # lines of a name
_MOST = 8  # bars
_SIZE = 9.5  # points
_DPI = 200
_INCH = 25.4
_LETTERS, _COLOUR, _PAPER = "#1f2937", "#7fb0bd", "#ffffff"


def find_target_chart(contents: Iterable[ReportContent]) -> Chart | None:
    """The chart of results against targets; None where there are no results yet."""
    return next(
        (
            block
            for content in contents
            for section in content.sections
            for block in section.blocks
            if isinstance(block, Chart) and block.targets
        ),
        None,
    )


def strip_number(title: str) -> str:
    """ "Biểu đồ 1. 2/5 chỉ tiêu đạt" -> "2/5 chỉ tiêu đạt": the letter has one picture."""
    return re.sub(r"^[^\W\d_]+ [^\W\d_]+ \d+\. ", "", title)


def describe_chart(chart: Chart) -> str:
    """What the picture shows, for whoever does not see it; its title stands above it in the letter."""
    rows = zip(chart.categories, chart.series[0].values, strict=True)
    shown = "; ".join(f"{name.partition(' (')[0]}: {_show(chart, value)}" for name, value in list(rows)[:_MOST])
    return f"Biểu đồ: {shown}."


def draw_for_telephone(chart: Chart) -> bytes:
    """PNG bytes; the same chart gives the same bytes on every machine with the same matplotlib."""
    rows = list(zip(chart.categories, chart.series[0].values, chart.targets, strict=True))[:_MOST]
    names = [wrap_name(name) for name, _, _ in rows]
    legend = f"Vạch đứng: {chart.target_name.lower()}"
    height = sum(len(lines) * _LINE + _BAR + _GAP for lines in names) + _LINE + _GAP
    figure = Figure(figsize=(_WIDTH / _INCH, height / _INCH), dpi=_DPI, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, _WIDTH)
    axes.set_ylim(height, 0)  # from the top
    axes.set_axis_off()
    room = _WIDTH - 2 * _EDGE - measure_text(" 100,00%", _SIZE)
    longest = max([100.0, *(float(value) for _, value, _ in rows), *(float(target) for _, _, target in rows)])
    top = _GAP / 2
    for (_, value, target), lines in zip(rows, names, strict=True):
        for line in lines:
            axes.text(_EDGE, top + _LINE * 0.75, line, fontproperties=_font(), color=_LETTERS, parse_math=False)
            top += _LINE
        middle, end = top + _BAR / 2, _EDGE + room * max(0.0, float(value)) / longest
        axes.barh(middle, end - _EDGE, left=_EDGE, height=_BAR * 0.8, color=_COLOUR)
        goal = _EDGE + room * float(target) / longest
        axes.plot((goal, goal), (top, top + _BAR), color=_LETTERS, linewidth=2)
        place = max(end, goal) if end < goal + 1 and goal - end < 1 else end
        said = _show(chart, value)
        if place < goal and place + measure_text(said, _SIZE) + 1.5 > goal:
            place = goal  # the figure stands behind the mark where there is no room before it
        axes.text(
            place + 1, middle, said, fontproperties=_font(bold=True), color=_LETTERS, va="center", parse_math=False
        )
        top += _BAR + _GAP
    axes.text(_EDGE, top + _LINE * 0.6, legend, fontproperties=_font(), color=_LETTERS, parse_math=False)
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=_DPI, metadata={"Software": None})
    return written.getvalue()


def _show(chart: Chart, value: object) -> str:
    return format_number(value, 2) + chart.unit  # type: ignore[arg-type]


def wrap_name(category: str) -> list[str]:
    """The lines above a bar."""
    lines = [""]
    room = _WIDTH - 2 * _EDGE
    for word in category.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and measure_text(longer, _SIZE) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    if len(lines) > _LONGEST:
        lines = lines[:_LONGEST]
        while measure_text(lines[-1] + " …", _SIZE) > room:
            lines[-1] = lines[-1].rpartition(" ")[0]
        lines[-1] += " …"
    return lines


def _font(*, bold: bool = False) -> FontProperties:
    return FontProperties(fname=str(FONTS / f"LiberationSerif-{'Bold' if bold else 'Regular'}.ttf"), size=_SIZE)
