"""Each kind of letter has a last sensible moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kybaocao.mail.usefulness import find_last_moment
from kybaocao.stages.support.passes import Pass

DEADLINE, CLOSING = "2026-12-10T00:00", "2027-01-29T23:59"


@pytest.mark.parametrize(
    ("kind", "at", "until"),
    [
        ("mo_ky", "2026-11-16T08:00", DEADLINE),
        ("mo_ky", "2026-12-11T08:00", CLOSING),
        ("tiep_nhan", "2026-12-01T08:00", CLOSING),
        ("tra_lai", "2026-12-01T08:00", CLOSING),
        ("tra_lai", "2027-02-01T08:00", ""),
        ("van_hanh", "2026-12-01T08:00", "2026-12-04T08:00"),
        ("canh_bao_tac_vu", "2026-12-01T08:00", "2026-12-04T08:00"),
        ("phat_hanh_bo_tai_chinh", "2026-12-16T08:00", ""),
        ("phat_hanh_so_tai_chinh", "2026-12-16T08:00", ""),
    ],
)
def test_the_last_moment_of_a_letter(begin: Callable[..., Pass], kind: str, at: str, until: str) -> None:
    """Opening letters until the deadline, answers until the cycle closes, warnings three days, reports for ever."""
    found = find_last_moment(begin(at), kind, "X-04183")
    assert (found.astimezone(begin(at).plan.timezone).strftime("%Y-%m-%dT%H:%M") if found else "") == until
