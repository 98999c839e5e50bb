"""`lineage`: what a person reads first, columns that stand under each other, and the same for machines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from kybaocao.cli import main
from kybaocao.cli.columns import line_up, measure
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from tests.conftest import CYCLE
from tests.stages.conftest import MIDDAY, OPENING, drop

Capture = pytest.CaptureFixture[str]
AGENCIES = ("STP", "X-04183")


@pytest.fixture
def _answered(small: Callable[[str], Pass]) -> None:
    """Two agencies have answered."""
    run_pass(small(OPENING))
    for agency in AGENCIES:
        drop(small(MIDDAY), agency, name="Báo cáo Mường Lầm.xlsx")
    run_pass(small(MIDDAY))


def _ask(*words: str) -> int:
    return main(["lineage", "T13", "--cycle", CYCLE, "--as-of", MIDDAY, *words])


@pytest.mark.usefixtures("_answered")
def test_the_figure_comes_first_then_its_parts_then_the_cells(capsys: Capture) -> None:
    """Numbers as officials write them; the sums are those of the cells."""
    assert _ask("--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert _ask() == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [line.split("  ")[1] if line.startswith("  ") else line for line in lines[:4]]
    assert heads[0].startswith("T13 – Tỷ lệ") and heads[1:] == ["Kết quả", "Tử số", "Mẫu số"]
    assert f"{Decimal(found['figures']['value']):.2f}%".replace(".", ",") in lines[1]
    cells = [line for line in lines if "!" in line]
    assert len(cells) == len(found["origins"]) == 4  # a stock has one pair
    assert [line.split()[0] for line in cells] == [AGENCIES[0]] * 2 + [AGENCIES[1]] * 2


@pytest.mark.usefixtures("_answered")
def test_the_columns_of_the_cells_stand_under_each_other(capsys: Capture) -> None:
    assert _ask() == 0
    lines = capsys.readouterr().out.splitlines()
    heading = next(line for line in lines if line.lstrip().startswith("Mã "))
    cells = [line for line in lines if "!" in line]
    for title, sign in (("Ô", "Chỉ tiêu!"), ("Tệp", "Báo cáo Mường Lầm.xlsx")):
        assert {line.index(sign) for line in cells} == {heading.index(f"  {title}") + 2}


@pytest.mark.usefixtures("_answered")
def test_machines_get_every_cell_as_a_line_of_csv(capsys: Capture) -> None:
    assert _ask("--json") == 0
    found = json.loads(capsys.readouterr().out)["origins"]
    assert _ask("--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [{key: value for key, value in row.items() if key != "list"} for row in rows] == found


@pytest.mark.usefixtures("_answered")
def test_a_file_name_does_not_become_a_formula(small: Callable[[str], Pass], capsys: Capture) -> None:
    """Who opens the .csv in Excel reads it; the figures beside it stay numbers."""
    p = small("2026-12-01T09:00")
    drop(p, "STP", name="=HYPERLINK(A1).xlsx")
    run_pass(p)
    assert main(["lineage", "T13", "--cycle", CYCLE, "--as-of", "2026-12-01T09:00", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["file_name"] for row in rows if row["agency"] == "STP"} == {"'=HYPERLINK(A1).xlsx"}
    assert all(row["value"].isdigit() for row in rows)


def test_nobody_has_answered_yet_is_said(small: Callable[[str], Pass], capsys: Capture) -> None:
    run_pass(small(OPENING))
    assert _ask() == 0
    said = capsys.readouterr().out
    assert "Chưa có số liệu" in said and "Các ô số liệu: chưa có." in said


def test_columns_count_places_on_the_screen_not_characters() -> None:
    """A mark over a letter takes none, whichever way the letter is written; a wide sign takes two."""
    rows = [("Mường", "1"), ("Mu\u031bo\u031b\u0300ng", "20"), ("表", "3")]
    assert [measure(line) for line in line_up(rows, numbers=(1,))] == [9, 9, 9]
    assert list(line_up([("Ô", "x"), ("Cơ quan", "")])) == ["Ô        x", "Cơ quan"]
