"""What a fresh process needs for its first file: nothing is imported here that the work does not need."""

from __future__ import annotations

import io
from collections.abc import Callable


def read_only(data: bytes) -> None:
    """Every sheet as calamine gives it."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def prepare() -> Callable[[bytes], object]:
    """Judging with the plan read; what is learnt once for each form is still to be learnt."""
    from kybaocao.checks.judgement import judge
    from kybaocao.form.layout import build_layout
    from kybaocao.plan.load import find_plan
    from kybaocao.workbook.parsing import parse_book

    plan = find_plan("nq02-2026-ky2")
    layout = build_layout(plan, "nq02-2026-ky2", "STC")
    return lambda data: judge(data, layout, plan, parse=parse_book)
