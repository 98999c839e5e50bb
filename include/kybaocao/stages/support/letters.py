"""Letters that wait or are dead, as the operators see them, and what they may decide about one of them.

A letter is dead for an address that refuses it for good, from which it came back, or that did not take it for five
days.  Somebody then has it sent again, sent to another address, or withdrawn; each with name and reason.  These are
plain functions: the commands and the console call the same ones.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Connection

from kybaocao.plan.recipients import is_allowed
from kybaocao.stages.support.completion import Outcome, complete_publications, list_outcomes
from kybaocao.stages.support.passes import Pass
from kybaocao.store import deliveries
from kybaocao.store.audit import list_actions, record_action
from kybaocao.store.bounces import list_bounces
from kybaocao.store.deliveries import AddressState, forget_deliveries, record_delivery
from kybaocao.store.outbox import (
    DEAD,
    LetterState,
    Queued,
    add_message,
    ask_again,
    find_key,
    find_number,
    list_messages,
    list_with_deliveries,
    mark_over,
    mark_sent,
    name_stand_in,
)
from kybaocao.store.steps import StepState, mark_steps
from kybaocao.vietnamese import format_moment

_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
RESENT = "mail-resent"  # in the audit: somebody asked for a letter again
_ALL = "python -m kybaocao letters --all"


class Choice(StrEnum):
    """What somebody may decide about a letter."""

    RESEND = "resend"
    REDIRECT = "redirect"
    WITHDRAW = "withdraw"


class LetterError(ValueError):
    """Why a decision about a letter makes no sense; the message says in Vietnamese what to do instead."""


@dataclass(frozen=True)
class Letter:
    """One letter of the outbox with what is known of its addresses."""

    queued: Queued
    outcomes: tuple[Outcome, ...]

    @property
    def own(self) -> list[Outcome]:
        """Its own addresses, without those that another letter was sent to instead."""
        return [one for one in self.outcomes if one.letter.id == self.queued.id]

    @property
    def dead(self) -> list[Outcome]:
        return [one for one in self.own if one.is_dead]

    @property
    def is_waiting(self) -> bool:
        return self.queued.state in (LetterState.PENDING, LetterState.SENDING)

    @property
    def is_settled(self) -> bool:
        """Everybody has it, or nobody waits for it any more."""
        return all(one.is_settled for one in self.own)

    def leaves_next(self, at: dt.datetime) -> bool:
        """The next pass sends it without being asked."""
        due = self.queued.next_attempt_at
        return self.is_waiting and (due is None or due <= at)


def list_letters(connection: Connection, cycle: str, *, is_everything: bool = False) -> list[Letter]:
    """What waits and what is dead, oldest first; with `is_everything` all that was ever written."""
    if is_everything:
        found = list_messages(connection, cycle)
    else:
        waiting = list_messages(connection, cycle, (LetterState.PENDING, LetterState.SENDING, *DEAD))
        partly = list_with_deliveries(connection, cycle, deliveries.DEAD)
        found = sorted({one.id: one for one in (*waiting, *partly)}.values(), key=lambda one: one.id)
    letters = [Letter(one, tuple(list_outcomes(connection, one))) for one in found]
    return [one for one in letters if is_everything or one.is_waiting or one.dead]


def find_letter(p: Pass, number: int) -> Letter | None:
    """The letter with this number, when it belongs to the pass's cycle."""
    with p.store.read() as connection:
        letter = _find(connection, number)
    return letter if letter is not None and letter.queued.message.cycle == p.cycle.id else None


def list_requests(connection: Connection, letter: Queued) -> list[dt.datetime]:
    """When somebody asked for a letter again."""
    asked = list_actions(connection, RESENT, letter.message.cycle, letter.message.agency)
    return [when for when, detail in asked if detail["key"] == letter.message.key]


def list_choices(p: Pass, letter: Letter) -> list[Choice]:
    """What may be decided about a letter now: none when nobody waits for it any more, see the three functions below."""
    if letter.is_settled:
        return []
    queued = letter.queued
    if queued.has_lapsed(p.as_of):
        return [Choice.WITHDRAW]
    return [one for one in Choice if one is not Choice.RESEND or not letter.leaves_next(p.as_of)]


def resend_letter(p: Pass, number: int, *, by: str, reason: str) -> Letter:
    """Try a letter again at once, under its Message-ID, for those who have not taken it."""
    with _decide(p, number) as (connection, letter):
        _refuse_over(p, letter)
        message, queued = letter.queued.message, letter.queued
        if letter.leaves_next(p.as_of):
            raise LetterError(f"Thư số {number} đang chờ gửi; lượt chạy tới sẽ gửi, không cần yêu cầu gửi lại.")
        open_addresses = [one.address for one in letter.own if not one.is_settled]
        unusable = list_bounces(connection)
        usable = [address for address in open_addresses if address.lower() not in unusable]
        if not usable:
            address = open_addresses[0]
            raise LetterError(
                f"Thư gửi tới {address} bị trả lại nên hệ thống không gửi tới địa chỉ này nữa. Nếu hộp thư đã dùng lại "
                f"được, xin ghi nhận như vậy (lệnh bounce {address} --undo) rồi gửi lại; hoặc gửi tới địa chỉ khác "
                f"(lệnh redirect {number} --to ĐỊA_CHỈ)."
            )
        forget_deliveries(connection, message.message_id, usable)
        if queued.state in DEAD:  # sent as it is, not written anew by the next pass
            mark_steps(
                connection,
                p.cycle.id,
                (reported.step for reported in message.steps),
                StepState.FAILED,
                held=StepState.REPORTED,
            )
        ask_again(connection, queued.id, p.as_of)
        _audit(connection, p, RESENT, queued, by, reason, to=usable)
    return _show(p, number)


def withdraw_letter(p: Pass, number: int, *, by: str, reason: str) -> Letter:
    """Give a letter up for everybody who has not taken it."""
    with _decide(p, number) as (connection, letter):
        left = [one.address for one in letter.own if not one.is_settled]
        _settle(connection, p, letter, left, AddressState.WITHDRAWN, f"{by}: {reason}")
        steps = [reported.step for reported in letter.queued.message.steps]
        mark_steps(connection, p.cycle.id, steps, StepState.REPORTED, held=StepState.FAILED)
        _audit(connection, p, "mail-withdrawn", letter.queued, by, reason, to=left)
        complete_publications(connection, p.cycle.id, p.as_of)
    return _show(p, number)


def redirect_letter(
    p: Pass, number: int, address: str, *, by: str, reason: str, instead_of: str | None = None
) -> Letter:
    """Send a letter to another address, in place of `instead_of` or of all that have not taken it.

    Returns the new letter; the old one counts as settled by it at these addresses.
    """
    with _decide(p, number) as (connection, letter):
        _refuse_over(p, letter)
        old = letter.queued.message
        _refuse_address(p, connection, letter, address)
        key = name_stand_in(old.key, address.lower())
        earlier = find_key(connection, key)
        if earlier is not None:
            raise LetterError(f"Thư số {number} đã từng được gửi tới {address}, là thư số {earlier.id}.")
        left = [one.address for one in letter.own if not one.is_settled]
        if instead_of is not None:
            left = [one for one in left if one.lower() == instead_of.lower()]
            if not left:
                raise LetterError(f"{instead_of} không phải người nhận còn chờ của thư số {number}.")
        is_partly_taken = any(one.has_it for one in letter.own)
        new = replace(
            old,
            key=key,
            recipients=(address,),
            copies=(),
            in_place_of=old.key,
            steps=() if is_partly_taken else old.steps,
        )
        add_message(connection, new, at=p.as_of, next_attempt_at=p.as_of)
        _settle(connection, p, letter, left, AddressState.MOVED, key)
        _audit(connection, p, "mail-redirected", letter.queued, by, reason, to=left, instead=address)
        added = find_key(connection, key)
        assert added is not None
    return _show(p, added.id)


# --- what the three share -----------------------------------------------------------------------------------------


@contextmanager
def _decide(p: Pass, number: int) -> Iterator[tuple[Connection, Letter]]:
    """The letter, while nobody sends it, in the transaction of the decision. Raises LetterError when it is settled."""
    with p.store.exclusive(f"outbox-{p.cycle.id}"), p.store.write() as connection:
        letter = _find(connection, number)
        if letter is None or letter.queued.message.cycle != p.cycle.id:
            raise LetterError(f"Không có thư số {number} trong kỳ {p.cycle.id}; xem: {_ALL} --cycle {p.cycle.id}")
        if letter.is_settled:
            raise LetterError(_describe_settled(p, letter))
        yield connection, letter


def _find(connection: Connection, number: int) -> Letter | None:
    queued = find_number(connection, number)
    return None if queued is None else Letter(queued, tuple(list_outcomes(connection, queued)))


def _show(p: Pass, number: int) -> Letter:
    with p.store.read() as connection:
        found = _find(connection, number)
    assert found is not None  # nothing is ever deleted from the outbox
    return found


def _describe_settled(p: Pass, letter: Letter) -> str:
    number, moved = letter.queued.id, [one.letter.id for one in letter.outcomes if one.letter.id != letter.queued.id]
    if moved:
        others = ", ".join(str(one) for one in dict.fromkeys(moved))
        return f"Thư số {number} đã được gửi thay bằng thư số {others}; xin xử lý thư đó."
    if letter.queued.state == LetterState.WITHDRAWN:
        return f"Thư số {number} đã được rút trước đây ({letter.queued.last_error})."
    sent_at = letter.queued.sent_at
    when = f" lúc {format_moment(sent_at.astimezone(p.plan.timezone))}" if sent_at else ""
    return f"Thư số {number} đã được máy chủ của mọi người nhận tiếp nhận{when}; không còn gì phải xử lý."


def _refuse_over(p: Pass, letter: Letter) -> None:
    """A letter that has lost its sense is not sent any more."""
    until = letter.queued.message.useful_until
    if until is not None and letter.queued.has_lapsed(p.as_of):
        moment = format_moment(until.astimezone(p.plan.timezone))
        raise LetterError(
            f"Thư số {letter.queued.id} chỉ còn ý nghĩa đến {moment} nên không gửi nữa; nếu không cần xử lý gì thêm, "
            f"xin rút thư (lệnh withdraw {letter.queued.id})."
        )


def _refuse_address(p: Pass, connection: Connection, letter: Letter, address: str) -> None:
    if not _ADDRESS.fullmatch(address):
        raise LetterError(f"“{address}” không phải địa chỉ thư điện tử.")
    if not is_allowed(p.plan, address):
        allowed = ", ".join(p.plan.require_recipients().allowed_domains)
        raise LetterError(f"Địa chỉ {address} không thuộc tên miền được phép (ten_mien_cho_phep): {allowed}.")
    if address.lower() in list_bounces(connection):
        raise LetterError(f"Thư gửi tới {address} bị trả lại; xin chọn địa chỉ khác.")
    mine = {one.address.lower(): one for one in letter.outcomes}.get(address.lower())
    if mine is not None and mine.has_it:
        raise LetterError(f"Địa chỉ {address} đã nhận thư này.")
    if mine is not None:
        number = mine.letter.id
        raise LetterError(f"{address} là người nhận của thư số {number}; xin gửi lại thư đó (lệnh resend {number}).")


def _settle(
    connection: Connection, p: Pass, letter: Letter, addresses: list[str], state: AddressState, reply: str
) -> None:
    """Nothing more is tried at these addresses of a letter."""
    queued, message_id = letter.queued, letter.queued.message.message_id
    for address in addresses:
        record_delivery(connection, message_id, address, state, at=p.as_of, reply=reply)
    gone = {one.lower() for one in addresses}
    if any(not one.is_settled and one.address.lower() not in gone for one in letter.own):
        return
    if any(one.has_it for one in letter.own):
        mark_sent(connection, queued.id, queued.sent_at or p.as_of, queued.last_error)
    else:
        mark_over(
            connection,
            queued.id,
            LetterState.WITHDRAWN,
            reply if state == AddressState.WITHDRAWN else queued.last_error,
        )


def _audit(
    connection: Connection, p: Pass, action: str, queued: Queued, by: str, reason: str, **detail: object
) -> None:
    message = queued.message
    record_action(
        connection,
        action,
        at=p.as_of,
        cycle=p.cycle.id,
        agency=message.agency,
        actor=by,
        key=message.key,
        letter=queued.id,
        reason=reason,
        **detail,
    )
