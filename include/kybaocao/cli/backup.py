"""`backup`: store, archive, reports, configuration and the journal of what was sent, while passes go on."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from kybaocao.cli.command import BaseArguments, UsageError, now, print_json
from kybaocao.cli.parser import read_path
from kybaocao.files import explain_os_error
from kybaocao.home import Home
from kybaocao.plan.load import config_root
from kybaocao.store.database import open_store

NAME = "backup"
HELP = "Sao lưu kho dữ liệu, tệp gốc, báo cáo, cấu hình và sổ ghi thư đã gửi; không cần dừng hệ thống"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    to: Path


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "to", type=read_path, metavar="THƯ_MỤC", help="nơi đặt bản sao lưu; mỗi bản là một thư mục con mới"
    )


def run(arguments: Arguments) -> int:
    """Exit status 2 when there is nothing to save or it cannot be written."""
    from kybaocao.backup.making import make_backup
    from kybaocao.backup.manifest import BackupError, Manifest

    home = Home.from_environment()
    if not home.has_store:
        raise UsageError(f"chưa có kho dữ liệu ở {home.root}; không có gì để sao lưu")
    target = arguments.to.absolute()
    if target.is_relative_to(home.root / "archive") or target.is_relative_to(home.shared):
        raise UsageError("xin chọn nơi sao lưu ở ngoài thư mục dữ liệu, tốt nhất là trên máy hoặc ổ đĩa khác")
    try:
        folder = make_backup(home, open_store(home), config_root(), target, now())
        manifest = Manifest.read(folder)
    except BackupError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"không ghi được bản sao lưu vào {arguments.to}: {explain_os_error(error)}") from None
    size_bytes = sum(one.size_bytes for one in manifest.files.values())
    if arguments.json:
        print_json({"backup": str(folder), "files": len(manifest.files), "bytes": size_bytes})
    else:
        print(f"Đã sao lưu {len(manifest.files)} tệp, {size_bytes / 2**20:.1f} MB vào {folder}".replace(".", ",", 1))
    return 0
