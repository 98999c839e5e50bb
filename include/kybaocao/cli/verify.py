"""`verify`: the store against its journal, the archive, the reports and the mails that were sent."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from kybaocao.cli.command import BaseArguments, UsageError, print_json
from kybaocao.home import Home
from kybaocao.store.database import open_store

NAME = "verify"
HELP = "Đối chiếu kho dữ liệu với sổ ghi, tệp gốc, báo cáo, thư đã gửi; chỉ đọc, không cần dừng hệ thống"
_TITLES = {"error": "Phải xử lý", "note": "Để biết"}


@dataclass(frozen=True)
class Arguments(BaseArguments):
    pass


def add_arguments(command: argparse.ArgumentParser) -> None:
    pass


def run(arguments: Arguments) -> int:
    """Exit status 0: everything agrees; 1: something has to be dealt with; 2: there is no store."""
    from kybaocao.backup.verifying import verify_home
    from kybaocao.backup.words import describe_difference

    home = Home.from_environment()
    if not home.has_store and not (home.root / "archive").exists():
        raise UsageError(f"chưa có kho dữ liệu ở {home.root}; không có gì để đối chiếu")
    found = [describe_difference(one) for one in verify_home(home, open_store(home))]
    errors = sum(one["severity"] == "error" for one in found)
    if arguments.json:
        print_json({"ok": not errors, "errors": errors, "differences": found})
    else:
        for one in found:
            print(f"{_TITLES[one['severity']]} [{one['code']}] {one['message']}\n  {one['hint']}")
        print(f"Có {errors} điều phải xử lý." if errors else "Kho dữ liệu, sổ ghi, tệp gốc, báo cáo và thư đều khớp.")
    return 1 if errors else 0
