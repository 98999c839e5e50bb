"""`make-shares`: accounts and folders of the agencies for Samba and SFTP, from the register.

It only writes files; the script among them, run by root, makes accounts, folders and rights.
"""

from __future__ import annotations

import argparse
import os
import re
from dataclasses import dataclass
from pathlib import Path

from kybaocao.cli.command import BaseArguments, UsageError, now, print_json, writing_to
from kybaocao.cli.parser import read_path, whole_number
from kybaocao.home import Home
from kybaocao.inbox.share_recipes import (
    DECIDING_FILES,
    SCRIPT,
    Place,
    Written,
    list_accounts,
    render_recipes,
    write_recipes,
)
from kybaocao.plan.load import config_root, list_plan_folders, load_plan
from kybaocao.plan.plan import Plan
from kybaocao.yaml_source import SourceError

NAME = "make-shares"
HELP = "Lập cấu hình Samba, SFTP và kịch bản tạo tài khoản nộp cho từng cơ quan trong danh bạ"

_SERVER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
# Absolute, and of signs that mean nothing to a shell, to fstab or to the configuration of Samba and SSH.
_FOLDER = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
_PREFIX = re.compile(r"[a-z][a-z0-9]{0,7}")  # with "-" and the longest code it is still a name of an account
_SHOWN = 20


@dataclass(frozen=True)
class Arguments(BaseArguments):
    folder: Path
    server: str
    data: str
    entrance: str
    owner: int
    prefix: str
    quota_mb: int


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=read_path, metavar="THƯ_MỤC", help="ghi các tệp vào đây; lập lại thì ghi đè")
    command.add_argument("--server", required=True, metavar="MÁY", help="tên hoặc địa chỉ máy chủ mà cơ quan gõ vào")
    command.add_argument("--data", default="", metavar="ĐƯỜNG_DẪN", help="thư mục dữ liệu, như máy chủ thấy")
    command.add_argument("--entrance", default="/srv/nop", metavar="ĐƯỜNG_DẪN", help="lối vào; mặc định: /srv/nop")
    command.add_argument(
        "--owner",
        type=whole_number(0),
        default=os.getuid(),
        metavar="UID",
        help="uid của hệ thống; mặc định: đang dùng",
    )
    command.add_argument("--prefix", default="kbc", metavar="CHỮ", help="đầu tên tài khoản; mặc định: kbc")
    command.add_argument(
        "--quota-mb",
        type=whole_number(0, 1_000_000),
        default=500,
        metavar="SỐ",
        help="hạn mức của mỗi tài khoản; 0 là không đặt; mặc định: 500",
    )


def run(arguments: Arguments) -> int:
    place = Place(
        server=_check(arguments.server, _SERVER, "--server", "tên máy hoặc địa chỉ IP"),
        data=_check(arguments.data or str(Home.from_environment().root), _FOLDER, "--data", "đường dẫn tuyệt đối"),
        entrance=_check(arguments.entrance, _FOLDER, "--entrance", "đường dẫn tuyệt đối"),
        owner=arguments.owner,
        prefix=_check(arguments.prefix, _PREFIX, "--prefix", "1 đến 8 chữ thường, chữ số"),
        quota_mb=arguments.quota_mb,
    )
    accounts = list_accounts(_read_plans(), place.prefix, now())
    if not accounts:
        raise UsageError("danh bạ không có cơ quan nào phải báo cáo")
    with writing_to(arguments.folder):
        written = write_recipes(arguments.folder, render_recipes(accounts, place))
    if arguments.json:
        print_json({"folder": str(arguments.folder), "accounts": len(accounts), **vars(written)})
    else:
        print(_describe(arguments.folder, len(accounts), written))
    return 0


def _check(value: str, form: re.Pattern[str], option: str, words: str) -> str:
    if not form.fullmatch(value):
        raise UsageError(f"{option}: “{value[:80]}” không dùng được; cần {words}, không dấu, không khoảng trắng")
    return value


def _read_plans() -> list[Plan]:
    """All plans as their files are now. Raises UsageError where a mistake could lock an agency out."""
    plans, faults = [], []
    for folder in list_plan_folders():
        try:
            plan = load_plan(folder)
        except SourceError as error:
            faults.append(f"{folder.name}: {error}")
            continue
        plans.append(plan)
        faults += [f"{folder.name}: {one}" for one in plan.problems if one.file in DECIDING_FILES]
    if faults:
        raise UsageError("\n  ".join(["danh bạ có lỗi, chưa lập gì; sửa rồi chạy lại:", *faults]))
    if not plans:
        raise UsageError(f"không có kế hoạch nào trong {config_root()}; xem biến môi trường KYBAOCAO_CONFIG")
    return plans


def _describe(folder: Path, accounts: int, written: Written) -> str:
    lines = [f"{folder}: {accounts} cơ quan"]
    for words, codes in (("thêm", written.added), ("bớt, sẽ khóa tài khoản", written.removed)):
        if codes:
            lines.append(f"  {words}: {', '.join(codes[:_SHOWN])}" + (" …" if len(codes) > _SHOWN else ""))
    if written.changed:
        lines.append(f"  {len(written.changed)} tệp đã ghi; chạy bằng root trên máy chủ: {SCRIPT}")
    else:
        lines.append("  không có gì thay đổi")
    return "\n".join(lines)
