"""What a worksheet's XML says is read as Excel reads it, or the sheet is refused; nothing in between."""

from __future__ import annotations

from typing import Any

import pytest

from kybaocao.addresses import name_cell
from kybaocao.workbook.plain_book import BookTooLargeError
from kybaocao.workbook.xlsx_cells import read_cells

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STYLES = {"0": ("", ""), "1": ("percent", "0%"), "2": ("date", "dd/mm/yyyy"), "3": ("scaled", "#,##0,")}
STRINGS = {str(number): f"chữ {number}" for number in range(9)}
TEXT = "<is><t>chữ &#7897; &amp; ô</t></is>"
NOTHING: tuple[Any, list[Any]] = ("", [])


def _read(rows: str, after: str = "") -> tuple[list[list[Any]], list[Any]]:
    xml = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'
    return read_cells(xml.encode(), STRINGS, STYLES, is_1904=False)


def _read_cell(attributes: str, content: str) -> tuple[Any, list[Any]]:
    """(value, marks) of A1, beside which B1 holds 1."""
    rows, marks = _read(f'<row r="1"><c r="A1"{attributes}>{content}</c><c r="B1"><v>1</v></c></row>')
    assert rows[0][1:] == [1]
    return rows[0][0], [mark[2:] for mark in marks]


@pytest.mark.parametrize(
    ("attributes", "content", "expected"),
    [
        ("", "", NOTHING),
        (' s="0"', "", NOTHING),
        (' s="2"', "", NOTHING),
        ("", "<v/>", NOTHING),
        ("", "\n", NOTHING),
        ("", "<!--x-->", NOTHING),
        ("", "<v>5</v>", (5, [])),
        (' t="n"', "<v>-7.25</v>", (-7.25, [])),
        ("", "<v>&#53;</v>", (5, [])),
        ("", "<v>5<!--x-->6</v>", (56, [])),
        (' cm="1"', "<v>5</v>", (5, [])),
        (' s="1"', "<v>0.4</v>", (0.4, [["percent", "0%"]])),
        (' s="2"', "<v>46000</v>", ("", [["date", "2025-12-09T00:00:00"]])),
        (' s="3"', "<v>5</v>", (5, [["scaled", "#,##0,"]])),
        (' t="s"', "<v></v>", NOTHING),
        (' t="s"', "<v>3</v>", ("chữ 3", [])),
        (' t="s"', "<v> 5</v>", ("chữ 5", [])),
        (' s="0" t="s"', "<v>8</v>", ("chữ 8", [])),
        (' t="s" s="1"', "<v>5</v>", ("chữ 5", [])),
        (' t="inlineStr"', TEXT, ("chữ ộ & ô", [])),
        (' s="2" t="inlineStr"', TEXT, ("chữ ộ & ô", [])),
        (' t="inlineStr"', "<is><t/></is>", NOTHING),
        (' t="inlineStr"', "<is><t>_x0041_</t></is>", ("A", [])),
        (' t="inlineStr"', "<is><t>_&#120;0041_</t></is>", ("A", [])),
        (' t="inlineStr"', "<is><r><t>q</t></r></is>", ("q", [])),
        (' t="str"', "<v>b</v>", ("b", [])),
        (' t="str"', "<v>a\rb</v>", ("a\nb", [])),
        (' t="b"', "<v>1</v>", (True, [])),
        (' t="d"', "<v>2026-07-15T00:00:00</v>", ("", [["date", "2026-07-15T00:00:00"]])),
        (' t="e"', "<v>#N/A</v>", ("", [["error", "#N/A"]])),
        (' s="1"', "<f>A1&amp;B1</f>", ("", [["unworked", "=A1&B1"]])),
        ("", "<f>A1+1</f><v>5</v>", (5, [["formula", "=A1+1"]])),
        ("", "<f/><v>5</v>", (5, [["formula", "="]])),
        (' t="str"', "<f>A1</f><v></v>", ("", [["formula", "=A1"]])),
        ("", '<f xmlns="x">1</f>', NOTHING),
    ],
)
def test_a_cell_is_read(attributes: str, content: str, expected: tuple[Any, list[Any]]) -> None:
    """Value and marks, however the cell is spelled."""
    assert _read_cell(attributes, content) == expected


@pytest.mark.parametrize(
    ("attributes", "content", "expected"),
    [
        (' s=""', "<v>5</v>", (5, [])),
        (' s=" 1 "', "<v>0.4</v>", (0.4, [["percent", "0%"]])),
        (' s="01"', "<v>0.4</v>", (0.4, [["percent", "0%"]])),
        (' t=""', "<v>5</v>", (5, [])),
        ("", "<v> 310\n</v>", (310, [])),
        ("", "<v>\t310 </v>", (310, [])),
        (' t="n"', "<v>\r\n310</v>", (310, [])),
        (' t="b"', "<v> 1\n</v>", (True, [])),
        (' t="b"', "", NOTHING),
        (' t="d"', "<v> 2026-11-28\n</v>", ("", [["date", "2026-11-28T00:00:00"]])),
        (' t="d"', "<v>10:30:00</v>", ("10:30:00", [])),
        (' t="d"', "<v>T10:30</v>", ("10:30:00", [])),
        (' t="d"', "", NOTHING),
        (' t="e"', "<v> #N/A </v>", ("", [["error", "#N/A"]])),
        (' t="q"', "", NOTHING),
        (' t="q"', "<v> </v>", NOTHING),
        (' s="9"', "", NOTHING),
        (' s="-1" t="s"', "<v>3</v>", ("chữ 3", [])),
    ],
)
def test_what_programs_write_in_an_unusual_way_is_read(
    attributes: str, content: str, expected: tuple[Any, list[Any]]
) -> None:
    """White space around values, attributes with nothing in them, a date of which only the time is left."""
    assert _read_cell(attributes, content) == expected


@pytest.mark.parametrize(
    ("attributes", "content", "written"),
    [
        *((f' s="{style}"', "<v>5</v>", "5") for style in ("9", "-1", "x", "1.0", "²", "9" * 5_000)),
        (' t="s"', "<v>9</v>", "9"),
        (' t="s"', "<v>-1</v>", "-1"),
        *((f' t="{kind}"', "<v>5</v>", "5") for kind in ("q", "N", "number", "string", "date", "x n")),
        (' t="b"', "<v>TRUE</v>", "TRUE"),
        (' t="d"', "<v>28/11/2026</v>", "28/11/2026"),
        (' t="d"', "<v>2026</v>", "2026"),
        *(("", f"<v>{value}</v>", value) for value in ("1_0", "inf", "NaN", "-", "1,5", "3 10", "\u00a0310")),
        ("", "<v>5&#127;</v>", "5\n"),
        ("", f"<v>{'a' * 5_000}</v>", "a" * 100),
    ],
)
def test_a_cell_that_says_nothing_certain_is_marked_and_the_others_are_read(
    attributes: str, content: str, written: str
) -> None:
    """A guess would become a figure; the rest of the file is certain."""
    assert _read_cell(attributes, content) == ("", [["unreadable", written]])


def test_a_formula_with_an_unreadable_result_is_unreadable() -> None:
    """Of two marks the later one counts."""
    assert _read_cell(' s="9"', "<f>A9</f><v>5</v>") == ("", [["formula", "=A9"], ["unreadable", "5"]])


def test_a_text_longer_than_a_cell_is_longer_than_any_answer() -> None:
    """It is asked about where an answer is expected, and no matter elsewhere."""
    value, _ = _read_cell(' t="inlineStr"', f"<is><t>{'a' * 50_000}</t></is>")
    assert len(value) == 32_768


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A6000" s="1"/>',
        '<c r="A6000" t="inlineStr"><is><t> \u00a0\n</t></is></c>',
        '<c r="A6000" t="str"><f>IF(B1="","",B1)</f><v></v></c>',
    ],
)
def test_what_is_far_away_and_not_seen_is_nothing(cell: str) -> None:
    """A blank, a format, a formula that gives an empty text."""
    far = cell.replace("A6000", "GZ2")
    rows = f'<row r="1"><c r="A1"><v>5</v></c></row><row r="2">{far}</row><row r="6000">{cell}</row>'
    assert _read(rows) == ([[5]], [])


@pytest.mark.parametrize(
    "inside",
    ["<v>0</v>", "<f>1+1</f>", "<v>#N/A</v>", "<is><t>x</t></is>", "<v>2026-01-01</v>", "<v>!</v>"],
)
@pytest.mark.parametrize("place", ["A6000", "GS3"])
def test_what_is_far_away_and_seen_is_named(inside: str, place: str) -> None:
    """The agency has to find it: in a sheet nobody scrolls that far."""
    kind = {"<v>#": "e", "<is>": "inlineStr", "<v>2": "d"}.get(inside[:4], "n")
    with pytest.raises(BookTooLargeError) as caught:
        _read(f'<row r="{place[-4:].strip("ABGS")}"><c r="{place}" t="{kind}">{inside}</c></row>')
    assert caught.value.cell == place


@pytest.mark.parametrize(
    ("attributes", "content", "error"),
    [
        ("", "<v>5</v><v>6</v>", "DamagedBookError"),
        ("", "<v>&bad;</v>", "ExpatError"),
        ("", "<f>1<v>5</v>", "ExpatError"),
    ],
)
def test_a_cell_that_says_nothing_certain_is_refused(attributes: str, content: str, error: str) -> None:
    """A guess would become a figure."""
    with pytest.raises(Exception) as caught:
        _read_cell(attributes, content)
    assert type(caught.value).__name__ == error


@pytest.mark.parametrize("end", [">", ' spans="1:9">', ' ht="15" customHeight="1">', ' xmlns:a="b">', ' x="/">'])
def test_a_row_may_say_more_of_itself(end: str) -> None:
    """Attributes that are not ours change nothing."""
    assert _read(f'<row r="1"{end}<c r="A1"><v>5</v></c></row>') == ([[5]], [])


@pytest.mark.parametrize("between", ['<row r="90"/>', '<row r="91"></row>', "<!--x-->", "\n"])
def test_empty_rows_and_blanks_between_rows_are_nothing(between: str) -> None:
    """Before the only filled row and behind it."""
    row = '<row r="2"><c r="A2"><v>5</v></c></row>'
    assert _read(row + between) == _read(between + row) == ([[], [5]], [])


def test_indented_xml_is_read_like_any_other() -> None:
    """Some programs put each element on a line of its own: the line breaks belong to no cell."""
    cells = (
        't="n">\n  <v>5</v>\n',
        't="str">\n  <f>B1</f>\n  <v>chữ</v>\n',
        't="inlineStr">\n <is>\n <t>a</t>\n </is>\n',
    )
    rows = "\n".join(f'<c r="{name_cell(0, column)}" {cell}</c>' for column, cell in enumerate(cells))
    assert _read(f'\n<row r="1">\n{rows}\n</row>\n') == ([[5, "chữ", "a"]], [[0, 1, "formula", "=B1"]])


@pytest.mark.parametrize("names", [("A", "C", "AA"), ("B", "A")])
def test_cells_stand_where_their_addresses_say(names: tuple[str, ...]) -> None:
    """With gaps, and in any order."""
    (row,), _ = _read('<row r="1">' + "".join(f'<c r="{name}1"><v>5</v></c>' for name in names) + "</row>")
    columns = {"A": 0, "B": 1, "C": 2, "AA": 26}
    assert [number for number, value in enumerate(row) if value == 5] == sorted(columns[name] for name in names)


def test_rows_may_come_in_any_order() -> None:
    """One inside another, too: no reader minds."""
    second, third = '<c r="A2"><v>5</v></c>', '<row r="3"><c r="A3"><v>6</v></c></row>'
    assert _read(f'{third}<row r="2">{second}</row>') == _read(f'<row r="2">{second}{third}</row>')


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ('<row r="1"><c r="A1"><v>5</v></c><c r="A1"><v>5</v></c></row>', "DamagedBookError"),
        ('<row r="2"><c r="A2"><v>5</v></c></row><row r="2"><c r="A2"><v>6</v></c></row>', "DamagedBookError"),
        ('<row r="1"><c r="A2"><v>5</v></c></row>', "DamagedBookError"),
        ('<row r="1"><c r="b1"><v>5</v></c></row>', "DamagedBookError"),
        ('<row r="1"><c r="1"><v>5</v></c></row>', "DamagedBookError"),  # digits alone are no address
        ('<row r="0"/>', "DamagedBookError"),
        ('<row r="1"><c r="ZZ1"><v>5</v></c></row>', "BookTooLargeError"),
        ('<row r="1"><c r="A1"><v>5</v></c></row></row>', "ExpatError"),
        ("<row>", "ExpatError"),
    ],
)
def test_a_sheet_that_contradicts_itself_is_refused(rows: str, error: str) -> None:
    """Two cells of one address, an address outside its row, a row without a number, elements left open."""
    with pytest.raises(Exception) as caught:
        _read(rows)
    assert type(caught.value).__name__ == error


def test_merged_ranges_are_marked() -> None:
    """Each covered cell names the one that covers it."""
    _, marks = _read('<row r="1"><c r="A1"><v>5</v></c></row>', '<mergeCells><mergeCell ref="A1:B2"/></mergeCells>')
    assert marks == [[0, 1, "merged", "A1"], [1, 0, "merged", "A1"], [1, 1, "merged", "A1"]]
