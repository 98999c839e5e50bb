"""A task that hangs before the first line of its log is found, and reported once in each try."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from kybaocao.watch.mute_tasks import MUTE_AFTER, MuteTask, select_mute
from kybaocao.watch.observation import Record, Situation, find_new_mute, observe, read_record, write_record
from tests.conftest import CYCLE

LIMIT = dt.timedelta(minutes=30)
START = dt.datetime(2026, 12, 10, 1, 0, tzinfo=dt.UTC)
ROW = MuteTask("r1", "validate", 3, 2, START)
ALONE = MuteTask("r1", "collect", -1, 1, START)


def make_log(logs: Path, one: MuteTask, content: bytes) -> None:
    row = f"map_index={one.map_index}/" if one.map_index >= 0 else ""
    path = logs / f"dag_id={CYCLE}/run_id={one.run}/task_id={one.task}/{row}attempt={one.attempt}.log"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


@pytest.mark.parametrize("one", [ROW, ALONE], ids=["a row", "a task"])
def test_an_empty_log_after_two_minutes_is_a_task_that_hangs(one: MuteTask, tmp_path: Path) -> None:
    """Not earlier: a busy machine is slow."""
    make_log(tmp_path, one, b"")
    assert select_mute(tmp_path, CYCLE, [one], START + MUTE_AFTER - dt.timedelta(seconds=1)) == ()
    assert select_mute(tmp_path, CYCLE, [one], START + MUTE_AFTER) == (one,)


def test_a_task_that_has_written_a_line_only_takes_long(tmp_path: Path) -> None:
    """The limits of tasks and passes are for that."""
    make_log(tmp_path, ALONE, b'{"event": "::group::Pre Execute"}\n')
    assert select_mute(tmp_path, CYCLE, [ALONE], START + LIMIT) == ()


def test_logs_that_lie_elsewhere_say_nothing(tmp_path: Path) -> None:
    """No alarm for every task where the watch cannot see the logs."""
    assert select_mute(tmp_path, CYCLE, [ALONE, ROW], START + LIMIT) == ()


def test_each_try_is_reported_once_whatever_is_restarted(tmp_path: Path) -> None:
    """A letter that could not leave is tried again; the next try of the task is another."""
    seen = observe(None, Situation(START + MUTE_AFTER, mute=(ALONE,)), LIMIT)
    assert (
        find_new_mute(seen) == find_new_mute(observe(seen, Situation(START + LIMIT, mute=(ALONE,)), LIMIT)) == (ALONE,)
    )
    write_record(tmp_path / "r.json", replace(seen, mute_reported=(ALONE,)))
    kept = read_record(tmp_path / "r.json")
    assert kept is not None
    again = replace(ALONE, attempt=2)
    later = observe(kept, Situation(START + LIMIT, mute=(ALONE, ROW, again)), LIMIT)
    assert find_new_mute(later) == (ROW, again)


def test_what_goes_on_is_forgotten() -> None:
    """The record does not grow."""
    seen = replace(observe(None, Situation(START, mute=(ALONE,)), LIMIT), mute_reported=(ALONE,))
    after = observe(seen, Situation(START + LIMIT), LIMIT)
    assert (after.mute, after.mute_reported) == ((), ())


def test_a_record_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(
        '{"seen_at": "2026-12-10T01:00:00Z", "runs": {}, "hold": {"runs": [], "reasons": []}}'
    )
    assert read_record(tmp_path / "r.json") == Record(START)
