"""`up`: start the embedded system on this machine."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass

from kybaocao.cli.command import BaseArguments, UsageError, print_json
from kybaocao.cli.parser import whole_number
from kybaocao.embedded.system import System, find_free_port, is_port_free
from kybaocao.home import Home

NAME = "up"
HELP = "Khởi động hệ thống trên máy này"
SMTP_PORT = 1025


@dataclass(frozen=True)
class Arguments(BaseArguments):
    port: int


def add_arguments(command: argparse.ArgumentParser) -> None:
    port = os.environ.get("KYBAOCAO_PORT", "8080")
    command.add_argument(
        "--port", type=whole_number(1, 65535), default=port, metavar="CỔNG", help=f"cổng của Airflow; mặc định {port}"
    )


def run(arguments: Arguments) -> int:
    smtp_port = SMTP_PORT if is_port_free(SMTP_PORT) else find_free_port()
    system = System(Home.from_environment().root, arguments.port, smtp_port)
    try:
        system.start()
    except RuntimeError as error:
        raise UsageError(str(error)) from None
    if arguments.json:
        folders = {"shared": str(system.home / "shared"), "mail": str(system.home / "mail")}
        print_json({"url": system.url, "passwords": system.passwords(), **folders})
        return 0
    print(f"Airflow: {system.url}")
    for user, password in system.passwords().items():
        print(f"  tài khoản {user}, mật khẩu {password}")
    print(f"Thư mục dùng chung: {system.home / 'shared'}\nThư đã gửi: {system.home / 'mail'}\nDừng: make down")
    return 0
