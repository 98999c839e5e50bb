"""What is no mistake in a plan, and yet is hardly meant: said with file, line, field and what to do.

A warning stops nothing: the configuration stays in force.  Most of them would show on the first day of a live
cycle, when they are dear: letters to addresses that do not exist, a report that names its plan without a number.
Pure but for `today`, which is given.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from kybaocao.plan.agencies import Agency, Contact, ContactRole
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.people import Person, Recipients
from kybaocao.plan.plan import Plan
from kybaocao.plan.recipients import is_allowed
from kybaocao.vietnamese import format_date
from kybaocao.yaml_source import Problem

SHOWN = 5  # agencies named in one warning
SAMPLE_CONTENT = "nội dung mẫu"
_SAMPLE_LABELS = {"example", "invalid", "test", "localhost", "localdomain"}
_YEAR_NAMED = re.compile(r"năm (\d{4})\b")
_ROLES = {ContactRole.OFFICER: "cán bộ đầu mối", ContactRole.HEAD: "lãnh đạo"}


def list_config_warnings(plan: Plan, today: dt.date) -> list[Problem]:
    """Every warning of a plan on a day, by file as a plan lists them."""
    return [*list_plan_warnings(plan, today), *find_missing_contacts(plan, today)]


def list_plan_warnings(plan: Plan, today: dt.date) -> list[Problem]:
    """All but agencies that nobody can write to, of which the operators hear by another way."""
    return [
        *_find_blanks(plan, today),
        *_find_wrong_years(plan),
        *_find_empty_groups(plan),
        *_find_idle_agencies(plan),
        *_find_sample_addresses(plan, today),
        *_find_unlisted_domains(plan, today),
        *_find_open_roles(plan),
        *_find_shared_heads(plan, today),
        *_find_broken_periods(plan),
        *_find_past_cycles(plan, today),
        *_find_years_without_holidays(plan),
        *_find_sample_content(plan),
    ]


def is_sample_domain(email_or_domain: str) -> bool:
    """Whether no real mail can go there: example.vn, example.com, anything below .example, .invalid, .test."""
    labels = email_or_domain.rpartition("@")[2].lower().strip(".").split(".")
    return labels[-1] in _SAMPLE_LABELS or "example" in labels


# --- the plan itself -------------------------------------------------------------------------------------


def _find_blanks(plan: Plan, today: dt.date) -> Iterator[Problem]:
    header = plan.header
    if header.is_sample_data:
        return
    if not any(mark.isdigit() for mark in header.number):
        yield _at_header(
            plan, "so_ky_hieu", "còn để trống; ghi số, ký hiệu của Kế hoạch, ví dụ 25/KH-UBND: báo cáo viện dẫn số này"
        )
    if header.dated is None:
        yield _at_header(
            plan,
            "ngay_ban_hanh",
            "còn để trống; ghi ngày ban hành Kế hoạch, ví dụ 2026-01-30: báo cáo viện dẫn ngày này",
        )
    elif header.dated > today:
        yield _at_header(plan, "ngay_ban_hanh", f"{format_date(header.dated)} là ngày chưa đến; xin kiểm tra lại")


def _find_wrong_years(plan: Plan) -> Iterator[Problem]:
    """The year of the plan against the days of its cycles, its own date, and the years that its names say."""
    year, cycles = plan.header.year, list(plan.cycles.values())
    others = [cycle for cycle in cycles if cycle.period_to.year != year]
    if cycles and len(others) == len(cycles):
        found = ", ".join(sorted({str(cycle.period_to.year) for cycle in cycles}))
        yield _at_header(
            plan,
            "nam",
            f"ghi {year} trong khi mọi kỳ báo cáo chốt số liệu trong năm {found}; sửa nam hoặc các ngày của kỳ",
        )
    else:
        for cycle in others:
            message = (
                f"chốt số liệu ngày {format_date(cycle.period_to)}, ngoài năm của kế hoạch ({year}); xin kiểm tra lại"
            )
            yield _at_cycle(plan, cycle, "ky_den", message)
    dated = plan.header.dated
    if dated is not None and dated.year not in (year - 1, year):
        yield _at_header(plan, "ngay_ban_hanh", f"{format_date(dated)} không hợp với năm kế hoạch (nam: {year})")
    for field, text in (("ten", plan.header.name), ("ten_ngan", plan.header.short_name)):
        if named := _find_other_year(text, year):
            yield _at_header(plan, field, f"nói “năm {named}” trong khi nam là {year}; xin sửa một trong hai")
    for cycle in cycles:
        if named := _find_other_year(cycle.name, year):
            yield _at_cycle(plan, cycle, "ten", f"nói “năm {named}” trong khi nam của kế hoạch là {year}")


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
            yield _at_header(plan, f"nhom.{group}", message, "nhom", group)


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
            f"{_name_agencies(idle)} phải báo cáo nhưng không được giao nhiệm vụ, chỉ tiêu nào, nên biểu mẫu trống; "
            "bổ sung vào nhiem_vu.yaml, chi_tieu.yaml, hoặc sửa nghia_vu"
        )
        yield Problem("co_quan.csv", plan.places.find_line(idle[0], "nghia_vu"), "nghia_vu", message)


# --- addresses -------------------------------------------------------------------------------------------

_LISTS = {
    "lanh_dao_so_tai_chinh": "coordinator",
    "chu_tich": "chairman",
    "bo_tai_chinh": "ministry",
    "dong_gui_bo_tai_chinh": "copies",
    "nguoi_phe_duyet": "approvers",
    "van_hanh": "operators",
}


def _list_people(recipients: Recipients) -> Iterator[tuple[str, tuple[Person, ...]]]:
    for key, attribute in _LISTS.items():
        yield key, getattr(recipients, attribute)


def _list_current(plan: Plan, today: dt.date) -> list[Contact]:
    """The contacts of agencies that owe a report, but for those that are over."""
    expected = {agency.code for agency in plan.expected}
    return [one for one in plan.contacts if one.agency in expected and one.valid_until >= today]


def _find_sample_addresses(plan: Plan, today: dt.date) -> Iterator[Problem]:
    """Sample addresses in a live plan; real ones in a plan of sample data, where every letter is marked as sample."""
    contacts = _list_current(plan, today)
    if plan.header.is_sample_data:
        real = [one for one in contacts if not is_sample_domain(one.email)]
        if real:
            message = (
                f"đang là true nên mọi thư và báo cáo mang nhãn mẫu, trong khi danh bạ có {len(real)} địa chỉ thật "
                f"(ví dụ {real[0].email}); đổi thành false khi dùng chính thức"
            )
            yield _at_header(plan, "du_lieu_mau", message)
        return
    advice = "trong khi du_lieu_mau là false; thay bằng hộp thư công vụ có thật"
    sample = [one for one in contacts if is_sample_domain(one.email)]
    if sample:
        message = f"{len(sample)} địa chỉ thuộc tên miền mẫu (ví dụ {sample[0].email}) {advice}"
        yield Problem("lien_he.csv", plan.places.find_line(sample[0], "email"), "email", message)
    recipients = plan.recipients
    if recipients is None:
        return
    domains = [domain for domain in recipients.allowed_domains if is_sample_domain(domain)]
    if domains:
        message = f"{', '.join(domains)} là tên miền mẫu, trong khi du_lieu_mau là false; thay bằng tên miền có thật"
        yield _at_recipients(plan, message, "ten_mien_cho_phep", recipients.allowed_domains.index(domains[0]))
    if is_sample_domain(recipients.reply_to.email):
        yield _at_recipients(plan, f"{recipients.reply_to.email} là địa chỉ mẫu {advice}", "can_bo_phu_trach", "email")
    for key, people in _list_people(recipients):
        found = [index for index, person in enumerate(people) if is_sample_domain(person.email)]
        if found:
            more = f" và {len(found) - 1} địa chỉ khác" if len(found) > 1 else ""
            message = f"{people[found[0]].email}{more} là địa chỉ mẫu {advice}"
            yield _at_recipients(plan, message, key, found[0], "email")


def _find_unlisted_domains(plan: Plan, today: dt.date) -> Iterator[Problem]:
    """Addresses that are never written to because the province has not listed their domain."""
    if plan.recipients is None:
        return
    remedy = "không được gửi thư vì tên miền không có trong ten_mien_cho_phep; thêm tên miền hoặc sửa địa chỉ"
    for key, people in _list_people(plan.recipients):
        out = [index for index, person in enumerate(people) if _is_unlisted(plan, person.email)]
        is_empty = bool(people) and len(out) == len(people)
        for index in out:
            none = "; mục này hiện không có ai nhận được thư" if is_empty else ""
            yield _at_recipients(plan, f"{people[index].email} {remedy}{none}", key, index, "email")
    by_domain: dict[str, list[Contact]] = {}
    for contact in _list_current(plan, today):
        if _is_unlisted(plan, contact.email):
            by_domain.setdefault(contact.email.rpartition("@")[2].lower(), []).append(contact)
    for domain, contacts in by_domain.items():
        message = f"{len(contacts)} địa chỉ thuộc {domain} (ví dụ {contacts[0].email}) {remedy}"
        yield Problem("lien_he.csv", plan.places.find_line(contacts[0], "email"), "email", message)


def _is_unlisted(plan: Plan, email: str) -> bool:
    """Of a sample address in a live plan it is said already that it must go."""
    is_named = not plan.header.is_sample_data and is_sample_domain(email)
    return not is_named and not is_allowed(plan, email)


def _find_open_roles(plan: Plan) -> Iterator[Problem]:
    """Decisions that anybody may take because nobody is named for them."""
    recipients = plan.recipients
    if recipients is None or plan.header.is_sample_data:
        return
    if not recipients.approvers:
        message = (
            "chưa nêu ai, nên tài khoản nào chạy được lượt cũng phê duyệt được báo cáo; ghi tài khoản của người duyệt"
        )
        yield _at_recipients(plan, message, "nguoi_phe_duyet")
    if not recipients.signers:
        message = "chưa nêu ai, nên người ký báo cáo có thể ghi tên bất kỳ; ghi họ tên, chức vụ của người được ký"
        yield _at_recipients(plan, message, "nguoi_ky_bao_cao")


def _find_shared_heads(plan: Plan, today: dt.date) -> Iterator[Problem]:
    heads: dict[str, list[Contact]] = {}
    for contact in _list_current(plan, today):
        if contact.role is ContactRole.HEAD:
            heads.setdefault(contact.email.lower(), []).append(contact)
    for contacts in heads.values():
        codes = list(dict.fromkeys(contact.agency for contact in contacts))
        if len(codes) > 1:
            message = (
                f"{contacts[0].email} là địa chỉ lãnh đạo của {_name_codes(codes)}: thư báo lãnh đạo của các cơ quan "
                "này về cùng một hộp thư; xin kiểm tra lại"
            )
            yield Problem("lien_he.csv", plan.places.find_line(contacts[1], "email"), "email", message)


def find_missing_contacts(plan: Plan, today: dt.date) -> Iterator[Problem]:
    """Agencies without an address for a role when the next report is asked for, or before it is due."""
    cycle = _find_next_cycle(plan, today)
    first = max(today, cycle.opens.date) if cycle else today
    due_on = max(first, cycle.due_on) if cycle else today
    for role, who in _ROLES.items():
        gaps: dict[str, list[tuple[Agency, Contact | None]]] = {}
        for agency in plan.expected:
            mine = [one for one in plan.contacts if one.agency == agency.code and one.role is role]
            if gap := _describe_gap(mine, first, due_on):
                gaps.setdefault(gap, []).append((agency, max(mine, key=lambda one: one.valid_until, default=None)))
        for gap, held in gaps.items():
            line = plan.places.find_line(held[0][1], "den_ngay") if held[0][1] else 0
            names = _name_agencies([agency for agency, _ in held])
            message = f"{names}: {gap.format(who=who)}; bổ sung một dòng vai_tro {role.value} còn hiệu lực"
            yield Problem("lien_he.csv", line, "ma" if not line else "den_ngay", message)


def _describe_gap(contacts: Sequence[Contact], first: dt.date, due_on: dt.date) -> str:
    """Why nobody can be written to; "" when somebody can. `{who}` is the role."""
    if not contacts:
        return "chưa có liên hệ của {who}"
    last = max(contact.valid_until for contact in contacts)
    if last < first:
        return f"mọi liên hệ của {{who}} hết hiệu lực từ sau ngày {format_date(last)}"
    if not any(contact.is_valid_on(first) for contact in contacts):
        return f"chưa có liên hệ của {{who}} có hiệu lực vào ngày {format_date(first)}"
    if not any(contact.is_valid_on(due_on) for contact in contacts):
        return f"liên hệ của {{who}} hết hiệu lực trước hạn nộp báo cáo ({format_date(due_on)})"
    return ""


# --- time ------------------------------------------------------------------------------------------------


def _find_next_cycle(plan: Plan, today: dt.date) -> Cycle | None:
    """The cycle that is open or opens next."""
    return min(
        (cycle for cycle in plan.cycles.values() if cycle.closes_on >= today),
        key=lambda cycle: cycle.opens.date,
        default=None,
    )


def _find_broken_periods(plan: Plan) -> Iterator[Problem]:
    for cycle in plan.cycles.values():
        before = plan.cycles.get(cycle.previous or "")
        if before is not None and cycle.period_from != before.period_to + dt.timedelta(days=1):
            what = "chồng lên" if cycle.period_from <= before.period_to else "không nối tiếp"
            message = (
                f"số liệu tính từ {format_date(cycle.period_from)} {what} kỳ trước ({before.id}, đến "
                f"{format_date(before.period_to)}); xin kiểm tra lại"
            )
            yield _at_cycle(plan, cycle, "ky_tu", message)


def _find_past_cycles(plan: Plan, today: dt.date) -> Iterator[Problem]:
    cycles = list(plan.cycles.values())
    if cycles and all(cycle.closes_on < today for cycle in cycles):
        last = max(cycles, key=lambda cycle: cycle.closes_on)
        message = (
            f"mọi kỳ đã đóng (muộn nhất là {format_date(last.closes_on)}) nên không còn gì để chạy; thêm kỳ mới, "
            "hoặc đưa thư mục kế hoạch này ra khỏi cấu hình"
        )
        yield _at_cycle(plan, last, "dong_ky", message)


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
        yield Problem("lich.yaml", plan.places.find_line(plan.calendar, "ngay_nghi"), "ngay_nghi", message)


# --- words -----------------------------------------------------------------------------------------------


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
                field = ".".join(str(step + 1) if isinstance(step, int) else step for step in path)
                message = f"còn chữ “({SAMPLE_CONTENT})”; thay bằng nội dung chính thức"
                yield Problem(file, plan.places.find_line(part, *path), field, message)


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


# --- said ------------------------------------------------------------------------------------------------


def _at_header(plan: Plan, field: str, message: str, *path: str) -> Problem:
    return Problem("ke_hoach.yaml", plan.places.find_line(plan.header, *(path or (field,))), field, message)


def _at_cycle(plan: Plan, cycle: Cycle, field: str, message: str) -> Problem:
    return Problem("ky_bao_cao.yaml", plan.places.find_line(cycle, field), field, f"kỳ {cycle.id}: {message}", cycle.id)


def _at_recipients(plan: Plan, message: str, *path: str | int) -> Problem:
    field = ".".join(str(step + 1) if isinstance(step, int) else step for step in path)
    return Problem("nguoi_nhan.yaml", plan.places.find_line(plan.recipients, *path), field, message)


def _name_agencies(agencies: Iterable[Agency]) -> str:
    return _name_codes([agency.code for agency in agencies])


def _name_codes(codes: Sequence[str]) -> str:
    more = f" và {len(codes) - SHOWN} cơ quan khác" if len(codes) > SHOWN else ""
    return f"{len(codes)} cơ quan ({', '.join(codes[:SHOWN])}{more})"
