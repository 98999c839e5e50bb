"""What stands in the way of a version, and its documents without their text; what never changes is read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kybaocao.console.facts.memory import Memory
from kybaocao.console.facts.snapshots import find_taken
from kybaocao.documents.model import ReportContent
from kybaocao.plan.report_document import Audience
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.release_gate import (
    Fact,
    Obstacle,
    count_unanswered,
    find_blanks,
    judge_release,
)
from kybaocao.stages.support.report_files import list_waiting, load_outlines
from kybaocao.store.reports import ReportVersion, find_version
from kybaocao.store.submissions import count_accepted


@dataclass(frozen=True)
class Documents:
    """Of a version. `contents`: their outlines; `waiting`: labels of slots that wait for the coordinator."""

    contents: Mapping[Audience, ReportContent]
    waiting: tuple[str, ...]
    blanks: tuple[Fact, ...]


_documents: Memory[Documents] = Memory(most=16, is_large=True)
_unanswered: Memory[tuple[int, int]] = Memory(most=16)


def read_documents(p: Pass, report: ReportVersion) -> Documents:
    """Raises OSError."""
    blank = p.plan.require_wording().plan_unnumbered
    key = (p.home.root, report.folder, report.content_checksum, blank, p.plan.coordinator)
    return _documents.recall(key, lambda: _read_documents(p, report))


def _read_documents(p: Pass, report: ReportVersion) -> Documents:
    contents = load_outlines(p.home.root / report.folder)
    return Documents(contents, list_waiting(contents), find_blanks(p, report))


def look_at_gate(p: Pass, version: int) -> list[Obstacle]:
    """The same of a version by its number, as `release_gate.Look`. Raises OSError, NoResultFound."""
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
    return gather_gate(p, report)


def gather_gate(p: Pass, report: ReportVersion) -> list[Obstacle]:
    """As `list_obstacles`, from what is kept. Raises OSError."""
    with p.store.read() as connection:
        taken = find_taken(connection, report.snapshot)
        accepted = count_accepted(connection, p.cycle.id, report.compiled_at)
    assert taken is not None  # a version is never recorded without its snapshot
    key = (p.home.root, report.cycle, report.version, report.content_checksum, accepted)
    unanswered = _unanswered.recall(key, lambda: count_unanswered(p, report))
    return judge_release(p, report, taken.packed.light, read_documents(p, report).blanks, unanswered)
