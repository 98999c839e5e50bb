"""`redirect`: a letter is sent to another address instead."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import partial

from kybaocao.cli.letters import LetterArguments, add_number, decide
from kybaocao.stages.support.letters import redirect_letter

NAME = "redirect"
HELP = "Gửi một thư tới địa chỉ khác, thay cho những người nhận chưa nhận được"


@dataclass(frozen=True)
class Arguments(LetterArguments):
    to: str
    instead_of: str | None


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--to", required=True, metavar="ĐỊA_CHỈ", help="địa chỉ mới, thuộc tên miền được phép")
    command.add_argument(
        "--instead-of", metavar="ĐỊA_CHỈ_CŨ", help="chỉ thay địa chỉ này; để trống: thay mọi địa chỉ chưa nhận được"
    )
    add_number(command)


def run(arguments: Arguments) -> int:
    redirect = partial(redirect_letter, address=arguments.to.strip(), instead_of=arguments.instead_of)
    return decide(arguments, redirect)
