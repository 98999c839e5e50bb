"""A mail server that takes nothing: said by `status` at once, and no letter that arrives when its matter is over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kybaocao.cli.status_words import describe_status
from kybaocao.stages.deliver_mail import NothingTakenError, Refusal, deliver_mail
from kybaocao.stages.support.operator_warnings import list_warnings, warn_operators
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.status import gather_status
from kybaocao.store.outbox import LetterState, Message, add_message, list_messages
from tests.post import Post

Begin = Callable[..., Pass]
NOW, LATER = "2026-12-09T08:00", "2026-12-09T08:01"
A, B = "a@sonla.example.vn", "b@sonla.example.vn"


class FrowningPost(Post):
    """Takes a connection, and no letter of ours."""

    def send(self, message: Message) -> dict[str, Refusal]:
        raise NothingTakenError("530 5.7.0 authentication required")


def write(p: Pass, *people: str) -> None:
    """One letter to each."""
    with p.store.write() as connection:
        for one in people:
            add_message(connection, Message(f"k/{one}", p.cycle.id, "thu", (one,), "Thư", "h", "t"), at=p.as_of)


def list_states(p: Pass, kind: str) -> list[LetterState]:
    with p.store.read() as connection:
        return [one.state for one in list_messages(connection, p.cycle.id) if one.message.kind == kind]


def read_status(p: Pass) -> list[str]:
    """What `status` says about the mail server."""
    lines = describe_status(gather_status(p)).splitlines()
    return [line.removeprefix("  ! ") for line in lines if "Máy chủ thư không nhận" in line]


def down() -> Post:
    post = Post()
    post.is_down = True
    return post


@pytest.mark.parametrize(("post", "error"), [(down(), "Connection refused"), (FrowningPost(), "530 5.7.0")])
def test_status_says_within_one_pass_that_the_server_takes_nothing(begin: Begin, post: Post, error: str) -> None:
    """When it was tried, what it said, how many wait, when it is tried again, what to do."""
    p = begin(NOW)
    write(p, A, B)
    deliver_mail(p, post)
    (line,) = read_status(p)
    for said in ("lúc 08:00 ngày 09/12/2026", error, "2 thư đang chờ", "từ 08:01 ngày 09/12/2026", "SMTP_"):
        assert said in line


def test_status_says_it_no_longer_when_the_server_has_taken_a_letter(begin: Begin) -> None:
    """Also while others have still to wait for their next attempt."""
    write(begin(NOW), A)
    deliver_mail(begin(NOW), down())
    deliver_mail(begin(LATER), down())
    write(begin("2026-12-09T08:02"), B)
    deliver_mail(begin("2026-12-09T08:02"), Post())
    assert list_states(begin(LATER), "thu") == [LetterState.PENDING, LetterState.SENT]
    assert read_status(begin("2026-12-09T08:02")) == []


def test_status_says_it_anew_when_the_server_is_away_again(begin: Begin) -> None:
    """What was taken before does not count."""
    write(begin(NOW), A)
    deliver_mail(begin(NOW), Post())
    write(begin(LATER), B)
    deliver_mail(begin(LATER), down())
    assert len(read_status(begin(LATER))) == 1


def test_a_server_that_puts_off_one_letter_is_not_away(begin: Begin) -> None:
    """A busy mailbox is a matter of that letter."""
    p, post = begin(NOW), Post()
    post.busy = {A}
    write(p, A)
    deliver_mail(p, post)
    assert read_status(p) == []


def test_the_letter_to_the_operators_does_not_speak_of_the_server(begin: Begin) -> None:
    """It would arrive when that is over."""
    p = begin(NOW)
    write(p, A)
    deliver_mail(p, down())
    assert [one for one in list_warnings(p) if "Máy chủ thư" in one] == []


def test_what_is_over_when_its_letter_is_due_is_withdrawn(begin: Begin) -> None:
    """The others leave."""
    p, post = begin(NOW), Post()
    write(p, A, B)
    found = deliver_mail(p, post, is_over=lambda message: message.recipients == (A,))
    assert (list_states(p, "thu"), found.sent, found.waiting) == ([LetterState.WITHDRAWN, LetterState.SENT], 1, 0)


def test_of_warnings_that_wait_only_the_newest_leave(begin: Begin) -> None:
    """While the server was away the list changed twice, and came back to what it was."""
    for at, warnings in ((NOW, ["một"]), (LATER, ["hai"]), ("2026-12-09T08:02", ["một"])):
        warn_operators(begin(at), warnings)
    p, post = begin("2026-12-09T08:02"), Post()
    deliver_mail(p, post)
    assert list_states(p, "van_hanh") == [LetterState.WITHDRAWN, LetterState.WITHDRAWN, LetterState.SENT]
    assert "một" in post.took[0].text


def test_warnings_that_are_settled_before_their_letter_left_are_no_letter(begin: Begin) -> None:
    """Nothing is to be done any more."""
    warn_operators(begin(NOW), ["một"])
    warn_operators(begin(LATER), [])
    assert list_states(begin(LATER), "van_hanh") == [LetterState.WITHDRAWN]


def test_warnings_that_stay_are_one_letter(begin: Begin) -> None:
    """However many passes find them."""
    for at in (NOW, LATER):
        warn_operators(begin(at), ["một"])
    assert list_states(begin(LATER), "van_hanh") == [LetterState.PENDING]
