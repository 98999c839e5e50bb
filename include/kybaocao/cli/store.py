"""`store upgrade`: bring the database up to date; `store rights`: a role of PostgreSQL that has rows and no tables."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from kybaocao.cli.command import BaseArguments, UsageError, open_upgraded_store, print_json
from kybaocao.home import Home
from kybaocao.store.rights import give_rights

NAME = "store"
HELP = "Đưa kho dữ liệu lên phiên bản hiện tại (store upgrade), hoặc cấp quyền trên PostgreSQL (store rights)"
_RIGHTS = ("database", "role", "password_file")


@dataclass(frozen=True)
class Arguments(BaseArguments):
    action: str
    database: str | None
    role: str | None
    password_file: Path | None


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "action",
        choices=["upgrade", "rights"],
        metavar="VIỆC",
        help="upgrade: đưa kho dữ liệu lên phiên bản hiện tại; rights: tạo cơ sở dữ liệu và vai trò chỉ đọc, ghi dòng",
    )
    command.add_argument("--database", metavar="TÊN", help="rights: cơ sở dữ liệu; chưa có thì tạo")
    command.add_argument("--role", metavar="TÊN", help="rights: vai trò; chưa có thì tạo")
    command.add_argument("--password-file", type=Path, metavar="TỆP", help="rights: tệp chứa mật khẩu của vai trò")


def run(arguments: Arguments) -> int:
    if arguments.action == "rights":
        return _give_rights(arguments)
    open_upgraded_store()
    if arguments.json:
        print_json({"store": "upgraded"})
    else:
        print("Kho dữ liệu đã ở phiên bản hiện tại.")
    return 0


def _give_rights(arguments: Arguments) -> int:
    if missing := [f"--{name.replace('_', '-')}" for name in _RIGHTS if not getattr(arguments, name)]:
        raise UsageError(f"store rights cần {', '.join(missing)}")
    owner = make_url(Home.from_environment().store_url)
    if owner.get_backend_name() != "postgresql":
        raise UsageError("store rights chỉ dùng với PostgreSQL; xin đặt KYBAOCAO_DB_URL là tài khoản chủ của các bảng")
    assert arguments.database and arguments.role and arguments.password_file
    password = arguments.password_file.read_text(encoding="utf-8").strip()
    if not password:
        raise UsageError(f"tệp {arguments.password_file} trống; xin ghi mật khẩu của vai trò vào đó")
    give_rights(owner, arguments.database, arguments.role, password)
    if arguments.json:
        print_json({"database": arguments.database, "role": arguments.role})
    else:
        print(f"Vai trò {arguments.role} đọc, ghi được dữ liệu của {arguments.database}, không đổi được bảng.")
    return 0
