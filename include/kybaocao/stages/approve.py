"""Approving: what the human is asked about a version, which answers can be used, and what stands afterwards.

One run of a cycle asks at a time.  `report_versions.asked_in` names it, so a question that was lost with its run
is asked again, and one that a newer version has overtaken is closed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from kybaocao.documents.report.content import SignOff
from kybaocao.mail.messages import write_message
from kybaocao.plan.recipients import is_usable
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.proof import describe_proof
from kybaocao.stages.support.publication import summarise_figures
from kybaocao.stages.support.report_files import KINDS, list_report_files, list_waiting, load_contents, name_supplement
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import add_message
from kybaocao.store.reports import ReportState, ReportVersion, claim_question, find_version, load_snapshot, set_state
from kybaocao.store.tables import audit
from kybaocao.vietnamese import format_date, format_moment, format_percent, name_day

UNUSED_KIND = "tra_loi_chua_dung_duoc"
INCOMPLETE = "decision-incomplete"
# Số, ký hiệu of Nghị định 30/2020: "215/BC-UBND", "98/2026/BC-UBND".
_NUMBER = re.compile(r"\d{1,6}[a-zđ]?(/\d{4})?/[A-ZĐ][A-ZĐ0-9.]*(-[A-ZĐ0-9.]+)*")
MOST_NAMED = 20  # agencies that the form names; the annex names all
NEWER = "Đã có phiên bản mới hơn; phiên bản {version} không phát hành."


class DecisionError(ValueError):
    """What the human entered cannot be used; the message says what to enter, in Vietnamese."""


@dataclass(frozen=True)
class Decision:
    """What a human decided about one version."""

    is_approved: bool
    decided_by: str
    reason: str = ""
    sign_off: SignOff | None = None


@dataclass(frozen=True)
class Outcome:
    """What stands about a version."""

    is_approved: bool
    is_superseded: bool
    decided_at: dt.datetime | None
    decided_by: str
    text: str  # one Vietnamese sentence
    is_ours: bool = True  # whether the answer given just now is what stands


# --- what is asked -----------------------------------------------------------------------------------------------


def take_question(p: Pass, version: int, run: str, is_live: Callable[[str], bool]) -> bool:
    """Whether `run` is to ask about a version; False when it is decided, or another run asks and is alive.

    An approved version whose release was not queued is taken over, too: nothing is asked, the approval is carried out.
    """
    with p.store.write() as connection:
        report = find_version(connection, p.cycle.id, version)
        if report.state not in (ReportState.WAITING, ReportState.APPROVED) or (
            report.asked_in not in ("", run) and is_live(report.asked_in)
        ):
            return False
        claim_question(connection, p.cycle.id, version, run)
        action = "question-asked" if report.state == ReportState.WAITING else "release-resumed"
        record_action(connection, action, at=p.as_of, cycle=p.cycle.id, version=version, run=run)
    return True


def describe_for_approval(p: Pass, version: int, link: str = "") -> str:
    """What the human sees above the fields (Markdown): the last answer's problem, the document, warnings, counts.

    `link` is the address of the folder of this version on the console; "" leaves the links out.  Long lists come below
    the fields, see `describe_missing`.
    """
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        snapshot = load_snapshot(connection, report.snapshot)
        problem = find_problem(connection, p.cycle.id, version)
    figures = summarise_figures(p, snapshot)
    folder = p.home.root / report.folder
    waiting = list_waiting(load_contents(folder))
    lines = [f"> **Câu trả lời trước chưa dùng được.** {problem}", ""] if problem else []
    lines += [
        f"Báo cáo **{p.cycle.name}**, phiên bản **{version}**, đã gửi lãnh đạo {p.plan.coordinator}; "
        f"tiếp nhận **{figures['accepted']}/{figures['expected']}** cơ quan.",
        "",
    ]
    if link:
        files = sorted(list_report_files(folder), key=lambda path: KINDS.index(path.suffix))
        lines += ["Xem: " + " · ".join(f"[{path.name}]({link}/{path.name})" for path in files), ""]
    lines += [f"- ⚠ {warning}" for warning in list_release_warnings(p, version)]
    lines += [f"- {label}: **{value}**" for label, value in figures["counts"]]
    lines.append(f"- Đối chứng số liệu: **{describe_proof(folder)}**")
    if waiting:
        lines.append(f"- Còn **{len(waiting)}** chỗ chờ {p.plan.coordinator} bổ sung (tệp `{name_supplement(p)}`)")
    lines += [
        "",
        "**Phê duyệt**: điền số, ngày ký, người ký. **Trả lại**: ghi lý do; lượt sau lập phiên bản mới. "
        f"Mã nội dung: `{report.content_checksum[:12]}`.",
    ]
    return "\n".join(lines)


def describe_missing(p: Pass, version: int) -> str:
    """Open slots of the report and agencies without a submission, for the end of the form (Markdown).

    Of the agencies MOST_NAMED are named.
    """
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        snapshot = load_snapshot(connection, report.snapshot)
    missing = summarise_figures(p, snapshot)["missing"]
    waiting = list_waiting(load_contents(p.home.root / report.folder))
    lines = [f"Chỗ chờ {p.plan.coordinator} bổ sung: {'; '.join(waiting)}."] if waiting else []
    named = "; ".join(missing[:MOST_NAMED]) or "không"
    others = f"; … và {len(missing) - MOST_NAMED} cơ quan khác (xem phụ lục)" if missing[MOST_NAMED:] else ""
    return "\n\n".join([*lines, f"Cơ quan chưa có báo cáo ({len(missing)}): {named}{others}."])


def list_release_warnings(p: Pass, version: int) -> list[str]:
    """What to think of before a version is published: few submissions, or a deadline that is still to come."""
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        figures = summarise_figures(p, load_snapshot(connection, report.snapshot))
    accepted, expected = figures["accepted"], figures["expected"]
    found = []
    if expected and accepted * 100 < expected * p.cycle.warn_below_percent:
        share = format_percent(accepted * 100 / expected)
        found.append(
            f"Mới tiếp nhận {accepted}/{expected} cơ quan ({share}), dưới mức {p.cycle.warn_below_percent}% "
            "để số liệu có thể coi là của cả tỉnh."
        )
    if p.as_of < p.calendar.deadline(p.cycle) and accepted < expected:
        found.append(
            f"Chưa hết hạn nộp ({name_day(p.cycle.due_on)}); còn {expected - accepted} cơ quan có thể nộp đúng hạn."
        )
    return found


def find_problem(connection: Connection, cycle: str, version: int) -> str:
    """Why the last answer about a version could not be used; "" when there was none."""
    query = select(audit.c.detail).where(audit.c.action == INCOMPLETE, audit.c.cycle == cycle).order_by(audit.c.id)
    found = [json.loads(detail) for detail in connection.scalars(query)]
    return next((str(one["problem"]) for one in reversed(found) if one["version"] == version), "")


def is_closed(report: ReportVersion, run: str) -> bool:
    """Whether the question that `run` asks about this version needs no answer any more."""
    return report.state not in (ReportState.COMPILED, ReportState.WAITING) or report.asked_in not in ("", run)


# --- what is answered --------------------------------------------------------------------------------------------


def read_decision(
    p: Pass, *, is_approved: bool, decided_by: str, number: str, dated: str, signer: str, position: str, reason: str
) -> Decision:
    """A decision from the approval form's fields. Raises DecisionError naming everything to put right.

    Airflow refuses the answer of an account that was not named when the question was put; the names may have changed.
    """
    # PostgreSQL stores no text with a NUL in it.
    number, dated, signer, position, reason = (
        (text or "").replace("\0", "") for text in (number, dated, signer, position, reason)
    )
    accounts = [one.account for one in p.plan.require_recipients().approvers]
    if accounts and decided_by not in accounts:
        raise DecisionError(f"Tài khoản “{decided_by}” không có trong danh sách người phê duyệt (nguoi_phe_duyet).")
    if not is_approved:
        if not reason.strip():
            raise DecisionError("Trả lại thì xin ghi lý do ở mục “Lý do trả lại”.")
        return Decision(False, decided_by, reason.strip())
    missing = [
        label for label, value in (("Số", number), ("Ngày ký", dated), ("Người ký", signer)) if not value.strip()
    ]
    problems = [f"Phê duyệt thì xin điền: {', '.join(missing)}."] if missing else []
    number, signer, position = number.strip(), " ".join(signer.split()), " ".join(position.split())
    if number and not _NUMBER.fullmatch(number):
        problems.append(f"Số “{number}” chưa đúng; viết dạng 215/BC-UBND.")
    day = None
    if dated.strip():
        try:
            day = _read_day(p, dated.strip())
        except DecisionError as error:
            problems.append(str(error))
    if signer:
        try:
            signer, position = _find_signer(p, signer, position)
        except DecisionError as error:
            problems.append(str(error))
    if problems or day is None:
        raise DecisionError(" ".join(problems))
    return Decision(True, decided_by, "", SignOff(number, day, signer, position))


def _read_day(p: Pass, text: str) -> dt.date:
    """The signing day: after the data cut-off, and not after today.

    A replay does not know on which day its human answers: any day until the ministry's date is possible then.
    """
    day = None
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            day = dt.datetime.strptime(text.partition("T")[0], pattern).replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    if day is None:
        raise DecisionError(f"Ngày ký “{text}” chưa đúng; viết dạng {format_date(p.local.date())}.")
    latest = max(p.local.date(), p.cycle.bo_tai_chinh_by) if p.is_replay else p.local.date()
    if day > latest:
        raise DecisionError(f"Ngày ký {format_date(day)} chưa đến; muộn nhất là {format_date(latest)}.")
    if day <= p.cycle.period_to:
        raise DecisionError(
            f"Ngày ký {format_date(day)} không thể trước hoặc đúng ngày chốt số liệu {format_date(p.cycle.period_to)}."
        )
    return day


def _find_signer(p: Pass, name: str, position: str) -> tuple[str, str]:
    """(name, position) as the plan spells them; as entered while the plan names nobody."""
    signers = p.plan.require_recipients().signers
    if not signers:
        return name, position
    found = next((one for one in signers if one.name.casefold() == name.casefold()), None)
    if found is None:
        allowed = "; ".join(one.name for one in signers)
        raise DecisionError(f"“{name}” không có trong danh sách người được ký báo cáo ({allowed}).")
    if position and found.position and position.casefold() != found.position.casefold():
        raise DecisionError(f"Chức vụ của {found.name} là “{found.position}”, không phải “{position}”.")
    return found.name, found.position or position


def record_decision(p: Pass, version: int, decision: Decision) -> Outcome:
    """Store what the human decided, unless it is decided already or a newer version has taken this one's place."""
    with p.store.write() as connection:
        report = find_version(connection, p.cycle.id, version)
        if report.state != ReportState.WAITING:
            outcome = describe_outcome(p, report, decision)
            if not outcome.is_ours:
                record_action(
                    connection,
                    "decision-too-late",
                    at=p.as_of,
                    cycle=p.cycle.id,
                    actor=decision.decided_by,
                    version=version,
                    state=report.state,
                    was_approval=decision.is_approved,
                )
                _queue_unused(p, connection, version, decision.decided_by, outcome.text)
            return outcome
        set_state(
            connection,
            p.cycle.id,
            version,
            ReportState.APPROVED if decision.is_approved else ReportState.REJECTED,
            decided_at=p.as_of,
            decided_by=decision.decided_by,
            reason=decision.reason,
            sign_off=_plain(decision.sign_off),
        )
        record_action(
            connection,
            "report-approved" if decision.is_approved else "report-rejected",
            at=p.as_of,
            cycle=p.cycle.id,
            actor=decision.decided_by,
            version=version,
            content=report.content_checksum,
            reason=decision.reason,
            sign_off=_plain(decision.sign_off),
        )
        return describe_outcome(p, find_version(connection, p.cycle.id, version), decision)


def describe_outcome(p: Pass, report: ReportVersion, decision: Decision | None = None) -> Outcome:
    """What stands about a version that is decided or superseded; `decision` is the answer given just now."""
    if report.state in (ReportState.SUPERSEDED, ReportState.COMPILED, ReportState.WAITING):
        return Outcome(False, True, None, "", NEWER.format(version=report.version), is_ours=False)
    is_approved = report.state != ReportState.REJECTED
    verb = "được phê duyệt" if is_approved else "được trả lại"
    when = f" lúc {format_moment(report.decided_at.astimezone(p.plan.timezone))}" if report.decided_at else ""
    reason = f", lý do: {report.reason}" if report.reason else ""
    stored = (is_approved, report.decided_by, report.reason, report.sign_off)
    is_ours = decision is None or stored == (
        decision.is_approved,
        decision.decided_by,
        decision.reason,
        _plain(decision.sign_off),
    )
    text = f"Phiên bản {report.version} đã {verb} ({report.decided_by}{when}{reason})"
    if not is_ours:
        text += "; quyết định đó giữ nguyên, câu trả lời sau không được ghi nhận"
    return Outcome(is_approved, False, report.decided_at, report.decided_by, text + ".", is_ours)


def refuse_answer(p: Pass, version: int, account: str, problem: str) -> None:
    """Record that an answer could not be used, and write to whoever gave it; the next pass asks again."""
    with p.store.write() as connection:
        claim_question(connection, p.cycle.id, version, "")
        record_action(
            connection, INCOMPLETE, at=p.as_of, cycle=p.cycle.id, actor=account, version=version, problem=problem
        )
        _queue_unused(p, connection, version, account, problem)


def _queue_unused(p: Pass, connection: Connection, version: int, account: str, problem: str) -> None:
    """A mail to the holder of the account; to the operators where the plan does not know the account."""
    people = p.plan.require_recipients()
    holders = [one for one in people.approvers if one.account == account] or people.operators
    recipients = tuple(one.email for one in holders if is_usable(p.plan, one.email))
    if not recipients:
        return
    digest = hashlib.sha256(f"{account}/{problem}/{p.as_of.isoformat()}".encode()).hexdigest()[:12]
    message = write_message(
        UNUSED_KIND,
        p,
        key=f"{p.cycle.id}/{UNUSED_KIND}/{version}/{digest}",
        recipients=recipients,
        version=version,
        account=account,
        problem=problem,
    )
    add_message(connection, message, at=p.as_of)


def _plain(sign_off: SignOff | None) -> dict[str, str]:
    return {key: str(value) for key, value in asdict(sign_off).items()} if sign_off else {}
