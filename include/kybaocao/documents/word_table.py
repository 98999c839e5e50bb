"""Tables of a Word document, built as XML in one go: python-docx takes seconds for a table of ninety rows."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.oxml.table import CT_Tbl

from kybaocao.documents import layout
from kybaocao.documents.layout import ColumnLayout
from kybaocao.documents.model import Cell, Row, RowStyle, Table

_TWIPS = 1440 / 25.4
KEPT = 2  # rows that are kept with the next one, at either end of a table
_TALL = 5  # characters a millimetre of width: of some eight lines, too much to be moved with its neighbours
_MARGIN = 45  # twips left and right of a cell's text
_SHADE = '<w:shd w:val="clear" w:color="auto" w:fill="EDEDED"/>'


def build_table(table: Table, title: str = "") -> CT_Tbl:
    """Fixed widths, headings repeated on every page, no row split between two pages.

    `title`: read aloud to those who cannot see the table.
    """
    columns = layout.COLUMNS[table.id]
    double = layout.TYPE_SIZES.get(table.id, layout.TABLE) * 2
    size = f'<w:sz w:val="{double}"/><w:szCs w:val="{double}"/>'
    total = _twips(sum(column.width for column in columns))
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = "".join(f'<w:gridCol w:w="{_twips(column.width)}"/>' for column in columns)
    # The heading is never alone with one row at the foot of a page, nor the last row at the head of the next.
    last = len(table.rows) - 1
    rows = "".join(
        _row(
            row,
            columns,
            size,
            keep=(place < min(KEPT, last) or last - KEPT <= place < last) and not _is_tall(row, columns),
        )
        for place, row in enumerate(table.rows)
    )
    element = parse_xml(
        f"<w:tbl {nsdecls('w')}><w:tblPr>"
        f'<w:tblW w:w="{total}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>{edges}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="{_MARGIN}" w:type="dxa"/>'
        f'<w:right w:w="{_MARGIN}" w:type="dxa"/></w:tblCellMar>'
        f"<w:tblCaption w:val={quoteattr(title or table.columns[0])}/></w:tblPr>"
        f"<w:tblGrid>{grid}</w:tblGrid>{_heading(table, columns, size)}{rows}</w:tbl>"
    )
    assert isinstance(element, CT_Tbl)
    return element


def _is_tall(row: Row, columns: tuple[ColumnLayout, ...]) -> bool:
    cells = () if row.style is RowStyle.GROUP else zip(row.cells, columns, strict=True)
    return any(len(cell.text) > _TALL * column.width for cell, column in cells)


def _twips(millimetres: float) -> int:
    return round(millimetres * _TWIPS)


def _heading(table: Table, columns: tuple[ColumnLayout, ...], size: str) -> str:
    cells = "".join(
        _cell(Cell(text), _twips(column.width), "center", size, bold=True, shade=True, keep=True)
        for text, column in zip(table.columns, columns, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>"


def _row(row: Row, columns: tuple[ColumnLayout, ...], size: str, *, keep: bool) -> str:
    if row.style is RowStyle.GROUP:
        total = _twips(sum(column.width for column in columns))
        # Kept with the row below it, so that no heading is alone at the foot of a page.
        cells = _cell(row.cells[0], total, "left", size, bold=True, shade=True, span=len(columns), keep=True)
    else:
        cells = "".join(
            _cell(
                cell,
                _twips(column.width),
                column.align,
                size,
                bold=row.style is RowStyle.TOTAL,
                italic=row.style is RowStyle.PART,
                keep=keep,
            )
            for cell, column in zip(row.cells, columns, strict=True)
        )
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"


def _cell(
    cell: Cell,
    width: int,
    align: str,
    size: str,
    *,
    bold: bool = False,
    italic: bool = False,
    shade: bool = False,
    span: int = 1,
    keep: bool = False,
) -> str:
    spanned = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    emphasis = ("<w:b/>" if bold else "") + ("<w:i/>" if italic else "")
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{spanned}{_SHADE if shade else ""}'
        f'<w:vAlign w:val="center"/></w:tcPr><w:p><w:pPr>{"<w:keepNext/>" if keep else ""}'
        f'<w:spacing w:before="30" w:after="30"/><w:jc w:val="{align}"/><w:rPr>{size}</w:rPr></w:pPr>'
        f"<w:r><w:rPr>{emphasis}{size}</w:rPr>"
        f"{_break_lines(cell.text)}</w:r></w:p></w:tc>"
    )


def _break_lines(text: str) -> str:
    """A line feed is an element of its own: inside `w:t` it is not allowed, and lost."""
    return "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.splitlines() or [""])
