"""`config`: judge the configuration files as they are now, whatever is in force.

Exit status: 0 no mistake (warnings are shown), 1 a mistake, or a warning with `--strict`; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from kybaocao.cli.command import BaseArguments, UsageError, now, print_json
from kybaocao.cli.parser import read_path
from kybaocao.plan.load import HEADER, config_root, list_plan_folders, load_plan
from kybaocao.plan.plan import Plan
from kybaocao.plan.warnings import list_config_warnings
from kybaocao.yaml_source import Problem, SourceError

NAME = "config"
HELP = "Kiểm tra các tệp cấu hình: lỗi, và điều nên xem lại trước khi dùng"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    folder: Path | None
    strict: bool


@dataclass(frozen=True)
class Judged:
    """One plan folder: the plan as far as it can be read, its faults and its warnings."""

    name: str
    plan: Plan | None
    faults: list[str]
    warnings: list[str]


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "folder", type=read_path, nargs="?", metavar="THƯ_MỤC", help="mặc định: mọi kế hoạch (KYBAOCAO_CONFIG)"
    )
    command.add_argument("--strict", action="store_true", help="có điều nên xem lại thì mã thoát cũng là 1")


def run(arguments: Arguments) -> int:
    judged = _add_clashes([_judge(folder) for folder in _list_folders(arguments.folder)], list_plan_folders())
    if arguments.json:
        print_json({one.name: {"faults": one.faults, "warnings": one.warnings} for one in judged})
    else:
        print("\n\n".join(_describe(one) for one in judged))
    return int(any(one.faults or (arguments.strict and one.warnings) for one in judged))


def _list_folders(folder: Path | None) -> list[Path]:
    if folder is not None:
        if not (folder / HEADER).is_file():
            raise UsageError(f"{folder} không phải thư mục kế hoạch: không có tệp {HEADER}")
        return [folder.resolve()]
    folders = list_plan_folders()
    if not folders:
        raise UsageError(f"không có kế hoạch nào trong {config_root()}; xem biến môi trường KYBAOCAO_CONFIG")
    return folders


def _judge(folder: Path) -> Judged:
    try:
        plan = load_plan(folder)
    except SourceError as error:
        return Judged(folder.name, None, [str(error)], [])
    warnings = list_config_warnings(plan, now().astimezone(plan.timezone).date())
    return Judged(folder.name, plan, [str(one) for one in plan.problems], [str(one) for one in warnings])


def _add_clashes(judged: list[Judged], in_use: list[Path]) -> list[Judged]:
    """The same, with a fault for each code that a plan shares with an earlier one, or with one in use that it does not
    replace.
    """
    others = [(one.name, one.plan) for one in judged]
    names = {one.name for one in judged}
    for folder in in_use:
        if folder.name not in names:
            with suppress(SourceError):
                others.insert(0, (folder.name, load_plan(folder)))
    return [replace(one, faults=[*one.faults, *_find_clashes(one, others)]) for one in judged]


def _find_clashes(judged: Judged, others: list[tuple[str, Plan | None]]) -> Iterator[str]:
    if judged.plan is None:
        return
    before = itertools.takewhile(lambda other: other[0] != judged.name, others)
    for name, plan in before:
        if plan is None:
            continue
        if plan.id == judged.plan.id:
            message = f"mã {plan.id} đã dùng ở kế hoạch trong thư mục {name}; mỗi kế hoạch một mã riêng"
            yield str(Problem(HEADER, 0, "ma", message))
        for cycle in judged.plan.cycles:
            if cycle in plan.cycles:
                message = f"kỳ {cycle} đã có ở kế hoạch trong thư mục {name}; mỗi kỳ một mã riêng"
                yield str(Problem("ky_bao_cao.yaml", 0, "ma", message))


def _describe(judged: Judged) -> str:
    faults = f"{len(judged.faults)} lỗi" if judged.faults else "không có lỗi"
    more = f", {len(judged.warnings)} điều nên xem lại" if judged.warnings else ""
    lines = [f"{judged.name}: {faults}{more}"]
    lines += [f"  ✗ {fault}" for fault in judged.faults]
    lines += [f"  ! {warning}" for warning in judged.warnings]
    for cycle in judged.plan.cycles.values() if judged.plan else ():
        lines.append(f"  {cycle.title} ({cycle.id})")
        lines += [f"    {named.words}" for named in judged.plan.explain_dates(cycle.id)] if judged.plan else []
    return "\n".join(lines)
