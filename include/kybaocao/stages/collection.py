"""Collecting: new files of the shared folders are kept and recorded; only what kind they are is looked at."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from kybaocao.files import open_folder
from kybaocao.home import INBOX
from kybaocao.intake.archive import Kept, TooLargeError, keep_file, largest_kept, read_kept, seal, sweep_archive
from kybaocao.intake.companions import choose_companion
from kybaocao.intake.inbox import (
    Dropped,
    is_junk,
    is_plain_folder,
    is_settled,
    list_dropped,
    list_oddities,
    open_plain,
    spell_name,
)
from kybaocao.mail.letters import write_slip
from kybaocao.passes import Pass
from kybaocao.plan.load import list_plan_folders, plan_in_force
from kybaocao.plan.model import FORM
from kybaocao.plan.source import SourceError
from kybaocao.stages.answers import put_answer, put_unwritten_answers
from kybaocao.stages.straying import MAX_ROWS, WATCHED, tell_of_astray_files
from kybaocao.store.arrivals import (
    Arrival,
    add_arrival,
    find_same,
    list_agencies_waiting,
    list_components,
    list_drops,
    list_holders,
    remember_drop,
)
from kybaocao.store.audit import list_actions, record_action
from kybaocao.store.tables import issued_forms
from kybaocao.vietnamese import format_moment, format_number

REPEATED = "Tep-da-nhan-truoc.html"
# Files of one agency that a pass takes, oldest first.  A return is a form, a signed report and some evidence; who
# puts in more at once is served in several passes, so that everybody else waits seconds and not minutes.
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
    sweep_archive(p.home.archive)
    with p.store.read() as connection:
        drops = list_drops(connection, p.cycle.id)
    new, kept, left = 0, 0, 0
    unsettled, failed = [], []
    for agency in p.plan.expected:
        files: list[_New] = []
        untaken = set()
        fresh = _list_fresh(p, agency.code, drops)
        for place, drop in enumerate(fresh):
            if len(files) == MAX_FILES:
                left += len(fresh) - place
                break
            try:
                copy = _keep(p, drop)
                file = _New(agency.code, drop, copy, _sort(p, drop, copy), _last_seen(drops, agency.code, drop.key)[1])
            except _NotYetError:
                unsettled.append(f"{agency.code}/{drop.name}")
                untaken.add(drop.key)
            except FileNotFoundError:
                continue  # taken away meanwhile
            except OSError as error:  # one file, or no room for it: nobody else's trouble
                failed.append(f"{agency.code}/{drop.name}: {error.strerror or error}")
                untaken.add(drop.key)
            else:
                files.append(file)
        new += _record(p, agency.code, files)
        kept += len(files)
        _watch(p, agency.code, drops, untaken)
    tell_of_astray_files(p)
    with p.store.read() as connection:
        waiting = list_agencies_waiting(connection, p.cycle.id)
    ready = tuple(code for code in waiting if code in p.plan.agencies and not p.plan.blocked(code))
    return Collected(new, kept - new, tuple(unsettled), ready, tuple(failed), left)


@dataclass(frozen=True)
class _New:
    """A file that was not there before, already in the archive."""

    agency: str
    drop: Dropped
    kept: Kept
    component: str
    known_sha256: str  # what lay under this name before, or ""

    @property
    def is_touched(self) -> bool:
        """Copied again over itself, or its rights changed, or the folder restored: the file system does not tell."""
        return self.known_sha256 == self.kept.sha256


class _NotYetError(Exception):
    """The file is still being copied."""


def _last_seen(drops: Drops, agency: str, place: str) -> tuple[str, str]:
    return drops.get((agency, place), ("", ""))


def _list_fresh(p: Pass, agency: str, drops: Drops) -> list[Dropped]:
    """What lies in the inbox and was not seen as it is now, oldest first; what is far too large is never opened."""
    limit = largest_kept(p.plan.edition.companions if p.plan.edition else ())
    found = [drop for drop in list_dropped(p.home.inbox(agency, p.cycle.id)) if drop.size_bytes <= limit]
    return [drop for drop in found if _last_seen(drops, agency, drop.key)[0] != drop.signature]


def _sort(p: Pass, drop: Dropped, kept: Kept) -> str:
    """Which component of the return a file is, told by its first bytes and its package's directory."""
    companions = p.plan.edition.companions if p.plan.edition else ()
    if not companions:
        return FORM
    limit = max(companion.limit_bytes for companion in companions)
    companion = choose_companion(read_kept(p.home.archive, kept.sha256, limit + 1), drop.name, companions)
    return companion.id if companion else FORM


def _keep(p: Pass, drop: Dropped) -> Kept:
    """The archived copy. Raises _NotYetError while it is still being copied, OSError when it cannot be."""
    folder = open_folder(p.home.shared, drop.path.parent.relative_to(p.home.shared).parts)
    try:
        descriptor = open_plain(drop.path.name, folder)
    finally:
        os.close(folder)
    try:
        limit = largest_kept(p.plan.edition.companions if p.plan.edition else ())
        kept, temporary = keep_file(p.home.archive, descriptor, limit)
        is_whole = is_settled(drop, kept.tail, kept.head) and os.fstat(descriptor).st_size == kept.size_bytes
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


def _watch(p: Pass, agency: str, drops: Drops, untaken: set[str]) -> None:
    """Note since when the files with these keys could not be taken, and forget those that are over."""
    prefix = f"{INBOX}/"
    watched = {
        place.removeprefix(prefix)
        for (code, place), (signature, _) in drops.items()
        if code == agency and place.startswith(prefix) and signature.startswith(WATCHED)
    }
    begun = {key for key in untaken - watched if not _last_seen(drops, agency, prefix + key)[0]}
    if not begun and watched <= untaken:
        return
    with p.store.write() as connection:
        for key in begun:
            remember_drop(connection, p.cycle.id, agency, prefix + key, WATCHED + p.as_of.isoformat(), "")
        for key in watched - untaken:
            remember_drop(connection, p.cycle.id, agency, prefix + key, "", "")


def _record(p: Pass, agency: str, files: list[_New]) -> int:
    """Record an agency's archived files in one transaction; returns how many are new versions."""
    if not files:
        return 0
    new = 0
    with p.store.write() as connection:
        versions = list_components(connection, p.cycle.id, agency)
        outdated = _list_outdated(files, versions)
        for file in files:
            digest = file.kept.sha256
            remember_drop(connection, p.cycle.id, agency, file.drop.key, file.drop.signature, digest)
            facts: dict[str, Any] = {"file": file.drop.name, "sha256": digest, "bytes": file.kept.size_bytes}
            same = outdated.get(file.drop.key) or find_same(versions, file.component, digest)
            if same is None:
                facts |= {"component": file.component, "version": _add(connection, p, file)}
                versions = list_components(connection, p.cycle.id, agency)
                new += 1
            else:
                facts["same_as"] = same.receipt_number
            action = "file-received" if same is None else "file-identical"
            record_action(connection, action, at=p.as_of, cycle=p.cycle.id, agency=agency, **facts)
            if same is None:
                _tell_if_shared(connection, p, file)
        if new < len(files):  # before the transaction ends: a pass that dies here writes the same page again
            put_answer(p, agency, REPEATED, _list_repeated(connection, p, agency).encode())
    return new


def _list_outdated(files: Iterable[_New], versions: Iterable[Arrival]) -> dict[str, Arrival]:
    """Of forms touched together all but the newest, by key: nobody hands in a version and its successor at once."""
    last = {one.sha256: one for one in versions if one.component == FORM}
    touched = {
        file.drop.key: last[file.kept.sha256]
        for file in files
        if file.is_touched and file.component == FORM and file.kept.sha256 in last
    }
    newest = max((one.id for one in touched.values()), default=0)
    return {key: one for key, one in touched.items() if one.id != newest}


def _add(connection: Connection, p: Pass, file: _New) -> int:
    return add_arrival(
        connection,
        cycle=p.cycle.id,
        agency=file.agency,
        component=file.component,
        file_name=file.drop.name,
        sha256=file.kept.sha256,
        size_bytes=file.kept.size_bytes,
        received_at=_received_at(p, file.drop),
    )


def _tell_if_shared(connection: Connection, p: Pass, file: _New) -> None:
    """The same bytes from another agency: a copied return, or one file for two. People decide what it means."""
    holders = [one.receipt_number for one in list_holders(connection, p.cycle.id, file.kept.sha256)]
    others = [number for number in holders if f"/{file.agency}/" not in number]
    if others:
        facts: dict[str, Any] = {"file": file.drop.name, "sha256": file.kept.sha256, "same_as": others}
        record_action(connection, "file-shared", at=p.as_of, cycle=p.cycle.id, agency=file.agency, **facts)


def _list_repeated(connection: Connection, p: Pass, agency: str) -> str:
    """The page about files that said nothing new, written anew as a whole."""
    rows = [
        (detail["file"], format_moment(at.astimezone(p.plan.timezone)), detail.get("same_as", ""))
        for at, detail in list_actions(connection, "file-identical", p.cycle.id, agency)
    ]
    if older := rows[:-MAX_ROWS]:
        rows = [(f"… và {format_number(len(older))} tệp trước đó", "", ""), *rows[-MAX_ROWS:]]
    return write_slip("tep_trung", p, agency=agency, rows=rows)


def _received_at(p: Pass, drop: Dropped) -> dt.datetime:
    """The agency is judged by when its file came to lie in the folder, not by when we looked."""
    if p.is_replay:
        return p.as_of
    return min(p.as_of, dt.datetime.fromtimestamp(drop.changed_at, dt.UTC))


def list_strangers(p: Pass) -> list[str]:
    """Folders and entries nobody owns: unknown agencies, unknown cycles, things that are not files."""
    found: list[str] = []
    root = p.home.shared
    if not is_plain_folder(root):
        return []
    agencies, cycles = _list_known(p)
    for folder in sorted(root.iterdir()):
        if is_junk(folder.name):
            continue
        if folder.name not in agencies:
            found.append(f"{spell_name(folder.name)}/ (không có cơ quan này)")
            continue
        inbox, replies = p.home.inbox(folder.name, p.cycle.id), p.home.replies(folder.name, p.cycle.id)
        places = [place for place in (folder, inbox.parent, inbox, replies) if os.path.lexists(place)]
        if odd := next((place for place in places if not is_plain_folder(place)), None):
            found.append(f"{odd.relative_to(root)} (không phải thư mục thật)")
            continue
        if closed := next((place for place in places if not os.access(place, os.R_OK | os.W_OK | os.X_OK)), None):
            found.append(f"{closed.relative_to(root)} (hệ thống không có quyền đọc, ghi)")
            continue
        names = sorted(child.name for child in folder.iterdir() if not is_junk(child.name))
        found.extend(
            f"{folder.name}/{spell_name(name)} (không có kỳ này)" for name in names if name not in cycles
        )
        found.extend(f"{folder.name}/{p.cycle.id}/nop/{name} (không phải tệp)" for name in list_oddities(inbox))
    return found


def _list_known(p: Pass) -> tuple[set[str], set[str]]:
    """(agencies, cycles) that may have folders: of this plan, of the plans beside it, and all that ever got a form."""
    plans = [p.plan]
    for folder in list_plan_folders():
        with suppress(SourceError):  # a plan that cannot be read at all is reported by its own passes
            plans.append(plan_in_force(folder, p.home))
    with p.store.read() as connection:
        issued = connection.execute(select(issued_forms.c.cycle, issued_forms.c.agency)).all()
    agencies = {agency.code for plan in plans for agency in plan.expected} | {agency for _, agency in issued}
    return agencies, {cycle for plan in plans for cycle in plan.cycles} | {cycle for cycle, _ in issued}
