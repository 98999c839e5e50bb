"""What every command is, and what several of them need."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import pwd
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kybaocao.cli.exit_status import ExitStatus
from kybaocao.files import explain_os_error
from kybaocao.findings import Severity
from kybaocao.home import Home
from kybaocao.inbox.shared_folders import open_plain, spell_name
from kybaocao.plan.load import find_plan
from kybaocao.plan.plan import Plan
from kybaocao.stages.support.passes import Pass, parse_moment
from kybaocao.store.database import Store, open_store


@dataclass(frozen=True)
class BaseArguments:
    """What every command is given. A command with arguments of its own adds a field for each, with its name."""

    json: bool


@dataclass(frozen=True)
class SignedArguments(BaseArguments):
    """Of a command that somebody has to answer for later; see `add_signature`."""

    by: str
    reason: str


class Command(Protocol):
    """A module of this package that is one command."""

    NAME: str
    HELP: str  # one line of Vietnamese
    Arguments: type[Any]  # a BaseArguments with a field for each argument

    def add_arguments(self, command: argparse.ArgumentParser) -> None:
        """Add the command's own arguments; `--json` is there already."""

    def run(self, arguments: Any) -> int:
        """Do it and return the exit status. Raises UsageError for what the user has to put right."""


CYCLE_HELP = "mã kỳ, ví dụ nq02-2026-ky2"
MOMENT_HELP = "coi bây giờ là lúc này, ví dụ 2026-12-09T08:00"
NO_CYCLE = "chưa có kỳ báo cáo nào trong cấu hình; xem biến môi trường KYBAOCAO_CONFIG"
LONGEST_NAME = 200  # characters, as the audit trail keeps them
SEVERITY_WORDS = {Severity.ERROR: "Phải sửa", Severity.WARNING: "Cần xem lại", Severity.NOTE: "Để biết"}


class UsageError(Exception):
    """A message for the user; ExitStatus.WRONG_CALL."""


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def require_plan(cycle: str) -> Plan:
    """The plan in force that has this cycle. Raises UsageError."""
    try:
        return find_plan(cycle)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None


def begin_pass(cycle: str, as_of: str | None = None, run: str = "") -> Pass:
    """A pass over a cycle, now or at the moment that was typed; the store is upgraded. Raises UsageError."""
    plan = require_plan(cycle)
    try:
        moment = parse_moment(as_of, plan) if as_of else now()
    except ValueError as error:
        raise UsageError(str(error.args[0])) from None
    p = Pass.begin(cycle, moment, is_replay=bool(as_of), actor=name_user(), run=run)
    p.home.close_to_others()
    p.store.upgrade()
    return p


def open_upgraded_store() -> Store:
    home = Home.from_environment()
    home.close_to_others()
    store = open_store(home, name_user())
    store.upgrade()
    return store


def read_bytes(path: Path, limit: int) -> bytes:
    """The file, or `limit` + 1 bytes of a longer one. Raises UsageError.

    A folder is refused, and so is a pipe: reading it would wait for a writer.
    """
    try:
        with os.fdopen(open_plain(os.path.realpath(path)), "rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        reason = explain_os_error(error) if error.errno else "không phải là tệp thường (thư mục, ống dẫn hoặc thiết bị)"
        raise UsageError(f"không mở được tệp {spell_name(str(path))}: {reason}") from None


@contextlib.contextmanager
def writing_to(place: Path | None) -> Iterator[None]:
    """Around writing into a place that the user named: that it cannot be written is for the user to put right.

    Raises UsageError. Without a place the system's own folders are written, whose trouble is no fault of the call.
    """
    try:
        yield
    except OSError as error:
        if place is None or isinstance(error, BrokenPipeError):
            raise
        raise UsageError(f"không ghi được vào {place}: {explain_os_error(error)}") from None


def print_json(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:  # a file's name that is no UTF-8, or a terminal without Vietnamese
        text = json.dumps(value, indent=1, default=str)
    print(text)


def print_error(sentence: str, status: ExitStatus, *, is_json: bool, more: str = "") -> None:
    """Why there is no answer. `more` is what helps a person: programs do not get it."""
    if is_json:
        print_json({"error": sentence, "status": status.value})
    else:
        print("\n".join(filter(None, (sentence, more))), file=sys.stderr)


def add_signature(command: argparse.ArgumentParser, *, required: bool = True) -> None:
    """`--by` and `--reason`, for whatever somebody has to answer for later.

    Not `required`: for a command that also has uses that change nothing; `read_signature` asks where it does.
    """
    command.add_argument(
        "--by", required=required, default="", metavar="HỌ_TÊN", help="người quyết định, ghi vào nhật ký"
    )
    command.add_argument("--reason", required=required, default="", metavar="LÝ_DO", help="vì sao, ghi vào nhật ký")


def read_signature(arguments: SignedArguments) -> tuple[str, str]:
    """(name, reason) as given. Raises UsageError when one of them is blank or the name is too long."""
    name, reason = arguments.by.strip(), arguments.reason.strip()
    if not name or not reason:
        raise UsageError("xin ghi họ tên (--by) và lý do (--reason)")
    if len(name) > LONGEST_NAME:
        raise UsageError(f"họ tên (--by) dài quá {LONGEST_NAME} ký tự")
    return name, reason


def name_user() -> str:
    """Who runs the command, for the audit trail: the account of the machine, and in brackets who is said to use it.

    The account is the one that the system knows, whatever LOGNAME or USER say.  Behind sudo, or inside a container,
    all share one account; who is behind it is only what sudo or the operator's own shell says.
    """
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container that runs under a bare number
        account = f"uid {os.getuid()}"
    behind = os.environ.get("KYBAOCAO_USER") or os.environ.get("SUDO_USER") or account
    return account if behind == account else f"{account} ({behind})"[:LONGEST_NAME]
