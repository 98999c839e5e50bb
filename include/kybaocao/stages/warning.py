"""What the operators must hear of: broken configuration, unreachable agencies, unowned folders, unusable words."""

from __future__ import annotations

import hashlib

from kybaocao.findings import shorten
from kybaocao.mail.letters import write_letter
from kybaocao.mail.recipients import allowed_people, list_unreachable
from kybaocao.passes import Pass
from kybaocao.report.content import read_content
from kybaocao.report.supplement import LIMIT_KB, Fault, Problem, list_unused, read_supplement
from kybaocao.stages.collection import list_strangers
from kybaocao.stages.compilation import CONTENT_FILE
from kybaocao.store.outbox import REFUSED, Message, add_message, list_messages
from kybaocao.store.reports import list_versions

_LAST_READ = "báo cáo tạm dùng nội dung bổ sung của phiên bản trước (nếu có)"
_SUPPLEMENT_FAULTS = {
    Fault.UNREADABLE: f"không đọc được; {_LAST_READ}. Xin kiểm tra quyền đọc tệp.",
    Fault.TOO_LARGE: f"lớn hơn {LIMIT_KB} KB; {_LAST_READ}. Xin rút gọn.",
    Fault.NOT_UTF_8: f"không phải văn bản mã UTF-8; {_LAST_READ}. Xin lưu lại, chọn mã UTF-8.",
    Fault.UNKNOWN_HEADING: "dòng {dong}: không có mục “{muc}” nên nội dung dưới đề mục này chưa được đưa vào báo cáo. "
    "Đề mục bắt đầu bằng số của phần: I, III.1, III.2…, IV hoặc V.2.",
    Fault.NO_HEADING: "dòng {dong}: có nội dung đứng trước đề mục đầu tiên nên chưa được đưa vào báo cáo.",
    Fault.CLOSED_PLACE: "mục “{muc}” không còn chờ bổ sung vì đã có báo cáo của cơ quan; "
    "nội dung viết ở mục này không được đưa vào báo cáo.",
}


def list_warnings(p: Pass) -> list[str]:
    """One Vietnamese sentence per thing to mend."""
    found = [f"Cấu hình: {problem}" for problem in p.plan.problems]
    if p.plan.recipients is not None:
        found.extend(
            f"Chưa có địa chỉ thư dùng được cho {p.plan.agencies[code].name} ({code})."
            for code in list_unreachable(p.plan, p.local.date())
        )
    found += [f"Thư mục lạ trong shared/: {name}" for name in list_strangers(p)]
    found += list_supplement_warnings(p)
    with p.store.read() as connection:
        for queued in list_messages(connection, p.cycle.id, (REFUSED,)):
            to = ", ".join(queued.message.recipients)
            found.append(f"Máy chủ thư từ chối thư “{queued.message.subject}” gửi {to}: {queued.last_error}")
    return found


def list_supplement_warnings(p: Pass) -> list[str]:
    """What the coordinator wrote that does not reach the report."""
    if p.plan.wording is None:
        return []  # a fault of the configuration, told as such
    path = p.home.supplement(p.cycle.id)
    supplement = read_supplement(path, p.plan)
    problems = list(supplement.problems)
    if supplement.paragraphs:
        with p.store.read() as connection:
            versions = list_versions(connection, p.cycle.id)
        if versions:
            stored = p.home.root / versions[-1].folder / CONTENT_FILE
            problems += list_unused(supplement, p.plan, read_content(stored.read_text(encoding="utf-8")))
    name = path.relative_to(p.home.root)
    return [f"Tệp {name}: {_describe(problem)}" for problem in problems]


def _describe(problem: Problem) -> str:
    return _SUPPLEMENT_FAULTS[problem.fault].format(dong=problem.line, muc=shorten(problem.text))


def warn_operators(p: Pass, warnings: list[str]) -> None:
    """One mail per new set of warnings."""
    if not warnings or p.plan.recipients is None:
        return
    recipients = allowed_people(p.plan, p.plan.recipients.operators)
    if not recipients:
        return
    subject, html, text = write_letter("van_hanh", p, warnings=warnings)
    digest = hashlib.sha256("\n".join(warnings).encode()).hexdigest()[:16]
    message = Message(
        key=f"{p.cycle.id}/van_hanh/{digest}",
        cycle=p.cycle.id,
        kind="van_hanh",
        recipients=recipients,
        subject=subject,
        html=html,
        text=text,
    )
    with p.store.write() as connection:
        add_message(connection, message, at=p.as_of)
