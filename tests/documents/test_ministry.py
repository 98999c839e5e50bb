"""What the ministry's document does not hold: the province's own affairs, and the system's own codes."""

from __future__ import annotations

import dataclasses
import re

import pytest

from kybaocao.documents.model import ReportContent
from kybaocao.documents.report.content import read_content, write_content
from kybaocao.figures.canonical_json import to_json
from kybaocao.figures.snapshot import Difficulty, Snapshot
from kybaocao.plan.agencies import AgencyKind
from kybaocao.plan.report_document import Audience

from .demo_season import demo_snapshot
from .sample import full_plan, small_cycle, small_plan, small_snapshot

CODE = re.compile(r"\b[TD]\d{1,2}(?:\.\d)?\b|\bIII\.\d+(?:\.\d+)?\.[a-z]\b")


def write(snapshot: Snapshot | None = None, audience: Audience = Audience.MINISTRY) -> ReportContent:
    return write_content(small_plan(), small_cycle(), snapshot or small_snapshot(), audience=audience)


@pytest.fixture(scope="module")
def season() -> dict[Audience, str]:
    """All that is stored of both documents of the sample season: text, tables, charts, annexes."""
    plan = full_plan()
    cycle = plan.require_cycle("nq02-2026-ky2")
    contents = {one: write_content(plan, cycle, demo_snapshot(), audience=one) for one in Audience}
    return {audience: to_json(content) for audience, content in contents.items()}


def test_no_code_of_a_target_or_a_task(season: dict[Audience, str]) -> None:
    """T16, D1, III.2.1.a are ours; the province works with them, the ministry has never heard of them."""
    assert len(set(CODE.findall(season[Audience.PROVINCE]))) > 100
    assert CODE.findall(season[Audience.MINISTRY]) == []


def test_no_commune_is_named_but_with_its_figures(season: dict[Audience, str]) -> None:
    """Not as late, not as silent, not as having raised a difficulty: only in the matrix that the ministry asks for."""
    communes = [agency.name for agency in full_plan().expected if agency.kind in (AgencyKind.COMMUNE, AgencyKind.WARD)]
    names = [full_plan().require_wording().shorten(name) for name in communes]
    assert len(names) == 75
    assert sum(name in season[Audience.PROVINCE] for name in names) == 75
    content = read_content(season[Audience.MINISTRY])
    rest = dataclasses.replace(content, sheets=tuple(one for one in content.sheets if one.table.id != "matrix"))
    assert len(rest.sheets) == len(content.sheets) - 1
    said = to_json(rest)
    assert [name for name in names if name in said] == []


def test_nothing_of_returned_files_paths_or_checksums(season: dict[Audience, str]) -> None:
    """How the province collects its reports is no matter of the ministry's."""
    said = season[Audience.MINISTRY]
    assert re.findall(r"trả lại|nộp quá hạn|\.xlsx|SHA|/srv|reports/", said) == []
    assert re.findall(r"\b(?=\d*[a-f])[0-9a-f]{12,}\b", said) == []


def test_what_is_asked_of_the_province_itself_is_left_out() -> None:
    """UBND tỉnh does not petition itself: neither in the text nor in the annex of difficulties."""
    asked = tuple(
        Difficulty(
            2, ("STC",), f"Vướng mắc {number}", "Khách quan", "", f"Đề nghị {number}", addressee, "Mới phát sinh"
        )
        for number, addressee in enumerate(("UBND tỉnh", "Sở ngành tỉnh", "Bộ ngành Trung ương"))
    )
    snapshot = dataclasses.replace(small_snapshot(), difficulties=asked)
    said = {audience: to_json(write(snapshot, audience)) for audience in Audience}
    assert [f"Đề nghị {n}" in said[Audience.PROVINCE] for n in range(3)] == [True, True, True]
    assert [f"Đề nghị {n}" in said[Audience.MINISTRY] for n in range(3)] == [False, False, True]
    assert [f"Vướng mắc {n}" in said[Audience.MINISTRY] for n in range(3)] == [True, True, True]


def test_departments_that_have_not_reported_are_named_to_the_province_alone() -> None:
    """And so is the place where the coordinator writes what it knows of them."""
    assert "Sở Công Thương chưa báo cáo" in to_json(write(audience=Audience.PROVINCE))
    content = write()
    assert "Sở Công Thương chưa báo cáo" not in to_json(content)
    assert not any("SCT" in label for label in content.slots)


def test_rows_are_numbered_instead() -> None:
    """The first column counts, in every table that had a code."""
    content = write()
    for table in (content.annexes[0].table, content.annexes[1].table):
        assert table.columns[0] == "STT"
        plain = [row.cells[0].text for row in table.rows if row.style == "dong"]
        assert plain == [str(number) for number in range(1, len(plain) + 1)]
