"""`clean`: delete what is old of Airflow's own tables and logs. The watch does the same once a day."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kybaocao.cli.command import BaseArguments, UsageError, now, print_json
from kybaocao.cli.parser import whole_number
from kybaocao.doctor.clock import ZONE
from kybaocao.embedded.environment import use_airflow_settings
from kybaocao.home import Home
from kybaocao.vietnamese import format_moment

NAME = "clean"
HELP = "Xóa lượt chạy đã xong và nhật ký cũ của Airflow; giữ lượt đang chạy, đang đợi duyệt và mọi dữ liệu báo cáo"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    days: int | None
    dry_run: bool


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--days", type=whole_number(1), metavar="SỐ_NGÀY", help="số ngày giữ lại; mặc định KYBAOCAO_KEEP_DAYS, 90"
    )
    command.add_argument("--dry-run", action="store_true", help="chỉ đếm, không xóa")


def run(arguments: Arguments) -> int:
    with use_airflow_settings(Home.from_environment()):
        from kybaocao.adapters.retention import KEEP_DAYS, clean, has_database, read_keep_days

        days = arguments.days if arguments.days is not None else read_keep_days() or KEEP_DAYS
        if not has_database():
            raise UsageError("Airflow chưa khởi động lần nào trên máy này, chưa có gì để dọn")
        done = clean(now() - dt.timedelta(days=days), is_trial=arguments.dry_run)
    if arguments.json:
        before = done.before.isoformat()
        print_json({"before": before, "rows": dict(done.rows), "files": done.files, "bytes": done.bytes})
        return 0
    rows = ", ".join(f"{name} {count}" for name, count in sorted(done.rows.items()))
    print(
        f"{'Sẽ xóa' if arguments.dry_run else 'Đã xóa'} những gì xong trước "
        f"{format_moment(done.before.astimezone(ZoneInfo(ZONE)))}: {rows}; {done.files} tệp nhật ký "
        f"({done.bytes // 2**20} MB)."
    )
    return 0
