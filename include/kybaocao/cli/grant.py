"""`grant`: record what was decided about one agency; without a kind, what was recorded in a cycle."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import dataclass

from kybaocao.cli.command import (
    CYCLE_HELP,
    SignedArguments,
    UsageError,
    add_signature,
    begin_pass,
    print_json,
    read_signature,
)
from kybaocao.plan.decisions import describe_decision
from kybaocao.stages.support.granting import GRANTABLE, DecisionError, grant_decision
from kybaocao.stages.support.passes import Pass
from kybaocao.store.granted_decisions import Granted, list_granted

NAME = "grant"
HELP = "Ghi quyết định gia hạn, miễn nộp, miễn quy tắc cho một cơ quan; không nêu loại: liệt kê quyết định đã ghi"
_DAY = "ngày dạng 2026-12-14"


@dataclass(frozen=True)
class Arguments(SignedArguments):
    kind: str | None
    cycle: str
    agency: str
    until: str
    rule: str
    decided_by: str
    document: str
    dated: str


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("kind", nargs="?", choices=GRANTABLE, metavar="LOẠI", help=", ".join(GRANTABLE))
    command.add_argument("--cycle", required=True, metavar="KỲ", help=CYCLE_HELP)
    command.add_argument("--agency", default="", metavar="MÃ", help="cơ quan")
    command.add_argument("--until", default="", metavar="NGÀY", help=f"đến hết ngày này, {_DAY}")
    command.add_argument("--rule", default="", metavar="MÃ_LỖI", help="quy tắc được miễn, với mien_quy_tac")
    command.add_argument("--decided-by", default="", metavar="HỌ_TÊN", help="người quyết định")
    command.add_argument("--document", default="", metavar="SỐ", help="số, ký hiệu văn bản")
    command.add_argument("--dated", default="", metavar="NGÀY", help=f"ngày quyết định, {_DAY}; để trống: hôm nay")
    add_signature(command, required=False)


def run(arguments: Arguments) -> int:
    p = begin_pass(arguments.cycle)
    if arguments.kind:
        by, reason = read_signature(arguments)
        if arguments.agency not in p.plan.agencies:
            raise UsageError(f"không có cơ quan “{arguments.agency}”")
        try:
            grant_decision(p, arguments.kind, arguments.agency, _read_said(p, arguments), by=by, reason=reason)
        except DecisionError as error:
            raise UsageError(str(error)) from None
    with p.store.read() as connection:
        found = list_granted(connection, [p.cycle.id], p.as_of)
    if arguments.json:
        print_json([_as_dict(one) for one in found])
    else:
        print("\n".join(describe_granted(p, one) for one in found) or "Chưa ghi quyết định nào.")
    return 0


def _read_said(p: Pass, arguments: Arguments) -> dict[str, str]:
    said = {
        "nguoi_quyet_dinh": arguments.decided_by,
        "van_ban": arguments.document,
        "ngay": arguments.dated or p.local.date().isoformat(),
        "quy_tac": arguments.rule,
    }
    if arguments.kind == "mien_quy_tac":
        said["den_ngay"] = arguments.until
    elif arguments.until:
        try:
            last = dt.date.fromisoformat(arguments.until)
            said["truoc_ngay"] = (last + dt.timedelta(days=1)).isoformat()
        except (ValueError, OverflowError):
            raise UsageError(f"“{arguments.until}” không phải là {_DAY}") from None
    return said


def describe_granted(p: Pass, one: Granted) -> str:
    """One line for the terminal."""
    said = describe_decision(one.entry)
    gone = f" – đã được {one.revoked.account} thu hồi: {one.revoked.reason}" if one.revoked else ""
    return f"{one.id}. {said.tell(p.plan)}{gone}"


def _as_dict(one: Granted) -> dict[str, object]:
    says = one.entry.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {
        "number": one.id,
        "kind": one.kind,
        "agency": one.agency,
        "says": says,
        "granted_at": one.granted_at.isoformat(),
        "account": one.account,
        "revoked": one.revoked
        and {"at": one.revoked.at.isoformat(), "account": one.revoked.account, "reason": one.revoked.reason},
    }
