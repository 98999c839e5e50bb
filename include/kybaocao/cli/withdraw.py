"""`withdraw`: a letter is given up."""

from __future__ import annotations

import argparse

from kybaocao.cli.letters import add_number, decide
from kybaocao.stages.support.letters import withdraw_letter

NAME = "withdraw"
HELP = "Rút một thư: không gửi nữa cho những người nhận chưa nhận được"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_number(command)


def run(options: argparse.Namespace) -> int:
    return decide(options, withdraw_letter)
