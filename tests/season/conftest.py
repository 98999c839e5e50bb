"""A small plan, so that ten thousand seasons are played in a minute."""

from __future__ import annotations

import dataclasses

import pytest

from kybaocao.plan.plan import Plan
from kybaocao.season.register import size_plan

AGENCIES = 5


@pytest.fixture(scope="session")
def small(plan: Plan) -> Plan:
    """The first bodies of the register, and one that is only invited to report."""
    invited = {"HHDN": plan.agencies["HHDN"]}
    return size_plan(dataclasses.replace(plan, agencies=invited | plan.agencies), AGENCIES)
