"""The forms of the year-end cycle, each written once and read back."""

from __future__ import annotations

import openpyxl
import pytest
from openpyxl.workbook.workbook import Workbook

from kybaocao.form.layout import FormLayout, build_layout
from kybaocao.form.workbook import write_form
from kybaocao.plan.plan import Plan
from tests.conftest import CYCLE
from tests.form.reading import Open


@pytest.fixture(scope="package")
def issued(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Open:
    """issued("STC") -> its layout, and the workbook as another program reads it."""
    folder = tmp_path_factory.mktemp("forms")
    books: dict[str, tuple[FormLayout, Workbook]] = {}

    def _open(agency: str) -> tuple[FormLayout, Workbook]:
        if agency not in books:
            layout = build_layout(plan, CYCLE, agency)
            books[agency] = layout, openpyxl.load_workbook(write_form(layout, folder / f"{agency}.xlsx"))
        return books[agency]

    return _open
