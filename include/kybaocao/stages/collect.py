"""Collecting: new files of the shared folders are kept and recorded; only what kind they are is looked at.

Everything that lies in an inbox is noted as seen before anything is copied: the first sighting is its receipt time,
and as long as a file that was seen is not taken through no fault of its agency, nobody is reminded of it
(`stages.support.untaken_files`).  Copying comes outside the transaction; what is known is read again inside it, and
`take_sighting` lets one collector alone record a file.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kybaocao.attachments.inspection import choose_attachment
from kybaocao.files import open_folder
from kybaocao.inbox.archive import Kept, TooLargeError, keep_file, largest_kept, read_kept, seal
from kybaocao.inbox.shared_folders import (
    NO_FOLDER,
    Dropped,
    Look,
    is_settled,
    look_into,
    open_plain,
    sign,
)
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.stages.support.agency_folder import put_unwritten_answers
from kybaocao.stages.support.form_issuing import is_open
from kybaocao.stages.support.misplaced_files import report_misplaced_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.recording import New, record_files
from kybaocao.stages.support.sweeping import sweep_temporaries
from kybaocao.store.sightings import (
    CLOSED,
    FAILED,
    GROWING,
    LEFT,
    TOO_LARGE,
    UNLISTED,
    Seen,
    Sighting,
    list_sightings,
    note_folder,
    note_gone,
    note_trouble,
    record_sightings,
)
from kybaocao.store.submissions import list_agencies_waiting, list_drops

# Files of one agency that a pass takes, oldest first.  A submission is a form, a signed report and some evidence.
# More files are taken in several passes, so that other agencies wait seconds and not minutes.
MAX_FILES = 20

Drops = Mapping[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Collected:
    """What a collection found. `waiting` are the agencies with a version to judge.

    `unsettled` are still being copied; `failed` could not be read or kept, each with the reason; `left` is how many
    files more than a pass takes lie there for the next one.
    """

    new: int
    duplicates: int
    unsettled: tuple[str, ...]
    waiting: tuple[str, ...]
    failed: tuple[str, ...] = ()
    left: int = 0


def collect_files(p: Pass) -> Collected:
    """Archive and record every stable new file of the cycle's inboxes, agency by agency."""
    put_unwritten_answers(p)
    sweep_temporaries(p)
    with p.store.read() as connection:
        known = _Known.of(list_drops(connection, p.cycle.id), list_sightings(connection, p.cycle.id))
    _note_sightings(p, known)
    counts = _Counts()
    for agency in p.plan.expected:
        _collect_agency(p, agency.code, known, counts)
    report_misplaced_files(p)
    with p.store.read() as connection:
        waiting = list_agencies_waiting(connection, p.cycle.id)
    ready = tuple(code for code in waiting if code in p.plan.agencies and not p.plan.blocked(code))
    return Collected(counts.new, counts.identical, tuple(counts.unsettled), ready, tuple(counts.failed), counts.left)


@dataclass
class _Counts:
    new: int = 0
    identical: int = 0
    left: int = 0
    unsettled: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Known:
    """What was seen and taken before this pass."""

    drops: Drops
    sightings: Mapping[str, Sequence[Sighting]]  # agency -> states of its files

    @classmethod
    def of(cls, drops: Drops, sightings: Iterable[Sighting]) -> _Known:
        by_agency: dict[str, list[Sighting]] = {}
        for one in sightings:
            by_agency.setdefault(one.agency, []).append(one)
        return cls(drops, by_agency)

    def list_fresh(self, agency: str, drops: Iterable[Dropped]) -> list[Dropped]:
        """Those that were not taken as they are now."""
        taken = {(s.file_name, s.signature) for s in self.of_agency(agency) if s.taken_at is not None}
        return [
            drop
            for drop in drops
            if self.drops.get((agency, drop.key), ("", ""))[0] != drop.signature
            and (drop.key, drop.signature) not in taken
        ]

    def of_agency(self, agency: str) -> Sequence[Sighting]:
        return self.sightings.get(agency, ())


# --- seeing -------------------------------------------------------------------------------------------------------


def _note_sightings(p: Pass, known: _Known) -> None:
    """Note all that lies there before anything is copied: if collecting fails, it was seen."""
    seen: list[Seen] = []
    for agency in p.plan.expected:
        look = look_into(p.home.inbox(agency.code, p.cycle.id))
        fresh = known.list_fresh(agency.code, look.files)
        noted = {(one.file_name, one.signature) for one in known.of_agency(agency.code) if one.is_waiting}
        seen += [(agency.code, one.key, one.signature) for one in fresh if (one.key, one.signature) not in noted]
    if seen:
        with p.store.write() as connection:
            record_sightings(connection, p.cycle.id, seen, p.as_of)


def _describe_obstacle(p: Pass, look: Look) -> str:
    """Why an inbox cannot be listed, as it is recorded; "" when it can.

    Without the folder an agency cannot hand in anything.  Every pass of an open cycle makes it where it is missing.
    """
    if not look.obstacle or (look.obstacle == NO_FOLDER and not is_open(p)):
        return ""
    return f"{UNLISTED}: {look.obstacle}"


# --- taking -------------------------------------------------------------------------------------------------------


class _NotYetError(Exception):
    """The file is still being copied."""


def _collect_agency(p: Pass, agency: str, known: _Known, counts: _Counts) -> None:
    """Take what lies in one agency's inbox, and note why the rest was not taken."""
    look = look_into(p.home.inbox(agency, p.cycle.id))
    limit = largest_kept(p.plan.edition.attachments if p.plan.edition else ())
    files: list[New] = []
    troubles: dict[Seen, str] = {}
    for drop in known.list_fresh(agency, look.files):
        seen = (agency, drop.key, drop.signature)
        if drop.size_bytes > limit:  # never opened
            troubles[seen] = TOO_LARGE
        elif len(files) == MAX_FILES:
            counts.left += 1
            troubles[seen] = LEFT
        else:
            try:
                kept = _keep(p, drop)
                files.append(New(agency, drop, kept, _sort(p, drop, kept)))
            except _NotYetError:
                counts.unsettled.append(f"{agency}/{drop.name}")
                troubles[seen] = GROWING
            except FileNotFoundError:
                continue  # taken away meanwhile
            except OSError as error:  # of this file alone
                reason = error.strerror or str(error)
                counts.failed.append(f"{agency}/{drop.name}: {reason}")
                troubles[seen] = f"{CLOSED if isinstance(error, PermissionError) else FAILED}: {reason}"
    if files:
        new, identical = record_files(p, agency, files)
        counts.new += new
        counts.identical += identical
    _note_troubles(p, agency, look, known.of_agency(agency), troubles)


def _note_troubles(
    p: Pass, agency: str, look: Look, before: Collection[Sighting], troubles: Mapping[Seen, str]
) -> None:
    """Note why files were not taken, and which are gone.

    Only what this pass knew before it looked can be gone: what somebody noted since, it has not looked for.
    """
    there = {(drop.key, drop.signature) for drop in look.files}
    gone = (
        []
        if look.obstacle
        else [one for one in before if one.is_waiting and one.signature and (one.file_name, one.signature) not in there]
    )
    noted = {(agency, one.file_name, one.signature): one.trouble for one in before if one.is_waiting}
    changed = {seen: trouble for seen, trouble in troubles.items() if noted.get(seen) != trouble}
    obstacle, former = _describe_obstacle(p, look), next((s.trouble for s in before if not s.signature), "")
    if not (gone or changed or obstacle != former):
        return
    with p.store.write() as connection:
        record_sightings(connection, p.cycle.id, changed, p.as_of)
        for seen, trouble in changed.items():
            note_trouble(connection, p.cycle.id, seen, trouble)
        note_gone(connection, p.cycle.id, gone)
        if obstacle != former:
            note_folder(connection, p.cycle.id, agency, obstacle, p.as_of)


def _sort(p: Pass, drop: Dropped, kept: Kept) -> str:
    """Which component of the submission a file is, by its first bytes and its package's directory."""
    attachments = p.plan.edition.attachments if p.plan.edition else ()
    if not attachments:
        return FORM
    limit = max(attachment.limit_bytes for attachment in attachments)
    attachment = choose_attachment(read_kept(p.home.archive, kept.sha256, limit + 1), drop.name, attachments)
    return attachment.id if attachment else FORM


def _keep(p: Pass, drop: Dropped) -> Kept:
    """The archived copy. Raises _NotYetError while it is still being copied, OSError when it cannot be."""
    folder = open_folder(p.home.shared, drop.path.parent.relative_to(p.home.shared).parts)
    try:
        descriptor = open_plain(drop.path.name, folder)
    finally:
        os.close(folder)
    try:
        limit = largest_kept(p.plan.edition.attachments if p.plan.edition else ())
        kept, temporary = keep_file(p.home.archive, descriptor, limit)
        # What was copied is the file as it was listed: another one under its name waits for the next pass.
        is_whole = is_settled(drop, kept.tail, kept.head) and sign(os.fstat(descriptor)) == drop.signature
    except TooLargeError:
        raise _NotYetError from None  # it grew while we read
    finally:
        os.close(descriptor)
    if not is_whole:
        temporary.unlink()
        raise _NotYetError
    try:
        seal(p.home.archive, kept, temporary)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return kept
