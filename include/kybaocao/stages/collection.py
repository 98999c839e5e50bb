"""Collecting: new files of the shared folders are kept and recorded; only what kind they are is looked at."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from kybaocao.files import open_folder
from kybaocao.intake.archive import Kept, keep_file, read_kept, seal
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
from kybaocao.plan.model import FORM
from kybaocao.stages.answers import put_answer, put_unwritten_answers
from kybaocao.stages.straying import tell_of_astray_files
from kybaocao.store.arrivals import (
    add_arrival,
    list_agencies_waiting,
    list_arrivals,
    list_companions,
    list_drops,
    list_holders,
    remember_drop,
)
from kybaocao.store.audit import list_actions, record_action
from kybaocao.vietnamese import format_moment

REPEATED = "Tep-da-nhan-truoc.html"


@dataclass(frozen=True)
class Collected:
    """What a collection found. `waiting` are the agencies with a version to judge."""

    new: int
    duplicates: int
    unsettled: tuple[str, ...]
    waiting: tuple[str, ...]


def collect_files(p: Pass) -> Collected:
    """Archive and record every stable new file of the cycle's inboxes."""
    put_unwritten_answers(p)
    with p.store.read() as connection:
        drops = list_drops(connection, p.cycle.id)
    kept: list[_New] = []
    unsettled = []
    for agency in p.plan.expected:
        for drop in list_dropped(p.home.inbox(agency.code, p.cycle.id)):
            seen = drops.get((agency.code, drop.key))
            if seen is not None and seen[0] == drop.signature:
                continue
            copy = _keep(p, drop)
            if copy is None:
                unsettled.append(f"{agency.code}/{drop.name}")
            else:
                kept.append(_New(agency.code, drop, copy, _sort(p, drop, copy), seen[1] if seen else None))
    new = _record(p, kept)
    tell_of_astray_files(p)
    with p.store.read() as connection:
        waiting = list_agencies_waiting(connection, p.cycle.id)
    ready = tuple(code for code in waiting if code in p.plan.agencies and not p.plan.blocked(code))
    return Collected(new, len(kept) - new, tuple(unsettled), ready)


@dataclass(frozen=True)
class _New:
    """A file that was not there before, already in the archive."""

    agency: str
    drop: Dropped
    kept: Kept
    component: str
    known_sha256: str | None  # what lay under this name before


def _sort(p: Pass, drop: Dropped, kept: Kept) -> str:
    """Which component of the return a file is, told by its first bytes and its package's directory."""
    companions = p.plan.edition.companions if p.plan.edition else ()
    if not companions:
        return FORM
    limit = max(companion.limit_bytes for companion in companions)
    companion = choose_companion(read_kept(p.home.archive, kept.sha256, limit + 1), drop.name, companions)
    return companion.id if companion else FORM


def _keep(p: Pass, drop: Dropped) -> Kept | None:
    """The archived copy; None while the file is still being copied or cannot be opened."""
    try:
        folder = open_folder(p.home.shared, drop.path.parent.relative_to(p.home.shared).parts)
    except OSError:
        return None
    try:
        descriptor = open_plain(drop.path.name, folder)
    except OSError:
        return None
    finally:
        os.close(folder)
    try:
        kept, temporary = keep_file(p.home.archive, descriptor)
        is_whole = is_settled(drop, kept.tail, kept.head) and os.fstat(descriptor).st_size == kept.size_bytes
    finally:
        os.close(descriptor)
    if not is_whole:
        temporary.unlink()
        return None
    seal(p.home.archive, kept, temporary)
    return kept


def _record(p: Pass, files: list[_New]) -> int:
    """Record archived files in one transaction; returns how many are new versions."""
    if not files:
        return 0
    new = 0
    repeated: dict[str, None] = {}
    with p.store.write() as connection:
        newest = {arrival.agency: arrival.sha256 for arrival in list_arrivals(connection, p.cycle.id)}
        companions = {(one.agency, one.sha256) for one in list_companions(connection, p.cycle.id)}
        for file in files:
            digest = file.kept.sha256
            remember_drop(connection, p.cycle.id, file.agency, file.drop.key, file.drop.signature, digest)
            facts: dict[str, Any] = {"file": file.drop.name, "sha256": digest, "bytes": file.kept.size_bytes}
            is_known = (file.agency, digest) in companions or digest in (file.known_sha256, newest.get(file.agency))
            if is_known:
                repeated[file.agency] = None
            else:
                facts |= {"component": file.component, "version": _add(connection, p, file)}
                if file.component == FORM:
                    newest[file.agency] = digest
                else:
                    companions.add((file.agency, digest))
                new += 1
            action = "file-identical" if is_known else "file-received"
            record_action(connection, action, at=p.as_of, cycle=p.cycle.id, agency=file.agency, **facts)
            if not is_known:
                _tell_if_shared(connection, p, file)
        for agency in repeated:  # before the transaction ends: a pass that dies here writes the same page again
            put_answer(p, agency, REPEATED, _list_repeated(connection, p, agency).encode())
    return new


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
    rows = []
    for at, detail in list_actions(connection, "file-identical", p.cycle.id, agency):
        known = [one.receipt_number for one in list_holders(connection, p.cycle.id, detail["sha256"], agency)]
        rows.append((detail["file"], format_moment(at.astimezone(p.plan.timezone)), known[-1] if known else ""))
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
    expected = {agency.code for agency in p.plan.expected}
    for folder in sorted(root.iterdir()):
        if is_junk(folder.name):
            continue
        if folder.name not in expected:
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
            f"{folder.name}/{spell_name(name)} (không có kỳ này)" for name in names if name not in p.plan.cycles
        )
        found.extend(f"{folder.name}/{p.cycle.id}/nop/{name} (không phải tệp)" for name in list_oddities(inbox))
    return found
