"""Tasks that run and have not written the first line of their log: they hang before they have begun.

Nobody else notices.  The time limit of a task begins with its code, and the heartbeat that Airflow looks for comes from
the process above.  A process that was forked while another thread held a lock hangs so, for ever.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# The first line comes within a second, on a busy machine within half a minute. With the minute between two looks, the
# operators hear of it within four.
MUTE_AFTER = dt.timedelta(minutes=2)


@dataclass(frozen=True)
class MuteTask:
    """One try of a task; `map_index` is -1 where it is no row of several."""

    run: str
    task: str
    map_index: int
    attempt: int
    begun_at: dt.datetime

    @property
    def name(self) -> str:
        """ "validate (dòng 3)"."""
        return self.task if self.map_index < 0 else f"{self.task} (dòng {self.map_index})"


def select_mute(logs: Path, cycle: str, running: Iterable[MuteTask], at: dt.datetime) -> tuple[MuteTask, ...]:
    """Of tasks that run, those whose log is there and empty although they began some time ago.

    The process above makes the file before the task. Where it is not there, logs lie elsewhere, and nothing is known.
    """
    return tuple(one for one in running if at - one.begun_at >= MUTE_AFTER and _is_empty(logs / _name_log(cycle, one)))


def _name_log(cycle: str, one: MuteTask) -> Path:
    """As Airflow's `log_filename_template` has it."""
    row = (f"map_index={one.map_index}",) if one.map_index >= 0 else ()
    parts = (f"dag_id={cycle}", f"run_id={one.run}", f"task_id={one.task}", *row, f"attempt={one.attempt}.log")
    return Path(*parts)


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except OSError:
        return False
