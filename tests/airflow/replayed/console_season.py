"""A cycle of five agencies on real Airflow, for those who look at it and act on it in the console.

STC accepted at its second try, X-04183 sent back, STP accepted, HHDN late without a reason, X-03664 silent; the draft
of 11/12/2026 waits for Sở Tài chính.
"""

from __future__ import annotations

from kybaocao.demo.figures import Filler
from kybaocao.embedded.api import AirflowApi
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from tests.airflow.replayed.conftest import CONSOLE

CYCLE = f"{CONSOLE}-ky2"
JUDGED, ASKING = "luot-2026-12-01", "luot-2026-12-11"  # runs: that of the faulty files, that of the draft


def play_season(api: AirflowApi, live: Home) -> None:
    api.wait_for_dag(CYCLE)
    run_pass(api, "2026-11-16T08:00")
    drop_file(live, "STC", 1, is_faulty=True)
    drop_file(live, "X-04183", 2, is_faulty=True)
    run_pass(api, "2026-12-01T09:00")
    drop_file(live, "STC", 1)
    drop_file(live, "STP", 3)
    run_pass(api, "2026-12-07T08:00")
    drop_file(live, "HHDN", 4)
    run_pass(api, "2026-12-11T08:00", report=True)


def run_pass(api: AirflowApi, at: str, *, report: bool = False) -> None:
    run = f"luot-{at[:10]}"
    api.trigger(CYCLE, run, {"as_of": at, "report": report})
    assert api.wait_for_run(CYCLE, run, may_wait_for_human=True) == ("waiting" if report else "success")


def drop_file(live: Home, agency: str, seed: int, *, is_faulty: bool = False) -> None:
    layout = build_layout(find_plan(CYCLE), CYCLE, agency)
    answers = Filler(seed).fill(layout)
    if is_faulty:
        answers = {key: ("chưa biết" if isinstance(value, int) else value) for key, value in answers.items()}
    write_form(layout, live.inbox(agency, CYCLE) / f"Bieu mau {seed}{'-sai' if is_faulty else ''}.xlsx", answers)
