"""`letters`: the letters that wait or are dead."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable
from typing import Any

from kybaocao.cli.command import UsageError, add_signature, begin_pass, now, print_json, read_signature
from kybaocao.home import Home
from kybaocao.stages.support.delivery_problems import ADDRESS_STATES, MAIL_STATES
from kybaocao.stages.support.letters import Letter, LetterError, list_letters
from kybaocao.stages.support.passes import Pass
from kybaocao.store.database import open_store
from kybaocao.store.outbox import find_number
from kybaocao.vietnamese import format_moment

NAME = "letters"
HELP = "Thư đang chờ gửi và thư không đến được người nhận"


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cycle", required=True, metavar="KỲ")
    command.add_argument("--all", action="store_true", help="mọi thư, cả thư đã gửi và đã rút")


def run(options: argparse.Namespace) -> int:
    p = begin_pass(options)
    with p.store.read() as connection:
        letters = list_letters(connection, p.cycle.id, is_everything=options.all)
    if options.json:
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
    """The letter that somebody decides about, and who decides it."""
    command.add_argument("number", type=int, metavar="SỐ_THƯ", help="số thư trong lệnh letters")
    add_signature(command)


def decide(options: argparse.Namespace, decision: Callable[..., Letter]) -> int:
    """Carry out what somebody decided about a letter and show what became of it. Raises UsageError.

    `decision` takes the pass, the number of the letter, and `by` and `reason`.
    """
    by, reason = read_signature(options)
    p = _open_letter(options.number)
    try:
        letter = decision(p, options.number, by=by, reason=reason)
    except LetterError as error:
        raise UsageError(str(error)) from None
    if options.json:
        print_json(as_dict(p, letter))
    else:
        print(describe_letter(p, letter))
    return 0


def _open_letter(number: int) -> Pass:
    """A pass of now over the cycle to which a letter belongs. Raises UsageError."""
    home = Home.from_environment()
    store = open_store(home)
    store.upgrade()
    with store.read() as connection:
        queued = find_number(connection, number)
    if queued is None:
        raise UsageError(f"không có thư số {number}; xem: python -m kybaocao letters --cycle KỲ")
    try:
        return Pass.begin(queued.message.cycle, now(), home=home)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None


def _local(p: Pass, moment: dt.datetime | None) -> str | None:
    return moment.astimezone(p.plan.timezone).isoformat() if moment else None


def _say(p: Pass, moment: dt.datetime) -> str:
    return format_moment(moment.astimezone(p.plan.timezone))
