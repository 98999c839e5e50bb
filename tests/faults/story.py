"""What happens in a season when nothing goes wrong: who drops what and when, what comes back, who decides.

A story is made by chance from its number and is the same for the same number.  It knows what must become of each file:
that is what the season is held against.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from random import Random

from tests.small_plan import KEPT

ZONE = dt.timezone(dt.timedelta(hours=7))
DEADLINE = dt.datetime(2026, 12, 10, 0, 0, tzinfo=ZONE)
GOOD, FAULTY, DAMAGED, SIGNED, EVIDENCE = "good", "faulty", "damaged", "signed", "evidence"
FORMS = (GOOD, FAULTY, DAMAGED)
ACCEPTED, NOT_ACCEPTED = "accepted", "not accepted"


@dataclass(frozen=True)
class Drop:
    """A file that an agency puts into its inbox."""

    agency: str
    name: str
    content: str
    number: int  # two files with the same number and content are the same bytes
    is_explained: bool = False  # it says why it is late

    @property
    def is_form(self) -> bool:
        return self.content in FORMS


@dataclass(frozen=True)
class Moment:
    """A time at which a pass runs, and what happened shortly before it."""

    at: dt.datetime
    drops: tuple[Drop, ...] = ()
    decision: str = ""  # approve, reject
    is_touched: str = ""  # agency whose files are copied again over themselves

    @property
    def dropped_at(self) -> dt.datetime:
        return self.at - dt.timedelta(minutes=30)


@dataclass(frozen=True)
class Story:
    """Everything that happens from outside."""

    number: int
    moments: tuple[Moment, ...] = field(default=())

    def expect(self, drop: Drop, dropped_at: dt.datetime) -> str:
        """What must become of a file that came at that time."""
        if drop.content not in (GOOD, SIGNED, EVIDENCE):
            return NOT_ACCEPTED
        is_late = drop.is_form and dropped_at >= DEADLINE and not drop.is_explained
        return NOT_ACCEPTED if is_late else ACCEPTED


def _at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, 1, hour, minute, tzinfo=ZONE) + dt.timedelta(days=day - 1)


# Opening; two ordinary days; four reminders; overdue; the heads; the list; the report; a day after it; decisions.
TIMES = (
    _at(16, 8),
    _at(18, 9, 40),
    _at(25, 8),
    _at(32, 8, 5),
    _at(37, 8, 10),
    _at(39, 9),
    _at(40, 8),
    _at(40, 14),
    _at(41, 8),
    _at(44, 10),
    _at(45, 9),
    _at(46, 9),
    _at(47, 10),
)
REPORT, FIRST_DECISION, SECOND_DECISION = 9, 10, 11
LAST_DROP = 10


def make_story(number: int) -> Story:
    """The story of that number."""
    chance = Random(f"story {number}")
    moments = [Moment(at + dt.timedelta(minutes=chance.randrange(5))) for at in TIMES]
    drops: dict[int, list[Drop]] = {}
    for agency in KEPT:
        _let_report(agency, chance, drops)
    for place, dropped in drops.items():
        moments[place] = replace(moments[place], drops=tuple(dropped))
    is_rejected = chance.random() < 0.3
    moments[FIRST_DECISION] = replace(moments[FIRST_DECISION], decision="reject" if is_rejected else "approve")
    if is_rejected:
        moments[SECOND_DECISION] = replace(moments[SECOND_DECISION], decision="approve")
    if chance.random() < 0.4:
        place = chance.randrange(4, REPORT)
        moments[place] = replace(moments[place], is_touched=chance.choice(KEPT))
    return Story(number, tuple(moments))


def _let_report(agency: str, chance: Random, drops: dict[int, list[Drop]]) -> None:
    """One agency's files: early, late, corrected, replaced, damaged, with attachments, or none."""
    kind = chance.choice(("early", "early", "corrected", "replaced", "late", "late corrected", "hopeless", "silent"))
    number = chance.randrange(1, 6)

    def put(place: int, content: str, *, name: str = "Biểu mẫu.xlsx", more: int = 0, explained: bool = False) -> None:
        drops.setdefault(place, []).append(Drop(agency, name, content, number + more, explained))

    first = chance.randrange(1, 6)
    same_name = chance.random() < 0.4
    second_name = "Biểu mẫu.xlsx" if same_name else "Biểu mẫu (sửa).xlsx"
    if kind == "early":
        put(first, GOOD)
    elif kind == "corrected":
        put(first, chance.choice((FAULTY, DAMAGED)))
        put(chance.randrange(first + 1, 7), GOOD, name=second_name, more=10)
    elif kind == "replaced":
        put(first, GOOD)
        put(chance.randrange(first, 6), GOOD, name="Biểu mẫu (mới).xlsx", more=10)
    elif kind == "late":
        put(chance.choice((7, 8, LAST_DROP)), GOOD, explained=True)
    elif kind == "late corrected":
        put(7, chance.choice((GOOD, FAULTY)))
        put(8, GOOD, name=second_name, more=10, explained=True)
    elif kind == "hopeless":
        put(first, FAULTY)
        put(8, DAMAGED, name="Biểu mẫu lần 2.xlsx", more=10)
    if kind != "silent" and chance.random() < 0.3:
        put(chance.randrange(1, 9), SIGNED, name="Bao cao (ban ky).docx")
    if chance.random() < 0.2:
        put(chance.randrange(1, 9), EVIDENCE, name="minh chung.pdf")
