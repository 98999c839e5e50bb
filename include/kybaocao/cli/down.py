"""`down`: stop the embedded system of this machine, and say what was stopped.

Exit status: 0 nothing of it runs any more, 1 something could not be ended.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from kybaocao.cli.command import BaseArguments, print_json
from kybaocao.cli.up_words import describe_stopped
from kybaocao.embedded.system import System
from kybaocao.home import Home

NAME = "down"
HELP = "Dừng hệ thống trên máy này"

Arguments = BaseArguments


def add_arguments(command: argparse.ArgumentParser) -> None:
    """None of its own."""


def run(arguments: BaseArguments) -> int:
    system = System(Home.from_environment().root)
    if system.is_running() and not arguments.json:
        print("Đang dừng hệ thống; tác vụ đang chạy có ít giây để xong…", file=sys.stderr, flush=True)
    stopped = system.stop()
    if arguments.json:
        print_json(asdict(stopped))
    else:
        print(describe_stopped(system, stopped))
    if stopped.left:
        numbers = ", ".join(map(str, stopped.left))
        print(
            f"Chưa kết thúc được các tiến trình: {numbers}. Xin kiểm tra và kết thúc bằng lệnh kill.", file=sys.stderr
        )
    return 1 if stopped.left else 0
