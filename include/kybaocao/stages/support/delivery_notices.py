"""Delivery notices: what an operator, or a rule of the mailbox, drops into `thu_bi_tra/`.

Anybody who can write to our mailbox can write such a file.  A notice counts only when it names a message of ours that
may have left, and one of that message's recipients or copies.  Its outcome is one of four, recorded together with
its effect, once for each content:

- dead: the address is closed, as if the server had refused it at once;
- failed: not delivered for another reason; the operators hear of it and may send the message again;
- delayed: recorded, nothing else;
- foreign: about no mail of ours; the file is set aside and listed for the operators once.

Who got a message can forge a notice about himself and about everybody else who got it.  So a notice never closes the
address of a person named in `nguoi_nhan.yaml`, and closes that of an agency's head only when the message went to
nobody else: the officer who gets a copy must not be able to silence his head.  Such a notice counts as failed, and
the operators decide.  The most that a forger can do is to stop mail to an officer's address that he shares a message
with; the operators are warned by the same pass, and `bounce … --undo` opens the address again.

Nothing in the folder stops a pass: a file is read up to a limit, without recursion, a pass takes a limited number of
files, and every trouble with one file leaves that file alone.
"""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from kybaocao.findings import shorten
from kybaocao.mail.messages import write_message
from kybaocao.mail.returned import DeliveryNotice, Fate, RecipientReport, read_notice
from kybaocao.mail.returned_folder import (
    LARGEST_BYTES,
    NOT_OURS,
    PROCESSED,
    ReturnedFile,
    list_files,
    list_troubles,
    move_aside,
    open_returned,
    read_beginning,
)
from kybaocao.plan.agencies import ContactRole
from kybaocao.plan.load import find_plan
from kybaocao.plan.recipients import allowed_people
from kybaocao.stages.support.letters import list_requests
from kybaocao.stages.support.passes import Pass
from kybaocao.store import deliveries
from kybaocao.store.audit import record_action
from kybaocao.store.bounces import list_bounces, record_bounce
from kybaocao.store.deliveries import AddressState, list_deliveries, record_delivery
from kybaocao.store.notices import (
    NoticeOutcome,
    add_notice,
    list_file_names,
    list_outcomes,
    list_unreported_foreign,
    mark_returned,
    name_foreign_letter,
)
from kybaocao.store.outbox import LetterState, Queued, add_message, find_message
from kybaocao.vietnamese import format_number

MAX_FILES = 200  # that a pass takes; the next one takes the rest
MAX_SECONDS = 20.0  # after which a pass begins no further file
MAX_NAMED = 5  # entries that the warnings name
MAX_LISTED = 20  # files that a letter to the operators lists

_log = logging.getLogger(__name__)
_OUTCOMES = {Fate.DEAD: NoticeOutcome.DEAD, Fate.FAILED: NoticeOutcome.FAILED, Fate.DELAYED: NoticeOutcome.DELAYED}
_DECIDED = (AddressState.WITHDRAWN, AddressState.MOVED)  # given up, or left to another letter: no notice changes it
_GRAVITY = (NoticeOutcome.DELAYED, NoticeOutcome.FAILED, NoticeOutcome.DEAD)


def read_returned_mail(p: Pass) -> Pass:
    """Record what the notices in the folder report; the pass as it is with what it has learnt. Never raises."""
    try:
        if not p.home.returned_mail.is_dir():
            return p
        with p.store.exclusive("thu-bi-tra"):
            _process_folder(p)
            _report_foreign(p)
        return p.renewed()
    except Exception:  # whatever it is: mail that came back must not stop a cycle
        _log.exception("Returned mail was not processed to the end; the next pass tries again")
        return p


def list_left_mail(p: Pass) -> list[str]:
    """For the operators, a sentence each: what lies in the folder and cannot be taken."""
    with p.store.read() as connection:
        recorded = list_file_names(connection)
    troubles = list_troubles(p.home.returned_mail, recorded)
    place = p.home.returned_mail.name
    found = [f"{place}/{shorten(name)}: {trouble}." for name, trouble in troubles[:MAX_NAMED]]
    return [*found, f"{place}/: còn các mục khác chưa xử lý được."] if troubles[MAX_NAMED:] else found


# --- file by file -----------------------------------------------------------------------------------------------------


def _process_folder(p: Pass) -> None:
    with open_returned(p.home.returned_mail) as folder:
        files = list_files(folder)
        if not files:
            return
        with p.store.read() as connection:
            recorded = list_file_names(connection)
        # What was recorded and could not be moved comes last: it keeps nothing new waiting.
        files.sort(key=lambda file: file.shown_name in recorded)
        begun, taken = time.monotonic(), 0
        for file in files:
            if taken == MAX_FILES or (taken and time.monotonic() - begun > MAX_SECONDS):
                _log.warning("Returned mail: the rest of %d files is left for the next pass", len(files))
                return
            taken += _take_file(p, folder, file)


def _take_file(p: Pass, folder: int, file: ReturnedFile) -> bool:
    """Whether the file could be read; what goes wrong with it is logged and concerns no other file."""
    try:
        data, signature = read_beginning(folder, file.name)
    except OSError:  # it is named among the warnings
        return False
    try:
        _process_file(p, folder, file, data, signature)
    except Exception:
        _log.exception("Returned mail %r was not processed to the end; the next pass tries again", file.name)
    return True


def _process_file(p: Pass, folder: int, file: ReturnedFile, data: bytes, signature: str) -> None:
    notice = _read(data)
    if not (notice.is_whole or len(data) == LARGEST_BYTES or file.is_settled):
        return  # still being copied
    digest = hashlib.sha256(data).hexdigest()
    with p.store.write() as connection:
        outcomes = list_outcomes(connection, digest)
        if not outcomes:
            _record(p, connection, notice, file.shown_name, digest)
            outcomes = list_outcomes(connection, digest)
    target = NOT_OURS if outcomes == {NoticeOutcome.FOREIGN} else PROCESSED
    move_aside(p.home.returned_mail, folder, file.name, signature, target=target, digest=digest)


def _read(data: bytes) -> DeliveryNotice:
    """What a file says. A fault of the reader makes it one that says nothing: it is set aside, not read for ever."""
    try:
        return read_notice(data)
    except Exception:
        _log.exception("Returned mail could not be understood")
        return DeliveryNotice((), (), is_whole=True)


# --- what it means ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Match:
    """A report about a message of ours at an address it went to."""

    queued: Queued
    address: str  # in small letters
    report: RecipientReport


def _record(p: Pass, connection: Connection, notice: DeliveryNotice, name: str, digest: str) -> None:
    """Record a notice with its effects."""
    named = [one for message_id in notice.message_ids if (one := find_message(connection, message_id))]
    messages = [one for one in named if _may_have_left(connection, one)]  # nobody can know the others
    matches = _match(messages, [report for report in notice.reports if report.fate is not Fate.DELIVERED])
    for match in matches:
        outcome, reservation = _decide(p, match)
        detail = f"{reservation}{match.report.text or 'máy chủ không nêu lý do'}"
        message = match.queued.message
        facts: dict[str, Any] = {
            "outcome": outcome,
            "message_id": message.message_id,
            "address": match.address,
            "detail": detail[:500],
            "file_name": name,
            "sha256": digest,
        }
        add_notice(connection, at=p.as_of, **facts)
        record_action(connection, "delivery-notice", at=p.as_of, cycle=message.cycle, agency=message.agency, **facts)
        _apply(p, connection, match, outcome, detail, name)
    for queued in {match.queued.id: match.queued for match in matches}.values():
        _close_delivery_problems(p, connection, queued)
    if not matches:
        facts = {
            "outcome": NoticeOutcome.FOREIGN,
            "message_id": named[0].message.message_id if named else "",
            "address": notice.reports[0].addresses[0] if notice.reports else "",
            "detail": _explain_foreign(notice, messages),
            "file_name": name,
            "sha256": digest,
        }
        add_notice(connection, at=p.as_of, **facts)
        record_action(connection, "delivery-notice", at=p.as_of, **facts)


def _may_have_left(connection: Connection, queued: Queued) -> bool:
    return queued.attempts > 0 or queued.sent_at is not None or bool(list_requests(connection, queued))


def _match(messages: list[Queued], reports: list[RecipientReport]) -> list[_Match]:
    """One match for each message and address, of several reports the gravest."""
    found: dict[tuple[int, str], _Match] = {}
    for report in reports:
        pairs = ((queued, address) for queued in messages for address in report.addresses)
        pair = next(((queued, address) for queued, address in pairs if address in _list_recipients(queued)), None)
        if pair is None:
            continue
        match, key = _Match(*pair, report), (pair[0].id, pair[1])
        if key not in found or _weigh(match) > _weigh(found[key]):
            found[key] = match
    return list(found.values())


def _list_recipients(queued: Queued) -> list[str]:
    """Everybody whom a message goes to, in small letters."""
    return [address.lower() for address in (*queued.message.recipients, *queued.message.copies)]


def _weigh(match: _Match) -> int:
    return _GRAVITY.index(_OUTCOMES[match.report.fate])


def _explain_foreign(notice: DeliveryNotice, messages: list[Queued]) -> str:
    if not notice.reports:
        return "không phải thư báo của máy chủ thư"
    if not messages:
        return "không nêu thư nào mà hệ thống đã gửi"
    if all(report.fate is Fate.DELIVERED for report in notice.reports):
        return "báo thư đã chuyển được, không phải thư bị trả lại"
    return "địa chỉ được nêu không phải nơi nhận của thư đó"


def _decide(p: Pass, match: _Match) -> tuple[NoticeOutcome, str]:
    """(outcome, what stands before the server's words)."""
    outcome = _OUTCOMES[match.report.fate]
    reason = _find_reservation(p, match.queued, match.address) if outcome == NoticeOutcome.DEAD else ""
    if reason:
        return NoticeOutcome.FAILED, f"máy chủ báo địa chỉ không dùng được ({reason}, hệ thống không tự đóng): "
    return outcome, ""


def _find_reservation(p: Pass, queued: Queued, address: str) -> str:
    """Why a notice about this message may not close this address; "" when it may."""
    cycle = queued.message.cycle
    try:
        plan = p.plan if cycle in p.plan.cycles else find_plan(cycle, p.home)
    except KeyError:  # of a plan that was taken away: today's leaders are protected all the same
        plan = p.plan
    named = plan.recipients
    if named is None:
        return "chưa đọc được nguoi_nhan.yaml"
    people = (*named.coordinator, *named.chairman, *named.ministry, *named.copies, *named.operators)
    if any(person.email.lower() == address for person in people):
        return "địa chỉ ghi trong nguoi_nhan.yaml"
    is_head = any(one.email.lower() == address and one.role is ContactRole.HEAD for one in plan.contacts)
    if is_head and set(_list_recipients(queued)) != {address}:
        return "địa chỉ của thủ trưởng cơ quan, thư còn gửi nơi khác"
    return ""


def _apply(p: Pass, connection: Connection, match: _Match, outcome: NoticeOutcome, detail: str, name: str) -> None:
    message_id = match.queued.message.message_id
    known = list_deliveries(connection, [message_id]).get(message_id, {}).get(match.address)
    word = known.state if known else None
    if outcome == NoticeOutcome.DEAD:
        record_bounce(connection, match.address, at=p.as_of, reason=detail, reported_by=f"thư báo trả {name}")
    if word in _DECIDED or _is_asked_again(connection, match.queued):
        return
    if outcome != NoticeOutcome.DELAYED:
        record_delivery(connection, message_id, match.address, AddressState.RETURNED, at=p.as_of, reply=detail)
    elif word not in deliveries.DEAD:
        record_delivery(connection, message_id, match.address, AddressState.DELAYED, at=p.as_of, reply=detail)


def _is_asked_again(connection: Connection, queued: Queued) -> bool:
    """And not tried since: a notice is about the attempts before."""
    is_waiting = queued.state in (LetterState.PENDING, LetterState.SENDING)
    return is_waiting and queued.attempts == 0 and bool(list_requests(connection, queued))


def _close_delivery_problems(p: Pass, connection: Connection, queued: Queued) -> None:
    """A message that no address took in the end is returned; those that need not get it are no address.

    A reminder whose addressees are all dead is left to `write_reminder_letters`, which then writes to the next one up.
    """
    message = queued.message
    known = list_deliveries(connection, [message.message_id]).get(message.message_id, {})
    states = {address: known[address].state if address in known else "" for address in _list_recipients(queued)}
    left = {state for state in states.values() if state != AddressState.WITHDRAWN}
    if not left or not left <= set(deliveries.DEAD):
        return
    dead = list_bounces(connection)
    if message.steps and all(address.lower() in dead for address in message.recipients):
        return
    reason = "; ".join(f"{address}: {known[address].reply}" for address, state in states.items() if state in left)
    if mark_returned(connection, queued.id, reason):
        record_action(
            connection, "mail-returned", at=p.as_of, cycle=message.cycle, agency=message.agency, key=message.key
        )


# --- what is not ours -------------------------------------------------------------------------------------------------


def _report_foreign(p: Pass) -> None:
    """List for the operators, once and in one letter, what was set aside since the last such letter."""
    recipients = allowed_people(p.plan, p.plan.recipients.operators) if p.plan.recipients else ()
    with p.store.read() as connection:
        found = list_unreported_foreign(connection)
    if not (recipients and found):
        return
    place = f"{p.home.returned_mail.name}/{NOT_OURS}/"
    rows = [f"Tệp {shorten(one.file_name)}: {one.detail}." for one in found[:MAX_LISTED]]
    if rest := len(found) - len(rows):
        rows.append(f"… và {format_number(rest)} tệp khác; xin xem: python -m kybaocao notices")
    rows[0] = (
        f"Các tệp sau trong thư mục thư bị trả không phải thư báo trả của một thư hệ thống đã gửi; hệ thống đã chuyển "
        f"vào {place}, không đóng địa chỉ nào. Xin xem rồi xóa. {rows[0]}"
    )
    key = name_foreign_letter(found[-1].id)
    message = write_message("van_hanh", p, key=key, recipients=recipients, warnings=rows)
    message = replace(message, useful_until=None)  # the files are listed once
    with p.store.write() as connection:
        add_message(connection, message, at=p.as_of)
