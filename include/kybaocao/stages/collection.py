"""Collecting: new files of the shared folders are kept and recorded, nothing is looked into yet."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from typing import Any

from kybaocao.intake.archive import Kept, keep_file, seal
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
from kybaocao.passes import Pass
from kybaocao.store.arrivals import add_arrival, list_agencies_waiting, list_arrivals, list_drops, remember_drop
from kybaocao.store.audit import record_action


@dataclass(frozen=True)
class Collected:
    """What a collection found. `waiting` are the agencies with a version to judge."""

    new: int
    duplicates: int
    unsettled: tuple[str, ...]
    waiting: tuple[str, ...]


def collect_files(p: Pass) -> Collected:
    """Archive and record every stable new file of the cycle's inboxes."""
    with p.store.read() as connection:
        drops = list_drops(connection, p.cycle.id)
    new = duplicates = 0
    unsettled = []
    for agency in p.plan.expected:
        for drop in list_dropped(p.home.inbox(agency.code, p.cycle.id)):
            seen = drops.get((agency.code, drop.key))
            if seen is not None and seen[0] == drop.signature:
                continue
            outcome = _take_in(p, agency.code, drop, seen[1] if seen else None)
            if outcome is None:
                unsettled.append(f"{agency.code}/{drop.name}")
            elif outcome:
                new += 1
            else:
                duplicates += 1
    with p.store.read() as connection:
        waiting = list_agencies_waiting(connection, p.cycle.id)
    ready = tuple(code for code in waiting if code in p.plan.agencies and not p.plan.blocked(code))
    return Collected(new, duplicates, tuple(unsettled), ready)


def _take_in(p: Pass, agency: str, drop: Dropped, known_sha256: str | None) -> bool | None:
    """Keep one file: True for a new version, False when it says nothing new, None when still being copied."""
    try:
        descriptor = open_plain(drop.path)
    except OSError:
        return None
    try:
        kept, temporary = keep_file(p.home.archive, descriptor)
        is_whole = is_settled(drop, kept.tail, kept.head) and os.fstat(descriptor).st_size == kept.size_bytes
    finally:
        os.close(descriptor)
    if not is_whole:
        temporary.unlink()
        return None
    seal(p.home.archive, kept, temporary)
    return _record(p, agency, drop, kept, known_sha256)


def _record(p: Pass, agency: str, drop: Dropped, kept: Kept, known_sha256: str | None) -> bool:
    received_at = p.as_of
    if not p.is_replay:
        # The agency is judged by when its file came to lie in the folder, not by when we looked.
        received_at = min(p.as_of, dt.datetime.fromtimestamp(drop.changed_at, dt.UTC))
    with p.store.write() as connection:
        earlier = list_arrivals(connection, p.cycle.id, agency)
        is_same = kept.sha256 == known_sha256 or bool(earlier and earlier[-1].sha256 == kept.sha256)
        remember_drop(connection, p.cycle.id, agency, drop.key, drop.signature, kept.sha256)
        facts: dict[str, Any] = {"file": drop.name, "sha256": kept.sha256, "bytes": kept.size_bytes}
        if is_same:
            record_action(connection, "file-identical", at=p.as_of, cycle=p.cycle.id, agency=agency, **facts)
            return False
        version = add_arrival(
            connection,
            cycle=p.cycle.id,
            agency=agency,
            file_name=drop.name,
            sha256=kept.sha256,
            size_bytes=kept.size_bytes,
            received_at=received_at,
        )
        record_action(
            connection, "file-received", at=p.as_of, cycle=p.cycle.id, agency=agency, version=version, **facts
        )
    return True


def list_strangers(p: Pass) -> list[str]:
    """Folders and entries nobody owns: unknown agencies, unknown cycles, things that are not files."""
    found = []
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
        inbox = p.home.inbox(folder.name, p.cycle.id)
        false = [
            place for place in (folder, inbox.parent, inbox) if os.path.lexists(place) and not is_plain_folder(place)
        ]
        if false:
            found.append(f"{false[0].relative_to(root)} (không phải thư mục thật)")
            continue
        names = sorted(child.name for child in folder.iterdir() if not is_junk(child.name))
        found.extend(
            f"{folder.name}/{spell_name(name)} (không có kỳ này)" for name in names if name not in p.plan.cycles
        )
        found.extend(f"{folder.name}/{p.cycle.id}/nop/{name} (không phải tệp)" for name in list_oddities(inbox))
    return found
