"""`withdraw`: a letter is given up."""

from __future__ import annotations

import argparse

from kybaocao.cli.letters import LetterArguments, add_number, decide
from kybaocao.stages.support.letters import withdraw_letter

NAME = "withdraw"
HELP = "Rút một thư: không gửi nữa cho những người nhận chưa nhận được"

Arguments = LetterArguments


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_number(command)


def run(arguments: Arguments) -> int:
    return decide(arguments, withdraw_letter)
