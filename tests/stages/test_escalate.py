"""Reminders through the stages: one message a person, nothing outdated, nobody passed over."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from kybaocao.cli import main
from kybaocao.cli.status_words import describe_status
from kybaocao.home import Home
from kybaocao.stages.aggregate import aggregate_returns
from kybaocao.stages.escalate import escalate_agencies, escalate_agency, escalate_in
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.reminder_letters import write_reminder_letters
from kybaocao.stages.support.status import gather_status
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import LetterState, Message, list_messages, list_reminders
from kybaocao.store.steps import list_steps
from tests.mail.notices import postfix
from tests.post import Post
from tests.stages.conftest import OPENING, OVERDUE, drop

Small = Callable[[str], Pass]
Change = Callable[[str, Callable[[str], str]], None]
FIRST, SECOND, THIRD, LAST = "2026-11-25T08:00", "2026-12-02T08:00", "2026-12-07T08:00", "2026-12-09T08:00"
SHARED = "cam.mau@sonla.example.vn"
OWN_PLAN = "Kế hoạch triển khai của cơ quan, đơn vị (IV.1.b), hạn đến hết ngày 14/02/2026 (đã qua)"
STP, STP_HEAD, STP_LEADER = (
    "vanthu.stp@sonla.example.vn",
    "lanhdao.stp@sonla.example.vn",
    "giamdoc.stc@sonla.example.vn",
)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def change(small: Small, tmp_path: Path) -> Change:
    """change("lien_he.csv", edit): edit a file of the configuration between two passes."""

    def _change(name: str, edit: Callable[[str], str]) -> None:
        path = tmp_path / "config" / "nq02-2026" / name
        path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")

    return _change


def decide(key: str, **entry: object) -> Callable[[str], str]:
    """An entry of dieu_chinh.yaml."""
    said = {"ky": "nq02-2026-ky2", "nguoi_quyet_dinh": "Giám đốc Sở", "van_ban": "1/TB", "ly_do": "mưa lũ"} | entry
    line = ", ".join(f"{name}: {value}" for name, value in said.items())
    return lambda text: text.replace(f"{key}: []", f"{key}:\n  - {{{line}}}")


def play(small: Small, post: Post, *moments: str) -> None:
    for moment in moments:
        run_pass(small(moment), connect=post)


def reminded(post: Post, since: int = 0) -> list[tuple[str, tuple[str, ...], str]]:
    """(kind, recipients, agencies) of the reminder letters, in the order in which they left."""
    return [
        (one.kind, one.recipients, ", ".join(dict.fromkeys(reported.agency for reported in one.steps)))
        for one in post.took[since:]
        if one.steps
    ]


def about(post: Post, agency: str) -> list[Message]:
    return [one for one in post.took if agency in {reported.agency for reported in one.steps}]


# --- one person, one message ------------------------------------------------------------------------------------------


def test_a_contact_of_several_agencies_gets_one_message(small: Small, post: Post, change: Change) -> None:
    """Listing each with what is owed and until when; the others get their own as ever."""
    shared = "".join(
        f"{code},dau_moi,Cầm Thị Mẫu,,{SHARED},,2026-01-01,2027-12-31\n" for code in ("X-03664", "X-04183")
    )
    change("lien_he.csv", lambda text: text + shared)
    change("dieu_chinh.yaml", decide("gia_han", co_quan="X-04183", truoc_ngay="2026-12-12", ngay="2026-11-20"))
    play(small, post, OPENING, SECOND, LAST)
    first, second = (one for one in post.letters_to(SHARED) if one.steps)
    assert (first.kind, first.recipients) == ("nhac_chung", (SHARED,))
    assert {reported.agency for reported in first.steps} == {"X-03664", "X-04183"}
    assert "phường Chiềng An" in first.text and "thứ Tư 09/12/2026" in first.text
    assert "xã Mường Lầm" in first.text and "thứ Sáu 11/12/2026" in first.text
    assert "Nhắc lần: 2" in second.text
    for name in ("UBND phường Chiềng An", "UBND xã Mường Lầm"):
        assert f"{name}: {OWN_PLAN}" in " ".join(first.text.replace("Ủy ban nhân dân", "UBND").split())
    assert [agencies for kind, _, agencies in reminded(post) if kind == "nhac"].count("X-03664") == 2


def test_after_an_outage_each_person_gets_one_message(small: Small, post: Post) -> None:
    """An officer in copy of the letter to the head hears of it in the officer's own letter, not in a second one."""
    play(small, post, OPENING, "2026-12-10T15:00")
    assert [one.kind for one in post.letters_to(STP) if one.steps] == ["qua_han"]
    assert [one.kind for one in post.letters_to(STP_HEAD) if one.steps] == ["qua_han_thu_truong"]


def test_the_letter_to_the_head_names_the_deadlines_inside_the_plan(small: Small, post: Post) -> None:
    """As the officer's letters do."""
    play(small, post, OPENING, "2026-12-10T15:00")
    (letter,) = (one for one in post.letters_to(STP_HEAD) if one.steps)
    assert OWN_PLAN in " ".join(letter.text.split())


def test_who_is_officer_and_head_hears_of_an_agency_once(small: Small, post: Post, change: Change) -> None:
    """The latest word only."""
    change("lien_he.csv", lambda text: text.replace(STP_HEAD, STP))
    play(small, post, OPENING, "2026-12-10T15:00")
    (letter,) = (one for one in post.letters_to(STP) if one.steps)
    assert (letter.kind, letter.copies) == ("qua_han_thu_truong", ())


def test_a_letter_says_how_many_went_before(small: Small, post: Post) -> None:
    """Its own number, and the number before it."""
    play(small, post, OPENING, FIRST, SECOND, OVERDUE)
    numbers = [re.search(r"thư nhắc lần .*", one.text) for one in about(post, "STP")]
    assert [number and number[0] for number in numbers] == [
        "thư nhắc lần 1 trong kỳ.",
        "thư nhắc lần 2 trong kỳ; trước thư này đã gửi 1 thư.",
        "thư nhắc lần 3 trong kỳ; trước thư này đã gửi 2 thư.",
    ]


# --- killed, down, quiet ---------------------------------------------------------------------------------------------


def test_what_a_dead_pass_took_and_did_not_say_is_said_by_the_next(small: Small, post: Post) -> None:
    """Steps recorded, no letter written: hours later somebody writes it, once."""
    play(small, post, OPENING)
    p = small(FIRST)
    for agency in aggregate_returns(p).to_escalate:
        escalate_agency(p, agency)
    play(small, post, "2026-11-25T08:20")  # another pass, while the first may still be at work
    assert reminded(post) == []
    play(small, post, "2026-11-25T14:00", "2026-11-25T14:05")
    assert sorted(agencies for _, _, agencies in reminded(post)) == ["HHDN", "STC", "STP", "X-03664", "X-04183"]


def test_writing_twice_writes_once(small: Small, post: Post) -> None:
    """The task is retried: the letters are there."""
    play(small, post, OPENING)
    p = small(FIRST)
    for agency in aggregate_returns(p).to_escalate:
        escalate_agency(p, agency)
    assert (write_reminder_letters(p), write_reminder_letters(p)) == (5, 0)


def test_nobody_is_reminded_after_acceptance_when_the_mail_server_comes_back(small: Small, post: Post) -> None:
    """The letter that waited is withdrawn; that of the next agency leaves with what is true by then."""
    play(small, post, OPENING)
    post.is_down = True
    play(small, post, SECOND, "2026-12-02T14:00", "2026-12-03T08:00")
    drop(small("2026-12-03T09:00"), "STP")
    post.is_down = False
    play(small, post, "2026-12-03T14:00")
    assert about(post, "STP") == []
    (letter,) = about(post, "STC")
    assert "còn 4 ngày làm việc" in letter.text and "lần 1 trong kỳ." in letter.text


def test_letters_that_wait_do_not_pile_up(small: Small, post: Post) -> None:
    """A week without a mail server: one letter, of the last reminder."""
    play(small, post, OPENING)
    post.is_down = True
    play(small, post, SECOND, "2026-12-04T08:00", THIRD, "2026-12-08T08:00")
    post.is_down = False
    play(small, post, "2026-12-08T14:00")
    (letter,) = about(post, "STP")
    assert [reported.reminder_step for reported in letter.steps] == ["nhac_lan_3"]


def test_no_reminder_leaves_in_quiet_hours(small: Small, post: Post) -> None:
    """The mail server comes back at night, the letter goes in the morning."""
    play(small, post, OPENING)
    post.is_down = True
    play(small, post, SECOND)
    post.is_down = False
    play(small, post, "2026-12-02T22:00")
    assert reminded(post) == []
    play(small, post, "2026-12-03T08:00")
    assert len(reminded(post)) == 5


# --- what changes the duty ---------------------------------------------------------------------------------------------


def test_a_moved_deadline_counts_at_once(small: Small, post: Post, change: Change) -> None:
    """What waited for the old one is withdrawn; the reminders are said again for the new one."""
    play(small, post, OPENING)
    post.is_down = True
    play(small, post, SECOND)
    post.is_down = False
    dates = {
        "truoc_ngay_co_quan": "2026-12-17",
        "truoc_ngay_so_tai_chinh": "2026-12-22",
        "den_ngay_bo_tai_chinh": "2026-12-31",
    }
    compiling = {"tong_hop": '{ngay: 2026-12-21, gio: "10:00"}'}
    change("dieu_chinh.yaml", decide("doi_han", ngay="2026-12-03", **dates, **compiling))
    play(small, post, "2026-12-03T08:00", LAST)
    assert {(reported.reminder_step, reported.repetition) for one in about(post, "STP") for reported in one.steps} == {
        ("nhac_lan_2@2026-12-17", 0)
    }
    assert "thứ Tư 16/12/2026" in about(post, "STP")[0].text


def test_an_extension_has_its_own_reminders(small: Small, post: Post, change: Change) -> None:
    """Granted on the last day: no notice of lateness to the agency that has more time, all others get theirs."""
    change("dieu_chinh.yaml", decide("gia_han", co_quan="X-04183", truoc_ngay="2026-12-12", ngay="2026-12-09"))
    play(small, post, OPENING, THIRD, OVERDUE, "2026-12-11T08:00", "2026-12-14T08:00")
    said = [reported.reminder_step for one in about(post, "X-04183") for reported in one.steps]
    moved = ("nhac_lan_3", "nhac_ngay_cuoi", "qua_han_co_quan")
    assert said == ["nhac_lan_3", *(f"{reminder_step}@2026-12-12" for reminder_step in moved)]


@pytest.mark.parametrize("into", ["", "X-03664"])
def test_an_agency_that_closes_or_merges_is_reminded_no_more(
    small: Small, post: Post, change: Change, into: str
) -> None:
    """From the day after its last; the body it was merged into is reminded of its own submission."""
    play(small, post, OPENING, FIRST)
    closing = f",,2026-11-30,{into}"

    def close(text: str) -> str:
        head, *rows = text.splitlines()
        rows = [row + (closing if row.startswith("X-04183,") else ",,,") for row in rows]
        return "\n".join([head + ",tu_ngay,den_ngay,sap_nhap_vao", *rows]) + "\n"

    change("co_quan.csv", close)
    before = len(post.took)
    play(small, post, SECOND, OVERDUE)
    assert "X-04183" not in {agencies for _, _, agencies in reminded(post, before)}
    assert [agencies for _, _, agencies in reminded(post, before)].count("X-03664") == 2


def test_a_letter_that_waited_goes_to_the_successor(small: Small, post: Post, change: Change) -> None:
    """The officer left while the mail server was down."""
    play(small, post, OPENING)
    post.is_down = True
    play(small, post, SECOND)
    post.is_down = False
    change("lien_he.csv", lambda text: text.replace(STP, "moi.stp@sonla.example.vn"))
    play(small, post, "2026-12-02T14:00")
    assert [one.recipients for one in about(post, "STP")] == [("moi.stp@sonla.example.vn",)]


# --- addresses ------------------------------------------------------------------------------------------------------------


def warnings_sent(post: Post) -> list[Message]:
    return [one for one in post.took if one.kind == "van_hanh"]


def test_a_refused_address_is_passed_over_at_once(small: Small, post: Post) -> None:
    """In the same pass the reminder goes to the head; the operators are warned once, and every later reminder step knows."""
    play(small, post, OPENING)
    post.dead = {STP}
    play(small, post, FIRST, "2026-11-25T14:00", SECOND, "2026-12-02T14:00")
    assert [one.recipients for one in about(post, "STP")] == [(STP_HEAD,), (STP_HEAD,)]
    reported = [one for one in warnings_sent(post) if STP in one.text]
    assert len(reported) == 1 and "550 5.1.1" in reported[0].text and "Sở Tư pháp" in reported[0].text
    assert STP in describe_status(gather_status(small(SECOND)))


def test_an_agency_nobody_can_reach_is_listed_to_the_leaders_at_once(small: Small, post: Post) -> None:
    """Officer and head both refused: the coordinator's leaders hear in the same pass, without a công văn to sign yet."""
    play(small, post, OPENING)
    post.dead = {STP, STP_HEAD}
    play(small, post, FIRST)
    (letter,) = about(post, "STP")
    assert (letter.kind, STP_LEADER in letter.recipients) == ("danh_sach_qua_han", True)
    assert "chưa có địa chỉ thư dùng được" in letter.text
    assert letter.attachments == ()


def test_one_of_two_officers_refused_is_recorded_and_the_other_is_written_to_once(
    small: Small, post: Post, change: Change
) -> None:
    """The message left for one: it is not sent again."""
    change(
        "lien_he.csv", lambda text: text + "STP,dau_moi,Người Hai,,hai.stp@sonla.example.vn,,2026-01-01,2027-12-31\n"
    )
    play(small, post, OPENING)
    post.dead = {STP}
    play(small, post, FIRST, SECOND)
    assert [one.recipients for one in about(post, "STP")] == [
        (STP, "hai.stp@sonla.example.vn"),
        ("hai.stp@sonla.example.vn",),
    ]
    refusals = [row for row in gather_status(small(SECOND))["mail_refusals"] if STP in row["why"]]
    assert len(refusals) == 1


def test_the_opening_is_announced_to_the_head_when_there_is_no_officer(
    small: Small, post: Post, change: Change
) -> None:
    """An agency without an officer is not left to find the form by chance."""
    change("lien_he.csv", lambda text: re.sub(r"(?m)^STP,dau_moi,.*\n", "", text))
    play(small, post, OPENING)
    assert [one.kind for one in post.letters_to(STP_HEAD)] == ["mo_ky"]


def notify(home: Home, message: Message, status: str, action: str = "failed", name: str = "a.eml") -> Path:
    """A notice about the first recipient of a message that was sent, in the folder for notices."""
    path = home.returned_mail / name
    path.parent.mkdir(parents=True, exist_ok=True)
    said = f"550 {status} User unknown"
    path.write_bytes(postfix(message.recipients[0], message.message_id, status, action, said))
    return path


def test_a_letter_that_came_back_is_said_to_the_next_one_up(small: Small, post: Post, home: Home) -> None:
    """A notification says the mailbox does not exist: the next pass writes to the head what the officer never read."""
    play(small, post, OPENING, FIRST)
    path = notify(home, about(post, "STP")[-1], "5.1.1")
    play(small, post, "2026-11-25T14:00", "2026-11-26T08:00")
    assert [one.recipients for one in about(post, "STP")] == [(STP,), (STP_HEAD,)]
    assert "lần 1 trong kỳ" in about(post, "STP")[1].text
    with small(FIRST).store.read() as connection:
        states = [one.state for one in list_reminders(connection, "nq02-2026-ky2") if STP in one.message.recipients]
    assert (states, path.exists(), (path.parent / "da_xu_ly" / path.name).exists()) == (
        [LetterState.RETURNED],
        False,
        True,
    )


@pytest.mark.parametrize(("status", "action"), [("5.2.2", "failed"), ("4.4.1", "delayed"), ("5.7.1", "failed")])
def test_a_full_mailbox_a_delay_or_a_policy_makes_no_address_dead(
    small: Small, post: Post, home: Home, status: str, action: str
) -> None:
    """Only what is wrong with the address itself counts."""
    play(small, post, OPENING, FIRST)
    path = notify(home, about(post, "STP")[-1], status, action)
    play(small, post, "2026-11-25T14:00", SECOND)
    assert [one.recipients for one in about(post, "STP")] == [(STP,), (STP,)]
    assert not path.exists()


def test_operators_record_and_lift_a_dead_address(small: Small, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """By hand, with a reason; what was lifted is written to again."""
    run_pass(small(OPENING))
    assert main(["bounce", STP.upper(), "--reason", "đã nghỉ hưu"]) == 0
    assert f"{STP}: đã nghỉ hưu" in capsys.readouterr().out
    assert main(["bounce", STP]) == 2
    assert main(["bounce", STP, "--undo"]) == 0
    assert capsys.readouterr().out == "Không có.\n"
    assert main(["bounce", STP, "--undo"]) == 2
    assert main(["bounce", "stp"]) == 2


def test_every_letter_is_sent_or_accounted_for(small: Small, post: Post) -> None:
    """After a season with a dead address and a broken server nothing lies about undecided."""
    play(small, post, OPENING, FIRST)
    post.dead = {STP}
    post.is_down = True
    play(small, post, SECOND, THIRD)
    post.is_down = False
    play(small, post, "2026-12-08T08:00", LAST, OVERDUE)
    with small(OVERDUE).store.read() as connection:
        states = {one.state for one in list_messages(connection, "nq02-2026-ky2")}
    assert states == {LetterState.SENT, LetterState.RETURNED, LetterState.WITHDRAWN}


# --- several agencies at once -------------------------------------------------------------------------------------


def test_however_many_agencies_each_table_is_asked_once(small: Small) -> None:
    """A question for each agency, about all steps of the cycle, took four minutes for 3,500 of them."""
    run_pass(small(OPENING))
    p = small(FIRST)
    codes = [agency.code for agency in p.plan.expected]
    escalate_agencies(p, codes)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    event.listen(p.store.engine, "before_cursor_execute", note)
    try:
        escalate_agencies(p, codes[:1])
        alone = len(asked)
        escalate_agencies(p, codes)
    finally:
        event.remove(p.store.engine, "before_cursor_execute", note)
    assert len(codes) == 5 and len(asked) == 2 * alone


def test_a_group_takes_what_its_agencies_would_take_alone(small: Small) -> None:
    """The same steps, with the same steps absorbed."""
    run_pass(small(OPENING))
    p = small(OVERDUE)
    codes = [agency.code for agency in p.plan.expected]
    with pytest.raises(_UndoneError), p.store.write() as connection:
        alone = {code: escalate_in(p, connection, [code]).done[code] for code in codes}
        first = list_steps(connection, p.cycle.id)
        raise _UndoneError
    assert escalate_agencies(p, codes).done == alone
    with p.store.read() as connection:
        assert list_steps(connection, p.cycle.id) == first


class _UndoneError(Exception):
    pass
