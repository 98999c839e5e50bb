"""`store upgrade`: bring the database up to date."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from kybaocao.cli.command import BaseArguments, open_upgraded_store

NAME = "store"
HELP = "Kho dữ liệu"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    action: str


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=["upgrade"])


def run(_arguments: Arguments) -> int:
    open_upgraded_store()
    return 0
