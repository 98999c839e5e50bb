"""Reminders that no server takes: not delivered, not written again and again, and the next one knows."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from kybaocao.stages.aggregate import aggregate_returns
from kybaocao.stages.deliver_mail import send_everything
from kybaocao.stages.escalate import escalate_agency
from kybaocao.stages.support.letters import redirect_letter, resend_letter, withdraw_letter
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.reminder_letters import write_reminder_letters
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.bounces import record_bounce
from kybaocao.store.deliveries import AddressState, record_delivery
from kybaocao.store.outbox import LetterState, Queued, list_reminders, mark_over
from kybaocao.store.steps import StepId, StepState, list_steps_in
from tests.conftest import CYCLE
from tests.post import Post
from tests.stages.conftest import OPENING, drop

Small = Callable[[str], Pass]
FIRST, SECOND, THIRD = "2026-11-25T08:00", "2026-12-02T08:00", "2026-12-07T08:00"
STP, STP_HEAD = "vanthu.stp@sonla.example.vn", "lanhdao.stp@sonla.example.vn"
NEW = "moi.stp@sonla.example.vn"
STEP = StepId("STP", "nhac_lan_1", 0)
SIGNED = {"by": "Lò Thị Hương", "reason": "đã liên hệ"}


@pytest.fixture
def post(small: Small) -> Post:
    """The cycle is open; the first reminder to one agency is refused for its content."""
    found = Post()
    run_pass(small(OPENING), connect=found)
    found.rejecting = {STP}
    run_pass(small(FIRST), connect=found)
    found.rejecting = set()
    return found


def letters(p: Pass) -> list[Queued]:
    """The reminder letters about the agency."""
    with p.store.read() as connection:
        return [
            one
            for one in list_reminders(connection, CYCLE)
            if "STP" in {reported.agency for reported in one.message.steps}
        ]


def state_of_step(p: Pass) -> str:
    with p.store.read() as connection:
        return next(
            state
            for state in (StepState.FAILED, StepState.WAITING, StepState.REPORTED)
            if STEP in list_steps_in(connection, CYCLE, state)
        )


def about(post: Post) -> list[str]:
    """What each delivered letter about the agency says of its number."""
    found = [one for one in post.took if "STP" in {reported.agency for reported in one.steps}]
    return [match[0] if (match := re.search(r"thư nhắc lần \d", one.text)) else "" for one in found]


def test_a_refused_reminder_is_not_written_again_and_the_operators_hear(small: Small, post: Post) -> None:
    """The same would be refused again; one mail says which letter, and what can be done."""
    for at in ("2026-11-25T14:00", "2026-11-26T08:00"):
        run_pass(small(at), connect=post)
    warned = [one for one in post.took if one.kind == "van_hanh" and STP in one.text]
    assert ([one.state for one in letters(small(FIRST))], state_of_step(small(FIRST))) == (
        [LetterState.REFUSED],
        StepState.FAILED,
    )
    assert (len(warned), "554 5.7.1" in warned[0].text, "letters --cycle" in warned[0].text) == (1, True, True)


def test_the_next_reminder_counts_only_what_was_delivered(small: Small, post: Post) -> None:
    """The second step is the first letter that the agency gets."""
    run_pass(small(SECOND), connect=post)
    run_pass(small(THIRD), connect=post)
    assert about(post) == ["thư nhắc lần 1", "thư nhắc lần 2"]


def test_a_refused_reminder_sent_again_is_said(small: Small, post: Post) -> None:
    """The same message, days later too; the step counts from then on."""
    p = small("2026-11-26T08:00")
    number = letters(p)[0].id
    resend_letter(p, number, **SIGNED)
    run_pass(small("2026-11-26T08:05"), connect=post)
    assert ([(one.id, one.state) for one in letters(p)], state_of_step(p)) == (
        [(number, LetterState.SENT)],
        StepState.REPORTED,
    )
    run_pass(small(SECOND), connect=post)
    assert about(post) == ["thư nhắc lần 1", "thư nhắc lần 2"]


def test_a_refused_reminder_sent_elsewhere_is_said(small: Small, post: Post) -> None:
    """The passes leave the stand-in as it is."""
    p = small("2026-11-26T08:00")
    redirect_letter(p, letters(p)[0].id, NEW, **SIGNED)
    run_pass(small("2026-11-27T08:00"), connect=post)
    assert [one.recipients for one in post.letters_to(NEW)] == [(NEW,)]
    assert ([one.state for one in letters(p)], state_of_step(p)) == (
        [LetterState.WITHDRAWN, LetterState.SENT],
        StepState.REPORTED,
    )


def test_a_refused_reminder_asked_for_again_is_not_sent_once_it_is_pointless(small: Small, post: Post) -> None:
    """The agency's report has been accepted meanwhile."""
    p = small("2026-11-26T08:00")
    post.is_down = True
    resend_letter(p, letters(p)[0].id, **SIGNED)
    run_pass(p, connect=post)
    drop(p, "STP")
    post.is_down = False
    run_pass(small("2026-11-26T14:00"), connect=post)
    run_pass(small("2026-11-26T15:00"), connect=post)
    assert ([one.state for one in letters(p)], about(post)) == ([LetterState.WITHDRAWN], [])


def test_a_withdrawn_reminder_is_not_written_again(small: Small) -> None:
    """It waited for the mail server; somebody decided that it need not be sent."""
    post = Post()
    run_pass(small(OPENING), connect=post)
    post.busy = {STP}
    run_pass(small(FIRST), connect=post)
    p = small("2026-11-25T09:00")
    withdraw_letter(p, letters(p)[0].id, **SIGNED)
    post.busy = set()
    for at in ("2026-11-25T14:00", "2026-11-26T08:00"):
        run_pass(small(at), connect=post)
    assert ([one.state for one in letters(p)], about(post)) == ([LetterState.WITHDRAWN], [])


def test_a_reminder_given_up_counts_as_not_delivered(small: Small) -> None:
    """One that may have left is sent as it is, for five days; then its step was not said."""
    post = Post()
    run_pass(small(OPENING), connect=post)
    p = small(FIRST)
    for agency in aggregate_returns(p).to_escalate:
        escalate_agency(p, agency)
    write_reminder_letters(p)
    with p.store.write() as connection:
        number = next(one.id for one in list_reminders(connection, CYCLE) if STP in one.message.recipients)
        mark_over(connection, number, "sending", "")
    post.busy = {STP}
    for at in ("2026-11-25T08:01", "2026-11-30T08:01"):
        send_everything(small(at), post)
    assert ([one.state for one in letters(p)], state_of_step(p)) == ([LetterState.EXPIRED], StepState.FAILED)


@pytest.mark.parametrize(("is_dead", "recipients"), [(True, [(STP,), (STP_HEAD,)]), (False, [(STP,)])])
def test_a_letter_recorded_as_returned_goes_up_the_ladder_only_when_the_address_is_dead(
    small: Small, is_dead: bool, recipients: list[tuple[str, ...]]
) -> None:
    """The notice that was read says so; a full mailbox would send the next letter back as well."""
    post = Post()
    run_pass(small(OPENING), connect=post)
    run_pass(small(FIRST), connect=post)
    p = small("2026-11-25T09:00")
    (letter,) = letters(p)
    with p.store.write() as connection:
        record_delivery(connection, letter.message.message_id, STP, AddressState.RETURNED, at=p.as_of, reply="5.2.2")
        mark_over(connection, letter.id, LetterState.RETURNED, "5.2.2 mailbox full")
        if is_dead:
            record_bounce(connection, STP, at=p.as_of, reason="5.1.1", reported_by="thử")
    for at in ("2026-11-25T14:00", "2026-11-25T15:00"):
        run_pass(small(at), connect=post)
    assert [one.recipients for one in post.took if one.steps and one.steps[0].agency == "STP"] == recipients
    assert state_of_step(p) == (StepState.REPORTED if is_dead else StepState.FAILED)


def test_the_head_who_got_a_step_does_not_get_it_again_when_the_copy_to_the_officer_comes_back(small: Small) -> None:
    """The officer's letter named the head's step, too; the head had a letter of its own."""
    post = Post()
    run_pass(small(OPENING), connect=post)
    run_pass(small("2026-12-10T14:00"), connect=post)
    p = small("2026-12-10T14:30")
    with p.store.write() as connection:
        record_bounce(connection, STP, at=p.as_of, reason="5.1.1", reported_by="thử")
    for at in ("2026-12-10T15:00", "2026-12-11T09:00"):
        run_pass(small(at), connect=post)
    steps = [(reported.agency, reported.reminder_step) for one in post.letters_to(STP_HEAD) for reported in one.steps]
    assert steps.count(("STP", "qua_han_thu_truong")) == 1


# --- no superseded reminder -----------------------------------------------------------------------------------------


def test_after_an_outage_no_superseded_reminder_goes_out(small: Small) -> None:
    """The letter written before the outage makes no sense after the next step: not even if that step was not taken."""
    post = Post()
    run_pass(small(OPENING), connect=post)
    post.is_down = True
    run_pass(small("2026-12-04T08:00"), connect=post)
    post.is_down = False
    send_everything(small("2026-12-07T09:00"), post)  # the third reminder was due at 08:00; nobody has taken the step
    p = small("2026-12-07T09:00")
    assert (about(post), [one.state for one in letters(p)]) == ([], [LetterState.WITHDRAWN])
    run_pass(small("2026-12-07T14:00"), connect=post)
    assert [reported.reminder_step for one in post.took for reported in one.steps if reported.agency == "STP"] == [
        "nhac_lan_3"
    ]


def test_a_reminder_of_a_deadline_is_not_sent_after_it(small: Small) -> None:
    """Written on the last day, the server comes back before the notice of lateness is due: that one goes out."""
    post = Post()
    run_pass(small(OPENING), connect=post)
    post.is_down = True
    run_pass(small("2026-12-09T08:00"), connect=post)
    post.is_down = False
    run_pass(small("2026-12-10T07:30"), connect=post)
    early = about(post)
    run_pass(small("2026-12-10T08:00"), connect=post)
    reminder_steps = [reported.reminder_step for one in post.took for reported in one.steps if reported.agency == "STP"]
    assert (early, reminder_steps) == ([], ["qua_han_co_quan"])


def test_a_copy_of_a_reminder_respects_the_quiet_hours(small: Small) -> None:
    """What was put off at 17:50 leaves in the morning."""
    post = Post()
    run_pass(small(OPENING), connect=post)
    p = small("2026-11-25T17:50")
    path = p.plan.folder / "lien_he.csv"
    second = "STP,dau_moi,Người Hai,,hai.stp@sonla.example.vn,,2026-01-01,2027-12-31\n"
    path.write_text(path.read_text(encoding="utf-8") + second, encoding="utf-8")
    post.busy = {"hai.stp@sonla.example.vn"}
    run_pass(small("2026-11-25T17:50"), connect=post)
    post.busy = set()
    seen = []
    for at in ("2026-11-25T18:10", "2026-11-26T08:00"):
        run_pass(small(at), connect=post)
        seen.append(len(post.letters_to("hai.stp@sonla.example.vn")) - 1)  # but for the letter put off itself
    with p.store.read() as connection:
        waiting = [one for one in list_reminders(connection, CYCLE) if one.state == LetterState.PENDING]
    assert (seen, waiting) == ([0, 1], [])


def test_a_copy_of_a_reminder_does_not_go_out_once_the_report_is_in(small: Small) -> None:
    """One of two officers gets it later, from a busy server: by then it would be untrue."""
    post = Post()
    run_pass(small(OPENING), connect=post)
    path = small(FIRST).plan.folder / "lien_he.csv"
    second = "STP,dau_moi,Người Hai,,hai.stp@sonla.example.vn,,2026-01-01,2027-12-31\n"
    path.write_text(path.read_text(encoding="utf-8") + second, encoding="utf-8")
    post.busy = {"hai.stp@sonla.example.vn"}
    run_pass(small(FIRST), connect=post)
    before = len(post.letters_to("hai.stp@sonla.example.vn"))
    drop(small("2026-11-25T08:30"), "STP")
    run_pass(small("2026-11-25T08:30"))
    post.busy = set()
    run_pass(small("2026-11-25T14:00"), connect=post)
    kinds = [one.kind for one in post.letters_to("hai.stp@sonla.example.vn")[before:]]
    assert kinds == ["tiep_nhan"]


def test_the_operators_hear_of_a_reminder_that_no_day_s_letter_brings_out(small: Small) -> None:
    """It is written anew every day; what counts is since when it has been tried."""
    post = Post()
    run_pass(small(OPENING), connect=post)
    post.busy = {STP}
    reported = []
    for at in (FIRST, "2026-11-26T07:30", "2026-11-26T14:00", "2026-11-27T08:00"):
        warnings = run_pass(small(at), connect=post)["warnings"]
        reported.append([line for line in warnings if "Chưa gửi được" in line and STP in line])
    assert [len(lines) for lines in reported] == [0, 0, 1, 1]
    assert "chờ từ 08:00 ngày 25/11/2026" in reported[-1][0]
