"""Watching the shared folders of a cycle from the triggerer: an event as soon as a new file has settled."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from kybaocao.home import INBOX, Home
from kybaocao.intake.inbox import list_dropped
from kybaocao.store.arrivals import list_drops

log = logging.getLogger(__name__)

Uncollected = tuple[str, str, str]  # agency, file, signature


class InboxTrigger(BaseEventTrigger):  # type: ignore[misc]
    """Yields when files that no pass has collected lie still in the inboxes of `cycle_id`."""

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
        announced: set[Uncollected] = set()
        before: set[Uncollected] = set()
        while True:
            try:
                fresh = await asyncio.to_thread(list_uncollected, Home.from_environment(), self.cycle_id)
            except Exception as error:  # a folder out of reach must not end the watch
                log.warning("inbox of %s: %s", self.cycle_id, error)
                fresh = set()
            if fresh - announced or has_left_some(before, fresh):
                announced |= fresh
                yield TriggerEvent({"cycle": self.cycle_id, "files": len(fresh)})
            before = fresh
            await asyncio.sleep(self.poll_seconds)


def has_left_some(before: set[Uncollected], now: set[Uncollected]) -> bool:
    """Whether a pass took files of an agency and left others that lay there already: more than one pass takes."""
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
    with home.open_store().read() as connection:
        known = list_drops(connection, cycle_id)
    return {
        (agency, name, signature)
        for (agency, name), signature in found.items()
        if known.get((agency, name), ("",))[0] != signature
    }
