"""The reader of arguments: Python's argparse with its sentences in Vietnamese, and the types of arguments."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import errno
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from kybaocao.cli.command import print_error
from kybaocao.cli.exit_status import ExitStatus
from kybaocao.files import explain_os_error
from kybaocao.findings import shorten
from kybaocao.stages.support.passes import is_plausible

LARGEST_NUMBER = 2**31 - 1  # as the store keeps whole numbers
# Python's own sentences that whoever calls a command can see. `tests/cli/test_parser.py` compares them with argparse.
SENTENCES = {
    "usage: ": "cách gõ: ",
    "positional arguments": "đối số",
    "options": "tùy chọn",
    "show this help message and exit": "in hướng dẫn này",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s: %(message)s",
    "the following arguments are required: %s": "còn thiếu: %s",
    "unrecognized arguments: %s": "không có đối số này: %s",
    "invalid choice: %(value)r (choose from %(choices)s)": "không có “%(value)s”; chọn một trong: %(choices)s",
    "invalid choice: %(value)r, maybe you meant %(closest)r? (choose from %(choices)s)": (
        "không có “%(value)s”, có phải “%(closest)s”? Chọn một trong: %(choices)s"
    ),
    "unknown parser %(parser_name)r (choices: %(choices)s)": "không có lệnh “%(parser_name)s”; các lệnh: %(choices)s",
    "invalid %(type)s value: %(value)r": "giá trị “%(value)s” không hợp lệ",
    "expected one argument": "cần một giá trị đi kèm",
    "expected at most one argument": "chỉ nhận một giá trị đi kèm",
    "expected at least one argument": "cần ít nhất một giá trị đi kèm",
    "expected %s argument": "cần %s giá trị đi kèm",
    "expected %s arguments": "cần %s giá trị đi kèm",
    "not allowed with argument %s": "không dùng cùng với %s",
    "one of the arguments %s is required": "cần một trong các đối số: %s",
    "ignored explicit argument %r": "không nhận giá trị đi kèm (%r)",
    "ambiguous option: %(option)s could match %(matches)s": "“%(option)s” chưa rõ là tùy chọn nào: %(matches)s",
    "unexpected option string: %s": "không có tùy chọn này: %s",
    "can't open '%(filename)s': %(error)s": "không mở được tệp “%(filename)s” (%(error)s)",
}


class Parser(argparse.ArgumentParser):
    """One that reads whole names of options only, and answers in JSON where the call asks for JSON."""

    def __init__(self, **settings: Any) -> None:
        self._is_json = False
        with _in_vietnamese():
            super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **settings)

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Nothing may be left over: the parser of the command says so, whose usage helps."""
        self._is_json = "--json" in (sys.argv[1:] if args is None else args)
        with _in_vietnamese():
            found, left = super().parse_known_args(args, namespace)
        if left:
            self.error(SENTENCES["unrecognized arguments: %s"] % " ".join(left))
        return found, left

    def format_usage(self) -> str:
        with _in_vietnamese():
            return super().format_usage()

    def format_help(self) -> str:
        with _in_vietnamese():
            return super().format_help()

    def _print_message(self, message: str, file: Any = None) -> None:
        """argparse would say nothing of a reader that has gone."""
        print(message, end="", file=file or sys.stderr)

    def error(self, message: str) -> NoReturn:
        """End with what is wrong in the call, how it is typed, and where more is said."""
        more = f"{self.format_usage()}Xem hướng dẫn: {self.prog} --help"
        print_error(f"Lệnh gọi chưa đúng: {message}", ExitStatus.WRONG_CALL, is_json=self._is_json, more=more)
        raise SystemExit(ExitStatus.WRONG_CALL.value)


@contextlib.contextmanager
def _in_vietnamese() -> Iterator[None]:
    """argparse asks these two functions of its module for every sentence; it has no other way to choose a language."""
    spoken: Any = argparse
    before = spoken._, spoken.ngettext
    spoken._ = _translate
    spoken.ngettext = lambda one, many, number: _translate(one if number == 1 else many)
    try:
        yield
    finally:
        spoken._, spoken.ngettext = before


def _translate(sentence: str) -> str:
    return SENTENCES.get(sentence, sentence)


# --- types of arguments: each gets what was typed and raises ArgumentTypeError in Vietnamese ------------------


def read_day(typed: str) -> dt.date:
    """ "2026-12-01"."""
    with contextlib.suppress(ValueError):
        day = dt.date.fromisoformat(typed.strip())
        if is_plausible(day):
            return day
    raise argparse.ArgumentTypeError(f"“{typed}” không phải ngày hợp lệ; viết dạng 2026-12-01")


def read_path(typed: str) -> Path:
    """A file or a folder; its name may be in any bytes."""
    if not typed:
        raise argparse.ArgumentTypeError("tên tệp hoặc thư mục không được để trống")
    try:
        Path(typed).resolve()
    except ValueError:
        raise argparse.ArgumentTypeError("tên tệp có ký tự không dùng được (NUL)") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: how Python before 3.13 reports a link to itself
        known = error if isinstance(error, OSError) else OSError(errno.ELOOP, "")
        raise argparse.ArgumentTypeError(f"“{shorten(typed)}”: {explain_os_error(known)}") from None
    return Path(typed)


def whole_number(least: int, most: int = LARGEST_NUMBER) -> Callable[[str], int]:
    """The type of a whole number within bounds."""

    def _read(typed: str) -> int:
        with contextlib.suppress(ValueError):  # also for one of thousands of digits
            if least <= int(typed) <= most:
                return int(typed)
        raise argparse.ArgumentTypeError(f"“{typed[:40]}” không phải số nguyên từ {least} đến {most}")

    return _read
