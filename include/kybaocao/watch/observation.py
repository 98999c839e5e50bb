"""Which passes of a cycle do not move on: passes that are held back, passes that hang, tasks that never began.

A pass is held back when Airflow has made its run and nothing runs it: the run stands queued, or its tasks wait for
somebody to run them. A pass hangs when its tasks run and it does not end. A pass that only waits for the human is
neither. What was seen is kept in a small file for each cycle, so that a restart neither loses nor repeats a report.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kybaocao.files import write_whole
from kybaocao.watch.mute_tasks import MuteTask

QUESTIONS = ("approve", "sign")
OVER = ("success", "failed", "skipped", "upstream_failed", "removed")
_ASKING = ("awaiting_input", "deferred", "up_for_retry")
_UNSTARTED = ("scheduled", "queued")


class Phase(StrEnum):
    HELD = "held"  # nothing runs it
    GOING = "going"
    ASKING = "asking"  # waits for the human alone


@dataclass(frozen=True)
class Run:
    """A run that Airflow has not ended."""

    id: str
    is_queued: bool
    queued_at: dt.datetime  # Clear sets it anew
    started_at: dt.datetime | None = None
    tasks: tuple[tuple[str, str], ...] = ()  # (task, state) of what has begun and is not over

    @property
    def phase(self) -> Phase:
        if self.is_queued:
            return Phase.HELD
        others = [state for task, state in self.tasks if not (task in QUESTIONS and state in _ASKING)]
        if self.tasks and not others:
            return Phase.ASKING
        return Phase.HELD if all(state in _UNSTARTED for state in others) else Phase.GOING


@dataclass(frozen=True)
class Situation:
    """What Airflow says about a cycle at one moment."""

    at: dt.datetime
    runs: tuple[Run, ...] = ()
    is_paused: bool = False
    max_active_runs: int = 16
    silent: Mapping[str, dt.datetime] = field(default_factory=dict)  # component that is down -> its last heartbeat
    mute: tuple[MuteTask, ...] = ()


class Cause(StrEnum):
    """What holds passes back; the words are in `mail.operator_letters`."""

    PAUSED = "paused"
    SILENT = "silent"
    FULL = "full"
    BUSY = "busy"
    NO_WORKER = "no_worker"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Reason:
    cause: Cause
    about: str = ""  # the component, the tasks or the runs
    run: str = ""
    at: dt.datetime | None = None
    most: int = 0


@dataclass(frozen=True)
class HeldRun:
    id: str
    since: dt.datetime
    tasks: tuple[str, ...] = ()  # that wait; none has been begun when the run itself stands queued


@dataclass(frozen=True)
class Hold:
    """The passes of a cycle that are held back now, and what holds them."""

    runs: tuple[HeldRun, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def since(self) -> dt.datetime | None:
        return min((run.since for run in self.runs), default=None)


@dataclass(frozen=True)
class SlowRun:
    """A pass that hangs: counted from its begin, or from when it was last held back or waiting for the human."""

    id: str
    begun_at: dt.datetime
    active: tuple[str, ...]


@dataclass(frozen=True)
class Trace:
    """What is remembered of a run that has not ended."""

    held_since: dt.datetime | None = None
    excused_at: dt.datetime | None = None  # last seen waiting for the human, or reported as held back
    reported_for: dt.datetime | None = None  # the begin of the pass that a letter has reported


@dataclass(frozen=True)
class Record:
    """What the watch saw last of a cycle."""

    seen_at: dt.datetime
    runs: dict[str, Trace] = field(default_factory=dict)
    hold: Hold = field(default_factory=Hold)
    hold_reported_at: dt.datetime | None = None  # None: nothing has been held back for long
    mute: tuple[MuteTask, ...] = ()
    mute_reported: tuple[MuteTask, ...] = ()


_RECORD = TypeAdapter(Record)


def observe(before: Record | None, now: Situation, limit: dt.timedelta) -> Record:
    """What is known after one more look; what is to be reported is found by the functions below."""
    known = before.runs if before else {}
    traces = {run.id: _follow(known.get(run.id, Trace()), run, now.at, limit) for run in now.runs}
    held = tuple(
        HeldRun(run.id, since, tuple(f"{task} ({state})" for task, state in run.tasks))
        for run in now.runs
        if (since := traces[run.id].held_since)
    )
    hold = Hold(tuple(sorted(held, key=lambda run: (run.since, run.id))), _find_reasons(now, held))
    reported = before.hold_reported_at if before else None
    known_mute = tuple(one for one in now.mute if before and one in before.mute_reported)
    return Record(now.at, traces, hold, reported if _is_long(hold, now.at, limit) else None, now.mute, known_mute)


def _follow(before: Trace, run: Run, at: dt.datetime, limit: dt.timedelta) -> Trace:
    since, excused = None, before.excused_at
    if run.phase is Phase.HELD:
        since = max(before.held_since or (run.queued_at if run.is_queued else at), run.queued_at)
    if run.phase is Phase.ASKING or (since and at - since >= limit):
        excused = at
    return Trace(since, excused, before.reported_for)


def find_new_hold(record: Record, limit: dt.timedelta) -> Hold | None:
    """Passes held back for longer than the limit, unless a letter has reported it already."""
    return record.hold if record.hold_reported_at is None and _is_long(record.hold, record.seen_at, limit) else None


def find_new_mute(record: Record) -> tuple[MuteTask, ...]:
    """Tasks that hang before their first line and were not reported in this try."""
    return tuple(one for one in record.mute if one not in record.mute_reported)


def _is_long(hold: Hold, at: dt.datetime, limit: dt.timedelta) -> bool:
    moments = [run.since for run in hold.runs] + [reason.at for reason in hold.reasons if reason.at]
    return any(at - moment >= limit for moment in moments)


def find_new_slow(record: Record, now: Situation, limit: dt.timedelta) -> list[SlowRun]:
    """Passes that hang and were not reported since they began; Clear begins a pass anew."""
    found = []
    for run in now.runs:
        trace = record.runs[run.id]
        begun = max(moment for moment in (run.queued_at, run.started_at, trace.excused_at) if moment)
        if run.phase is Phase.GOING and now.at - begun >= limit and trace.reported_for != begun:
            found.append(SlowRun(run.id, begun, list_active(run.tasks)))
    return found


def list_active(tasks: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Tasks of a pass that have begun and are not over, without a question that waits for its answer."""
    return tuple(sorted({f"{task} ({state})" for task, state in tasks if not (task in QUESTIONS and state in _ASKING)}))


def _find_reasons(now: Situation, held: tuple[HeldRun, ...]) -> tuple[Reason, ...]:
    found = [Reason(Cause.SILENT, name, at=at) for name, at in sorted(now.silent.items())]
    ids = {run.id for run in held}
    runs = [run for run in now.runs if run.id in ids]
    if runs and now.is_paused:
        found.append(Reason(Cause.PAUSED))
    opened = [run for run in now.runs if not run.is_queued]
    if any(run.is_queued for run in runs) and len(opened) >= now.max_active_runs:
        about = "; ".join(_describe(run) for run in opened)
        found.append(Reason(Cause.FULL, about, most=now.max_active_runs))
    waiting = {task for run in runs for task, state in run.tasks if state == "scheduled"}
    for other in opened:
        busy = sorted({task for task, state in other.tasks if state not in _UNSTARTED} & waiting)
        found += [Reason(Cause.BUSY, task, other.id) for task in busy]
    unclaimed = sorted({task for run in runs for task, state in run.tasks if state == "queued"})
    if unclaimed:
        found.append(Reason(Cause.NO_WORKER, ", ".join(unclaimed)))
    return tuple(found) or ((Reason(Cause.UNKNOWN),) if held else ())


def _describe(run: Run) -> str:
    tasks = sorted({task for task, _ in run.tasks})
    return f"{run.id} ({', '.join(tasks)})" if tasks else run.id


def read_record(path: Path) -> Record | None:
    """What the watch left there; None when there is nothing or it cannot be read."""
    try:
        return _RECORD.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def write_record(path: Path, record: Record) -> None:
    """Raises OSError."""
    write_whole(path, _RECORD.dump_json(record, indent=1))
