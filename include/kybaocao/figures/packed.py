"""A stored snapshot in little memory, for whoever shows it again and again.

Results stand as objects; what each single agency said (cells, statements on tasks) is compressed and read for the
agencies that are asked for.  A snapshot of 3,800 agencies takes 300 MB as objects, and a tenth of that so.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import TypeAdapter

from kybaocao.figures.canonical_json import from_json
from kybaocao.figures.snapshot import (
    AgencyResult,
    IndicatorResult,
    Origin,
    Punctuality,
    Snapshot,
    TaskEntry,
    TaskResult,
    TaskStatus,
    Verdict,
)

T = TypeVar("T")
S = TypeVar("S")
_TOGETHER = 64  # agencies compressed in one piece
_PACKED = ("indicators", "tasks", "obligations")
_DROPPED = ("difficulties", "documents")  # no page of figures asks for them
_BY_AGENCY = ("origins", "by_agency", "notes")


class Pile(Generic[T, S]):
    """What each agency said, compressed, and beside it a state in one word.

    `kind`: what pydantic makes of each text.  `places`: agency -> its place, shared by piles of the same agencies.
    """

    def __init__(self, kind: Any, places: Mapping[str, int], texts: list[str], states: tuple[S, ...]) -> None:
        self._kind, self._places, self._states = kind, places, states
        pieces = (texts[start : start + _TOGETHER] for start in range(0, len(texts), _TOGETHER))
        self._pieces = [zlib.compress("\n".join(piece).encode(), 1) for piece in pieces]

    def __len__(self) -> int:
        return len(self._places)

    def list_states(self) -> Iterator[tuple[str, S]]:
        return zip(self._places, self._states, strict=True)

    @functools.cached_property
    def counts(self) -> Mapping[S, int]:
        """State -> agencies."""
        return Counter(self._states)

    def find_state(self, agency: str) -> S | None:
        """None of an agency that said nothing."""
        place = self._places.get(agency)
        return None if place is None else self._states[place]

    def read(self, agencies: Iterable[str]) -> dict[str, T]:
        """Of those agencies that said something."""
        places = sorted((self._places[one], one) for one in agencies if one in self._places)
        found: dict[str, T] = {}
        for number, wanted in itertools.groupby(places, lambda one: one[0] // _TOGETHER):
            texts = zlib.decompress(self._pieces[number]).decode().split("\n")
            for place, agency in wanted:
                found[agency] = _build_reader(self._kind).validate_json(texts[place % _TOGETHER])
        return found


class AgencyState(NamedTuple):
    """How an agency stands to a target."""

    verdict: Verdict | None  # by its own figures; None where those are not judged by themselves
    has_figure: bool


class TaskState(NamedTuple):
    status: TaskStatus
    punctuality: Punctuality | None


@dataclass(frozen=True)
class AgencyAnswer:
    """Everything that one agency gave for a target."""

    own: AgencyResult | None
    origins: tuple[Origin, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PackedTarget:
    """`result` is without cells, notes and the agencies' own figures; `coverage_words` were counted from them.

    `quotients`: of each agency's own figures, in the order of `answers`, for sorting alone; NaN where there is none.
    """

    result: IndicatorResult
    coverage_words: str
    answers: Pile[AgencyAnswer, AgencyState]  # of the agencies that reported
    quotients: Sequence[float]


@dataclass(frozen=True)
class PackedTask:
    """`result` is without entries."""

    result: TaskResult
    entries: Pile[TaskEntry, TaskState]


@dataclass(frozen=True)
class PackedSnapshot:
    """`light`: the snapshot without everything packed, and without difficulties and documents."""

    light: Snapshot
    targets: Mapping[str, PackedTarget]
    tasks: Mapping[str, PackedTask]
    duties: Mapping[str, PackedTask]  # of section IV


def pack_snapshot(content: bytes) -> PackedSnapshot:
    """From the canonical JSON in UTF-8; one result at a time, so that the whole never stands in memory as objects."""
    rest: dict[str, Any] = {"indicators": [], "tasks": []}
    targets: dict[str, PackedTarget] = {}
    tasks: dict[str, dict[str, PackedTask]] = {"tasks": {}, "obligations": {}}
    packer = _Packer()
    for name, item in _split(content.decode()):
        if name == "indicators":
            targets[item["id"]] = packer.pack_target(item)
        elif name in _PACKED:
            tasks[name][item["id"]] = packer.pack_task(item)
        else:
            rest[name] = [] if name in _DROPPED else item
    light = replace(
        from_json(_dump(rest)),
        indicators=tuple(one.result for one in targets.values()),
        tasks=tuple(one.result for one in tasks["tasks"].values()),
        obligations=tuple(one.result for one in tasks["obligations"].values()),
    )
    return PackedSnapshot(light, targets, tasks["tasks"], tasks["obligations"])


def _split(text: str) -> Iterator[tuple[str, Any]]:
    """(field, its value), and for the packed fields one pair for each item. Canonical JSON has no blanks."""
    scan = json.JSONDecoder().raw_decode
    place = 1
    while text[place] != "}":
        name, place = scan(text, place + (text[place] == ","))
        place += 1  # the colon
        if name not in _PACKED:
            value, place = scan(text, place)
            yield name, value
            continue
        while text[place] in "[,":
            place += 1
            if text[place] == "]":  # an empty list
                break
            value, place = scan(text, place)
            yield name, value
        place += 1  # the bracket


class _Packer:
    """Lists of agencies that are equal are kept once: thousands of communes hold the same tasks."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._places: dict[tuple[str, ...], Mapping[str, int]] = {}

    def pack_target(self, item: dict[str, Any]) -> PackedTarget:
        own = {one["agency"]: one for one in item.get("by_agency", ())}
        origins: dict[str, list[Any]] = {}
        for origin in item["origins"]:
            origins.setdefault(origin["agency"], []).append(origin)
        notes: dict[str, list[str]] = {}
        for agency, note in item["notes"]:
            notes.setdefault(agency, []).append(note)
        agencies = list(dict.fromkeys((*item["reported"], *own, *origins, *notes)))
        texts = [
            _dump({"own": own.get(one), "origins": origins.get(one, []), "notes": notes.get(one, [])})
            for one in agencies
        ]
        states = [_share(own[one]["verdict"] if one in own else None, one in origins) for one in agencies]
        result: IndicatorResult = _build_reader(IndicatorResult).validate_json(
            _dump({key: value for key, value in item.items() if key not in _BY_AGENCY} | {"origins": [], "notes": []})
        )
        with_cells = replace(result, origins=tuple(Origin(one, "", "", "", "", "") for one in origins))
        light = replace(result, reported=self._keep(result.reported), missing=self._keep(result.missing))
        return PackedTarget(
            light,
            with_cells.coverage_words,
            Pile(AgencyAnswer, self._number(agencies), texts, tuple(states)),
            array("d", (_divide(own.get(one)) for one in agencies)),
        )

    def pack_task(self, item: dict[str, Any]) -> PackedTask:
        entries = {one["agency"]: one for one in item["entries"]}
        texts = [_dump(one) for one in entries.values()]
        states = [_share_task(one["status"], one.get("punctuality")) for one in entries.values()]
        light: TaskResult = _build_reader(TaskResult).validate_json(_dump(item | {"entries": [], "earlier": []}))
        return PackedTask(
            replace(light, missing=self._keep(light.missing)),
            Pile(TaskEntry, self._number(list(entries)), texts, tuple(states)),
        )

    def _keep(self, agencies: Iterable[str]) -> tuple[str, ...]:
        found = tuple(map(sys.intern, agencies))
        return self._lists.setdefault(found, found)

    def _number(self, agencies: Iterable[str]) -> Mapping[str, int]:
        kept = self._keep(agencies)
        if kept not in self._places:
            self._places[kept] = {agency: place for place, agency in enumerate(kept)}
        return self._places[kept]


def _divide(own: Mapping[str, Any] | None) -> float:
    if own is None or own["numerator"] is None:
        return math.nan
    denominator = float(own["denominator"] or 0)
    return float(own["numerator"]) / denominator if denominator else math.nan


def _dump(plain: Any) -> str:
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


@functools.cache
def _share(verdict: str | None, has_figure: bool) -> AgencyState:
    """The same object for the same state: there are few of them, for thousands of agencies."""
    return AgencyState(Verdict(verdict) if verdict else None, has_figure)


@functools.cache
def _share_task(status: str, punctuality: str | None) -> TaskState:
    return TaskState(TaskStatus(status), Punctuality(punctuality) if punctuality else None)


@functools.cache
def _build_reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
