"""`demo`: play a whole cycle with sample data on real Airflow."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from dataclasses import dataclass

from kybaocao.cli.command import BaseArguments, UsageError, print_json

NAME = "demo"
HELP = "Diễn lại cả một kỳ báo cáo với dữ liệu mẫu"


_PASSWORDS = ("ADMIN_PASSWORD", "LANHDAO_PASSWORD", "UBNDTINH_PASSWORD")


@dataclass(frozen=True)
class Arguments(BaseArguments):
    keep: bool
    url: str | None


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--keep", action="store_true", help="để Airflow chạy tiếp sau khi diễn xong")
    command.add_argument(
        "--url",
        metavar="ĐỊA_CHỈ",
        help=f"diễn trên hệ thống đang chạy (KYBAOCAO_REPLAY=1); mật khẩu từ biến {', '.join(_PASSWORDS)}",
    )


def run(arguments: Arguments) -> int:
    from kybaocao.demo.play import Clock, play_against, play_season
    from kybaocao.embedded.api import AirflowApi

    if arguments.url and not arguments.url.startswith(("http://", "https://")):
        raise UsageError(f"“{arguments.url}” không phải địa chỉ web; viết dạng http://localhost:8080")
    if missing := [name for name in _PASSWORDS if arguments.url and name not in os.environ]:
        raise UsageError(f"xin đặt mật khẩu ở biến môi trường: {', '.join(missing)}")
    with contextlib.redirect_stdout(sys.stderr) if arguments.json else contextlib.nullcontext():
        if arguments.url:
            operator, leader, province = (
                AirflowApi(arguments.url, user, os.environ[name])
                for user, name in zip(("admin", "lanhdao", "ubndtinh"), _PASSWORDS, strict=True)
            )
            status = play_against(operator, leader, province, Clock())
        else:
            status = play_season(keep=arguments.keep)
    if arguments.json:
        print_json({"ok": status == 0})
    return status
