"""Two plans share one data folder: next year's beside this year's."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.home import Home
from kybaocao.plan.load import config_root
from kybaocao.stages.support.form_issuing import issue_forms
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.unknown_folders import list_unknown_folders
from tests.conftest import CYCLE
from tests.stages.conftest import MIDDAY

Begin = Callable[[str], Pass]
OTHER = "nq02-2027-ky2"


@pytest.fixture
def beside(small: Begin) -> Path:
    """A second plan of the same agencies, and of one that only it has."""
    small(MIDDAY).store.upgrade()
    folder = config_root() / "nq02-2027"
    shutil.copytree(config_root() / "nq02-2026", folder)
    for name in ("ke_hoach.yaml", "ky_bao_cao.yaml"):
        text = (folder / name).read_text(encoding="utf-8").replace("nq02-2026", "nq02-2027")
        (folder / name).write_text(text, encoding="utf-8")
    with (folder / "co_quan.csv").open("a", encoding="utf-8") as handle:
        handle.write("SMOI,Sở Mới,so_nganh,phai_bao_cao,Giám đốc Sở Mới,\n")
    return folder


def test_folders_of_another_plan_are_not_strange(small: Begin, beside: Path, home: Home) -> None:
    """Neither the folder of its cycle below an agency of both, nor the folder of an agency that only it has."""
    home.inbox("STC", OTHER).mkdir(parents=True)
    home.inbox("SMOI", OTHER).mkdir(parents=True)
    assert list_unknown_folders(small(MIDDAY)) == []


def test_folders_of_a_plan_that_was_put_away_are_not_strange(small: Begin, beside: Path, home: Home) -> None:
    """What was once issued here is known for good."""
    p = small(MIDDAY)
    issue_forms(p)
    shutil.rmtree(config_root() / "nq02-2026")
    other = Pass.begin(OTHER, p.as_of, is_replay=True, home=home)
    assert list_unknown_folders(other) == []


def test_folders_of_no_plan_are_strange_beside_two(small: Begin, beside: Path, home: Home) -> None:
    """An unknown cycle and an unknown agency are named as before."""
    home.inbox("STC", "nq02-2028-ky1").mkdir(parents=True)
    home.inbox("X-99999", CYCLE).mkdir(parents=True)
    assert list_unknown_folders(small(MIDDAY)) == [
        "STC/nq02-2028-ky1 (không có kỳ này)",
        "X-99999/ (không có cơ quan này)",
    ]
