"""What goes wrong in a season: chosen by its seed, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.faults.injection import (
    AFTER,
    BEFORE,
    BEGIN,
    CLOSED,
    COMMIT,
    FSYNC,
    FULL,
    KILL,
    LOCKED,
    LOST,
    MIDDLE,
    OPEN,
    REPLACE,
    SEND,
    SLOW,
    STATEMENT,
    UNLINK,
    WRITE,
    Fault,
)
from tests.faults.mail_server import HANG_UP_AFTER, HANG_UP_BEFORE, TAKE
from tests.faults.story import TIMES
from tests.small_plan import KEPT

# What may happen to an agency's folder before a pass; undone before the next one.
NO_FOLDER, LINK, FILE_INSTEAD = "no folder", "dangling link", "file instead"
RESTORED = "restored"
KILLS, TWINS, POST, DISK, STORE, MIX = "kills", "twins", "post", "disk", "store", "mix"
_KINDS = (KILLS, KILLS, KILLS, TWINS, TWINS, POST, POST, DISK, DISK, STORE, MIX, MIX)

ANSWERS = (
    "421 4.3.2 closing",
    "450 4.2.1 mailbox busy",
    "451 4.7.1 greylisted",
    "452 4.3.1 no space",
    "550 5.7.1 policy",
    "552 5.2.2 mailbox full",
    "554 5.6.0 content",
)
NOTICES = (
    "dead",
    "delayed",
    "forged without id",
    "forged unknown id",
    "forged other recipient",
    "nested",
    "no notice",
    "full",
)


@dataclass(frozen=True)
class Attempt:
    """One process that meets faults, or two beside each other."""

    faults: tuple[Fault, ...] = ()
    twin: tuple[Fault, ...] | None = None  # the faults of a second pass beside it
    command: tuple[str, ...] = ()  # a command beside it
    twin_delay_seconds: float = 0.0
    minutes: int = 0  # its moment, after (or before) that of the moment it belongs to
    mail: dict[str, Any] = field(default_factory=dict)  # orders for the mail server
    folders: tuple[tuple[str, str], ...] = ()  # (agency, what stands in the place of its inbox)
    is_held: bool = False  # the store is held by another writer for a while


@dataclass(frozen=True)
class Scheme:
    """All faults of a season: attempts before the calm pass of each moment, and delivery notices that come in."""

    kind: str
    attempts: dict[int, tuple[Attempt, ...]]
    decisions: dict[int, tuple[Attempt, ...]]
    notices: dict[int, tuple[str, ...]]
    restored: dict[int, str]  # moment -> agency whose folder is restored from a copy
    skipped: frozenset[int]  # moments without a calm pass after the faults
    operations: dict[int, tuple[str, Attempt]]  # what an operator does about dead letters, and a fault that meets him
    dead: str = ""  # agency whose officer's mailbox does not exist

    @property
    def is_strict(self) -> bool:
        """Whether the end must be the calm season's in everything, mail included."""
        return self.kind in (KILLS, TWINS, STORE)


def make_scheme(seed: int) -> Scheme:
    """The faults of a season."""
    chance = Random(f"faults {seed}")
    kind = chance.choice(_KINDS)
    attempts: dict[int, tuple[Attempt, ...]] = {}
    decisions: dict[int, tuple[Attempt, ...]] = {}
    notices: dict[int, tuple[str, ...]] = {}
    restored: dict[int, str] = {}
    operations: dict[int, tuple[str, Attempt]] = {}
    skipped = set()
    is_about_mail = kind in (POST, MIX)
    dead = chance.choice(KEPT) if is_about_mail and chance.random() < 0.3 else ""
    for place in range(len(TIMES)):
        count = chance.choice((0, 1, 1, 2))
        attempts[place] = tuple(_attempt(kind, chance) for _ in range(count))
        decisions[place] = tuple(Attempt((_kill(chance),)) for _ in range(chance.choice((0, 1, 2))))
        if is_about_mail and chance.random() < 0.5:
            fault = Fault(KILL, COMMIT, chance.choice((BEFORE, AFTER)), chance.randrange(1, 3))
            action = chance.choice(("resend", "resend", "redirect", "withdraw"))
            operations[place] = action, Attempt((fault,) if chance.random() < 0.5 else ())
        if is_about_mail and chance.random() < 0.4:
            notices[place] = tuple(chance.choice(NOTICES) for _ in range(chance.choice((1, 2))))
        if kind in (DISK, MIX) and chance.random() < 0.2:
            restored[place] = chance.choice(KEPT)
        if kind in (POST, DISK, MIX) and place not in (0, len(TIMES) - 1) and chance.random() < 0.2:
            skipped.add(place)
    return Scheme(kind, attempts, decisions, notices, restored, frozenset(skipped), operations, dead)


def _attempt(kind: str, chance: Random) -> Attempt:
    if kind == MIX:
        kind = chance.choice((KILLS, TWINS, POST, DISK, STORE))
        if chance.random() < 0.25:
            return Attempt((_kill(chance),), minutes=chance.choice((-2880, -600, -61, 45, 59)))
    if kind == KILLS:
        return Attempt((_kill(chance),))
    if kind == TWINS:
        slow = tuple(_slow(chance) for _ in range(chance.choice((0, 1, 3))))
        other = (*(_slow(chance) for _ in range(chance.choice((0, 1, 3)))),)
        killed = (_kill(chance),) if chance.random() < 0.3 else ()
        if chance.random() < 0.15:
            return Attempt(slow + killed, command=("status", "--json"))
        return Attempt(slow + killed, twin=other, twin_delay_seconds=chance.choice((0.0, 0.02, 0.1, 0.25)))
    if kind == POST:
        killed = (_kill_at_send(chance),) if chance.random() < 0.4 else ()
        return Attempt(killed, mail=_order(chance))
    if kind == DISK:
        return _break_disk(chance)
    return _break_store(chance)


def _kill(chance: Random) -> Fault:
    point, most = chance.choice(
        (
            (COMMIT, 14),
            (COMMIT, 30),
            (REPLACE, 12),
            (UNLINK, 6),
            (FSYNC, 4),
            (OPEN, 12),
            (WRITE, 12),
            (SEND, 6),
            (SEND, 12),
            (STATEMENT, 60),
        )
    )
    moments = {SEND: (BEFORE, MIDDLE, AFTER), COMMIT: (BEFORE, AFTER), REPLACE: (BEFORE, AFTER)}.get(point, (BEFORE,))
    return Fault(KILL, point, chance.choice(moments), chance.randrange(1, most + 1))


def _kill_at_send(chance: Random) -> Fault:
    return Fault(KILL, SEND, chance.choice((BEFORE, MIDDLE, AFTER)), chance.randrange(1, 8))


def _slow(chance: Random) -> Fault:
    point, most = chance.choice(((COMMIT, 12), (BEGIN, 12), (FSYNC, 4), (REPLACE, 8), (SEND, 5)))
    return Fault(SLOW, point, BEFORE, chance.randrange(1, most + 1))


def _order(chance: Random) -> dict[str, Any]:
    kind = chance.choice(("greeting", "data", "data", "data", "once", "delay"))
    if kind == "greeting":
        return {"greeting": chance.choice(("none", "busy", "closed"))}
    if kind == "once":
        codes = [agency.lower().replace("-", "") for agency in KEPT]
        return {"once_like": {chance.choice(codes): chance.choice(ANSWERS)}}
    if kind == "delay":
        return {"delay": 0.2}
    few = (TAKE, TAKE, HANG_UP_BEFORE, HANG_UP_AFTER, *ANSWERS[:4], *(ANSWERS[4:] if chance.random() < 0.5 else ()))
    return {"data": [chance.choice(few) for _ in range(chance.randrange(1, 8))]}


def _break_disk(chance: Random) -> Attempt:
    kind = chance.choice(("full", "full", "full", "closed", "folder", "folder"))
    if kind == "full":
        point, most = chance.choice(((OPEN, 10), (WRITE, 10), (FSYNC, 3), (COMMIT, 12)))
        return Attempt((Fault(FULL, point, BEFORE, chance.randrange(1, most + 1)),))
    if kind == "closed":
        return Attempt((Fault(CLOSED, name=chance.choice((".xlsx", ".docx", ".html", "(sửa).xlsx"))),))
    what = chance.choice((NO_FOLDER, LINK, FILE_INSTEAD))
    return Attempt(folders=((chance.choice(KEPT), what),))


def _break_store(chance: Random) -> Attempt:
    kind = chance.choice(("lost", "lost", "lost", "locked", "held"))
    if kind == "held":
        return Attempt((_kill(chance),) if chance.random() < 0.3 else (), is_held=True)
    if kind == "locked":
        return Attempt((Fault(LOCKED, BEGIN, BEFORE, chance.randrange(1, 14)),))
    point, most = chance.choice(((STATEMENT, 50), (COMMIT, 14)))
    return Attempt((Fault(LOST, point, BEFORE, chance.randrange(1, most + 1)),))
