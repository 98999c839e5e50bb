"""Every state in which a file of an inbox was seen: since when, whether it was taken, and why not.

A state is a file's name and signature ("size:mtime_ns:ctime_ns:inode").  The primary key makes each state taken
once, whoever tries.  A state that is no longer there keeps its row, marked with GONE: a copy or a restore of the
folder may bring the file back with another ctime, and then its first sighting counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, select, true, update

from kybaocao.store.submissions import insert_ignoring
from kybaocao.store.tables import sightings

FOLDER = "/"  # in place of a file's name: the inbox itself could not be listed
GONE = "-"  # before the trouble of a state that is no longer there
# Why a file was not taken; after a colon the error in the system's words.
NOT_TRIED, GROWING, LEFT, TOO_LARGE, CLOSED, FAILED, UNLISTED = (
    "",  # seen, and no pass has come to it yet
    "growing",
    "left",  # more than a pass takes of one agency
    "too-large",
    "closed",
    "failed",
    "unlisted",  # the folder
)

Seen = tuple[str, str, str]  # agency, file name, signature


@dataclass(frozen=True)
class Sighting:
    """One state of one file."""

    agency: str
    file_name: str
    signature: str
    first_seen_at: dt.datetime
    taken_at: dt.datetime | None
    trouble: str

    @property
    def is_waiting(self) -> bool:
        """Whether it lies there and was not taken."""
        return self.taken_at is None and not self.trouble.startswith(GONE)

    @property
    def kind(self) -> str:
        return self.trouble.removeprefix(GONE).partition(":")[0]

    @property
    def error(self) -> str:
        """What the system said."""
        return self.trouble.partition(":")[2].strip()


def read_changed_at(signature: str) -> dt.datetime:
    """When a file in this state came to lie in the folder (ctime)."""
    return dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=int(signature.split(":")[2]) // 1000)


def is_same_file(one: str, other: str) -> bool:
    """Whether two signatures of one name are the same file, copied or restored: same size, same mtime."""
    return one.split(":")[:2] == other.split(":")[:2]


def list_sightings(connection: Connection, cycle: str, agency: str | None = None) -> list[Sighting]:
    """Of a cycle, those seen first before the others."""
    return _list(connection, cycle, true() if agency is None else sightings.c.agency == agency)


def list_held_up(connection: Connection, cycle: str, agencies: Collection[str] | None = None) -> list[Sighting]:
    """The same of the agencies that have a file which was seen and not taken: few, and often none.

    Of `agencies` only, where they are given.
    """
    waiting = select(sightings.c.agency).where(
        sightings.c.cycle == cycle, sightings.c.taken_at.is_(None), sightings.c.trouble.not_like(f"{GONE}%")
    )
    if agencies is not None:
        waiting = waiting.where(sightings.c.agency.in_(agencies))
    return _list(connection, cycle, sightings.c.agency.in_(waiting))


def _list(connection: Connection, cycle: str, which: ColumnElement[bool]) -> list[Sighting]:
    query = select(sightings).where(sightings.c.cycle == cycle, which)
    query = query.order_by(sightings.c.first_seen_at, sightings.c.agency, sightings.c.file_name, sightings.c.signature)
    return [
        Sighting(row.agency, row.file_name, row.signature, row.first_seen_at, row.taken_at, row.trouble)
        for row in connection.execute(query)
    ]


def record_sightings(connection: Connection, cycle: str, seen: Iterable[Seen], at: dt.datetime) -> None:
    """Note what lies in the inboxes and was not taken; a state seen before keeps its first sighting."""
    by_name: dict[tuple[str, str], list[Sighting]] = {}
    for one in list_sightings(connection, cycle):
        by_name.setdefault((one.agency, one.file_name), []).append(one)
    for agency, name, signature in seen:
        known = by_name.setdefault((agency, name), [])
        found = next((one for one in known if one.signature == signature), None)
        if found is None:
            known.append(_add_state(connection, cycle, (agency, name, signature), known, at))
        elif found.trouble.startswith(GONE):
            note_trouble(connection, cycle, (agency, name, signature), found.trouble.removeprefix(GONE))


def _add_state(connection: Connection, cycle: str, seen: Seen, known: list[Sighting], at: dt.datetime) -> Sighting:
    """A new state of a name.  Of the states before it since the last take only the first one stays."""
    agency, name, signature = seen
    waiting = list_untaken(known)
    same = [one.first_seen_at for one in known if is_earlier_state(one, signature)]
    trouble = GROWING if any(one.trouble == GROWING for one in waiting) else NOT_TRIED
    for one in waiting:
        if one is waiting[0]:
            note_trouble(connection, cycle, (agency, name, one.signature), GONE + one.trouble.removeprefix(GONE))
        else:
            connection.execute(delete(sightings).where(_is(cycle, (agency, name, one.signature))))
    first = min([at, *same])
    insert_ignoring(
        connection,
        sightings,
        cycle=cycle,
        agency=agency,
        file_name=name,
        signature=signature,
        first_seen_at=first,
        trouble=trouble,
    )
    return Sighting(agency, name, signature, first, None, trouble)


def list_untaken(known: Collection[Sighting]) -> list[Sighting]:
    """Of all states of one name those that were not taken, since the last that was."""
    last = max((one.taken_at for one in known if one.taken_at is not None), default=None)
    return [one for one in known if one.taken_at is None and (last is None or one.first_seen_at > last)]


def find_since(known: Iterable[Sighting]) -> dict[tuple[str, str], dt.datetime]:
    """(agency, file name) -> since when a file that lies there could not be taken, in whatever state.

    A file that no pass has tried to take, or that is too large, is not among them.
    """
    by_name: dict[tuple[str, str], list[Sighting]] = {}
    for one in known:
        by_name.setdefault((one.agency, one.file_name), []).append(one)
    return {
        name: list_untaken(states)[0].first_seen_at
        for name, states in by_name.items()
        if any(one.is_waiting and one.kind in (GROWING, LEFT, CLOSED, FAILED) for one in list_untaken(states))
    }


def is_earlier_state(one: Sighting, signature: str) -> bool:
    """Whether a state is that of the same file before it was copied or restored, and it was never taken.

    What was still being written counts from its end, as it would if nobody had looked before.
    """
    return one.taken_at is None and one.kind != GROWING and is_same_file(one.signature, signature)


def take_sighting(connection: Connection, cycle: str, seen: Seen, at: dt.datetime) -> bool:
    """Take a file in this state; False when it was taken before."""
    changed = connection.execute(
        update(sightings).where(_is(cycle, seen), sightings.c.taken_at.is_(None)).values(taken_at=at)
    )
    if changed.rowcount == 1:
        return True
    agency, name, signature = seen
    values = {"agency": agency, "file_name": name, "signature": signature, "first_seen_at": at, "taken_at": at}
    return insert_ignoring(connection, sightings, cycle=cycle, **values, trouble=NOT_TRIED)


def note_trouble(connection: Connection, cycle: str, seen: Seen, trouble: str) -> None:
    """Say why a state was not taken; one that was taken meanwhile stays as it is."""
    connection.execute(
        update(sightings).where(_is(cycle, seen), sightings.c.taken_at.is_(None)).values(trouble=trouble[:500])
    )


def note_gone(connection: Connection, cycle: str, waiting: Iterable[Sighting]) -> None:
    """These states are no longer there."""
    for one in waiting:
        if one.is_waiting:
            note_trouble(connection, cycle, (one.agency, one.file_name, one.signature), GONE + one.trouble)


def note_folder(connection: Connection, cycle: str, agency: str, trouble: str, at: dt.datetime) -> None:
    """Say that an agency's inbox cannot be listed and why, or, with "", that it can."""
    mine = _is(cycle, (agency, FOLDER, ""))
    if not trouble:
        connection.execute(delete(sightings).where(mine))
    elif not connection.execute(update(sightings).where(mine).values(trouble=trouble[:500])).rowcount:
        values = {"file_name": FOLDER, "signature": "", "first_seen_at": at, "trouble": trouble[:500]}
        connection.execute(insert(sightings).values(cycle=cycle, agency=agency, **values))


def _is(cycle: str, seen: Seen) -> ColumnElement[bool]:
    agency, name, signature = seen
    return (
        (sightings.c.cycle == cycle)
        & (sightings.c.agency == agency)
        & (sightings.c.file_name == name)
        & (sightings.c.signature == signature)
    )
