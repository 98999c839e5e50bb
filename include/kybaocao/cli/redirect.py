"""`redirect`: a letter is sent to another address instead."""

from __future__ import annotations

import argparse
from functools import partial

from kybaocao.cli.letters import add_number, decide
from kybaocao.stages.support.letters import redirect_letter

NAME = "redirect"
HELP = "Gửi một thư tới địa chỉ khác, thay cho những người nhận chưa nhận được"


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--to", required=True, metavar="ĐỊA_CHỈ", help="địa chỉ mới, thuộc tên miền được phép")
    command.add_argument(
        "--instead-of", metavar="ĐỊA_CHỈ_CŨ", help="chỉ thay địa chỉ này; để trống: thay mọi địa chỉ chưa nhận được"
    )
    add_number(command)


def run(options: argparse.Namespace) -> int:
    redirect = partial(redirect_letter, address=options.to.strip(), instead_of=options.instead_of)
    return decide(options, redirect)
