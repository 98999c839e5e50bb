"""`theo_doi.yaml`: accounts that see only some agencies in the console."""

from __future__ import annotations

from pathlib import Path

import pytest

from kybaocao.plan.load import load_plan
from kybaocao.plan.plan import Plan, PlanError
from tests.small_plan import CONFIG, write_small_plan


def load(tmp_path: Path, text: str) -> Plan:
    folder = write_small_plan(tmp_path / "config") / CONFIG.name
    (folder / "theo_doi.yaml").write_text(text, encoding="utf-8")
    return load_plan(folder)


def test_without_the_file_everybody_sees_all(plan: Plan) -> None:
    assert plan.find_watched(("vp-ubnd",)) is None


def test_an_account_sees_its_agencies_and_its_groups(tmp_path: Path) -> None:
    plan = load(tmp_path, "theo_doi:\n  - {tai_khoan: vp-ubnd, co_quan: [HHDN], nhom: [SO_NGANH]}\n")
    assert plan.find_watched(("vp-ubnd",)) == {"HHDN", "STC", "STP"}


def test_an_account_that_is_not_named_sees_all(tmp_path: Path) -> None:
    assert load(tmp_path, "theo_doi:\n  - {tai_khoan: vp-ubnd, co_quan: [STC]}\n").find_watched(("khac",)) is None


@pytest.mark.parametrize(
    ("entry", "line", "field", "said"),
    [
        ("{tai_khoan: vp, co_quan: [XYZ]}", 2, "co_quan", "không có cơ quan “XYZ”"),
        ("{tai_khoan: vp, nhom: [XA]}", 2, "nhom", "không có nhóm “XA”"),
        ("{tai_khoan: vp}", 2, "tai_khoan", "phải ghi co_quan hoặc nhom"),
        ("{tai_khoan: vp, co_quan: [STC], khoa: 1}", 2, "khoa", ""),
    ],
    ids=["unknown agency", "unknown group", "nobody", "unknown key"],
)
def test_a_mistake_is_located(tmp_path: Path, entry: str, line: int, field: str, said: str) -> None:
    (problem,) = load(tmp_path, f"theo_doi:\n  - {entry}\n").problems
    assert (problem.file, problem.line, problem.field) == ("theo_doi.yaml", line, field)
    assert said in problem.message


def test_while_an_entry_is_broken_nobody_is_let_see_too_much(tmp_path: Path) -> None:
    plan = load(tmp_path, "theo_doi:\n  - {tai_khoan: vp, co_quan: STC}\n")
    with pytest.raises(PlanError, match=r"theo_doi\.yaml"):
        plan.find_watched(("khac",))
