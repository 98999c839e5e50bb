"""`pass`: run one pass without Airflow.

Exit status: 0 done, 1 an agency could not be served or mail could not be sent, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kybaocao.cli.command import (
    CYCLE_HELP,
    MOMENT_HELP,
    BaseArguments,
    UsageError,
    begin_pass,
    name_user,
    now,
    print_json,
)
from kybaocao.home import is_replay_system
from kybaocao.stages.support.passes import Pass

NAME = "pass"
HELP = "Chạy một lượt không cần Airflow (thư nằm chờ trong hộp thư đi)"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    cycle: str
    as_of: str | None
    report: bool
    deliver: bool


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cycle", required=True, metavar="KỲ", help=CYCLE_HELP)
    command.add_argument("--as-of", metavar="THỜI_ĐIỂM", help=MOMENT_HELP)
    command.add_argument("--report", action="store_true", help="lập báo cáo dù chưa đến hạn")
    command.add_argument("--deliver", action="store_true", help="gửi thư qua kết nối kybaocao_smtp")


def run(arguments: Arguments) -> int:
    from kybaocao.stages.whole_pass import PassError
    from kybaocao.store.audit_chain import keep_head
    from kybaocao.store.passes import end_pass, name_command_pass

    name = name_command_pass(now().astimezone())
    p = begin_pass(arguments.cycle, arguments.as_of, run=name)
    _record_pass(p, is_moment_given=bool(arguments.as_of))
    errors: Mapping[str, Exception] = {}
    try:
        outcome = _run_pass(p, arguments)
    except PassError as failure:
        outcome, errors = failure.outcome, failure.errors
    with p.store.write() as connection:
        end_pass(connection, p.cycle.id, name, now())
    keep_head(p.store, p.home.audit_head)
    if arguments.json:
        print_json(outcome | {"errors": {agency: str(error) for agency, error in errors.items()}})
    else:
        for key, value in outcome.items():
            print(f"{key}: {value}")
    for agency, error in errors.items():
        print(f"{agency}: lỗi của hệ thống, cơ quan này chưa được phục vụ", file=sys.stderr)
        traceback.print_exception(error)
    return 1 if errors or outcome["mail_error"] else 0


def _record_pass(p: Pass, *, is_moment_given: bool) -> None:
    """Record who begins a pass. Raises UsageError for a given moment where real passes have run."""
    from kybaocao.store.passes import COMMAND, has_live_passes, record_pass

    with p.store.write() as connection:
        if is_moment_given and not is_replay_system() and has_live_passes(connection):
            raise UsageError(
                "kho dữ liệu này đang được dùng thật nên không nhận --as-of: lượt chạy lấy thời điểm từ đồng hồ. "
                "Diễn thử thì dùng một KYBAOCAO_HOME khác"
            )
        facts = {"run": p.store.run, "kind": COMMAND, "actor": name_user()}
        record_pass(connection, p.cycle.id, as_of=p.as_of, begun_at=now(), **facts)


def _run_pass(p: Pass, arguments: Arguments) -> dict[str, Any]:
    from kybaocao.stages.whole_pass import run_pass

    if not arguments.deliver:
        return run_pass(p, is_asked=arguments.report)
    os.environ.setdefault("AIRFLOW_HOME", str(p.home.root / "airflow"))
    from kybaocao.adapters.smtp import CONNECTION, has_connection, open_smtp
    from kybaocao.mail.sender import name_senders

    if not has_connection():
        raise UsageError(f"chưa khai báo kết nối thư {CONNECTION} trong Airflow nên không gửi được thư")
    with open_smtp(p.home.root, p.plan.require_recipients().reply_to.email, name_senders(p.plan)) as connect:
        return run_pass(p, is_asked=arguments.report, connect=connect)
