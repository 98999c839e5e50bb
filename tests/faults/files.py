"""The bytes that agencies drop."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from kybaocao.demo.figures import Filler
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import render_form
from kybaocao.plan.form_edition import LATE_REASON
from kybaocao.plan.load import load_plan
from kybaocao.plan.plan import Plan
from tests.attachments.attachment_files import docx, pdf
from tests.conftest import CYCLE
from tests.faults.story import DAMAGED, EVIDENCE, FAULTY, SIGNED, Drop

_SAID = {("xac_nhan", LATE_REASON, "gia_tri"): "Chờ số liệu của cơ quan thuế đến ngày 11/12"}
_REQUIRED = ("xac_nhan", "nguoi_ky", "gia_tri")


def render(drop: Drop, config: Path) -> bytes:
    """The file's bytes, the same whenever they are asked for."""
    return _render(drop.agency, drop.content, drop.number, drop.is_explained, config)


@lru_cache(maxsize=512)
def _render(agency: str, content: str, number: int, is_explained: bool, config: Path) -> bytes:
    stamp = f"{agency} {number}"
    if content == SIGNED:
        return docx({"docProps/app.xml": f"<Properties>{stamp}</Properties>"})
    if content == EVIDENCE:
        return pdf(more={4: b"<</Note(%s)>>" % stamp.encode()})
    layout = build_layout(_load(config), CYCLE, agency)
    answers = dict(Filler(number).fill(layout))
    if is_explained:
        answers |= _SAID
    if content == FAULTY:
        answers.pop(_REQUIRED)
    data = render_form(layout, answers)
    return data[:300] + b"\0" * (len(data) // 2) + data[300 + len(data) // 2 :] if content == DAMAGED else data


@lru_cache(maxsize=2)
def _load(config: Path) -> Plan:
    return load_plan(config / "nq02-2026")
