"""`revoke`: take back a decision that `grant` or the console recorded."""

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
from kybaocao.stages.support.granting import DecisionError, revoke_decision

NAME = "revoke"
HELP = "Thu hồi một quyết định đã ghi bằng grant hoặc trên trang của cơ quan"


@dataclass(frozen=True)
class Arguments(SignedArguments):
    number: int
    cycle: str


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("number", type=whole_number(1), metavar="SỐ", help="số quyết định trong lệnh grant")
    command.add_argument("--cycle", required=True, metavar="KỲ", help=CYCLE_HELP)
    add_signature(command)


def run(arguments: Arguments) -> int:
    by, reason = read_signature(arguments)
    try:
        granted = revoke_decision(begin_pass(arguments.cycle), arguments.number, by=by, reason=reason)
    except DecisionError as error:
        raise UsageError(str(error)) from None
    if arguments.json:
        print_json({"number": granted.id, "agency": granted.agency, "revoked": True})
    else:
        print(f"Đã thu hồi quyết định số {granted.id} về {granted.agency}.")
    return 0
