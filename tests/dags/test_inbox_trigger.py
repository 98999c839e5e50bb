"""The watch over the inboxes: an event for what is new, and for what a pass has left."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections.abc import Callable, Collection

import pytest

from kybaocao.adapters import inbox_trigger
from kybaocao.adapters.inbox_trigger import InboxTrigger, Uncollected, list_due_letters, list_uncollected, list_unjudged
from kybaocao.inbox.shared_folders import HALF_COPIED_SECONDS, SETTLE_SECONDS
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.stages import collect
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import judge_agency
from kybaocao.store.outbox import Message, add_message, ask_again
from tests.conftest import CYCLE

Begin = Callable[..., Pass]


def _files(agency: str, *numbers: int) -> set[Uncollected]:
    return {(agency, f"{number}.xlsx", "s") for number in numbers}


def _watch(
    patch: pytest.MonkeyPatch,
    looks: list[set[Uncollected] | None],
    seconds: float = 3,
    unjudged: Collection[object] = frozenset(),
) -> list[int]:
    """Which looks at the inboxes, counted from 0 and so far apart, led to an event; None: a look that fails."""
    seen: list[int] = []
    number = -1

    def _look(*_: object) -> set[Uncollected]:
        nonlocal number
        number += 1
        if number == len(looks):
            raise KeyboardInterrupt
        found = looks[number]
        if found is None:
            raise OSError("Stale file handle")
        return found

    async def _run() -> None:
        async for _ in InboxTrigger(CYCLE, poll_seconds=0).run():
            seen[len(seen) :] = [number]

    patch.setattr(inbox_trigger, "list_uncollected", _look)
    patch.setattr(inbox_trigger, "list_due_letters", lambda *_: set())
    patch.setattr(inbox_trigger, "list_unjudged", lambda *_: unjudged)
    patch.setattr(inbox_trigger.time, "monotonic", lambda: number * seconds)
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


@pytest.mark.parametrize("away", [None, set()], ids=["out of reach", "an empty mount point"])
def test_a_file_is_announced_again_when_store_or_share_are_back(
    monkeypatch: pytest.MonkeyPatch, away: set[Uncollected] | None
) -> None:
    """The pass that it had started may have failed for the same reason."""
    looks = [_files("STC", 1), _files("STC", 1), away, away, _files("STC", 1), _files("STC", 1)]
    assert _watch(monkeypatch, looks) == [0, 4]


def test_a_file_that_no_pass_takes_is_called_for_again_ever_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was the reason, the work goes on when it is gone; here a look each minute for nearly eight hours."""
    monkeypatch.setattr(inbox_trigger, "LOOKS_SECONDS", (0.0,))
    events = _watch(monkeypatch, [_files("STC", 1)] * 460, seconds=60)
    assert events == [0, 10, 30, 70, 150, 310]
    assert all(later - earlier <= 240 for earlier, later in itertools.pairwise(events))


def test_a_file_that_was_taken_and_not_judged_is_called_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not while the pass that took it works."""
    assert _watch(monkeypatch, [set()] * 31, seconds=60, unjudged={("STC", "form", 1)}) == [10, 30]


def test_what_has_no_verdict_is_known(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a real store; nothing in a home without one."""
    monkeypatch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
    p = begin("2026-12-08T08:00")
    inbox = p.home.inbox("STC", CYCLE)
    inbox.mkdir(parents=True)
    (inbox / "1.xlsx").write_bytes(b"x")
    collect_files(p)
    found = list_unjudged(p.home, CYCLE)
    judge_agency(p, "STC")
    assert (found, list_unjudged(p.home, CYCLE)) == ({("STC", FORM, 1)}, set())


def test_a_half_copy_is_announced_again_when_it_has_lain_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection broke: the pass of the first event waits for the rest, and nothing about the file changes."""
    assert (SETTLE_SECONDS, HALF_COPIED_SECONDS) == (30, 120)
    assert _watch(monkeypatch, [_files("STC", 1)] * 20, seconds=10) == [0, 3, 12]


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
    assert _watch(monkeypatch, [*looks]) == [0, 1, 2]


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
