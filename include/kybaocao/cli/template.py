"""`template`: write the form of each agency."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from kybaocao.cli.command import CYCLE_HELP, BaseArguments, UsageError, print_json, require_plan, writing_to
from kybaocao.cli.parser import read_path
from kybaocao.home import Home

NAME = "template"
HELP = "Lập biểu mẫu của từng cơ quan"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    cycle: str
    agency: list[str] | None
    out: Path | None


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cycle", required=True, metavar="KỲ", help=CYCLE_HELP)
    command.add_argument("--agency", action="append", metavar="MÃ", help="chỉ cơ quan này (có thể lặp lại)")
    command.add_argument("--out", type=read_path, default=None, metavar="THƯ_MỤC", help="mặc định: thư mục của cơ quan")


def run(arguments: Arguments) -> int:
    from kybaocao.form.layout import build_layout
    from kybaocao.form.workbook import write_form

    plan, cycle = require_plan(arguments.cycle), arguments.cycle
    expected = {agency.code for agency in plan.expected}
    chosen = arguments.agency or sorted(expected)
    if unknown := [code for code in chosen if code not in expected]:
        raise UsageError(f"không có cơ quan phải báo cáo mang mã: {', '.join(unknown)}")
    home, written = Home.from_environment(), []
    for code in chosen:
        layout = build_layout(plan, cycle, code)
        folder = arguments.out or home.cycle_folder(code, cycle)
        with writing_to(arguments.out):
            written.append(str(write_form(layout, folder / layout.edition.name_form(code, cycle))))
    if arguments.json:
        print_json({"files": written})
    else:
        print("\n".join(written))
    return 0
