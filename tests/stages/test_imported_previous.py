"""The first cycle that runs here compares with what was imported for the one before, and says where it comes from."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from kybaocao.documents.model import Paragraph, Row, Style
from kybaocao.documents.report.content import ReportContent, write_content
from kybaocao.documents.report.origins import list_origins
from kybaocao.documents.report.source import ReportSource
from kybaocao.figures.snapshot import Standing
from kybaocao.figures.timeliness import judge_everyone
from kybaocao.imported.layout import build_results_layout
from kybaocao.imported.results import import_results, withdraw_results
from kybaocao.imported.workbook import render_results_workbook
from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.inbox.submission import Submission
from kybaocao.plan.form_edition import RuleStage
from kybaocao.plan.report_document import Audience
from kybaocao.stages.aggregate import aggregate_returns, find_previous
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.history import recall_background
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.store.reports import load_snapshot
from kybaocao.store.submissions import add_submission, list_submissions, record_verdict
from kybaocao.store.tables import outbox
from tests.imported.conftest import BEFORE, COMMUNE, STC, STP, TASKS, WARD, Filling
from tests.stages.conftest import COMPILATION, MIDDAY, drop

Small = Callable[[str], Pass]
NOW = dt.datetime(2026, 11, 20, 2, 0, tzinfo=dt.UTC)
LONG = (
    "Đã tổ chức 12 hội nghị tuyên truyền tại 75 xã, phường với 3.450 lượt người tham dự; cấp phát 12.000 tờ gấp và "
    "cập nhật đầy đủ lên Cổng thông tin điện tử."
)
TYPED = "do Sở Tài chính nhập từ báo cáo giấy"


@pytest.fixture(autouse=True)
def _no_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)


def _import(p: Pass, write: Callable[[Filling], object]) -> None:
    layout = build_results_layout(p.plan, BEFORE)
    filling = Filling(render_results_workbook(layout))
    write(filling)
    signed = {"by": "Nguyễn Văn A", "reason": "Kỳ 1 làm trên giấy"}
    outcome = import_results(p.store, p.home.archive, layout, filling.save(), "ky1.xlsx", at=NOW, **signed)  # type: ignore[arg-type]
    assert outcome.errors == ()


def _import_shares(p: Pass) -> None:
    """T15 of two of the plan's four reporters."""

    def write(filling: Filling) -> None:
        filling.type("T15", 90, 100, agency=COMMUNE, paper="15/BC-UBND")
        filling.type("T15", 40, 41, agency=WARD)

    _import(p, write)


def _hand_in(p: Pass, agency: str, *figures: int, reason: str | None = None, name: str = "a.xlsx") -> Submission:
    columns = ("tu_so_ky", "mau_so_ky", "tu_so_luy_ke", "mau_so_luy_ke")
    said: dict[str, object] = {f"ty_le/T15/{c}": figure for c, figure in zip(columns, figures, strict=True)}
    drop(p, agency, name=name, **said, **{"ty_le/T15/giai_trinh": reason})
    return _judge(p, agency)


def _judge(p: Pass, agency: str) -> Submission:
    collect_files(p)
    validate_agency(p, agency)
    with p.store.read() as connection:
        return list_submissions(connection, p.cycle.id, agency)[-1]


def _list_reported(submission: Submission) -> tuple[str | None, list[tuple[str, str, bool]]]:
    findings = json.loads(submission.findings)
    return submission.verdict, [(f["code"], f["severity"], TYPED in f["message"]) for f in findings]


# --- rules -----------------------------------------------------------------------------------------------------------


def test_a_cumulative_figure_below_an_imported_one_is_asked_about(small: Small) -> None:
    """With the words that say who typed the figure, as the agency did not hand it in here."""
    p = small(MIDDAY)
    _import_shares(p)
    assert _list_reported(_hand_in(p, COMMUNE, 5, 6, 80, 100)) == (
        "returned",
        [("cumulative-below-previous", "warning", True)],
    )


def test_without_an_import_the_rule_sleeps(small: Small) -> None:
    """The same figures are then like any others; withdrawn is as never imported."""
    p = small(MIDDAY)
    _import_shares(p)
    withdraw_results(p.store, BEFORE, at=NOW, by="A", reason="Nhầm")
    assert _list_reported(_hand_in(p, COMMUNE, 5, 6, 80, 100)) == ("accepted", [])


def test_an_agency_may_contest_an_imported_figure(small: Small) -> None:
    """One explanation and the file is accepted; the hint offers it."""
    p = small(MIDDAY)
    _import_shares(p)
    first = _hand_in(p, COMMUNE, 5, 6, 80, 100)
    assert "số kỳ trước được nhập chưa đúng với báo cáo của Quý cơ quan" in json.loads(first.findings)[0]["hint"]
    said = _hand_in(p, COMMUNE, 5, 6, 80, 100, reason="Báo cáo kỳ 1 của xã ghi 70/80, không phải 90/100", name="b.xlsx")
    assert said.verdict == "accepted"


def test_a_jump_against_an_imported_figure_is_asked_about(small: Small) -> None:
    """Thirty times as many as last time."""
    p = small(MIDDAY)
    _import_shares(p)
    assert _list_reported(_hand_in(p, COMMUNE, 5, 6, 2900, 3000)) == (
        "returned",
        [("jump-against-previous", "warning", True)],
    )


def test_a_text_copied_from_an_imported_one_is_asked_about(small: Small) -> None:
    """Pasted by the official from the paper report, and again by the agency."""
    p = small(MIDDAY)
    _import(p, lambda filling: filling.put(TASKS, filling.row("III.1.a", STP, TASKS), "Kết quả chính", LONG))
    row = "nhiem_vu/III.1.a"
    drop(p, STP, **{f"{row}/ket_qua": LONG, f"{row}/trang_thai": "Đang thực hiện", f"{row}/ty_le": 50})
    assert _list_reported(_judge(p, STP)) == ("returned", [("text-same-as-last-cycle", "warning", True)])


def test_a_rule_raised_to_an_error_stays_a_warning_against_an_imported_figure(small: Small) -> None:
    """Otherwise an agency could not hand in at all because of a figure that it never gave us."""
    p = small(MIDDAY)
    _import_shares(p)
    raised = RuleStage.model_validate({"ma": "cumulative-below-previous", "tu_ngay": "2026-01-01", "muc": "loi"})
    edition = p.plan.require_edition().model_copy(update={"stages": (raised,)})
    strict = dataclasses.replace(p, plan=dataclasses.replace(p.plan, edition=edition))
    said = _hand_in(strict, COMMUNE, 5, 6, 80, 100, reason="Báo cáo kỳ 1 của xã ghi 70/80, không phải 90/100")
    assert _list_reported(said) == ("accepted", [("cumulative-below-previous", "warning", True)])


def test_what_the_agency_handed_in_itself_counts_before_what_was_imported(small: Small) -> None:
    """A submission of the previous cycle that was accepted here after the import."""
    p = small(MIDDAY)
    _import_shares(p)
    answers = [["ty_le", "T15", "tu_so_luy_ke", "Chỉ tiêu", "H8", "70", "n", "70"]]
    _accept_before(p, answers)
    background = recall_background(p, COMMUNE, None)
    assert (background.previous, background.entered_by) == ({("ty_le", "T15", "tu_so_luy_ke"): 70}, "")


def _accept_before(p: Pass, answers: list[list[str]]) -> None:
    with p.store.write() as connection:
        add_submission(
            connection,
            cycle=BEFORE,
            agency=COMMUNE,
            file_name="a.xlsx",
            sha256="a" * 64,
            size_bytes=1,
            received_at=NOW,
        )
        (one,) = list_submissions(connection, BEFORE, COMMUNE)
        record_verdict(connection, one.judged("accepted", [], answers, NOW))


# --- the report ------------------------------------------------------------------------------------------------------


def _write(p: Pass) -> ReportContent:
    saved = aggregate_returns(p).snapshot
    with p.store.read() as connection:
        return write_content(p.plan, p.cycle, load_snapshot(connection, saved), audience=Audience.PROVINCE)


def _list_lineage(p: Pass) -> list[Row]:
    saved = aggregate_returns(p).snapshot
    with p.store.read() as connection:
        snapshot = load_snapshot(connection, saved)
    return list(list_origins(ReportSource(p.plan, p.cycle, snapshot, p.plan.require_wording())))


def _previous_of(content: ReportContent, code: str) -> str:
    assert content.summary is not None
    table = next(block for block in content.summary.blocks if block.kind == "table")
    row = next(row for row in table.rows if row.cells[0].text == code)
    return row.cells[table.columns.index("Kỳ trước")].text


def _notes(content: ReportContent) -> list[str]:
    blocks = [block for section in content.sections for block in section.blocks if isinstance(block, Paragraph)]
    return [block.text for block in blocks if block.style is Style.NOTE and "nhập từ báo cáo giấy" in block.text]


def test_the_report_shows_the_imported_figure_as_the_previous_one(small: Small) -> None:
    """The quotient of the sums; unknown stays a dash and is no "Chưa có số liệu"."""
    p = small(COMPILATION)
    _import_shares(p)
    content = _write(p)
    assert (_previous_of(content, "T15"), _previous_of(content, "T16")) == ("92,20%", "–")


def test_the_report_says_once_that_previous_figures_were_imported(small: Small) -> None:
    """And which targets are not whole."""
    p = small(COMPILATION)
    _import_shares(p)
    (note,) = _notes(_write(p))
    assert f"Số liệu kỳ trước (6 tháng đầu năm 2026) {TYPED}; chỉ tiêu chưa đủ số cơ quan báo cáo: T15 (2/4)." in note


def test_without_an_import_the_report_says_nothing_of_it(small: Small) -> None:
    """No previous figures, no note."""
    content = _write(small(COMPILATION))
    assert (_previous_of(content, "T15"), _notes(content)) == ("–", [])


def test_the_annex_lists_the_cells_of_imported_figures(small: Small) -> None:
    """With the paper report and who typed them."""
    p = small(COMPILATION)
    _import_shares(p)
    rows = [[cell.text for cell in row.cells] for row in _list_lineage(p)]
    assert [(row[0], row[2], row[4], row[7]) for row in rows if row[2] == COMMUNE] == [
        ("T15", COMMUNE, "ky1.xlsx (số liệu kỳ trước, nhập từ báo cáo giấy 15/BC-UBND, do Nguyễn Văn A nhập)", value)
        for value in ("90", "100")
    ]


def test_a_published_figure_of_the_province_stands_before_the_sum(small: Small) -> None:
    """Where it was given; the note names it, and no agency is said to be missing."""
    p = small(COMPILATION)

    def write(filling: Filling) -> None:
        filling.type("T15", 90, 100, agency=COMMUNE)
        filling.type("T15", 950, 1000)
        filling.type("T02", 4420, agency=STC)

    _import(p, write)
    content = _write(p)
    assert (_previous_of(content, "T15"), _previous_of(content, "T02")) == ("95,00%", "4.420")
    assert _notes(content)[0].endswith(f"{TYPED}; chỉ tiêu lấy số toàn tỉnh đã phát hành: T15.")
    assert [row.cells[3].text for row in _list_lineage(p) if row.cells[0].text == "T15"] == ["Tỉnh Sơn La"] * 2


def test_nothing_happened_last_time_is_said_so(small: Small) -> None:
    """It was reported, so it is no dash."""
    p = small(COMPILATION)
    _import(p, lambda filling: filling.type("T17", agency=COMMUNE, status="Không phát sinh"))
    assert _previous_of(_write(p), "T17") == "Không phát sinh"


def test_parts_without_their_total_give_no_previous_figure(small: Small) -> None:
    """The total was not typed: unknown."""
    p = small(COMPILATION)
    _import(p, lambda filling: filling.type("T07.1", 100, 90, agency=STC))
    assert _previous_of(_write(p), "T07") == "–"


def test_submissions_and_imports_of_one_cycle_are_added_up(small: Small) -> None:
    """Some handed in here, others on paper."""
    p = small(COMPILATION)
    _import_shares(p)
    columns = {"tinh_trang": ("t", "Có số liệu"), "tu_so_luy_ke": ("n", "10"), "mau_so_luy_ke": ("n", "59")}
    _accept_before(p, [["ty_le", "T15", c, "Chỉ tiêu", "H8", v, kind, v] for c, (kind, v) in columns.items()])
    snapshot = find_previous(p)
    assert snapshot is not None
    result = snapshot.indicator("T15")
    assert (result.cumulative.numerator, result.cumulative.denominator) == (50, 100)
    assert result.imported is not None and {one.agency for one in result.imported.origins} == {WARD}


# --- never a submission ----------------------------------------------------------------------------------------------


def test_an_import_makes_nobody_on_time_and_writes_to_nobody(small: Small) -> None:
    """The cycle that was run by hand stays as it was: nothing received, no letter, no folder."""
    p = small(MIDDAY)
    _import_shares(p)
    before = Pass.begin(BEFORE, p.as_of, is_replay=True, home=p.home)
    with p.store.read() as connection:
        submissions = list_submissions(connection, BEFORE)
        letters = connection.scalar(select(func.count()).select_from(outbox))
    standings = {one.standing for one in judge_everyone(p.plan, before.cycle, before.calendar, submissions, p.as_of)}
    assert (submissions, letters, standings) == ([], 0, {Standing.MISSING})
    assert not p.home.shared.exists()


def test_an_import_is_no_part_of_its_own_cycles_report(small: Small) -> None:
    """That report is made of submissions only."""
    p = small(MIDDAY)
    _import_shares(p)
    before = Pass.begin(BEFORE, p.as_of, is_replay=True, home=p.home)
    aggregated = aggregate_returns(before)
    with p.store.read() as connection:
        result = load_snapshot(connection, aggregated.snapshot).indicator("T15")
    assert (aggregated.accepted, result.reported, result.origins) == (0, (), ())
