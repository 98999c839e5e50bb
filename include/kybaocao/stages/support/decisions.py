"""What a human decides about a version: which answers can be used, and what stands afterwards.

Each of the two decisions (`decision_steps`) is taken once, about the version that was asked about.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from kybaocao.documents.model import SignOff
from kybaocao.plan.people import Signer
from kybaocao.stages.support.decision_steps import (
    LEADS_TO,
    WAITS_IN,
    Step,
    find_document,
    list_deciders,
    list_signers,
)
from kybaocao.stages.support.lifting import Key, record_lifts
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.questions import queue_unused
from kybaocao.stages.support.release_gate import FUTURE, Look, Obstacle, list_obstacles, word_obstacle
from kybaocao.stages.support.report_files import load_outlines
from kybaocao.store.audit import record_action
from kybaocao.store.reports import ReportState, ReportVersion, find_version, set_state
from kybaocao.vietnamese import format_date, format_moment

# Số, ký hiệu of Nghị định 30/2020: "215/BC-UBND", "98/2026/BC-UBND".
_NUMBER = re.compile(r"\d{1,6}[a-zđ]?(/\d{4})?(?P<symbol>/[A-ZĐ][A-ZĐ0-9.]*(-[A-ZĐ0-9.]+)*)")
NEWER = "Đã có phiên bản mới hơn; phiên bản {version} không phát hành."
_GIVEN = {Step.APPROVAL: "được phê duyệt", Step.SIGNATURE: "được UBND tỉnh ký"}


class DecisionError(ValueError):
    """What the human entered cannot be used; the message says what to enter, in Vietnamese."""


@dataclass(frozen=True)
class Decision:
    """What a human decided about one version."""

    is_approved: bool
    decided_by: str
    reason: str = ""
    sign_off: SignOff | None = None
    lifted: tuple[Key, ...] = ()  # the obstacles that stood in the way
    lift_reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """What stands about a version."""

    is_approved: bool
    is_superseded: bool
    decided_at: dt.datetime | None
    decided_by: str
    text: str  # one Vietnamese sentence
    is_ours: bool = True  # whether the answer given just now is what stands


# --- what is answered --------------------------------------------------------------------------------------------


def read_decision(
    p: Pass,
    version: int,
    step: Step = Step.APPROVAL,
    *,
    is_approved: bool,
    decided_by: str,
    number: str,
    dated: str,
    signer: str,
    position: str,
    reason: str,
    lift_reason: str = "",
    look: Look = list_obstacles,
) -> Decision:
    """A decision from the fields of its form. Raises DecisionError naming everything to put right.

    Airflow refuses the answer of an account that was not named when the question was put; the names may have changed.
    `lift_reason`: why the version leaves in spite of what blocks it (`release_gate`); `look`: lists that.
    """
    # PostgreSQL stores no text with a NUL in it.
    number, dated, signer, position, reason, lift_reason = (
        (text or "").replace("\0", "").strip() for text in (number, dated, signer, position, reason, lift_reason)
    )
    people = p.plan.require_recipients()
    accounts = [one.account for one in list_deciders(people, step)]
    if accounts and decided_by not in accounts:
        key = "nguoi_tra_loi_ubnd_tinh" if step is Step.SIGNATURE and people.province_approvers else "nguoi_phe_duyet"
        raise DecisionError(f"Tài khoản “{decided_by}” không có trong danh sách người phê duyệt ({key}).")
    if not is_approved:
        if not reason:
            raise DecisionError("Trả lại thì xin ghi lý do ở mục “Lý do trả lại”.")
        return Decision(False, decided_by, reason)
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
    contents = load_outlines(p.home.root / report.folder)
    problems = _list_missing(number, dated, signer)
    problems += _check_two_people(p, report, step, decided_by, signer)
    if number:
        problems += _check_number(number, find_document(step, contents).letterhead.symbol)
    day = None
    if dated:
        try:
            day = _read_day(p, dated, report if step is Step.SIGNATURE else None)
        except DecisionError as error:
            problems.append(str(error))
    signer, position = " ".join(signer.split()), " ".join(position.split())
    if signer:
        try:
            signer, position = _find_signer(list_signers(people, step, contents), signer, position)
        except DecisionError as error:
            problems.append(str(error))
    lifted = _list_blocking(look(p, version), lift_reason, problems)
    if problems or day is None:
        raise DecisionError(" ".join(problems))
    sign_off = SignOff(number, day, signer, position)
    return Decision(True, decided_by, "", sign_off, lifted, lift_reason if lifted else "")


def _list_missing(number: str, dated: str, signer: str) -> list[str]:
    missing = [label for label, value in (("Số", number), ("Ngày ký", dated), ("Người ký", signer)) if not value]
    return [f"Phê duyệt thì xin điền: {', '.join(missing)}."] if missing else []


def _check_number(number: str, symbol: str) -> list[str]:
    """The document's own symbol: the coordinator's report does not bear the number of UBND tỉnh's."""
    found = _NUMBER.fullmatch(number)
    if found is None:
        return [f"Số “{number}” chưa đúng; viết dạng 215{symbol}."]
    if found["symbol"] != symbol:
        return [f"Số “{number}” không mang ký hiệu của văn bản này; viết dạng 215{symbol}."]
    return []


def _check_two_people(p: Pass, report: ReportVersion, step: Step, decided_by: str, signer: str) -> list[str]:
    """Where the plan wants two people, who decided or signed first does neither at the second step."""
    if step is not Step.SIGNATURE or not p.plan.require_recipients().is_two_people:
        return []
    problems = []
    if decided_by == report.decided_by:
        problems.append(f"Tài khoản “{decided_by}” đã phê duyệt ở bước trước; bước này phải do người khác trả lời.")
    before = report.sign_off.get("signer", "")
    if signer and " ".join(signer.split()).casefold() == before.casefold():
        problems.append(f"{before} đã ký báo cáo trình UBND tỉnh; báo cáo này phải do người khác ký.")
    return problems


def _list_blocking(obstacles: Sequence[Obstacle], lift_reason: str, problems: list[str]) -> tuple[Key, ...]:
    """The obstacles that the answer accepts; what it cannot, or does not, accept is added to `problems`."""
    blocking = [one for one in obstacles if one.is_open]
    problems += [f"{one.text}; cần {one.remedy}." for one in blocking if not one.is_liftable]
    liftable = [one for one in blocking if one.is_liftable]
    if liftable and not lift_reason:
        listed = "; ".join(one.text for one in liftable)
        problems.append(f"Còn {len(liftable)} điểm chặn phát hành, xin ghi “Lý do vẫn phát hành”: {listed}.")
    return tuple(one.key for one in liftable)


def _read_day(p: Pass, text: str, submitted: ReportVersion | None) -> dt.date:
    """The signing day: after the data cut-off, not before the submission was signed, and not after today.

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
        raise DecisionError(f"{word_obstacle(FUTURE, ngay=format_date(day), muon_nhat=format_date(latest)).text}.")
    if day <= p.cycle.period_to:
        raise DecisionError(
            f"Ngày ký {format_date(day)} không thể trước hoặc đúng ngày chốt số liệu {format_date(p.cycle.period_to)}."
        )
    before = submitted.sign_off if submitted is not None else {}
    if before and day < (first := dt.date.fromisoformat(before["dated"])):
        raise DecisionError(
            f"Ngày ký {format_date(day)} không thể trước ngày của Báo cáo số {before['number']} ({format_date(first)})."
        )
    return day


def _find_signer(signers: tuple[Signer, ...], name: str, position: str) -> tuple[str, str]:
    """(name, position) as the plan spells them; as entered while the plan names nobody."""
    if not signers:
        return name, position
    found = next((one for one in signers if one.name.casefold() == name.casefold()), None)
    if found is None:
        allowed = "; ".join(one.name for one in signers)
        raise DecisionError(f"“{name}” không có trong danh sách người được ký báo cáo ({allowed}).")
    if position and found.position and position.casefold() != found.position.casefold():
        raise DecisionError(f"Chức vụ của {found.name} là “{found.position}”, không phải “{position}”.")
    return found.name, found.position or position


# --- what stands -------------------------------------------------------------------------------------------------


def record_decision(p: Pass, version: int, decision: Decision, step: Step = Step.APPROVAL) -> Outcome:
    """Store what the human decided, unless it is decided already or a newer version has taken this one's place."""
    with p.store.write() as connection:
        report = find_version(connection, p.cycle.id, version)
        if report.state != WAITS_IN[step]:
            outcome = describe_outcome(p, report, decision, step)
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
                queue_unused(p, connection, version, step, decision.decided_by, outcome.text)
            return outcome
        is_first = step is Step.APPROVAL
        sign_off = _plain(decision.sign_off)
        set_state(
            connection,
            p.cycle.id,
            version,
            LEADS_TO[step] if decision.is_approved else ReportState.REJECTED,
            reason=decision.reason,
            **{
                "decided_at" if is_first else "signed_at": p.as_of,
                "decided_by" if is_first else "signed_by": decision.decided_by,
                "sign_off" if is_first else "signature": sign_off,
            },
        )
        record_lifts(
            connection, p, version, decision.lifted, by=decision.decided_by, reason=decision.lift_reason, at=p.as_of
        )
        done = "approved" if is_first else "signed"
        record_action(
            connection,
            f"report-{done}" if decision.is_approved else "report-rejected",
            at=p.as_of,
            cycle=p.cycle.id,
            actor=decision.decided_by,
            version=version,
            content=report.content_checksum,
            reason=decision.reason,
            sign_off=sign_off,
        )
        return describe_outcome(p, find_version(connection, p.cycle.id, version), decision, step)


def describe_outcome(
    p: Pass, report: ReportVersion, decision: Decision | None = None, step: Step = Step.APPROVAL
) -> Outcome:
    """What stands about a version that is decided or superseded; `decision` is the answer given just now.

    Of a version that has one decision only, that one stands for both.
    """
    if report.state in (ReportState.SUPERSEDED, ReportState.COMPILED, ReportState.WAITING):
        return Outcome(False, True, None, "", NEWER.format(version=report.version), is_ours=False)
    is_approved = report.state != ReportState.REJECTED
    is_second = report.signed_at is not None and (step is Step.SIGNATURE or not is_approved)
    at, by, given = (
        (report.signed_at, report.signed_by, report.signature)
        if is_second
        else (report.decided_at, report.decided_by, report.sign_off)
    )
    verb = _GIVEN[Step.SIGNATURE if is_second else Step.APPROVAL]
    if not is_approved:
        verb = "được UBND tỉnh trả lại" if is_second else "được trả lại"
    when = f" lúc {format_moment(at.astimezone(p.plan.timezone))}" if at else ""
    reason = f", lý do: {report.reason}" if report.reason else ""
    is_ours = decision is None or (is_approved, by, report.reason, given) == (
        decision.is_approved,
        decision.decided_by,
        decision.reason,
        _plain(decision.sign_off),
    )
    text = f"Phiên bản {report.version} đã {verb} ({by}{when}{reason})"
    if not is_ours:
        text += "; quyết định đó giữ nguyên, câu trả lời sau không được ghi nhận"
    return Outcome(is_approved, False, at, by, text + ".", is_ours)


def _plain(sign_off: SignOff | None) -> dict[str, str]:
    return {key: str(value) for key, value in asdict(sign_off).items()} if sign_off else {}
