"""When a cycle is looked at although nobody drops a file: no milestone is lost, none is run twice."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from pathlib import Path

import pendulum
import pytest
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.utils.types import DagRunType

from kybaocao.adapters.milestones import MilestoneTimetable
from kybaocao.plan.load import load_plan
from kybaocao.plan.milestones import list_milestones, plan_milestones
from kybaocao.plan.plan import Plan
from tests.conftest import CONFIG, CYCLE

ZONE = "Asia/Ho_Chi_Minh"


def at(text: str) -> pendulum.DateTime:
    moment = pendulum.parse(text, tz=ZONE)
    assert isinstance(moment, pendulum.DateTime)
    return moment


def ask(patch: pytest.MonkeyPatch, now: str, last: str | None = None, latest: str | None = None) -> str | None:
    """The local moment of the next run when the clock shows `now` and the last run was for `last`."""
    patch.setattr("kybaocao.adapters.milestones.pendulum.now", lambda zone: at(now).in_timezone(zone))
    interval = DataInterval.exact(at(last)) if last else None
    restriction = TimeRestriction(None, at(latest) if latest else None, True)
    found = MilestoneTimetable(CYCLE).next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)
    assert found is None or isinstance(found, DagRunInfo)
    return found.run_after.in_timezone(ZONE).format("YYYY-MM-DD HH:mm") if found else None


# --- which milestones there are -----------------------------------------------------------------------------------


def test_the_milestones_of_the_year_end(plan: Plan) -> None:
    """Opening, nine reminder steps, deadline and compilation, each at its moment."""
    named = [(m.id, f"{m.at:%Y-%m-%d %H:%M}") for m in plan_milestones(plan, plan.cycles[CYCLE])]
    special = [pair for pair in named if pair[0] not in ("sang", "chieu", "nhac_hang_tuan", "tinh_hinh")]
    assert special == [
        ("mo_ky", "2026-11-16 08:00"),
        ("nhac_lan_1", "2026-11-25 08:00"),
        ("nhac_lan_2", "2026-12-02 08:00"),
        ("nhac_lan_3", "2026-12-07 08:00"),
        ("nhac_ngay_cuoi", "2026-12-09 08:00"),
        ("het_han", "2026-12-10 00:00"),
        ("qua_han_co_quan", "2026-12-10 08:00"),
        ("qua_han_thu_truong", "2026-12-10 14:00"),
        ("bao_cao_so_tai_chinh", "2026-12-11 08:00"),
        ("bao_cao_chu_tich", "2026-12-14 08:00"),
        ("tong_hop", "2026-12-14 10:00"),
    ]


def test_the_leaders_position_letter_has_milestones_of_its_own(plan: Plan) -> None:
    """On the Mondays on which no other step is due: at the same moment as a step it needs no pass of its own."""
    named = [f"{m.at:%d/%m %H:%M}" for m in plan_milestones(plan, plan.cycles[CYCLE]) if m.id == "tinh_hinh"]
    assert named == ["23/11 08:00", "30/11 08:00"]


def test_the_weekly_reminder_comes_every_fifth_working_day(plan: Plan) -> None:
    """From the eighth working day after the deadline until the cycle closes; 1 January is no working day."""
    days = [f"{m.at:%d/%m/%Y}" for m in plan_milestones(plan, plan.cycles[CYCLE]) if m.id == "nhac_hang_tuan"]
    assert days == ["21/12/2026", "28/12/2026", "05/01/2027", "12/01/2027", "19/01/2027", "26/01/2027"]


def test_somebody_looks_twice_every_working_day(plan: Plan) -> None:
    """08:00 and 14:00 on each working day from opening to closing, whatever else happens that day."""
    found = {m.at for m in plan_milestones(plan, plan.cycles[CYCLE])}
    calendar = plan.require_calendar()
    off = {holiday.date for holiday in calendar.holidays}
    cycle = plan.cycles[CYCLE]
    days = [cycle.opens.date + dt.timedelta(days=n) for n in range((cycle.closes_on - cycle.opens.date).days + 1)]
    worked = [day for day in days if day.weekday() < 5 and day not in off]
    missing = [
        (day, hour)
        for day in worked
        for hour in (8, 14)
        if dt.datetime.combine(day, dt.time(hour), tzinfo=plan.timezone) not in found
    ]
    assert (len(worked) > 40, missing) == (True, [])


def test_no_milestone_before_the_opening(plan: Plan) -> None:
    """The first is the opening, the last is not after closing day."""
    for cycle in plan.cycles.values():
        moments = [m.at for m in plan_milestones(plan, cycle)]
        assert moments == sorted(set(moments))
        assert (moments[0].date(), moments[-1].date() <= cycle.closes_on) == (cycle.opens.date, True)


def test_no_two_milestones_share_a_run_id(plan: Plan) -> None:
    """Day and name together are unique: Airflow refuses a second run of the same id."""
    for cycle in plan.cycles.values():
        named = Counter((m.at.date(), m.id) for m in plan_milestones(plan, cycle))
        assert len(named) > 50
        assert [key for key, count in named.items() if count > 1] == []


def test_without_a_ladder_the_other_milestones_stand(tmp_path: Path) -> None:
    """A broken ladder does not keep the cycle from opening and compiling."""
    folder = Path(shutil.copytree(CONFIG, tmp_path / "nq02-2026"))
    (folder / "bac_thang.yaml").write_text("bac: []\n", encoding="utf-8")
    broken = load_plan(folder)
    assert {m.id for m in plan_milestones(broken, broken.cycles[CYCLE])} == {"mo_ky", "sang", "chieu", "het_han", "tong_hop"}  # fmt: skip


# --- which one is next ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "last", "expected"),
    [
        ("2026-09-01T12:00", None, "2026-11-16 08:00"),  # long before: the opening
        ("2026-11-20T09:00", "2026-11-20T08:00", "2026-11-20 14:00"),  # in step
        ("2026-12-09T07:59", "2026-12-08T14:00", "2026-12-09 08:00"),
        ("2026-12-09T08:00", "2026-12-08T14:00", "2026-12-09 08:00"),  # due this moment
        ("2026-12-10T09:30", "2026-12-07T08:00", "2026-12-10 08:00"),  # three days down: the latest stands for all
        ("2026-12-10T09:30", "2026-12-10T08:00", "2026-12-10 14:00"),  # and afterwards the future
        ("2026-12-10T09:30", None, "2026-12-10 08:00"),  # unpaused late
        ("2027-03-01T00:00", "2027-01-29T14:00", None),  # closed
    ],
)
def test_missed_milestones_collapse_into_the_latest(
    monkeypatch: pytest.MonkeyPatch, now: str, last: str | None, expected: str | None
) -> None:
    """A pass does everything due, so one run catches up; then the next milestone ahead is planned."""
    assert ask(monkeypatch, now, last) == expected


def test_nothing_is_planned_after_the_dag_s_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An end date set on the DAG is kept."""
    assert ask(monkeypatch, "2026-11-01T00:00", latest="2026-11-16T07:59") is None
    assert ask(monkeypatch, "2026-11-01T00:00", latest="2026-11-16T08:00") == "2026-11-16 08:00"


def test_a_run_by_hand_is_for_its_own_moment() -> None:
    """No interval is invented around it."""
    moment = at("2026-12-01T10:11")
    assert MilestoneTimetable(CYCLE).infer_manual_data_interval(run_after=moment) == DataInterval.exact(moment)


# --- names, storage, faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run_type", "moment", "expected"),
    [
        (DagRunType.SCHEDULED, "2026-12-09T08:00", "2026-12-09__nhac_ngay_cuoi"),
        (DagRunType.SCHEDULED, "2026-12-14T10:00", "2026-12-14__tong_hop"),
        (DagRunType.SCHEDULED, "2026-12-10T00:00", "2026-12-10__het_han"),
        (DagRunType.MANUAL, "2026-12-01T10:11", "2026-12-01__thu_cong__101100.000000"),
        (DagRunType.ASSET_TRIGGERED, "2026-12-01T10:11", "2026-12-01__tep_moi__101100.000000"),
        (DagRunType.SCHEDULED, "2026-12-09T08:01", "2026-12-09__moc__080100.000000"),  # the milestone has moved
    ],
)
def test_a_run_is_named_after_its_reason(run_type: DagRunType, moment: str, expected: str) -> None:
    """The grid shows day and milestone instead of a timestamp in UTC."""
    run_after = at(moment).in_timezone("UTC")
    assert MilestoneTimetable(CYCLE).generate_run_id(run_type=run_type, run_after=run_after) == expected


def test_only_the_cycle_s_id_is_stored() -> None:
    """A moved deadline counts at once, because the serialized DAG holds no date."""
    timetable = MilestoneTimetable(CYCLE)
    assert timetable.serialize() == {"cycle_id": CYCLE}
    again = MilestoneTimetable.deserialize(timetable.serialize())
    assert (again.cycle_id, again.summary) == (CYCLE, f"mốc {CYCLE}")


def test_a_moved_deadline_counts_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same timetable object plans by the file as it is now."""
    folder = Path(shutil.copytree(CONFIG, tmp_path / "nq02-2026"))
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(tmp_path))
    timetable = MilestoneTimetable(CYCLE)
    assert "2026-11-16" in str(timetable.milestones()[0].at)
    path = folder / "ky_bao_cao.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("{ngay: 2026-11-16", "{ngay: 2026-11-17"), encoding="utf-8"
    )
    assert "2026-11-17" in str(timetable.milestones()[0].at)


@pytest.mark.parametrize("name", ["ke_hoach.yaml", "ky_bao_cao.yaml", "lich.yaml"])
def test_a_broken_file_keeps_the_last_good_milestones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The scheduler goes on with what it knew; before that there is nothing to plan, and no crash."""
    folder = Path(shutil.copytree(CONFIG, tmp_path / "nq02-2026"))
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(tmp_path))
    timetable = MilestoneTimetable(CYCLE)
    good = timetable.milestones()
    (folder / name).write_text("{", encoding="utf-8")
    assert (len(good) > 50, timetable.milestones()) == (True, good)
    assert MilestoneTimetable(CYCLE).milestones() == ()


def test_an_unknown_cycle_plans_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DAG whose cycle was taken out of the configuration stops quietly."""
    with pytest.raises(KeyError, match="không có kỳ báo cáo"):
        list_milestones("nq02-2025-ky1")
    assert MilestoneTimetable("nq02-2025-ky1").milestones() == ()
