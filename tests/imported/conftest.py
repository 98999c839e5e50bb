"""The workbook for results that were done by hand, of a plan with five reporters."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.home import Home
from kybaocao.imported.layout import ResultsLayout, build_results_layout
from kybaocao.imported.workbook import render_results_workbook
from kybaocao.plan.load import load_plan
from kybaocao.plan.plan import Plan
from tests.small_plan import write_small_plan

BEFORE = "nq02-2026-ky1"
TARGETS, PROVINCE, TASKS, ISSUES = "Chỉ tiêu", "Toàn tỉnh", "Nhiệm vụ", "Vướng mắc, kiến nghị"
COMMUNE, WARD, STC, STP = "X-04183", "X-03664", "STC", "STP"
Row = Mapping[str, object]  # heading -> what is typed


@pytest.fixture(scope="session")
def small_plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    root = write_small_plan(tmp_path_factory.mktemp("small") / "config")
    return load_plan(root / "nq02-2026")


@pytest.fixture(scope="session")
def layout(small_plan: Plan) -> ResultsLayout:
    return build_results_layout(small_plan, BEFORE)


@pytest.fixture(scope="session")
def template(layout: ResultsLayout) -> bytes:
    return render_results_workbook(layout)


class Filling:
    """The template in the hands of an official."""

    def __init__(self, template: bytes) -> None:
        self.book: Workbook = load_workbook(io.BytesIO(template))

    def sheet(self, name: str) -> Worksheet:
        found = self.book[name]
        assert isinstance(found, Worksheet)
        return found

    def column(self, name: str, heading: str) -> int:
        return next(cell.column for cell in self.sheet(name)[4] if cell.value == heading)

    def row(self, code: str, agency: str = "", name: str = "") -> int:
        """The row of a target or task; of the province without an agency."""
        sheet = self.sheet(name or (TARGETS if agency else PROVINCE))
        codes = [sheet.cell(row, 3 if agency else 1).value for row in range(1, sheet.max_row + 1)]
        owners = [sheet.cell(row, 1).value for row in range(1, sheet.max_row + 1)]
        wanted = range(1, sheet.max_row + 1)
        return next(r for r in wanted if codes[r - 1] == code and (not agency or owners[r - 1] == agency))

    def put(self, name: str, row: int, heading: str, value: object) -> str:
        """Type into a cell; its address."""
        cell = self.sheet(name).cell(row, self.column(name, heading))
        cell.value = value  # type: ignore[assignment]
        return cell.coordinate

    def type(
        self, code: str, *figures: object, agency: str = "", status: str | None = None, paper: str | None = None
    ) -> tuple[str, ...]:
        """Type the figures of a target; the addresses of their cells."""
        name, row = TARGETS if agency else PROVINCE, self.row(code, agency)
        if status is not None:
            self.put(name, row, "Tình trạng", status)
        if paper is not None:
            self.put(name, row, "Số, ngày báo cáo giấy", paper)
        return tuple(self.put(name, row, f"Số ({n})", figure) for n, figure in enumerate(figures, start=1))

    def save(self) -> bytes:
        content = io.BytesIO()
        self.book.save(content)
        return content.getvalue()

    def write(self, path: Path) -> Path:
        path.write_bytes(self.save())
        return path


@pytest.fixture
def filling(template: bytes) -> Filling:
    return Filling(template)


@pytest.fixture
def fill(template: bytes) -> Callable[[], Filling]:
    """A fresh template each time."""
    return lambda: Filling(template)


@pytest.fixture
def small_home(home: Home, small_plan: Plan, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty installation of the plan with five reporters."""
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(small_plan.folder.parent))
    monkeypatch.setattr("kybaocao.documents.pdf.find_converter", lambda: None)
    return home
