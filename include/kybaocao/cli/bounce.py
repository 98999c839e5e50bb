"""`bounce`: addresses whose mail came back: list them, record one, or take one back into use."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from kybaocao.cli.command import BaseArguments, UsageError, name_user, now, open_upgraded_store, print_json
from kybaocao.store.bounces import forget_bounce, list_bounces, record_bounce
from kybaocao.store.database import Store

NAME = "bounce"
HELP = "Địa chỉ mà thư gửi tới bị trả lại: xem, ghi nhận, hoặc cho dùng lại"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    address: str | None
    reason: str
    undo: bool


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("address", nargs="?", metavar="ĐỊA_CHỈ", help="để trống: xem danh sách")
    command.add_argument(
        "--reason", default="cán bộ vận hành ghi nhận", metavar="LÝ_DO", help="vì sao, ghi vào nhật ký"
    )
    command.add_argument("--undo", action="store_true", help="hộp thư đã dùng lại được")


def run(arguments: Arguments) -> int:
    store = open_upgraded_store()
    if arguments.address is not None:
        _change(store, arguments.address, arguments)
    with store.read() as connection:
        bounces = list(list_bounces(connection).values())
    if arguments.json:
        print_json([vars(one) for one in bounces])
    else:
        print("\n".join(f"{one.address}: {one.reason} ({one.reported_by})" for one in bounces) or "Không có.")
    return 0


def _change(store: Store, address: str, arguments: Arguments) -> None:
    if "@" not in address:
        raise UsageError(f"“{address}” không phải địa chỉ thư điện tử")
    moment, by = now(), name_user()
    with store.write() as connection:
        if arguments.undo:
            is_changed = forget_bounce(connection, address, at=moment, reported_by=by)
        else:
            is_changed = record_bounce(connection, address, at=moment, reason=arguments.reason, reported_by=by)
    if not is_changed:
        raise UsageError(f"{address}: {'chưa từng' if arguments.undo else 'đã'} được ghi nhận bị trả lại")
