"""Watching a cycle from the triggerer: an event as soon as a new file has settled, or a waiting letter is due."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from kybaocao.adapters.recalls import Recalls
from kybaocao.home import INBOX, Home
from kybaocao.inbox.shared_folders import HALF_COPIED_SECONDS, SETTLE_SECONDS, list_dropped
from kybaocao.store.database import Store, open_store
from kybaocao.store.outbox import list_due_attempts
from kybaocao.store.sightings import Sighting, list_sightings, record_sightings
from kybaocao.store.submissions import list_drops, list_without_verdict

log = logging.getLogger(__name__)

Uncollected = tuple[str, str, str]  # agency, file, signature
Version = tuple[str, str, int]  # agency, component, number
Due = tuple[int, dt.datetime]  # a letter, the moment of its next attempt
RECALL_LOOK_SECONDS = 60.0  # a question to the store that is not asked with every look
FILES = "files"  # key of an event: how many files it is about
# How long a file may lie before a pass takes it: at once, or when nobody has written to it for so long.
LOOKS_SECONDS = (0.0, SETTLE_SECONDS, HALF_COPIED_SECONDS)


def name_inbox_asset(cycle: str) -> str:
    """The asset that stands for the inboxes of a cycle: its events are those of the trigger."""
    return f"nop_{cycle}"


class InboxTrigger(BaseEventTrigger):  # type: ignore[misc]
    """Yields when files that no pass has collected lie still in the inboxes of `cycle_id`, or a letter is due.

    A file that no pass has taken is announced again when it has lain for as long as a half copy is waited for:
    after a broken connection nothing about it changes any more.
    What passes did not come to collect or to judge is called for again (`recalls`).
    """

    def __init__(self, cycle_id: str, poll_seconds: float = 3.0) -> None:
        super().__init__()
        self.cycle_id = cycle_id
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            "kybaocao.adapters.inbox_trigger.InboxTrigger",
            {"cycle_id": self.cycle_id, "poll_seconds": self.poll_seconds},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        first_seen: dict[Uncollected, float] = {}
        announced: set[tuple[Uncollected, float]] = set()
        before: set[Uncollected] = set()
        called: set[Due] = set()  # each attempt starts one pass, whatever becomes of it
        recalls, unjudged, looked_at = Recalls(), set[Version](), float("-inf")
        while True:
            try:
                fresh = await asyncio.to_thread(list_uncollected, Home.from_environment(), self.cycle_id)
            except Exception as error:  # a folder out of reach must not end the watch
                log.warning("inbox of %s: %s", self.cycle_id, error)
                fresh = set()
            at = time.monotonic()
            # What was out of reach for a while is new when it is back.
            first_seen = {one: first_seen.get(one, at) for one in fresh}
            announced = {(one, wait) for one, wait in announced if one in fresh}
            ripe = {(one, wait) for one in fresh for wait in LOOKS_SECONDS if at - first_seen[one] >= wait}
            if at - looked_at >= RECALL_LOOK_SECONDS:
                unjudged, looked_at = await self._list_unjudged(), at
            again = recalls.list_due(fresh | unjudged, at)
            if again or ripe - announced or has_left_some(before, fresh):
                announced |= ripe
                yield TriggerEvent({"cycle": self.cycle_id, FILES: len(fresh | again)})
            else:
                due = await self._list_due()
                if due - called:
                    yield TriggerEvent({"cycle": self.cycle_id, "letters": len(due)})
                called |= due
            before = fresh
            await asyncio.sleep(self.poll_seconds)

    async def _list_unjudged(self) -> set[Version]:
        try:
            return await asyncio.to_thread(list_unjudged, Home.from_environment(), self.cycle_id)
        except Exception as error:
            log.warning("files to judge of %s: %s", self.cycle_id, error)
            return set()

    async def _list_due(self) -> set[Due]:
        try:
            return await asyncio.to_thread(list_due_letters, Home.from_environment(), self.cycle_id)
        except Exception as error:  # nor must a store out of reach
            log.warning("outbox of %s: %s", self.cycle_id, error)
            return set()


def list_unjudged(home: Home, cycle_id: str) -> set[Version]:
    """Versions that were taken and have no verdict: a pass works at them, or has failed at them."""
    if not home.has_store:
        return set()
    with open_store(home).read() as connection:
        return list_without_verdict(connection, cycle_id)


def list_due_letters(home: Home, cycle_id: str) -> set[Due]:
    """Letters that wait for their next attempt, and are due."""
    if not home.has_store:
        return set()
    with open_store(home).read() as connection:
        return list_due_attempts(connection, cycle_id, dt.datetime.now(dt.UTC))


def has_left_some(before: set[Uncollected], now: set[Uncollected]) -> bool:
    """Whether a pass took files of an agency and left others that lay there already: more files than one pass takes."""
    served = {agency for agency, _, _ in before - now}
    return any(agency in served for agency, _, _ in before & now)


def list_uncollected(home: Home, cycle_id: str) -> set[Uncollected]:
    """(agency, file, signature) of settled files that the store does not know yet."""
    found: dict[tuple[str, str], str] = {}
    now = time.time()
    for inbox in sorted(Path(home.shared).glob(f"*/{cycle_id}/{INBOX}")):
        for drop in list_dropped(inbox):
            if now - drop.changed_at >= 1.0:
                found[(inbox.parent.parent.name, drop.key)] = drop.signature
    if not found:
        return set()
    store = open_store(home)
    with store.read() as connection:
        known = list_drops(connection, cycle_id)
    sightings = _read_sightings(store, cycle_id)
    taken = {(one.agency, one.file_name, one.signature) for one in sightings if one.taken_at is not None}
    waiting = {(one.agency, one.file_name, one.signature) for one in sightings if one.is_waiting}
    fresh = {
        (agency, name, signature)
        for (agency, name), signature in found.items()
        if known.get((agency, name), ("",))[0] != signature and (agency, name, signature) not in taken
    }
    if unseen := fresh - waiting:
        _note_sightings(store, cycle_id, unseen, dt.datetime.fromtimestamp(now, dt.UTC))
    return fresh


def _read_sightings(store: Store, cycle_id: str) -> list[Sighting]:
    try:
        with store.read() as connection:
            return list_sightings(connection, cycle_id)
    except Exception as error:  # a store that the first pass after an update has still to upgrade
        log.warning("sightings of %s: %s", cycle_id, error)
        return []


def _note_sightings(store: Store, cycle_id: str, unseen: set[Uncollected], at: dt.datetime) -> None:
    """Note what is seen first here: when no pass can start, its receipt time is known all the same."""
    try:
        with store.write() as connection:
            record_sightings(connection, cycle_id, sorted(unseen), at)
    except Exception as error:  # the files themselves are still announced
        log.warning("sightings of %s: %s", cycle_id, error)
