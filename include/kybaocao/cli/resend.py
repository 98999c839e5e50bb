"""`resend`: a letter is tried again at once."""

from __future__ import annotations

import argparse

from kybaocao.cli.letters import LetterArguments, add_number, decide
from kybaocao.stages.support.letters import resend_letter

NAME = "resend"
HELP = "Gửi lại một thư cho những người nhận chưa nhận được"

Arguments = LetterArguments


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_number(command)


def run(arguments: Arguments) -> int:
    return decide(arguments, resend_letter)
