"""The watch over passes: asks Airflow's database which passes do not move on and writes to the operators.

It is a process of its own, so that it still looks when the scheduler, the triggerer or the workers stand still.
It only reads there, but for two things: what is old is deleted once a day (`retention`), and runs get their notes
(`run_notes`).
Decision record 12 lists the internals of Airflow that it uses.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.api.common.airflow_health import get_airflow_health
from airflow.configuration import conf
from airflow.models import DagModel, DagRun, TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import select

from kybaocao.adapters.metrics import Metrics
from kybaocao.adapters.operator_letters import begin_now, send_now
from kybaocao.adapters.queue_broker import QueueBroker
from kybaocao.adapters.retention import clean, read_keep_days
from kybaocao.adapters.run_notes import RunNotes
from kybaocao.files import write_whole
from kybaocao.home import Home
from kybaocao.log_fields import log_about
from kybaocao.mail.operator_letters import write_hold_alarm, write_mute_alarm, write_pass_alarm
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.load import cycles_in_force, list_plan_folders
from kybaocao.settings import read_setting
from kybaocao.stages.deliver_mail import PostponedError, RefusedError
from kybaocao.watch.mute_tasks import MUTE_AFTER, MuteTask, select_mute
from kybaocao.watch.observation import (
    OVER,
    Record,
    Run,
    Situation,
    find_new_hold,
    find_new_mute,
    find_new_slow,
    observe,
    read_record,
    write_record,
)

log = logging.getLogger(__name__)

# Far longer than any pass that moves on, and than one try of a task that hangs.
PASS_LIMIT_SECONDS = 1800
LIMIT_SETTING = "KYBAOCAO_PASS_LIMIT_SECONDS"
LOOK_EVERY_SECONDS = 60
CLEAN_EVERY = dt.timedelta(days=1)
_UNENDED = ("queued", "running")
_COMPONENTS = ("scheduler", "triggerer", "dag_processor")


def read_limit() -> dt.timedelta:
    """How long a pass may be held back, or run. Raises SettingsError."""
    return dt.timedelta(seconds=float(read_setting(LIMIT_SETTING) or PASS_LIMIT_SECONDS))


class PassWatch:
    """Looks at every configured cycle, again and again."""

    def __init__(self, home: Home, limit: dt.timedelta) -> None:
        self.home = home
        self.limit = limit
        self._records: dict[str, Record] = {}
        self._is_server_away = False  # in this look
        self._cleaned_at: dt.datetime | None = None
        self._notes = RunNotes(home)
        self._metrics = Metrics(home)
        self._broker = QueueBroker(dt.datetime.now(dt.UTC))

    def run(self, sleep: Callable[[float], None] = time.sleep) -> None:
        """For ever. Whatever goes wrong is logged, and the next look is a new attempt."""
        while True:
            try:
                self.look(dt.datetime.now(dt.UTC))
            except Exception:
                log.exception("the watch over passes could not look")
            try:
                self._notes.write(_list_cycles(), dt.datetime.now(dt.UTC))
            except Exception:
                log.exception("notes of runs could not be written")
            try:
                self._metrics.send(_list_cycles(), dt.datetime.now(dt.UTC))
            except Exception:
                log.exception("what is measured could not be sent")
            try:
                self.clean_daily(dt.datetime.now(dt.UTC))
            except Exception:
                log.exception("what is old of Airflow's tables and logs could not be deleted")
            sleep(min(LOOK_EVERY_SECONDS, self.limit.total_seconds() / 6))

    def look(self, at: dt.datetime) -> None:
        """One look at every cycle. Raises what Airflow's database raises, and OSError."""
        cycles = _list_cycles()
        situations = self._read(cycles, at)
        self._is_server_away = False
        for cycle in cycles:
            if cycle.id in situations:
                with log_about(cycle=cycle.id):
                    self._look_at(cycle, situations[cycle.id])
        write_whole(self.home.watch_heartbeat, f"{at.isoformat()}\n".encode())

    def _read(self, cycles: Sequence[Cycle], at: dt.datetime) -> dict[str, Situation]:
        """What Airflow says, and whether its queue answers; a cycle that nobody runs needs none."""
        found, broken = read_situations(cycles, at), self._broker.find_silent(at)
        return {
            cycle: replace(one, silent={**one.silent, **broken}) if one.runs or not one.is_paused else one
            for cycle, one in found.items()
        }

    def clean_daily(self, at: dt.datetime) -> None:
        """Delete what is old of Airflow's tables and logs, once a day. Raises what the database raises, and OSError."""
        days = read_keep_days()
        if days < 1 or (self._cleaned_at and at - self._cleaned_at < CLEAN_EVERY):
            return
        self._cleaned_at = at  # when it fails, the next attempt is tomorrow's
        done = clean(at - dt.timedelta(days=days))
        log.info("deleted, older than %d days: %s; log files: %d", days, dict(done.rows), done.files)

    def _look_at(self, cycle: Cycle, now: Situation) -> None:
        path = self.home.watch_record(cycle.id)
        record = observe(self._records.get(cycle.id) or read_record(path), now, self.limit)
        try:
            record = self._report(cycle, now, record)
        except Exception:  # the next look tries again
            log.exception("the operators could not be written to about %s", cycle.id)
        if now.silent:
            log.warning("not working: %s", ", ".join(f"{name} since {since}" for name, since in now.silent.items()))
        self._records[cycle.id] = record
        try:
            write_record(path, record)
        except OSError as error:  # kept in memory until this process ends
            log.warning("%s is not written: %s", path, error)

    def _report(self, cycle: Cycle, now: Situation, record: Record) -> Record:
        for slow in find_new_slow(record, now, self.limit):
            if slow.id not in self._list_slow_now(cycle, record, now):
                continue  # it has ended, or waits for the human, since this look began
            p = begin_now(cycle.id)
            url = f"{_name_page(cycle.id)}/runs/{quote(slow.id)}"
            if self._send(p, write_pass_alarm(p, slow, self.limit, url)):
                trace = replace(record.runs[slow.id], reported_for=slow.begun_at)
                record = replace(record, runs=record.runs | {slow.id: trace})
        if (hold := find_new_hold(record, self.limit)) and self._is_still_held(cycle, record, now):
            p = begin_now(cycle.id)
            if self._send(p, write_hold_alarm(p, hold, self.limit, _name_page(cycle.id))):
                record = replace(record, hold_reported_at=now.at)
        if new := find_new_mute(record):
            p = begin_now(cycle.id)
            if self._send(p, write_mute_alarm(p, new, MUTE_AFTER, _name_page(cycle.id))):
                record = replace(record, mute_reported=record.mute_reported + new)
        return record

    def _send(self, p: Any, message: Any) -> bool:
        """Whether a letter about what stands now is done with. It never waits in the outbox: what it says is over then.

        While the mail server takes nothing the next look tries again, as long as there is something to report.
        """
        if self._is_server_away:
            return False
        try:
            send_now(p, message)
        except RefusedError as error:  # the same would happen in a minute
            log.warning("the mail server refuses a letter to the operators: %s", error)
        except (OSError, PostponedError) as error:
            log.warning("the mail server does not take a letter to the operators now: %s", error)
            self._is_server_away = True
            return False
        return True

    def _list_slow_now(self, cycle: Cycle, record: Record, now: Situation) -> list[str]:
        """The passes that hang in this moment: a letter before this one may have taken long to leave."""
        again, seen = self._look_again(cycle, record, now)
        return [one.id for one in find_new_slow(seen, again, self.limit)]

    def _is_still_held(self, cycle: Cycle, record: Record, now: Situation) -> bool:
        _, seen = self._look_again(cycle, record, now)
        return find_new_hold(seen, self.limit) is not None

    def _look_again(self, cycle: Cycle, record: Record, now: Situation) -> tuple[Situation, Record]:
        again = self._read([cycle], now.at).get(cycle.id, Situation(now.at))
        return again, observe(record, again, self.limit)


def _list_cycles() -> list[Cycle]:
    return [cycle for folder in list_plan_folders() for cycle in cycles_in_force(folder)[0]]


def _name_page(cycle: str) -> str:
    return f"{conf.get('api', 'base_url', fallback='').rstrip('/')}/dags/{cycle}"


def read_situations(cycles: Sequence[Cycle], at: dt.datetime) -> dict[str, Situation]:
    """cycle -> what Airflow says about it; a cycle that Airflow has not seen yet is left out."""
    ids = [cycle.id for cycle in cycles]
    with create_session() as session:
        dags = {
            row.dag_id: row
            for row in session.execute(
                select(DagModel.dag_id, DagModel.is_paused, DagModel.max_active_runs).where(DagModel.dag_id.in_(ids))
            )
        }
        runs: dict[str, list[Any]] = defaultdict(list)
        for row in session.execute(
            select(
                DagRun.dag_id, DagRun.run_id, DagRun.state, DagRun.queued_at, DagRun.start_date, DagRun.run_after
            ).where(DagRun.dag_id.in_(ids), DagRun.state.in_(_UNENDED))
        ):
            runs[row.dag_id].append(row)
        tasks: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for row in session.execute(
            select(TaskInstance.dag_id, TaskInstance.run_id, TaskInstance.task_id, TaskInstance.state)
            .join(TaskInstance.dag_run)
            .where(
                TaskInstance.dag_id.in_(ids),
                DagRun.state.in_(_UNENDED),
                TaskInstance.state.is_not(None),
                TaskInstance.state.not_in(OVER),
            )
        ):
            tasks[row.dag_id, row.run_id].append((row.task_id, str(row.state)))
        running: dict[str, list[MuteTask]] = defaultdict(list)
        for row in session.execute(
            select(
                TaskInstance.dag_id,
                TaskInstance.run_id,
                TaskInstance.task_id,
                TaskInstance.map_index,
                TaskInstance.try_number,
                TaskInstance.start_date,
            ).where(
                TaskInstance.dag_id.in_(ids),
                TaskInstance.state == "running",
                TaskInstance.start_date <= at - MUTE_AFTER,
            )
        ):
            running[row.dag_id].append(MuteTask(*row[1:]))
    logs = Path(conf.get("logging", "base_log_folder"))
    silent = read_silent()
    return {
        cycle.id: Situation(
            at,
            tuple(_read_run(row, tasks[cycle.id, row.run_id]) for row in runs[cycle.id]),
            is_paused=bool(dags[cycle.id].is_paused),
            max_active_runs=int(dags[cycle.id].max_active_runs or 16),
            # A cycle that nobody runs, or that is closed, needs none of them.
            mute=select_mute(logs, cycle.id, running[cycle.id], at),
            silent=silent if runs[cycle.id] or _is_live(cycle, dags[cycle.id].is_paused, at) else {},
        )
        for cycle in cycles
        if cycle.id in dags
    }


def _is_live(cycle: Cycle, is_paused: bool | None, at: dt.datetime) -> bool:
    return not is_paused and cycle.period_from <= at.date() <= cycle.closes_on


def _read_run(row: Any, tasks: list[tuple[str, str]]) -> Run:
    queued_at = row.queued_at or row.start_date or row.run_after
    return Run(row.run_id, row.state == "queued", queued_at, row.start_date, tuple(sorted(tasks)))


def read_silent() -> dict[str, dt.datetime]:
    """Components of Airflow that are down -> their last sign of life; one that was never started is left out."""
    health = get_airflow_health()
    return {
        name: dt.datetime.fromisoformat(last)
        for name in _COMPONENTS
        if (part := health[name])["status"] != "healthy" and (last := part[f"latest_{name}_heartbeat"])
    }
