"""`notices`: delivery notices that came in, and what became of each."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from kybaocao.cli.command import BaseArguments, open_upgraded_store, print_json
from kybaocao.store.notices import NoticeOutcome, list_notices
from kybaocao.vietnamese import format_moment

NAME = "notices"
HELP = "Thư báo trả đã nhận và kết quả xử lý từng thư"

_OUTCOMES = {
    NoticeOutcome.DEAD: "địa chỉ không dùng được, đã đóng",
    NoticeOutcome.FAILED: "không tới nơi",
    NoticeOutcome.DELAYED: "máy chủ còn đang gửi",
    NoticeOutcome.FOREIGN: "không phải thư báo trả của hệ thống",
}


@dataclass(frozen=True)
class Arguments(BaseArguments):
    outcome: str


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--outcome", choices=sorted(one.value for one in _OUTCOMES), default="", help="chỉ các thư có kết quả này"
    )


def run(arguments: Arguments) -> int:
    with open_upgraded_store().read() as connection:
        found = list_notices(connection, outcome=arguments.outcome)
    if arguments.json:
        print_json([vars(one) for one in found])
        return 0
    for one in found:
        address = f" {one.address}" if one.address else ""
        print(
            f"{format_moment(one.at.astimezone())}  {one.file_name}:{address} – {_OUTCOMES[one.outcome]}: {one.detail}"
        )
    if not found:
        print("Không có.")
    return 0
