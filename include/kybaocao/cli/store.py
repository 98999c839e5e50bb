"""`store upgrade`: bring the database up to date."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from kybaocao.cli.command import BaseArguments, open_upgraded_store, print_json

NAME = "store"
HELP = "Đưa kho dữ liệu lên phiên bản hiện tại (store upgrade)"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    action: str


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "action", choices=["upgrade"], metavar="VIỆC", help="upgrade: đưa kho dữ liệu lên phiên bản hiện tại"
    )


def run(arguments: Arguments) -> int:
    open_upgraded_store()
    if arguments.json:
        print_json({"store": "upgraded"})
    else:
        print("Kho dữ liệu đã ở phiên bản hiện tại.")
    return 0
