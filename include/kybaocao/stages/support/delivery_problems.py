"""Mail that did not arrive, as the operators must hear of it: dead addresses, dead letters, messages that wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator

from kybaocao.findings import shorten
from kybaocao.mail.schedule import find_pause
from kybaocao.stages.support.completion import Outcome, is_release, list_incomplete
from kybaocao.stages.support.delivery_notices import list_left_mail
from kybaocao.stages.support.letters import Letter, list_letters
from kybaocao.stages.support.passes import Pass
from kybaocao.store.bounces import Bounce, list_bounces
from kybaocao.store.deliveries import AddressState
from kybaocao.store.notices import FailedDelivery, list_failed_deliveries
from kybaocao.store.outbox import LetterState, Queued, list_messages, list_reminders
from kybaocao.store.reports import Publication, ReportState, list_versions
from kybaocao.vietnamese import format_moment

TOO_LONG = dt.timedelta(days=1)  # for a message to wait
MOST_NAMED = 10  # dead letters in one list of warnings
MAX_FAILED = 30  # sentences about mail that came back
SERVER_AWAY = "máy chủ thư không nhận thư nào: "  # begins what is recorded of such an attempt
MAIL_STATES = {
    LetterState.PENDING: "chờ gửi",
    LetterState.SENDING: "đang gửi",
    LetterState.SENT: "đã gửi",
    LetterState.REFUSED: "bị máy chủ từ chối",
    LetterState.EXPIRED: "không gửi được trong 5 ngày",
    LetterState.RETURNED: "bị trả lại",
    LetterState.WITHDRAWN: "đã rút",
}
ADDRESS_STATES = {
    "": "chưa gửi",
    AddressState.TAKEN: "đã nhận",
    AddressState.DELAYED: "đã nhận, đang chuyển tiếp chậm",
    AddressState.POSTPONED: "máy chủ hẹn gửi lại sau",
    AddressState.REFUSED: "bị từ chối",
    AddressState.RETURNED: "bị trả lại",
    AddressState.EXPIRED: "không gửi được trong 5 ngày",
    AddressState.WITHDRAWN: "đã thôi gửi",
    AddressState.MOVED: "đã gửi bằng thư khác",
}


def list_delivery_problems(p: Pass) -> list[str]:
    """One Vietnamese sentence each, the same in every pass until it is fixed."""
    with p.store.read() as connection:
        bounces = list_bounces(connection)
        letters = list_letters(connection, p.cycle.id)
        incomplete = list_incomplete(connection, p.cycle.id)
        failed = list_failed_deliveries(connection, p.cycle.id)
        over = {
            one.version
            for one in list_versions(connection, p.cycle.id)
            if one.state in (ReportState.REJECTED, ReportState.SUPERSEDED)
        }
        waiting = [one.queued for one in letters if one.is_waiting]
        reminders = list_reminders(connection, p.cycle.id) if any(one.message.steps for one in waiting) else []
    holders = _find_holders(p, bounces)
    found = [_describe_bounce(bounces[address], names) for address, names in holders.items()]
    found += [
        _describe_release(p, publication, outcomes)
        for publication, outcomes in incomplete
        if publication.version not in over and any(one.is_dead for one in outcomes)
    ]
    came_back = {(one.message, one.address) for one in failed}
    found += _describe_dead(p, letters, holders, came_back)
    found += _describe_failed(failed)
    found += _describe_waiting(p, waiting, reminders)
    return found + list_left_mail(p)


def describe_silent_server(p: Pass) -> str:
    """That the mail server took nothing when it was tried last; "" when it did, or when nothing waits.

    For `status` only: a letter that says it would arrive when it is over.
    """
    with p.store.read() as connection:
        letters = list_messages(connection, p.cycle.id)
    waiting = [one for one in letters if one.state in (LetterState.PENDING, LetterState.SENDING)]
    tried = [
        (one.next_attempt_at - find_pause(one.attempts), one.next_attempt_at, one.last_error)
        for one in waiting
        if one.next_attempt_at and one.last_error.startswith(SERVER_AWAY)
    ]
    if not tried:
        return ""
    at, _, error = max(tried)
    if any(one.sent_at and one.sent_at >= at for one in letters):
        return ""
    last, again = (format_moment(one.astimezone(p.plan.timezone)) for one in (at, min(one for _, one, _ in tried)))
    return (
        f"Máy chủ thư không nhận thư, lần thử gần nhất lúc {last} ({shorten(error.removeprefix(SERVER_AWAY), 200)}). "
        f"{len(waiting)} thư đang chờ, không thư nào mất; hệ thống tự mở lượt gửi lại từ {again}. "
        "Xin kiểm tra máy chủ thư và các mục SMTP_… trong .env."
    )


def describe_outcome(one: Outcome) -> str:
    """ "vanthu@mof.gov.vn: bị từ chối – 554 nội dung không được nhận (thư số 12)"."""
    why = f" – {one.reply}" if one.reply else ""
    return f"{one.address}: {ADDRESS_STATES[one.state]}{why} (thư số {one.letter.id})"


def _find_holders(p: Pass, addresses: Collection[str]) -> dict[str, list[str]]:
    """Of these addresses those in use, each with the agencies and people that have it."""
    named = p.plan.recipients
    people = (*named.coordinator, *named.chairman, *named.ministry, *named.copies, *named.operators) if named else ()
    today = p.local.date()
    used = [
        *(
            (c.email, p.plan.agencies[c.agency].name)
            for c in p.plan.contacts
            if c.is_valid_on(today) and c.agency in p.plan.agencies
        ),
        *((person.email, person.name) for person in people),
    ]
    found: dict[str, list[str]] = {}
    for email, name in used:
        if email.lower() in addresses:
            found.setdefault(email.lower(), []).append(name)
    return dict(sorted(found.items()))


def _describe_bounce(bounce: Bounce, names: list[str]) -> str:
    return (
        f"Thư gửi {bounce.address} ({', '.join(dict.fromkeys(names))}) bị trả lại: {bounce.reason}. Hệ thống không gửi "
        "tới địa chỉ này nữa. Xin sửa địa chỉ trong lien_he.csv hoặc nguoi_nhan.yaml; nếu hộp thư đã dùng lại được: "
        f"python -m kybaocao bounce {bounce.address} --undo"
    )


def _describe_failed(failed: list[FailedDelivery]) -> Iterator[str]:
    """Mail that was taken and came back, for another reason than a dead address."""
    for one in failed[:MAX_FAILED]:
        yield (
            f"Thư “{shorten(one.subject)}” gửi {one.address} bị trả lại: {shorten(one.detail, 300)}. Sau khi xử lý "
            f"nguyên nhân, nếu cần thì gửi lại: python -m kybaocao resend {one.message} …; nếu địa chỉ không còn "
            f"dùng được: python -m kybaocao bounce {one.address}"
        )
    if failed[MAX_FAILED:]:
        yield "Còn các thư bị trả lại khác; xin xem: python -m kybaocao notices"


def _describe_release(p: Pass, publication: Publication, outcomes: list[Outcome]) -> str:
    dead = "; ".join(describe_outcome(one) for one in outcomes if one.is_dead)
    return (
        f"Báo cáo phiên bản {publication.version} chưa đến đủ nơi nhận: {dead}. Xin gửi lại (resend), gửi tới địa chỉ "
        f"khác (redirect) hoặc rút (withdraw): python -m kybaocao letters --cycle {p.cycle.id}"
    )


def _describe_dead(
    p: Pass, letters: list[Letter], named: Collection[str], came_back: Collection[tuple[int, str]]
) -> Iterator[str]:
    """Letters that still make sense and need a person's decision.

    Not those to addresses that are dead: these are named by themselves, and the ladder goes past them; nor what came
    back with a delivery notice, which is named with the notice's words.
    """
    found = []
    for letter in letters:
        dead = [
            one
            for one in letter.dead
            if one.address.lower() not in named and (one.letter.id, one.address.lower()) not in came_back
        ]
        if dead and not is_release(letter.queued.message) and not letter.queued.has_lapsed(p.as_of):
            found.append(
                f"Thư số {letter.queued.id} “{letter.queued.message.subject}” không đến được: "
                f"{'; '.join(describe_outcome(one) for one in dead)}. Xin gửi lại, gửi tới địa chỉ khác hoặc rút: "
                f"python -m kybaocao letters --cycle {p.cycle.id}"
            )
    yield from found[:MOST_NAMED]
    if len(found) > MOST_NAMED:
        yield f"Còn các thư khác không đến được: python -m kybaocao letters --cycle {p.cycle.id}"


def _describe_waiting(p: Pass, letters: list[Queued], reminders: list[Queued]) -> Iterator[str]:
    since = {one.id: _find_begin(one, reminders) for one in letters}
    waiting = [one for one in letters if p.as_of - since[one.id] > TOO_LONG]
    if waiting:  # one sentence for all, and no count: the sentence must not change while the mail server is down
        oldest = min(waiting, key=lambda one: since[one.id])
        moment = format_moment(since[oldest.id].astimezone(p.plan.timezone))
        others = " và các thư sau đó" if len(waiting) > 1 else ""
        yield f"Chưa gửi được {_name_message(oldest)}, chờ từ {moment}{others}."


def _find_begin(letter: Queued, reminders: list[Queued]) -> dt.datetime:
    """Since when a letter has been tried: a reminder is written anew each day, under another Message-ID."""
    steps = {reported.step for reported in letter.message.steps}
    before = [
        one.created_at
        for one in reminders
        if one.state == LetterState.WITHDRAWN
        and one.attempts
        and steps & {reported.step for reported in one.message.steps}
    ]
    return min([letter.created_at, *before])


def _name_message(queued: Queued) -> str:
    return f"thư “{queued.message.subject}” gửi {', '.join(queued.message.recipients)}"
