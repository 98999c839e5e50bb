"""The letters of one whole season of five bodies, as they lie in the outbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from kybaocao.demo.figures import Filler
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.stages.publish_to_bo_tai_chinh import publish_to_bo_tai_chinh
from kybaocao.stages.submit_to_ubnd_tinh import submit_to_ubnd_tinh
from kybaocao.stages.support.decision_steps import Step
from kybaocao.stages.support.decisions import read_decision, record_decision
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.questions import refuse_answer
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.database import open_store
from kybaocao.store.outbox import Message, list_messages
from tests.attachments.test_inspection import PDF
from tests.conftest import CYCLE
from tests.post import Post
from tests.small_plan import write_small_plan

Season = dict[str, Message]


@pytest.fixture(scope="package")
def season(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Season]:
    """kind -> the first letter of that kind that a season from opening to release 2 caused."""
    root = tmp_path_factory.mktemp("season")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KYBAOCAO_HOME", str(root / "home"))
        patch.setenv("KYBAOCAO_CONFIG", str(write_small_plan(root / "config", has_position_letter=True)))
        share_an_officer(root / "config")
        patch.delenv("KYBAOCAO_DB_URL", raising=False)
        patch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
        patch.setattr("kybaocao.inbox.misplaced.PATIENCE_SECONDS", 0.0)
        patch.setattr("kybaocao.documents.package.convert_to_pdf", lambda docx: None)
        home = Home.from_environment()
        open_store(home).upgrade()
        yield play(home)


def share_an_officer(config: Path) -> None:
    """One person helps with the returns of two bodies: told of both in one letter."""
    with (config / "nq02-2026" / "lien_he.csv").open("a", encoding="utf-8") as contacts:
        for agency in ("X-03664", "HHDN"):
            contacts.write(
                f"{agency},dau_moi,Cầm Thị Mẫu,Chuyên viên,cam.mau@sonla.example.vn,,2026-01-01,2027-12-31\n"
            )


def play(home: Home) -> Season:
    post = Post()

    def at(text: str) -> Pass:
        return Pass.begin(CYCLE, dt.datetime.fromisoformat(text + "+07:00"), is_replay=True, home=home)

    p = at("2026-11-16T08:00")
    (home.shared / "SO-LA").mkdir(parents=True)  # nobody's folder: the operators are warned
    run_pass(p, connect=post)
    hand_in(p, "STC", "Bieu-mau_STC.xlsx")
    (p.home.inbox("HHDN", CYCLE) / "BC 125 (ban ky).pdf").write_bytes(PDF)  # without the form
    (p.home.cycle_folder("HHDN", CYCLE) / "Báo cáo (bản cuối).xlsx").write_bytes(b"x")  # beside "nop"
    hand_in(p, "STP", "Bieu-mau_STP.xlsx")
    hand_in(p, "X-04183", "Biểu mẫu (bản cuối).xlsx", tu_so_luy_ke=10_000, mau_so_ky="khoảng 40")
    for moment in (
        "2026-12-01T10:00",
        "2026-12-09T08:00",
        "2026-12-10T08:00",
        "2026-12-10T14:00",
        "2026-12-11T08:00",
        "2026-12-14T08:00",
        "2026-12-14T10:00",
    ):
        run_pass(at(moment), connect=post)
    p = at("2026-12-15T09:00")
    refuse_answer(p, 1, "lanhdao", "Ngày ký “32/13/2026” chưa đúng; viết dạng 15/12/2026.")
    for step, account, number, signer in (
        (Step.APPROVAL, "lanhdao", "87/BC-STC", "Đặng Trọng Lâm"),
        (Step.SIGNATURE, "ubndtinh", "215/BC-UBND", "Nguyễn Văn Mẫu"),
    ):
        decision = read_decision(
            p,
            1,
            step,
            is_approved=True,
            decided_by=account,
            number=number,
            dated="15/12/2026",
            signer=signer,
            position="",
            reason="",
            lift_reason="Số liệu mẫu",
        )
        assert record_decision(p, 1, decision, step).is_approved
        assert submit_to_ubnd_tinh(p, 1) is (step is Step.APPROVAL)
    assert publish_to_bo_tai_chinh(p, 1)
    found: Season = {}
    with p.store.read() as connection:
        for queued in list_messages(connection, CYCLE):
            found.setdefault(queued.message.kind, queued.message)
    return found


def hand_in(p: Pass, agency: str, name: str, **faults: object) -> None:
    """A filled form in the agency's inbox; `faults` overwrite columns of its first ratio."""
    layout = build_layout(p.plan, CYCLE, agency)
    answers = Filler(7).fill(layout)
    first = next(table for table in layout.tables if table.rows)
    for column, value in faults.items():
        answers[(first.table.id, first.rows[0].code, column)] = value
    write_form(layout, p.home.inbox(agency, CYCLE) / name, answers)
