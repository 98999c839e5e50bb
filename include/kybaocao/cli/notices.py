"""`notices`: delivery notices that came in, and what became of each."""

from __future__ import annotations

import argparse

from kybaocao.cli.command import print_json
from kybaocao.home import Home
from kybaocao.store.database import open_store
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


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--outcome", choices=sorted(one.value for one in _OUTCOMES), default="", help="chỉ các thư có kết quả này"
    )


def run(options: argparse.Namespace) -> int:
    store = open_store(Home.from_environment())
    store.upgrade()
    with store.read() as connection:
        found = list_notices(connection, outcome=options.outcome)
    if options.json:
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
