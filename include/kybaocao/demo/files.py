"""Making the sample files: real workbooks with real faults."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from kybaocao.demo.figures import Answers, Filler
from kybaocao.demo.season import Act, File
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.plan.form_edition import LATE_REASON
from kybaocao.plan.plan import Plan

# The least that is a whole PDF: one blank page.
_SCAN = b"""%PDF-1.7
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>> endobj
trailer <</Root 1 0 R>>
%%EOF
"""


def answers_of(plan: Plan, cycle: str, act: Act, filler: Filler) -> Answers:
    """What the agency means to say; for a faulty file the faults are put in afterwards."""
    layout = build_layout(plan, cycle, act.agency)
    edition = 2 if act.file is File.CORRECTION else 1
    answers = filler.fill(layout, is_zero=act.file is File.ZERO, edition=edition)
    if act.late_reason and (place := layout.edition.find_field(LATE_REASON)):
        answers[(place[0].id, place[1].id, "gia_tri")] = act.late_reason
    return answers


def write_file(plan: Plan, cycle: str, act: Act, filler: Filler, inbox: Path, number: int) -> Path:
    """Drop the file of one act into an inbox, under a name as officials give it."""
    layout = build_layout(plan, cycle, act.agency)
    if act.file is File.SCAN:
        path = inbox / "BC so 125 (ban ky).signed.pdf"
        path.write_bytes(_SCAN)
        return path
    answers = answers_of(plan, cycle, act, filler)
    name = {
        File.GOOD: f"Bieu-mau_{act.agency}_{cycle}.xlsx",
        File.UNEXPLAINED: f"Bieu-mau_{act.agency}_{cycle}.xlsx",
        File.ZERO: f"Bieu-mau_{act.agency}_{cycle} KPS.xlsx",
        File.FAULTY: unicodedata.normalize("NFD", "Biểu mẫu (bản cuối).xlsx"),
        File.CORRECTION: f"Bieu-mau_{act.agency}_{cycle} da sua.xlsx",
        File.FOREIGN: "Copy of Bieu-mau.xlsx",
        File.DAMAGED: "bieu mau.xlsx",
    }[act.file]
    path = inbox / name
    if act.file is File.FAULTY:
        _spoil(answers)
    if act.file is File.FOREIGN:
        other = next(agency.code for agency in plan.expected if agency.code != act.agency)
        layout = build_layout(plan, cycle, other)
        answers = filler.fill(layout)
    write_form(layout, path, answers)
    if act.file is File.DAMAGED:
        data = bytearray(path.read_bytes())
        data[300 : len(data) // 2] = b"\0" * (len(data) // 2 - 300)
        path.write_bytes(data)
    return path


def _spoil(answers: Answers) -> None:
    """The three most common faults: numerator over denominator, text for a number, no reason for delay."""
    ratios = [key for key in answers if key[0] == "ty_le" and key[2] == "tu_so_luy_ke"]
    if ratios:
        table, row, column = ratios[0]
        answers[(table, row, column)] = int(str(answers[(table, row, "mau_so_luy_ke")])) + 7
    if len(ratios) > 1:
        table, row, _ = ratios[1]
        answers[(table, row, "mau_so_ky")] = "khoảng 40"
    for key in [key for key in answers if key[0] == "nhiem_vu" and key[2] == "trang_thai"][:1]:
        answers[key] = "Chậm tiến độ"
        answers.pop((key[0], key[1], "ly_do"), None)
