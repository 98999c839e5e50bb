"""The plan of the whole country, over which is measured: every body once, and nothing wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kybaocao.plan.agencies import AgencyKind
from kybaocao.plan.load import load_plan
from tests.bench.national_plan import PROVINCES, Province, write_national_plan, write_province_plan
from tests.conftest import CYCLE

LOCAL = (AgencyKind.COMMUNE, AgencyKind.WARD)


def test_one_plan_asks_every_commune_and_department(tmp_path: Path) -> None:
    """34 provinces, 3,321 communes and wards, 477 departments and others; each under its own code and name."""
    codes = write_national_plan(tmp_path)
    plan = load_plan(tmp_path / "nq02-2026")
    assert plan.problems == ()
    assert [agency.code for agency in plan.expected] == codes
    assert (len(PROVINCES), sum(one.kind in LOCAL for one in plan.expected), len(codes)) == (34, 3321, 3798)
    assert len({one.name for one in plan.expected}) == len(codes)


@pytest.mark.parametrize("province", [PROVINCES[0], PROVINCES[5], PROVINCES[33]], ids=lambda one: one.name)
def test_each_province_has_a_plan_with_cycles_of_its_own(tmp_path: Path, province: Province) -> None:
    """Its communes; its departments have the codes that tasks name."""
    codes = write_province_plan(tmp_path, province)
    plan = load_plan(tmp_path / province.plan)
    assert plan.problems == ()
    assert [agency.code for agency in plan.expected] == codes
    assert sum(one.kind in LOCAL for one in plan.expected) == province.communes
    assert list(plan.cycles) == [CYCLE.replace("nq02-2026", province.plan).replace("ky2", ky) for ky in ("ky1", "ky2")]
