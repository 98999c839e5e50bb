"""Who still owes what: what the ladder is asked about."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from kybaocao.plan.adjustments import Adjustments, Exemption
from kybaocao.plan.agencies import Contact
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.ladder import Reminders, due_steps
from kybaocao.plan.outstanding import describe_owed, find_outstanding, list_owed
from kybaocao.plan.plan import Plan
from kybaocao.plan.reminder_steps import Addressee
from kybaocao.season.register import size_plan
from tests.conftest import CYCLE
from tests.submissions import arrive

DAY = dt.date(2026, 12, 8)
MISSING, RETURNED = "Biểu mẫu báo cáo (.xlsx)", "Bản sửa của biểu mẫu báo cáo (.xlsx) đã được trả lại"


@pytest.mark.parametrize(
    ("verdicts", "owed"),
    [
        ([], MISSING),
        (["returned"], RETURNED),
        (["unreadable"], RETURNED),
        (["returned", "returned"], RETURNED),
        (["returned", None], ""),  # the correction came: it is ours to judge
        ([None], ""),
        (["accepted"], ""),
        (["returned", "accepted"], ""),
        (["accepted", "returned"], ""),  # a faulty correction leaves the accepted version in force
        (["accepted", None], ""),
    ],
)
def test_what_is_owed_is_named(verdicts: list[str | None], owed: str) -> None:
    """The form, or the correction of a form that came back: a returned file nobody corrects is reminded of like a missing one."""
    versions = [arrive("STP", verdict=verdict, version=number) for number, verdict in enumerate(verdicts, start=1)]
    assert describe_owed(list_owed(versions)) == owed


def test_who_owes_nothing_is_no_debtor(plan: Plan) -> None:
    """Accepted, exempt, or not bound at all."""
    entry = {"ky": CYCLE, "co_quan": "STP", "ngay": DAY, "nguoi_quyet_dinh": "x", "ly_do": "x"}
    exempt = dataclasses.replace(plan, adjustments=Adjustments.of([Exemption.model_validate(entry)]))
    assert find_outstanding(plan, CYCLE, "STP", [arrive("STP")], DAY) is None
    assert find_outstanding(exempt, CYCLE, "STP", (), DAY) is None
    assert find_outstanding(exempt, CYCLE, "STP", (), DAY - dt.timedelta(days=1)) is not None
    assert find_outstanding(plan, CYCLE, "TU", (), DAY) is None


def test_a_debtor_knows_who_can_be_written_to(plan: Plan) -> None:
    """A contact out of office or at a private domain cannot; the leaders always can."""
    entry = {"ma": "STP", "vai_tro": "dau_moi", "ho_ten": "x", "email": "x@sonla.example.vn", "den_ngay": "2026-12-07"}
    private = {"ma": "STP", "vai_tro": "lanh_dao", "ho_ten": "x", "email": "x@gmail.com"}
    people = tuple(Contact.model_validate(one) for one in (entry, private))
    found = find_outstanding(dataclasses.replace(plan, contacts=people), CYCLE, "STP", (), DAY)
    assert found is not None and found.reachable == {Addressee.COORDINATOR, Addressee.CHAIRMAN}
    usual = find_outstanding(plan, CYCLE, "STP", (), DAY)
    assert usual is not None and usual.reachable == set(Addressee)


def test_of_three_thousand_eight_hundred_silent_agencies_none_is_passed_over(plan: Plan) -> None:
    """Every commune of a large country, on the day on which most is due at once; `make bench` says how fast."""
    large = size_plan(plan, 3_800)
    calendar = Calendar.of(large.require_calendar(), large.timezone)
    reminders = Reminders(large.cycles[CYCLE], large.require_ladder(), calendar)
    at = calendar.moment(dt.date(2026, 12, 15), dt.time(9))
    outstanding_agencies = [
        find_outstanding(large, CYCLE, agency.code, (), at.date(), reminders.opening) for agency in large.expected
    ]
    steps = [
        due_steps(outstanding, reminders, (), at) for outstanding in outstanding_agencies if outstanding is not None
    ]
    assert (len(steps), min(map(len, steps))) == (3_800, 3)
