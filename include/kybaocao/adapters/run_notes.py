"""Notes of runs: "8 tệp: 3 nhận, 4 trả, 1 không đọc được", beside each run of the grid.

A task cannot write them, so the watch over passes does, within a minute after a pass has done what was new or due.  A
note that a person wrote stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from airflow.models import DagRun
from airflow.utils.session import create_session
from sqlalchemy import select

from kybaocao.console.facts.passes import describe_pass, gather_pass
from kybaocao.home import Home
from kybaocao.plan.cycles import Cycle
from kybaocao.stages.support.passes import Pass
from kybaocao.store.database import open_store
from kybaocao.store.passes import COMMAND, PassRecord, list_ended

AUTHOR = "kybaocao"  # of a note of ours
LOOK_BACK = dt.timedelta(days=1)  # passes that ended earlier were noted by then, or Airflow was down for that long


class RunNotes:
    """Writes the notes, and knows which ones it has written."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._noted: dict[tuple[str, str], dt.datetime] = {}

    def write(self, cycles: Iterable[Cycle], at: dt.datetime) -> None:
        """Note every pass that has ended since the last time. Raises what store and Airflow's database raise."""
        if not self.home.has_store:
            return
        for cycle in cycles:
            for ended in self._list_new(cycle.id, at):
                self._write(ended, at)

    def _list_new(self, cycle: str, at: dt.datetime) -> list[PassRecord]:
        with open_store(self.home).read() as connection:
            ended = list_ended(connection, cycle, at - LOOK_BACK)
        return [one for one in ended if one.kind != COMMAND and self._noted.get((cycle, one.run)) != one.ended_at]

    def _write(self, ended: PassRecord, at: dt.datetime) -> None:
        facts = gather_pass(Pass.begin(ended.cycle, at, home=self.home), ended.cycle, ended.run)
        if facts is not None:
            write_note(ended.cycle, ended.run, describe_pass(facts))
        if ended.ended_at:
            self._noted[ended.cycle, ended.run] = ended.ended_at


def write_note(dag: str, run: str, text: str) -> bool:
    """Write the note of a run, or correct ours; False when there is no such run, or a person wrote its note."""
    with create_session() as session:
        found = session.scalar(select(DagRun).where(DagRun.dag_id == dag, DagRun.run_id == run))
        if found is None or (found.note and found.dag_run_note.user_id != AUTHOR):
            return False
        if found.dag_run_note is None:
            found.note = (text, AUTHOR)
        else:
            found.dag_run_note.content, found.dag_run_note.user_id = text, AUTHOR
    return True
