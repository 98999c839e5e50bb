"""`down`: stop the embedded system of this machine."""

from __future__ import annotations

import argparse

from kybaocao.cli.command import BaseArguments
from kybaocao.embedded.system import System
from kybaocao.home import Home

NAME = "down"
HELP = "Dừng hệ thống trên máy này"

Arguments = BaseArguments


def add_arguments(command: argparse.ArgumentParser) -> None:
    """None of its own."""


def run(_arguments: Arguments) -> int:
    System(Home.from_environment().root).stop()
    return 0
