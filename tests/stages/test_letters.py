"""What the operators may decide about a letter: send it again, send it elsewhere, withdraw it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from kybaocao.stages.deliver_mail import deliver_mail
from kybaocao.stages.support.letters import (
    Letter,
    LetterError,
    find_letter,
    list_letters,
    redirect_letter,
    resend_letter,
    withdraw_letter,
)
from kybaocao.stages.support.passes import Pass
from kybaocao.store.bounces import forget_bounce, record_bounce
from kybaocao.store.deliveries import AddressState, record_delivery
from kybaocao.store.notices import mark_returned
from kybaocao.store.outbox import LetterState, Message, add_message, list_messages, mark_over
from kybaocao.store.tables import audit
from tests.post import Post

Begin = Callable[..., Pass]
NOW, LATER = "2026-12-09T08:00", "2026-12-09T09:00"
A, B, NEW = "a@sonla.example.vn", "b@sonla.example.vn", "moi@sonla.example.vn"
SIGNED = {"by": "Lò Thị Hương", "reason": "văn thư báo đã sửa"}


@pytest.fixture
def post() -> Post:
    return Post()


def write(p: Pass, *people: str, **changes: object) -> int:
    """One letter to these people; its number."""
    message = Message(f"k/{people[0]}", p.cycle.id, "thu", people, "Thư", "h", "t")
    with p.store.write() as connection:
        add_message(connection, replace(message, **changes), at=p.as_of)  # type: ignore[arg-type]
        return list_messages(connection, p.cycle.id)[-1].id


def refused(p: Pass, post: Post, *people: str, **changes: object) -> int:
    """One letter that the server refused for its content."""
    number = write(p, *people, **changes)
    post.rejecting = set(people)
    deliver_mail(p, post)
    post.rejecting = set()
    return number


def show(p: Pass, *, is_everything: bool = True) -> list[tuple[int, str]]:
    with p.store.read() as connection:
        found = list_letters(connection, p.cycle.id, is_everything=is_everything)
    return [(one.queued.id, one.queued.state) for one in found]


def outcomes(letter: Letter) -> dict[str, str]:
    return {one.address: one.state for one in letter.outcomes}


def audited(p: Pass, action: str) -> list[tuple[str, str, list[str]]]:
    """(who, why, to whom) of what was decided."""
    with p.store.read() as connection:
        rows = connection.execute(select(audit.c.actor, audit.c.detail).where(audit.c.action == action)).all()
    return [(row.actor, json.loads(row.detail)["reason"], json.loads(row.detail)["to"]) for row in rows]


# --- the list ---------------------------------------------------------------------------------------------------------


def test_the_list_holds_what_waits_and_what_is_dead(begin: Begin, post: Post) -> None:
    """Refused, given up, come back, or refused by one of several; what everybody has, and what was withdrawn, is over."""
    p = begin(NOW)
    refused(p, post, A)
    post.dead = {B}
    write(p, "sent@sonla.example.vn")
    partly = write(p, "c@sonla.example.vn", B)
    deliver_mail(p, post)
    waiting, expired, withdrawn = (write(p, f"{name}@sonla.example.vn") for name in "xyz")
    with p.store.write() as connection:
        mark_over(connection, expired, LetterState.EXPIRED, "Errno 111")
        mark_over(connection, withdrawn, LetterState.WITHDRAWN, "")
    assert show(p, is_everything=False) == [
        (1, LetterState.REFUSED),
        (partly, LetterState.SENT),
        (waiting, LetterState.PENDING),
        (expired, LetterState.EXPIRED),
    ]
    assert len(show(p)) == 6


def test_an_address_that_returns_one_of_several_makes_a_dead_letter(begin: Begin, post: Post) -> None:
    """As a notice records it: the message stays sent, for the other one has it."""
    p = begin(NOW)
    number = write(p, A, B)
    deliver_mail(p, post)
    before = show(p, is_everything=False)
    with p.store.write() as connection:
        message_id = list_messages(connection, p.cycle.id)[0].message.message_id
        record_delivery(connection, message_id, B, AddressState.RETURNED, at=p.as_of, reply="552 5.2.2 full")
    assert (before, show(p, is_everything=False)) == ([], [(number, LetterState.SENT)])


# --- sending again ----------------------------------------------------------------------------------------------------


def test_a_letter_is_sent_again_under_its_message_id(begin: Begin, post: Post) -> None:
    """At once, with name and reason in the audit."""
    p, later = begin(NOW), begin(LATER)
    number = refused(p, post, A)
    resent = resend_letter(later, number, **SIGNED)
    deliver_mail(later, post)
    assert (resent.queued.state, resent.queued.next_attempt_at) == (LetterState.PENDING, later.as_of)
    assert ([one.message_id for one in post.took], show(p)) == (
        [resent.queued.message.message_id],
        [(number, LetterState.SENT)],
    )
    assert audited(p, "mail-resent") == [("Lò Thị Hương", "văn thư báo đã sửa", [A])]


def test_only_those_who_have_not_taken_it_get_it_again(begin: Begin, post: Post) -> None:
    """The header names both, the envelope one."""
    p, later = begin(NOW), begin(LATER)
    post.dead = {B}
    number = write(p, A, B)
    deliver_mail(p, post)
    post.dead = set()
    with p.store.write() as connection:
        forget_bounce(connection, B, at=later.as_of, reported_by="thử")
    resend_letter(later, number, **SIGNED)
    deliver_mail(later, post)
    assert [(one.recipients, one.envelope) for one in post.took] == [((A, B), (A, B)), ((A, B), (B,))]


def test_what_may_have_left_still_may_when_it_is_asked_for_again(begin: Begin, post: Post) -> None:
    """A reminder in doubt is never written anew under another Message-ID, whoever asked for it."""
    p, later = begin(NOW), begin(LATER)
    number = write(p, A)
    post.breaks_off = True
    deliver_mail(p, post)
    resend_letter(p, number, **SIGNED)
    assert show(later) == [(number, LetterState.SENDING)]


def test_sent_again_to_one_and_over_before_it_left_it_is_sent_to_the_other(begin: Begin, post: Post) -> None:
    """Withdrawn is what nobody has; the one who has not got it need not get it any more."""
    p, later = begin(NOW), begin(LATER)
    post.dead = {B}
    number = write(p, A, B, useful_until=later.as_of)
    deliver_mail(p, post)
    with p.store.write() as connection:
        forget_bounce(connection, B, at=p.as_of, reported_by="thử")
    resend_letter(p, number, **SIGNED)
    deliver_mail(later, post)
    letter = find_letter(later, number)
    assert letter is not None and letter.queued.state == LetterState.SENT
    assert outcomes(letter) == {A: AddressState.TAKEN, B: AddressState.WITHDRAWN}


def test_refused_once_more_for_one_it_stays_sent_for_the_other(begin: Begin, post: Post) -> None:
    """And stays a dead letter."""
    p, later = begin(NOW), begin(LATER)
    post.dead = {B}
    number = write(p, A, B)
    deliver_mail(p, post)
    with p.store.write() as connection:
        forget_bounce(connection, B, at=later.as_of, reported_by="thử")
    resend_letter(later, number, **SIGNED)
    deliver_mail(later, post)
    assert (show(p), show(p, is_everything=False)) == ([(number, LetterState.SENT)], [(number, LetterState.SENT)])


def test_a_letter_given_up_is_tried_for_five_days_more(begin: Begin, post: Post) -> None:
    """Counted from when somebody asked for it."""
    p = begin("2026-12-01T08:00")
    number = write(p, A)
    post.busy = {A}
    seen = []
    for at in ("2026-12-06T08:00", "2026-12-11T07:59", "2026-12-12T08:00"):
        deliver_mail(begin(at), post)
        seen += [state for _, state in show(p)]
        if len(seen) == 1:
            resend_letter(begin("2026-12-06T09:00"), number, **SIGNED)
            deliver_mail(begin("2026-12-06T09:00"), post)
    assert seen == [LetterState.EXPIRED, LetterState.PENDING, LetterState.EXPIRED]


def test_a_letter_that_waits_for_its_pause_can_be_sent_at_once(begin: Begin, post: Post) -> None:
    """The mail server is back: nobody has to wait for hours."""
    p = begin(NOW)
    number = write(p, A)
    post.is_down = True
    deliver_mail(p, post)
    post.is_down = False
    moment = begin("2026-12-09T08:00:30")
    resend_letter(moment, number, **SIGNED)
    deliver_mail(moment, post)
    assert show(p) == [(number, LetterState.SENT)]


# --- sending elsewhere ------------------------------------------------------------------------------------------------


def test_a_letter_is_sent_to_another_address_instead(begin: Begin, post: Post) -> None:
    """A message of its own that names the one it replaces; the old one is settled."""
    p, later = begin(NOW), begin(LATER)
    number = refused(p, post, A, B)
    new = redirect_letter(later, number, NEW, **SIGNED)
    deliver_mail(later, post)
    assert [(one.recipients, one.in_place_of, one.subject) for one in post.took] == [((NEW,), f"k/{A}", "Thư")]
    assert (show(p), show(p, is_everything=False)) == (
        [(number, LetterState.WITHDRAWN), (new.queued.id, LetterState.SENT)],
        [],
    )
    assert audited(p, "mail-redirected") == [("Lò Thị Hương", "văn thư báo đã sửa", [A, B])]


def test_one_of_several_addresses_can_be_replaced(begin: Begin, post: Post) -> None:
    """The other one stays for somebody to decide about."""
    p, later = begin(NOW), begin(LATER)
    number = refused(p, post, A, B)
    redirect_letter(later, number, NEW, **SIGNED, instead_of=A.upper())
    deliver_mail(later, post)
    resend_letter(later, number, **SIGNED)
    deliver_mail(later, post)
    assert [one.envelope for one in post.took] == [(NEW,), (B,)]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ai.do@gmail.com", "không thuộc tên miền được phép (ten_mien_cho_phep): sonla.example.vn"),
        ("ai.do@sonla.example.vn.evil.com", "không thuộc tên miền được phép"),
        ("a@sonla.example.vn\r\nBcc: x@y.vn", "không phải địa chỉ thư điện tử"),
        ("a@sonla.example.vn, b@sonla.example.vn", "không phải địa chỉ thư điện tử"),
        ("văn.thư@sonla.example.vn", "không phải địa chỉ thư điện tử"),
        ("", "không phải địa chỉ thư điện tử"),
        (A, "xin gửi lại thư đó (lệnh resend 1)"),
        ("hong@sonla.example.vn", "bị trả lại; xin chọn địa chỉ khác"),
    ],
)
def test_a_letter_goes_only_where_official_mail_may_go(begin: Begin, post: Post, address: str, said: str) -> None:
    """And to one address that works and is another."""
    p = begin(NOW)
    number = refused(p, post, A)
    with p.store.write() as connection:
        record_bounce(connection, "hong@sonla.example.vn", at=p.as_of, reason="5.1.1", reported_by="thử")
    with pytest.raises(LetterError, match=r".*") as caught:
        redirect_letter(begin(LATER), number, address, **SIGNED)
    assert said in str(caught.value)
    assert show(p) == [(number, LetterState.REFUSED)]


# --- withdrawing ------------------------------------------------------------------------------------------------------


def test_a_withdrawn_letter_is_not_sent_any_more(begin: Begin, post: Post) -> None:
    """With name and reason at each address that did not take it."""
    p, later = begin(NOW), begin(LATER)
    number = write(p, A, B)
    found = withdraw_letter(later, number, **SIGNED)
    deliver_mail(later, post)
    assert (post.took, show(p)) == ([], [(number, LetterState.WITHDRAWN)])
    assert outcomes(found) == {A: AddressState.WITHDRAWN, B: AddressState.WITHDRAWN}
    assert audited(p, "mail-withdrawn") == [("Lò Thị Hương", "văn thư báo đã sửa", [A, B])]


@pytest.mark.parametrize(
    ("decide", "state"), [(resend_letter, LetterState.PENDING), (withdraw_letter, LetterState.WITHDRAWN)]
)
def test_a_letter_that_came_back_is_sent_again_or_withdrawn(
    begin: Begin, post: Post, decide: Callable[..., Letter], state: LetterState
) -> None:
    """The address is right: somebody decides."""
    p = begin(NOW)
    number = write(p, A)
    deliver_mail(p, post)
    with p.store.write() as connection:
        message_id = list_messages(connection, p.cycle.id)[0].message.message_id
        record_delivery(connection, message_id, A, AddressState.RETURNED, at=p.as_of, reply="552 5.2.2 full")
        mark_returned(connection, number, "552 5.2.2 full")
    before = show(p)
    decide(begin(LATER), number, **SIGNED)
    assert (before, show(p)) == ([(number, LetterState.RETURNED)], [(number, state)])


def test_a_letter_that_was_given_up_is_withdrawn(begin: Begin) -> None:
    """After five days without a server, and nobody needs it any more."""
    p = begin(NOW)
    number = write(p, A)
    with p.store.write() as connection:
        mark_over(connection, number, LetterState.EXPIRED, "Errno 111")
    withdraw_letter(begin(LATER), number, **SIGNED)
    assert show(p) == [(number, LetterState.WITHDRAWN)]


def test_given_up_for_the_rest_it_is_sent(begin: Begin, post: Post) -> None:
    """One has it, the other was to get it again: withdrawn for him, the letter is what it was."""
    p = begin(NOW)
    number = write(p, A, B)
    deliver_mail(p, post)
    with p.store.write() as connection:
        message_id = list_messages(connection, p.cycle.id)[0].message.message_id
        record_delivery(connection, message_id, B, AddressState.RETURNED, at=p.as_of, reply="552 5.2.2 full")
    resend_letter(begin(LATER), number, **SIGNED)
    before = show(p)
    withdraw_letter(begin(LATER), number, **SIGNED)
    assert (before, show(p)) == ([(number, LetterState.PENDING)], [(number, LetterState.SENT)])


# --- what makes no sense ---------------------------------------------------------------------------------------------


def test_each_decision_that_makes_no_sense_says_why(begin: Begin, post: Post) -> None:
    """An unknown letter, one that everybody has, one withdrawn, one replaced, one that the next pass sends anyway."""
    p, later = begin(NOW), begin(LATER)
    taken, replaced, withdrawn = write(p, A), write(p, B), write(p, "c@sonla.example.vn")
    post.rejecting = {B, "c@sonla.example.vn"}
    deliver_mail(p, post)
    redirect_letter(later, replaced, NEW, **SIGNED)
    withdraw_letter(later, withdrawn, **SIGNED)
    said = {
        99: "Không có thư số 99",
        taken: "đã được máy chủ của mọi người nhận tiếp nhận lúc 08:00 ngày 09/12/2026",
        replaced: "đã được gửi thay bằng thư số 4; xin xử lý thư đó",
        withdrawn: "đã được rút trước đây (Lò Thị Hương: văn thư báo đã sửa)",
    }
    for number, words in said.items():
        for decide in (
            resend_letter,
            withdraw_letter,
            lambda *a, **k: redirect_letter(*a, "moi2@sonla.example.vn", **k),
        ):
            with pytest.raises(LetterError) as caught:
                decide(later, number, **SIGNED)
            assert words in str(caught.value)
    with pytest.raises(LetterError, match="đang chờ gửi; lượt chạy tới sẽ gửi"):
        resend_letter(later, 4, **SIGNED)


def test_a_letter_to_a_dead_address_is_not_sent_again_until_the_address_works(begin: Begin, post: Post) -> None:
    """The sentence names both ways out."""
    p, later = begin(NOW), begin(LATER)
    post.dead = {A}
    number = write(p, A)
    deliver_mail(p, post)
    with pytest.raises(LetterError) as caught:
        resend_letter(later, number, **SIGNED)
    assert f"bounce {A} --undo" in str(caught.value) and f"redirect {number} --to" in str(caught.value)


def test_a_letter_that_has_lost_its_sense_is_only_withdrawn(begin: Begin, post: Post) -> None:
    """Neither sent again nor sent elsewhere."""
    p = begin(NOW)
    number = refused(p, post, A, useful_until=p.as_of + dt.timedelta(minutes=30))
    for decide in (resend_letter, lambda *a, **k: redirect_letter(*a, NEW, **k)):
        with pytest.raises(LetterError, match="chỉ còn ý nghĩa đến 08:30 ngày 09/12/2026"):
            decide(begin(LATER), number, **SIGNED)
    withdraw_letter(begin(LATER), number, **SIGNED)
    assert show(p) == [(number, LetterState.WITHDRAWN)]


def test_a_letter_is_sent_to_an_address_once(begin: Begin, post: Post) -> None:
    """The stand-in was refused too: that one is for deciding about."""
    p, later = begin(NOW), begin(LATER)
    number = refused(p, post, A, B)
    redirect_letter(later, number, NEW, **SIGNED, instead_of=A)
    with pytest.raises(LetterError, match=f"{NEW}.* thư số 2"):
        redirect_letter(later, number, NEW, **SIGNED, instead_of=B)
