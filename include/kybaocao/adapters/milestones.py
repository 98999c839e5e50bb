"""The timetable of a cycle: a pass at every milestone, none lost while the scheduler was down.

A pass does everything that is due, so several milestones missed together need one pass, not one each: the
latest of them stands for all.  Milestones are read from the plan's configuration whenever they are asked
for; the serialized DAG carries only the cycle's id, so a moved deadline counts at once.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable

from kybaocao.plan.milestones import Milestone, list_milestones

log = logging.getLogger(__name__)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")  # of the moments in names of runs


class MilestoneTimetable(Timetable):  # type: ignore[misc]
    """Runs at the milestones of one cycle."""

    description = "Các mốc của kỳ báo cáo"

    def __init__(self, cycle_id: str) -> None:
        self.cycle_id = cycle_id
        self._last_good: tuple[Milestone, ...] = ()

    @property
    def summary(self) -> str:
        return f"mốc {self.cycle_id}"

    def serialize(self) -> dict[str, Any]:
        return {"cycle_id": self.cycle_id}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> MilestoneTimetable:
        return cls(data["cycle_id"])

    def milestones(self) -> tuple[Milestone, ...]:
        """The cycle's milestones; the last good ones while the configuration is broken."""
        try:
            self._last_good = list_milestones(self.cycle_id)
        except Exception as error:  # a broken file must never stop the scheduler
            log.warning("milestones of %s: %s; keeping the last good ones", self.cycle_id, error)
        return self._last_good

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        last = last_automated_data_interval.end if last_automated_data_interval else None
        now = pendulum.now("UTC")
        coming = [
            milestone.at
            for milestone in self.milestones()
            if (last is None or milestone.at > last)
            and (restriction.latest is None or milestone.at <= restriction.latest)
        ]
        missed = [moment for moment in coming if moment <= now]
        chosen = missed[-1] if missed else coming[0] if coming else None
        return DagRunInfo.exact(_instant(chosen)) if chosen else None

    def infer_manual_data_interval(self, *, run_after: pendulum.DateTime) -> DataInterval:
        return DataInterval.exact(run_after)

    def generate_run_id(self, *, run_type: Any, run_after: pendulum.DateTime, **extra: Any) -> str:
        """ "2026-12-09__nhac_ngay_cuoi": what the grid shows instead of a timestamp."""
        local = run_after.astimezone(ZONE)
        value = getattr(run_type, "value", str(run_type))
        if value == "scheduled":
            for milestone in self.milestones():
                if _instant(milestone.at) == run_after:
                    return f"{local:%Y-%m-%d}__{milestone.id}"
        names = {"asset_triggered": "tep_moi", "manual": "thu_cong", "scheduled": "moc"}
        return f"{local:%Y-%m-%d}__{names.get(value, value)}__{local:%H%M%S.%f}"


def _instant(moment: dt.datetime) -> pendulum.DateTime:
    return pendulum.instance(moment).in_timezone("UTC")
