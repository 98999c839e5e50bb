"""Every crash point of delivering, collecting and publishing, one by one: counted in a calm run, then killed at each."""

from __future__ import annotations

import copy
import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.faults import work
from tests.faults.check_files import check_archive, check_recorded_once
from tests.faults.check_mail import check_copies, check_known, check_record, check_steps
from tests.faults.check_report import check_audit
from tests.faults.end_state import State, compare, describe_everything
from tests.faults.engines import Row
from tests.faults.injection import AFTER, BEFORE, COMMIT, FSYNC, KILL, MIDDLE, OPEN, REPLACE, SEND, UNLINK, WRITE, Fault
from tests.faults.playing import Player
from tests.faults.story import DAMAGED, EVIDENCE, FAULTY, GOOD, REPORT, SIGNED, TIMES, Drop, Moment, Story
from tests.faults.theatre import Theatre

Job = Callable[[dt.datetime], Callable[[], Any]]
POINTS = (COMMIT, REPLACE, SEND, FSYNC, OPEN, WRITE, UNLINK)
_CHECKS = (check_recorded_once, check_archive, check_known, check_copies, check_record, check_steps, check_audit)
_DROPS = (
    Drop("STC", "Biểu mẫu.xlsx", GOOD, 1),
    Drop("STP", "Biểu mẫu.xlsx", FAULTY, 1),
    Drop("STP", "Biểu mẫu (sửa).xlsx", GOOD, 2),
    Drop("X-04183", "Biểu mẫu.xlsx", DAMAGED, 1),
    Drop("X-03664", "Bao cao (ban ky).docx", SIGNED, 1),
    Drop("X-03664", "minh chung.pdf", EVIDENCE, 1),
)
_DROPPED, _COLLECTED = 5, 6  # moments of the season


@dataclass(frozen=True)
class Scene:
    """Part of a cycle that is killed at each of its points, from the same beginning."""

    name: str
    jobs: tuple[str, ...]  # what was done before
    job: Job


def _approve(at: dt.datetime) -> Callable[[], Any]:
    return work.make_decision(at, 1, is_approved=True)


def _approve_and_send(at: dt.datetime) -> Callable[[], Any]:
    decide, deliver = _approve(at), work.make_delivery(at)

    def _work() -> Any:
        decide()
        return deliver()

    return _work


SCENES = (
    Scene("delivery", ("open in silence",), work.make_delivery),
    Scene("collection", ("open", "drop"), work.make_collection),
    Scene("release 1", ("open", "drop", "pass"), work.make_pass),
    Scene("decision", ("open", "drop", "pass", "report"), _approve),
    Scene("release 2", ("open", "drop", "pass", "report"), _approve_and_send),
)


class CrashPoints:
    """One scene on one engine."""

    def __init__(self, theatre: Theatre, scene: Scene, engine: str) -> None:
        self._theatre, self._scene = theatre, scene
        moments = tuple(Moment(at, _DROPS if place == _DROPPED else ()) for place, at in enumerate(TIMES))
        name = f"crash-{scene.name.replace(' ', '-')}-{engine}-{os.getpid()}"
        self.player = Player(theatre, Story(0, moments), None, engine, name)
        self._moments = moments
        self._prepare()

    def _prepare(self) -> None:
        player, moments = self.player, self._moments
        for job in self._scene.jobs:
            if job == "open in silence":
                self._theatre.server.order(greeting="closed")
            if job.startswith("open"):
                player.clock.set(moments[0].at)
                player.run(job, 0, moments[0].at, work.make_pass(moments[0].at))
                self._theatre.server.order()
            elif job == "drop":
                player.happen(_DROPPED)
            elif job == "pass":
                player.clock.set(moments[_COLLECTED].at)
                player.run(job, _COLLECTED, moments[_COLLECTED].at, work.make_pass(moments[_COLLECTED].at))
            elif job == "report":
                player.clock.set(moments[REPORT].at)
                player.run(job, REPORT, moments[REPORT].at, work.make_pass(moments[REPORT].at))
        place = {"delivery": 0, "collection": _COLLECTED, "release 1": REPORT}.get(self._scene.name, REPORT + 1)
        self._place, self._at = place, moments[place].at
        if place == 0:
            self._at += dt.timedelta(minutes=10)  # what no server took is tried again after a pause
        self._lines = len(self._theatre.server.read())
        self._kept = copy.deepcopy(player.evidence)
        player.database.save()
        shutil.copytree(player.home, player.root / "kept", symlinks=True)

    def _restore(self) -> None:
        player = self.player
        shutil.rmtree(player.home)
        player.clock.set(self._moments[_DROPPED].dropped_at)
        shutil.copytree(player.root / "kept", player.home, symlinks=True)
        player.database.restore()
        player.evidence = copy.deepcopy(self._kept)
        self._theatre.server.forget(self._lines)
        if self._place > _COLLECTED:
            # Restored files look like files that were copied again: what was sent back is judged once more.
            for dropped in player.evidence.dropped:
                dropped.touched += 1
            self._collect("restored")
        player.clock.set(self._at)

    def _collect(self, name: str) -> None:
        at = self._moments[_COLLECTED].at
        self.player.clock.set(at)
        self.player.run(name, _COLLECTED, at, work.make_pass(at), is_calm=True)

    def count(self) -> tuple[State, list[Fault]]:
        """The calm run: how it ends, and every point at which it may be killed."""
        self._restore()
        step = self.player.run("calm", self._place, self._at, self._scene.job(self._at), is_calm=True)
        (outcome,) = step.outcomes
        assert outcome.status == "done", outcome.text
        self.player.run("again", self._place, self._at, self._scene.job(self._at), is_calm=True)
        return self._end(), list(_list_faults(outcome.counts))

    def kill(self, fault: Fault, calm: State) -> Iterator[str]:
        """What differs after a kill at that point and an undisturbed run of the same."""
        self._restore()
        job = self._scene.job(self._at)
        step = self.player.run("killed", self._place, self._at, job, (fault,))
        if step.outcomes[0].status != "killed":
            yield f"{self._scene.name}, {fault}: the process {step.outcomes[0].status}"
        again = self.player.run("again", self._place, self._at, job, is_calm=True)
        if again.outcomes[0].status != "done":
            yield f"{self._scene.name}, {fault}: the next run {again.outcomes[0].status}: {again.outcomes[0].text[-300:]}"
            return
        end = self._end()
        found = list(compare(calm, end))
        for examine in _CHECKS:
            found += examine(self.player.evidence)
        yield from (f"{self._scene.name}, {fault}: {text}" for text in found)

    def _end(self) -> State:
        evidence = self.player.evidence
        evidence.tables = self.player.read_all()
        evidence.journal = self._theatre.server.read()
        evidence.files = evidence.files_again = self.player.list_files()
        states: dict[str, list[Row]] = {table: evidence.tables[table] for table in ("outbox", "arrivals", "audit")}
        more = {
            "outbox": sorted((row["key"], row["state"]) for row in states["outbox"]),
            "audit": sorted((row["action"], row["agency"], row["detail"]) for row in states["audit"]),
            "verdicts": sorted(
                (row["agency"], row["component"], row["version"], row["verdict"]) for row in states["arrivals"]
            ),
        }
        return describe_everything(evidence) | more

    def close(self) -> None:
        self.player.close()


def _list_faults(counts: Any) -> Iterator[Fault]:
    for (point, where), count in sorted(counts.items()):
        if point in POINTS and where in (BEFORE, MIDDLE, AFTER):
            yield from (Fault(KILL, point, where, number) for number in range(1, count + 1))


def examine_scene(theatre: Theatre, scene: Scene, engine: str, part: tuple[int, int] = (0, 1)) -> tuple[int, list[str]]:
    """(points killed at, what broke) of one scene; `part` (k, of n) takes each n-th point from the k-th on."""
    points = CrashPoints(theatre, scene, engine)
    try:
        calm, faults = points.count()
        mine = faults[part[0] :: part[1]]
        broken = [text for fault in mine for text in points.kill(fault, calm)]
    finally:
        points.close()
    return len(mine), broken
