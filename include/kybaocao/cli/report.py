"""`report`: write the report into a folder, release nothing."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from kybaocao.cli.command import CYCLE_HELP, MOMENT_HELP, BaseArguments, begin_pass, print_json, writing_to
from kybaocao.cli.parser import read_path

NAME = "report"
HELP = "Lập báo cáo ra một thư mục, không phát hành"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    cycle: str
    as_of: str | None
    out: Path


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cycle", required=True, metavar="KỲ", help=CYCLE_HELP)
    command.add_argument("--as-of", metavar="THỜI_ĐIỂM", help=MOMENT_HELP)
    command.add_argument("--out", type=read_path, required=True, metavar="THƯ_MỤC", help="thư mục ghi báo cáo vào")


def run(arguments: Arguments) -> int:
    from kybaocao.documents.package import write_reports
    from kybaocao.documents.report.content import contents_checksum, write_contents
    from kybaocao.stages.aggregate import aggregate_returns
    from kybaocao.stages.compile_report import load_supplement
    from kybaocao.store.reports import load_snapshot

    p = begin_pass(arguments.cycle, arguments.as_of)
    saved = aggregate_returns(p).snapshot
    with p.store.read() as connection:
        snapshot = load_snapshot(connection, saved)
    contents = write_contents(p.plan, p.cycle, snapshot, load_supplement(p))
    with writing_to(arguments.out):
        files = write_reports(p.plan, p.cycle, contents, arguments.out, p.as_of, snapshot)
    if arguments.json:
        print_json({"content": contents_checksum(contents), "files": {name: str(path) for name, path in files.items()}})
    else:
        print("\n".join(str(path) for path in files.values()))
    return 0
