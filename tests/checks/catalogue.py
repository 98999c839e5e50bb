"""How the sample files are made: each starts as a valid, filled form and gets exactly one defect."""

from __future__ import annotations

import functools
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook, load_workbook

from kybaocao.checks.judgement import Judgement, judge
from kybaocao.demo.figures import Answers, Filler
from kybaocao.form.layout import FormLayout, build_layout
from kybaocao.form.workbook import write_form
from kybaocao.plan.load import load_plan
from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict
from tests.conftest import CONFIG, CYCLE

COMMUNE, STC, SNV = "X-04183", "STC", "SNV"  # Ủy ban nhân dân xã Mường Lầm, Sở Tài chính, Sở Nội vụ
TARGETS, TASKS, ISSUES, PAPERS, SIGN = "Chỉ tiêu", "Nhiệm vụ", "Vướng mắc, kiến nghị", "Văn bản", "Xác nhận"
DUTIES = "Tổ chức thực hiện"
IDENTITY = "_kybaocao"

Located = tuple[str, str, str]  # (code, sheet, cell)


@dataclass(frozen=True)
class Sample:
    """A defective file, what must be said about it, and where."""

    name: str
    agency: str
    verdict: Verdict
    findings: tuple[Located, ...]
    make: Callable[[], bytes]


SAMPLES: dict[str, Sample] = {}


@functools.cache
def the_plan() -> Plan:
    return load_plan(CONFIG)


def layout_of(agency: str) -> FormLayout:
    return build_layout(the_plan(), CYCLE, agency)


def answers_of(agency: str) -> Answers:
    """Valid answers; what the samples lean on does not depend on the seed."""
    answers = Filler(2).fill(layout_of(agency))
    for row in ("T15", "T16"):
        for column, value in {"tu_so_ky": 40, "mau_so_ky": 50, "tu_so_luy_ke": 90, "mau_so_luy_ke": 100}.items():
            answers[("ty_le", row, column)] = value
    for key in [key for key in answers if key[:2] == ("nhiem_vu", "III.1.a") or key[0] in ("vuong_mac", "van_ban")]:
        del answers[key]
    answers[("nhiem_vu", "III.1.a", "trang_thai")] = "Đang thực hiện"
    answers[("nhiem_vu", "III.1.a", "ty_le")] = 75
    for column, value in {"trang_thai": "Đã hoàn thành", "ngay": "12/02/2026", "ket_qua": "Kế hoạch số 15/KH"}.items():
        answers[("nghia_vu", "IV.1.b", column)] = value
    answers[("vuong_mac", "", "khai_bao")] = "Không phát sinh"
    answers[("van_ban", "", "khai_bao")] = "Có"
    for column, text in {"so_ky_hieu": "125/KH-UBND", "ngay": "09/02/2026", "trich_yeu": "Kế hoạch hành động"}.items():
        answers[("van_ban", "1", column)] = text
    return answers


def form_bytes(agency: str, answers: Answers) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write_form(layout_of(agency), Path(folder) / "a.xlsx", answers).read_bytes()


@functools.cache
def valid_form(agency: str = COMMUNE) -> bytes:
    return form_bytes(agency, answers_of(agency))


def edit(data: bytes, change: Callable[[Workbook], object]) -> bytes:
    """The workbook after `change`, as openpyxl saves it."""
    book = load_workbook(io.BytesIO(data))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def judge_bytes(data: bytes, agency: str = COMMUNE) -> Judgement:
    return judge(data, layout_of(agency), the_plan())


def places(judgement: Judgement) -> list[Located]:
    return [(finding.code, finding.sheet, finding.cell) for finding in judgement.findings]


# --- registering -------------------------------------------------------------------------------------------

Change = Callable[[Workbook], object]


def workbook_defect(verdict: Verdict, *findings: Located, agency: str = COMMUNE) -> Callable[[Change], Change]:
    """Register a function that spoils an open workbook."""

    def _register(change: Change) -> Change:
        name = change.__name__
        assert name not in SAMPLES
        SAMPLES[name] = Sample(name, agency, verdict, findings, lambda: edit(valid_form(agency), change))
        return change

    return _register


BytesChange = Callable[[bytes], bytes]


def bytes_defect(verdict: Verdict, *findings: Located) -> Callable[[BytesChange], BytesChange]:
    """Register a function that makes bytes out of a valid form's bytes."""

    def _register(make: BytesChange) -> BytesChange:
        name = make.__name__
        assert name not in SAMPLES
        SAMPLES[name] = Sample(name, COMMUNE, verdict, findings, lambda: make(valid_form()))
        return make

    return _register


def file_defect(verdict: Verdict, code: str) -> Callable[[BytesChange], BytesChange]:
    """The same; the finding is about the whole file."""
    return bytes_defect(verdict, (code, "", ""))
