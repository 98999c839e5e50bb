"""Opening a cycle: each agency's form in its folder, and a mail that says so."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any

from kybaocao.files import create_inside, explain_os_error
from kybaocao.form.layout import FormLayout, build_layout
from kybaocao.form.workbook import render_form
from kybaocao.inbox.misplaced import HERE
from kybaocao.mail.messages import write_message
from kybaocao.mail.usefulness import OPENING_KIND
from kybaocao.plan.agencies import ContactRole
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.form_edition import LATE_REASON
from kybaocao.plan.recipients import find_contacts
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.agency_folder import make_folders
from kybaocao.stages.support.history import describe_previous
from kybaocao.stages.support.own_deadlines import find_own_deadlines
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import list_actions, list_agencies, record_action
from kybaocao.store.forms import list_issued
from kybaocao.store.outbox import Message, add_message
from kybaocao.store.submissions import Judged, insert_ignoring, latest_accepted, list_verdicts, remember_drop
from kybaocao.store.tables import issued_forms

_FAILED = "form-not-issued"
AGAIN = "form-issued-again"  # in the audit
SHOWN = 5  # agencies named in one sentence


def is_open(p: Pass) -> bool:
    """Between opening and closing; a cycle that ended before anyone looked is not opened any more."""
    return p.as_of >= p.calendar.at(p.cycle.opens) and p.local.date() <= p.cycle.closes_on


def issue_forms(p: Pass) -> list[str]:
    """Put every form that is not there yet into its agency's folder; returns the agencies served now.

    A folder that takes no form (see `list_without_form`) is tried again by the next pass, and stops nobody else.
    """
    if not is_open(p):
        return []
    p.home.shared.mkdir(parents=True, exist_ok=True)
    without = list_without_form(p)
    served = []
    for agency in p.plan.expected:
        try:
            make_folders(p, agency.code)
            if agency.code in without:
                _issue_form(p, agency.code)
                served.append(agency.code)
        except OSError as error:
            if agency.code in without:
                _record_failure(p, agency.code, error)
    return served


def _record_failure(p: Pass, agency: str, error: OSError) -> None:
    """Once for an agency: it holds until the form is issued."""
    with p.store.write() as connection:
        if agency not in list_agencies(connection, _FAILED, p.cycle.id):
            record_action(
                connection, _FAILED, at=p.as_of, cycle=p.cycle.id, agency=agency, reason=explain_os_error(error)
            )


def list_without_form(p: Pass) -> list[str]:
    """Agencies that owe a submission and have not been given the form of an open cycle."""
    if not is_open(p):
        return []
    with p.store.read() as connection:
        held = list_issued(connection, p.cycle.id)
    today = p.local.date()
    owing = (agency.code for agency in p.plan.expected if p.plan.owes_return(p.cycle.id, agency.code, today))
    return [code for code in owing if code not in held and not p.plan.blocked(code)]


def list_form_failures(p: Pass) -> list[str]:
    """Those of them whose folder did not take the form. The others' turn has not come: a pass is still issuing forms,
    or none has run since the cycle opened or they were added."""
    with p.store.read() as connection:
        failed = list_agencies(connection, _FAILED, p.cycle.id)
    return [code for code in list_without_form(p) if code in failed]


def list_issued_late(p: Pass) -> list[str]:
    """What the operators must decide about agencies whose form was issued with too little time, or none.

    Whoever was asked when the deadline was over is not reminded by the ladder until there is another deadline.
    """
    if not is_open(p):
        return []
    with p.store.read() as connection:
        issued = list_issued(connection, p.cycle.id)
    today, over, hasty = p.local.date(), list[str](), list[str]()
    for code in (agency.code for agency in p.plan.expected if agency.code in issued):
        day, due_on = p.calendar.day_of(issued[code]), p.plan.cycle_of(p.cycle.id, code, today).due_on
        is_short = not p.calendar.working_days_between(day, due_on)
        if is_short and p.plan.owes_return(p.cycle.id, code, today):
            (over if day > due_on else hasty).append(code)
    if over or hasty:
        with p.store.read() as connection:
            versions = list_verdicts(connection, p.cycle.id, [*over, *hasty])
        done = {code for code, mine in versions.items() if Judged(FORM, Verdict.ACCEPTED) in mine}
        over, hasty = ([code for code in codes if code not in done] for codes in (over, hasty))
    remedy = "xin gia hạn (gia_han) hoặc đổi hạn chung (doi_han) trong dieu_chinh.yaml."
    found = []
    if over:
        found.append(
            f"Biểu mẫu được phát khi hạn cuối đã qua cho {_name_agencies(over)}: các cơ quan này không bị đôn đốc theo "
            f"hạn đã qua; để có hạn mới và đôn đốc theo hạn đó, {remedy}"
        )
    if hasty:
        found.append(
            f"Biểu mẫu được phát khi không còn trọn một ngày làm việc trước hạn cuối cho {_name_agencies(hasty)}; "
            f"nếu thấy cần thêm thời gian, {remedy}"
        )
    return found


def _name_agencies(codes: list[str]) -> str:
    more = f" và {len(codes) - SHOWN} cơ quan khác" if len(codes) > SHOWN else ""
    return f"{len(codes)} cơ quan ({', '.join(codes[:SHOWN])}{more})"


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _describe_deadline(p: Pass, layout: FormLayout) -> dict[str, Any]:
    """The agency's own deadline, and what the form calls the reason for coming later."""
    own = p.plan.cycle_of(p.cycle.id, layout.agency.code, p.local.date())
    field = layout.edition.find_field(LATE_REASON)
    return {
        "due_on": own.due_on,
        "reason_label": field[1].label if field else "",
    }


class ReissueError(ValueError):
    """Why a form is not issued once more, in Vietnamese; nothing was changed."""


def issue_form_again(p: Pass, agency: str, *, by: str, reason: str) -> str:
    """Put an empty form into the agency's folder once more, and write to it; returns the file's name.

    A form that lies there stays: somebody may be filling it in. Raises ReissueError, and OSError when the folder
    takes nothing.
    """
    if not is_open(p):
        raise ReissueError("Kỳ chưa mở hoặc đã đóng; không phát biểu mẫu.")
    if p.plan.blocked(agency):
        raise ReissueError("Cấu hình của cơ quan này đang có lỗi nên chưa phát được biểu mẫu; xin sửa cấu hình trước.")
    with p.store.exclusive(f"form-{p.cycle.id}-{agency}"):
        with p.store.read() as connection:
            issued = list_issued(connection, p.cycle.id)
            accepted = latest_accepted(connection, p.cycle.id, agency)
            times = len(list_actions(connection, AGAIN, p.cycle.id, agency)) + 1
        if agency not in issued:
            raise ReissueError("Biểu mẫu chưa được phát lần đầu; lượt chạy tới sẽ phát.")
        if accepted is not None:
            raise ReissueError(
                f"Quá muộn: báo cáo của cơ quan (bản số {accepted.version}) đã được tiếp nhận; không phát lại."
            )
        return _issue_again(p, agency, times, by, reason)


def _issue_again(p: Pass, agency: str, times: int, by: str, reason: str) -> str:
    layout = build_layout(p.plan, p.cycle.id, agency)
    make_folders(p, agency)
    name = PurePath(layout.edition.name_form(agency, p.cycle.id))
    content = render_form(layout, before=describe_previous(p, agency))
    folder = p.home.cycle_folder(agency, p.cycle.id)
    path = folder / name
    if os.path.lexists(path):
        path = folder / f"{name.stem}_phat-lai-{times:02d}{name.suffix}"
    create_inside(p.home.shared, path.relative_to(p.home.shared), content)
    message = _write_opening(p, layout, path.name, key=f"{p.cycle.id}/{OPENING_KIND}/{agency}/{times}")
    with p.store.write() as connection:
        remember_drop(connection, p.cycle.id, agency, HERE + path.name, "", hashlib.sha256(content).hexdigest())
        record_action(
            connection, AGAIN, at=p.as_of, cycle=p.cycle.id, agency=agency, actor=by, path=path.name, reason=reason
        )
        if message.recipients:
            add_message(connection, message, at=p.as_of)
    return path.name


def _write_opening(p: Pass, layout: FormLayout, file_name: str, *, key: str) -> Message:
    agency = layout.agency.code
    officers, heads = (find_contacts(p.plan, agency, role, p.local.date()) for role in ContactRole)
    return write_message(
        OPENING_KIND,
        p,
        key=key,
        recipients=officers or heads,
        agency=agency,
        file_name=file_name,
        own_deadlines=find_own_deadlines(p, agency),
        **_describe_deadline(p, layout),
    )


def _issue_form(p: Pass, agency: str) -> None:
    layout = build_layout(p.plan, p.cycle.id, agency)
    path = p.home.cycle_folder(agency, p.cycle.id) / layout.edition.name_form(agency, p.cycle.id)
    content = b""
    if not _is_file(path):  # an official may already be filling it in
        content = render_form(layout, before=describe_previous(p, agency))
        with suppress(FileExistsError):  # another pass was faster: its form may be filled in by now
            create_inside(p.home.shared, path.relative_to(p.home.shared), content)
    message = _write_opening(p, layout, path.name, key=f"{p.cycle.id}/{OPENING_KIND}/{agency}")
    with p.store.write() as connection:
        is_new = insert_ignoring(
            connection,
            issued_forms,
            cycle=p.cycle.id,
            agency=agency,
            edition=layout.identity.edition,
            checksum=layout.identity.checksum,
            path=str(path.relative_to(p.home.root)),
            issued_at=p.as_of,
        )
        if not is_new:
            return
        if content:  # known again, as long as nobody has filled it in
            remember_drop(connection, p.cycle.id, agency, HERE + path.name, "", hashlib.sha256(content).hexdigest())
        record_action(connection, "form-issued", at=p.as_of, cycle=p.cycle.id, agency=agency, path=path.name)
        if message.recipients:
            add_message(connection, message, at=p.as_of)
