"""What is decided after a cycle was announced: more time, no duty, a rule that does not bind, agencies that go."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.cli.status_words import describe_status
from kybaocao.documents.report.content import write_content
from kybaocao.figures.aggregation import take_snapshot
from kybaocao.figures.canonical_json import to_json
from kybaocao.plan.adjustments import Term
from kybaocao.plan.decisions import list_decisions
from kybaocao.plan.load import load_plan
from kybaocao.plan.plan import Plan
from kybaocao.plan.report_document import Audience
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.status import gather_status
from tests.conftest import CONFIG, CYCLE
from tests.plan.test_mistakes import copy_config, is_vietnamese, reported

FILE = "dieu_chinh.yaml"
SAID = {
    "ky": CYCLE,
    "nguoi_quyet_dinh": "Giám đốc Sở Tài chính",
    "van_ban": "1234/STC-THKT",
    "ngay": "2026-12-07",
    "ly_do": "Khắc phục hậu quả mưa lũ",
}
AGENCY = "X-04183"
LATER = {"truoc_ngay_co_quan": "2026-12-11", "truoc_ngay_so_tai_chinh": "2026-12-16"}
Decide = Callable[..., Plan]


@pytest.fixture
def decide(tmp_path: Path) -> Decide:
    """decide("gia_han", truoc_ngay="2026-12-14") -> the plan after this decision about X-04183; repeatable."""
    folder = copy_config(tmp_path)
    (folder / FILE).write_text("", encoding="utf-8")
    lists: dict[str, list[str]] = {}

    def _decide(kind: str, **changes: str) -> Plan:
        entry = SAID | ({} if kind == "doi_han" else {"co_quan": AGENCY}) | changes
        lists.setdefault(kind, []).append(", ".join(f"{key}: {value}" for key, value in entry.items() if value))
        lines = [line for key, entries in lists.items() for line in (f"{key}:", *(f"  - {{{e}}}" for e in entries))]
        (folder / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return load_plan(folder)

    return _decide


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2026-{text}")


# --- more time ------------------------------------------------------------------------------------------------------


def test_an_extension_moves_one_deadline_from_the_day_it_is_dated(decide: Decide) -> None:
    """The day before, and for everybody else, the announced deadline stands."""
    plan = decide("gia_han", truoc_ngay="2026-12-14")
    assert plan.problems == ()
    assert [plan.due_before(CYCLE, AGENCY, day(on)) for on in ("12-06", "12-07")] == [day("12-10"), day("12-14")]
    assert plan.due_before(CYCLE, "STP", day("12-07")) == day("12-10")
    assert plan.term_of(CYCLE, AGENCY, day("12-07")) == Term(day("12-14"), day("12-07"), is_moved=True)
    assert plan.cycle_of(CYCLE, AGENCY, day("12-07")).due_on == day("12-13")


def test_a_second_extension_replaces_the_first(decide: Decide) -> None:
    """From its own date on."""
    decide("gia_han", truoc_ngay="2026-12-14")
    plan = decide("gia_han", truoc_ngay="2026-12-18", ngay="2026-12-11")
    days = ("12-06", "12-07", "12-10", "12-11")
    assert [plan.due_before(CYCLE, AGENCY, day(on)).day for on in days] == [10, 14, 14, 18]


def test_a_moved_deadline_moves_everybody(decide: Decide) -> None:
    """And the dates it does not name stay."""
    plan = decide("doi_han", **LATER, tong_hop="{ngay: 2026-12-15, gio: '16:00'}")
    moved = plan.cycle_on(CYCLE, day("12-07"))
    assert plan.problems == ()
    dates = (moved.due_before, moved.compile_at.date, moved.so_tai_chinh_before, moved.bo_tai_chinh_by)
    assert dates == (day("12-11"), day("12-15"), day("12-16"), day("12-25"))
    assert plan.cycle_on(CYCLE, day("12-06")) == plan.cycles[CYCLE]
    assert plan.due_before(CYCLE, "STP", day("12-08")) == day("12-11")


def test_an_extension_is_never_shortened_by_a_move(decide: Decide) -> None:
    """Who has until the 17th keeps it when the others get until the 10th."""
    decide("gia_han", truoc_ngay="2026-12-18")
    plan = decide("doi_han", **LATER, ngay="2026-12-08")
    assert [plan.due_before(CYCLE, who, day("12-09")) for who in (AGENCY, "STP")] == [day("12-18"), day("12-11")]


# --- no duty --------------------------------------------------------------------------------------------------------


def test_an_exemption_ends_the_duty_in_its_cycle_only(decide: Decide) -> None:
    """From the day it is dated."""
    plan = decide("mien_nop", van_ban="")
    owes = [plan.owes_return(cycle, AGENCY, day(on)) for cycle, on in ((CYCLE, "12-06"), (CYCLE, "12-07"))]
    assert (plan.problems, owes) == ((), [True, False])
    assert plan.is_exempt(CYCLE, AGENCY, day("12-07")) and not plan.is_exempt(CYCLE, "STP", day("12-07"))
    assert plan.owes_return("nq02-2026-ky1", AGENCY, day("12-07"))


def test_a_rule_is_waived_for_one_agency_until_a_day(decide: Decide) -> None:
    """On the last day still, on the next no more."""
    plan = decide("mien_quy_tac", quy_tac="numerator-exceeds-denominator", den_ngay="2026-12-31")
    codes = frozenset({"numerator-exceeds-denominator"})
    assert plan.problems == ()
    assert plan.waived_rules(CYCLE, AGENCY, day("12-07")) == codes == plan.waived_rules(CYCLE, AGENCY, day("12-31"))
    assert (
        plan.waived_rules(CYCLE, AGENCY, day("12-06")) == plan.waived_rules(CYCLE, "STP", day("12-07")) == frozenset()
    )
    assert plan.waived_rules(CYCLE, AGENCY, dt.date(2027, 1, 1)) == frozenset()


def write_register(folder: Path, **cells: str) -> Plan:
    """The plan with three more columns in the register, filled for X-04183 alone."""
    path = folder / "co_quan.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    columns = ("tu_ngay", "den_ngay", "sap_nhap_vao")
    rest = [
        f"{line},{','.join(cells.get(c, '') for c in columns) if line.startswith(AGENCY) else ',,'}"
        for line in lines[1:]
    ]
    path.write_text("\n".join([f"{lines[0]},{','.join(columns)}", *rest]) + "\n", encoding="utf-8")
    return load_plan(folder)


@pytest.mark.parametrize(
    ("cells", "on", "owes"),
    [
        ({"den_ngay": "2026-12-01", "sap_nhap_vao": "X-03664"}, "12-01", True),
        ({"den_ngay": "2026-12-01", "sap_nhap_vao": "X-03664"}, "12-02", False),
        ({"tu_ngay": "2026-11-20"}, "11-19", False),
        ({"tu_ngay": "2026-11-20"}, "11-20", True),
        ({"tu_ngay": "2026-12-10"}, "12-15", False),  # founded after the deadline: nothing was due from it
    ],
)
def test_a_body_owes_while_it_exists(tmp_path: Path, cells: dict[str, str], on: str, owes: bool) -> None:
    """One that closes or is merged owes nothing afterwards, one that is founded nothing before."""
    plan = write_register(copy_config(tmp_path), **cells)
    assert (plan.problems, plan.owes_return(CYCLE, AGENCY, day(on))) == ((), owes)
    assert plan.owes_return(CYCLE, "X-03664", day(on))


def test_the_ladder_of_a_new_body_counts_from_its_first_day(tmp_path: Path) -> None:
    """It is not reminded of what was due before it was."""
    plan = write_register(copy_config(tmp_path), tu_ngay="2026-12-03")
    assert plan.term_of(CYCLE, AGENCY, day("12-03")) == Term(day("12-10"), since=day("12-03"))


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"tu_ngay": "2026-12-03", "den_ngay": "2026-12-01"}, "den_ngay"),
        ({"sap_nhap_vao": "X-03664"}, "sap_nhap_vao"),
        ({"den_ngay": "2026-12-01", "sap_nhap_vao": AGENCY}, "sap_nhap_vao"),
        ({"den_ngay": "2026-12-01", "sap_nhap_vao": "X-99999"}, "sap_nhap_vao"),
        ({"den_ngay": "01/12/2026"}, "den_ngay"),
    ],
)
def test_a_life_that_cannot_be_is_refused(tmp_path: Path, cells: dict[str, str], field: str) -> None:
    """Closed before it opens, merged without a date, into itself, into nobody."""
    folder = copy_config(tmp_path)
    problems = write_register(folder, **cells).problems
    lines = (folder / "co_quan.csv").read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if text.startswith(AGENCY))
    assert ("co_quan.csv", line, field) in reported(problems)
    assert all(is_vietnamese(problem.message) for problem in problems)


# --- what is refused ---------------------------------------------------------------------------------------------------

REFUSED = {
    "cơ quan lạ": ("gia_han", {"co_quan": "X-99999", "truoc_ngay": "2026-12-14"}, "co_quan"),
    "cơ quan không phải báo cáo": ("mien_nop", {"co_quan": "TU"}, "co_quan"),
    "kỳ lạ": ("mien_nop", {"ky": "nq02-2025-ky1"}, "ky"),
    "kỳ lạ khi đổi hạn": ("doi_han", {"ky": "ky-9", "truoc_ngay_co_quan": "2026-12-11"}, "ky"),
    "quy tắc đọc ô": ("mien_quy_tac", {"quy_tac": "number-ambiguous", "den_ngay": "2026-12-31"}, "quy_tac"),
    "quy tắc lạ": ("mien_quy_tac", {"quy_tac": "no-such-rule", "den_ngay": "2026-12-31"}, "quy_tac"),
    "miễn quy tắc hết hạn trước khi bắt đầu": (
        "mien_quy_tac",
        {"quy_tac": "numerator-exceeds-denominator", "den_ngay": "2026-12-01"},
        "den_ngay",
    ),
    "gia hạn sớm hơn hạn chung": ("gia_han", {"truoc_ngay": "2026-12-09"}, "truoc_ngay"),
    "gia hạn bằng hạn chung": ("gia_han", {"truoc_ngay": "2026-12-10"}, "truoc_ngay"),
    "gia hạn sau khi đóng kỳ": ("gia_han", {"truoc_ngay": "2027-02-15"}, "truoc_ngay"),
    "gia hạn sau chính hạn mới": ("gia_han", {"truoc_ngay": "2026-12-14", "ngay": "2026-12-14"}, "ngay"),
    "gia hạn không có văn bản": ("gia_han", {"truoc_ngay": "2026-12-14", "van_ban": ""}, "van_ban"),
    "không có lý do": ("mien_nop", {"ly_do": ""}, "ly_do"),
    "không có người quyết định": ("mien_nop", {"nguoi_quyet_dinh": ""}, "nguoi_quyet_dinh"),
    "ngày không có trong lịch": ("gia_han", {"truoc_ngay": "2026-12-32"}, "truoc_ngay"),
    "sai chính tả tên mục": ("gia_han", {"truoc_ngay": "2026-12-14", "lydo": "x"}, "lydo"),
    "đổi hạn qua ngày tổng hợp": ("doi_han", {"truoc_ngay_co_quan": "2026-12-15"}, "truoc_ngay_co_quan"),
    "đổi hạn qua hạn của Sở Tài chính": (
        "doi_han",
        {"truoc_ngay_co_quan": "2026-12-11", "truoc_ngay_so_tai_chinh": "2026-12-10"},
        "truoc_ngay_so_tai_chinh",
    ),
    "đổi hạn làm bậc thang vượt ngày phải báo cáo": ("doi_han", {"truoc_ngay_co_quan": "2026-12-11"}, "truoc_ngay_co_quan"),
    "đổi hạn không để ngày làm việc sau chốt số liệu": ("doi_han", {"truoc_ngay_co_quan": "2026-12-01"}, "truoc_ngay_co_quan"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_decision_that_cannot_stand_is_refused_with_line_and_field(decide: Decide, name: str) -> None:
    """Reported in Vietnamese; the duty stays what it was, and so does every other decision."""
    kind, changes, field = REFUSED[name]
    decide("mien_nop", co_quan="STP")
    plan = decide(kind, **changes)
    [problem] = plan.problems
    line = 3 if kind == "mien_nop" else 4
    assert (problem.file, problem.line, problem.field) == (FILE, line, field)
    assert is_vietnamese(problem.message)
    assert plan.owes_return(CYCLE, AGENCY, day("12-31")) and plan.due_before(CYCLE, AGENCY, day("12-09")) == day(
        "12-10"
    )
    assert plan.is_exempt(CYCLE, "STP", day("12-31"))


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("gia_han", {"truoc_ngay": "2026-12-14"}),
        ("mien_nop", {}),
        ("mien_quy_tac", {"quy_tac": "numerator-exceeds-denominator", "den_ngay": "2026-12-31"}),
        ("doi_han", LATER),
    ],
)
def test_the_same_decision_twice_is_refused_once(decide: Decide, kind: str, changes: dict[str, str]) -> None:
    """The first stands."""
    decide(kind, **changes)
    plan = decide(kind, **changes)
    assert reported(plan.problems) == [(FILE, 3, "ngay" if kind == "doi_han" else "co_quan")]
    assert len(plan.adjustments.entries) == 1


@pytest.mark.parametrize(
    ("text", "line", "field"), [("gia_hạn: []\n", 1, "gia_hạn"), ("gia_han: 1\n", 1, "gia_han"), ("- 1\n", 1, "")]
)
def test_a_file_of_another_shape_is_told(tmp_path: Path, text: str, line: int, field: str) -> None:
    """A misspelt list, a number for a list, a list for the whole."""
    folder = copy_config(tmp_path)
    (folder / FILE).write_text(text, encoding="utf-8")
    plan = load_plan(folder)
    assert (reported(plan.problems), plan.adjustments.entries) == ([(FILE, line, field)], ())


def test_without_the_file_nothing_was_decided(tmp_path: Path) -> None:
    """It is the only file a plan may lack."""
    folder = copy_config(tmp_path)
    (folder / FILE).unlink()
    plan = load_plan(folder)
    assert (plan.problems, plan.adjustments.entries) == ((), ())


def test_a_decision_counts_at_once(decide: Decide) -> None:
    """No restart: the plan is read anew when the file has changed."""
    assert decide("mien_nop").is_exempt(CYCLE, AGENCY, day("12-07"))
    assert decide("mien_nop", co_quan="STP").is_exempt(CYCLE, "STP", day("12-07"))


def test_the_examples_in_the_file_are_true(tmp_path: Path) -> None:
    """Whoever takes the marks off an example has a decision that loads."""
    folder = copy_config(tmp_path)
    text = (CONFIG / FILE).read_text(encoding="utf-8")
    examples = "\n".join(line[2:] for line in text.splitlines() if re.match(r"#( [a-z_]+:|  )", line))
    (folder / FILE).write_text(examples.replace("…", "x"), encoding="utf-8")
    plan = load_plan(folder)
    assert [str(problem) for problem in plan.problems] == []
    assert {type(entry).__name__ for entry in plan.adjustments.entries} == {"Extension", "Exemption", "RuleWaiver", "DeadlineMove"}  # fmt: skip


# --- in words ----------------------------------------------------------------------------------------------------------


def test_every_decision_is_told_with_who_why_and_until_when(decide: Decide) -> None:
    """The oldest first; the rule by its title; what is dated later is not listed yet."""
    decide("gia_han", truoc_ngay="2026-12-14")
    decide("mien_quy_tac", quy_tac="numerator-exceeds-denominator", den_ngay="2026-12-31", ngay="2026-12-01")
    decide("doi_han", **LATER, ngay="2026-12-08")
    plan = decide("mien_nop", co_quan="HHDN", van_ban="", ngay="2026-12-09")
    reported = [decision.tell(plan) for decision in list_decisions(plan, CYCLE, day("12-08"))]
    by = "theo quyết định của Giám đốc Sở Tài chính (văn bản 1234/STC-THKT, ngày {}; lý do: Khắc phục hậu quả mưa lũ)"
    commune = "Ủy ban nhân dân xã Mường Lầm"
    assert reported == [
        f"{commune} được miễn quy tắc kiểm tra “Tử số lớn hơn mẫu số” đến hết ngày 31/12/2026 {by.format('01/12/2026')}",
        f"{commune} được gia hạn nộp báo cáo đến hết ngày 13/12/2026 {by.format('07/12/2026')}",
        f"Hạn nộp của các cơ quan được đổi thành hết ngày 10/12/2026 {by.format('08/12/2026')}",
    ]
    last = list_decisions(plan, CYCLE, day("12-09"))[-1]
    assert (last.kind, last.agency, last.until) == ("mien_nop", "HHDN", None)
    assert "(ngày 09/12/2026; lý do" in last.basis


def test_decisions_stand_in_the_report_and_on_the_console(decide: Decide, begin: Callable[..., Pass]) -> None:
    """Where the agencies' punctuality is reported; without decisions there is no such sentence."""
    p = begin("2026-12-14T10:00")
    snapshot = take_snapshot(p.plan, p.cycle, p.calendar, [], p.as_of)
    assert "điều chỉnh đã được quyết định" not in to_json(
        write_content(p.plan, p.cycle, snapshot, audience=Audience.PROVINCE)
    )
    plan = decide("gia_han", truoc_ngay="2026-12-14")
    (decision,) = list_decisions(plan, CYCLE, p.local.date())
    text = to_json(write_content(plan, p.cycle, snapshot, audience=Audience.PROVINCE))
    assert f"Các điều chỉnh đã được quyết định trong kỳ: {decision.tell(plan)}." in text
    status = gather_status(dataclasses.replace(p, plan=plan))
    assert [one["agency"] for one in status["decisions"]] == [AGENCY]
    assert decision.tell(plan) in describe_status(status)
