"""What differs between two versions of a report: which figures, tasks and documents, because of whose file.

Pure: two snapshots and the coordinator's words of both. `change_words` says it in Vietnamese.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kybaocao.documents.model import Paragraph
from kybaocao.figures.snapshot import Difficulty, IndicatorResult, IssuedDocument, Snapshot, TaskEntry, TaskStatus

Words = Mapping[str, tuple[Paragraph, ...]]  # of the coordinator, by the key of their slot


class Event(StrEnum):
    """What happened to an agency's file between the versions."""

    FIRST = "first"  # none counted before
    REVISED = "revised"
    WITHDRAWN = "withdrawn"  # none counts any more


@dataclass(frozen=True)
class FileChange:
    """Of one agency: what became of its file. `file_name`: of a withdrawn one the earlier."""

    agency: str
    event: Event
    file_name: str


@dataclass(frozen=True)
class FigureChange:
    """One indicator whose figures or verdict differ; None where a version does not have it.

    `agencies`: those whose part of it differs; empty where the rules changed and no file.
    """

    id: str
    before: IndicatorResult | None
    after: IndicatorResult | None
    agencies: tuple[str, ...]

    @property
    def is_judged_anew(self) -> bool:
        return self.before is None or self.after is None or self.before.verdict is not self.after.verdict


@dataclass(frozen=True)
class StatusChange:
    task: str
    before: TaskStatus
    after: TaskStatus


@dataclass(frozen=True)
class AgencyChange:
    """Everything else that one agency reports in another way."""

    agency: str
    reported: tuple[TaskStatus, ...] = ()  # of the tasks it had not reported before
    dropped: tuple[str, ...] = ()  # tasks that it reports no more
    statuses: tuple[StatusChange, ...] = ()
    reworded: tuple[str, ...] = ()  # tasks whose status is the same and whose words or percentage are not
    new_documents: tuple[IssuedDocument, ...] = ()
    lost_documents: tuple[IssuedDocument, ...] = ()
    new_difficulties: int = 0
    lost_difficulties: int = 0

    @property
    def is_empty(self) -> bool:
        return self == AgencyChange(self.agency)


@dataclass(frozen=True)
class Changes:
    figures: tuple[FigureChange, ...]  # judged anew first, then in the order of the plan
    agencies: tuple[AgencyChange, ...]
    files: Mapping[str, FileChange]  # by agency
    slots: tuple[str, ...]  # keys of the slots with other words of the coordinator

    @property
    def count(self) -> int:
        return len(self.figures) + len(self.agencies) + bool(self.slots)


def compare_versions(before: Snapshot, after: Snapshot, words_before: Words, words_after: Words) -> Changes:
    """What `after` says in another way than `before`; moments and returned files do not count."""
    files = _compare_files(before, after)
    figures = sorted(_compare_figures(before, after), key=lambda change: not change.is_judged_anew)
    slots = [key for key in {**words_before, **words_after} if words_before.get(key) != words_after.get(key)]
    return Changes(tuple(figures), tuple(_compare_agencies(before, after)), files, tuple(slots))


# --- files -------------------------------------------------------------------------------------------------------


def _compare_files(before: Snapshot, after: Snapshot) -> dict[str, FileChange]:
    old, new = _list_files(before), _list_files(after)
    found = {}
    for agency in {**old, **new}:
        if agency not in old:
            found[agency] = FileChange(agency, Event.FIRST, new[agency][0])
        elif agency not in new:
            found[agency] = FileChange(agency, Event.WITHDRAWN, old[agency][0])
        elif old[agency] != new[agency]:
            found[agency] = FileChange(agency, Event.REVISED, new[agency][0])
    return found


def _list_files(snapshot: Snapshot) -> dict[str, tuple[str, str]]:
    """(name, checksum) by agency with an accepted file. A snapshot of an earlier edition names them beside figures."""
    beside = {
        origin.agency: (origin.file_name, origin.sha256) for result in snapshot.indicators for origin in result.origins
    }
    unknown = ("", "")
    return {
        entry.agency: (entry.file_name, entry.sha256) if entry.sha256 else beside.get(entry.agency, unknown)
        for entry in snapshot.accepted
    }


# --- figures -----------------------------------------------------------------------------------------------------


def _compare_figures(before: Snapshot, after: Snapshot) -> list[FigureChange]:
    old = {result.id: result for result in before.indicators}
    new = {result.id: result for result in after.indicators}
    return [
        FigureChange(code, old.get(code), new.get(code), _list_different(old.get(code), new.get(code)))
        for code in {**new, **old}
        if _strip(old.get(code)) != _strip(new.get(code))
    ]


def _strip(result: IndicatorResult | None) -> object:
    """The figures of an indicator, without their cells and the previous cycle's.

    How many agencies answered is no figure: an agency that answers for the first time has a line of its own.
    """
    if result is None:
        return None
    return (
        result.cumulative, result.period, result.estimate, result.verdict, result.parts, result.nothing_count,
        result.no_figure_count, result.ranked_units, result.previous_ranked_units, result.published_on,
    )  # fmt: skip


def _list_different(before: IndicatorResult | None, after: IndicatorResult | None) -> tuple[str, ...]:
    """Agencies that give other values for it, or did not answer in one of the versions."""
    old, new = _list_values(before), _list_values(after)
    return tuple(agency for agency in {**new, **old} if old.get(agency) != new.get(agency))


def _list_values(result: IndicatorResult | None) -> dict[str, list[str]]:
    """Values in the order of the form: a cell may have moved."""
    if result is None:
        return {}
    values: dict[str, list[str]] = {agency: [] for agency in result.reported}
    for origin in result.origins:
        values.setdefault(origin.agency, []).append(origin.value)
    return values


# --- tasks, documents, difficulties ------------------------------------------------------------------------------


def _compare_agencies(before: Snapshot, after: Snapshot) -> list[AgencyChange]:
    """In the order of the register."""
    old_tasks, new_tasks = _list_tasks(before), _list_tasks(after)
    old_documents, new_documents = _list_documents(before), _list_documents(after)
    old_troubles, new_troubles = _list_difficulties(before), _list_difficulties(after)
    known = dict.fromkeys(entry.agency for entry in (*after.timeliness, *before.timeliness))
    found = []
    for agency in {**known, **new_tasks, **old_tasks}:
        old, new = old_tasks.get(agency, {}), new_tasks.get(agency, {})
        both = [task for task in new if task in old]
        were, are = old_documents.get(agency, []), new_documents.get(agency, [])
        troubles_were, troubles_are = old_troubles.get(agency, set()), new_troubles.get(agency, set())
        change = AgencyChange(
            agency,
            tuple(new[task].status for task in new if task not in old),
            tuple(task for task in old if task not in new),
            tuple(
                StatusChange(task, old[task].status, new[task].status)
                for task in both
                if old[task].status is not new[task].status
            ),
            tuple(task for task in both if old[task].status is new[task].status and old[task] != new[task]),
            tuple(one for one in are if one not in were),
            tuple(one for one in were if one not in are),
            len(troubles_are - troubles_were),
            len(troubles_were - troubles_are),
        )
        if not change.is_empty:
            found.append(change)
    return found


def _list_tasks(snapshot: Snapshot) -> dict[str, dict[str, TaskEntry]]:
    found: dict[str, dict[str, TaskEntry]] = {}
    for task in snapshot.tasks:
        for entry in task.entries:
            found.setdefault(entry.agency, {})[task.id] = entry
    return found


def _list_documents(snapshot: Snapshot) -> dict[str, list[IssuedDocument]]:
    found: dict[str, list[IssuedDocument]] = {}
    for one in snapshot.documents:
        found.setdefault(one.agency, []).append(one)
    return found


def _list_difficulties(snapshot: Snapshot) -> dict[str, set[Difficulty]]:
    found: dict[str, set[Difficulty]] = {}
    for one in snapshot.difficulties:
        for agency in one.agencies:
            found.setdefault(agency, set()).add(dataclasses.replace(one, agencies=()))
    return found
