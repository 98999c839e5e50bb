"""The table of commands."""

from __future__ import annotations

import argparse
from dataclasses import fields

import pytest

from kybaocao.cli.command import Command
from kybaocao.cli.program import COMMANDS


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.NAME)
def test_a_command_reads_every_argument_that_it_asks_for(command: Command) -> None:
    """Its dataclass has a field for each; `--json` belongs to all."""
    parser = argparse.ArgumentParser(add_help=False)
    command.add_arguments(parser)
    assert {field.name for field in fields(command.Arguments)} == {action.dest for action in parser._actions} | {"json"}
