"""Versions of the report follow the moments of the passes, in whatever order the passes are run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kybaocao.passes import Pass
from kybaocao.stages.aggregating import aggregate_returns
from kybaocao.stages.compilation import compile_report
from kybaocao.stages.run import run_pass
from tests.stages.conftest import MIDDAY, OPENING, drop

Small = Callable[[str], Pass]
EARLIER, LATER = "2026-12-10T08:00", "2026-12-11T08:00"


@pytest.mark.parametrize(("first", "second", "versions"), [(EARLIER, LATER, [1, 2]), (LATER, EARLIER, [1, None])])
def test_a_pass_run_again_after_a_later_one_makes_no_version(
    small: Small, first: str, second: str, versions: list[int | None]
) -> None:
    """Clear of `compile_report` in an old run must not put older figures over newer ones."""
    run_pass(small(OPENING))
    drop(small(MIDDAY), "STP")
    run_pass(small(EARLIER))
    drop(small("2026-12-10T12:00"), "X-04183")
    run_pass(small(LATER))
    snapshots = {at: aggregate_returns(small(at)).snapshot for at in (EARLIER, LATER)}

    found = [compile_report(small(at), snapshots[at], is_asked=True) for at in (first, second)]

    assert found == versions
