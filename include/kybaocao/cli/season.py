"""`season`: play invented seasons to see what the reminder ladder does; nothing is sent.

Exit status: 0 no rule is broken, 1 one is, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

from kybaocao.cli.command import NO_CYCLE, BaseArguments, UsageError, print_json, require_plan
from kybaocao.cli.parser import read_path, whole_number
from kybaocao.plan.load import list_plan_folders, load_ladder, plan_in_force
from kybaocao.plan.plan import Plan

NAME = "season"
HELP = "Diễn thử các mùa báo cáo để xem bậc thang đôn đốc làm gì, không gửi thư"


MOST_AGENCIES = 9999  # invented ones have codes of four digits


@dataclass(frozen=True)
class Arguments(BaseArguments):
    cycle: str | None
    seed: int
    agencies: int | None
    seasons: int
    ladder: Path | None
    replay: Path | None


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cycle", metavar="KỲ", help="mặc định: kỳ muộn nhất trong cấu hình")
    command.add_argument(
        "--seed", type=whole_number(0), default=1, metavar="SỐ", help="cùng một số thì cùng một mùa; mặc định 1"
    )
    command.add_argument(
        "--agencies", type=whole_number(1, MOST_AGENCIES), metavar="SỐ", help="số cơ quan; mặc định: như trong kế hoạch"
    )
    command.add_argument(
        "--seasons", type=whole_number(1), default=1, metavar="SỐ", help="số mùa; một mùa thì kể từng ngày"
    )
    command.add_argument("--ladder", type=read_path, metavar="TỆP", help="thử bậc thang này thay cho bac_thang.yaml")
    command.add_argument(
        "--replay", type=read_path, metavar="TỆP", help="diễn lại một mùa đã ghi, in các thư đôn đốc, thư tình hình"
    )


def run(arguments: Arguments) -> int:
    return _replay(arguments, arguments.replay) if arguments.replay else _play(arguments)


def _play(arguments: Arguments) -> int:
    from kybaocao.season.chance import write_season
    from kybaocao.season.playing import Played, play_season
    from kybaocao.season.proof import find_breaches
    from kybaocao.season.register import size_plan
    from kybaocao.season.story import Count, count_season, describe_count, tell_season

    cycle = arguments.cycle or _find_latest_cycle()
    plan = _with_ladder(require_plan(cycle), arguments.ladder)
    plan = size_plan(plan, arguments.agencies or len(plan.expected))
    begun, total, breaches = time.monotonic(), Count(), []
    played: Played | None = None
    for seed in range(arguments.seed, arguments.seed + arguments.seasons):
        played = play_season(write_season(plan, cycle, seed))
        total.add(count_season(played))
        breaches += [f"mùa --seed {seed}: {breach}" for breach in find_breaches(played)]
    seconds = time.monotonic() - begun
    if arguments.json:
        print_json(vars(total) | {"seconds": round(seconds, 3), "breaches": breaches})
    else:
        if arguments.seasons == 1 and played is not None:
            print(tell_season(played), end="\n\n")
        print(describe_count(total, seconds, breaches))
    return 1 if breaches else 0


def _replay(arguments: Arguments, path: Path) -> int:
    from kybaocao.season.playing import play_season
    from kybaocao.season.replay import ReplayError, describe_sent, list_sent, read_replay

    try:
        season = read_replay(path)
    except ReplayError as error:
        raise UsageError(str(error)) from None
    sent = list_sent(play_season(replace(season, plan=_with_ladder(season.plan, arguments.ladder))))
    if arguments.json:
        print_json([vars(one) for one in sent])
    else:
        print(describe_sent(sent))
    return 0


def _with_ladder(plan: Plan, path: Path | None) -> Plan:
    return plan if path is None else replace(plan, ladder=load_ladder(path, plan))


def _find_latest_cycle() -> str:
    cycles = [cycle for folder in list_plan_folders() for cycle in plan_in_force(folder).cycles.values()]
    if not cycles:
        raise UsageError(NO_CYCLE)
    return max(cycles, key=lambda cycle: cycle.due_before).id
