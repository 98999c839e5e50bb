"""`status`: who has submitted, who is late, what needs a hand."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import dataclass
from typing import Any

from kybaocao.cli.command import CYCLE_HELP, MOMENT_HELP, NO_CYCLE, BaseArguments, UsageError, begin_pass, print_json
from kybaocao.plan.load import list_plan_folders, plan_in_force

NAME = "status"
HELP = "Ai đã nộp, ai chậm, việc gì cần xử lý"


_PHASES = ("open", "upcoming", "closed")


@dataclass(frozen=True)
class Arguments(BaseArguments):
    cycle: str | None
    as_of: str | None


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cycle", metavar="KỲ", help=f"{CYCLE_HELP}; mặc định: mọi kỳ, kỳ đã đóng ghi một dòng")
    command.add_argument("--as-of", metavar="THỜI_ĐIỂM", help=MOMENT_HELP)


def run(arguments: Arguments) -> int:
    from kybaocao.cli.status_words import describe_all, describe_status
    from kybaocao.stages.support.status import gather_status

    cycles = [arguments.cycle] if arguments.cycle else _list_cycles()
    found = sorted((gather_status(begin_pass(cycle, arguments.as_of)) for cycle in cycles), key=_order)
    if arguments.json:
        print_json(found if len(found) != 1 else found[0])
    elif arguments.cycle:
        print(describe_status(found[0]))
    else:
        print(describe_all(found))
    return 0


def _order(status: dict[str, Any]) -> tuple[int, int]:
    """Open cycles first, then those that will open, both by deadline; then closed ones, the last one first."""
    day = dt.date.fromisoformat(status["due_on"]).toordinal()
    place = _PHASES.index(status["phase"])
    return place, -day if status["phase"] == "closed" else day


def _list_cycles() -> list[str]:
    """Of every plan. Raises UsageError when there is none."""
    cycles = [cycle for folder in list_plan_folders() for cycle in plan_in_force(folder).cycles]
    if not cycles:
        raise UsageError(NO_CYCLE)
    return cycles
