"""One commune's whole form as text, so that a change of wording or order is seen in review.

UPDATE_GOLDEN=1 writes the dump anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import openpyxl

from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.plan.plan import Plan
from tests.conftest import CYCLE

GOLDEN = Path(__file__).parent / "golden" / "X-04183.txt"


def dump(path: Path) -> str:
    """Sheet by sheet, one line per row that says something: "7: STT | Mã | …"."""
    lines: list[str] = []
    for sheet in openpyxl.load_workbook(path):
        lines.append(f"=== {sheet.title} ({sheet.sheet_state})")
        for row in sheet.iter_rows():
            cells = [str(cell.value).replace("\n", " ⏎ ") for cell in row if cell.value is not None]
            if cells:
                lines.append(f"{row[0].row}: " + " | ".join(cells))
    return "\n".join(lines) + "\n"


def test_a_commune_s_form_is_what_was_agreed(plan: Plan, tmp_path: Path) -> None:
    """Every printed word of the form of one commune, in its place."""
    text = dump(write_form(build_layout(plan, CYCLE, "X-04183"), tmp_path / "form.xlsx"))
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")
