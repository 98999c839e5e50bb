"""What was reported in the earlier cycles of the year, beside what is reported now: a report covers its whole year.

Figures need nothing of it, because they are counted from the start of the year.  Documents, difficulties and what was
said of a task are asked for one period only.  Each keeps the mark of its cycle, and nothing stands twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kybaocao.figures.snapshot import Difficulty, IssuedDocument, Snapshot, TaskEntry, TaskResult
from kybaocao.vietnamese import clean_text


def recall_earlier(snapshot: Snapshot, previous: Snapshot | None) -> Snapshot:
    """The snapshot with what the previous cycle's has; that one holds what came before it, each with its mark."""
    if previous is None:
        return snapshot
    return replace(
        snapshot,
        tasks=recall_tasks(snapshot.tasks, previous.tasks, previous.cycle),
        obligations=recall_tasks(snapshot.obligations, previous.obligations, previous.cycle),
        difficulties=_recall_difficulties(snapshot.difficulties, previous.difficulties, previous.cycle),
        documents=_recall_documents(snapshot.documents, previous.documents, previous.cycle),
    )


def recall_tasks(now: Iterable[TaskResult], before: Iterable[TaskResult], cycle: str) -> tuple[TaskResult, ...]:
    """Each task or obligation with the entries of earlier cycles; one that the agency repeats now is marked instead."""
    earlier = {result.id: result for result in before}
    return tuple(_recall_task(result, earlier[result.id], cycle) if result.id in earlier else result for result in now)


def _recall_task(result: TaskResult, before: TaskResult, cycle: str) -> TaskResult:
    holders = {entry.agency for entry in result.entries} | set(result.missing)
    now = {_spell_entry(entry): entry for entry in result.entries}
    found: dict[tuple[str, ...], TaskEntry] = {}
    repeated: dict[tuple[str, ...], str] = {}
    for entry in (*(replace(one, cycle=cycle, repeats="") for one in before.entries), *before.earlier):
        spelled = _spell_entry(entry)
        if spelled in now:
            repeated.setdefault(spelled, entry.cycle)
        elif entry.agency in holders:
            found.setdefault(spelled, entry)
    entries = tuple(
        replace(entry, repeats=repeated[spelled]) if spelled in repeated else entry for spelled, entry in now.items()
    )
    return replace(result, entries=entries, earlier=tuple(found.values()))


def _spell_entry(entry: TaskEntry) -> tuple[str, ...]:
    texts = (entry.result, entry.evidence, entry.reason)
    return (entry.agency, entry.status.value, *(_spell(text) for text in texts))


def _recall_difficulties(
    now: tuple[Difficulty, ...], before: Iterable[Difficulty], cycle: str
) -> tuple[Difficulty, ...]:
    """An agency that raises the same again has it in its own words of today only, whatever became of it meanwhile."""
    raised = {(agency, spell_difficulty(one)) for one in now for agency in one.agencies}
    found = []
    for one in before:
        agencies = tuple(agency for agency in one.agencies if (agency, spell_difficulty(one)) not in raised)
        if agencies:
            found.append(replace(one, agencies=agencies, cycle=one.cycle or cycle))
    # A section of the plan stays together: first what is said now.
    return tuple(sorted((*now, *found), key=lambda one: (one.section, bool(one.cycle))))


def spell_difficulty(one: Difficulty) -> tuple[object, ...]:
    """Equal for two that say the same."""
    return one.section, *(_spell(text) for text in (one.content, one.recommendation, one.addressee))


def _recall_documents(
    now: tuple[IssuedDocument, ...], before: Iterable[IssuedDocument], cycle: str
) -> tuple[IssuedDocument, ...]:
    listed = {_spell_document(one) for one in now}
    found = []
    for one in before:
        if _spell_document(one) not in listed:
            listed.add(_spell_document(one))
            found.append(replace(one, cycle=one.cycle or cycle))
    return (*now, *found)


def _spell_document(one: IssuedDocument) -> tuple[object, ...]:
    return one.agency, one.dated, _spell(one.number).replace(" ", ""), "" if one.number else _spell(one.subject)


def _spell(text: str) -> str:
    return clean_text(text).casefold().rstrip(".")
