"""What a season leaves beside its files in a large home: letters, the audit trail, a snapshot and a version of the report.

add_season(Path("/tmp/large"))      after write_large_home
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from kybaocao.answers.packing import pack_answers
from kybaocao.demo.figures import Filler
from kybaocao.documents.report.content import write_contents
from kybaocao.figures.aggregation import take_snapshot
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import render_form
from kybaocao.home import Home
from kybaocao.inbox.submission import Submission
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.load import find_plan
from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.report_files import store_contents
from kybaocao.store.audit import record_action
from kybaocao.store.database import open_store
from kybaocao.store.reports import ReportState, ReportVersion, add_version, save_snapshot
from kybaocao.store.submissions import list_submissions
from kybaocao.store.tables import outbox
from tests.bench.large_cycle import NOW, OPENED
from tests.checks.catalogue import judge_bytes
from tests.conftest import CYCLE

LETTERS = 8  # to each agency
TRAIL = 16  # rows about each agency
MODELS = 7
RUN = "r"  # of the pass that `write_large_home` records
KINDS = ("mo_ky", "tiep_nhan", "tra_lai", "nhac_lan_1", "nhac_lan_2", "nhac_lan_3", "qua_han", "mo_lai")
ACTIONS = ("file-received", "version-accepted", "step-taken", "form-issued", "mail-sent")


def add_season(root: Path) -> None:
    """With the environment of that home."""
    home, plan = Home(root / "home"), find_plan(CYCLE)
    store, codes = open_store(home, run=RUN), [one.code for one in plan.expected]
    calendar = Calendar.of(plan.require_calendar(), plan.timezone)
    with store.write() as connection:
        connection.execute(insert(outbox), [_write_letter(code, n) for n in range(LETTERS) for code in codes])
        for n in range(TRAIL):
            for code in codes:
                at = OPENED + dt.timedelta(days=n, seconds=len(code))
                told = {"version": 1 + n // 8, "component": "bieu_mau", "rung": "nhac_lan_1", "repetition": n // 8}
                told |= {"key": name_letter(code, n % LETTERS), "to": [f"dau_moi.{code}"], "due_at": at.isoformat()}
                action = ACTIONS[n % len(ACTIONS)]
                record_action(connection, action, at=at, cycle=CYCLE, agency=code, actor="vanhanh", **told)
        files = _fill_in(plan, list_submissions(connection, CYCLE))
        taken = take_snapshot(plan, plan.require_cycle(CYCLE), calendar, files, NOW.astimezone(plan.timezone))
        number = save_snapshot(connection, taken)
        folder = Path("reports") / CYCLE / "v001"
        (home.root / folder).mkdir(parents=True)
        store_contents(home.root / folder, write_contents(plan, plan.require_cycle(CYCLE), taken))
        state = ReportState.WAITING
        add_version(connection, ReportVersion(CYCLE, 1, number, "x", str(folder), NOW, state, None, "", "", {}))


def _fill_in(plan: Plan, files: list[Submission]) -> list[Submission]:
    """What was accepted, with answers that are really a form's: those of one of some communes."""
    filler, models = Filler(2026), []
    for code in [one.code for one in plan.expected if one.code.startswith("X-")][:MODELS]:
        layout = build_layout(plan, CYCLE, code)
        judged = judge_bytes(render_form(layout, filler.fill(layout)), code)
        models.append(json.dumps(pack_answers(judged.answers), ensure_ascii=False))
    return [
        replace(one, answers=models[number % MODELS]) if one.verdict is Verdict.ACCEPTED else one
        for number, one in enumerate(files)
    ]


def name_letter(code: str, number: int) -> str:
    return f"{CYCLE}/{KINDS[number]}/{code}"


def _write_letter(code: str, number: int) -> dict[str, Any]:
    at = OPENED + dt.timedelta(days=3 * number, hours=1)
    key = name_letter(code, number)
    text = "Kính gửi đơn vị, kỳ báo cáo đã mở. " * 40
    return {
        "key": key,
        "message_id": f"<{key}@kybaocao>",
        "cycle": CYCLE,
        "kind": KINDS[number],
        "agency": code,
        "recipients": json.dumps([f"dau_moi.{code.lower()}@sonla.gov.example.vn"]),
        "subject": f"[{CYCLE}] Báo cáo của {code}",
        "html": f"<p>{text}</p>",
        "text": text,
        "created_at": at,
        "state": "sent" if number < LETTERS - 1 else "pending",
        "attempts": 1,
        "sent_at": at if number < LETTERS - 1 else None,
    }
