"""Recording: files that were copied to the archive become versions, each once, in the order in which they came.

All that decides is read inside the transaction that writes.  A file that came before one that is already recorded
(a slow collector, a file that could not be read for a while) gets its place before it: it is judged and answered,
and the later one stays in force.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from kybaocao.inbox.archive import Kept
from kybaocao.inbox.shared_folders import Dropped, read_file_clock
from kybaocao.inbox.submission import Submission
from kybaocao.mail.letters import write_slip
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.stages.support.agency_folder import put_answer
from kybaocao.stages.support.misplaced_files import MAX_ROWS
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import list_actions, record_action
from kybaocao.store.sightings import (
    Seen,
    Sighting,
    is_earlier_state,
    is_same_file,
    list_sightings,
    read_changed_at,
    take_sighting,
)
from kybaocao.store.submissions import (
    add_submission,
    find_same,
    list_components,
    list_drops,
    list_holders,
    remember_drop,
)
from kybaocao.vietnamese import format_moment, format_number

REPEATED = "Tep-da-nhan-truoc.html"
_TICK = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class New:
    """A file that was not taken before, already in the archive."""

    agency: str
    drop: Dropped
    kept: Kept
    component: str

    @property
    def seen(self) -> Seen:
        return self.agency, self.drop.key, self.drop.signature


@dataclass(frozen=True)
class _Inbox:
    """What the store knows of an agency's files, read inside the transaction that adds to it."""

    drops: Mapping[tuple[str, str], tuple[str, str]]
    sightings: Sequence[Sighting]
    versions: Sequence[Submission]  # of all components, in the order in which the files came

    @classmethod
    def read(cls, connection: Connection, cycle: str, agency: str) -> _Inbox:
        return cls(
            list_drops(connection, cycle, agency),
            list_sightings(connection, cycle, agency),
            list_components(connection, cycle, agency),
        )

    def is_touched(self, file: New) -> bool:
        """Copied again over itself, its rights changed, or the folder restored: the file system shows no difference."""
        return self.drops.get((file.agency, file.drop.key), ("", ""))[1] == file.kept.sha256

    def is_newest(self, file: New) -> bool:
        """Whether nothing that lay under its name later was taken; a slow collector may come with an old state."""
        signature = self.drops.get((file.agency, file.drop.key), ("", ""))[0]
        return signature.count(":") != 3 or read_changed_at(signature) <= read_changed_at(file.drop.signature)

    def list_states(self, file: New) -> list[Sighting]:
        """The file as it is, and as it was seen and not taken before it was copied or restored."""
        mine = (one for one in self.sightings if one.file_name == file.drop.key)
        now = file.drop.signature
        return [one for one in mine if one.signature == now or is_earlier_state(one, now)]

    def list_restored(self, file: New) -> list[Submission]:
        """The versions made of this very file when it was taken before, if it was: same name, size, mtime and bytes."""
        states = (one for one in self.sightings if one.file_name == file.drop.key and one.taken_at is not None)
        if not any(
            is_same_file(one.signature, file.drop.signature) and one.signature != file.drop.signature for one in states
        ):
            return []
        same = (file.drop.name, file.kept.sha256, file.component)
        return [one for one in self.versions if (one.file_name, one.sha256, one.component) == same]


def record_files(p: Pass, agency: str, files: Sequence[New]) -> tuple[int, int]:
    """Record an agency's archived files in one transaction; returns how many are new versions, how many are not."""
    new = identical = 0
    with p.store.write() as connection:
        known = _Inbox.read(connection, p.cycle.id, agency)
        files = [file for file in files if take_sighting(connection, p.cycle.id, file.seen, p.as_of)]
        outdated = _list_outdated(files, known)
        for file in files:
            digest = file.kept.sha256
            if known.is_newest(file):
                remember_drop(connection, p.cycle.id, agency, file.drop.key, file.drop.signature, digest)
            facts: dict[str, Any] = {"file": file.drop.name, "sha256": digest, "bytes": file.kept.size_bytes}
            place = _find_place(file, known)
            same = outdated.get(file.drop.key) or _find_same(file, place, known)
            if same is None:
                facts |= {"component": file.component, "version": _add(connection, p, file, known, place)}
                known = _Inbox.read(connection, p.cycle.id, agency)
                new += 1
            else:
                facts["same_as"] = same.receipt_number
                identical += 1
            action = "file-received" if same is None else "file-identical"
            record_action(connection, action, at=p.as_of, cycle=p.cycle.id, agency=agency, **facts)
            if same is None:
                _describe_if_shared(connection, p, file)
        if identical:  # before the transaction ends: a pass that dies here writes the same page again
            put_answer(p, agency, REPEATED, _list_repeated(connection, p, agency).encode())
    return new, identical


def _list_outdated(files: Iterable[New], known: _Inbox) -> dict[str, Submission]:
    """Of forms touched together all but the newest, by key: nobody hands in a version and its successor at once."""
    last = {one.sha256: one for one in known.versions if one.component == FORM}
    touched = {
        file.drop.key: last[file.kept.sha256]
        for file in files
        if known.is_touched(file) and file.component == FORM and file.kept.sha256 in last
    }
    newest = max(touched.values(), key=lambda one: (one.place, one.id), default=None)
    return {key: one for key, one in touched.items() if one != newest}


def _find_same(file: New, place: dt.datetime, known: _Inbox) -> Submission | None:
    """The version that a file repeats.

    A form that was taken before and comes back with other times (a restore, changed rights) is no new version when
    a newer one came since; what was sent back last is judged anew.
    """
    newest = [one for one in known.versions if one.component == FORM][-1:]
    for one in known.list_restored(file):
        if file.component == FORM and one not in newest:
            return one
    before = [one for one in known.versions if one.place <= place]
    found = find_same(known.versions, file.component, file.kept.sha256)
    return found or find_same(before, file.component, file.kept.sha256)


def _find_place(file: New, known: _Inbox) -> dt.datetime:
    """When the file came to lie there, for the order of versions: whoever records it, and however late.

    A version that seems to come from the future was recorded while the machine's clock was wrong: what comes now
    comes after it.
    """
    states = {file.drop.signature, *(one.signature for one in known.list_states(file))}
    place = min(map(read_changed_at, states))
    newest = max((one.place for one in known.versions if one.component == file.component), default=place)
    return newest + _TICK if newest > read_file_clock() else place


def _find_receipt_time(p: Pass, file: New, known: _Inbox) -> dt.datetime:
    """The agency is judged by when its file was first seen or came to lie in the folder, not by when we took it.

    Never later than the pass.  The file's own date (mtime) only helps to know it again: anybody can set it.
    """
    moments = [p.as_of]
    if not p.is_replay:
        moments.append(dt.datetime.fromtimestamp(file.drop.changed_at, dt.UTC))
    moments += [one.first_seen_at for one in known.list_states(file)]
    moments += [one.received_at for one in known.list_restored(file)]
    return min(moments)


def _add(connection: Connection, p: Pass, file: New, known: _Inbox, place: dt.datetime) -> int:
    return add_submission(
        connection,
        cycle=p.cycle.id,
        agency=file.agency,
        component=file.component,
        file_name=file.drop.name,
        sha256=file.kept.sha256,
        size_bytes=file.kept.size_bytes,
        received_at=_find_receipt_time(p, file, known),
        came_at=place,
    )


def _describe_if_shared(connection: Connection, p: Pass, file: New) -> None:
    """The same bytes from another agency: a copied submission, or one file for two. People decide what it means."""
    holders = [one.receipt_number for one in list_holders(connection, p.cycle.id, file.kept.sha256)]
    others = [number for number in holders if f"/{file.agency}/" not in number]
    if others:
        facts: dict[str, Any] = {"file": file.drop.name, "sha256": file.kept.sha256, "same_as": others}
        record_action(connection, "file-shared", at=p.as_of, cycle=p.cycle.id, agency=file.agency, **facts)


def _list_repeated(connection: Connection, p: Pass, agency: str) -> str:
    """The page about files with nothing new, written anew as a whole."""
    rows = [
        (detail["file"], format_moment(at.astimezone(p.plan.timezone)), detail.get("same_as", ""))
        for at, detail in list_actions(connection, "file-identical", p.cycle.id, agency)
    ]
    if older := rows[:-MAX_ROWS]:
        rows = [(f"… và {format_number(len(older))} tệp trước đó", "", ""), *rows[-MAX_ROWS:]]
    return write_slip("tep_trung", p, agency=agency, rows=rows)
