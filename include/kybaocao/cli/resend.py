"""`resend`: a letter is tried again at once."""

from __future__ import annotations

import argparse

from kybaocao.cli.command import add_signature, read_signature
from kybaocao.cli.letters import open_letter, refuse, show_decided
from kybaocao.stages.letters import LetterError, resend_letter

NAME = "resend"
HELP = "Gửi lại một thư cho những người nhận chưa nhận được"


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("number", type=int, metavar="SỐ_THƯ", help="số thư trong lệnh letters")
    add_signature(command)


def run(options: argparse.Namespace) -> int:
    by, reason = read_signature(options)
    p = open_letter(options.number)
    try:
        letter = resend_letter(p, options.number, by=by, reason=reason)
    except LetterError as error:
        raise refuse(error) from None
    return show_decided(options, p, letter)
