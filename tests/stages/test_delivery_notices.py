"""Returned mail: only a notice about a mail of ours at one of its addresses counts, and nothing there stops a pass."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from kybaocao.home import Home
from kybaocao.inbox import shared_folders
from kybaocao.mail import returned_folder
from kybaocao.mail.returned_folder import LARGEST_BYTES, NOT_OURS, PROCESSED
from kybaocao.stages.deliver_mail import deliver_mail
from kybaocao.stages.support import delivery_notices
from kybaocao.stages.support.delivery_notices import read_returned_mail
from kybaocao.stages.support.delivery_problems import list_delivery_problems
from kybaocao.stages.support.letters import redirect_letter, resend_letter, withdraw_letter
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.bounces import forget_bounce, list_bounces, record_bounce
from kybaocao.store.deliveries import AddressState, list_deliveries, record_delivery
from kybaocao.store.notices import NoticeOutcome, list_notices
from kybaocao.store.outbox import (
    LetterState,
    Message,
    ReportedStep,
    add_message,
    find_message,
    list_messages,
    mark_over,
    mark_sending,
    mark_sent,
)
from kybaocao.store.tables import audit
from tests.mail.notices import HOSTILE, SHAPES, about_several, international, nested, postfix
from tests.post import Post
from tests.stages.conftest import MIDDAY

Small = Callable[[str], Pass]
STP, STP_HEAD, STC = "vanthu.stp@sonla.example.vn", "lanhdao.stp@sonla.example.vn", "vanthu.stc@sonla.example.vn"
NEW = "moi@sonla.example.vn"
LEADER = "giamdoc.stc@sonla.example.vn"
UNKNOWN, FULL, LATE = ("5.1.1", "550 5.1.1 unknown"), ("5.2.2", "552 5.2.2 full"), ("4.4.1", "timed out")


@pytest.fixture
def p(small: Small) -> Pass:
    found = small(MIDDAY)
    found.home.returned_mail.mkdir(parents=True)
    return found


def send(p: Pass, *recipients: str, copies: tuple[str, ...] = (), key: str = "thu/1", steps: Any = ()) -> Message:
    """A message that has left, as the outbox holds it."""
    message = Message(key, p.cycle.id, "nhac", recipients, "Nhắc nộp báo cáo", "", "", copies=copies, steps=steps)
    with p.store.write() as connection:
        add_message(connection, message, at=p.as_of)
        queued = next(one for one in list_messages(connection, p.cycle.id) if one.message.key == key)
        mark_sent(connection, queued.id, p.as_of)
    return queued.message


def put(p: Pass, data: bytes, name: str = "a.eml") -> Path:
    path = p.home.returned_mail / name
    path.write_bytes(data)
    return path


def notice(message: Message, address: str, what: tuple[str, str] = UNKNOWN, action: str = "failed") -> bytes:
    return postfix(address, message.message_id, what[0], action, what[1])


def outcomes(p: Pass) -> list[tuple[str, str]]:
    """(outcome, address) of all that was recorded."""
    with p.store.read() as connection:
        return [(one.outcome, one.address) for one in list_notices(connection)]


def closed(p: Pass) -> list[str]:
    with p.store.read() as connection:
        return list(list_bounces(connection))


def states(p: Pass, message: Message) -> tuple[str, dict[str, str]]:
    """(state in the outbox, address -> state of the delivery)."""
    with p.store.read() as connection:
        queued = find_message(connection, message.message_id)
        known = list_deliveries(connection, [message.message_id]).get(message.message_id, {})
    assert queued is not None
    return queued.state, {address: one.state for address, one in known.items()}


def files(p: Pass) -> dict[str, list[str]]:
    """What lies where."""
    root = p.home.returned_mail
    found = {"": sorted(one.name for one in root.iterdir() if one.name not in (PROCESSED, NOT_OURS))}
    for name in (PROCESSED, NOT_OURS):
        found[name] = sorted(one.name for one in (root / name).iterdir()) if (root / name).is_dir() else []
    return found


def actions(p: Pass) -> list[str]:
    with p.store.read() as connection:
        return list(connection.scalars(select(audit.c.action).order_by(audit.c.id)))


def operators_letters(p: Pass) -> list[str]:
    with p.store.read() as connection:
        return [one.message.text for one in list_messages(connection, p.cycle.id) if one.message.kind == "van_hanh"]


# --- what counts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_an_address_that_does_not_exist_is_closed(p: Pass, shape: Callable[[str, str], bytes]) -> None:
    """Whichever server says so, of a message of ours that went there; the delivery is recorded as returned."""
    message = send(p, STP)
    put(p, shape(STP, message.message_id))
    after = read_returned_mail(p)
    assert (outcomes(p), closed(p), STP in after.plan.dead_addresses) == ([(NoticeOutcome.DEAD, STP)], [STP], True)
    assert (states(p, message), files(p)) == (
        (LetterState.RETURNED, {STP: AddressState.RETURNED}),
        {"": [], PROCESSED: ["a.eml"], NOT_OURS: []},
    )


@pytest.mark.parametrize(
    "data",
    [
        international(STP, ""),
        postfix(STP, "<0123456789abcdef0123456789abcdef@kybaocao>"),
        postfix(LEADER, ""),
        b"Subject: chao\n\nxin chao\n",
        *HOSTILE.values(),
    ],
    ids=["no mail named", "an unknown mail", "a leader", "a letter", *HOSTILE],
)
def test_what_is_about_no_mail_of_ours_is_set_aside(p: Pass, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It closes no address, is recorded as foreign, moved, and the pass goes on."""
    monkeypatch.setattr(shared_folders, "SETTLE_SECONDS", 0.0)
    send(p, STP)
    send(p, LEADER, key="thu/2")
    put(p, data)
    read_returned_mail(p)
    assert ([outcome for outcome, _ in outcomes(p)], closed(p)) == ([NoticeOutcome.FOREIGN], [])
    assert files(p) == {"": [], PROCESSED: [], NOT_OURS: ["a.eml"]}


def test_an_address_that_the_named_mail_did_not_go_to_is_foreign(p: Pass) -> None:
    """Who got one message can say nothing about other people."""
    message = send(p, STP)
    send(p, STC, key="thu/2")
    put(p, notice(message, STC))
    read_returned_mail(p)
    assert (outcomes(p), closed(p), states(p, message)) == ([(NoticeOutcome.FOREIGN, STC)], [], (LetterState.SENT, {}))


def test_a_mail_that_never_left_cannot_have_come_back(p: Pass) -> None:
    """Nobody outside can know its Message-ID; whoever names it has guessed."""
    message = Message("thu/1", p.cycle.id, "nhac", (STP,), "Nhắc", "", "")
    with p.store.write() as connection:
        add_message(connection, message, at=p.as_of)
        message = list_messages(connection, p.cycle.id)[0].message
    put(p, notice(message, STP))
    read_returned_mail(p)
    assert (outcomes(p), closed(p)) == ([(NoticeOutcome.FOREIGN, STP)], [])


def test_a_delivery_that_failed_is_for_the_operators(p: Pass) -> None:
    """Full, too large, expired: the address stays open; the message is among the dead letters; resend is offered."""
    message = send(p, STP)
    put(p, notice(message, STP, FULL))
    read_returned_mail(p)
    (sentence,) = list_delivery_problems(p)
    assert (outcomes(p), closed(p), states(p, message)) == (
        [(NoticeOutcome.FAILED, STP)],
        [],
        (LetterState.RETURNED, {STP: AddressState.RETURNED}),
    )
    assert STP in sentence and "552 5.2.2 full" in sentence and "python -m kybaocao resend 1 …" in sentence


def test_a_failed_delivery_is_over_when_the_message_is_taken_after_all(p: Pass) -> None:
    """The operators sent it again: the warning ends."""
    message = send(p, STP)
    put(p, notice(message, STP, FULL))
    read_returned_mail(p)
    with p.store.write() as connection:
        record_delivery(connection, message.message_id, STP, AddressState.TAKEN, at=p.as_of)
    assert list_delivery_problems(p) == []


def test_a_failed_delivery_is_over_when_the_operators_close_the_address(p: Pass) -> None:
    """Then the address itself is the warning."""
    put(p, notice(send(p, STP), STP, FULL))
    read_returned_mail(p)
    with p.store.write() as connection:
        record_bounce(connection, STP, at=p.as_of, reason="đã nghỉ hưu", reported_by="vận hành")
    (sentence,) = list_delivery_problems(p)
    assert f"python -m kybaocao bounce {STP} --undo" in sentence


def test_a_delay_is_recorded_and_nothing_else(p: Pass) -> None:
    """The server still tries."""
    message = send(p, STP)
    put(p, notice(message, STP, LATE, "delayed"))
    read_returned_mail(p)
    assert (outcomes(p), closed(p), list_delivery_problems(p)) == ([(NoticeOutcome.DELAYED, STP)], [], [])
    assert states(p, message) == (LetterState.SENT, {STP: AddressState.DELAYED})


def test_a_delay_that_is_read_late_hides_no_failure(p: Pass) -> None:
    """The notices of one mail may be read in any order."""
    message = send(p, STP)
    put(p, notice(message, STP, FULL), "a.eml")
    read_returned_mail(p)
    put(p, notice(message, STP, LATE, "delayed"), "b.eml")
    read_returned_mail(p)
    assert states(p, message) == (LetterState.RETURNED, {STP: AddressState.RETURNED})


def test_a_success_notice_changes_nothing(p: Pass) -> None:
    """It is no returned mail."""
    message = send(p, STP)
    put(p, notice(message, STP, ("2.0.0", "250 ok"), "delivered"))
    read_returned_mail(p)
    assert (outcomes(p), closed(p), states(p, message)) == ([(NoticeOutcome.FOREIGN, STP)], [], (LetterState.SENT, {}))


def test_each_recipient_of_one_notice_has_its_own_outcome(p: Pass) -> None:
    """A message that somebody got is not returned; a stranger among the recipients does not count."""
    message = send(p, STP, STC, "x@sonla.example.vn", copies=("y@sonla.example.vn",))
    blocks = (
        (STP, "failed", *UNKNOWN),
        ("Y@SonLa.example.vn", "failed", *FULL),
        (STC, "delayed", *LATE),
        ("ai.do@gmail.com", "failed", *UNKNOWN),
    )
    put(p, about_several(message.message_id, *blocks))
    read_returned_mail(p)
    assert outcomes(p) == [
        (NoticeOutcome.DEAD, STP),
        (NoticeOutcome.FAILED, "y@sonla.example.vn"),
        (NoticeOutcome.DELAYED, STC),
    ]
    assert (closed(p), states(p, message)[0]) == ([STP], LetterState.SENT)


def test_a_message_is_returned_when_its_last_address_has_not_taken_it(p: Pass) -> None:
    """One notice after the other."""
    message = send(p, STP, copies=(STC,))
    put(p, notice(message, STP, FULL), "a.eml")
    read_returned_mail(p)
    before = states(p, message)[0]
    put(p, notice(message, STC, FULL), "b.eml")
    read_returned_mail(p)
    assert (before, states(p, message)[0]) == (LetterState.SENT, LetterState.RETURNED)


def test_a_message_that_somebody_asked_to_send_again_stays_in_the_queue(p: Pass) -> None:
    """A notice about the earlier attempt does not end the new one."""
    message = send(p, STP)
    with p.store.write() as connection:
        mark_over(connection, 1, "pending", "")
    put(p, notice(message, STP, FULL))
    read_returned_mail(p)
    assert (outcomes(p), states(p, message)[0]) == ([(NoticeOutcome.FAILED, STP)], "pending")


@pytest.mark.parametrize("what", [("5.2.2", "552 5.2.2 still full"), LATE])
@pytest.mark.parametrize("decide", [redirect_letter, withdraw_letter])
def test_what_a_person_decided_about_an_address_stands(p: Pass, decide: Any, what: tuple[str, str]) -> None:
    """Notices of one mail come for days: a later one neither asks again nor says that the address has it."""
    message = send(p, STP, STC)
    put(p, notice(message, STP, FULL), "a.eml")
    read_returned_mail(p)
    decide(p, 1, *([NEW] if decide is redirect_letter else []), by="Lò Thị Hương", reason="hộp thư đầy")
    decided = states(p, message)
    put(p, notice(message, STP, what, "delayed" if what == LATE else "failed"), "b.eml")
    read_returned_mail(p)
    assert (states(p, message), list_delivery_problems(p)) == (decided, [])


def test_a_message_is_returned_when_its_last_address_has_not_taken_it_and_the_other_was_given_up(p: Pass) -> None:
    """Nobody has it: what it reports has reached nobody."""
    message = send(p, STP, copies=(STC,))
    with p.store.write() as connection:
        record_delivery(connection, message.message_id, STC, AddressState.WITHDRAWN, at=p.as_of)
    put(p, notice(message, STP, FULL))
    read_returned_mail(p)
    assert states(p, message)[0] == LetterState.RETURNED


def test_a_notice_about_the_attempts_before_ends_no_new_one(p: Pass) -> None:
    """Somebody asked for a letter again that had perhaps left: what is heard now says nothing about the next attempt."""
    message = Message("thu/1", p.cycle.id, "nhac", (STP,), "Nhắc", "", "")
    with p.store.write() as connection:
        add_message(connection, message, at=p.as_of)
        message = list_messages(connection, p.cycle.id)[0].message
        mark_sending(connection, 1)
        mark_over(connection, 1, LetterState.EXPIRED, "máy chủ ngắt giữa chừng")
    resend_letter(p, 1, by="Lò Thị Hương", reason="máy chủ đã chạy")
    put(p, notice(message, STP, FULL))
    read_returned_mail(p)
    deliver_mail(p, post := Post())
    assert (outcomes(p), states(p, message)) == (
        [(NoticeOutcome.FAILED, STP)],
        (LetterState.SENT, {STP: AddressState.TAKEN}),
    )
    assert len(post.took) == 1


def test_a_delay_says_nothing_about_what_was_given_up(p: Pass) -> None:
    """A letter that was tried for five days waits for a person; that one server still tries is no delivery."""
    message = send(p, STP)
    with p.store.write() as connection:
        record_delivery(connection, message.message_id, STP, AddressState.EXPIRED, at=p.as_of)
        mark_over(connection, 1, LetterState.EXPIRED, "")
    put(p, notice(message, STP, LATE, "delayed"))
    read_returned_mail(p)
    assert states(p, message) == (LetterState.EXPIRED, {STP: AddressState.EXPIRED})


def test_a_reminder_to_dead_addresses_is_left_to_the_next_one_up(p: Pass) -> None:
    """`write_notices` marks it as returned and repeats its steps; otherwise nobody would hear of them."""
    message = send(p, STP, steps=(ReportedStep("STP", "nhac_1", 0, "dau_moi"),))
    put(p, notice(message, STP))
    read_returned_mail(p)
    assert states(p, message) == (LetterState.SENT, {STP: AddressState.RETURNED})


# --- what a recipient may forge ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["coordinator", "chairman", "ministry", "copies", "operators"])
def test_no_notice_closes_an_address_of_the_recipients_file(p: Pass, role: str) -> None:
    """It counts as failed: the operators hear at once, and decide."""
    (person, *_) = getattr(p.plan.require_recipients(), role)
    address = person.email.lower()
    put(p, notice(send(p, person.email), address))
    read_returned_mail(p)
    (sentence,) = list_delivery_problems(p)
    assert (outcomes(p), closed(p)) == ([(NoticeOutcome.FAILED, address)], [])
    assert "nguoi_nhan.yaml" in sentence and f"python -m kybaocao bounce {address}" in sentence


@pytest.mark.parametrize(("copies", "outcome"), [((), NoticeOutcome.DEAD), ((STP,), NoticeOutcome.FAILED)])
def test_an_officer_with_a_copy_cannot_silence_the_head(p: Pass, copies: tuple[str, ...], outcome: str) -> None:
    """The head's address is closed only by a notice about a mail that nobody else got."""
    put(p, notice(send(p, STP_HEAD, copies=copies), STP_HEAD))
    read_returned_mail(p)
    assert (outcomes(p), closed(p)) == ([(outcome, STP_HEAD)], [STP_HEAD] if outcome == NoticeOutcome.DEAD else [])


# --- once -------------------------------------------------------------------------------------------------------------


def test_the_same_notice_counts_once(p: Pass) -> None:
    """Dropped again under any name: moved, neither recorded nor obeyed again, and no file is overwritten."""
    data = notice(send(p, STP), STP)
    put(p, data)
    read_returned_mail(p)
    with p.store.write() as connection:
        forget_bounce(connection, STP, at=p.as_of, reported_by="vận hành")
    put(p, data, "a.eml")
    put(p, data, "b.eml")
    read_returned_mail(p)
    assert (outcomes(p), closed(p), actions(p).count("delivery-notice")) == ([(NoticeOutcome.DEAD, STP)], [], 1)
    assert (files(p)[""], len(files(p)[PROCESSED])) == ([], 3)


def test_another_file_of_the_same_name_is_kept(p: Pass) -> None:
    """Every mail client calls them alike."""
    message = send(p, STP)
    first, second = notice(message, STP, FULL), notice(message, STP)
    put(p, first)
    read_returned_mail(p)
    put(p, second)
    read_returned_mail(p)
    kept = {one.read_bytes() for one in (p.home.returned_mail / PROCESSED).iterdir()}
    assert (kept, outcomes(p)) == ({first, second}, [(NoticeOutcome.FAILED, STP), (NoticeOutcome.DEAD, STP)])


def test_a_file_that_is_replaced_while_it_is_read_is_read_again(p: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new content is not moved away as if it had been read."""
    message = send(p, STP, STC)
    path = put(p, notice(message, STP))
    read = delivery_notices.read_notice

    def replace(data: bytes) -> Any:
        path.unlink(missing_ok=True)
        path.write_bytes(notice(message, STC))
        return read(data)

    with monkeypatch.context() as patch:
        patch.setattr(delivery_notices, "read_notice", replace)
        read_returned_mail(p)
    read_returned_mail(p)
    assert (outcomes(p), files(p)[""]) == ([(NoticeOutcome.DEAD, STP), (NoticeOutcome.DEAD, STC)], [])


class Killed(BaseException):
    """The process ends here."""


def test_a_pass_that_is_killed_between_record_and_move_counts_once(p: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next pass finds it recorded and only moves it."""
    put(p, notice(send(p, STP), STP))

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(returned_folder.os, "replace", die)
        read_returned_mail(p)
    between = (outcomes(p), closed(p))
    read_returned_mail(p)
    assert (between, outcomes(p), files(p)) == (
        ([(NoticeOutcome.DEAD, STP)], [STP]),
        [(NoticeOutcome.DEAD, STP)],
        {"": [], PROCESSED: ["a.eml"], NOT_OURS: []},
    )


def test_a_pass_that_is_killed_before_the_record_ends_leaves_nothing(p: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row and its effect are one transaction."""
    put(p, notice(send(p, STP), STP))

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(delivery_notices, "record_bounce", die)
        read_returned_mail(p)
    assert (outcomes(p), closed(p), files(p)[""]) == ([], [], ["a.eml"])
    read_returned_mail(p)
    assert (outcomes(p), closed(p)) == ([(NoticeOutcome.DEAD, STP)], [STP])


def test_two_passes_at_once_end_as_one_after_the_other(p: Pass) -> None:
    """Each notice is recorded once."""
    message = send(p, *(f"a{one}@sonla.example.vn" for one in range(20)))
    for one in range(20):
        put(p, notice(message, f"a{one}@sonla.example.vn"), f"{one}.eml")
    both = [threading.Thread(target=read_returned_mail, args=(p,)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert (Counter(outcomes(p)).most_common(1)[0][1], len(outcomes(p)), len(files(p)[PROCESSED])) == (1, 20, 20)


# --- the operators ----------------------------------------------------------------------------------------------------


def test_what_is_not_ours_is_listed_for_the_operators_once(p: Pass) -> None:
    """One letter a pass, each file in one letter only."""
    put(p, postfix("ai.do@gmail.com", "<x@y>"), "la.eml")
    put(p, b"Subject: chao\n\nxin chao\n", "thu.eml")
    read_returned_mail(p)
    read_returned_mail(p)
    put(p, b"Subject: chao\n\nlai chao\n", "nua.eml")
    read_returned_mail(p)
    first, second = operators_letters(p)
    assert ("la.eml" in first, "thu.eml" in first, "nua.eml" in first) == (True, True, False)
    assert ("la.eml" in second, "nua.eml" in second) == (False, True)


def test_strange_mail_is_listed_after_a_letter_about_it_was_sent_elsewhere(p: Pass) -> None:
    """The letter to another address stands for the first one; what came since is listed anew."""
    put(p, b"Subject: xin chao\r\n\r\n", "a.eml")
    read_returned_mail(p)
    redirect_letter(p, 1, NEW, by="Lò Thị Hương", reason="đổi hộp thư")
    put(p, b"Subject: xin chao lan nua\r\n\r\n", "b.eml")
    read_returned_mail(p)
    with p.store.read() as connection:
        last = list_messages(connection, p.cycle.id)[-1].message
    assert "b.eml" in last.text and "a.eml" not in last.text


def test_a_flood_of_strange_mail_is_one_letter(p: Pass) -> None:
    """It names the first files and how many more there are."""
    for one in range(50):
        put(p, b"Subject: %d\n\n" % one, f"{one:02d}.eml")
    read_returned_mail(p)
    (letter,) = operators_letters(p)
    assert (letter.count(".eml"), "30 tệp khác" in letter) == (20, True)


def test_a_pass_that_is_killed_before_the_letter_lists_it_later(p: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set aside in silence."""

    def die(*_: object, **__: object) -> None:
        raise Killed

    put(p, b"Subject: chao\n\n", "thu.eml")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(delivery_notices, "write_message", die)
        read_returned_mail(p)
    read_returned_mail(p)
    assert ["thu.eml" in letter for letter in operators_letters(p)] == [True]


# --- what may lie in the folder ---------------------------------------------------------------------------------------


def test_what_is_no_file_is_passed_over_and_named(p: Pass) -> None:
    """A link is not followed, a pipe not waited for, a folder not entered; a file beside them is read."""
    root = p.home.returned_mail
    secret = put(p, notice(send(p, STC, key="thu/2"), STC), "that.eml").rename(p.home.root / "that.eml")
    (root / "link.eml").symlink_to(secret)
    os.mkfifo(root / "ong.eml")
    (root / "thu muc.eml").mkdir()
    put(p, notice(send(p, STP), STP))
    read_returned_mail(p)
    assert (outcomes(p), files(p)[""]) == ([(NoticeOutcome.DEAD, STP)], ["link.eml", "ong.eml", "thu muc.eml"])
    warnings = "\n".join(list_delivery_problems(p))
    assert [name in warnings for name in ("link.eml", "ong.eml", "thu muc.eml")] == [True] * 3


def test_a_file_that_cannot_be_read_stops_no_other(p: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays and is named."""
    put(p, b"Subject: x\n\n", "a.eml")
    put(p, notice(send(p, STP), STP), "b.eml")
    take = shared_folders.open_plain

    def refuse(name: str, folder: int | None = None) -> int:
        if name == "a.eml":
            raise PermissionError(errno.EACCES, "Permission denied")
        return take(name, folder)

    monkeypatch.setattr(shared_folders, "open_plain", refuse)
    read_returned_mail(p)
    assert (outcomes(p), files(p)[""]) == ([(NoticeOutcome.DEAD, STP)], ["a.eml"])
    assert any("thu_bi_tra/a.eml: hệ thống không có quyền đọc" in one for one in list_delivery_problems(p))


def test_a_fault_of_the_reader_sets_one_file_aside(p: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should reading ever fail: this file is foreign, the others are read."""
    put(p, b"Subject: x\n\n", "a.eml")
    put(p, notice(send(p, STP), STP), "b.eml")
    read = delivery_notices.read_notice

    def fail(data: bytes) -> Any:
        if data.startswith(b"Subject: x"):
            raise RecursionError
        return read(data)

    monkeypatch.setattr(delivery_notices, "read_notice", fail)
    read_returned_mail(p)
    assert sorted(outcomes(p)) == [(NoticeOutcome.DEAD, STP), (NoticeOutcome.FOREIGN, "")]


def test_a_fault_in_recording_leaves_one_file(p: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next pass tries it again; the others are recorded now."""
    first, second = send(p, STP), send(p, STC, key="thu/2")
    put(p, notice(first, STP), "a.eml")
    put(p, notice(second, STC), "b.eml")
    record = delivery_notices.record_bounce

    def fail(connection: Any, address: str, **facts: Any) -> bool:
        if address == STP:
            raise ValueError("A string literal cannot contain NUL (0x00) characters.")
        return record(connection, address, **facts)

    with monkeypatch.context() as patch:
        patch.setattr(delivery_notices, "record_bounce", fail)
        read_returned_mail(p)
    between = outcomes(p)
    read_returned_mail(p)
    assert (between, outcomes(p), files(p)[""]) == (
        [(NoticeOutcome.DEAD, STC)],
        [(NoticeOutcome.DEAD, STC), (NoticeOutcome.DEAD, STP)],
        [],
    )


@pytest.mark.parametrize("trouble", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_notice_counts_although_it_cannot_be_moved(p: Pass, trouble: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, a folder that is read-only: recorded once, named, moved by the first pass that can."""
    put(p, notice(send(p, STP), STP))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(trouble, os.strerror(trouble))

    with monkeypatch.context() as patch:
        patch.setattr(returned_folder.os, "replace", refuse)
        read_returned_mail(p)
        read_returned_mail(p)
        named = [one for one in list_delivery_problems(p) if "thu_bi_tra/a.eml" in one]
    between = (outcomes(p), files(p)[PROCESSED], len(named))
    read_returned_mail(p)
    assert (between, outcomes(p), files(p)[PROCESSED]) == (
        ([(NoticeOutcome.DEAD, STP)], [], 1),
        [(NoticeOutcome.DEAD, STP)],
        ["a.eml"],
    )


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_target_folder_that_is_none_loses_nothing(p: Pass, kind: str, tmp_path: Path) -> None:
    """A link in its place is not followed."""
    place = p.home.returned_mail / PROCESSED
    if kind == "file":
        place.write_text("")
    else:
        place.symlink_to(tmp_path)
    put(p, notice(send(p, STP), STP))
    read_returned_mail(p)
    assert (outcomes(p), (p.home.returned_mail / "a.eml").exists(), list(tmp_path.glob("*.eml"))) == (
        [(NoticeOutcome.DEAD, STP)],
        True,
        [],
    )


def test_a_file_that_cannot_be_moved_keeps_no_new_one_waiting(p: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was recorded comes last."""
    monkeypatch.setattr(delivery_notices, "MAX_FILES", 1)
    message = send(p, STP, STC)
    put(p, notice(message, STP, FULL), "a.eml")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(returned_folder.os, "replace", refuse)
    read_returned_mail(p)
    put(p, notice(message, STC, FULL), "b.eml")
    read_returned_mail(p)
    assert outcomes(p) == [(NoticeOutcome.FAILED, STP), (NoticeOutcome.FAILED, STC)]


@pytest.mark.parametrize(
    "name",
    [
        "x" * 251 + ".eml",
        "thư báo trả " * 15 + ".eml",
        os.fsdecode(b"\xff\xfe\xed\xa0\x80.eml"),
        "a\nb\x1b[2J.eml",
        "\u202egnp.eml",
        "'; DROP TABLE notices; --.eml",
        "<script>.eml",
    ],
)
def test_any_file_name_is_recorded_and_kept(p: Pass, name: str) -> None:
    """As long as the file system allows, no text at all, made to mislead."""
    data = notice(send(p, STP), STP)
    put(p, data, name)
    read_returned_mail(p)
    put(p, data, name)  # a second one has to find another name
    read_returned_mail(p)
    with p.store.read() as connection:
        (row,) = list_notices(connection)
    assert (row.outcome, row.file_name.isprintable(), files(p)[""]) == (NoticeOutcome.DEAD, True, [])
    assert (len(files(p)[PROCESSED]), name in files(p)[PROCESSED]) == (2, True)


def test_a_name_that_the_target_folder_does_not_take_is_replaced(p: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems allow 143 bytes."""
    take = os.open

    def refuse(path: Any, flags: int, *args: Any, **options: Any) -> int:
        if flags & os.O_CREAT and len(os.fsencode(path)) > 100:
            raise OSError(errno.ENAMETOOLONG, "File name too long")
        return take(path, flags, *args, **options)

    monkeypatch.setattr(returned_folder.os, "open", refuse)
    put(p, notice(send(p, STP), STP), "x" * 200 + ".eml")
    read_returned_mail(p)
    assert (files(p)[""], [len(name) <= 100 for name in files(p)[PROCESSED]]) == ([], [True])


def test_a_pass_takes_a_limited_number_of_files(p: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oldest first; the next pass takes the rest, and files that wait their turn are no warning."""
    monkeypatch.setattr(delivery_notices, "MAX_FILES", 3)
    for one in range(5):
        put(p, b"Subject: %d\n\n" % one, f"{9 - one}.eml")
        os.utime(p.home.returned_mail / f"{9 - one}.eml")
    read_returned_mail(p)
    first = (len(outcomes(p)), list_delivery_problems(p))
    read_returned_mail(p)
    assert (first, len(outcomes(p))) == ((3, []), 5)


def test_a_pass_stops_reading_when_its_time_is_over(p: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one file at least: every pass gets on."""
    monkeypatch.setattr(delivery_notices, "MAX_SECONDS", -1.0)
    for one in range(3):
        put(p, b"Subject: %d\n\n" % one, f"{one}.eml")
    read_returned_mail(p)
    assert len(outcomes(p)) == 1


def test_of_a_huge_file_only_the_beginning_is_read(p: Pass) -> None:
    """A notice may return a mail with its attachments; a file without end costs no more."""
    path = put(p, notice(send(p, STP), STP)[:-20])
    os.truncate(path, 50 * LARGEST_BYTES)
    read_returned_mail(p)
    assert (outcomes(p), files(p)[PROCESSED]) == ([(NoticeOutcome.DEAD, STP)], ["a.eml"])


def test_a_notice_that_is_still_being_copied_is_read_when_it_is_whole(p: Pass) -> None:
    """Half of it is neither foreign nor lost."""
    data = notice(send(p, STP), STP)
    put(p, data[:300])
    read_returned_mail(p)
    before = (outcomes(p), files(p)[""])
    put(p, data)
    read_returned_mail(p)
    assert (before, outcomes(p)) == (([], ["a.eml"]), [(NoticeOutcome.DEAD, STP)])


def test_files_of_mail_clients_under_way_are_left_alone(p: Pass) -> None:
    """Half downloads, lock files, what Windows leaves behind."""
    for name in (".a.eml.swp", "a.eml.part", "~$a.eml", "Thumbs.db", "a.tmp"):
        put(p, b"Subject: x\n\n", name)
    read_returned_mail(p)
    assert (outcomes(p), len(files(p)[""]), list_delivery_problems(p)) == ([], 5, [])


def test_a_mail_with_5000_nested_parts_stops_no_pass(small: Small, home: Home) -> None:
    """270 KB; the notice beside it is read, the forms are given out."""
    p = small(MIDDAY)
    home.returned_mail.mkdir(parents=True)
    put(p, nested(5000), "a.eml")
    put(p, notice(send(p, STP), STP), "b.eml")
    outcome = run_pass(p)
    assert (sorted(outcomes(p)), outcome["forms_issued"]) == (
        [(NoticeOutcome.DEAD, STP), (NoticeOutcome.FOREIGN, "")],
        5,
    )


@pytest.mark.parametrize("broken", ["_process_folder", "_report_foreign"])
def test_the_pass_goes_on_whatever_happens_to_returned_mail(
    small: Small, home: Home, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """An error nobody has thought of."""

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(delivery_notices, broken, fail)
    home.returned_mail.mkdir(parents=True)
    assert run_pass(small(MIDDAY))["forms_issued"] == 5


def test_a_folder_that_cannot_be_opened_is_named(p: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """And stops nothing."""

    @contextlib.contextmanager
    def refuse(root: Path) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied")
        yield

    monkeypatch.setattr(returned_folder, "open_returned", refuse)
    monkeypatch.setattr(delivery_notices, "open_returned", refuse)
    assert (read_returned_mail(p).as_of, list_delivery_problems(p)) == (
        p.as_of,
        ["thu_bi_tra/: hệ thống không mở được thư mục (Permission denied)."],
    )


def test_every_notice_is_in_the_audit_trail(p: Pass) -> None:
    """With the file, what it named and what became of it."""
    message = send(p, STP)
    put(p, notice(message, STP))
    read_returned_mail(p)
    with p.store.read() as connection:
        detail = json.loads(connection.scalar(select(audit.c.detail).where(audit.c.action == "delivery-notice")) or "")
    assert (detail["outcome"], detail["file_name"], detail["message_id"], detail["address"]) == (
        NoticeOutcome.DEAD,
        "a.eml",
        message.message_id,
        STP,
    )
    assert actions(p)[-3:] == ["delivery-notice", "address-bounced", "mail-returned"]
