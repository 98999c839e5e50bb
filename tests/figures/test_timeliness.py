"""Which agencies submitted on time, which late, which not at all."""

from __future__ import annotations

import datetime as dt

import pytest

from kybaocao.figures.snapshot import Standing, Timeliness
from kybaocao.figures.timeliness import confirms_nothing, judge_timeliness
from kybaocao.inbox.submission import Submission
from kybaocao.plan.cycles import Cycle
from tests.figures.taking import CALENDAR, KY2, NOTHING, PLAN, take
from tests.submissions import Value, arrive, figures, local


def judge(submissions: list[Submission], cycle: Cycle, as_of: dt.datetime, *, is_exempt: bool = False) -> Timeliness:
    return judge_timeliness(
        "STC",
        submissions,
        cycle,
        CALENDAR,
        as_of,
        is_zero=lambda one: confirms_nothing(one.answers),
        is_exempt=is_exempt,
    )


ON_TIME, LATE = "2026-12-09T23:59:59", "2026-12-11T08:00"


@pytest.mark.parametrize(
    ("versions", "at", "standing", "is_late", "late_days"),
    [
        ([], "2026-12-09T23:59:59", Standing.EXPECTED, False, 0),
        ([], "2026-12-10T00:00", Standing.MISSING, True, 0),
        ([(ON_TIME, None)], "2026-12-10T08:00", Standing.RECEIVED, False, 0),  # it is ours to judge
        ([(LATE, None)], "2026-12-14T08:00", Standing.RECEIVED, True, 0),
        ([(ON_TIME, None), (LATE, "returned")], "2026-12-14T08:00", Standing.RECEIVED, False, 0),
        ([(ON_TIME, "returned")], "2026-12-10T08:00", Standing.RETURNED, True, 0),
        ([(ON_TIME, "returned")], "2026-12-09T23:59:59", Standing.RETURNED, False, 0),
        ([(ON_TIME, "accepted")], "2026-12-14T08:00", Standing.ACCEPTED, False, 0),
        ([(ON_TIME, "accepted"), (LATE, "accepted")], "2026-12-14T08:00", Standing.ACCEPTED, False, 0),
        ([(ON_TIME, "accepted"), (LATE, "returned")], "2026-12-14T08:00", Standing.ACCEPTED, False, 0),
        ([(ON_TIME, "returned"), (LATE, "accepted")], "2026-12-14T08:00", Standing.ACCEPTED, True, 2),
        ([(ON_TIME, "unreadable"), (LATE, "accepted")], "2026-12-14T08:00", Standing.ACCEPTED, True, 2),
        ([(LATE, "accepted")], "2026-12-10T08:00", Standing.MISSING, True, 0),  # seen from before it came
    ],
)
def test_on_time_is_who_sent_on_time_what_was_accepted(
    versions: list[tuple[str, str | None]], at: str, standing: Standing, is_late: bool, late_days: int
) -> None:
    """The first accepted version decides; correcting it later is no lateness, sending a wrong file early is no merit."""
    answers = figures("T15", 1, 2)
    submissions = [arrive("STC", answers, at=t, verdict=v, version=n) for n, (t, v) in enumerate(versions, start=1)]
    found = judge(submissions, KY2, local(at))
    assert (found.standing, found.is_late, found.late_working_days) == (standing, is_late, late_days)
    seen = [verdict for moment, verdict in versions if local(moment) <= local(at)]
    assert found.version_count == len(seen)
    assert found.returned_count == sum(verdict in ("returned", "unreadable") for verdict in seen)


def test_a_submission_where_nothing_arose_is_a_submission() -> None:
    """All questions answered with "Không phát sinh": accepted, and named as such."""
    answers: dict[tuple[str, str, str], Value] = {("ty_le", "T15", "tinh_trang"): NOTHING}
    answers |= {("nhiem_vu", "III.1.a", "trang_thai"): NOTHING, ("vuong_mac", "", "khai_bao"): NOTHING}
    some = answers | {("van_ban", "", "khai_bao"): "Có"}
    standings = [judge([arrive("STC", said)], KY2, local(LATE)).standing for said in (answers, some)]
    assert standings == [Standing.CONFIRMED_ZERO, Standing.ACCEPTED]


def test_duties_that_everybody_carries_out_leave_a_submission_where_nothing_arose() -> None:
    answers: dict[tuple[str, str, str], Value] = {("nhiem_vu", "III.1.a", "trang_thai"): NOTHING}
    answers |= {("nghia_vu", "IV.1.a", "trang_thai"): "Đang thực hiện"}
    entry = next(one for one in take(arrive("STC", answers)).timeliness if one.agency == "STC")
    assert entry.standing is Standing.CONFIRMED_ZERO


@pytest.mark.parametrize(("due_before", "is_late", "days"), [("2026-12-10", True, 2), ("2026-12-14", False, 0)])
def test_an_agency_is_held_to_its_own_deadline(due_before: str, is_late: bool, days: int) -> None:
    """Who was given more time is on time within it."""
    own = KY2.model_copy(update={"due_before": local(f"{due_before}T00:00").date()})
    found = judge([arrive("STC", figures("T15", 1, 2), at=LATE)], own, local(LATE))
    assert (found.is_late, found.late_working_days) == (is_late, days)


@pytest.mark.parametrize(
    ("verdicts", "standing"),
    [((), Standing.EXEMPT), (("returned",), Standing.EXEMPT), (("accepted",), Standing.ACCEPTED)],
)
def test_who_owes_nothing_is_exempt_and_never_late(verdicts: tuple[str, ...], standing: Standing) -> None:
    """What it submitted all the same counts."""
    submissions = [arrive("STC", figures("T15", 1, 2), at=ON_TIME, verdict=verdict) for verdict in verdicts]
    found = judge(submissions, KY2, local("2026-12-14T08:00"), is_exempt=True)
    assert (found.standing, found.is_late) == (standing, False)


def test_every_expected_body_has_its_line() -> None:
    """Also those who sent nothing."""
    assert [entry.agency for entry in take().timeliness] == [agency.code for agency in PLAN.expected]
