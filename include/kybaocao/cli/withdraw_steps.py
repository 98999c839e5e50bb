"""`withdraw-steps`: undo reminder steps that were taken by mistake."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import dataclass
from typing import Any

from kybaocao.cli.command import (
    CYCLE_HELP,
    SignedArguments,
    UsageError,
    add_signature,
    begin_pass,
    print_json,
    read_signature,
)
from kybaocao.stages.support.passes import parse_moment
from kybaocao.stages.support.withdrawal import select_steps, withdraw_steps
from kybaocao.store.steps import TakenStep
from kybaocao.vietnamese import format_moment

NAME = "withdraw-steps"
HELP = "Hủy các bước đôn đốc đã ghi nhận nhầm: thư chưa gửi xong thì rút, bước được nhắc lại khi đến hạn"


@dataclass(frozen=True)
class Arguments(SignedArguments):
    cycle: str
    agency: list[str]
    step: list[str]
    since: str | None
    early: bool
    dry_run: bool


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cycle", required=True, metavar="KỲ", help=CYCLE_HELP)
    command.add_argument("--agency", action="append", default=[], metavar="MÃ", help="chỉ cơ quan này (lặp lại được)")
    command.add_argument("--step", action="append", default=[], metavar="BƯỚC", help="mã bậc, ví dụ qua_han_co_quan")
    command.add_argument("--since", metavar="THỜI_ĐIỂM", help="chỉ bước ghi nhận từ lúc này, ví dụ 2026-12-01T08:00")
    command.add_argument("--early", action="store_true", help="chỉ bước chưa đến hạn mà đã ghi nhận")
    command.add_argument("--dry-run", action="store_true", help="chỉ liệt kê, không hủy")
    add_signature(command)


def run(arguments: Arguments) -> int:
    name, reason = read_signature(arguments)
    if not (arguments.agency or arguments.step or arguments.since or arguments.early):
        raise UsageError("xin chọn bước cần hủy: --agency, --step, --since hoặc --early")
    p = begin_pass(arguments.cycle)
    try:
        since = parse_moment(arguments.since, p.plan) if arguments.since else None
    except ValueError as error:
        raise UsageError(str(error)) from None
    chosen = select_steps(p, agencies=arguments.agency, steps=arguments.step, since=since, only_early=arguments.early)
    if not chosen:
        raise UsageError("không có bước đôn đốc nào đã ghi nhận như vậy")
    if arguments.dry_run:
        stopped = sent = 0
    else:
        done = withdraw_steps(p, chosen, by=name, reason=reason)
        chosen, stopped, sent = list(done.steps), done.letters_stopped, done.letters_sent
    if arguments.json:
        steps = [_as_dict(one) for one in chosen]
        print_json({"steps": steps, "letters_stopped": stopped, "letters_sent": sent, "dry_run": arguments.dry_run})
        return 0
    lines = [_describe(one, p.plan.timezone) for one in chosen]
    verb = "Sẽ hủy" if arguments.dry_run else "Đã hủy"
    print(f"{verb} {len(chosen)} bước:", *lines, sep="\n  ")
    if not arguments.dry_run:
        print(
            f"Rút {stopped} thư chưa gửi xong; {sent} thư đã gửi không thu hồi được, "
            "xin đính chính với người nhận nếu cần."
        )
    return 0


def _as_dict(one: TakenStep) -> dict[str, Any]:
    found = one._asdict() | {"due_at": one.due_at.isoformat()}
    return {"rung" if key == "reminder_step" else key: value for key, value in found.items()}


def _describe(one: TakenStep, timezone: dt.tzinfo) -> str:
    due, taken = (moment.astimezone(timezone) for moment in (one.due_at, one.taken_at))
    return f"{one.agency:<10} {one.reminder_step}  đến hạn {format_moment(due)}, ghi nhận {format_moment(taken)}"
