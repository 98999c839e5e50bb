"""What officials decide about single agencies while the system runs: more time, no duty, a rule that does not bind.

The commands and the console call these functions.  A decision is recorded beside those of `dieu_chinh.yaml`, and every
pass that begins later has both in its plan; it is judged by the same rules, and what came too late changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from pydantic import ValidationError
from sqlalchemy import Connection

from kybaocao.plan.adjustments import KEYS, Adjustment, Exemption, Extension, RuleWaiver
from kybaocao.plan.granted import find_misfits
from kybaocao.plan.load import find_plan
from kybaocao.stages.support.lateness import Consequence, find_consequence
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import record_action
from kybaocao.store.granted_decisions import Granted, add_granted, add_revocation, list_granted
from kybaocao.store.submissions import latest_accepted
from kybaocao.vietnamese import format_date, format_moment
from kybaocao.yaml_source import explain

GRANTABLE = tuple(key for key, model in KEYS.items() if model in (Extension, Exemption, RuleWaiver))
_LOCK = "granted-decisions"
_FIELDS = {
    "co_quan": "Cơ quan",
    "nguoi_quyet_dinh": "Người quyết định",
    "van_ban": "Số, ký hiệu văn bản",
    "ngay": "Ngày quyết định",
    "ly_do": "Lý do",
    "truoc_ngay": "Hạn mới",
    "quy_tac": "Quy tắc",
    "den_ngay": "Miễn đến hết ngày",
}
_OVER = {
    Consequence.CLOSED: "Kỳ báo cáo đã đóng",
    Consequence.SENT: "Báo cáo của kỳ đã gửi đi",
}


class DecisionError(ValueError):
    """Why a decision cannot be recorded, in Vietnamese; nothing was changed."""


def grant_decision(p: Pass, kind: str, agency: str, said: Mapping[str, str], *, by: str, reason: str) -> Granted:
    """Record a decision about one agency; `said` are the keys that `dieu_chinh.yaml` would have, as text.

    Raises DecisionError.
    """
    entry = _read_entry(p, kind, agency, said, reason)
    with p.store.exclusive(_LOCK), p.store.write() as connection:
        _refuse_late(p, connection, agency)
        standing = [one.entry for one in list_granted(connection, p.plan.cycles, p.as_of) if one.revoked is None]
        for misfit, problem in find_misfits(find_plan(p.cycle.id, p.home), (*standing, entry)):
            if misfit == entry:  # equal, for what was judged before is kept in memory
                raise DecisionError(f"{_name_field(problem.field)}: {problem.message}.")
        number = add_granted(connection, kind, entry, at=p.as_of, account=by)
        record_action(
            connection,
            "decision-granted",
            at=p.as_of,
            cycle=p.cycle.id,
            agency=agency,
            actor=by,
            decision=number,
            kind=kind,
            reason=reason,
            says=entry.model_dump(mode="json", by_alias=True, exclude_unset=True),
        )
    return Granted(number, kind, entry, p.as_of, by)


def revoke_decision(p: Pass, number: int, *, by: str, reason: str) -> Granted:
    """From now on this decision does not hold. Raises DecisionError."""
    with p.store.exclusive(_LOCK), p.store.write() as connection:
        known = {one.id: one for one in list_granted(connection, [p.cycle.id], p.as_of)}
        granted = known.get(number)
        if granted is None:
            raise DecisionError(f"Không có quyết định số {number} của kỳ {p.cycle.id}.")
        if granted.revoked is not None:
            when = format_moment(granted.revoked.at.astimezone(p.plan.timezone))
            raise DecisionError(f"Quyết định số {number} đã được {granted.revoked.account} thu hồi lúc {when}.")
        _refuse_late(p, connection, granted.agency)
        add_revocation(connection, granted, at=p.as_of, account=by, reason=reason)
        record_action(
            connection,
            "decision-revoked",
            at=p.as_of,
            cycle=p.cycle.id,
            agency=granted.agency,
            actor=by,
            decision=number,
            kind=granted.kind,
            reason=reason,
        )
    return granted


def list_misfit_warnings(p: Pass) -> list[str]:
    """For the operators: decisions that stand but cannot hold, because the plan's files were changed since."""
    with p.store.read() as connection:
        standing = [one for one in list_granted(connection, [p.cycle.id], p.as_of) if one.revoked is None]
    misfits = find_misfits(find_plan(p.cycle.id, p.home), [one.entry for one in standing])
    return [
        f"Quyết định số {one.id} về {one.agency} không còn áp dụng được: {problem.message}; "
        "xin thu hồi hoặc sửa cấu hình."
        for entry, problem in misfits
        for one in standing
        if one.entry == entry
    ]


def _read_entry(p: Pass, kind: str, agency: str, said: Mapping[str, str], reason: str) -> Adjustment:
    if kind not in GRANTABLE:
        raise DecisionError(f"Không có loại quyết định “{kind}”; chỉ có {', '.join(GRANTABLE)}.")
    values = {key: text.strip() for key, text in said.items() if text.strip()}
    try:
        entry = KEYS[kind].model_validate(values | {"ky": p.cycle.id, "co_quan": agency, "ly_do": reason})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise DecisionError(f"{_name_field(str(next(iter(first['loc']), '')))}: {explain(first)}.") from None
    if entry.dated > p.local.date():
        raise DecisionError(f"Ngày quyết định {format_date(entry.dated)} ở sau hôm nay.")
    if isinstance(entry, RuleWaiver) and entry.until < p.local.date():
        raise DecisionError(f"Thời hạn miễn ({format_date(entry.until)}) đã qua.")
    if isinstance(entry, Extension) and entry.due_before <= p.local.date():
        last = entry.due_before - dt.timedelta(days=1)
        raise DecisionError(f"Hạn mới ({format_date(last)}) đã qua.")
    return entry


def _refuse_late(p: Pass, connection: Connection, agency: str) -> None:
    """What has been accepted, sent or closed is not changed by a decision that comes afterwards."""
    accepted = latest_accepted(connection, p.cycle.id, agency)
    if accepted is not None:
        received = format_moment(accepted.received_at.astimezone(p.plan.timezone))
        raise DecisionError(
            f"Quá muộn: báo cáo của cơ quan (bản số {accepted.version}, nhận lúc {received}) đã được tiếp nhận; "
            "không thay đổi gì."
        )
    over = _OVER.get(find_consequence(p, p.as_of))
    if over:
        raise DecisionError(f"Quá muộn: {over[:1].lower()}{over[1:]}; không thay đổi gì.")


def _name_field(key: str) -> str:
    return _FIELDS.get(key, key)
