"""The watch over the inboxes: an event for what is new, and for what a pass has left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from kybaocao.adapters import inbox_trigger
from kybaocao.adapters.inbox_trigger import InboxTrigger, Uncollected, list_uncollected
from kybaocao.passes import Pass
from kybaocao.stages import collection
from kybaocao.stages.collection import collect_files
from tests.conftest import CYCLE

Begin = Callable[..., Pass]


def _files(agency: str, *numbers: int) -> set[Uncollected]:
    return {(agency, f"{number}.xlsx", "s") for number in numbers}


def _watch(patch: pytest.MonkeyPatch, looks: list[set[Uncollected]]) -> list[int]:
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
        async for _ in InboxTrigger(CYCLE, poll_seconds=0).run():
            seen[len(seen) :] = [number]

    patch.setattr(inbox_trigger, "list_uncollected", _look)
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


def test_a_flood_is_announced_until_it_is_taken(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """With real files and passes."""
    monkeypatch.setattr(collection, "MAX_FILES", 2)
    monkeypatch.setattr("kybaocao.intake.inbox.SETTLE_SECONDS", 0.0)
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
