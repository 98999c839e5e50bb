"""What the filler finds in the form: the plan's own text, and what was reported in the previous cycle."""

from __future__ import annotations

import io

import openpyxl
import pytest

from kybaocao.checks.judgement import judge
from kybaocao.demo.figures import Filler
from kybaocao.form.layout import PLAN_SHEET, build_layout
from kybaocao.form.workbook import render_form
from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict
from tests.conftest import CYCLE
from tests.form.reading import COMMUNE, SIX_KINDS, Open, answer_cells


@pytest.mark.parametrize("agency", SIX_KINDS)
def test_every_row_leads_to_the_plan_s_own_text(plan: Plan, issued: Open, agency: str) -> None:
    """Word for word, by a link in its code."""
    layout, book = issued(agency)
    texts = {task.id: task.text for task in (*plan.tasks, *plan.asked_obligations)} | {
        one.id: one.quote for one in plan.indicators
    }
    texts |= {part.id: one.quote for one in plan.indicators for part in one.parts}
    for table in layout.tables:
        if not table.rows:
            continue
        links = {cell.value: cell.hyperlink for row in book[table.sheet.name].iter_rows(max_col=1) for cell in row}
        for row in table.rows:
            sheet, _, cell = links[row.code].location.rpartition("!")
            assert (sheet, book[PLAN_SHEET][cell].value) == (f"'{PLAN_SHEET}'", row.code)
            assert book[PLAN_SHEET][cell].offset(0, 1).value == texts[row.code]


def test_a_task_shows_what_was_reported_on_it_in_the_previous_cycle(plan: Plan) -> None:
    """In a locked cell, and nobody is blamed for a text that the form brought along."""
    layout = build_layout(plan, CYCLE, COMMUNE)
    said = "Chậm tiến độ (40%). " + "Chờ hướng dẫn của cơ quan chuyên môn cấp trên về quy trình; " * 3
    data = render_form(layout, Filler(3).fill(layout), before={"III.1.a": said})
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Nhiệm vụ"]
    row = next(cell.row for cell in sheet["A"] if cell.value == "III.1.a")
    judgement = judge(data, layout, plan)
    assert str(sheet[f"C{row}"].value).endswith(f"\nKỳ trước: {said}") and sheet[f"C{row}"].protection.locked
    assert (judgement.verdict, judgement.findings) == (Verdict.ACCEPTED, ())
    assert not any(said[:30] in answer.text for answer in judgement.answers.values())


def test_a_product_that_the_plan_does_not_name_is_what_the_report_has_to_say(issued: Open) -> None:
    _, book = issued(COMMUNE)
    products = [str(cell.value) for cell in book["Nhiệm vụ"]["C"] if cell.value]
    assert any(text.startswith("Báo cáo cần nêu: ") for text in products)
    assert not any("Kế hoạch không nêu" in text for text in products)


def test_a_commune_is_shown_no_more_cells_than_it_may_need(issued: Open) -> None:
    layout, book = issued(COMMUNE)
    assert sum(1 for _ in answer_cells(layout, book)) < 270
    assert not book["Văn bản"].protection.insertRows  # False: allowed
