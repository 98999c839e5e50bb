"""`redirect`: a letter is sent to another address instead."""

from __future__ import annotations

import argparse

from kybaocao.cli.command import add_signature, read_signature
from kybaocao.cli.letters import open_letter, refuse, show_decided
from kybaocao.stages.letters import LetterError, redirect_letter

NAME = "redirect"
HELP = "Gửi một thư tới địa chỉ khác, thay cho những người nhận chưa nhận được"


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("number", type=int, metavar="SỐ_THƯ", help="số thư trong lệnh letters")
    command.add_argument("--to", required=True, metavar="ĐỊA_CHỈ", help="địa chỉ mới, thuộc tên miền được phép")
    command.add_argument(
        "--instead-of", metavar="ĐỊA_CHỈ_CŨ", help="chỉ thay địa chỉ này; để trống: thay mọi địa chỉ chưa nhận được"
    )
    add_signature(command)


def run(options: argparse.Namespace) -> int:
    by, reason = read_signature(options)
    p = open_letter(options.number)
    address, replaced = options.to.strip(), options.instead_of
    try:
        letter = redirect_letter(p, options.number, address, by=by, reason=reason, instead_of=replaced)
    except LetterError as error:
        raise refuse(error) from None
    return show_decided(options, p, letter)
