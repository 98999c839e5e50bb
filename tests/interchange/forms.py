"""Filled forms that are handed to other programs, each accepted as it is: what the programs must not change."""

from __future__ import annotations

import datetime as dt
import io
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image as SheetPicture
from openpyxl.formatting.rule import CellIsRule, DataBarRule
from openpyxl.styles import Alignment, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.pagebreak import Break
from PIL import Image

from kybaocao.checks.judgement import Judgement, judge
from kybaocao.demo.figures import Answers, Filler
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.marking.annotation import Heading, annotate_workbook
from kybaocao.plan.verdict import Verdict
from tests.checks.catalogue import (
    COMMUNE,
    ISSUES,
    PAPERS,
    SIGN,
    SNV,
    STC,
    TARGETS,
    TASKS,
    answers_of,
    edit,
    form_bytes,
    judge_bytes,
    the_plan,
    valid_form,
)
from tests.checks.mutations import parse_here
from tests.checks.variations import VARIATIONS
from tests.conftest import CYCLE
from tests.interchange.programs import Cells, write_anew
from tests.workbook.odd_packages import unzip_parts, zip_parts

FIRST_CYCLE = "nq02-2026-ky1"
Change = Callable[[Workbook], object]


class Form(NamedTuple):
    """A filled form: whose, of which cycle, its bytes (.xlsx), and the kind under which the table counts it."""

    name: str
    kind: str
    agency: str
    cycle: str
    data: bytes
    cells: Cells = ()  # what is typed into it, in each program

    def judge(self, data: bytes) -> Judgement:
        """What the intake says of `data` handed in instead."""
        return judge(data, build_layout(the_plan(), self.cycle, self.agency), the_plan(), parse=parse_here)


def list_forms() -> list[Form]:
    """Every form of the trial, in the order of the table."""
    return [*_list_agencies(), *_list_contents(), *_list_habits(), *_list_marked()]


def _change(change: Change) -> bytes:
    """The commune's form after `change`, written as Excel writes it where openpyxl has a way of its own."""
    parts = {}
    for name, data in unzip_parts(edit(valid_form(), change)).items():
        data = data.replace(b"/xl/comments/comment", b"/xl/comments")  # ExcelJS finds parts by their usual names
        if name.endswith(".rels") and name.startswith("xl/"):
            data = data.replace(b'Target="/xl/', b'Target="' if name.startswith("xl/_rels") else b'Target="../')
        if re.fullmatch(r"xl/drawings/drawing\d+\.xml", name):  # and elements by their usual prefix
            data = re.sub(rb"<(/?)(\w+)(?=[\s/>])", rb"<\1xdr:\2", data).replace(b" xmlns=", b" xmlns:xdr=")
        data = data.replace(b"commentsDrawing", b"vmlDrawing")
        name = name.replace("xl/comments/comment", "xl/comments").replace("commentsDrawing", "vmlDrawing")
        parts[name] = _spell_out(data)
    return zip_parts(parts)


def _spell_out(data: bytes) -> bytes:
    """Signs beyond the first plane as themselves, not by their number, which SheetJS cuts to 16 bits."""
    return re.sub(rb"&#(\d{5,});", lambda found: chr(int(found[1])).encode(), data)


# --- agencies and cycles -------------------------------------------------------------------------------------------


def _list_agencies() -> list[Form]:
    """Communes and departments whose forms together have every table; both cycles; nothing to report."""
    forms = [
        Form(f"{agency} {cycle}", "agencies", agency, cycle, _fill(agency, cycle))
        for agency, cycle in (
            (COMMUNE, CYCLE),
            (STC, CYCLE),
            (SNV, CYCLE),
            (COMMUNE, FIRST_CYCLE),
            (STC, FIRST_CYCLE),
        )
    ]
    return [*forms, Form("nothing to report", "agencies", COMMUNE, CYCLE, _fill(COMMUNE, CYCLE, is_zero=True))]


def _fill(agency: str, cycle: str, *, is_zero: bool = False) -> bytes:
    layout = build_layout(the_plan(), cycle, agency)
    with tempfile.TemporaryDirectory() as folder:
        return write_form(layout, Path(folder) / "a.xlsx", Filler(2).fill(layout, is_zero=is_zero)).read_bytes()


# --- what stands in the cells --------------------------------------------------------------------------------------

_SIGNS = (
    "Công ty “Sơn & Hà” <A/B> 'C' \"D\" – — … ½ m² 100 % € ₫ №5 §3 → ✓ ☑ 🙂 𝔸",
    "Dòng một\nDòng hai\n\n- gạch đầu dòng\n\t- thụt vào",
    "&amp; &lt;b&gt; ]]> {0} %s \\n #REF! [1]",
    "  khoảng trắng   ở đầu, giữa và cuối  ",
    "+84 212 3633615; -5; @ai; 'nháy đầu",
    "00125",
    "1/2; 3-4; 12.2026; 1e5; 0x10; TRUE",
    "Ủy ban nhân dân xã Mường Lầm; Ðồng; Đồng; ĐỒNG; ợ ữ ẵ ỹ",
    ("Rà soát, tháo gỡ khó khăn cho doanh nghiệp, hợp tác xã trên địa bàn. " * 25).strip(),
)


def _texts() -> bytes:
    """Signs that writers must escape, that look like something else, or that stand outside of the first plane."""
    answers: Answers = answers_of(COMMUNE)
    tasks = [key[1] for key in answers if key[0] == "nhiem_vu" and key[2] == "trang_thai"]
    for task, text in zip(tasks, _SIGNS, strict=False):
        answers[("nhiem_vu", task, "ket_qua")] = text
        answers[("nhiem_vu", task, "ghi_chu")] = text[:90]
    parts = unzip_parts(form_bytes(COMMUNE, answers))
    return zip_parts({name: _spell_out(data) for name, data in parts.items()})


def _numbers(book: Workbook) -> None:
    """Large, zero, with decimals, shown with a percent sign, negative in brackets, in the formats of several lands."""
    targets, tasks = book[TARGETS], book[TASKS]
    for row, (top, base) in zip(range(7, 11), ((4000, 4000), (1234567, 1234567), (1, 1), (999, 1000)), strict=True):
        targets[f"H{row}"], targets[f"I{row}"] = top, base
        targets[f"F{row}"], targets[f"G{row}"] = top, base
    formats = ("[$-42A]#,##0", "#,##0_);(#,##0)", '_(* #,##0_);_(* (#,##0);_(* "-"??_);_(@_)', "0", "#,##0.00", "@")
    for cell, shape in zip((cell for row in targets["F7:I8"] for cell in row), formats, strict=False):
        cell.number_format = shape
    for row, (value, shape) in enumerate(((0.125, "0.0%"), (0.5, "0%"), (99.5, "0.0"), (33.333333333, "0.##")), 7):
        tasks[f"D{row}"], tasks[f"E{row}"], tasks[f"F{row}"] = "Đang thực hiện", value, None
        tasks[f"E{row}"].number_format = shape
        tasks[f"G{row}"], tasks[f"I{row}"] = "Đang triển khai theo kế hoạch.", None


def _dates(book: Workbook) -> None:
    """In the formats of several lands, with a time of day, as text."""
    shapes = ("dd/mm/yyyy", "mm-dd-yy", "[$-42A]dd mmmm yyyy", "[$-1010000]d/m/yyyy;@", "yyyy-mm-dd", "d-mmm-yy")
    cells = [cell for cell in book[TASKS]["F"][6:] if isinstance(cell.value, dt.datetime)]
    for number, cell in enumerate(cells):
        cell.number_format = shapes[number % len(shapes)]
    cells[0].value = dt.datetime.fromisoformat("2026-09-10T14:30")
    cells[0].number_format = "dd/mm/yyyy hh:mm"
    cells[1].value, cells[1].number_format = "07/11/2026", "@"
    cells[2].value, cells[2].number_format = "Ngày 5 tháng 9 năm 2026", "@"
    for row, (number, day) in enumerate((("126/KH-UBND", dt.date(2026, 6, 1)), ("127/UBND", "30.11.2026")), 10):
        book[PAPERS][f"B{row}"], book[PAPERS][f"C{row}"], book[PAPERS][f"D{row}"] = number, day, "Kế hoạch"
        book[PAPERS][f"C{row}"].number_format = "dd/mm/yyyy"


def _rows(book: Workbook) -> None:
    """Tables of difficulties and documents filled to the last row, as far as the form goes."""
    issues, papers = book[ISSUES], book[PAPERS]
    issues["D6"] = "Có"
    for row in range(9, 24):
        line = ("III.4", f"Vướng mắc {row}: thiếu cáp quang", "Khách quan", "Địa hình", "Bố trí vốn", "UBND tỉnh")
        for column, value in zip("BCDEFGH", (*line, "Mới phát sinh"), strict=True):
            issues[f"{column}{row}"] = value
        papers[f"B{row}"], papers[f"C{row}"] = f"{row}/KH-UBND", dt.date(2026, 9, row)
        papers[f"D{row}"] = f"Kế hoạch số {row}, thực hiện Nghị quyết 02"
        papers[f"C{row}"].number_format = "dd/mm/yyyy"


def _attached(book: Workbook) -> None:
    """Comments, links and pictures beside answers."""
    tasks, targets = book[TASKS], book[TARGETS]
    for place in ("E7", "F9", "G9", "H9"):
        tasks[place].comment = Comment(f"Chị Xuân: đã kiểm tra ô {place}, số cũ là 999", "Chị Xuân")
    targets["F7"].comment = Comment("Lấy từ hệ thống tỉnh ngày 01/12/2026", "Anh Pâng")
    tasks["H9"].hyperlink = "https://sonla.gov.vn/van-ban?so=59&loai=KT"
    tasks["H22"].hyperlink = "file:///D:/Minh%20chung/38.pdf"
    picture = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(picture, "PNG")
    for sheet, place in ((TASKS, "K8"), (SIGN, "D5")):
        picture.seek(0)
        book[sheet].add_image(SheetPicture(io.BytesIO(picture.read())), place)


def _list_contents() -> list[Form]:
    changes: dict[str, Change] = {
        "numbers": _numbers,
        "dates": _dates,
        "rows": _rows,
        "comments, links and pictures": _attached,
    }
    forms = [Form("special signs", "contents", COMMUNE, CYCLE, _texts())]
    forms += [Form(name, "contents", COMMUNE, CYCLE, _change(change)) for name, change in changes.items()]
    worked_out = _believe_results(write_anew(edit(valid_form(), _formulas), results_of=tuple(RESULTS.items())))
    return [*forms, Form("formulas", "contents", COMMUNE, CYCLE, worked_out)]


# sheet and cell -> formula and its result
FORMULAS: dict[tuple[str, str], tuple[str, object]] = {
    (TARGETS, "F8"): ("=20+20", 40),
    (TARGETS, "G8"): ("=SUM(F8,10)", 50),
    (TARGETS, "H8"): ("=IF(I8>0,90,0)", 90),
    (TARGETS, "K8"): ('="Hệ thống "&"tỉnh"', "Hệ thống tỉnh"),
    (TARGETS, "E8"): ('=IF(F8>0,"Có số liệu","Không phát sinh")', "Có số liệu"),
    (TARGETS, "L8"): ('=IF(F8>0,"","Chưa có")', ""),
    (TASKS, "E7"): ("=3/4*100", 75),
    (TASKS, "F9"): ("=DATE(2026,9,10)", dt.date(2026, 9, 10)),
    (TASKS, "G9"): ('="Đã họp "&TEXT(3,"0")&" cuộc với \'"&Văn_bản&"\'"', "Đã họp 3 cuộc với '125/KH-UBND'"),
    (TASKS, "H9"): ('=HYPERLINK("https://sonla.gov.vn/59","Văn bản số 59/UBND-KT")', "Văn bản số 59/UBND-KT"),
    (PAPERS, "D9"): ("='Vướng mắc, kiến nghị'!A1", "KHÓ KHĂN, VƯỚNG MẮC VÀ KIẾN NGHỊ"),
}
RESULTS = {place: result for place, (_, result) in FORMULAS.items()}


def _formulas(book: Workbook) -> None:
    book.defined_names["Văn_bản"] = DefinedName("Văn_bản", attr_text=f"'{PAPERS}'!$B$9")
    for (sheet, cell), (formula, _) in FORMULAS.items():
        book[sheet][cell] = formula


def _believe_results(data: bytes) -> bytes:
    """As Excel saves it: XlsxWriter wishes that every result be worked out anew, and types no empty text."""
    parts = unzip_parts(data)
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")
    for name in [name for name in parts if name.startswith("xl/worksheets/sheet")]:
        parts[name] = re.sub(rb'(<c r="\w+" s="\d+")(><f>[^<]*</f><v></v>)', rb'\1 t="str"\2', parts[name])
    return zip_parts(parts)


# --- as people do it -------------------------------------------------------------------------------------------------


def filter_left_on(book: Workbook) -> None:
    """On the column of states; what does not pass is hidden."""
    for name, area, column in ((TASKS, "A6:J30", 3), (TARGETS, "A6:L11", 4)):
        book[name].auto_filter.ref = area
        book[name].auto_filter.add_filter_column(column, ["Đã hoàn thành", "Có số liệu"])
    for row in range(7, 31):
        book[TASKS].row_dimensions[row].hidden = book[TASKS][f"D{row}"].value != "Đã hoàn thành"


def view_changed(book: Workbook) -> None:
    """Freeze moved or gone, zoom, another sheet and cell selected, gridlines gone, rows and columns grouped."""
    for number, sheet in enumerate(book.worksheets[:-1]):
        sheet.freeze_panes = (None, "B8", "A7", "D9")[number % 4]
        sheet.sheet_view.zoomScale = 60 + 20 * number
        sheet.sheet_view.showGridLines = False
    book.active = 3
    book[TASKS].row_dimensions.group(10, 14, hidden=True)
    book[TASKS].column_dimensions.group("G", "I", hidden=False)
    for column in "ABCDEF":
        book[TASKS].column_dimensions[column].width = 4


def printing_prepared(book: Workbook) -> None:
    for sheet in book.worksheets[1:6]:
        sheet.print_area = "A1:E20"
        sheet.print_title_rows = "5:6"
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 8
        sheet.page_margins = PageMargins(left=0.2, right=0.2)
        sheet.oddFooter.center.text = "Trang &P/&N"
        sheet.row_breaks.append(Break(id=15))


def protection_removed(book: Workbook) -> None:
    for sheet in book.worksheets:
        sheet.protection.sheet = False
        sheet.data_validations.dataValidation = []


def protected_by_password(book: Workbook) -> None:
    """Sheets and structure, by somebody in the office; the file itself opens."""
    for sheet in book.worksheets:
        sheet.protection.set_password("sonla")
        sheet.protection.sheet = True


def conditional_formats_added(book: Workbook) -> None:
    red = PatternFill("solid", bgColor="FF9999")
    book[TASKS].conditional_formatting.add("E7:E30", CellIsRule(operator="lessThan", formula=["50"], fill=red))
    bar = DataBarRule(start_type="min", start_value=0, end_type="max", end_value=100, color="638EC6")
    book[TARGETS].conditional_formatting.add("F7:I11", bar)


def everything_pasted_as_text(book: Workbook) -> None:
    """Numbers and dates in the columns of answers, as a text editor hands them over."""
    for cell in (cell for row in (*book[TARGETS]["F7:I11"], *book[TASKS]["E7:F30"]) for cell in row):
        if isinstance(cell.value, dt.datetime):
            cell.value = f"{cell.value:%d/%m/%Y}"
        elif cell.value is not None:
            cell.value = f"{cell.value}"
        cell.number_format = "@"


def names_and_notes_outside(book: Workbook) -> None:
    """A name for an area, working notes at the right of a table and below it, a hidden sheet of one's own."""
    book.defined_names["SoLieu"] = DefinedName("SoLieu", attr_text=f"'{TARGETS}'!$F$7:$I$11")
    book[TARGETS]["N7"], book[TARGETS]["N8"] = "tính thử", 12345
    own = book.create_sheet("Nháp")
    own["A1"], own["A2"], own.sheet_state = "cộng", 42, "hidden"


def written_in_lines(book: Workbook) -> None:
    """Wrapped, turned, centred, larger rows."""
    for row in book[TASKS].iter_rows(7, 30):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, horizontal="justify", vertical="center", indent=1)
        book[TASKS].row_dimensions[row[0].row].height = 60


HABITS: dict[str, Change] = {
    change.__name__: change
    for change in (
        filter_left_on,
        view_changed,
        printing_prepared,
        protection_removed,
        protected_by_password,
        conditional_formats_added,
        everything_pasted_as_text,
        names_and_notes_outside,
        written_in_lines,
    )
}


def _list_habits() -> list[Form]:
    every = VARIATIONS | HABITS
    del every["formats_pasted_far_below"]  # a million rows: some programs take minutes to write them
    return [Form(name, "habits", COMMUNE, CYCLE, _change(change)) for name, change in every.items()]


# --- the way back ----------------------------------------------------------------------------------------------------


def _spoil(book: Workbook) -> None:
    """Wrong in several ways, on several sheets."""
    book[TARGETS]["F8"], book[TARGETS]["H10"], book[TASKS]["D8"] = "bốn mươi", 900, "xong rồi"
    book[TASKS]["E22"], book[SIGN]["B9"] = 250, "32/13/2026"


_REPAIRED: Cells = (
    ((TARGETS, "F8"), 40),
    ((TARGETS, "H10"), 363),
    ((TASKS, "D8"), "Đang thực hiện"),
    ((TASKS, "E22"), 100),
    ((SIGN, "B9"), dt.date(2026, 12, 3)),
)


def _unlikely(book: Workbook) -> None:
    """Accepted, with something to look at again."""
    book[TASKS]["G8"] = "Đã xong, chờ xác nhận."
    book[TARGETS]["F16"] = "Người lập biểu"


def _list_marked() -> list[Form]:
    """Our marked copies: returned and corrected in it, and accepted with remarks."""
    returned, accepted = edit(valid_form(), _spoil), edit(valid_form(), _unlikely)
    marked = _mark(returned, Verdict.RETURNED)
    return [
        Form("marked copy of a returned form, corrected", "marked", COMMUNE, CYCLE, marked, _REPAIRED),
        Form("marked copy of an accepted form", "marked", COMMUNE, CYCLE, _mark(accepted, Verdict.ACCEPTED)),
    ]


def _mark(data: bytes, verdict: Verdict) -> bytes:
    judgement = judge_bytes(data)
    assert judgement.verdict is verdict, judgement.findings
    copy = annotate_workbook(data, judgement.worded, Heading("KẾT QUẢ KIỂM TRA", ("Phiếu số 1",)))
    assert copy is not None
    return copy.data
