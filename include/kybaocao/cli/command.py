"""What every command is, and what several of them need."""

from __future__ import annotations

import argparse
import datetime as dt
import getpass
import json
from typing import Any, Protocol

from kybaocao.plan.load import find_plan
from kybaocao.stages.support.passes import Pass, parse_moment


class Command(Protocol):
    """A module of this package that is one command."""

    NAME: str
    HELP: str  # one line of Vietnamese

    def add_arguments(self, command: argparse.ArgumentParser) -> None:
        """Add the command's own arguments; `--json` is there already."""

    def run(self, options: argparse.Namespace) -> int:
        """Do it and return the exit status. Raises UsageError for what the user has to put right."""


LONGEST_NAME = 200  # characters, as the audit trail keeps them


class UsageError(Exception):
    """Said to the user, exit status 2."""


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def begin_pass(options: argparse.Namespace) -> Pass:
    """The pass of `--cycle`, at `--as-of` where the command has it. Raises UsageError."""
    try:
        plan = find_plan(options.cycle)
        text = getattr(options, "as_of", None)
        as_of = parse_moment(text, plan) if text else now()
    except (KeyError, ValueError) as error:
        raise UsageError(str(error.args[0])) from None
    p = Pass.begin(options.cycle, as_of, is_replay=bool(text))
    p.store.upgrade()
    return p


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def add_signature(command: argparse.ArgumentParser, *, required: bool = True) -> None:
    """`--by` and `--reason`, for whatever somebody has to answer for later.

    Not `required`: for a command that also has uses that change nothing; `read_signature` asks where it does.
    """
    command.add_argument(
        "--by", required=required, default="", metavar="HỌ_TÊN", help="người quyết định, ghi vào nhật ký"
    )
    command.add_argument("--reason", required=required, default="", metavar="LÝ_DO", help="vì sao, ghi vào nhật ký")


def read_signature(options: argparse.Namespace) -> tuple[str, str]:
    """(name, reason) as given. Raises UsageError when one of them says nothing."""
    name, reason = options.by.strip(), options.reason.strip()
    if not name or not reason:
        raise UsageError("xin ghi họ tên (--by) và lý do (--reason)")
    if len(name) > LONGEST_NAME:
        raise UsageError(f"họ tên (--by) dài quá {LONGEST_NAME} ký tự")
    return name, reason


def name_user() -> str:
    """Who runs the command, for the audit trail."""
    return getpass.getuser()
