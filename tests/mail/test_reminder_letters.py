"""From steps to messages: who gets which, and that nobody gets two."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from kybaocao.mail.reminder_letters import Reminded, ReminderLetter, gather_reminder_letters
from kybaocao.plan.ladder import OutstandingAgency, Step
from kybaocao.plan.reminder_steps import Addressee, Ladder
from tests.plan.test_ladder import BOUND, LADDER

OFFICER, HEAD, COORDINATOR, CHAIRMAN = Addressee
NOON = dt.datetime(2026, 12, 10, 12, tzinfo=dt.UTC)


def step(agency: str, reminder_step: str, to: Addressee | None = None) -> Reminded:
    """A step of an agency; the later reminder steps are due later."""
    place, chosen = next((place, one) for place, one in enumerate(LADDER.reminder_steps) if one.id == reminder_step)
    due_at = NOON + dt.timedelta(hours=place)
    return replace(BOUND, agency=agency), Step((reminder_step, 0), chosen, 0, due_at, to or chosen.to)


def gather(*reminded: Reminded, ladder: Ladder = LADDER, **book: str) -> list[ReminderLetter]:
    """Notices with the addresses of `book`: "A_dau_moi" -> "x, y"; leaders have one each."""

    def find(agency: str, to: Addressee) -> tuple[str, ...]:
        said = book.get(f"{agency}_{to.value}", "" if not to.is_collective else to.value)
        return tuple(said.split(", ")) if said else ()

    return gather_reminder_letters(reminded, ladder, find)


def tell(notices: list[ReminderLetter]) -> list[tuple[str, str, str, str]]:
    """(letter, to, in copy, what of whom)"""
    return [
        (
            notice.reminder_step.id,
            ", ".join(notice.recipients),
            ", ".join(notice.copies),
            ", ".join(f"{outstanding.agency} {one.reminder_step.id}" for outstanding, one in notice.named),
        )
        for notice in notices
    ]


def test_all_officers_of_an_agency_get_one_message() -> None:
    """Who hears the same stands in one letter."""
    assert tell(gather(step("A", "nhac_lan_1"), A_dau_moi="x, y")) == [("nhac_lan_1", "x, y", "", "A nhac_lan_1")]


def test_the_contact_of_two_agencies_gets_a_digest_and_a_colleague_a_letter() -> None:
    """One message each, whatever the others get."""
    notices = gather(step("A", "nhac_lan_1"), step("B", "nhac_lan_1"), A_dau_moi="x, y", B_dau_moi="X")
    assert tell(notices) == [
        ("nhac_lan_1", "x", "", "A nhac_lan_1, B nhac_lan_1"),
        ("nhac_lan_1", "y", "", "A nhac_lan_1"),
    ]
    assert [notice.is_digest for notice in notices] == [True, False]


def test_a_digest_rises_to_the_tone_of_its_highest_step() -> None:
    """One agency late, one with more time."""
    (notice,) = gather(step("A", "nhac_lan_2"), step("B", "qua_han_co_quan"), A_dau_moi="x", B_dau_moi="x")
    assert notice.reminder_step.id == "qua_han_co_quan"


def test_the_officer_is_in_copy_of_the_letter_to_the_head() -> None:
    """As the reminder step says."""
    notices = gather(step("A", "qua_han_thu_truong"), A_dau_moi="x", A_lanh_dao="h")
    assert tell(notices) == [("qua_han_thu_truong", "h", "x", "A qua_han_thu_truong")]


def test_who_gets_a_letter_gets_no_copy_of_another() -> None:
    """After an outage the officer's own letter and the head's are due at once."""
    steps = step("A", "qua_han_co_quan"), step("A", "qua_han_thu_truong")
    assert tell(gather(*steps, A_dau_moi="x", A_lanh_dao="h")) == [
        ("qua_han_co_quan", "x", "", "A qua_han_co_quan"),
        ("qua_han_thu_truong", "h", "", "A qua_han_thu_truong"),
    ]


def test_who_is_in_copy_for_several_agencies_gets_one_message_for_information() -> None:
    """Two heads, one officer: instead of two copies one digest."""
    steps = step("A", "qua_han_thu_truong"), step("B", "qua_han_thu_truong")
    notices = gather(*steps, A_dau_moi="x", B_dau_moi="x", A_lanh_dao="a", B_lanh_dao="b")
    assert [(notice.recipients, notice.copies, notice.is_copy) for notice in notices] == [
        (("a",), (), False),
        (("x",), (), True),
        (("b",), (), False),
    ]


def test_one_mailbox_for_officer_and_head_hears_the_latest_once() -> None:
    """The letter tells both steps."""
    (notice,) = gather(step("A", "qua_han_co_quan"), step("A", "qua_han_thu_truong"), A_dau_moi="x", A_lanh_dao="x")
    assert tell([notice]) == [("qua_han_thu_truong", "x", "", "A qua_han_thu_truong")]
    assert len(notice.steps) == 2


def test_leaders_get_one_list_each() -> None:
    """Agencies that nobody could be sent a reminder stand in the list of the leader's own reminder step."""
    steps = step("A", "nhac_lan_1", COORDINATOR), step("B", "bao_cao_so_tai_chinh"), step("B", "bao_cao_chu_tich")
    assert tell(gather(*steps)) == [
        ("bao_cao_so_tai_chinh", "lanh_dao_so_tai_chinh", "", "A nhac_lan_1, B bao_cao_so_tai_chinh"),
        ("bao_cao_chu_tich", "chu_tich", "", "B bao_cao_chu_tich"),
    ]


def test_two_rungs_of_one_leader_are_one_list() -> None:
    """Of a ladder that lists twice the higher letter speaks for both."""
    again = next(
        reminder_step for reminder_step in LADDER.reminder_steps if reminder_step.to is COORDINATOR
    ).model_copy(update={"id": "lan_hai", "day": 9})
    ladder = LADDER.model_copy(update={"reminder_steps": (*LADDER.reminder_steps, again)})
    later: tuple[OutstandingAgency, Step] = (
        replace(BOUND, agency="B"),
        Step(("lan_hai", 0), again, 0, NOON, COORDINATOR),
    )
    (notice,) = gather(step("A", "bao_cao_so_tai_chinh"), later, ladder=ladder)
    assert (notice.reminder_step.id, [outstanding.agency for outstanding, _ in notice.named]) == ("lan_hai", ["A", "B"])


@pytest.mark.parametrize("reminder_step", ["nhac_lan_1", "qua_han_thu_truong"])
def test_nobody_to_write_to_is_no_message(reminder_step: str) -> None:
    """The step waits."""
    assert gather(step("A", reminder_step)) == []


def test_nothing_to_say_is_no_message() -> None:
    assert gather() == []
