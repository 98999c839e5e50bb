"""What an agency is given, and what becomes of the form it has, when the form changes between or within cycles."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import yaml

from kybaocao.answers.reading import read_identity
from kybaocao.inbox import shared_folders
from kybaocao.stages.support.form_issuing import issue_forms
from kybaocao.stages.support.history import describe_previous
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import list_messages
from kybaocao.store.submissions import add_submission, list_submissions, record_verdict
from kybaocao.store.tables import issued_forms
from kybaocao.workbook.book import load_book
from kybaocao.workbook.parsing import parse_book
from tests.conftest import CYCLE
from tests.imported.conftest import BEFORE, COMMUNE, STC
from tests.stages.conftest import MIDDAY, OPENING, Post, drop
from tests.submissions import local

Small = Callable[[str], Pass]
LATE = {"trang_thai": ("t", "Chậm tiến độ"), "ty_le": ("n", "40"), "ly_do": ("t", "Chờ hướng dẫn của Bộ Tài chính")}


@pytest.fixture(autouse=True)
def _no_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_folders, "SETTLE_SECONDS", 0.0)


def report_before(p: Pass) -> None:
    """The commune's accepted report of the previous cycle: one task, late."""
    moment = local("2026-06-05T08:00")
    answers = [["nhiem_vu", "III.1.a", c, "Nhiệm vụ", "D7", v, kind, v] for c, (kind, v) in LATE.items()]
    with p.store.write() as connection:
        add_submission(connection, cycle=BEFORE, agency=COMMUNE, file_name="a.xlsx", sha256="a" * 64, size_bytes=1,
                       received_at=moment)  # fmt: skip
        (one,) = list_submissions(connection, BEFORE, COMMUNE)
        record_verdict(connection, one.judged("accepted", [], answers, moment))


def change_edition(name: str) -> None:
    """As an official does in mid-cycle: the edition in force becomes an earlier one, the new one has another heading."""
    folder = Path(os.environ["KYBAOCAO_CONFIG"]) / "nq02-2026"
    current = yaml.safe_load((folder / "bieu_mau.yaml").read_text(encoding="utf-8"))
    earlier = yaml.safe_load((folder / "bieu_mau_cu.yaml").read_text(encoding="utf-8"))
    earlier["bieu_mau_cu"].append(current)
    changed = (folder / "bieu_mau.yaml").read_text(encoding="utf-8").replace(current["phien_ban"], name)
    changed = changed.replace('tieu_de: "Tử số lũy kế"', 'tieu_de: "Tử số từ đầu năm"')
    (folder / "bieu_mau.yaml").write_text(changed, encoding="utf-8")
    (folder / "bieu_mau_cu.yaml").write_text(yaml.safe_dump(earlier, allow_unicode=True), encoding="utf-8")


def state_edition(p: Pass, agency: str) -> str:
    """Of the form in the agency's folder."""
    (path,) = p.home.cycle_folder(agency, CYCLE).glob("Bieu-mau_*.xlsx")
    return read_identity(load_book(parse_book(path.read_bytes())))["phien_ban"]


def test_a_form_that_was_handed_out_stays_and_is_accepted_after_the_form_has_changed(small: Small) -> None:
    """Nobody gets a second form or letter; who has none yet is given the new one."""
    p = small(OPENING)
    issue_forms(p)
    with p.store.write() as connection:  # as if its folder had not been there
        connection.execute(issued_forms.delete().where(issued_forms.c.agency == STC))
    (p.home.cycle_folder(STC, CYCLE) / f"Bieu-mau_{STC}_{CYCLE}.xlsx").unlink()
    drop(p, COMMUNE)  # the form as it was handed out, filled in
    change_edition("2026.9")
    p = small(MIDDAY)
    outcome = run_pass(p, connect=Post)
    with p.store.read() as connection:
        letters = [one.message.agency for one in list_messages(connection, CYCLE) if one.message.kind == "mo_ky"]
        (commune,) = list_submissions(connection, CYCLE, COMMUNE)
    assert (outcome["forms_issued"], commune.verdict) == (1, "accepted")
    assert (state_edition(p, COMMUNE), state_edition(p, STC)) == ("2026.3", "2026.9")
    assert letters.count(COMMUNE) == 1


def test_the_form_of_a_cycle_brings_what_was_reported_in_the_one_before(small: Small) -> None:
    p = small(OPENING)
    report_before(p)
    assert describe_previous(p, COMMUNE) == {"III.1.a": "Chậm tiến độ (40%). Chờ hướng dẫn của Bộ Tài chính"}
    issue_forms(p)
    (path,) = p.home.cycle_folder(COMMUNE, CYCLE).glob("Bieu-mau_*.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))["Nhiệm vụ"]
    said = {row[0].value: str(row[2].value) for row in sheet.iter_rows()}
    assert said["III.1.a"].endswith("\nKỳ trước: Chậm tiến độ (40%). Chờ hướng dẫn của Bộ Tài chính")
    assert "Kỳ trước" not in said["III.1.b"]
