"""`status`: who has submitted, who is late, what needs a hand."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from kybaocao.cli.command import CYCLE_HELP, MOMENT_HELP, BaseArguments, begin_pass, print_json
from kybaocao.plan.load import list_plan_folders, plan_in_force

NAME = "status"
HELP = "Ai đã nộp, ai chậm, việc gì cần xử lý"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    cycle: str | None
    as_of: str | None


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cycle", metavar="KỲ", help=f"{CYCLE_HELP}; mặc định: mọi kỳ, kỳ đã đóng ghi một dòng")
    command.add_argument("--as-of", metavar="THỜI_ĐIỂM", help=MOMENT_HELP)


def run(arguments: Arguments) -> int:
    from kybaocao.cli.status_words import describe_status
    from kybaocao.stages.support.status import gather_status

    cycles = [arguments.cycle] if arguments.cycle else _list_cycles()
    found = [gather_status(begin_pass(cycle, arguments.as_of)) for cycle in cycles]
    if arguments.json:
        print_json(found if len(found) != 1 else found[0])
    else:
        print("\n\n".join(describe_status(one) for one in found))
    return 0


def _list_cycles() -> list[str]:
    return [cycle for folder in list_plan_folders() for cycle in plan_in_force(folder).cycles]
