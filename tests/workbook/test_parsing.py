"""What a sheet shows beside its bare values is read with them, however the XML is written."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from kybaocao.workbook.guard import inspect
from kybaocao.workbook.parsing import parse_book
from kybaocao.workbook.plain_book import BookTooLargeError, DamagedBookError, UnsafeXmlError
from tests.workbook.odd_packages import unzip_parts, zip_parts

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="170" formatCode="#,##0,"/>'
    '<numFmt numFmtId="171" formatCode="dd/mm/yyyy"/></numFmts><cellXfs count="4"><xf numFmtId="0"/>'
    '<xf numFmtId="9"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs></styleSheet>'
)


def _book(cells: str, after: str = "", styles: str = _STYLES) -> bytes:
    """A workbook with one sheet of that XML."""
    return _rewrite(f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData>{after}</worksheet>', styles)


def _rewrite(sheet: str, styles: str = _STYLES, *, is_stale: bool = False) -> bytes:
    plain, out = io.BytesIO(), io.BytesIO()
    book = Workbook()
    book.calculation.fullCalcOnLoad = is_stale or None
    book.save(plain)
    members = {"xl/worksheets/sheet1.xml": sheet, "xl/styles.xml": styles}
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, members.get(name) or old.read(name))
    return out.getvalue()


def _row(*cells: str) -> str:
    return '<row r="1">' + "".join(cells) + "</row>"


def _plainly(cells: str) -> str:
    return cells


def _with_a_namespace(cells: str) -> str:
    """Then the names of all elements have to be resolved; the reader must see the same."""
    return cells + '<other xmlns="urn:other"/>'


def _with_a_comment(cells: str) -> str:
    return cells + "<!-- -->"


WAYS = pytest.mark.parametrize("write", [_plainly, _with_a_namespace, _with_a_comment])


@WAYS
@pytest.mark.parametrize(
    ("cell", "value", "mark"),
    [
        ('<c r="A1" s="1"><v>0.4</v></c>', 0.4, ["percent", "0%"]),
        ('<c r="A1" s="2"><v>5000</v></c>', 5000, ["scaled", "#,##0,"]),
        ('<c r="A1" s="3"><v>46354</v></c>', "", ["date", "2026-11-28T00:00:00"]),
        ('<c r="A1" t="e"><v>#DIV/0!</v></c>', "", ["error", "#DIV/0!"]),
        ('<c r="A1"><f>1+1</f><v>2</v></c>', 2, ["formula", "=1+1"]),
        ('<c r="A1"><f>B1&lt;2</f></c>', "", ["unworked", "=B1<2"]),
        ('<c r="A1"><f>B1</f><v></v></c>', "", ["unworked", "=B1"]),
        ('<c r="A1"><f>B1</f><v> </v></c>', "", ["unworked", "=B1"]),
        ('<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "", ["error", "#DIV/0!"]),
        ('<c r="A1" s="1"><f>2/5</f><v>0.4</v></c>', 0.4, ["percent", "0%"]),
        ('<c r="A1" s="3"><f>DATE(2026,11,28)</f><v>46354</v></c>', "", ["date", "2026-11-28T00:00:00"]),
    ],
)
def test_a_cell_keeps_what_its_value_does_not_say(
    write: Callable[[str], str], cell: str, value: object, mark: list[str]
) -> None:
    """The last mark on a cell is the one that counts."""
    ((_, _, rows, marks),) = parse_book(_book(write(_row(cell, '<c r="B1"><v>1</v></c>'))))
    assert (rows[0][0], marks[-1]) == (value, [0, 0, *mark])


@WAYS
@pytest.mark.parametrize("cell", ["<f>B1</f><v>0</v>", "<f>TODAY()</f><v>46354</v>"])
def test_no_result_counts_in_a_book_that_asks_to_be_worked_out(write: Callable[[str], str], cell: str) -> None:
    """Libraries store 0 beside a formula and leave the rest to the spreadsheet that opens it."""
    rows = write(_row(f'<c r="A1">{cell}</c><c r="B1"><v>1</v></c>'))
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    ((_, _, found, marks),) = parse_book(_rewrite(sheet, is_stale=True))
    assert (found, [mark[2] for mark in marks]) == ([["", 1]], ["unworked"])


@WAYS
def test_a_text_formula_that_says_nothing_was_worked_out(write: Callable[[str], str]) -> None:
    """Our own computed columns say "" until both figures are there."""
    ((_, _, _, marks),) = parse_book(_book(write(_row('<c r="A1" t="str"><f>""</f><v></v></c><c r="B1"><v>1</v></c>'))))
    assert marks == [[0, 0, "formula", '=""']]


@WAYS
def test_covered_cells_know_what_covers_them(write: Callable[[str], str]) -> None:
    """Whatever one of them holds, nobody sees it: that is what counts."""
    data = _book(
        write(_row('<c r="A1"><v>1</v></c><c r="B1" s="1"><v>0.4</v></c>')),
        '<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>',
    )
    ((_, _, _, marks),) = parse_book(data)
    assert marks == [[0, 1, "percent", "0%"], [0, 1, "merged", "A1"], [1, 0, "merged", "A1"], [1, 1, "merged", "A1"]]


def test_prefixed_and_unaddressed_cells_are_seen() -> None:
    """Some exporters write <x:c> and leave addresses out."""
    sheet = (
        f'<x:worksheet xmlns:x="{_MAIN}"><x:sheetData><x:row><x:c s="1"><x:v>0.4</x:v></x:c></x:row></x:sheetData>'
        "</x:worksheet>"
    )
    ((_, _, rows, marks),) = parse_book(_rewrite(sheet))
    assert (rows, marks) == ([[0.4]], [[0, 0, "percent", "0%"]])


@pytest.mark.parametrize("size", ['<c r="A6000"><v>1</v></c>', '<c r="ZZ1"><v>1</v></c>'])
def test_content_beyond_the_limits_is_refused(size: str) -> None:
    """It is not left out in silence."""
    row = 6000 if "6000" in size else 1
    with pytest.raises(BookTooLargeError):
        parse_book(_book(f'<row r="{row}">{size}</row>'))


def test_a_document_type_is_refused() -> None:
    """Every entity attack needs one, no spreadsheet does."""
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with pytest.raises(UnsafeXmlError):
        parse_book(_book(_row('<c r="A1"><v>1</v></c>'), styles=bomb + _STYLES))


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"])
def test_elements_nested_without_end_are_refused(part: str) -> None:
    """Before anything that recurses could fall over them; names differ, so that packing does not give them away."""
    members = unzip_parts(_book(_row('<c r="A1"><v>1</v></c>')))
    depth = 3_000
    opened = b"".join(b"<t%d>" % n for n in range(depth))
    closed = b"".join(b"</t%d>" % n for n in reversed(range(depth)))
    head, root, rest = re.split(rb"(<(?:worksheet|styleSheet|workbook) [^>]*>)", members[part], maxsplit=1)
    members[part] = head + root + opened + closed + rest
    with pytest.raises(UnsafeXmlError):
        parse_book(zip_parts(members))


def test_the_main_part_is_the_one_the_package_names() -> None:
    """As Excel finds it: some programs number it, and a second one beside it is a decoy."""
    members = unzip_parts(_book(_row('<c r="A1"><v>1</v></c>')))
    decoy = members["xl/workbook.xml"].replace(b'name="Sheet"', b'name="Decoy"')
    members["xl/workbook22.xml"] = members["xl/workbook.xml"]
    members["xl/_rels/workbook22.xml.rels"] = members["xl/_rels/workbook.xml.rels"]
    for name in ("_rels/.rels", "[Content_Types].xml"):
        members[name] = members[name].replace(b"xl/workbook.xml", b"xl/workbook22.xml")
    members["xl/workbook.xml"] = decoy
    assert [sheet[0] for sheet in parse_book(zip_parts(members))] == ["Sheet"]
    del members["xl/workbook.xml"], members["xl/_rels/workbook.xml.rels"]
    assert [sheet[0] for sheet in parse_book(zip_parts(members))] == ["Sheet"]
    assert inspect(zip_parts(members)) is None


# --- rich text -----------------------------------------------------------------------------------------------------

_RUNS = "<r><t>10</t></r><r><rPr><b/>{look}<sz val='11'/></rPr><t>2</t></r>"


def _with_shared_string(content: str) -> bytes:
    """A workbook whose A1 is that shared string."""
    parts = unzip_parts(_book(_row('<c r="A1" t="s"><v>0</v></c>')))
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{_MAIN}"><si>{content}</si></sst>'.encode()
    relation = b'<Relationship Id="rS" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    name = "xl/_rels/workbook.xml.rels"
    parts[name] = re.sub(rb"<Relationship [^>]*sharedStrings[^>]*/>", b"", parts[name])
    parts[name] = parts[name].replace(b"</Relationships>", relation)
    return zip_parts(parts)


def _inline(content: str) -> bytes:
    return _book(_row(f'<c r="A1" t="inlineStr"><is>{content}</is></c>'))


@pytest.mark.parametrize("make", [_with_shared_string, _inline])
@pytest.mark.parametrize(
    ("look", "text"),
    [
        ("", "102"),
        ("<vertAlign val='superscript'/>", "10²"),
        ("<vertAlign val='subscript'/>", "10₂"),
        ("<vertAlign val='baseline'/>", "102"),
        ("<strike/>", "102\u0336"),
        ("<strike val='0'/>", "102"),
    ],
)
def test_a_run_of_rich_text_is_read_as_it_is_seen(make: Callable[[str], bytes], look: str, text: str) -> None:
    """Ten to the second is no hundred and two, and a digit struck out is none."""
    ((_, _, rows, _),) = parse_book(make(_RUNS.format(look=look)))
    assert rows == [[text]]


@pytest.mark.parametrize("make", [_with_shared_string, _inline])
def test_indented_runs_are_one_text(make: Callable[[str], bytes]) -> None:
    """Line breaks between elements belong to no text."""
    ((_, _, rows, _),) = parse_book(make("\n <r>\n  <t>10</t>\n </r>\n <r>\n  <t> km</t>\n </r>\n"))
    assert rows == [["10 km"]]


@pytest.mark.parametrize("make", [_with_shared_string, _inline])
def test_a_phonetic_guide_is_no_text(make: Callable[[str], bytes]) -> None:
    ((_, _, rows, _),) = parse_book(make("<t>12</t><rPh sb='0' eb='1'><t>34</t></rPh><phoneticPr fontId='1'/>"))
    assert rows == [["12"]]


# --- what only looks like a cell, or like a letter -----------------------------------------------------------------


@pytest.mark.parametrize("binding", ['xmlns ="urn:other"', "xmlns='urn:other'", 'xmlns\n= "urn:other"'])
def test_a_cell_of_another_language_is_no_cell(binding: str) -> None:
    """No spreadsheet shows it; beside it stands the true one, by the second name of its language."""
    true = f'<m:c xmlns:m="{_MAIN}" r="B1"><m:v>111</m:v></m:c>'
    ((_, _, rows, _),) = parse_book(_book(_row(f'<c {binding} r="A1"><v>99</v></c>{true}')))
    assert rows == [["", 111]]


@pytest.mark.parametrize("binding", [f'xmlns:m="{_MAIN}"', f'xmlns:m="{_MAIN.replace("h", "&#104;", 1)}"'])
def test_a_second_name_of_the_language_is_known_from_the_root_on(binding: str) -> None:
    """A merge by that name is a merge."""
    row = _row('<c r="A1"><v>1</v></c>')
    merge = '<m:mergeCells><m:mergeCell ref="A1:B1"/></m:mergeCells>'
    sheet = f'<worksheet xmlns="{_MAIN}" {binding}><sheetData>{row}</sheetData>{merge}</worksheet>'
    ((_, _, _, marks),) = parse_book(_rewrite(sheet))
    assert marks == [[0, 1, "merged", "A1"]]


CONTROL_SIGNS = (*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xD800, 0xDBFF, 0xDFFF, 0xFFFE, 0xFFFF)


@pytest.mark.parametrize("make", [_with_shared_string, _inline])
@pytest.mark.parametrize("code", CONTROL_SIGNS)
def test_a_control_sign_becomes_a_line_break(make: Callable[[str], bytes], code: int) -> None:
    """A database refuses it and a terminal obeys it; digits on both sides of it are no number."""
    for content in (f"<t>1_x{code:04X}_2</t>", f"<r><t>1_x{code:04x}_</t></r><r><t>2</t></r>"):
        assert parse_book(make(content))[0][2] == [["1\n2"]]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("_xD83D__xDE00_", "\U0001f600"),  # two halves of one sign
        ("a_x005F_x0041_", "a_x0041_"),  # an underscore spelled out, so that nothing follows it
        ("a_x005F_x000B_b", "a\nb"),  # spelled out twice by a library
        ("a&#127;b&#155;", "a\nb\n"),
        ("a_x000A_b", "a\nb"),
        ("a_x0009_b", "a\tb"),
    ],
)
def test_what_is_spelled_out_is_read_as_the_sign_it_stands_for(written: str, text: str) -> None:
    ((_, _, rows, _),) = parse_book(_inline(f"<t>{written}</t>"))
    assert rows == [[text]]


def test_what_stands_for_an_error_is_one() -> None:
    """And no novel that every answer would repeat."""
    ((_, _, _, marks),) = parse_book(_book(_row(f'<c r="A1" t="e"><v>#{"A" * 5_000}</v></c>')))
    assert marks == [[0, 0, "error", "#ERROR!"]]


def test_a_name_that_no_sheet_has_is_refused() -> None:
    """Every answer about a cell would repeat it."""
    parts = unzip_parts(_book(_row('<c r="A1"><v>1</v></c>')))
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b'name="Sheet"', b'name="' + b"a" * 300 + b'"')
    with pytest.raises(DamagedBookError):
        parse_book(zip_parts(parts))
