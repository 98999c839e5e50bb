"""The checklist covers what the configuration may ask for."""

from __future__ import annotations

from typing import get_args

from kybaocao.checks.checklist import CELL_CHECKS, COMPARISONS, DAY_CHECKS
from kybaocao.plan.form_edition import COMPARING, COPYING, Check


def test_every_kind_of_rule_has_one_check() -> None:
    """Limits are read together (`checks.limits`), copied texts apart (`checks.copied_texts`)."""
    listed = [*DAY_CHECKS, *CELL_CHECKS, *COMPARISONS, "khong_lon_hon", *COPYING]
    assert sorted(listed) == sorted(get_args(Check.model_fields["kind"].annotation))


def test_every_warning_that_can_be_explained_is_a_comparison() -> None:
    """The plan asks for an explanation column exactly for these."""
    assert sorted([*COMPARISONS, *COPYING]) == sorted(COMPARING)
