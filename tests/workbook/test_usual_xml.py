"""The quick way and the careful way of reading an .xlsx see the same, whatever lies before them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from kybaocao.workbook import usual_xml, xlsx
from kybaocao.workbook.parsing import parse_book
from tests.checks.catalogue import valid_form
from tests.checks.mutations import KINDS, mutate
from tests.checks.test_defects import SAMPLES

SPLITS = ("split_cells", "split_strings", "split_styles")
MUTANTS = 120
T = TypeVar("T")


@contextmanager
def _carefully(patch: pytest.MonkeyPatch) -> Iterator[None]:
    with patch.context() as only_here:
        for name in SPLITS:
            only_here.setattr(usual_xml, name, lambda *_: None)
        yield


def _parse(data: bytes) -> object:
    try:
        return parse_book(data)
    except Exception as error:
        return type(error).__name__


def _is_agreed(data: bytes, patch: pytest.MonkeyPatch) -> bool:
    """The same book; what one of them refuses, the other refuses, or it lies where the quick way never looks."""
    quick = _parse(data)
    with _carefully(patch):
        careful = _parse(data)
    return quick == careful or (isinstance(careful, str) and not isinstance(quick, str))


def test_the_careful_way_reads_a_form_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two refusals would be alike, too: a form is read."""
    with _carefully(monkeypatch):
        careful = parse_book(valid_form())
    assert [name for name, *_ in careful] == load_workbook(io.BytesIO(valid_form())).sheetnames
    assert careful == parse_book(valid_form())


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "file_with_a_million_formats"])
def test_every_sample_is_read_alike(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _is_agreed(SAMPLES[name].make(), monkeypatch)


@pytest.mark.parametrize("number", range(MUTANTS))
def test_every_mutant_is_read_alike(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(f"ways/{number}")
    assert _is_agreed(mutate(random, random.sample(KINDS, random.choice((1, 1, 2))), number).data, monkeypatch)


# --- worksheets made up, near what is usual and beside it ---------------------------------------------------------

STYLES = {"0": ("", ""), "1": ("percent", "0%"), "2": ("date", "dd/mm/yyyy"), "3": ("scaled", "#,##0,")}
STRINGS: dict[str | None, str] = {str(number): f"chữ {number}" for number in range(9)}
TEXT = "<is><t>chữ &#7897; &amp; ô</t></is>"
USUAL = (  # attributes, content
    *(("", ""), (' s="0"', ""), (' s="2"', ""), ("", "<v>5</v>"), (' t="n"', "<v>-7.25</v>"), (' s="1"', "<v>0.4</v>")),
    *((' s="2"', "<v>46000</v>"), (' s="3"', "<v>5</v>"), (' t="s"', "<v>3</v>"), (' s="0" t="s"', "<v>8</v>")),
    *((' t="inlineStr"', TEXT), (' s="2" t="inlineStr"', TEXT), (' t="str"', "<v>b</v>"), (' t="b"', "<v>1</v>")),
    *((' t="e"', "<v>#N/A</v>"), (' s="1"', "<f>A1&amp;B1</f>"), ("", "<f>A1+1</f><v>5</v>"), ("", "<f/><v>5</v>")),
    *((' t="str"', "<f>A1</f><v></v>"), (' t="s"', "<v></v>"), (' t="d"', "<v>2026-07-15T00:00:00</v>")),
)
UNUSUAL = (
    *((' s="9"', "<v>5</v>"), (' t="s"', "<v>9</v>"), (' t="s"', "<v> 5</v>"), (' t="q"', "<v>5</v>")),
    *(
        (' cm="1"', "<v>5</v>"),
        (' t="s" s="1"', "<v>5</v>"),
        ("", "<v>&#53;</v>"),
        ("", "<v>1_0</v>"),
        ("", "<v>inf</v>"),
    ),
    *(("", "<v>-</v>"), ("", "<v>&bad;</v>"), ("", "<v>5<!--x-->6</v>"), ("", "<v>5</v><v>6</v>"), ("", "<!--x-->")),
    *(("", "\n"), (' t="str"', "<v>a\rb</v>"), ("", "<v/>"), (' t="inlineStr"', "<is><t/></is>")),
    *((' t="inlineStr"', "<is><t>_x0041_</t></is>"), (' t="inlineStr"', "<is><t>_&#120;0041_</t></is>")),
    *((' t="inlineStr"', "<is><r><t>q</t></r></is>"), ("", '<f xmlns="x">1</f>'), ("", "<f>1<v>5</v>")),
)
ROW_ENDS = (">", ">", ' spans="1:9">', ' ht="15" customHeight="1">', "/>")
UNUSUAL_ROW_ENDS = (' xmlns:a="b">', ' x="/">')
BETWEEN = ("", "", "", '<row r="90"/>', '<row r="91"></row>')
UNUSUAL_BETWEEN = ("</row>", "<row>", "\n", "<!--x-->", '<row r="0"/>', '<row r="1">')


@st.composite
def _sheets(draw: st.DrawFn) -> bytes:
    """Rows in order with cells side by side, in half of the sheets with up to three places that are not so."""
    oddities = draw(st.integers(-3, 3))

    def pick(usual: Sequence[T], unusual: Sequence[T]) -> T:
        nonlocal oddities
        if oddities > 0 and draw(st.integers(0, 5)) == 0:
            oddities -= 1
            return draw(st.sampled_from(unusual))
        return draw(st.sampled_from(usual))

    rows, number = [], 0
    for _ in range(draw(st.integers(1, 4))):
        number += pick((1, 1, 1, 2, 5), (0, -1))
        names = ("A", "B", "C", "D", "E", "F")[draw(st.integers(0, 2)) : draw(st.integers(1, 6))]
        names = pick((names,), (("A", "C", "AA"), ("B", "A"), ("A", "A"), ("ZZ",), ("b",), ("",)))
        cells = ""
        for name in names:
            attributes, said = pick(USUAL, UNUSUAL)
            begin = f'<c r="{name}{number + pick((0,), (1,))}"{attributes}'
            cells += f"{begin}>{said}</c>" if said or pick((False,), (True,)) else f"{begin}/>"
        end = pick(ROW_ENDS if not cells else ROW_ENDS[:-1], UNUSUAL_ROW_ENDS)
        rows.append(f'<row r="{number}"{end}{cells}' + ("" if end == "/>" else pick(("</row>",), ("",))))
        rows.append(pick(BETWEEN, UNUSUAL_BETWEEN))
    merge = draw(st.sampled_from(("", '<mergeCells><mergeCell ref="A1:B2"/></mergeCells>')))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{main}"><sheetData>{"".join(rows)}</sheetData>{merge}</worksheet>'.encode()


@settings(max_examples=2_000)
@given(_sheets())
def test_a_sheet_is_read_alike_or_left_to_the_careful_way(xml: bytes) -> None:
    quick = _read_quickly(xml)
    if quick is not None:
        assert quick == _read_carefully(xml)


def _read_quickly(xml: bytes) -> object:
    """None when it is left to the careful way."""
    split = usual_xml.split_cells(xml)
    sheet = xlsx._Sheet(STRINGS, STYLES, is_1904=False)
    try:
        return (sheet.rows, sheet.marks, sheet.merges) if split and sheet.take(*split) else None
    except Exception as error:
        return type(error).__name__


def _read_carefully(xml: bytes) -> object:
    sheet = xlsx._Sheet(STRINGS, STYLES, is_1904=False)
    try:
        sheet.collect(xml)
    except Exception as error:
        return type(error).__name__
    return sheet.rows, sheet.marks, sheet.merges


def test_usual_files_go_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours, and the same with shared strings as Excel and openpyxl write them: no cell is left to the careful way."""
    monkeypatch.delattr(xlsx._Sheet, "collect")
    again = io.BytesIO()
    load_workbook(io.BytesIO(valid_form())).save(again)
    taken: list[bool] = []
    for name in SPLITS:
        split = getattr(usual_xml, name)
        monkeypatch.setattr(
            usual_xml, name, lambda xml, split=split: taken.append(split(xml) is not None) or split(xml)
        )
    parse_book(valid_form())
    parse_book(again.getvalue())
    assert len(taken) > 12 and all(taken)
