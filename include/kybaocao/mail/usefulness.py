"""Until when each kind of letter makes sense; after that moment it is withdrawn instead of being sent."""

from __future__ import annotations

import datetime as dt

from kybaocao.passes import Pass

OPENING_KIND = "mo_ky"
NEWS_KINDS = ("van_hanh", "canh_bao_", "tra_loi_chua_dung_duoc")  # the beginnings of their names
NEWS_LAST = dt.timedelta(days=3)
LAPSED = "đã quá thời điểm thư còn ý nghĩa"
RELEASE_KINDS = "phat_hanh_"  # likewise


def find_last_moment(p: Pass, kind: str, agency: str = "") -> dt.datetime | None:
    """The last sensible moment of a letter written now; None when it makes sense for as long as it is tried.

    Reminder letters have theirs from the ladder (`kybaocao.ladder.find_end_of_use`).
    """
    if kind.startswith(RELEASE_KINDS):
        return None
    if kind.startswith(NEWS_KINDS):
        return p.as_of + NEWS_LAST
    if p.plan.calendar is None:
        return None
    closing = p.calendar.moment(p.cycle.closes_on, dt.time.max)
    limits = [closing]
    if kind == OPENING_KIND and agency:
        limits.insert(0, p.calendar.deadline(p.plan.cycle_of(p.cycle.id, agency, p.local.date())))
    return next((limit for limit in limits if limit > p.as_of), None)
