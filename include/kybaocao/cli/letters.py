"""`letters`: the letters that wait or are dead."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kybaocao.cli.command import (
    CYCLE_HELP,
    BaseArguments,
    SignedArguments,
    UsageError,
    add_signature,
    begin_pass,
    name_user,
    now,
    open_upgraded_store,
    print_json,
    read_signature,
)
from kybaocao.cli.parser import whole_number
from kybaocao.stages.support.delivery_problems import ADDRESS_STATES, MAIL_STATES
from kybaocao.stages.support.letters import Letter, LetterError, list_letters
from kybaocao.stages.support.passes import Pass
from kybaocao.store.outbox import find_number
from kybaocao.vietnamese import format_moment

NAME = "letters"
HELP = "Thư đang chờ gửi và thư không đến được người nhận"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    cycle: str
    all: bool


@dataclass(frozen=True)
class LetterArguments(SignedArguments):
    """Of the commands by which somebody decides about one letter."""

    number: int


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cycle", required=True, metavar="KỲ", help=CYCLE_HELP)
    command.add_argument("--all", action="store_true", help="mọi thư, cả thư đã gửi và đã rút")


def run(arguments: Arguments) -> int:
    p = begin_pass(arguments.cycle)
    with p.store.read() as connection:
        letters = list_letters(connection, p.cycle.id, is_everything=arguments.all)
    if arguments.json:
        print_json([as_dict(p, one) for one in letters])
    else:
        print("\n".join(describe_letter(p, one) for one in letters) or "Không có thư nào đang chờ hoặc không đến được.")
    return 0


def as_dict(p: Pass, letter: Letter) -> dict[str, Any]:
    """What `--json` shows of a letter."""
    queued, message = letter.queued, letter.queued.message
    return {
        "id": queued.id,
        "kind": message.kind,
        "subject": message.subject,
        "agency": message.agency,
        "recipients": [*message.addresses],
        "state": queued.state,
        "attempts": queued.attempts,
        "next_attempt_at": _local(p, queued.next_attempt_at),
        "created_at": _local(p, queued.created_at),
        "useful_until": _local(p, message.useful_until),
        "last_error": queued.last_error,
        "in_place_of": message.in_place_of,
        "addresses": [
            {"address": one.address, "state": one.state, "reply": one.reply, "letter": one.letter.id}
            for one in letter.outcomes
        ],
    }


def describe_letter(p: Pass, letter: Letter) -> str:
    """A few lines for the terminal."""
    queued, message = letter.queued, letter.queued.message
    facts = [MAIL_STATES[queued.state], f"đã thử {queued.attempts} lần"]
    if letter.is_waiting:
        next_at = queued.next_attempt_at
        facts.append(f"lần thử tới từ {_say(p, next_at)}" if next_at else "sẽ gửi trong lượt tới")
    if message.useful_until is not None and queued.has_lapsed(p.as_of):
        facts.append(f"chỉ còn ý nghĩa đến {_say(p, message.useful_until)}")
    lines = [f"Thư số {queued.id} ({message.kind}): {message.subject}", f"  {'; '.join(facts)}"]
    lines += [
        f"  {one.address}: {ADDRESS_STATES[one.state]}"
        + (f" – {one.reply}" if one.reply and not one.has_it else "")
        + (f" (thư số {one.letter.id})" if one.letter.id != queued.id else "")
        for one in letter.outcomes
    ]
    return "\n".join(lines)


def add_number(command: argparse.ArgumentParser) -> None:
    """The arguments of LetterArguments."""
    command.add_argument("number", type=whole_number(1), metavar="SỐ_THƯ", help="số thư trong lệnh letters")
    add_signature(command)


def decide(arguments: LetterArguments, decision: Callable[..., Letter]) -> int:
    """Carry out what somebody decided about a letter and show what became of it. Raises UsageError.

    `decision` takes the pass, the number of the letter, and `by` and `reason`.
    """
    by, reason = read_signature(arguments)
    p = _open_letter(arguments.number)
    try:
        letter = decision(p, arguments.number, by=by, reason=reason)
    except LetterError as error:
        raise UsageError(str(error)) from None
    if arguments.json:
        print_json(as_dict(p, letter))
    else:
        print(describe_letter(p, letter))
    return 0


def _open_letter(number: int) -> Pass:
    """A pass of now over the cycle to which a letter belongs. Raises UsageError."""
    with open_upgraded_store().read() as connection:
        queued = find_number(connection, number)
    if queued is None:
        raise UsageError(f"không có thư số {number}; xem: python -m kybaocao letters --cycle KỲ")
    try:
        return Pass.begin(queued.message.cycle, now(), actor=name_user())
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None


def _local(p: Pass, moment: dt.datetime | None) -> str | None:
    return moment.astimezone(p.plan.timezone).isoformat() if moment else None


def _say(p: Pass, moment: dt.datetime) -> str:
    return format_moment(moment.astimezone(p.plan.timezone))
