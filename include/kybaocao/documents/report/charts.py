"""Charts as PNG, drawn for black-and-white print: greys with hatching, figures written on the bars.

Figures are drawn on Agg canvases; pyplot and its shared state are not used.  The type is Liberation Serif, as wide as
Times New Roman, from the folder `fonts`: a label takes the same room on every machine.
"""

from __future__ import annotations

import bisect
import functools
import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from kybaocao.documents.layout import TEXT_WIDTH
from kybaocao.documents.model import Chart
from kybaocao.vietnamese import format_number

_INCH = 25.4
_DPI = 200
FONTS = Path(__file__).parents[1] / "fonts"
_SHADES = (
    ("#404040", "", "white"),
    ("#d9d9d9", "", "black"),
    ("#ffffff", "////", "black"),
    ("#8c8c8c", "....", "black"),
    ("#ffffff", "", "black"),
    ("#ffffff", "xxxx", "black"),
)
# Millimetres, as every length below.
_ABOVE, _AXIS, _LEGEND_LINE = 2.0, 9.0, 6.0  # over the bars; for the axis under them
_LEGEND_SIGN = 17.5  # the sign before a name of the legend, and the space after the name
_LABELS = 63.0  # for the names of the categories
_EDGE = 1.5  # between a label and what is beside it
_BETWEEN, _LABEL_LINE = 2.5, 3.8
_LABEL_SIZE, _TICK_SIZE, _SHARE_SIZE, _VALUE_SIZE = 9.5, 9, 9, 10  # points
_LONGEST_LABEL = 5  # lines; what is left of the name is "…", the annex has it whole
_TALLEST = 215.0  # of one picture: with its caption it fits on a page
_SHARE_MARGIN = 1.5  # left and right of a figure in its share of a bar


def split_chart(chart: Chart) -> tuple[Chart, ...]:
    """The chart in as many pieces as it takes for each to fit on a page."""
    pieces: list[list[int]] = [[]]
    room = _TALLEST - _ABOVE - _AXIS - _LEGEND_LINE * _count_legend_lines(chart)
    used = 0.0
    for row, category in enumerate(chart.categories):
        height = _measure_row(_wrap_label(category))
        if pieces[-1] and used + height > room:
            pieces.append([])
            used = 0.0
        pieces[-1].append(row)
        used += height
    if len(pieces) == 1:
        return (chart,)
    return tuple(
        replace(
            chart,
            categories=tuple(chart.categories[row] for row in rows),
            series=tuple(replace(s, values=tuple(s.values[row] for row in rows)) for s in chart.series),
            targets=tuple(chart.targets[row] for row in rows) if chart.targets else (),
        )
        for rows in pieces
    )


def draw_chart(chart: Chart) -> bytes:
    """PNG bytes; the same chart gives the same bytes on every machine with the same matplotlib."""
    written = io.BytesIO()
    draw_figure(chart).savefig(written, format="png", dpi=_DPI, metadata={"Software": None})
    return written.getvalue()


def draw_figure(chart: Chart) -> Figure:
    lines = [_wrap_label(category) for category in chart.categories]
    heights = [_measure_row(label) for label in lines]
    legend = _LEGEND_LINE * _count_legend_lines(chart)
    bars = sum(heights)
    height = _ABOVE + bars + _AXIS + legend
    figure = Figure(figsize=(TEXT_WIDTH / _INCH, height / _INCH), dpi=_DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes(
        (_LABELS / TEXT_WIDTH, (_AXIS + legend) / height, 1 - (_LABELS + 5) / TEXT_WIDTH, bars / height)
    )
    rows = list(_place_rows(heights))
    axes.set_ylim(bars, 0)  # millimetres from the top
    end = _find_axis_end(chart)
    axes.set_xlim(0, float(end))
    handles = _draw_against_targets(axes, chart, rows) if chart.targets else _draw_shares(axes, chart, rows)
    for row, label in zip(rows, lines, strict=True):
        place = 1 - (_ABOVE + row) / height
        _write(figure, (_LABELS - _EDGE) / TEXT_WIDTH, place, "\n".join(label), _LABEL_SIZE, ha="right", va="center")
    axes.set_yticks([])
    step = 20 if end < 200 else max(50, int(end / 5 / 50) * 50)
    ticks = range(0, int(end) + 1, step)
    axes.set_xticks(list(ticks), [f"{format_number(tick)}%" for tick in ticks], fontproperties=_font(_TICK_SIZE))
    axes.tick_params(length=2, width=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_linewidth(0.5)
    legend_box = figure.legend(
        handles=handles,
        loc="lower center",
        ncols=_count_legend_columns(chart),
        frameon=False,
        prop=_font(_LABEL_SIZE),
        handlelength=2.2,
        borderpad=0,
    )
    for text in legend_box.get_texts():
        text.set_parse_math(False)
    return figure


def _count_legend_lines(chart: Chart) -> int:
    return -(-len(_name_legend(chart)) // _count_legend_columns(chart))


def _count_legend_columns(chart: Chart) -> int:
    """Three at most, fewer where the names are long."""
    names = _name_legend(chart)
    widest = max(measure_text(name, _LABEL_SIZE) for name in names) + _LEGEND_SIGN
    return max(1, min(3, len(names), int((TEXT_WIDTH - 4) / widest)))


def _name_legend(chart: Chart) -> list[str]:
    names = [series.name for series in chart.series] + ([chart.target_name] if chart.targets else [])
    return [_shorten(name, TEXT_WIDTH - 4 - _LEGEND_SIGN) for name in names]


def _measure_row(label: list[str]) -> float:
    return _BETWEEN + _LABEL_LINE * len(label)


def _place_rows(heights: list[float]) -> Iterator[float]:
    """The middle of each row, from the top."""
    top = 0.0
    for height in heights:
        yield top + height / 2
        top += height


def _find_axis_end(chart: Chart) -> Decimal:
    """Per cent: shares end at 100; results may be over it."""
    if not chart.targets:
        return Decimal(100)
    return max(Decimal(100), *chart.targets, *chart.series[0].values) * Decimal("1.04")


def _draw_against_targets(axes: Any, chart: Chart, rows: list[float]) -> list[Any]:
    values = chart.series[0].values
    axes.barh(rows, [float(v) for v in values], height=4.4, color="#bfbfbf", edgecolor="black", linewidth=0.6)
    start = float(_find_axis_end(chart)) * 0.02
    for row, value, target in zip(rows, values, chart.targets, strict=True):
        axes.plot((float(target),) * 2, (row - 3, row + 3), color="black", linewidth=2.4)
        _write(axes, start, row, format_number(value, 2) + chart.unit, _VALUE_SIZE, bold=True, va="center")
    result_name, target_name = _name_legend(chart)
    return [
        Patch(facecolor="#bfbfbf", edgecolor="black", linewidth=0.6, label=result_name),
        Line2D((), (), color="black", linewidth=2.4, label=target_name),
    ]


def _draw_shares(axes: Any, chart: Chart, rows: list[float]) -> list[Any]:
    """Bars of equal length, divided by share, the counts written in: groups differ a hundredfold in size."""
    columns = range(len(rows))
    totals = [sum((series.values[column] for series in chart.series), Decimal(0)) for column in columns]
    left = [0.0] * len(rows)
    handles = []
    per_percent = (TEXT_WIDTH - _LABELS - 5) / 100  # millimetres
    for name, series, (colour, hatch, ink) in zip(_name_legend(chart), chart.series, _SHADES, strict=False):
        shares = [
            float(value * 100 / total) if total else 0.0 for value, total in zip(series.values, totals, strict=True)
        ]
        axes.barh(rows, shares, left=left, height=4.8, color=colour, hatch=hatch, edgecolor="black", linewidth=0.5)
        for column, share in enumerate(shares):
            number = format_number(series.values[column])
            if share and share * per_percent >= measure_text(number, _SHARE_SIZE) + 2 * _SHARE_MARGIN:
                backing = None if not hatch else {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
                place = left[column] + share / 2
                _write(
                    axes, place, rows[column], number, _SHARE_SIZE, ha="center", va="center", color=ink, bbox=backing
                )
        left = [start + share for start, share in zip(left, shares, strict=True)]
        handles.append(Patch(facecolor=colour, hatch=hatch, edgecolor="black", linewidth=0.5, label=name))
    return handles


# --- type ------------------------------------------------------------------------------------------------


def measure_text(text: str, size: float) -> float:
    """Width in millimetres of a line in the type of the charts."""
    width, _, _ = _measurer().get_text_width_height_descent(text, _font(size), False)
    return float(width) / _DPI * _INCH


@functools.lru_cache(maxsize=512)
def _measure_word(word: str) -> float:
    return measure_text(word, _LABEL_SIZE)


def _wrap_label(label: str) -> list[str]:
    """The lines of a category's name, none of them wider than the room beside the bars."""
    room = _LABELS - 2 * _EDGE
    space = _measure_word("n n") - 2 * _measure_word("n")
    lines = [""]
    used = 0.0
    for word in label.split():
        for part in _split_word(word, room):
            width = _measure_word(part)
            if lines[-1] and used + space + width <= room:
                lines[-1] += " " + part
                used += space + width
            elif lines[-1]:
                lines.append(part)
                used = width
            else:
                lines[-1], used = part, width
    if len(lines) > _LONGEST_LABEL:
        lines = lines[:_LONGEST_LABEL]
        lines[-1] = _shorten(lines[-1] + " …", room)
    return lines


@functools.lru_cache(maxsize=64)
def _shorten(text: str, room: float) -> str:
    if measure_text(text, _LABEL_SIZE) <= room:
        return text
    text = text.removesuffix("…").rstrip()
    fitting = bisect.bisect(range(len(text)), room, key=lambda end: measure_text(text[:end] + " …", _LABEL_SIZE))
    return text[: max(0, fitting - 1)].rstrip() + " …"


def _split_word(word: str, room: float) -> list[str]:
    """A word that is wider than a line, in pieces."""
    pieces = [word]
    while _measure_word(pieces[-1]) > room:
        long = pieces.pop()
        end = max(1, bisect.bisect(range(len(long)), room, key=lambda end: _measure_word(long[:end])) - 1)
        pieces += [long[:end], long[end:]]
    return pieces


def _write(on: Any, x: float, y: float, text: str, size: float, *, bold: bool = False, **look: Any) -> Text:
    """ "$" is a sign like every other, not the beginning of a formula."""
    written: Text = on.text(x, y, text, fontproperties=_font(size, bold=bold), parse_math=False, **look)
    return written


@functools.cache
def _font(size: float, *, bold: bool = False) -> FontProperties:
    return FontProperties(fname=str(FONTS / f"LiberationSerif-{'Bold' if bold else 'Regular'}.ttf"), size=size)


@functools.cache
def _measurer() -> RendererAgg:
    return RendererAgg(1, 1, _DPI)
