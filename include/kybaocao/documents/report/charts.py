"""Charts as PNG, drawn for black-and-white print: greys with hatching, figures written on the bars.

Figures are drawn on Agg canvases; pyplot and its shared state are not used.
"""

from __future__ import annotations

import functools
import io
import textwrap
from decimal import Decimal
from typing import Any

from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from kybaocao.documents.layout import TEXT_WIDTH
from kybaocao.documents.model import Chart
from kybaocao.vietnamese import format_number

_INCH = 25.4
_DPI = 200
_FONTS = ("Times New Roman", "Liberation Serif", "DejaVu Serif")
_LETTERS = "ăâđêôơưẠạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ–"
_SHADES = (
    ("#404040", "", "white"),
    ("#d9d9d9", "", "black"),
    ("#ffffff", "////", "black"),
    ("#8c8c8c", "....", "black"),
    ("#ffffff", "", "black"),
    ("#ffffff", "xxxx", "black"),
)
_ABOVE, _AXIS = 2.0, 9.0  # millimetres over the bars, and for the axis under them
_LABELS = 0.37  # of the width
_LABEL_WIDTH = 38  # characters of a category before it goes to a new line
_NARROW = 0.035  # of the bar: a share too narrow to write a figure in


def draw_chart(chart: Chart) -> bytes:
    """PNG bytes; the same chart gives the same bytes on the same machine."""
    lines = [textwrap.wrap(category, _LABEL_WIDTH) for category in chart.categories]
    legend = 6 * (1 if chart.targets else -(-len(chart.series) // 3))  # millimetres, as everything below
    bars = sum(4.5 + 3.6 * len(label) for label in lines)
    height = _ABOVE + bars + _AXIS + legend
    figure = Figure(figsize=(TEXT_WIDTH / _INCH, height / _INCH), dpi=_DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((_LABELS, (_AXIS + legend) / height, 0.97 - _LABELS, bars / height))
    rows = list(range(len(chart.categories)))
    handles = _draw_against_targets(axes, chart, rows) if chart.targets else _draw_shares(axes, chart, rows)
    axes.set_yticks(rows, ["\n".join(label) for label in lines], fontproperties=_font(9.5))
    axes.invert_yaxis()
    axes.set_xlim(0, 104 if chart.targets else 100)
    axes.set_xticks(range(0, 101, 20), [f"{tick}%" for tick in range(0, 101, 20)], fontproperties=_font(9))
    axes.tick_params(length=2, width=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_linewidth(0.5)
    figure.legend(
        handles=handles,
        loc="lower center",
        ncols=min(len(handles), 3),
        frameon=False,
        prop=_font(9.5),
        handlelength=2.2,
    )
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=_DPI, metadata={"Software": None})
    return written.getvalue()


def _draw_against_targets(axes: Any, chart: Chart, rows: list[int]) -> list[Any]:
    values = chart.series[0].values
    axes.barh(rows, [float(v) for v in values], height=0.55, color="#bfbfbf", edgecolor="black", linewidth=0.6)
    for row, value, target in zip(rows, values, chart.targets, strict=True):
        axes.plot((float(target),) * 2, (row - 0.38, row + 0.38), color="black", linewidth=2.4)
        axes.text(2, row, format_number(value, 2) + chart.unit, va="center", fontproperties=_font(10, bold=True))
    return [
        Patch(facecolor="#bfbfbf", edgecolor="black", linewidth=0.6, label=chart.series[0].name),
        Line2D((), (), color="black", linewidth=2.4, label=chart.target_name),
    ]


def _draw_shares(axes: Any, chart: Chart, rows: list[int]) -> list[Any]:
    """Bars of equal length, divided by share, the counts written in: groups differ a hundredfold in size."""
    totals = [sum((series.values[row] for series in chart.series), Decimal(0)) for row in rows]
    left = [0.0] * len(rows)
    handles = []
    for series, (colour, hatch, ink) in zip(chart.series, _SHADES, strict=False):
        shares = [
            float(value * 100 / total) if total else 0.0 for value, total in zip(series.values, totals, strict=True)
        ]
        axes.barh(rows, shares, left=left, height=0.62, color=colour, hatch=hatch, edgecolor="black", linewidth=0.5)
        for row, share in enumerate(shares):
            if share >= _NARROW * 100:
                backing = None if not hatch else {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
                axes.text(
                    left[row] + share / 2,
                    row,
                    format_number(series.values[row]),
                    ha="center",
                    va="center",
                    color=ink,
                    fontproperties=_font(9),
                    bbox=backing,
                )
        left = [start + share for start, share in zip(left, shares, strict=True)]
        handles.append(Patch(facecolor=colour, hatch=hatch, edgecolor="black", linewidth=0.5, label=series.name))
    return handles


# --- type ------------------------------------------------------------------------------------------------


def _font(size: float, *, bold: bool = False) -> FontProperties:
    return FontProperties(family=_family(), size=size, weight="bold" if bold else "normal")


@functools.cache
def _family() -> str:
    """The first serif type on this machine that has every Vietnamese letter; matplotlib brings the last."""
    for family in _FONTS:
        try:
            path = font_manager.findfont(FontProperties(family=family), fallback_to_default=False)
        except ValueError:
            continue
        known = font_manager.get_font(path).get_charmap()
        if all(ord(letter) in known for letter in _LETTERS):
            return family
    return _FONTS[-1]
