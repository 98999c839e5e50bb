"""Until when each kind of letter makes sense; after that moment it is withdrawn instead of being sent."""

from __future__ import annotations

import datetime as dt

from kybaocao.plan.cycle_moment import CycleMoment

OPENING_KIND = "mo_ky"
NEWS_KINDS = ("van_hanh", "canh_bao_", "tra_loi_chua_dung_duoc")  # the beginnings of their names
NEWS_LAST = dt.timedelta(days=3)
LAPSED = "đã quá thời điểm thư còn ý nghĩa"
RELEASE_KINDS = "phat_hanh_"  # likewise


def find_last_moment(at: CycleMoment, kind: str, agency: str = "") -> dt.datetime | None:
    """The last sensible moment of a letter written now; None when it makes sense for as long as it is tried.

    Reminder letters have theirs from the ladder (`kybaocao.plan.ladder.find_end_of_use`).
    """
    if kind.startswith(RELEASE_KINDS):
        return None
    if kind.startswith(NEWS_KINDS):
        return at.as_of + NEWS_LAST
    if at.plan.calendar is None:
        return None
    closing = at.calendar.moment(at.cycle.closes_on, dt.time.max)
    limits = [closing]
    if kind == OPENING_KIND and agency:
        limits.insert(0, at.calendar.deadline(at.plan.cycle_of(at.cycle.id, agency, at.local.date())))
    return next((limit for limit in limits if limit > at.as_of), None)
