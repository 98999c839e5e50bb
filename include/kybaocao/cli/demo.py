"""`demo`: play a whole cycle with sample data on real Airflow."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass

from kybaocao.cli.command import BaseArguments

NAME = "demo"
HELP = "Diễn lại cả một kỳ báo cáo với dữ liệu mẫu"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    keep: bool
    url: str | None


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--keep", action="store_true", help="để Airflow chạy tiếp sau khi diễn xong")
    command.add_argument("--url", help="diễn trên hệ thống đang chạy (KYBAOCAO_REPLAY=1); mật khẩu lấy từ môi trường")


def run(arguments: Arguments) -> int:
    from kybaocao.demo.play import Clock, play_against, play_season
    from kybaocao.embedded.api import AirflowApi

    if not arguments.url:
        return play_season(keep=arguments.keep)
    operator = AirflowApi(arguments.url, "admin", os.environ["ADMIN_PASSWORD"])
    leader = AirflowApi(arguments.url, "lanhdao", os.environ["LANHDAO_PASSWORD"])
    return play_against(operator, leader, Clock())
