"""The totals of random cycles are the same in both computations; a changed answer or byte is found and named.

`PROOF_CYCLES=1000` tries a thousand cycles instead of forty.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import os
import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kybaocao.answers.packing import pack_answers
from kybaocao.answers.reading import read_form
from kybaocao.demo.figures import Answers
from kybaocao.figures.snapshot import AgencyResult, Discrepancy, Figures, Outlook, Punctuality, Snapshot
from kybaocao.figures.snapshot import Verdict as Verdicts
from kybaocao.form.layout import FormLayout, build_layout
from kybaocao.form.workbook import render_form
from kybaocao.inbox.archive import archive_path
from kybaocao.inbox.submission import Submission
from kybaocao.plan.adjustments import Adjustments, Exemption
from kybaocao.plan.form_edition import WORK, Column, Kind, Source
from kybaocao.plan.load import load_plan
from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict
from kybaocao.proof.comparison import Difference
from kybaocao.workbook.book import load_book
from kybaocao.workbook.parsing import parse_book
from tests.checks.catalogue import COMMUNE, STC, edit, the_plan, valid_form
from tests.conftest import CONFIG, CYCLE
from tests.proof.cycle import prove, put, receive, snapshot_of
from tests.small_plan import KEPT, write_small_plan
from tests.submissions import local

CYCLES = int(os.environ.get("PROOF_CYCLES", "40"))
AGENCIES = (*KEPT, "SKHCN")  # the last one reports rankings
FORMS = 12  # of each agency and cycle, made once
MID_YEAR = "nq02-2026-ky1"
TAKEN = {MID_YEAR: "2026-06-12T10:00", CYCLE: "2026-12-14T10:00"}  # when the snapshot is taken


# --- random cycles -----------------------------------------------------------------------------------------------


@functools.cache
def small_plan() -> Plan:
    folder = Path(tempfile.mkdtemp())
    return load_plan(write_small_plan(folder, AGENCIES) / CONFIG.name)


def draw_number(random: Random, kind: Kind) -> object:
    if kind is Kind.INTEGER:
        number = random.choice([0, 1, random.randrange(100), random.randrange(10**6), random.randrange(10**12)])
        return random.choice([number, number, f"{number:,}".replace(",", ".")])
    digits = random.randrange(5)
    return Decimal(random.randrange(10**5)).scaleb(-digits)


def draw_answers(random: Random, layout: FormLayout) -> Answers:
    """Any status, figures also where none belong, numerators above their denominators: as if every rule were waived."""
    answers: Answers = {}
    for table in layout.tables:
        if table.table.source not in (Source.INDICATORS, *WORK):
            continue
        for row in table.rows:
            for column in table.table.answers:
                if (value := draw_answer(random, row.code, column)) is not None:
                    answers[(table.table.id, row.code, column.id)] = value
    return answers


# What a draw would hardly hit: ranks among equally many, equal figures, targets just met or just missed.
LIKELY: dict[str, tuple[int, ...]] = {
    "so_tinh": (34, 34, 34, 63),
    "so_tinh_truoc": (34, 34, 34, 63),
    "T02 thuc_hien": (4410, 5000),
    "T02 uoc_nam": (4999, 5000),
    "T03 thuc_hien": (120, 141, 339),
    "T03 uoc_nam": (339, 351),
    "T08 mau_so_luy_ke": (4410, 5000),
}


def draw_answer(random: Random, row: str, column: Column) -> object:
    likely = LIKELY.get(f"{row} {column.id}") or LIKELY.get(column.id)
    if likely and random.random() < (0.95 if row.startswith("D1.") else 0.8):
        return random.choice(likely)
    if column.kind is Kind.CHOICE:
        return random.choice([column.choices[0], *column.choices])
    if column.kind in (Kind.INTEGER, Kind.DECIMAL):
        return draw_number(random, column.kind) if random.random() < 0.9 else None
    if column.kind is Kind.DATE:
        day = dt.date(2026, 1, 1) + dt.timedelta(days=random.randrange(365))
        return random.choice([None, dt.date(2026, 2, 14), day, day, f"ngày {day.day} tháng {day.month} năm {day.year}"])
    return None


@functools.cache
def make_form(agency: str, cycle: str, number: int) -> tuple[bytes, str]:
    """(bytes of a form, its answers as the store keeps them)"""
    layout = build_layout(small_plan(), cycle, agency)
    data = render_form(layout, draw_answers(Random(f"{agency}/{number}"), layout))
    return data, json.dumps(pack_answers(read_form(load_book(parse_book(data)), layout).answers), ensure_ascii=False)


VERSION = st.tuples(
    st.integers(0, FORMS - 1),
    st.sampled_from([Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.RETURNED]),
    st.integers(1, 20),
)
CYCLE_OF_FILES = st.fixed_dictionaries({agency: st.lists(VERSION, max_size=3) for agency in AGENCIES})
EXEMPT = st.frozensets(st.sampled_from(AGENCIES), max_size=2)


@settings(max_examples=CYCLES, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([CYCLE, CYCLE, MID_YEAR]), CYCLE_OF_FILES, EXEMPT)
def test_both_computations_give_the_same_totals(
    cycle: str, files: dict[str, list[tuple[int, Verdict, int]]], exempt: frozenset[str]
) -> None:
    """Whoever sent what, how often, in time or late, corrected, sent back, by a waiver, or without owing anything.

    Stocks and flows, at mid-year and at the year end.
    """
    plan = replace(small_plan(), adjustments=Adjustments.of(_exempt(cycle, agency) for agency in sorted(exempt)))
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder)
        versions = [
            _make_version(archive, cycle, agency, place, *one)
            for agency, own in files.items()
            for place, one in enumerate(sorted(own, key=lambda version: version[2]), start=1)
        ]
        proof = prove(plan, archive, versions, snapshot_of(plan, versions, TAKEN[cycle], cycle))
        accepted = {one.agency for one in versions if one.is_accepted and one.received_at <= local(TAKEN[cycle])}
        assert (proof.differences, {one.agency for one in proof.files}) == ((), accepted)


def test_the_random_cycles_hold_every_kind_of_figure(tmp_path: Path) -> None:
    """What is claimed above must occur: every verdict and outlook, stocks with figures, ranks of both kinds."""
    found: set[str] = set()
    for cycle in TAKEN:
        for form in range(FORMS):
            files = [_make_version(tmp_path, cycle, agency, 1, form, Verdict.ACCEPTED, 1) for agency in AGENCIES]
            snapshot = snapshot_of(small_plan(), files, TAKEN[cycle], cycle)
            for result in snapshot.indicators:
                found |= {result.verdict, f"{result.id} {result.outlook}", *(one.verdict for one in result.by_agency)}
                found |= {f"component {one.verdict}" for one in result.components}
            found |= {one.subject for one in snapshot.discrepancies}
            works = (*snapshot.tasks, *snapshot.obligations)
            found |= {f"work {entry.punctuality}" for one in works for entry in one.entries if entry.punctuality}
    assert {*Verdicts} <= found
    assert {f"work {one}" for one in Punctuality} <= found
    assert found & {f"T03 {one}" for one in (Outlook.ON_PACE, Outlook.BEHIND)}
    assert found & {f"T03 {one}" for one in (Outlook.WILL_MEET, Outlook.WILL_NOT_MEET)}
    assert found & {f"T02 {one}" for one in (Outlook.WILL_MEET, Outlook.WILL_NOT_MEET)}
    assert {f"component {one}" for one in (Verdicts.MET, Verdicts.NOT_MET, Verdicts.NOT_COMPARABLE)} <= found
    assert "T08" in found


def _exempt(cycle: str, agency: str) -> Exemption:
    day = TAKEN[cycle][:8] + "01"
    fields = {"ky": cycle, "co_quan": agency, "nguoi_quyet_dinh": "Giám đốc Sở Tài chính", "ngay": day, "ly_do": "Mẫu"}
    return Exemption.model_validate(fields)


def _make_version(
    archive: Path, cycle: str, agency: str, place: int, form: int, verdict: Verdict, day: int
) -> Submission:
    data, answers = make_form(agency, cycle, form)
    moment = local(f"{TAKEN[cycle][:8]}{day:02d}T08:00")
    return Submission(
        id=place,
        cycle=cycle,
        agency=agency,
        component="bieu",
        version=place,
        file_name=f"{agency}.xlsx",
        sha256=put(archive, data),
        size_bytes=len(data),
        received_at=moment,
        verdict=verdict,
        judged_at=moment,
        findings="[]",
        answers=answers if verdict is Verdict.ACCEPTED else "[]",
    )


# --- what a proof finds ------------------------------------------------------------------------------------------


def change_answer(submission: Submission, column: str, value: str) -> Submission:
    """The version with another stored number in T15."""
    answers = json.loads(submission.answers)
    for line in answers:
        if line[1:3] == ["T15", column]:
            line[7] = value
    return replace(submission, answers=json.dumps(answers, ensure_ascii=False))


def test_a_stored_answer_that_the_file_does_not_have_is_named_with_its_cell(tmp_path: Path) -> None:
    """The cell first, then the totals that are wrong because of it."""
    spoiled = change_answer(receive(tmp_path, COMMUNE, valid_form()), "tu_so_luy_ke", "91")
    first, *totals = prove(the_plan(), tmp_path, [spoiled]).differences
    place = {"agency": COMMUNE, "file_name": f"{COMMUNE}-1.xlsx", "sheet": "Chỉ tiêu"}
    assert replace(first, cell="") == Difference("T15", "tu_so_luy_ke", "91", "90", **place)
    assert first.cell.startswith("H")
    assert [(one.subject, one.field) for one in totals] == [
        ("T15", "cumulative.numerator"),
        ("T15", "cumulative.value"),
    ]


def test_a_wrong_sum_of_right_cells_is_found(tmp_path: Path) -> None:
    """Nothing is wrong with a file, and still the total is: a fault of the computation."""
    versions = [receive(tmp_path, COMMUNE, valid_form())]
    snapshot = snapshot_of(the_plan(), versions)
    spoiled = tuple(
        replace(one, cumulative=replace(one.cumulative, numerator=Decimal(89))) if one.id == "T15" else one
        for one in snapshot.indicators
    )
    proof = prove(the_plan(), tmp_path, versions, replace(snapshot, indicators=spoiled))
    assert proof.differences == (Difference("T15", "cumulative.numerator", "89", "90"),)


def spoil_result(snapshot: Snapshot, code: str, **fields: object) -> Snapshot:
    spoiled = (replace(one, **fields) if one.id == code else one for one in snapshot.indicators)  # type: ignore[arg-type]
    return replace(snapshot, indicators=tuple(spoiled))


@pytest.mark.parametrize(
    ("code", "fields", "found"),
    [
        (
            "T15",
            {"by_agency": (AgencyResult(COMMUNE, Decimal(89), Decimal(100), Verdicts.NOT_MET),)},
            "by_agency.numerator",
        ),
        ("T15", {"by_agency": ()}, "by_agency"),
        ("T13", {"period": Figures(Decimal(1), Decimal(2), Decimal(50))}, "period.numerator"),
        ("T02", {"outlook": Outlook.WILL_MEET}, "outlook"),
        ("T05", {"comparable": False}, "comparable"),
    ],
)
def test_whatever_else_a_snapshot_states_of_a_target_is_compared(
    tmp_path: Path, code: str, fields: dict[str, object], found: str
) -> None:
    """Figures of one agency, a stock's period, the outlook, whether ranks can be compared."""
    versions = [receive(tmp_path, COMMUNE, valid_form())]
    snapshot = spoil_result(snapshot_of(the_plan(), versions), code, **fields)
    differences = prove(the_plan(), tmp_path, versions, snapshot).differences
    assert [(one.subject, one.field) for one in differences][:1] == [(code, found)]


def test_a_discrepancy_that_was_not_found_or_invented_is_a_difference(tmp_path: Path) -> None:
    """What the leaders read of two figures that differ is computed twice, too."""
    versions = [receive(tmp_path, COMMUNE, valid_form())]
    invented = Discrepancy("T08", "mau_so", Decimal(1), "T02", "tu_so", Decimal(2))
    snapshot = replace(snapshot_of(the_plan(), versions), discrepancies=(invented,))
    proof = prove(the_plan(), tmp_path, versions, snapshot)
    assert proof.differences == (Difference("T08", "doi_chieu", "T02", ""),)


@pytest.mark.parametrize("work", ["III.1.a", "IV.1.a"])
def test_a_task_or_obligation_counted_under_another_status_is_found(work: str, tmp_path: Path) -> None:
    versions = [receive(tmp_path, COMMUNE, valid_form())]
    answers = json.loads(versions[0].answers)
    for line in answers:
        if line[1:3] == [work, "trang_thai"]:
            line[7] = "Đã hoàn thành"
    found = prove(the_plan(), tmp_path, [replace(versions[0], answers=json.dumps(answers))]).differences
    assert [(one.subject, one.field, one.stored, one.computed) for one in found] == [
        (work, "Đang thực hiện", "0", "1"),
        (work, "Đã hoàn thành", "1", "0"),
    ]


@pytest.mark.parametrize(
    ("said", "field"), [(Punctuality.DONE_LATE, "hoàn thành muộn"), (Punctuality.OVERDUE, "quá hạn"), (None, "")]
)
def test_work_counted_as_late_or_in_time_wrongly_is_found(tmp_path: Path, said: Punctuality | None, field: str) -> None:
    """The own plan was done on 12 February, two days before its last day."""
    data = edit(valid_form(), _finish_plan)
    versions = [receive(tmp_path, COMMUNE, data)]
    snapshot = snapshot_of(the_plan(), versions)
    duties = (
        replace(one, entries=tuple(replace(entry, punctuality=said) for entry in one.entries))
        if one.id == "IV.1.b"
        else one
        for one in snapshot.obligations
    )
    found = prove(the_plan(), tmp_path, versions, replace(snapshot, obligations=tuple(duties))).differences
    wrong = [("IV.1.b", field, "1", "0")] if said else []
    assert sorted((one.subject, one.field, one.stored, one.computed) for one in found) == sorted(
        [*wrong, ("IV.1.b", "đúng hạn", "0", "1")]
    )


def _finish_plan(book: Workbook) -> None:
    sheet = book["Tổ chức thực hiện"]
    row = next(cell.row for cell in sheet["A"] if cell.value == "IV.1.b")
    for column, value in zip("DEF", ("Đã hoàn thành", dt.date(2026, 2, 12), "Kế hoạch số 10/KH-UBND"), strict=True):
        sheet[f"{column}{row}"] = value


@pytest.mark.parametrize("typed", ["12/02/2026", "2026-02-12", "Chiềng An, ngày 12 tháng 02 năm 2026"])
def test_a_day_that_was_typed_is_the_same_day(tmp_path: Path, typed: str) -> None:
    def _type(book: Workbook) -> None:
        _finish_plan(book)
        sheet = book["Tổ chức thực hiện"]
        cell = next(cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, dt.date))
        cell.value, cell.number_format = typed, "@"

    versions = [receive(tmp_path, COMMUNE, edit(valid_form(), _type))]
    proof = prove(the_plan(), tmp_path, versions)
    assert (proof.differences, dict(proof.tasks)["IV.1.b"]) == ((), (("Đã hoàn thành", 1), ("đúng hạn", 1)))


def test_days_counted_from_1904_are_the_same_days(tmp_path: Path) -> None:
    """Workbooks that began on an old Mac."""

    def _count_anew(book: Workbook) -> None:
        book.epoch = CALENDAR_MAC_1904
        _finish_plan(book)

    versions = [receive(tmp_path, COMMUNE, edit(valid_form(), _count_anew))]
    assert prove(the_plan(), tmp_path, versions).is_equal
    assert dict(prove(the_plan(), tmp_path, versions).tasks)["IV.1.b"] == (("Đã hoàn thành", 1), ("đúng hạn", 1))


def test_a_snapshot_that_lost_the_obligations_is_found(tmp_path: Path) -> None:
    """One of before they were asked has no answers about them either, and is proven as it is."""
    versions = [receive(tmp_path, COMMUNE, valid_form())]
    bare = replace(snapshot_of(the_plan(), versions), obligations=())
    found = prove(the_plan(), tmp_path, versions, bare).differences
    asked = sorted(duty.id for duty in the_plan().asked_obligations)
    assert [(one.subject, one.field, one.computed) for one in found] == [("IV", "id", duty) for duty in asked]
    assert prove(the_plan(), tmp_path, [], replace(snapshot_of(the_plan(), []), obligations=())).is_equal


def test_an_archived_file_with_another_byte_is_named(tmp_path: Path) -> None:
    """The checksum says so before anybody reads it."""
    one = receive(tmp_path, COMMUNE, valid_form())
    path = archive_path(tmp_path, one.sha256)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    first = prove(the_plan(), tmp_path, [one]).differences[0]
    assert (first.subject, first.field, first.agency, first.stored) == ("tep", "sha256", COMMUNE, one.sha256)


def test_an_archived_file_that_is_gone_is_named(tmp_path: Path) -> None:
    one = receive(tmp_path, COMMUNE, valid_form())
    archive_path(tmp_path, one.sha256).unlink()
    first = prove(the_plan(), tmp_path, [one]).differences[0]
    assert (first.field, first.agency, first.computed) == ("sha256", COMMUNE, "")


def test_a_snapshot_made_of_a_replaced_version_is_found(tmp_path: Path) -> None:
    """The corrected file was in force, the figures are those of the one before it."""
    first = receive(tmp_path, COMMUNE, valid_form())
    second = replace(
        change_answer(receive(tmp_path, COMMUNE, valid_form(), at="2026-12-09T08:00", version=2), "tu_so_ky", "40"),
        sha256=put(tmp_path, valid_form() + b"\0"),
    )
    proof = prove(the_plan(), tmp_path, [first, second], snapshot_of(the_plan(), [first]))
    assert {one.agency for one in proof.differences} == {COMMUNE}


def test_a_version_that_came_after_the_snapshot_changes_nothing(tmp_path: Path) -> None:
    """What was approved is proved by the files that were in force then."""
    first = receive(tmp_path, COMMUNE, valid_form())
    snapshot = snapshot_of(the_plan(), [first])
    later = receive(tmp_path, COMMUNE, valid_form(COMMUNE) + b"\0", at="2026-12-16T08:00", version=2)
    assert prove(the_plan(), tmp_path, [first, later], snapshot).is_equal


def test_a_file_that_kills_the_second_reader_is_read_alone_and_by_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others of its batch are read in the second way all the same, and the proof says who read what."""
    from kybaocao.proof import archived_files
    from kybaocao.workbook.sandbox import DIED, SandboxError

    run, poison = archived_files.run_limited, valid_form(STC)

    def _run(program: str, data: bytes, **limits: int) -> object:
        if poison in data:
            raise SandboxError(DIED)
        return run(program, data, **limits)

    monkeypatch.setattr(archived_files, "run_limited", _run)
    proof = prove(the_plan(), tmp_path, [receive(tmp_path, COMMUNE, valid_form()), receive(tmp_path, STC, poison)])
    assert proof.is_equal
    assert {one.agency: one.reader for one in proof.files} == {
        COMMUNE: "zipfile, ElementTree",
        STC: "kybaocao.workbook",
    }
