"""What a version of the report says in another way than the one before it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kybaocao.documents.report.changes import compare_versions
from kybaocao.documents.report.source import ReportSource
from kybaocao.documents.report.supplement import Supplement, read_supplement
from kybaocao.figures.snapshot import Snapshot
from kybaocao.files import write_whole
from kybaocao.home import SUPPLEMENT
from kybaocao.stages.support.passes import Pass
from kybaocao.store.reports import ReportVersion, list_versions, load_snapshot

if TYPE_CHECKING:
    from kybaocao.documents.report.change_words import ChangeReport

CHANGE_LINES = "thay-doi.json"  # in the folder of a version


def find_changes(p: Pass, version: int, snapshot: Snapshot, supplement: Supplement) -> ChangeReport | None:
    """The differences of a version from the one before it; None for the first. `snapshot`, `supplement`: its own."""
    from kybaocao.documents.report.change_words import ChangeReport  # docx: only when there is a report

    with p.store.read() as connection:
        earlier = [one for one in list_versions(connection, p.cycle.id) if one.version < version]
        if not earlier:
            return None
        before = load_snapshot(connection, earlier[-1].snapshot)
    changes = compare_versions(before, snapshot, read_words(p, earlier[-1]).paragraphs, supplement.paragraphs)
    source = ReportSource(p.plan, p.cycle, snapshot, p.plan.require_wording())
    return ChangeReport(source, changes, earlier[-1].version, version)


def read_words(p: Pass, report: ReportVersion) -> Supplement:
    """The coordinator's words that a version was made with."""
    return read_supplement(p.home.root / report.folder / SUPPLEMENT, p.plan)


def list_changes(p: Pass, report: ReportVersion, snapshot: Snapshot) -> tuple[int, list[str]]:
    """For the leaders' letter: the number of the version before this one, and at most ten lines; 0 and none without."""
    changes = find_changes(p, report.version, snapshot, read_words(p, report))
    return (0, []) if changes is None else (changes.before, _write_lines(changes))


def store_change_lines(folder: Path, changes: ChangeReport) -> Path:
    """Keep these lines beside the version: who only looks need not compare two snapshots."""
    kept = {"before": changes.before, "lines": _write_lines(changes)}
    return write_whole(folder / CHANGE_LINES, json.dumps(kept, ensure_ascii=False).encode())


def read_change_lines(folder: Path) -> tuple[int, list[str]] | None:
    """As `list_changes`; None where none were kept: of the first version, or by an earlier edition of the system."""
    try:
        kept = json.loads((folder / CHANGE_LINES).read_bytes())
    except (OSError, ValueError):
        return None
    return kept["before"], kept["lines"]


def _write_lines(changes: ChangeReport) -> list[str]:
    from kybaocao.documents.package import name_changes
    from kybaocao.documents.report.change_words import list_change_lines

    return list_change_lines(changes, name_changes(changes.before))
