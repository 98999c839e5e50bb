"""A season of five agencies for the pages: one each that was accepted, sent back, came late, and stays silent."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from kybaocao.demo.figures import Filler
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.passes import record_pass
from tests.conftest import CYCLE
from tests.post import Post

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def play_season(home: Home, post: Post) -> None:
    """STC accepted at its second try, X-04183 sent back, STP accepted, HHDN late without a reason, X-03664 silent.

    The last pass is that of 11/12/2026: a report has been compiled and waits for approval.
    """
    run(home, post, "2026-11-21T08:00")
    drop(home, "STC", 1, is_faulty=True)
    drop(home, "X-04183", 2, is_faulty=True)
    run(home, post, "2026-12-01T09:00")
    drop(home, "STC", 1)
    drop(home, "STP", 3)
    run(home, post, "2026-12-07T08:00")
    run(home, post, "2026-12-10T08:00")
    drop(home, "HHDN", 4)
    run(home, post, "2026-12-11T08:00", is_asked=True)


def run(home: Home, post: Post, at: str, *, is_asked: bool = False) -> None:
    """One pass, on Airflow's side a run named after its moment."""
    moment = dt.datetime.fromisoformat(at).replace(tzinfo=ZONE)
    kind = "manual" if is_asked else "scheduled"
    run_id = f"{at[:10]}__{kind}"
    p = Pass.begin(CYCLE, moment, is_replay=True, home=home, run=run_id)
    p.store.upgrade()
    with p.store.write() as connection:
        record_pass(connection, CYCLE, run=run_id, kind=kind, actor="vanhanh", as_of=moment, begun_at=moment)
    run_pass(p, is_asked=is_asked, connect=lambda: post)


def drop(home: Home, agency: str, seed: int, *, is_faulty: bool = False) -> Path:
    layout = build_layout(find_plan(CYCLE), CYCLE, agency)
    answers = Filler(seed).fill(layout)
    if is_faulty:
        answers = {key: ("chưa biết" if isinstance(value, int) else value) for key, value in answers.items()}
    path = home.inbox(agency, CYCLE) / f"Bieu mau {seed}{'-sai' if is_faulty else ''}.xlsx"
    write_form(layout, path, answers)
    return path
