"""Which passes do not move on: held back, hanging, or only waiting for the human."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from kybaocao.stages.support.decision_steps import Step
from kybaocao.watch.observation import (
    QUESTIONS,
    Cause,
    Phase,
    Record,
    Run,
    Situation,
    SlowRun,
    find_new_hold,
    find_new_slow,
    observe,
    read_record,
    write_record,
)

LIMIT = dt.timedelta(minutes=30)
START = dt.datetime(2026, 12, 10, 1, 0, tzinfo=dt.UTC)
COLLECTS = (("collect", "running"),)
ASKS = (("approve", "deferred"),)
WAITS = (("collect", "scheduled"),)


def after(minutes: float) -> dt.datetime:
    return START + dt.timedelta(minutes=minutes)


def queued(name: str = "r1", at: float = 0) -> Run:
    return Run(name, True, after(at))


def running(*tasks: tuple[str, str], name: str = "r1", at: float = 0) -> Run:
    return Run(name, False, after(at), after(at), tasks)


class Watch:
    """Looks at what a test shows it, and keeps what it would write to the operators."""

    def __init__(self) -> None:
        self.record: Record | None = None
        self.slow: list[tuple[str, dt.datetime]] = []
        self.holds: list[tuple[str, ...]] = []

    def look(self, minutes: float, *runs: Run, **facts: object) -> Record:
        now = Situation(after(minutes), runs, **facts)  # type: ignore[arg-type]
        record = observe(self.record, now, LIMIT)
        for one in find_new_slow(record, now, LIMIT):
            self.slow.append((one.id, one.begun_at))
            trace = replace(record.runs[one.id], reported_for=one.begun_at)
            record = replace(record, runs=record.runs | {one.id: trace})
        if hold := find_new_hold(record, LIMIT):
            self.holds.append(tuple(run.id for run in hold.runs))
            record = replace(record, hold_reported_at=now.at)
        self.record = record
        return record


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.mark.parametrize(
    ("run", "phase"),
    [
        (queued(), Phase.HELD),
        (running(), Phase.HELD),
        (running(("collect", "scheduled")), Phase.HELD),
        (running(("collect", "queued"), ("deliver_mail", "scheduled")), Phase.HELD),
        (running(("approve", "scheduled")), Phase.HELD),  # answered, and nothing takes the answer
        (running(("collect", "running"), ("deliver_mail", "scheduled")), Phase.GOING),
        (running(("deliver_mail", "up_for_retry")), Phase.GOING),
        (running(("approve", "running")), Phase.GOING),
        (running(("approve", "deferred"), ("deliver_mail", "up_for_retry")), Phase.GOING),
        (running(("approve", "awaiting_input")), Phase.ASKING),
        (running(("approve", "deferred")), Phase.ASKING),
        (running(("sign", "deferred")), Phase.ASKING),
        (running(("approve", "up_for_retry")), Phase.ASKING),
    ],
)
def test_what_a_run_is_doing_is_read_from_its_tasks(run: Run, phase: Phase) -> None:
    """Only the question may wait without anything being wrong, and only for its answer."""
    assert run.phase is phase


def test_the_questions_are_known_by_the_names_of_their_tasks() -> None:
    """The watch knows the waiting tasks by their ids alone."""
    assert set(QUESTIONS) == set(Step)


# --- a pass that hangs ---------------------------------------------------------------------------------------------


def test_a_pass_that_hangs_is_reported_once(watch: Watch) -> None:
    """At the limit, not before it, and not again."""
    for minutes in (0, 29, 30, 31, 90):
        watch.look(minutes, running(*COLLECTS))

    assert (watch.slow, watch.holds) == ([("r1", START)], [])


def test_a_pass_that_ends_in_time_is_not_reported(watch: Watch) -> None:
    """A run that has ended, failed or not, is not among those that Airflow still runs."""
    watch.look(29, running(*COLLECTS))
    watch.look(31)

    assert (watch.slow, watch.holds) == ([], [])


def test_a_pass_that_is_tried_again_and_again_is_reported(watch: Watch) -> None:
    """Between two tries its task waits for its turn; that does not begin the count anew."""
    for minutes in range(0, 34, 3):
        states = ("running", "up_for_retry", "scheduled")
        watch.look(minutes, running(("open_pass", states[minutes // 3 % 3])))

    assert watch.slow == [("r1", START)]


def test_days_of_waiting_for_the_human_do_not_count(watch: Watch) -> None:
    """Neither while the question waits nor when the run goes on after the answer."""
    watch.look(0, running(*COLLECTS))
    for minutes in range(5, 3000, 5):
        watch.look(minutes, running(*ASKS))
    watch.look(3000, running(("publish_to_bo_tai_chinh", "running")))
    before = list(watch.slow)
    watch.look(3025, running(("publish_to_bo_tai_chinh", "running")))

    assert (before, watch.slow, watch.holds) == ([], [("r1", after(2995))], [])


def test_after_clear_a_pass_is_counted_anew(watch: Watch) -> None:
    """Clear gives a run a new moment of queueing; it is reported again only when it hangs again."""
    watch.look(30, running(*COLLECTS))
    for minutes in (40, 60):
        watch.look(minutes, running(*COLLECTS, at=40))
    before = list(watch.slow)
    watch.look(70, running(*COLLECTS, at=40))

    assert (before, watch.slow) == ([("r1", START)], [("r1", START), ("r1", after(40))])


def test_a_pass_that_was_held_back_is_not_slow_when_it_goes_on(watch: Watch) -> None:
    """It was reported with those that waited; the count begins when it is let go."""
    for minutes in range(0, 120, 5):
        watch.look(minutes, running(*WAITS))
    watch.look(120, running(*COLLECTS))

    assert (watch.slow, watch.holds) == ([], [("r1",)])


def test_the_tasks_that_keep_a_pass_from_ending_are_named() -> None:
    """A question that waits beside them is none of them."""
    now = Situation(after(30), (running(("approve", "deferred"), ("validate", "running"), ("validate", "running")),))

    assert find_new_slow(observe(None, now, LIMIT), now, LIMIT) == [SlowRun("r1", START, ("validate (running)",))]


# --- passes held back ----------------------------------------------------------------------------------------------


def test_passes_that_stand_queued_are_one_mail(watch: Watch) -> None:
    """However many join while some wait, and however long it takes."""
    for minutes in range(0, 120, 5):
        watch.look(minutes, queued("r1"), queued("r2", 10), *([queued("r3", 50)] if minutes > 50 else []))

    assert (watch.holds, watch.slow) == ([("r1", "r2")], [])
    assert watch.record and [run.id for run in watch.record.hold.runs] == ["r1", "r2", "r3"]
    assert watch.record.hold.since == START


def test_passes_held_back_again_are_another_mail(watch: Watch) -> None:
    """Once nothing waited any more."""
    watch.look(30, queued("r1"))
    watch.look(31, running(*COLLECTS, at=31))
    watch.look(65, queued("r2", 32))

    assert watch.holds == [("r1",), ("r2",)]


def test_a_run_whose_tasks_nobody_takes_is_held_back(watch: Watch) -> None:
    """Counted from when its tasks were first seen waiting without a break."""
    watch.look(0, running(*WAITS))
    watch.look(10, running(*COLLECTS))
    watch.look(20, running(("validate", "queued")))
    watch.look(45, running(("validate", "queued")))
    before = list(watch.holds)
    watch.look(50, running(("validate", "queued")))

    assert (before, watch.holds, watch.slow) == ([], [("r1",)], [])


def test_an_answer_that_nothing_takes_is_held_back(watch: Watch) -> None:
    """The leader has decided and no worker carries it out."""
    watch.look(0, running(*ASKS))
    watch.look(5000, running(("approve", "scheduled")))
    before = list(watch.holds)
    watch.look(5030, running(("approve", "scheduled")))

    assert (before, watch.holds) == ([], [("r1",)])


def test_a_cleared_run_waits_from_its_clear_on(watch: Watch) -> None:
    """A run that was queued yesterday and is cleared today has waited since today."""
    watch.look(2000, queued("r1", 1990))

    assert watch.holds == []


@pytest.mark.parametrize(
    ("runs", "facts", "causes"),
    [
        ((queued(),), {"is_paused": True}, [(Cause.PAUSED, "")]),
        ((queued(),), {"silent": {"scheduler": START}}, [(Cause.SILENT, "scheduler")]),
        (
            (queued("r9"), running(*ASKS, name="r1"), running(*COLLECTS, name="r2")),
            {"max_active_runs": 2},
            [(Cause.FULL, "r1 (approve); r2 (collect)")],
        ),
        ((running(*WAITS, name="r1"), running(*COLLECTS, name="r2")), {}, [(Cause.BUSY, "collect")]),
        ((running(("validate", "queued")),), {}, [(Cause.NO_WORKER, "validate")]),
        ((queued(),), {}, [(Cause.UNKNOWN, "")]),
    ],
)
def test_what_holds_passes_back_is_named(
    watch: Watch, runs: tuple[Run, ...], facts: dict[str, object], causes: list[tuple[Cause, str]]
) -> None:
    """Pause, a part of Airflow that is down, all slots taken, a task that one pass runs at a time, no worker."""
    record = watch.look(30, *runs, **facts)

    assert [(reason.cause, reason.about) for reason in record.hold.reasons] == causes


def test_a_part_of_airflow_that_is_down_is_reported_without_any_run(watch: Watch) -> None:
    """A scheduler that is down makes no runs that could wait."""
    watch.look(29, silent={"scheduler": START})
    before = list(watch.holds)
    for minutes in (30, 31, 100):
        watch.look(minutes, silent={"scheduler": START})

    assert (before, watch.holds) == ([], [()])


# --- memory --------------------------------------------------------------------------------------------------------


def test_what_was_seen_is_remembered_over_a_restart(watch: Watch, tmp_path: Path) -> None:
    """All of it: moments with their zone, causes, what was reported."""
    watch.look(0, running(*ASKS, name="r2"))
    record = watch.look(31, queued("r1"), running(*ASKS, name="r2"), running(*COLLECTS, name="r3"))
    write_record(tmp_path / "giam_sat" / "c.json", record)

    assert read_record(tmp_path / "giam_sat" / "c.json") == record


@pytest.mark.parametrize("content", [b"", b"{", b'{"seen_at": "h\xc3\xb4m qua"}'])
def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    """The watch begins anew: one mail too many is better than none."""
    (tmp_path / "c.json").write_bytes(content)

    assert (read_record(tmp_path / "c.json"), read_record(tmp_path / "d.json")) == (None, None)
