"""`restore`: a backup back into an empty or an existing data folder; whatever it replaces is kept."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path

from kybaocao.cli.command import SignedArguments, UsageError, add_signature, now, print_json, read_signature
from kybaocao.cli.parser import read_path
from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.vietnamese import format_moment

NAME = "restore"
HELP = "Khôi phục bản sao lưu; không xóa, không ghi đè gì mà không giữ lại"
_SHOWN = 10


@dataclass(frozen=True)
class Arguments(SignedArguments):
    backup: Path
    replace: bool
    files: bool


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("backup", type=read_path, metavar="BẢN_SAO_LƯU", help="thư mục kybaocao-… do lệnh backup tạo")
    command.add_argument("--replace", action="store_true", help="thay kho dữ liệu đang có; kho cũ được giữ lại")
    command.add_argument("--files", action="store_true", help="chỉ bù tệp thiếu, tệp gốc hỏng; không đụng kho dữ liệu")
    add_signature(command)


def run(arguments: Arguments) -> int:
    """Exit status 2 when the backup is damaged or the store there must not be replaced; then nothing is touched."""
    from kybaocao.backup.manifest import BackupError
    from kybaocao.backup.restoring import restore_backup

    by, reason = read_signature(arguments)
    home, at = Home.from_environment(), now()
    home.root.mkdir(parents=True, exist_ok=True)
    try:
        done = restore_backup(
            arguments.backup.absolute(),
            home,
            open_store(home),
            at=at,
            by=by,
            reason=reason,
            is_replacing=arguments.replace,
            only_files=arguments.files,
        )
    except BackupError as error:
        raise UsageError(str(error)) from None
    if arguments.json:
        print_json(asdict(done))
        return 0
    print(
        f"Đã khôi phục từ bản sao lưu lúc {format_moment(done.made_at.astimezone())}; bù {len(done.added)} tệp thiếu."
    )
    for title, names in (
        ("Tệp gốc bị hỏng, đã thay bằng bản sao lưu", done.repaired),
        ("Khác với bản sao lưu nên giữ nguyên như đang có", done.kept),
    ):
        if names:
            more = f" và {len(names) - _SHOWN} tệp khác" if len(names) > _SHOWN else ""
            print(f"{title}: {', '.join(names[:_SHOWN])}{more}.")
    if done.aside:
        print(f"Những gì bị thay được giữ ở {home.root / done.aside}.")
    if not done.is_decided:
        print(
            "Hệ thống chưa chạy tiếp: từ lúc sao lưu có thể đã nhận tệp, gửi thư, phát hành báo cáo mà kho này không "
            "biết. Xin xem và quyết định: python -m kybaocao reconcile"
        )
    return 0
