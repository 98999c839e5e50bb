"""One season, written down once, that both the simulator and real passes can play."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

from kybaocao.demo.figures import Filler
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.home import Home
from kybaocao.plan.form_edition import LATE_REASON
from kybaocao.plan.plan import Plan
from kybaocao.season.events import Drop, File, Season
from kybaocao.season.playing import play_season
from kybaocao.season.replay import read_replay
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.position_letter import POSITION_KIND
from kybaocao.store.outbox import LetterState, Message, list_messages
from tests.conftest import CYCLE


@dataclass(frozen=True)
class Mail:
    """A reminder letter, or the leaders' position letter, as it left: when, to whom, about which steps or which day."""

    moment: dt.datetime
    recipients: frozenset[str]
    copies: frozenset[str]
    reported: frozenset[tuple[str, str, int, str]]  # agency, reminder step, repetition, addressee


def write_replay(path: Path, passes: list[str], agencies: dict[str, list[tuple[str, str]]]) -> Season:
    """A season from what each agency drops: (moment, accepted | returned | unreadable)."""
    files = {code: [{"at": at, "file": file} for at, file in drops] for code, drops in agencies.items()}
    path.write_text(json.dumps({"cycle": CYCLE, "passes": passes, "agencies": files}), encoding="utf-8")
    return read_replay(path)


def simulate(season: Season) -> set[Mail]:
    """What the simulator sends."""
    played = play_season(season)
    zone = season.plan.timezone
    return {
        Mail(
            letter.sent_at,
            frozenset(letter.recipients),
            frozenset(),
            frozenset({("", POSITION_KIND, 0, f"{letter.due_at.astimezone(zone):%Y-%m-%d}")}),
        )
        for letter in played.positions
    } | {
        Mail(
            letter.sent_at,
            frozenset(letter.notice.recipients),
            frozenset(letter.notice.copies),
            frozenset((outstanding.agency, *step.key, step.to.value) for outstanding, step in letter.notice.steps),
        )
        for letter in played.letters
    }


def list_mails(p: Pass) -> set[Mail]:
    """What the passes so far have sent."""
    with p.store.read() as connection:
        return {
            Mail(
                one.sent_at or one.created_at,
                frozenset(one.message.recipients),
                frozenset(one.message.copies),
                _list_reported(one.message),
            )
            for one in list_messages(connection, CYCLE, (LetterState.SENT,))
            if one.message.steps or one.message.kind == POSITION_KIND
        }


def _list_reported(message: Message) -> frozenset[tuple[str, str, int, str]]:
    if message.kind == POSITION_KIND:
        return frozenset({("", POSITION_KIND, 0, message.key.rpartition("/")[2])})
    return frozenset((one.agency, one.reminder_step, one.repetition, one.to) for one in message.steps)


def drop_files(season: Season, plan: Plan, home: Home, after: dt.datetime, until: dt.datetime) -> None:
    """Put every file of the season from one moment to another into its inbox."""
    for number, drop in enumerate(season.drops):
        if after < drop.at <= until:
            _drop_file(plan, home, number, drop)


def _drop_file(plan: Plan, home: Home, number: int, drop: Drop) -> None:
    path = home.inbox(drop.agency, CYCLE) / f"Biểu mẫu {number}.xlsx"
    if drop.file is File.DAMAGED:
        # With the end that every ZIP has: what lacks it may still be being copied, and nobody is reminded of it.
        path.write_bytes(b"PK\3\4 " + str(number).encode() * 50 + b"PK\5\6")
        return
    layout = build_layout(plan, CYCLE, drop.agency)
    # One that nobody filled in is returned, whatever its agency has to tell; what is to be accepted says why it is late.
    said = {("xac_nhan", LATE_REASON, "gia_tri"): "Chờ số liệu của cơ quan thuế"}
    write_form(layout, path, {} if drop.file is File.FAULTY else Filler(number).fill(layout) | said)
