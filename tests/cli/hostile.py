"""What people and scripts type by mistake: for each kind of argument the values that are no use."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kybaocao.cli.parser import Parser, read_day, read_path
from tests.conftest import CYCLE

# Raw bytes as the shell passes them on, a sign that no text has, nothing, spaces, an option's look, a long line.
TEXTS = ("\udcff", "a\0b", "", "   ", "-x", "không có", "x" * 5000, "../..", "’; DROP TABLE audit;--")
DAYS = ("", "x", "2026-13-01", "01/12/2026", "0001-01-01", "9999-12-31", "2026-12-09T08:00+99:99", "\udcff")
NUMBERS = ("", "x", "0", "-1", "1.5", "9" * 30, "9" * 5000, "١٢٣٤٥٦٧٨٩٠١٢٣")
MISSING = "/nonexistent/khong co.xlsx"
# What makes the rest of a call complete. Values of `by` and `reason` are right, so that the wrong one is looked at.
USUAL = {
    "--cycle": CYCLE,
    "--by": "Nguyễn Văn A",
    "--reason": "thử",
    "--to": "a@sonla.example.vn",
    "--agency": "X-04183",
    "number": "1",
    "file": MISSING,
    "indicator": "T15",
    "action": "upgrade",
    "--out": "{out}",
    "--ladder": MISSING,
    "--replay": MISSING,
    "--config": MISSING,
    "to": "{out}",
    "backup": MISSING,
    "folder": "{out}",
    "--server": "nop.sonla.example.vn",
}
OPTIONAL = ("--agency",)  # given although it may be left out: one form is written, not ninety


class Call(NamedTuple):
    """One call: the command and its words."""

    command: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return ascii(" ".join((self.command, *self.words)))[:200]


def list_parsers(parser: Parser) -> dict[str, argparse.ArgumentParser]:
    """Every command with its own parser."""
    found = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    return dict(found.choices)


def list_paths(folder: Path) -> list[str]:
    """Names of what is no file to read and no folder to write into."""
    loop, file, pipe = folder / "vòng", folder / "tệp", folder / "ống"
    if not file.exists():
        loop.symlink_to(loop)
        file.write_bytes(b"")
        __import__("os").mkfifo(pipe)
    below = file / "con" / "cháu"
    return [
        "",
        "a\0b",
        MISSING,
        "x" * 5000,
        "/dev/null",
        "/dev/zero",
        str(folder),
        *map(str, (loop, file, pipe, below)),
    ]


def list_calls(name: str, parser: argparse.ArgumentParser, folder: Path) -> Iterator[Call]:
    """Calls of one command, each with one thing wrong: something left out, added, or of no use."""
    actions = [one for one in parser._actions if one.dest not in ("help", "json")]
    yield Call(name, ())
    yield Call(name, ("--khong-co",))
    yield Call(name, (*complete(actions, None, folder), "thừa", "thừa nữa"))
    for action in actions:
        if isinstance(action, argparse._StoreTrueAction):
            yield Call(name, (*complete(actions, None, folder), f"{action.option_strings[0]}=1"))
            continue
        if action.option_strings:
            yield Call(name, (*complete(actions, action, folder), action.option_strings[0]))
        for value in list_values(action, folder):
            given = (f"{action.option_strings[0]}={value}",) if action.option_strings else ("--", value)
            yield Call(name, (*complete(actions, action, folder), *given))


def list_values(action: argparse.Action, folder: Path) -> list[str]:
    if action.type is read_path:
        return list_paths(folder)
    if action.type is read_day or action.dest in ("as_of", "since"):
        return [*DAYS]
    return [*(TEXTS if action.type is None else NUMBERS)]


def complete(actions: list[argparse.Action], but: argparse.Action | None, folder: Path) -> list[str]:
    """The words that every call of the command needs, without those of `but`."""
    words: list[str] = []
    for action in actions:
        name = action.option_strings[0] if action.option_strings else action.dest
        if action is but or not (action.required or name in OPTIONAL):
            continue
        value = USUAL[name].format(out=folder / "ra")
        words += [name, value] if action.option_strings else [value]
    return words
