"""An .ods written by hand is read as its user sees it; a hostile one is refused, quickly and by name."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from xml.parsers.expat import ExpatError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybaocao.workbook.guard import inspect
from kybaocao.workbook.ods import parse_ods
from kybaocao.workbook.package import PackageError
from kybaocao.workbook.parsing import parse_book
from kybaocao.workbook.plain_book import (
    MAX_COLUMNS,
    MAX_ROWS,
    BookTooLargeError,
    DamagedBookError,
    EncryptedBookError,
    UnsafeXmlError,
)
from kybaocao.workbook.sandbox import parse_limited

_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        *(("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("number", "datastyle")),
        ("draw", "drawing"),
    )
)
_CALCEXT = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'


def pack(content: str, styles: str = "", manifest: str = "<manifest/>", prolog: str = "") -> bytes:
    """A package around the text of content.xml."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("META-INF/manifest.xml", manifest)
        package.writestr(
            "content.xml",
            f"{prolog}<office:document-content {_NAMESPACES} {_CALCEXT}>"
            f"<office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body><office:spreadsheet>{content}</office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


def sheet_of(rows: str, name: str = "A") -> str:
    return f'<table:table table:name="{name}">{rows}</table:table>'


def cell(inside: str = "", **attributes: str) -> str:
    """A cell; office attributes are given by their bare names, `t_` stands for table:."""
    names = {key: f"table:{key[2:]}" if key.startswith("t_") else f"office:{key}" for key in attributes}
    written = "".join(f' {names[key].replace("_", "-")}="{value}"' for key, value in attributes.items())
    return f"<table:table-cell{written}>{inside}</table:table-cell>"


def row_of(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def read_one(*cells: str, styles: str = "") -> tuple[list[Any], list[Any]]:
    """(values of the first row, marks) of a sheet of one row."""
    ((_, _, rows, found),) = parse_ods(pack(sheet_of(row_of(*cells)), styles))
    return (rows[0] if rows else []), found


P = "<text:p>{}</text:p>".format


def test_every_type_of_value_is_read() -> None:
    """OpenDocument 19.385: the value is in the attribute of its type, the paragraphs are for the eye."""
    row, found = read_one(
        cell(P("1.234"), value_type="float", value="1234"),
        cell(P("40%"), value_type="percentage", value="0.4"),
        cell(P("5 đ"), value_type="currency", value="5", currency="VND"),
        cell(P("28/11"), value_type="date", date_value="2026-11-28"),
        cell(P("10:30"), value_type="time", time_value="PT10H30M00S"),
        cell(P("ĐÚNG"), value_type="boolean", boolean_value="true"),
        cell(P("chữ"), value_type="string"),
        cell(P("khác"), value_type="string", string_value="chữ"),
        cell(P("chữ")),
    )
    assert row == [1234.0, 0.4, 5.0, "", "10:30:00", True, "chữ", "chữ", "chữ"]
    assert found == [[0, 1, "percent", "0%"], [0, 3, "date", "2026-11-28T00:00:00"]]


def test_a_text_is_what_the_eye_sees() -> None:
    """Spans, spaces, tabs and line breaks; not the note, the drawing or the reading aid on it."""
    note = f"<office:annotation>{P('ghi chú')}</office:annotation>"
    drawing = f"<draw:frame><draw:text-box>{P('hình')}</draw:text-box></draw:frame>"
    text = "a<text:span>b<text:span>c</text:span></text:span><text:s/>d<text:s text:c='3'/>e<text:tab/>f<text:line-break/>g"
    aid = "<text:ruby><text:ruby-base>h</text:ruby-base><text:ruby-text>x</text:ruby-text></text:ruby>"
    row, _ = read_one(cell(note + P(text) + drawing + P(aid + f"<text:note>{P('y')}</text:note>")))
    assert row == ["abc d   e\tf\ng\nh"]


def test_repeated_cells_and_rows_are_counted() -> None:
    """What stands behind them stands at its own address."""
    rows = (
        row_of(cell(t_number_columns_repeated="3"), cell(P("x"), t_number_columns_repeated="2"))
        + '<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        + f'<table:table-row table:number-rows-repeated="2">{cell(value_type="percentage", value="1")}</table:table-row>'
        + '<table:table-row table:number-rows-repeated="1048572"><table:table-cell/></table:table-row>'
    )
    ((_, _, read, found),) = parse_ods(pack(sheet_of(rows)))
    assert read == [["", "", "", "x", "x"], [], [], [1.0], [1.0]]
    assert found == [[3, 0, "percent", "0%"], [4, 0, "percent", "0%"]]


def test_grouped_and_hidden_rows_are_read() -> None:
    """A filter or an outline hides from the eye, not from us."""
    inside = row_of(cell(P("a")))
    rows = f"<table:table-header-rows>{inside}</table:table-header-rows><table:table-row-group>{inside}"
    rows += f"<table:table-row-group>{inside}</table:table-row-group></table:table-row-group>"
    rows += f'<table:table-row table:visibility="filter">{cell(P("b"))}</table:table-row>'
    ((_, _, read, _),) = parse_ods(pack(sheet_of(rows)))
    assert read == [["a"], ["a"], ["a"], ["b"]]


def test_merged_cells_point_to_the_one_that_shows() -> None:
    """What lies hidden under it keeps its value."""
    first = row_of(
        cell(P("gộp"), t_number_columns_spanned="2", t_number_rows_spanned="2"), "<table:covered-table-cell/>"
    )
    second = row_of(f"<table:covered-table-cell>{P('dưới')}</table:covered-table-cell>", "<table:covered-table-cell/>")
    ((_, _, read, found),) = parse_ods(pack(sheet_of(first + second)))
    assert read == [["gộp"], ["dưới"]]
    assert found == [[0, 1, "merged", "A1"], [1, 0, "merged", "A1"], [1, 1, "merged", "A1"]]


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        (cell(P("2"), t_formula="of:=[.A1]+[.$B$2:.C3]", value_type="float", value="2"), ["formula"]),
        (cell("<text:p/>", t_formula="of:=x"), ["formula"]),  # gives ""
        (cell(t_formula="of:=x", value_type="string", string_value=""), ["formula"]),
        (cell(t_formula="of:=x"), ["unworked"]),
        (cell(P("Err:502"), t_formula="of:=x", value_type="float", value="0"), ["formula", "error"]),
        (cell(P("#DIV/0!"), t_formula="of:=x", value_type="string"), ["formula", "error"]),
        (cell(P("#N/A"), value_type="string"), ["error"]),
        (cell(P("28/11"), t_formula="of:=x", value_type="date", date_value="2026-11-28"), ["formula", "date"]),
    ],
)
def test_formulas_and_errors_are_no_values(written: str, kinds: list[str]) -> None:
    """A formula with a result, without one, with an error; never an empty cell."""
    row, found = read_one(written)
    assert [kind for _, _, kind, _ in found] == kinds
    assert row in ([], [2.0])
    assert found[0][3] in ("=A1+$B$2:C3", "=x", "#N/A")


def test_an_error_of_libreoffice_in_any_language_is_an_error() -> None:
    """It says so beside the text that its user sees."""
    written = cell(P("#GIÁTRỊ!"), value_type="string", string_value="").replace(
        "<table:table-cell", '<table:table-cell calcext:value-type="error"'
    )
    assert read_one(written) == ([], [[0, 0, "error", "#GIÁTRỊ!"]])


_STYLES = """
    <number:number-style style:name="N1"><number:number number:display-factor="1000000"/></number:number-style>
    <number:percentage-style style:name="N2"><number:number number:decimal-places="2"/></number:percentage-style>
    <style:style style:name="base" style:family="table-cell" style:data-style-name="N1"/>
    <style:style style:name="ce1" style:family="table-cell" style:parent-style-name="base"/>
    <style:style style:name="ce2" style:family="table-cell" style:data-style-name="N2"/>
    <style:style style:name="ring" style:family="table-cell" style:parent-style-name="ring"/>
    <style:style style:name="ta1" style:family="table"><style:table-properties table:display="false"/></style:style>
"""


@pytest.mark.parametrize(
    ("style", "wanted"), [("ce1", ["scaled", "#,##0,,"]), ("ce2", ["percent", "0.00%"]), ("ring", None), ("", None)]
)
@pytest.mark.parametrize("place", ["cell", "row", "column"])
def test_a_number_shown_as_another_is_marked(style: str, wanted: list[str] | None, place: str) -> None:
    """By the style of the cell, of its row or of its column, or of the style these stand on."""
    of = {where: f' table:{name}="{style}"' if where == place else "" for where, name in (
        ("cell", "style-name"), ("row", "default-cell-style-name"), ("column", "default-cell-style-name")
    )}  # fmt: skip
    content = f"""<table:table-column{of["column"]} table:number-columns-repeated="16384"/><table:table-row{of["row"]}>
        <table:table-cell{of["cell"]} office:value-type="float" office:value="5"/></table:table-row>"""
    ((_, _, read, found),) = parse_ods(pack(sheet_of(content), _STYLES))
    assert read == [[5.0]]
    assert found == ([[0, 0, *wanted]] if wanted else [])


_CONDITIONAL = """
    <number:number-style style:name="N3"><number:number number:decimal-places="0" number:grouping="true"/></number:number-style>
    <style:style style:name="low" style:family="table-cell" style:data-style-name="N3">
        <style:map style:condition="cell-content()&lt;50" style:apply-style-name="red"/></style:style>
    <style:style style:name="ce1" style:family="table-cell" style:data-style-name="N3"/>
"""


@pytest.mark.parametrize("style", ["low", "ce1"])
def test_a_conditional_format_does_not_change_how_a_number_is_shown(style: str) -> None:
    """Its condition stands in the style of the cell, not in the format of the number, whoever uses that format."""
    content = (
        f'<table:table-row><table:table-cell table:style-name="{style}" office:value-type="float" office:value="262"/>'
    )
    ((_, _, read, found),) = parse_ods(pack(sheet_of(f"{content}</table:table-row>"), _CONDITIONAL))
    assert (read, found) == ([[262.0]], [])


def test_hidden_sheets_are_read_and_marked_hidden() -> None:
    """Their style says so; what was last seen in other files is no sheet of this book."""
    content = sheet_of("", "B") + '<table:table table:name="A" table:style-name="ta1"/>' + sheet_of("", "'file:///x'#S")
    assert [sheet[:2] for sheet in parse_ods(pack(content, _STYLES))] == [["B", False], ["A", True]]


@pytest.mark.parametrize(
    ("attributes", "written"),
    [
        ({"value_type": "float", "value": "1,5"}, "1,5"),
        ({"value_type": "float", "value": "1_000"}, "1_000"),
        ({"value_type": "float", "value": "nan"}, "nan"),
        ({"value_type": "float"}, "?"),
        ({"value_type": "percentage", "value": "40%"}, "40%"),
        ({"value_type": "date", "date_value": "28/11/2026"}, "28/11/2026"),
        ({"value_type": "date", "date_value": "12026-11-28"}, "12026-11-28"),
        ({"value_type": "date"}, "?"),
        ({"value_type": "time", "time_value": "PT1S"}, "PT1S"),
        ({"value_type": "boolean", "boolean_value": "ĐÚNG"}, "ĐÚNG"),
    ],
)
def test_a_value_missing_or_not_written_as_its_type_demands_is_unreadable(
    attributes: dict[str, str], written: str
) -> None:
    """A program that reads it otherwise shows another value; the other cells are read."""
    row, found = read_one(cell(**attributes), cell(P("5"), value_type="float", value=" 5\n"))
    assert (row, found) == (["", 5.0], [[0, 0, "unreadable", written]])


def test_a_value_of_a_type_that_nobody_knows_is_the_text_that_is_shown() -> None:
    assert read_one(cell(P("12"), value_type="constellation", value="5")) == (["12"], [])


def test_a_control_sign_spelled_out_becomes_a_line_break() -> None:
    """XML cannot hold it, so that programs write it in the way of another format."""
    assert read_one(cell(P("Đã hoàn thành_x000B_")), cell(P("1_x001F_2"))) == (["Đã hoàn thành\n", "1\n2"], [])


_BLANK = cell(P(" "), t_number_columns_repeated="16384")


@pytest.mark.parametrize(
    "rows",
    [
        row_of(cell(t_number_columns_repeated="300"), cell(P(" \u00a0"))),
        row_of(_BLANK),
        f'<table:table-row table:number-rows-repeated="1048500">{row_of(cell(P(" ")))[17:]}',
        f'<table:table-row table:number-rows-repeated="6000"><table:table-cell/></table:table-row>{row_of(cell(P(" ")))}',
        row_of(cell(t_number_columns_repeated="300"), cell(P(""), t_formula="of:=x", value_type="string")),
    ],
)
def test_what_is_far_away_and_not_seen_is_nothing(rows: str) -> None:
    """Blanks, and formulas that give an empty text."""
    ((_, _, read, found),) = parse_ods(pack(sheet_of(row_of(cell(P("x"))) + rows)))
    assert read[0] == ["x"] and not "".join(str(value) for row in read[1:] for value in row).strip() and found == []


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        (row_of(cell(t_number_columns_repeated="300"), cell(P("x"))), "KO1"),
        (row_of(cell(P("x"), t_number_columns_repeated="16384")), "GS1"),
        (f'<table:table-row table:number-rows-repeated="1048500">{row_of(cell(P("x")))[17:]}', "A5001"),
        ('<table:table-row table:number-rows-repeated="6000"/>' + row_of(cell(), cell(P("x"))), "B6001"),
    ],
)
def test_what_is_far_away_and_seen_is_named(rows: str, place: str) -> None:
    with pytest.raises(BookTooLargeError) as caught:
        parse_ods(pack(sheet_of(rows, "Chỉ tiêu")))
    assert (caught.value.sheet, caught.value.cell) == ("Chỉ tiêu", place)


_SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST = f'<m:manifest><m:file-entry m:full-path="/" m:media-type="{_SPREADSHEET}"/></m:manifest>'


def _packed_anew(order: tuple[str, ...], method: int, kind: str = _SPREADSHEET, manifest: str = _MANIFEST) -> bytes:
    content = zipfile.ZipFile(io.BytesIO(pack(sheet_of(row_of(cell(P("x"))))))).read("content.xml")
    texts = {"mimetype": kind.encode(), "META-INF/manifest.xml": manifest.encode(), "content.xml": content}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name in order:
            package.writestr(name, texts[name.replace("\\", "/").removeprefix("./")])
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        _packed_anew(("content.xml", "META-INF/manifest.xml", "mimetype"), zipfile.ZIP_STORED),
        _packed_anew(("mimetype", "content.xml"), zipfile.ZIP_DEFLATED),
        _packed_anew(("content.xml", "META-INF/manifest.xml"), zipfile.ZIP_DEFLATED),
        _packed_anew(("mimetype", "content.xml"), zipfile.ZIP_STORED, f"\ufeff{_SPREADSHEET}\r\n"),
        _packed_anew(("mimetype", "content.xml"), zipfile.ZIP_STORED, f"{_SPREADSHEET}-template"),
        _packed_anew(("./content.xml", "META-INF\\manifest.xml"), zipfile.ZIP_DEFLATED),
    ],
)
def test_a_package_is_an_ods_wherever_it_says_so(data: bytes) -> None:
    """Packed anew by another program: `mimetype` behind, compressed, with a line break, or not at all."""
    assert inspect(data) is None and parse_book(data) == [["A", False, [["x"]], []]]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (_packed_anew(("content.xml", "mimetype"), zipfile.ZIP_DEFLATED, "application/vnd.oasis.opendocument.text"), "file-not-a-workbook"),
        (_packed_anew(("content.xml",), zipfile.ZIP_DEFLATED), "file-is-archive"),
        (_packed_anew(("content.xml", "mimetype"), zipfile.ZIP_DEFLATED, "application/zip"), "file-is-archive"),
    ],
)  # fmt: skip
def test_a_package_that_is_no_spreadsheet_is_named(data: bytes, code: str) -> None:
    finding = inspect(data)
    assert finding is not None and finding.code == code


# --- hostile .ods --------------------------------------------------------------------------------------------------

_ENTITY = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
_EXTERNAL = '<!DOCTYPE x SYSTEM "file:///etc/passwd">'
_FULL = cell(P("x"), t_number_columns_repeated=str(MAX_COLUMNS))
_FULL_SHEET = f'<table:table-row table:number-rows-repeated="{MAX_ROWS}">{_FULL}</table:table-row>'
_MERGES = "".join(cell(P("x"), t_number_columns_spanned="200", t_number_rows_spanned="10") for _ in range(200))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (pack(sheet_of(row_of(cell(P("&b;")))), prolog=_ENTITY), UnsafeXmlError),
        (pack(sheet_of(""), prolog=_EXTERNAL), UnsafeXmlError),
        (pack(sheet_of(""), manifest="<manifest:encryption-data/>"), EncryptedBookError),
        (pack('<table:table table:name="A">'), ExpatError),
        (pack('<table:table table:style-name="x"/>'), DamagedBookError),
        (pack(sheet_of("") * 2), DamagedBookError),
        (pack(sheet_of(row_of(row_of(cell(P("x")))))), DamagedBookError),
        (pack(sheet_of(cell(P("x")))), DamagedBookError),
        (pack(sheet_of(row_of(cell(t_number_columns_repeated="-1")))), DamagedBookError),
        (pack(sheet_of(row_of(cell(t_number_columns_repeated="0")))), DamagedBookError),
        (pack(sheet_of(row_of(cell(t_number_columns_repeated="٣")))), DamagedBookError),
        (pack(sheet_of(row_of(cell(P("x"), t_number_columns_repeated="1048576")))), BookTooLargeError),
        (pack(sheet_of(row_of(cell(P("x"), t_number_columns_repeated="9" * 5_000)))), BookTooLargeError),
        (pack(sheet_of(row_of(cell(t_number_columns_repeated="200"), cell(P("x"))))), BookTooLargeError),
        (pack(sheet_of(f'<table:table-row table:number-rows-repeated="1000000000">{_FULL}</table:table-row>')), BookTooLargeError),
        (pack("".join(sheet_of(_FULL_SHEET, str(number)) for number in range(20))), BookTooLargeError),
        (pack(sheet_of(row_of(_MERGES) * 40)), BookTooLargeError),
        (pack(sheet_of(row_of(cell(P('<text:s text:c="99999999999"/>'))))), BookTooLargeError),
        (pack(sheet_of(row_of(cell(P("<text:s text:c='30000'/>" * 2_000))))), BookTooLargeError),
        (b"PK\x05\x06" + bytes(18), PackageError),
    ],
)  # fmt: skip
def test_a_hostile_ods_is_refused_by_name(data: bytes, error: type[Exception]) -> None:
    """Nothing is expanded, fetched, guessed or cut off."""
    with pytest.raises(error):
        parse_ods(data)


def test_a_hundred_thousand_sheets_or_levels_are_read() -> None:
    """Size alone is no reason to be slow: within what the sandbox allows."""
    depth = 100_000
    deep = cell(P("<text:span>" * depth + "x" + "</text:span>" * depth))
    assert parse_limited(pack(sheet_of(row_of(deep)))) == [["A", False, [["x"]], []]]
    many = "".join(f'<table:table table:name="{number}"/>' for number in range(100_000))
    assert len(parse_limited(pack(many))) == 100_000


_ELEMENTS = """
    table:table table:table-row table:table-cell table:covered-table-cell table:table-column table:shapes text:p text:s
    text:span office:annotation number:number-style number:number style:style
"""
_ATTRIBUTES = """
    table:name table:number-columns-repeated table:number-rows-repeated table:number-rows-spanned table:formula
    table:number-columns-spanned office:value-type office:value office:date-value office:time-value text:c
    table:style-name style:name style:family number:display-factor
"""
_VALUES = ["1", "2", "0", "-1", "float", "date", "string", "percentage", "A", "", "2026-01-01", "PT1H1M1S", "99999999"]


def _write_element(name: str, attributes: dict[str, str], children: list[str]) -> str:
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{written}>x{''.join(children)}</{name}>"


trees = st.recursive(
    st.just(""),
    lambda inner: st.builds(
        _write_element,
        st.sampled_from(_ELEMENTS.split()),
        st.dictionaries(st.sampled_from(_ATTRIBUTES.split()), st.sampled_from(_VALUES), max_size=3),
        st.lists(inner, max_size=3),
    ),
    max_leaves=12,
)


@given(trees)
def test_any_tree_of_elements_is_a_book_or_is_refused(tree: str) -> None:
    """No order of elements makes the reader fail in a way it has no name for."""
    try:
        book = parse_ods(pack(tree))
    except (DamagedBookError, BookTooLargeError):
        return
    for name, is_hidden, rows, found in book:
        assert isinstance(name, str) and isinstance(is_hidden, bool)
        assert len(rows) <= MAX_ROWS and all(len(row) <= MAX_COLUMNS for row in rows)
        assert all(len(mark) == 4 for mark in found)
