"""What the operators are warned of, in one mail: each warning is a Vietnamese sentence about one thing to fix."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from kybaocao.documents.report.supplement import LIMIT_KB, Fault, Problem, list_unused, read_supplement
from kybaocao.findings import shorten
from kybaocao.inbox.submission import Submission
from kybaocao.mail.messages import write_message
from kybaocao.mail.operator_letters import describe_reason, warn_of_mute
from kybaocao.plan.recipients import allowed_people, list_unreachable
from kybaocao.plan.warnings import list_plan_warnings
from kybaocao.stages.support.agency_folder import list_unwritten
from kybaocao.stages.support.decision_steps import is_to_submit
from kybaocao.stages.support.delivery_problems import list_delivery_problems
from kybaocao.stages.support.form_issuing import list_form_failures, list_issued_late
from kybaocao.stages.support.granting import list_misfit_warnings
from kybaocao.stages.support.lateness import list_left_out
from kybaocao.stages.support.misplaced_files import list_misplaced_locations
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.proof import list_proof_warnings
from kybaocao.stages.support.report_files import load_contents, name_supplement
from kybaocao.stages.support.unknown_folders import NO_RIGHTS, NOT_REAL, list_unknown_folders
from kybaocao.stages.support.untaken_files import list_unjudged, list_untaken_files
from kybaocao.stages.support.warning_record import record_warnings
from kybaocao.store.audit import record_action
from kybaocao.store.audit_chain import has_row, read_kept_head
from kybaocao.store.journal import StoreIsOlderError
from kybaocao.store.outbox import LetterState, add_message, find_key, list_messages, mark_over
from kybaocao.store.reports import (
    BO_TAI_CHINH,
    RELEASED,
    SO_TAI_CHINH,
    UBND_TINH,
    ReportState,
    list_publications,
    list_versions,
)
from kybaocao.store.submissions import list_shared_files
from kybaocao.vietnamese import format_moment, name_day
from kybaocao.watch.observation import Cause, read_record

WARNING_KIND = "van_hanh"
OUTDATED = "việc cần xử lý đã đổi trước khi thư gửi được"
PATIENCE = dt.timedelta(hours=1)  # from the hour of compilation to the report that should have left
LITTLE_SPACE = 2 * 2**30  # bytes free on a disk
WATCH_PATIENCE = dt.timedelta(minutes=10)  # it looks every minute
_TRAIL_CUT = (
    "Nhật ký (bảng audit) không còn dòng mới nhất đã được ghi nhớ ngoài kho dữ liệu: có dòng đã bị xóa hoặc sửa, hoặc "
    "kho dữ liệu được khôi phục từ một bản cũ hơn. Xin xem phần “Nhật ký ở đâu” trong sổ tay vận hành."
)
_STRANDED = {
    ReportState.APPROVED: "đã được phê duyệt để trình UBND tỉnh",
    ReportState.SUBMITTED: "đã trình, chờ UBND tỉnh ký",
}
_LAST_READ = "báo cáo tạm dùng nội dung bổ sung của phiên bản trước (nếu có)"
_SUPPLEMENT_FAULTS = {
    Fault.UNREADABLE: f"không đọc được; {_LAST_READ}. Xin kiểm tra quyền đọc tệp.",
    Fault.TOO_LARGE: f"lớn hơn {LIMIT_KB} KB; {_LAST_READ}. Xin rút gọn.",
    Fault.NOT_UTF_8: f"không phải văn bản mã UTF-8; {_LAST_READ}. Xin lưu lại, chọn mã UTF-8.",
    Fault.UNKNOWN_HEADING: "dòng {dong}: không có mục “{muc}” nên nội dung dưới đề mục này chưa được đưa vào báo cáo. "
    "Đề mục bắt đầu bằng số của phần: I, III.1, III.2…, IV hoặc V.2.",
    Fault.NO_HEADING: "dòng {dong}: có nội dung đứng trước đề mục đầu tiên nên chưa được đưa vào báo cáo.",
    Fault.CLOSED_SLOT: "mục “{muc}” không còn chờ bổ sung vì đã có báo cáo của cơ quan; "
    "nội dung viết ở mục này không được đưa vào báo cáo.",
}


def list_warnings(p: Pass, failed: Collection[str] = ()) -> list[str]:
    """One Vietnamese sentence per thing to fix; `failed` are agencies whose files this pass could not judge."""
    found = list_store_warnings(p)
    found += [f"Cấu hình: {fault}" for fault in p.plan.list_faults()]
    if not p.plan.list_faults():
        found += [f"Cấu hình, nên xem lại: {one}" for one in list_plan_warnings(p.plan, p.local.date())]
    if p.plan.recipients is not None:
        found.extend(
            f"Chưa có địa chỉ thư dùng được cho {p.plan.agencies[code].name} ({code})."
            for code in list_unreachable(p.plan, p.local.date())
        )
    unknown = list_unknown_folders(p)
    found += [f"Thư mục lạ trong shared/: {name}" for name in unknown]
    closed = (name for name in unknown if name.endswith((NOT_REAL, NO_RIGHTS)))
    found += list_untaken_files(p, {re.split("[/ ]", name, maxsplit=1)[0] for name in closed})
    found += list_unjudged(p, failed)
    found += [f"Tệp chưa được nộp (cơ quan đã được báo): {place}." for place in list_misplaced_locations(p)]
    found += [
        f"Chưa đặt được biểu mẫu vào thư mục của {p.plan.agencies[code].name} ({code}); lượt sau sẽ thử lại."
        for code in list_form_failures(p)
    ]
    found += list_issued_late(p)
    found += list_misfit_warnings(p)
    found += [f"Chưa ghi được tệp trả lời shared/{place}; lượt sau sẽ thử lại." for place in list_unwritten(p)]
    found += list_watch_warnings(p)
    found += list_disk_warnings(p)
    found += list_proof_warnings(p)
    found += list_late_publications(p)
    found += list_stranded_versions(p)
    found += [
        f"Báo cáo của {_name_holder(p, submission)} được tiếp nhận sau khi báo cáo tỉnh đã trình, đã gửi hoặc kỳ đã "
        "đóng nên chưa được đưa vào; nếu đưa vào, xin chạy tay một lượt, chọn “Lập báo cáo ngay dù chưa đến hạn”."
        for submission in list_left_out(p)
    ]
    found += list_supplement_warnings(p)
    with p.store.read() as connection:
        kept = read_kept_head(p.home.audit_head)
        if kept is not None and not has_row(connection, kept):
            found.append(_TRAIL_CUT)
        for holders in list_shared_files(connection, p.cycle.id):
            names = "; ".join(_name_holder(p, submission) for submission in holders)
            found.append(f"Cùng một tệp (giống hệt từng byte) do nhiều cơ quan nộp: {names}.")
    return found + list_delivery_problems(p)


def _name_holder(p: Pass, submission: Submission) -> str:
    agency = p.plan.agencies.get(submission.agency)
    return f"{agency.name if agency else 'cơ quan'} ({submission.agency}, tệp “{shorten(submission.file_name)}”)"


def list_store_warnings(p: Pass) -> list[str]:
    """The store was restored and nobody has decided yet: no pass begins."""
    with p.store.read() as connection:
        is_older = p.store.journal.is_ahead(connection)
    return [str(StoreIsOlderError())] if is_older else []


def list_watch_warnings(p: Pass) -> list[str]:
    """The watch over passes has stopped looking; where it never looked, Airflow does not run the passes."""
    record = None if p.is_replay else read_record(p.home.watch_record(p.cycle.id))
    if record is None or p.as_of - record.seen_at < WATCH_PATIENCE:
        return []
    last = format_moment(record.seen_at.astimezone(p.plan.timezone))
    return [
        f"Bộ giám sát lượt chạy không hoạt động, lần cuối lúc {last}; từ lúc đó không có thư báo về lượt chạy "
        "quá lâu hoặc phải đợi. Xin khởi động lại (“giam-sat” trên một máy, “watch” trong docker compose)."
    ]


def list_disk_warnings(p: Pass) -> list[str]:
    """Each disk with little room, once. The number of bytes is left out: another one would be another warning."""
    disks: dict[int, Path] = {}
    for folder in (p.home.root, p.home.shared):
        with suppress(OSError):  # said by whoever has to write there
            if shutil.disk_usage(folder).free < LITTLE_SPACE:
                disks.setdefault(folder.stat().st_dev, folder)
    return [
        f"Ổ đĩa chứa {folder} còn dưới {LITTLE_SPACE // 2**30} GB trống; hết chỗ thì không thu được tệp, không ghi "
        "được kết quả. Xin giải phóng hoặc thêm dung lượng."
        for folder in disks.values()
    ]


def list_silent_parts(p: Pass) -> list[str]:
    """Parts of Airflow, and the queue, that are down, as the watch saw them last; it writes to the operators itself."""
    record = read_record(p.home.watch_record(p.cycle.id))
    reasons = [one for one in record.hold.reasons if one.cause is Cause.SILENT] if record else []
    words = [describe_reason(one, p.plan.timezone) for one in reasons]
    return [f"{cause[0].upper()}{cause[1:]}. Xin {remedy}." for cause, remedy in words]


def list_mute_tasks(p: Pass) -> list[str]:
    """Tasks that hang before their first line, as the watch saw them last; it writes to the operators itself."""
    record = read_record(p.home.watch_record(p.cycle.id))
    return [warn_of_mute(one, p.plan.timezone) for one in record.mute] if record else []


def list_late_publications(p: Pass) -> list[str]:
    """A report that should have left for Sở Tài chính, UBND tỉnh or Bộ Tài chính by now.

    "Before the 15th" (mục IV.3) is the day of the submission to UBND tỉnh, or of the approval in a plan without one;
    the ministry's day is that of the publication.
    """
    cycle, today = p.cycle, p.local.date()
    if today > cycle.closes_on or p.plan.calendar is None or p.as_of < p.calendar.at(cycle.compile_at) + PATIENCE:
        return []
    with p.store.read() as connection:
        released = list_publications(connection, cycle.id)
        states = {version.state for version in list_versions(connection, cycle.id)}
    begun, done = ({one.release for one in released if one.completed_at or not is_done} for is_done in (False, True))
    if BO_TAI_CHINH in done:
        return []
    report, coordinator = f"Báo cáo {cycle.name}", p.plan.coordinator
    if today > cycle.bo_tai_chinh_by:
        ministry = ", ".join(person.name for person in p.plan.recipients.ministry) if p.plan.recipients else "Bộ"
        fault = "chưa đến đủ nơi nhận" if BO_TAI_CHINH in begun else "chưa được gửi"
        return [f"{report} đã quá hạn gửi {ministry} ({name_day(cycle.bo_tai_chinh_by)}) mà {fault}."]
    is_submitting = p.plan.wording is not None and p.plan.wording.province is not None
    settled = (ReportState.SIGNED, *RELEASED) if is_submitting else (ReportState.APPROVED, *RELEASED)
    if states.intersection(settled) or UBND_TINH in done:
        return []
    if SO_TAI_CHINH not in done:
        compiled = p.calendar.at(cycle.compile_at).astimezone(p.plan.timezone)
        return [f"{report} đến hạn tổng hợp lúc {format_moment(compiled)} mà chưa gửi được lãnh đạo {coordinator}."]
    if today >= cycle.so_tai_chinh_before:
        due = name_day(cycle.so_tai_chinh_due_on)
        fault = "chưa được phê duyệt"
        if ReportState.APPROVED in states:
            fault = "chưa trình được UBND tỉnh"
        elif ReportState.SUBMITTED in states:
            fault = "chưa đến đủ nơi nhận ở UBND tỉnh"
        elif is_submitting:
            fault = "chưa được phê duyệt để trình UBND tỉnh"
        return [f"{report} đã gửi lãnh đạo {coordinator} nhưng đến hết hạn ({due}) {fault}."]
    return []


def list_stranded_versions(p: Pass) -> list[str]:
    """Decided versions on their way to UBND tỉnh, after the plan has lost that step: nothing would send them on."""
    if p.plan.wording is None or p.plan.wording.province is not None:
        return []
    with p.store.read() as connection:
        versions = list_versions(connection, p.cycle.id)
    found = []
    for one in versions:
        said = _STRANDED.get(one.state)
        if said is not None and is_to_submit(one, load_contents(p.home.root / one.folder)):
            found.append(
                f"Báo cáo {p.cycle.name}, phiên bản {one.version} {said}, nhưng bao_cao.yaml không còn mục "
                "trinh_ubnd_tinh nên không có bước gửi tiếp. Xin ghi lại mục này cho đến khi gửi xong; hoặc chạy tay "
                "một lượt, chọn “Lập báo cáo ngay dù chưa đến hạn”, để duyệt lại một văn bản gửi thẳng Bộ Tài chính."
            )
    return found


def list_supplement_warnings(p: Pass) -> list[str]:
    """What the coordinator wrote that does not reach the report."""
    if p.plan.wording is None:
        return []  # the warnings name that fault of the configuration already
    supplement = read_supplement(p.home.supplement(p.cycle.id), p.plan)
    problems = list(supplement.problems)
    if supplement.paragraphs:
        with p.store.read() as connection:
            versions = list_versions(connection, p.cycle.id)
        if versions:
            contents = load_contents(p.home.root / versions[-1].folder)
            problems += list_unused(supplement, p.plan, {slot for one in contents.values() for slot in one.slots})
    return [f"Tệp {name_supplement(p)}: {_describe(problem)}" for problem in problems]


def _describe(problem: Problem) -> str:
    return _SUPPLEMENT_FAULTS[problem.fault].format(dong=problem.line, muc=shorten(problem.text))


def warn_of_untaken(p: Pass, failed: Collection[str] = ()) -> list[str]:
    """Warn at once, in the pass itself, of files that could not be taken or judged; the warnings as they are now.

    The mail holds all warnings: the next pass, which finds the same ones, sends no other.
    """
    if not (list_untaken_files(p) or list_unjudged(p, failed)):
        return []
    warnings = list_warnings(p, failed)
    warn_operators(p, warnings)
    return warnings


def warn_operators(p: Pass, warnings: list[str]) -> None:
    """One mail per new set of warnings. A mail about an earlier set that has not left yet is withdrawn."""
    record_warnings(p, warnings)
    people = allowed_people(p.plan, p.plan.recipients.operators) if warnings and p.plan.recipients else ()
    message = None
    if people:
        digest = hashlib.sha256("\n".join(warnings).encode()).hexdigest()[:16]
        key = f"{p.cycle.id}/{WARNING_KIND}/{digest}"
        message = write_message(WARNING_KIND, p, key=key, recipients=people, warnings=warnings)
    with p.store.write() as connection:
        key = _name_warnings(connection, message.key, p.as_of) if message else ""
        _withdraw_outdated(connection, p, key)
        if message:
            add_message(connection, replace(message, key=key), at=p.as_of)


def _withdraw_outdated(connection: Connection, p: Pass, key: str) -> None:
    for one in list_messages(connection, p.cycle.id, (LetterState.PENDING,)):
        if one.message.kind == WARNING_KIND and one.message.key != key:
            mark_over(connection, one.id, LetterState.WITHDRAWN, OUTDATED)
            to = list(one.message.addresses)
            record_action(
                connection, "mail-withdrawn", at=p.as_of, cycle=p.cycle.id, key=one.message.key, to=to, reason=OUTDATED
            )


def _name_warnings(connection: Connection, key: str, at: dt.datetime) -> str:
    """The key of the mail about a set of warnings: another one when the mail before was withdrawn by the system."""
    number = 1
    while True:
        name = key if number == 1 else f"{key}/{number}"
        before = find_key(connection, name)
        is_withdrawn = before is not None and before.state == LetterState.WITHDRAWN
        if before is None or not (is_withdrawn and (before.has_lapsed(at) or before.last_error == OUTDATED)):
            return name
        number += 1
