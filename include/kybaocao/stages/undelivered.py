"""Mail that did not arrive, as the operators must hear of it: dead addresses, refusals, messages that wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator

from kybaocao.findings import shorten
from kybaocao.passes import Pass
from kybaocao.stages.bouncing import list_left_mail
from kybaocao.store.bounces import Bounce, list_bounces
from kybaocao.store.notices import FailedDelivery, list_failed_deliveries
from kybaocao.store.outbox import PENDING, REFUSED, SENDING, Queued, list_messages
from kybaocao.vietnamese import format_moment

TOO_LONG = dt.timedelta(days=1)  # for a message to wait
MAX_FAILED = 30  # sentences about mail that came back


def list_undelivered(p: Pass) -> list[str]:
    """One Vietnamese sentence each, the same in every pass until it is mended."""
    with p.store.read() as connection:
        bounces = list_bounces(connection, p.as_of)
        messages = list_messages(connection, p.cycle.id, (REFUSED, PENDING, SENDING))
        failed = list_failed_deliveries(connection, p.cycle.id, p.as_of)
    holders = _find_holders(p, bounces)
    found = [_describe_bounce(bounces[address], names) for address, names in holders.items()]
    found += _describe_messages(p, messages, holders)
    return [*found, *_describe_failed(failed), *list_left_mail(p)]


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


def _describe_messages(p: Pass, messages: list[Queued], told: Collection[str]) -> Iterator[str]:
    for queued in messages:
        if queued.state == REFUSED and any(address.lower() not in told for address in queued.message.recipients):
            yield f"Máy chủ thư từ chối {_name_message(queued)}: {queued.last_error}"
    waiting = [one for one in messages if one.state != REFUSED and p.as_of - one.created_at > TOO_LONG]
    if waiting:  # one sentence for all, and no count: it must not change while the mail server is down
        oldest = min(waiting, key=lambda one: one.created_at)
        since = format_moment(oldest.created_at.astimezone(p.plan.timezone))
        others = " và các thư sau đó" if len(waiting) > 1 else ""
        yield f"Chưa gửi được {_name_message(oldest)}, chờ từ {since}{others}."


def _name_message(queued: Queued) -> str:
    return f"thư “{queued.message.subject}” gửi {', '.join(queued.message.recipients)}"
