"""Files that were seen and not taken, or not judged: whose fault that is, and what the operators hear.

The line between our fault and the agency's:

    Ours: what the agency cannot put right.  A file that we may not read, that could not be copied (full or broken
    disk), that no pass has come to, or that was taken and not judged; an inbox that cannot be listed or is no
    folder: nobody knows what lies in it.  Without end, because the operators hear of it in the same pass and can
    end it.
    Ours for a day: what ends by itself.  A file that is still being written, and more files than a pass takes.  Who
    goes on with that for longer than SHORTLY, under whatever names, is reminded again.
    The agency's: what it is asked to put right, and can.  A misplaced file, an empty one, one that is too large, a
    folder, a link, a half-finished download.

While a file is held up by our fault its agency is not reminded, and nobody is sent a list with its name.  The steps
stay due: when the file is judged and sent back, reminders go on.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from kybaocao.findings import shorten
from kybaocao.home import INBOX
from kybaocao.inbox.misplaced import has_patience
from kybaocao.inbox.shared_folders import NO_FOLDER, NOT_A_FOLDER, show_name
from kybaocao.stages.support.passes import Pass
from kybaocao.store.sightings import (
    CLOSED,
    FAILED,
    FOLDER,
    GROWING,
    LEFT,
    NOT_TRIED,
    UNLISTED,
    Sighting,
    find_since,
    list_held_up,
    list_sightings,
)
from kybaocao.store.sightings import list_untaken as list_untaken_states
from kybaocao.store.submissions import list_outlines
from kybaocao.vietnamese import format_moment

SHORTLY = dt.timedelta(days=1)
MOST_NAMED = 5  # files of one agency that the warnings name
_OURS = (NOT_TRIED, CLOSED, FAILED, UNLISTED)
_OURS_SHORTLY = (GROWING, LEFT)

_WHY = {
    NOT_TRIED: "chưa được lượt nào thu (lượt thu tệp bị lỗi hoặc chưa chạy)",
    GROWING: "vẫn đang được ghi nên chưa sao chép được",
    LEFT: "chưa đến lượt vì cơ quan nộp nhiều tệp cùng lúc; các lượt sau thu tiếp",
    CLOSED: "hệ thống không có quyền đọc",
    FAILED: "không sao chép được vào kho lưu trữ",
}
_FOLDER_WHY = {NO_FOLDER: "không có thư mục này và không tạo được", NOT_A_FOLDER: "không phải thư mục thật"}


# --- whose fault ------------------------------------------------------------------------------------------------------


def list_untaken(p: Pass) -> dict[str, list[Sighting]]:
    """Agencies with a file that was seen by the moment of the pass and not taken through no fault of theirs."""
    with p.store.read() as connection:
        return find_ours(list_held_up(connection, p.cycle.id), p.as_of)


def find_ours(sightings: Iterable[Sighting], at: dt.datetime) -> dict[str, list[Sighting]]:
    """agency -> what lies there at a moment and is held up by our fault."""
    by_agency: dict[str, list[Sighting]] = {}
    for one in sightings:
        by_agency.setdefault(one.agency, []).append(one)
    found: dict[str, list[Sighting]] = {}
    for agency, states in by_agency.items():
        waiting = [one for one in states if one.is_waiting and one.first_seen_at <= at]
        ours = [one for one in waiting if one.kind in _OURS]
        shortly = [one for one in waiting if one.kind in _OURS_SHORTLY]
        if shortly and at - _find_start(states, at) < SHORTLY:
            ours += shortly
        if ours:
            found[agency] = ours
    return found


def _find_start(states: Sequence[Sighting], at: dt.datetime) -> dt.datetime:
    """Since when an agency has had such files without a day's pause, under whatever names."""
    spans = [
        (one.first_seen_at, one.taken_at or (at if one.is_waiting else one.first_seen_at))
        for one in states
        if one.kind in _OURS_SHORTLY
    ]
    for name in {one.file_name for one in states}:
        same = list_untaken_states([one for one in states if one.file_name == name])
        if same and same[-1].kind in _OURS_SHORTLY:
            spans.append((same[0].first_seen_at, same[-1].first_seen_at))
    spans.sort()
    start, end = spans[0]
    for begins, ends in spans[1:]:
        if begins - end > SHORTLY:
            start = begins
        end = max(end, ends)
    return start


# --- for the operators ------------------------------------------------------------------------------------------------


def list_untaken_files(p: Pass, known: Collection[str] = ()) -> list[str]:
    """One sentence for each file or folder that is held up by our fault; `known` folders are in another warning.

    What ends by itself is no news before it has lasted a while, except when the agency is already overdue.  Of many
    files of an agency a few are named; those that only wait for the next passes are one sentence, which stays the same
    while they become fewer.
    """
    with p.store.read() as connection:
        sightings = list_held_up(connection, p.cycle.id)
    since = find_since(sightings)
    found: list[str] = []
    for agency, states in find_ours(sightings, p.as_of).items():
        if agency not in p.plan.agencies:
            continue
        shown = [
            one
            for one in states
            if not (one.file_name == FOLDER and agency in known)
            and not (one.kind in _OURS_SHORTLY and _is_fresh(p, one, since.get((agency, one.file_name))))
        ]
        one_by_one = [one for one in shown if one.kind != LEFT]
        found += [
            _describe(p, one, since.get((agency, one.file_name), one.first_seen_at)) for one in one_by_one[:MOST_NAMED]
        ]
        if one_by_one[MOST_NAMED:]:
            found.append(f"Tệp chưa thu được: {agency}/{p.cycle.id}/{INBOX}/ còn các tệp khác; xin xem thư mục này.")
        if left := [one for one in shown if one.kind == LEFT]:
            found.append(_describe_left(p, agency, min(since[agency, one.file_name] for one in left)))
    return found + list(_list_long_growing(p, sightings))


def _is_fresh(p: Pass, one: Sighting, since: dt.datetime | None) -> bool:
    own = p.plan.cycle_of(p.cycle.id, one.agency, p.local.date())
    return p.as_of < p.calendar.deadline(own) and has_patience(p.as_of - (since or one.first_seen_at))


def _list_long_growing(p: Pass, sightings: Sequence[Sighting]) -> Iterator[str]:
    """Files that are no longer an excuse and still deserve a look."""
    ours = {(one.agency, one.file_name) for states in find_ours(sightings, p.as_of).values() for one in states}
    named: Counter[str] = Counter()
    for one in sightings:
        if one.is_waiting and one.kind in _OURS_SHORTLY and (one.agency, one.file_name) not in ours:
            named[one.agency] += 1
            if named[one.agency] > MOST_NAMED:
                continue
            yield f"{_name(p, one)} {_WHY[one.kind]}, đã quá một ngày; cơ quan vẫn được nhắc như thường."


def _describe(p: Pass, one: Sighting, since: dt.datetime) -> str:
    """The same in every pass: a file that grows is seen anew by each, under one name since one moment."""
    seen_at = format_moment(since.astimezone(p.plan.timezone))
    if one.file_name == FOLDER:
        why = _FOLDER_WHY.get(one.error, f"hệ thống không đọc được: {one.error}")
        return (
            f"Không xem được thư mục nộp {one.agency}/{p.cycle.id}/{INBOX} của {p.plan.agencies[one.agency].name}: "
            f"{why} (từ {seen_at}). Hệ thống tạm không nhắc cơ quan này cho đến khi xử lý xong."
        )
    error = f" ({one.error})" if one.error else ""
    return (
        f"{_name(p, one)} {_WHY[one.kind]}{error}; thấy từ {seen_at}. "
        "Hệ thống tạm không nhắc cơ quan này cho đến khi thu được tệp."
    )


def _describe_left(p: Pass, agency: str, since: dt.datetime) -> str:
    seen_at = format_moment(since.astimezone(p.plan.timezone))
    return (
        f"Tệp chưa thu được: {agency}/{p.cycle.id}/{INBOX}/ còn tệp {_WHY[LEFT]}; thấy từ {seen_at}. "
        "Hệ thống tạm không nhắc cơ quan này cho đến khi thu được tệp."
    )


def _name(p: Pass, one: Sighting) -> str:
    return f"Tệp chưa thu được: {one.agency}/{p.cycle.id}/{INBOX}/{shorten(show_name(one.file_name))}"


def list_unjudged(p: Pass, failed: Collection[str] = ()) -> list[str]:
    """One sentence for each version that should have been judged by now; at once for agencies that `failed`.

    A version that another pass is judging just now is not among them, nor one that a pass has taken just now, however
    long ago the file was first seen.
    """
    with p.store.read() as connection:
        waiting = [one for one in list_outlines(connection, p.cycle.id) if one.verdict is None]
        sightings = list_sightings(connection, p.cycle.id) if waiting else []
    taken: dict[tuple[str, str], dt.datetime] = {}
    for one in sightings:
        if one.taken_at is not None:
            key = (one.agency, one.file_name)
            taken[key] = max(one.taken_at, taken.get(key, one.taken_at))
    return [
        f"Chưa kiểm tra được tệp “{shorten(one.file_name)}” của {p.plan.agencies[one.agency].name} ({one.agency}), "
        f"nhận lúc {format_moment(one.received_at.astimezone(p.plan.timezone))}: lỗi của hệ thống khi kiểm tra, xin "
        "xem nhật ký của tác vụ “Kiểm tra”. Hệ thống tạm không nhắc cơ quan này."
        for one in waiting
        if one.agency in p.plan.agencies
        and not p.plan.blocked(one.agency)
        and (
            one.agency in failed or not has_patience(p.as_of - taken.get((one.agency, one.file_name), one.received_at))
        )
    ]
