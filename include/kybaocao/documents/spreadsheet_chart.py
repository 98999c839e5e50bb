"""A bar chart that Excel draws from cells of its sheet: results beside targets, as long as the names need."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.chart.title import title_maker
from openpyxl.drawing.text import CharacterProperties, Font, Paragraph, ParagraphProperties
from openpyxl.xml.functions import fromstring, tostring

from kybaocao.documents import layout
from kybaocao.documents.model import Table

_WIDTH, _BASE_HEIGHT, _BAR_HEIGHT = 24, 4, 1.6  # centimetres
_COLOURS = ("1F4E79", "BFBFBF")  # dark and light: apart also when printed in grey
_DRAWING, _CHART = "xl/drawings/drawing", "xl/charts/chart"


def draw_bars(sheet: Any, table: Table, heading_row: int, title: str) -> BarChart:
    """The second column and the third of the table as bars, by the names in its first; the first row on top."""
    last = heading_row + len(table.rows)
    chart = BarChart()
    chart.type, chart.gapWidth, chart.overlap = "bar", 60, 0
    chart.add_data(Reference(sheet, min_col=2, max_col=3, min_row=heading_row, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=heading_row + 1, max_row=last))
    for series, colour in zip(chart.series, _COLOURS, strict=True):
        series.graphicalProperties = GraphicalProperties(solidFill=colour)
    chart.series[0].dLbls = DataLabelList(
        showVal=True, showSerName=False, showCatName=False, showLegendKey=False, showPercent=False
    )
    heading: Any = title_maker(title)
    heading.tx.rich.p[0].pPr = _set_type(12, bold=True)
    chart.title = heading
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False
        axis.txPr = RichText(p=[Paragraph(pPr=_set_type(9), endParaRPr=CharacterProperties())])
    chart.x_axis.scaling.orientation = "maxMin"
    chart.y_axis.scaling.min = 0
    chart.y_axis.number_format = "0%"
    chart.y_axis.crosses = "max"  # below the bars, although the first one is on top
    chart.legend.position = "b"
    chart.width, chart.height = _WIDTH, round(_BASE_HEIGHT + _BAR_HEIGHT * len(table.rows))
    return chart


def _set_type(size: int, *, bold: bool = False) -> ParagraphProperties:
    return ParagraphProperties(
        defRPr=CharacterProperties(sz=size * 100, b=bold, latin=Font(typeface=layout.FONT), lang="vi-VN")
    )


def describe_charts(book: bytes) -> dict[str, bytes]:
    """The drawings, each chart with its title as the text for those who cannot see it. openpyxl writes none."""
    changed: dict[str, Any] = {}
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        names = archive.namelist()
        for name in names:
            if name.startswith(_DRAWING):
                drawing = fromstring(archive.read(name))
                chart = fromstring(archive.read(f"{_CHART}{name.removeprefix(_DRAWING)}"))
                title = "".join(text.text or "" for text in _find_all(chart, "title")[0].iter() if _is(text, "t"))
                for properties in _find_all(drawing, "cNvPr"):
                    properties.set("descr", title)
                changed[name] = tostring(drawing)
    return changed


def _find_all(root: Any, name: str) -> list[Any]:
    return [one for one in root.iter() if _is(one, name)]


def _is(element: Any, name: str) -> bool:
    return str(element.tag).rpartition("}")[2] == name
