"""Warnings about addresses: sample ones in a live plan, domains not listed, agencies without a contact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from kybaocao.plan.agencies import Agency, Contact, ContactRole
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.people import Person, Recipients
from kybaocao.plan.plan import Plan
from kybaocao.plan.recipients import is_allowed, is_sample_domain
from kybaocao.plan.warning_places import at_header, at_recipients, name_agencies, name_codes
from kybaocao.vietnamese import format_date
from kybaocao.yaml_source import Problem

_ROLES = {ContactRole.OFFICER: "cán bộ đầu mối", ContactRole.HEAD: "lãnh đạo"}
_LISTS = {
    "lanh_dao_so_tai_chinh": "coordinator",
    "chu_tich": "chairman",
    "bo_tai_chinh": "ministry",
    "dong_gui_bo_tai_chinh": "copies",
    "nguoi_phe_duyet": "approvers",
    "ubnd_tinh": "province",
    "nguoi_tra_loi_ubnd_tinh": "province_approvers",
    "van_hanh": "operators",
}


def _list_people(recipients: Recipients) -> Iterator[tuple[str, tuple[Person, ...]]]:
    for key, attribute in _LISTS.items():
        yield key, getattr(recipients, attribute)


def _list_current(plan: Plan, today: dt.date) -> list[Contact]:
    """The contacts of agencies that owe a report, but for those that are over."""
    expected = {agency.code for agency in plan.expected}
    return [one for one in plan.contacts if one.agency in expected and one.valid_until >= today]


def find_sample_addresses(plan: Plan, today: dt.date) -> Iterator[Problem]:
    """Sample addresses in a live plan; real ones in a plan of sample data, where every letter is marked as sample."""
    contacts = _list_current(plan, today)
    if plan.header.is_sample_data:
        real = [one for one in contacts if not is_sample_domain(one.email)]
        if real:
            message = (
                f"đang là true nên mọi thư và báo cáo mang nhãn mẫu, trong khi danh bạ có {len(real)} địa chỉ thật "
                f"(ví dụ {real[0].email}); đổi thành false khi dùng chính thức"
            )
            yield at_header(plan, "du_lieu_mau", message)
        return
    advice = "trong khi du_lieu_mau là false; thay bằng hộp thư công vụ có thật"
    sample = [one for one in contacts if is_sample_domain(one.email)]
    if sample:
        message = f"{len(sample)} địa chỉ thuộc tên miền mẫu (ví dụ {sample[0].email}) {advice}"
        yield Problem("lien_he.csv", plan.source_lines.find_line(sample[0], "email"), "email", message)
    recipients = plan.recipients
    if recipients is None:
        return
    domains = [domain for domain in recipients.allowed_domains if is_sample_domain(domain)]
    if domains:
        message = f"{', '.join(domains)} là tên miền mẫu, trong khi du_lieu_mau là false; thay bằng tên miền có thật"
        yield at_recipients(plan, message, "ten_mien_cho_phep", recipients.allowed_domains.index(domains[0]))
    if is_sample_domain(recipients.reply_to.email):
        yield at_recipients(plan, f"{recipients.reply_to.email} là địa chỉ mẫu {advice}", "can_bo_phu_trach", "email")
    for key, people in _list_people(recipients):
        found = [index for index, person in enumerate(people) if is_sample_domain(person.email)]
        if found:
            more = f" và {len(found) - 1} địa chỉ khác" if len(found) > 1 else ""
            message = f"{people[found[0]].email}{more} là địa chỉ mẫu {advice}"
            yield at_recipients(plan, message, key, found[0], "email")


def find_unlisted_domains(plan: Plan, today: dt.date) -> Iterator[Problem]:
    """Addresses that are never written to because the province has not listed their domain."""
    if plan.recipients is None:
        return
    remedy = "không được gửi thư vì tên miền không có trong ten_mien_cho_phep; thêm tên miền hoặc sửa địa chỉ"
    for key, people in _list_people(plan.recipients):
        out = [index for index, person in enumerate(people) if _is_unlisted(plan, person.email)]
        is_empty = bool(people) and len(out) == len(people)
        for index in out:
            none = "; mục này hiện không có ai nhận được thư" if is_empty else ""
            yield at_recipients(plan, f"{people[index].email} {remedy}{none}", key, index, "email")
    by_domain: dict[str, list[Contact]] = {}
    for contact in _list_current(plan, today):
        if _is_unlisted(plan, contact.email):
            by_domain.setdefault(contact.email.rpartition("@")[2].lower(), []).append(contact)
    for domain, contacts in by_domain.items():
        message = f"{len(contacts)} địa chỉ thuộc {domain} (ví dụ {contacts[0].email}) {remedy}"
        yield Problem("lien_he.csv", plan.source_lines.find_line(contacts[0], "email"), "email", message)


def _is_unlisted(plan: Plan, email: str) -> bool:
    """Of a sample address in a live plan it is said already that it must go."""
    is_named = not plan.header.is_sample_data and is_sample_domain(email)
    return not is_named and not is_allowed(plan, email)


def find_open_roles(plan: Plan) -> Iterator[Problem]:
    """Decisions that anybody may take because nobody is named for them."""
    recipients = plan.recipients
    if recipients is None or plan.header.is_sample_data:
        return
    if not recipients.approvers:
        message = (
            "chưa nêu ai, nên tài khoản nào chạy được lượt cũng phê duyệt được báo cáo; ghi tài khoản của người duyệt"
        )
        yield at_recipients(plan, message, "nguoi_phe_duyet")
    if plan.wording is not None and plan.wording.province is not None and not recipients.province_approvers:
        message = (
            "chưa nêu ai, nên người phê duyệt của cơ quan đầu mối cũng trả lời thay UBND tỉnh; "
            "ghi tài khoản của người trả lời"
        )
        yield at_recipients(plan, message, "nguoi_tra_loi_ubnd_tinh")
    if not recipients.signers:
        message = "chưa nêu ai, nên người ký báo cáo có thể ghi tên bất kỳ; ghi họ tên, chức vụ của người được ký"
        yield at_recipients(plan, message, "nguoi_ky_bao_cao")


def find_shared_heads(plan: Plan, today: dt.date) -> Iterator[Problem]:
    heads: dict[str, list[Contact]] = {}
    for contact in _list_current(plan, today):
        if contact.role is ContactRole.HEAD:
            heads.setdefault(contact.email.lower(), []).append(contact)
    for contacts in heads.values():
        codes = list(dict.fromkeys(contact.agency for contact in contacts))
        if len(codes) > 1:
            message = (
                f"{contacts[0].email} là địa chỉ lãnh đạo của {name_codes(codes)}: thư báo lãnh đạo của các cơ quan "
                "này về cùng một hộp thư; xin kiểm tra lại"
            )
            yield Problem("lien_he.csv", plan.source_lines.find_line(contacts[1], "email"), "email", message)


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
            line = plan.source_lines.find_line(held[0][1], "den_ngay") if held[0][1] else 0
            names = name_agencies([agency for agency, _ in held])
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


def _find_next_cycle(plan: Plan, today: dt.date) -> Cycle | None:
    """The cycle that is open or opens next."""
    return min(
        (cycle for cycle in plan.cycles.values() if cycle.closes_on >= today),
        key=lambda cycle: cycle.opens.date,
        default=None,
    )
