"""`down`: stop the embedded system of this machine."""

from __future__ import annotations

import argparse

from kybaocao.cli.command import BaseArguments, print_json
from kybaocao.embedded.system import System
from kybaocao.home import Home

NAME = "down"
HELP = "Dừng hệ thống trên máy này"

Arguments = BaseArguments


def add_arguments(command: argparse.ArgumentParser) -> None:
    """None of its own."""


def run(arguments: Arguments) -> int:
    System(Home.from_environment().root).stop()
    if arguments.json:
        print_json({"running": False})
    return 0
