"""The position of the cycle for the coordinator's leaders: who has reported, who is late, what comes next.

It is written from the newest snapshot, so its figures are those of the report.  The outbox remembers the day of each
letter: none is written twice, and after a standstill only the latest one (`plan.position_moments`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from kybaocao.figures.headline import count_headline
from kybaocao.figures.snapshot import Snapshot, Standing, Timeliness
from kybaocao.mail.messages import write_message
from kybaocao.plan.agencies import AgencyKind
from kybaocao.plan.plan import Plan
from kybaocao.plan.position_moments import find_due_position, find_position_end
from kybaocao.plan.recipients import allowed_people
from kybaocao.stages.support.passes import Pass
from kybaocao.store.outbox import add_message, find_last_key
from kybaocao.store.reports import load_newest_snapshot
from kybaocao.vietnamese import format_moment, name_day, sort_key

POSITION_KIND = "tinh_hinh"
LISTED = 10  # agencies named one by one; the letter stays within two screens of a telephone
RANKED = 3  # named at either end of the ranking
COMING = 4  # of the days ahead
WAITS = dt.timedelta(hours=4)  # for files that came in and are not judged; afterwards the letter names them
_LOCAL = (AgencyKind.WARD, AgencyKind.COMMUNE)


def write_position_letter(p: Pass) -> bool:
    """Queue the letter that is due at the pass; False when none is, or nobody may be written to.

    While a file could not be judged, which is our fault, it waits for the next pass: its figures would be wrong.
    """
    if p.plan.ladder is None or p.plan.recipients is None or p.plan.calendar is None:
        return False
    people = allowed_people(p.plan, p.plan.recipients.coordinator)
    prefix = f"{p.cycle.id}/{POSITION_KIND}/"
    with p.store.read() as connection:
        last = find_last_key(connection, p.cycle.id, POSITION_KIND).removeprefix(prefix)[:10]
        moment = find_due_position(p.reminders, p.as_of, dt.date.fromisoformat(last) if last else None)
        snapshot = load_newest_snapshot(connection, p.cycle.id) if moment and people else None
    if moment is None or snapshot is None:
        return False
    unjudged = _list_unjudged(p, snapshot)
    if unjudged and p.as_of < moment + WAITS:
        return False
    message = write_message(
        POSITION_KIND,
        p,
        key=f"{prefix}{p.calendar.day_of(moment)}",
        recipients=people,
        unjudged=unjudged,
        **_describe_position(p, snapshot),
    )
    message = replace(message, useful_until=find_position_end(p.reminders, moment))
    with p.store.write() as connection:
        return add_message(connection, message, at=p.as_of)


def _describe_position(p: Pass, snapshot: Snapshot) -> dict[str, Any]:
    owing = [entry for entry in snapshot.timeliness if entry.standing is not Standing.EXEMPT]
    accepted = {entry.agency for entry in snapshot.accepted}
    done = [entry for entry in owing if entry.agency in accepted]
    late = sorted(
        _list_late(p, owing), key=lambda one: (-one[1], -one[0].returned_count, sort_key(_name(p.plan, one[0])))
    )
    ranking = sorted(done, key=_rank)
    behind = [entry for entry in ranking[RANKED:] if entry.is_late or entry.returned_count]  # nobody else is "last"
    return {
        "headline": count_headline(snapshot),
        "groups": list(_count_groups(p.plan, owing)),
        "late": [(_name(p.plan, entry), _describe_late(entry, days)) for entry, days in late[:LISTED]],
        "more_late": len(late[LISTED:]),
        "late_count": len(late),
        "first": [_describe_rank(p, entry) for entry in ranking[:RANKED]],
        "last": [": ".join(_describe_rank(p, entry)) for entry in behind[-RANKED:]],
        "coming": _list_coming(p),
    }


def _list_unjudged(p: Pass, snapshot: Snapshot) -> list[str]:
    """Names of agencies with a file that came in and is not judged; a folder that cannot be seen holds up nothing."""
    received = [entry for entry in snapshot.timeliness if entry.standing is Standing.RECEIVED]
    waiting = [entry for entry in received if entry.version_count > entry.returned_count]
    return sorted((_name(p.plan, entry) for entry in waiting), key=sort_key)


def _list_late(p: Pass, owing: Sequence[Timeliness]) -> Iterator[tuple[Timeliness, int]]:
    """Who is overdue, or has a file to correct, with the working days since its own deadline."""
    for entry in owing:
        if entry.standing in (Standing.RETURNED, Standing.MISSING):
            own = p.plan.cycle_of(p.cycle.id, entry.agency, p.local.date())
            yield entry, p.calendar.late_working_days(own, p.as_of)


def _describe_late(entry: Timeliness, days: int) -> str:
    said = f"đã trả lại {entry.returned_count} lần, chờ bản sửa" if entry.returned_count else "chưa nộp"
    return said + (f"; quá hạn {days} ngày làm việc" if days else "; còn hạn")


def _rank(entry: Timeliness) -> tuple[int, int, dt.datetime]:
    """On time before late, without a returned file before the others, early before the others."""
    assert entry.received_at is not None  # of an accepted file
    return entry.late_working_days, entry.returned_count, entry.received_at


def _describe_rank(p: Pass, entry: Timeliness) -> tuple[str, str]:
    assert entry.received_at is not None
    said = f"nhận lúc {format_moment(entry.received_at.astimezone(p.plan.timezone))}"
    said += f"; trả lại {entry.returned_count} lần" if entry.returned_count else "; được tiếp nhận ngay lần đầu"
    return _name(p.plan, entry), said + (f"; quá hạn {entry.late_working_days} ngày làm việc" if entry.is_late else "")


def _count_groups(plan: Plan, owing: Sequence[Timeliness]) -> Iterator[tuple[str, int, int]]:
    """(group of agencies, how many have reported, how many must)."""
    for name, is_local in (("Sở, ban, ngành, đơn vị", False), ("UBND xã, phường", True)):
        group = [one for one in owing if (plan.agencies[one.agency].kind in _LOCAL) is is_local]
        if group:
            done = sum(one.standing in (Standing.ACCEPTED, Standing.CONFIRMED_ZERO) for one in group)
            yield name, done, len(group)


def _list_coming(p: Pass) -> list[str]:
    """The next dates of the cycle and the next reminder steps, in their order."""
    today = p.local.date()
    dates = [(one.date, one.words) for one in p.plan.explain_dates(p.cycle.id, today) if one.date > today]
    seen: set[str] = set()
    for step in p.reminders.list_steps(p.plan.adjustments.common_term(p.plan.require_cycle(p.cycle.id), today)):
        day = p.calendar.day_of(step.due_at)
        if day > today and step.reminder_step.id not in seen:
            seen.add(step.reminder_step.id)
            dates.append((day, f"{step.reminder_step.name}: {name_day(day)}"))
    return [words for _, words in sorted(dates, key=lambda one: one[0])[:COMING]]


def _name(plan: Plan, entry: Timeliness) -> str:
    return plan.agencies[entry.agency].name
