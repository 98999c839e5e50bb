"""Warnings about a plan: what is allowed and probably not meant, with file, line, field and what to do.

A warning stops nothing: the configuration stays in force.  Without it most of these would be seen only on the
first day of a live cycle: letters to addresses that do not exist, a report that names its plan without a number.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from kybaocao.plan.address_warnings import (
    find_missing_contacts,
    find_open_roles,
    find_sample_addresses,
    find_shared_heads,
    find_unlisted_domains,
)
from kybaocao.plan.plan import Plan
from kybaocao.plan.warning_places import at_cycle, at_header, describe_path, name_agencies
from kybaocao.vietnamese import format_date, strip_marks
from kybaocao.yaml_source import Problem

SAMPLE_CONTENT = "nội dung mẫu"
_YEAR_NAMED = re.compile(r"năm (\d{4})\b")


def list_config_warnings(plan: Plan, today: dt.date) -> list[Problem]:
    """Every warning of a plan on a day, by file as a plan lists them."""
    return [*list_plan_warnings(plan, today), *find_missing_contacts(plan, today)]


def list_plan_warnings(plan: Plan, today: dt.date) -> list[Problem]:
    """All but agencies without a contact, which the operators' letter lists by itself."""
    return [
        *_find_blanks(plan, today),
        *_find_wrong_years(plan),
        *_find_empty_groups(plan),
        *_find_missing_bodies(plan),
        *_find_idle_agencies(plan),
        *find_sample_addresses(plan, today),
        *find_unlisted_domains(plan, today),
        *find_open_roles(plan),
        *find_shared_heads(plan, today),
        *_find_broken_periods(plan),
        *_find_past_cycles(plan, today),
        *_find_years_without_holidays(plan),
        *_find_sample_content(plan),
    ]


# --- the plan itself -----------------------------------------------------------------------------------------------


def _find_blanks(plan: Plan, today: dt.date) -> Iterator[Problem]:
    header = plan.header
    if header.is_sample_data:
        return
    if not any(mark.isdigit() for mark in header.number):
        yield at_header(
            plan, "so_ky_hieu", "còn để trống; ghi số, ký hiệu của Kế hoạch, ví dụ 25/KH-UBND: báo cáo viện dẫn số này"
        )
    if header.dated is None:
        yield at_header(
            plan,
            "ngay_ban_hanh",
            "còn để trống; ghi ngày ban hành Kế hoạch, ví dụ 2026-01-30: báo cáo viện dẫn ngày này",
        )
    elif header.dated > today:
        yield at_header(plan, "ngay_ban_hanh", f"{format_date(header.dated)} là ngày chưa đến; xin kiểm tra lại")


def _find_wrong_years(plan: Plan) -> Iterator[Problem]:
    """The year of the plan against the days of its cycles, its own date, and the years that its names say."""
    year, cycles = plan.header.year, list(plan.cycles.values())
    others = [cycle for cycle in cycles if cycle.period_to.year != year]
    if cycles and len(others) == len(cycles):
        found = ", ".join(sorted({str(cycle.period_to.year) for cycle in cycles}))
        yield at_header(
            plan,
            "nam",
            f"ghi {year} trong khi mọi kỳ báo cáo chốt số liệu trong năm {found}; sửa nam hoặc các ngày của kỳ",
        )
    else:
        for cycle in others:
            message = (
                f"chốt số liệu ngày {format_date(cycle.period_to)}, ngoài năm của kế hoạch ({year}); xin kiểm tra lại"
            )
            yield at_cycle(plan, cycle, "ky_den", message)
    dated = plan.header.dated
    if dated is not None and dated.year not in (year - 1, year):
        yield at_header(plan, "ngay_ban_hanh", f"{format_date(dated)} không hợp với năm kế hoạch (nam: {year})")
    for field, text in (("ten", plan.header.name), ("ten_ngan", plan.header.short_name)):
        if named := _find_other_year(text, year):
            yield at_header(plan, field, f"nói “năm {named}” trong khi nam là {year}; xin sửa một trong hai")
    for cycle in cycles:
        if named := _find_other_year(cycle.name, year):
            yield at_cycle(plan, cycle, "ten", f"nói “năm {named}” trong khi nam của kế hoạch là {year}")


def _find_other_year(text: str, year: int) -> str:
    """A year that a name says instead of the plan's; "" when there is none."""
    named = _YEAR_NAMED.findall(text)
    return named[0] if named and str(year) not in named else ""


def _find_empty_groups(plan: Plan) -> Iterator[Problem]:
    for group in plan.header.groups:
        if not plan.members((group,)):
            message = (
                "không có cơ quan phải báo cáo nào thuộc nhóm; sửa loại của nhóm, hoặc loai, nghia_vu trong co_quan.csv"
            )
            yield at_header(plan, f"nhom.{group}", message, "nhom", group)


def _find_missing_bodies(plan: Plan) -> Iterator[Problem]:
    """Bodies that the plan binds and the roster lacks: they get no form, no reminder, and no line in the report."""
    if plan.header.is_sample_data:
        return
    known = {strip_marks(name).casefold() for agency in plan.expected for name in (agency.name, *agency.aliases)}
    missing = [name for name in plan.header.bound_names if strip_marks(name).casefold() not in known]
    if missing:
        message = (
            f"{len(missing)} cơ quan phải báo cáo chưa có trong co_quan.csv: {'; '.join(missing)}; bổ sung vào "
            "co_quan.csv và lien_he.csv, hoặc bỏ tên khỏi danh sách này"
        )
        yield at_header(plan, "co_quan_phai_co", message)


def _find_idle_agencies(plan: Plan) -> Iterator[Problem]:
    """Agencies that must report, about nothing: often the roster has a kind that no group names."""
    busy: set[str] = set()
    for leads in {*(task.leads for task in plan.tasks), *(one.reporters for one in plan.indicators)}:
        busy.update(plan.members(leads))
    for indicator in plan.indicators:
        for part in indicator.parts:
            busy.update(plan.members(part.reporters))
    idle = [agency for agency in plan.expected if agency.code not in busy]
    if idle and busy:
        message = (
            f"{name_agencies(idle)} phải báo cáo nhưng không được giao nhiệm vụ, chỉ tiêu nào, nên biểu mẫu trống; "
            "bổ sung vào nhiem_vu.yaml, chi_tieu.yaml, hoặc sửa nghia_vu"
        )
        yield Problem("co_quan.csv", plan.source_lines.find_line(idle[0], "nghia_vu"), "nghia_vu", message)


# --- time ----------------------------------------------------------------------------------------------------------


def _find_broken_periods(plan: Plan) -> Iterator[Problem]:
    for cycle in plan.cycles.values():
        before = plan.cycles.get(cycle.previous or "")
        if before is not None and cycle.period_from != before.period_to + dt.timedelta(days=1):
            what = "chồng lên" if cycle.period_from <= before.period_to else "không nối tiếp"
            message = (
                f"số liệu tính từ {format_date(cycle.period_from)} {what} kỳ trước ({before.id}, đến "
                f"{format_date(before.period_to)}); xin kiểm tra lại"
            )
            yield at_cycle(plan, cycle, "ky_tu", message)


def _find_past_cycles(plan: Plan, today: dt.date) -> Iterator[Problem]:
    cycles = list(plan.cycles.values())
    if cycles and all(cycle.closes_on < today for cycle in cycles):
        last = max(cycles, key=lambda cycle: cycle.closes_on)
        message = (
            f"mọi kỳ đã đóng (muộn nhất là {format_date(last.closes_on)}) nên không còn gì để chạy; thêm kỳ mới, "
            "hoặc đưa thư mục kế hoạch này ra khỏi cấu hình"
        )
        yield at_cycle(plan, last, "dong_ky", message)


def _find_years_without_holidays(plan: Plan) -> Iterator[Problem]:
    if plan.calendar is None:
        return
    known = {holiday.date.year for holiday in plan.calendar.holidays}
    used = {
        year
        for cycle in plan.cycles.values()
        for year in range(cycle.opens.date.year, cycle.closes_on.year + 1)
    }  # fmt: skip
    for year in sorted(used - known):
        message = (
            f"không có ngày nghỉ nào của năm {year}, năm mà kỳ báo cáo chạy qua; bổ sung ngày nghỉ lễ, tết, làm bù"
        )
        yield Problem("lich.yaml", plan.source_lines.find_line(plan.calendar, "ngay_nghi"), "ngay_nghi", message)


# --- words ---------------------------------------------------------------------------------------------------------


def _find_sample_content(plan: Plan) -> Iterator[Problem]:
    """Words that were put in as samples and would be sent."""
    if plan.header.is_sample_data:
        return
    parts: list[tuple[str, BaseModel | None]] = [
        ("ke_hoach.yaml", plan.header),
        ("bao_cao.yaml", plan.wording),
        ("bieu_mau.yaml", plan.edition),
        *(("cong_van.yaml", one) for one in plan.official_letters.values()),
        *(("ky_bao_cao.yaml", one) for one in plan.cycles.values()),
    ]
    for file, part in parts:
        for path, text in _walk_texts(part, ()):
            if SAMPLE_CONTENT in text.lower():
                message = f"còn chữ “({SAMPLE_CONTENT})”; thay bằng nội dung chính thức"
                yield Problem(file, plan.source_lines.find_line(part, *path), describe_path(path), message)


def _walk_texts(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text of a part of the configuration, with its place in the file."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _walk_texts(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _walk_texts(one, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for index, one in enumerate(value):
            yield from _walk_texts(one, (*path, index))
