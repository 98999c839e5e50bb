"""`watch`: look after the passes that Airflow runs, until it is stopped."""

from __future__ import annotations

import argparse

from kybaocao.cli.command import BaseArguments
from kybaocao.home import Home

NAME = "watch"
HELP = "Giám sát các lượt chạy của Airflow, báo tổ vận hành khi có lượt chạy quá lâu hoặc phải đợi (chạy đến khi dừng)"

Arguments = BaseArguments


def add_arguments(command: argparse.ArgumentParser) -> None:
    """None of its own."""


def run(_arguments: Arguments) -> int:
    from kybaocao.adapters.pass_watch import PassWatch, read_limit

    PassWatch(Home.from_environment(), read_limit()).run()
    return 0
