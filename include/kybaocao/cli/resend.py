"""`resend`: a letter is tried again at once."""

from __future__ import annotations

import argparse

from kybaocao.cli.letters import add_number, decide
from kybaocao.stages.support.letters import resend_letter

NAME = "resend"
HELP = "Gửi lại một thư cho những người nhận chưa nhận được"


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_number(command)


def run(options: argparse.Namespace) -> int:
    return decide(options, resend_letter)
