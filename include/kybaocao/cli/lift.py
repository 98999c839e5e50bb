"""`lift`: somebody accepts what stands in the way of a release; without a code, what stands there."""

from __future__ import annotations

import argparse
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
from kybaocao.cli.parser import whole_number
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.release_gate import LiftError, describe_obstacle, lift_obstacle, list_obstacles
from kybaocao.store.reports import list_versions

NAME = "lift"
HELP = "Liệt kê điều chặn phát hành một phiên bản báo cáo; ghi nhận việc chấp nhận một điều, kèm tên và lý do"


@dataclass(frozen=True)
class Arguments(SignedArguments):
    cycle: str
    version: int | None
    code: str | None


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("code", nargs="?", metavar="MÃ", help="mã trong danh sách, ví dụ proof-failed")
    command.add_argument("--cycle", required=True, metavar="KỲ", help=CYCLE_HELP)
    command.add_argument("--version", type=whole_number(1), metavar="SỐ", help="phiên bản; mặc định là bản mới nhất")
    add_signature(command, required=False)


def run(arguments: Arguments) -> int:
    p = begin_pass(arguments.cycle)
    with p.store.read() as connection:
        versions = {one.version for one in list_versions(connection, p.cycle.id)}
    version = arguments.version or max(versions, default=0)
    if version not in versions:
        raise UsageError(f"kỳ {p.cycle.id} chưa có báo cáo phiên bản {version}" if version else "kỳ chưa có báo cáo")
    if arguments.code:
        by, reason = read_signature(arguments)
        try:
            lift_obstacle(p, version, arguments.code, by=by, reason=reason)
        except LiftError as error:
            raise UsageError(str(error)) from None
    _show(p, version, is_json=arguments.json)
    return 0


def _show(p: Pass, version: int, *, is_json: bool) -> None:
    obstacles = list_obstacles(p, version)
    if is_json:
        print_json(
            [
                {
                    "version": version,
                    "code": one.code,
                    "subject": one.subject,
                    "text": one.text,
                    "remedy": one.remedy,
                    "blocks": one.blocks,
                    "lifted_by": one.role.value,
                    "lift": vars(one.lift) if one.lift else None,
                }
                for one in obstacles
            ]
        )
        return
    print(f"Báo cáo {p.cycle.name}, phiên bản {version}:")
    for one in obstacles:
        print(f"  {'chặn' if one.is_open else 'lưu ý'}  {one.code}: {describe_obstacle(p, one)}")
    if not obstacles:
        print("  không có điều gì chặn phát hành.")
