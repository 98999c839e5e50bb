"""Files that were once read wrongly, each reduced to the part that matters; mutants found them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from decimal import Decimal

import pytest
from openpyxl import Workbook

from kybaocao.answers.reading import Key
from kybaocao.checks.judgement import Judgement
from kybaocao.plan.verdict import Verdict
from tests.checks.catalogue import TARGETS, TASKS, edit, judge_bytes, places, valid_form

SHARE: Key = ("nhiem_vu", "III.1.a", "ty_le")
PERIOD: Key = ("ty_le", "T16", "tu_so_ky")  # 40 in the valid form
STYLES, RELATIONS, TYPES = "xl/styles.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"
Members = dict[str, bytes]


def _with_members(data: bytes, change: Callable[[Members], object]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        members = {name: package.read(name) for name in package.namelist()}
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return out.getvalue()


def _share_of(value: object) -> bytes:
    """A valid form whose first task is `value` done, in a cell that shows per cent."""

    def _change(book: Workbook) -> None:
        cell = book[TASKS]["E7"]
        cell.value, cell.number_format = value, "0%"

    return edit(valid_form(), _change)


def _replace(data: bytes, member: str, pattern: str, replacement: str) -> bytes:
    """The file with the XML of members changed; at least one place must have been found."""

    def _change(members: Members) -> None:
        found = 0
        for name in members:
            if re.fullmatch(member, name):
                text, count = re.subn(pattern, replacement, members[name].decode())
                members[name], found = text.encode(), found + count
        assert found

    return _with_members(data, _change)


def _is_read_or_told(judgement: Judgement, key: Key, value: Decimal) -> bool:
    """Accepted or not: the cell has this value, or the agency hears about it or about the whole file."""
    if judgement.verdict is Verdict.UNREADABLE:
        return True
    answer = judgement.answers[key]
    return answer.value == value or (answer.sheet, answer.cell) in {(f.sheet, f.cell) for f in judgement.findings}


def test_the_forms_below_are_read_right_before_they_are_changed() -> None:
    """1 that shows 100% is 100; the count is 40."""
    judgement = judge_bytes(_share_of(1))
    assert (judgement.answers[SHARE].value, judgement.answers[PERIOD].value) == (Decimal(100), Decimal(40))


# --- formulas and formats ------------------------------------------------------------------------------------------


def test_a_formula_without_a_result_is_reported_in_a_percent_cell_too() -> None:
    """Some programs write formulas without results; without a finding the share would be lost."""
    assert ("formula-unworked", TASKS, "E7") in places(judge_bytes(_share_of("=3/4")))


@pytest.mark.parametrize(
    ("member", "pattern", "replacement"),
    [
        pytest.param(r"xl/worksheets/sheet3\.xml", "<c r=", "<c\n r=", id="line-break"),
        pytest.param(r"xl/styles\.xml", 'numFmtId="', 'numFmtId = "', id="spaces"),
        pytest.param(r"xl/styles\.xml", 'numFmtId="9"', 'numFmtId="&#57;"', id="reference"),
    ],
)
def test_a_share_that_shows_100_percent_is_100_however_its_xml_is_written(
    member: str, pattern: str, replacement: str
) -> None:
    """1 in a cell formatted as per cent; without its format it would be one per cent."""
    assert _is_read_or_told(judge_bytes(_replace(_share_of(1), member, pattern, replacement)), SHARE, Decimal(100))


def test_formats_are_found_where_the_relations_say() -> None:
    """The part with the styles may have another name than `styles.xml`."""

    def _rename(members: Members) -> None:
        members["xl/styles1.xml"] = members.pop(STYLES)
        for listing in (RELATIONS, TYPES):
            members[listing] = members[listing].replace(b"styles.xml", b"styles1.xml")

    assert _is_read_or_told(judge_bytes(_with_members(_share_of(1), _rename)), SHARE, Decimal(100))


@pytest.mark.parametrize("name", [STYLES, RELATIONS])
@pytest.mark.parametrize("spell", [str.upper, lambda name: name.replace("/", "\\")], ids=["capitals", "backslashes"])
def test_names_inside_the_package_are_compared_like_file_names(name: str, spell: Callable[[str], str]) -> None:
    """Excel opens such a file like any other."""

    def _rename(members: Members) -> None:
        members[spell(name)] = members.pop(name)

    assert _is_read_or_told(judge_bytes(_with_members(_share_of(1), _rename)), SHARE, Decimal(100))


def test_a_workbook_without_its_formats_is_refused() -> None:
    """Damaged, then packed again; Excel reports such a file, too."""
    data = _with_members(_share_of(1), lambda members: members.pop(STYLES))
    assert _is_read_or_told(judge_bytes(data), SHARE, Decimal(100))


def test_62_that_shows_6200_percent_is_out_of_range() -> None:
    """A number has one reading; only typed text can have two."""
    judgement = judge_bytes(_share_of(62))
    assert (judgement.verdict, places(judgement)) == (Verdict.RETURNED, [("percent-out-of-range", TASKS, "E7")])


# --- sheets --------------------------------------------------------------------------------------------------------


def _copy_as_draft(book: Workbook) -> None:
    """Excel puts the copy in front; the draft has another number."""
    copied = book.copy_worksheet(book[TARGETS])
    copied.title = "Nháp"
    book.move_sheet(copied, -len(book.sheetnames) + 2)
    copied["F8"] = 39


def test_of_two_tables_without_the_forms_name_neither_is_taken_in_silence() -> None:
    """Both sheets were renamed: only the agency knows which counts."""

    def _change(book: Workbook) -> None:
        _copy_as_draft(book)
        book[TARGETS].title = "Chính thức"

    judgement = judge_bytes(edit(valid_form(), _change))
    assert (PERIOD in judgement.answers, places(judgement)[0]) == (False, ("table-duplicated", "Chính thức", "A6"))


def test_a_copy_with_cleaner_headings_does_not_replace_the_forms_own_sheet() -> None:
    """Somebody wrote into a heading after the draft was put aside."""

    def _change(book: Workbook) -> None:
        _copy_as_draft(book)
        book[TARGETS]["D6"] = "Mục tiêu 2026 (Kế hoạch 02)"

    assert _is_read_or_told(judge_bytes(edit(valid_form(), _change)), PERIOD, Decimal(40))


# --- what XML allows -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inside", ["4<!-- -->0", "4<?x?>0", "4<![CDATA[0]]>"], ids=["comment", "instruction", "section"]
)
def test_a_number_in_pieces_is_the_whole_number(inside: str) -> None:
    """To every XML reader it is 40, and never 4."""
    data = _replace(valid_form(), r"xl/worksheets/sheet2\.xml", r'(<c r="F8"[^>]*>)<v>40</v>', rf"\1<v>{inside}</v>")
    assert _is_read_or_told(judge_bytes(data), PERIOD, Decimal(40))


@pytest.mark.parametrize("inside", ["<![CDATA[75]]>", "&#55;5"], ids=["section", "reference"])
def test_a_number_that_nobody_must_give_is_not_lost(inside: str) -> None:
    """Not a required figure, so nothing else would report it."""
    data = _replace(valid_form(), r"xl/worksheets/sheet3\.xml", r'(<c r="E7"[^>]*>)<v>75</v>', rf"\1<v>{inside}</v>")
    assert _is_read_or_told(judge_bytes(data), SHARE, Decimal(75))


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        pytest.param(r"<v>40</v>", "<v>40</v><v>41</v>", id="two-values"),
        pytest.param(r"</c>", '</c><c r="F8"><v>41</v></c>', id="two-cells"),
    ],
)
def test_a_cell_given_twice_is_refused(pattern: str, replacement: str) -> None:
    """Two readers would see two numbers."""
    start = r'(<c r="F8"[^>]*>)' if pattern.startswith("<v>") else r'(<c r="F8"[^>]*><v>40</v>)'
    data = _replace(valid_form(), r"xl/worksheets/sheet2\.xml", start + pattern, rf"\1{replacement}")
    assert _is_read_or_told(judge_bytes(data), PERIOD, Decimal(40))


def test_nothing_is_inferred_for_a_cell_under_a_merge() -> None:
    """A status covered by a merged range is not "Có số liệu" because figures stand beside it."""
    judgement = judge_bytes(edit(valid_form(), lambda book: book[TARGETS].merge_cells("E7:E8")))
    answer = judgement.answers[("ty_le", "T16", "tinh_trang")]
    assert (judgement.verdict, answer.value) == (Verdict.RETURNED, None)
