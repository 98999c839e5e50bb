"""The guides for agencies and for leaders say what the code does: files, pages, limits, days, accounts."""

from __future__ import annotations

import pytest

from kybaocao.console.wording import load_catalogue
from kybaocao.inbox.submission import name_marked, name_slip
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.load import find_plan
from kybaocao.plan.reminder_steps import Addressee
from kybaocao.stages.support import attachments, misplaced_files, recording
from kybaocao.stages.support.decision_steps import Step
from kybaocao.vietnamese import strip_marks
from tests.conftest import CYCLE
from tests.docs.test_handbook import ROOT, read

AGENCIES, LEADERS = (read(ROOT / "docs" / name) for name in ("co-quan.md", "lanh-dao.md"))
PLAN = find_plan(CYCLE)
ANSWERS = [
    name_slip("tiep_nhan", 1),
    name_slip("tra_lai", 1),
    name_marked(1),
    attachments.SLIP,
    misplaced_files.SLIP,
    recording.REPEATED,
]


@pytest.mark.parametrize("name", ANSWERS)
def test_agencies_read_what_each_answer_means(name: str) -> None:
    """A row for each file that the system puts into tra_loi."""
    assert f"\n| `{name}` |" in AGENCIES


@pytest.mark.parametrize("sheet", [sheet.name for sheet in PLAN.require_edition().sheets])
def test_agencies_are_guided_through_every_sheet(sheet: str) -> None:
    assert f"**{sheet}**" in AGENCIES


@pytest.mark.parametrize("kind", PLAN.require_edition().attachments, ids=lambda kind: kind.id)
def test_agencies_learn_how_to_name_an_attachment_and_how_large_it_may_be(kind: attachments.AttachmentKind) -> None:
    assert kind.id != FORM
    assert all(f"“{strip_marks(word)}”" in AGENCIES for word in kind.name_words)
    assert f"không quá {kind.limit_mb} MB" in AGENCIES


def list_steps(*addressees: Addressee) -> list[tuple[int, str]]:
    """(working days after the last day, time) of the steps to somebody, as the plan's ladder has them."""
    steps = PLAN.require_ladder().reminder_steps
    return [(one.day, f"{one.time:%H:%M}") for one in steps if one.to in addressees]


def test_agencies_know_the_days_of_the_reminders() -> None:
    officer = list_steps(Addressee.OFFICER)
    before = ", ".join(str(-days) for days, _ in officer if days < 0)
    assert f"trước hạn {before} ngày làm việc và sáng ngày cuối" in AGENCIES
    assert [one for one in officer if one[0] >= 0] == [(0, "08:00"), (1, "08:00")]
    assert list_steps(Addressee.HEAD)[0] == (1, "14:00")


@pytest.mark.parametrize(
    ("to", "ordinal"), [(Addressee.COORDINATOR, "thứ hai"), (Addressee.CHAIRMAN, "thứ ba")], ids=str
)
def test_leaders_know_the_day_of_their_lists(to: Addressee, ordinal: str) -> None:
    """By the ladder and the calendar of the cycle."""
    ((days, time),) = list_steps(to)
    calendar = Calendar.of(PLAN.require_calendar(), PLAN.timezone)
    day = calendar.shift(PLAN.require_cycle(CYCLE).due_on, days)
    assert f"{time} ngày làm việc {ordinal} sau hạn ({day.day}/{day.month})" in LEADERS
    assert ["", "thứ nhất", "thứ hai", "thứ ba"][days] == ordinal


def test_leaders_know_when_the_report_is_compiled() -> None:
    moment = PLAN.require_cycle(CYCLE).compile_at
    assert f"{moment.time:%H:%M} ngày {moment.date.day}/{moment.date.month}" in LEADERS


@pytest.mark.parametrize("step", list(Step))
def test_leaders_know_who_answers_each_question(step: Step) -> None:
    people = PLAN.require_recipients()
    accounts = people.province_approvers if step is Step.SIGNATURE else people.approvers
    assert all(f"`{one.account}`" in LEADERS for one in accounts)


@pytest.mark.parametrize("key", ["approval_next", "approval_next_reject", "report_back", "card_asking"])
def test_what_leaders_press_is_called_so(key: str) -> None:
    """The words of the page of the decision and of the card on Home."""
    said = load_catalogue()[key]["vi"]
    assert f"“{said}”" in LEADERS or f"**{said}**" in LEADERS
