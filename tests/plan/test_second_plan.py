"""Another province's plan, with its own form, words, ladder and recipients, runs through the same code."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kybaocao.figures.snapshot import Standing, TaskStatus, Verdict
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.plan.load import FILES, load_plan
from kybaocao.stages.publish_to_bo_tai_chinh import publish_to_bo_tai_chinh
from kybaocao.stages.submit_to_ubnd_tinh import submit_to_ubnd_tinh
from kybaocao.stages.support.decisions import read_decision, record_decision
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import list_messages
from kybaocao.store.reports import find_version, load_snapshot

ROOT = Path(__file__).resolve().parents[1] / "config"
FOLDER, CYCLE = ROOT / "gan-dan-2027", "gan-dan-2027-nam"
Begin = Callable[[str], Pass]

# (indicator or task, column) -> answer, by agency; X-90003 stays silent.
RETURNS: dict[str, dict[tuple[str, str], object]] = {
    "SNV": {
        ("K1", "tinh_trang"): "Có số",
        ("K1", "tu_so_luy_ke"): 95,
        ("K1", "mau_so_luy_ke"): 100,
        ("K3", "tinh_trang"): "Có số",
        ("K3", "hang"): 20,
        ("K3", "hang_truoc"): 25,
        ("1.2", "trang_thai"): "Xong",
        ("1.3", "trang_thai"): "Đang làm",
    },
    "SXD": {
        ("K1", "tinh_trang"): "Có số",
        ("K1", "tu_so_luy_ke"): 50,
        ("K1", "mau_so_luy_ke"): 50,
        ("1.3", "trang_thai"): "Xong",
    },
    "X-90001": {
        ("K1", "tinh_trang"): "Có số",
        ("K1", "tu_so_luy_ke"): 20,
        ("K1", "mau_so_luy_ke"): 25,
        ("K2", "tinh_trang"): "Có số",
        ("K2", "thuc_hien"): 12,
        ("1.1", "trang_thai"): "Làm chậm",
        ("1.1", "ly_do"): "Chưa có nhà",
        ("1.3", "trang_thai"): "Không có",
        ("1", "noi_dung"): "Đường vào bản hay sạt lở",
    },
    "X-90002": {
        ("K1", "tinh_trang"): "Không có",
        ("K2", "tinh_trang"): "Có số",
        ("K2", "thuc_hien"): 15,
        ("1.1", "trang_thai"): "Xong",
        ("1.3", "trang_thai"): "Không có",
    },
}


@pytest.fixture
def at(home: Home, monkeypatch: pytest.MonkeyPatch) -> Begin:
    """at("2027-11-09T09:30") -> a pass of the second plan at that local moment."""
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(ROOT))
    return lambda text: Pass.begin(CYCLE, dt.datetime.fromisoformat(text + "+07:00"), is_replay=True, home=home)


def hand_in(p: Pass, agency: str) -> None:
    """Fill the agency's form with RETURNS and drop it."""
    layout = build_layout(p.plan, CYCLE, agency)
    answers: dict[tuple[str, str, str], object] = {("ky_ten", "nguoi_ky", "gia_tri"): "Trần Văn Hai"}
    for table in layout.tables:
        codes = [row.code for row in table.rows] or ["1"]
        for (row, column), value in RETURNS[agency].items():
            if row in codes and column in {c.id for c in table.table.columns}:
                answers[(table.table.id, row, column)] = value
    answers[("vuong_mac", "", "khai_bao")] = "Có" if ("vuong_mac", "1", "noi_dung") in answers else "Không có"
    write_form(layout, p.home.inbox(agency, CYCLE) / f"Phieu_{agency}.xlsx", answers)


def hand_in_everything(p: Pass) -> None:
    for agency in RETURNS:
        hand_in(p, agency)


def compile_after_returns(at: Begin) -> Pass:
    """Opening, four returns of five, and the pass that compiles."""
    run_pass(at("2027-10-18T09:00"))
    hand_in_everything(at("2027-11-01T10:00"))
    run_pass(at("2027-11-01T10:00"))
    p = at("2027-11-22T10:00")
    run_pass(p)
    return p


def letters(p: Pass, kind: str) -> list[tuple[tuple[str, ...], str]]:
    with p.store.read() as connection:
        return [
            (q.message.recipients, q.message.subject)
            for q in list_messages(connection, CYCLE)
            if q.message.kind == kind
        ]


def test_its_configuration_has_every_file_and_no_problem() -> None:
    """Twelve files make a plan."""
    assert {path.name for path in FOLDER.iterdir()} == {*FILES, "van_ban.md"}
    assert load_plan(FOLDER).problems == ()


def test_it_opens_with_its_own_forms(at: Begin) -> None:
    """Five bodies find a form named and worded by this plan's edition."""
    p = at("2027-10-18T09:00")
    assert run_pass(p)["forms_issued"] == 5
    form = load_workbook(p.home.cycle_folder("X-90001", CYCLE) / "Phieu_X-90001.xlsx")
    assert form.sheetnames == [
        "Hướng dẫn",
        "Con số",
        "Việc đã làm",
        "Khó khăn",
        "Ký tên",
        "Nguyên văn Kế hoạch",
        "_kybaocao",
    ]
    assert "Ký hiệu" in [cell.value for row in form["Con số"].iter_rows() for cell in row]


def test_its_returns_are_judged_by_its_own_words(at: Begin) -> None:
    """“Có số”, “Xong”, “Không có” are understood; the four returns are accepted."""
    run_pass(at("2027-10-18T09:00"))
    p = at("2027-11-01T10:00")
    hand_in_everything(p)
    result = run_pass(p)
    assert (result["accepted"], result["accepted_in_all"], result["expected"]) == (4, 4, 5)


def test_a_faulty_return_is_sent_back(at: Begin) -> None:
    """Its rules are its own: 51 of 50 is refused under the heading this edition gives."""
    run_pass(at("2027-10-18T09:00"))
    p = at("2027-11-01T10:00")
    layout = build_layout(p.plan, CYCLE, "SXD")
    answers = {
        ("phan_tram", "K1", c): v for c, v in (("tinh_trang", "Có số"), ("tu_so_luy_ke", 51), ("mau_so_luy_ke", 50))
    }
    write_form(layout, p.home.inbox("SXD", CYCLE) / "Phieu.xlsx", answers)
    assert run_pass(p)["returned"] == 1
    slip = (p.home.replies("SXD", CYCLE) / "Phieu-tra-lai_01.html").read_text(encoding="utf-8")
    assert [word for word in ("trang Con số", "Đúng hạn", "Có gặp khó khăn không?") if word not in slip] == []


def test_its_figures_are_summed(at: Begin) -> None:
    """165 of 175 on time, 27 of 40 places, five ranks up: two targets missed, one met."""
    p = compile_after_returns(at)
    with p.store.read() as connection:
        snapshot = load_snapshot(connection, find_version(connection, CYCLE, 1).snapshot)
    reported = [
        (r.id, r.cumulative.numerator, r.cumulative.denominator, r.verdict, r.coverage) for r in snapshot.indicators
    ]
    assert reported == [
        ("K1", Decimal(165), Decimal(175), Verdict.NOT_MET, "4/5 cơ quan"),
        ("K2", Decimal(27), None, Verdict.NOT_MET, "2/3 cơ quan"),
        ("K3", Decimal(20), Decimal(25), Verdict.MET, "1/1 cơ quan"),
    ]


def test_its_tasks_and_difficulties_are_gathered(at: Begin) -> None:
    """The statuses of this edition count as done, late or nothing; a difficulty needs no section."""
    p = compile_after_returns(at)
    with p.store.read() as connection:
        snapshot = load_snapshot(connection, find_version(connection, CYCLE, 1).snapshot)
    first = snapshot.tasks[0]
    assert [(e.agency, e.status, e.reason) for e in first.entries] == [
        ("X-90001", TaskStatus.LATE, "Chưa có nhà"),
        ("X-90002", TaskStatus.DONE, ""),
    ]
    assert (first.missing, [task.id for task in snapshot.tasks]) == (("X-90003",), ["1.1", "1.2", "1.3"])
    assert [(d.section, d.content) for d in snapshot.difficulties] == [(0, "Đường vào bản hay sạt lở")]
    assert [t.standing for t in snapshot.timeliness][-1] is Standing.MISSING


def test_its_ladder_has_three_steps(at: Begin) -> None:
    """The last day is a Sunday: the steps count from Friday 12/11/2027."""
    p = at("2027-10-18T09:00")
    run_pass(p)
    hand_in_everything(at("2027-11-01T10:00"))
    taken = {
        day: run_pass(at(day))["steps_taken"]
        for day in ("2027-11-01T10:00", "2027-11-09T09:30", "2027-11-15T08:00", "2027-11-16T08:00")
    }
    assert list(taken.values()) == [0, 1, 1, 1]
    assert letters(p, "qua_han_thu_truong")[0][0] == ("chutich.nuicao@mau.example.vn",)
    assert [to for to, _ in letters(p, "danh_sach_qua_han")] == [("giamdoc.snv@mau.example.vn",)]


def test_it_is_published_twice_with_a_human_between(at: Begin) -> None:
    """The draft to its coordinator, one approval, the report to its ministry: it has no report to UBND tỉnh."""
    compile_after_returns(at)
    p = at("2027-11-23T09:00")
    decision = read_decision(
        p,
        1,
        is_approved=True,
        decided_by="Trần Văn Hai",
        number="9/BC-UBND",
        dated="23/11/2027",
        signer="Nguyễn Văn Mẫu",
        position="Chủ tịch",
        reason="",
        lift_reason="Số liệu mẫu",
    )
    assert record_decision(p, 1, decision).is_approved
    assert not submit_to_ubnd_tinh(p, 1)
    assert publish_to_bo_tai_chinh(p, 1)
    assert [to for to, _ in letters(p, "phat_hanh_so_tai_chinh")] == [("giamdoc.snv@mau.example.vn",)]
    [(to, subject)] = letters(p, "phat_hanh_bo_tai_chinh")
    assert to == ("vanthu@moha.example.vn",)
    assert subject == "[MẪU] Tỉnh Mẫu: Báo cáo số 9/BC-UBND thực hiện Đề án “Chính quyền gần dân” năm 2027"


def test_nothing_it_sends_speaks_of_another_province(at: Begin) -> None:
    """No letter, form or report names Sơn La, its coordinator, its ministry or its year."""
    compile_after_returns(at)
    p = at("2027-11-23T09:00")
    decision = read_decision(
        p,
        1,
        is_approved=True,
        decided_by="x",
        number="9/BC-UBND",
        dated="23/11/2027",
        signer="y",
        position="",
        reason="",
        lift_reason="Số liệu mẫu",
    )
    record_decision(p, 1, decision)
    publish_to_bo_tai_chinh(p, 1)
    run_pass(at("2027-11-09T09:30"))
    with p.store.read() as connection:
        said = [(q.message.kind, q.message.subject + q.message.text) for q in list_messages(connection, CYCLE)]
    for path in sorted(p.home.root.rglob("*.xlsx")):
        cells = (str(c.value) for sheet in load_workbook(path) for row in sheet.iter_rows() for c in row if c.value)
        said.append((path.name, "\n".join(cells)))
    said += [(path.name, read_document(path)) for path in sorted(p.home.reports.rglob("*.docx"))]
    assert len({kind for kind, _ in said}) >= 10
    foreign = re.compile(r"Sơn La|Tài chính|02/NQ|2026|mục IV|nq02")
    assert [(kind, found[0]) for kind, text in said if (found := foreign.search(text))] == []


def test_a_broken_ladder_stops_only_the_chase(at: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms, submissions, figures and report go on; the operators get file and line."""
    root = tmp_path / "config"
    ladder = Path(shutil.copytree(FOLDER, root / FOLDER.name)) / "bac_thang.yaml"
    ladder.write_text(ladder.read_text(encoding="utf-8").replace("ngay_lam_viec: 2", "ngay_lam_viec: 0"), "utf-8")
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(root))
    run_pass(at("2027-10-18T09:00"))
    hand_in_everything(at("2027-11-01T10:00"))
    run_pass(at("2027-11-01T10:00"))
    result = run_pass(at("2027-11-22T10:00"))
    assert (result["accepted_in_all"], result["report_version"], result["steps_taken"]) == (4, 1, 0)
    assert [warning for warning in result["warnings"] if not warning.startswith("Chưa gửi được thư")] == [
        "Cấu hình: bac_thang.yaml, dòng 4, mục “bac.3.ngay_lam_viec”: bậc bao_cao_dau_moi không đứng sau bậc qua_han"
    ]


def read_document(path: Path) -> str:
    """Every word of a .docx, headers and tables included."""
    with zipfile.ZipFile(path) as archive:
        return "\n".join(
            "".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", archive.read(name).decode()))
            for name in archive.namelist()
            if re.fullmatch(r"word/(document|header\d*|footer\d*)\.xml", name)
        )
