"""The watch over the inboxes: an event for what is new, and for what a pass has left."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

import pytest

from kybaocao.adapters import inbox_trigger
from kybaocao.adapters.inbox_trigger import InboxTrigger, Uncollected, list_due_letters, list_uncollected
from kybaocao.inbox.shared_folders import HALF_COPIED_SECONDS, SETTLE_SECONDS
from kybaocao.stages import collect
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.store.outbox import Message, add_message, ask_again
from tests.conftest import CYCLE

Begin = Callable[..., Pass]


def _files(agency: str, *numbers: int) -> set[Uncollected]:
    return {(agency, f"{number}.xlsx", "s") for number in numbers}


def _watch(patch: pytest.MonkeyPatch, looks: list[set[Uncollected]], poll_seconds: float = 0) -> list[int]:
    """Which looks at the inboxes, counted from 0, led to an event."""
    seen: list[int] = []
    number = -1

    def _look(*_: object) -> set[Uncollected]:
        nonlocal number
        number += 1
        if number == len(looks):
            raise KeyboardInterrupt
        return looks[number]

    async def _run() -> None:
        async for _ in InboxTrigger(CYCLE, poll_seconds=poll_seconds).run():
            seen[len(seen) :] = [number]

    patch.setattr(inbox_trigger, "list_uncollected", _look)
    patch.setattr(inbox_trigger, "list_due_letters", lambda *_: set())
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(_run())
    return seen


@pytest.mark.parametrize(
    ("looks", "events"),
    [
        ([_files("STC", 1), _files("STC", 1), set()], [0]),
        ([_files("STC", 1), _files("STC", 1, 2), set()], [0, 1]),
        ([_files("STC", 1, 2, 3), _files("STC", 2, 3), _files("STC", 3), _files("STC", 3), set()], [0, 1, 2]),
        ([_files("STC", 1) | _files("STP", 2), _files("STP", 2), set()], [0]),  # that one waits to be taken
        ([_files("LA", 1), _files("LA", 1), _files("LA", 1)], [0]),  # nobody will ever take it
    ],
)
def test_what_a_pass_has_left_starts_the_next_one(
    monkeypatch: pytest.MonkeyPatch, looks: list[set[Uncollected]], events: list[int]
) -> None:
    """A file is announced once; an agency that had more than a pass takes is announced until all is taken."""
    assert _watch(monkeypatch, looks) == events


def test_a_half_copy_is_announced_again_when_it_has_lain_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection broke: the pass of the first event waits for the rest, and nothing about the file changes."""
    assert inbox_trigger.LOOKS_SECONDS[1:] == (SETTLE_SECONDS, HALF_COPIED_SECONDS)
    monkeypatch.setattr(inbox_trigger, "LOOKS_SECONDS", (0.0, 0.25))
    seen = _watch(monkeypatch, [_files("STC", 1)] * 12, poll_seconds=0.05)
    assert (len(seen), seen[0]) == (2, 0) and seen[1] >= 3


def test_a_flood_is_announced_until_it_is_taken(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """With real files and passes."""
    monkeypatch.setattr(collect, "MAX_FILES", 2)
    monkeypatch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
    p = begin("2026-12-08T08:00")
    inbox = p.home.inbox("STC", CYCLE)
    inbox.mkdir(parents=True)
    for number in range(5):
        (inbox / f"{number}.xlsx").write_bytes(b"%d" % number)
    clock = inbox_trigger.time.time() + 60
    monkeypatch.setattr("kybaocao.adapters.inbox_trigger.time.time", lambda: clock)
    looks = [list_uncollected(p.home, CYCLE)]
    while looks[-1]:
        collect_files(p)
        looks.append(list_uncollected(p.home, CYCLE))
    assert [len(look) for look in looks] == [5, 3, 1, 0]
    assert _watch(monkeypatch, looks) == [0, 1, 2]


def test_a_letter_that_is_due_starts_a_pass_once_for_each_attempt(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for by somebody: at once. Nobody sends it: not called for again before its next attempt."""
    p = begin("2026-12-08T08:00")
    moments = [p.as_of, p.as_of, p.as_of + dt.timedelta(minutes=1)]
    looks = iter([set(), {(1, moments[0])}, {(1, moments[1])}, {(1, moments[2])}])
    events: list[object] = []

    async def _run() -> None:
        async for event in InboxTrigger(CYCLE, poll_seconds=0).run():
            events[len(events) :] = [event.payload]

    def _look(*_: object) -> set[tuple[int, dt.datetime]]:
        found = next(looks, None)
        if found is None:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(inbox_trigger, "list_due_letters", _look)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(_run())
    assert events == [{"cycle": CYCLE, "letters": 1}] * 2


def test_what_was_asked_for_is_due_at_the_watch(begin: Begin) -> None:
    """With a real outbox, read by the real clock."""
    p = begin("2026-12-08T08:00")
    message = Message("k", CYCLE, "nhac", ("a@sonla.example.vn",), "s", "h", "t")
    with p.store.write() as connection:
        add_message(connection, message, at=p.as_of)
    before = list_due_letters(p.home, CYCLE)
    with p.store.write() as connection:
        ask_again(connection, 1, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert (before, [number for number, _ in list_due_letters(p.home, CYCLE)]) == (set(), [1])
