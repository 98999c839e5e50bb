"""Results of a cycle that was run by hand: recorded whole or not at all, and used as "the previous cycle".

They are no submissions.  They are in a table of their own that only this room reads, so that no agency counts
as having submitted, no letter is sent, and no report of that cycle is made from them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from kybaocao.answers.packing import Packed, pack_answers
from kybaocao.imported.layout import ResultsLayout
from kybaocao.imported.reading import Results, read_results
from kybaocao.imported.troubles import Trouble, say_trouble
from kybaocao.inbox.archive import keep_file, seal
from kybaocao.inbox.submission import Submission
from kybaocao.plan.verdict import Verdict
from kybaocao.store.audit import record_action
from kybaocao.store.database import Store
from kybaocao.store.imports import PROVINCE, ResultImport, add_import, find_import, list_imports
from kybaocao.store.reports import list_versions, load_snapshot
from kybaocao.store.submissions import list_submissions
from kybaocao.workbook.guard import MAX_BYTES

IMPORTED = "imported"  # the component of an imported version; none of the store has it
_SHOWN = 12  # agencies named in one sentence


@dataclass(frozen=True)
class Changes:
    """What a file changes against the version in force; agencies are codes."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a file. `version` is the one now in force, None when there is none."""

    sha256: str
    version: int | None
    is_new: bool  # it was recorded now
    is_same: bool  # it is the file in force already
    agencies: int
    cells: int
    has_province: bool
    changes: Changes
    troubles: tuple[Trouble, ...]

    @property
    def errors(self) -> tuple[Trouble, ...]:
        return tuple(trouble for trouble in self.troubles if trouble.is_error)


def import_results(
    store: Store,
    archive: Path,
    layout: ResultsLayout,
    data: bytes,
    file_name: str,
    *,
    at: dt.datetime,
    by: str = "",
    reason: str = "",
    is_dry_run: bool = False,
    may_remove: bool = False,
) -> Outcome:
    """Import the file, unless it has an error; importing the same file again changes nothing."""
    digest, cycle = hashlib.sha256(data).hexdigest(), layout.cycle.id
    with store.read() as connection:
        current = find_import(connection, cycle)
    if current is not None and current.sha256 == digest:
        return _describe(digest, current, current.by_agency, current, ())
    results = read_results(data, layout)
    packed = _pack(results)
    # Two imports at once end as one after the other, on both engines.
    with store.exclusive(f"import-{cycle}"):
        with store.read() as connection:
            current = find_import(connection, cycle)
            if current is not None and current.sha256 == digest:  # imported by somebody else meanwhile
                return _describe(digest, current, packed, current, ())
            troubles = [*results.troubles, *_find_conflicts(connection, layout, results, current, may_remove)]
        if is_dry_run or any(trouble.is_error for trouble in troubles):
            return _describe(digest, current, packed, current, tuple(troubles))
        _keep_bytes(archive, data)
        with store.write() as connection:
            made = _record(connection, cycle, current, packed, file_name, data, at=at, by=by, reason=reason)
    return _describe(digest, current, packed, made, tuple(troubles))


def withdraw_results(store: Store, cycle: str, *, at: dt.datetime, by: str, reason: str) -> ResultImport | None:
    """Take the imported results out of force; returns what was in force. The version and its file stay."""
    with store.exclusive(f"import-{cycle}"), store.write() as connection:
        current = find_import(connection, cycle)
        if current is not None:
            version = current.version + 1
            add_import(connection, ResultImport(cycle, version, "", "", 0, at, by, reason, "{}"))
            record_action(
                connection,
                "results-withdrawn",
                at=at,
                cycle=cycle,
                actor=by,
                reason=reason,
                version=version,
                withdrawn=current.version,
                sha256=current.sha256,
            )
    return current


def _record(
    connection: Connection,
    cycle: str,
    current: ResultImport | None,
    packed: Mapping[str, Packed],
    file_name: str,
    data: bytes,
    *,
    at: dt.datetime,
    by: str,
    reason: str,
) -> ResultImport:
    versions, digest = list_imports(connection, cycle), hashlib.sha256(data).hexdigest()
    answers = json.dumps(packed, ensure_ascii=False, separators=(",", ":"))
    number = versions[-1].version + 1 if versions else 1
    made = ResultImport(cycle, number, file_name, digest, len(data), at, by, reason, answers)
    add_import(connection, made)
    changes = compare_imports(current, packed)
    record_action(
        connection,
        "results-imported",
        at=at,
        cycle=cycle,
        actor=by,
        reason=reason,
        version=number,
        file=file_name,
        sha256=digest,
        replaced=current.sha256 if current else "",
        added=changes.added,
        changed=changes.changed,
        removed=changes.removed,
    )
    return made


def _pack(results: Results) -> dict[str, Packed]:
    return {owner: pack_answers(answers) for owner, answers in results.answers.items()}


def _keep_bytes(archive: Path, data: bytes) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        file.seek(0)
        seal(archive, *keep_file(archive, file.fileno(), MAX_BYTES))


def _describe(
    digest: str,
    before: ResultImport | None,
    packed: Mapping[str, Packed],
    in_force: ResultImport | None,
    troubles: Sequence[Trouble],
) -> Outcome:
    return Outcome(
        sha256=digest,
        version=in_force.version if in_force else None,
        is_new=in_force is not before,
        is_same=before is not None and before.sha256 == digest,
        agencies=sum(owner != PROVINCE for owner in packed),
        cells=sum(len(rows) for rows in packed.values()),
        has_province=PROVINCE in packed,
        changes=compare_imports(before, packed),
        troubles=tuple(troubles),
    )


def compare_imports(before: ResultImport | None, packed: Mapping[str, Packed]) -> Changes:
    """Agencies with added, changed or removed answers; the position of a cell in the file does not count."""
    old = {owner: _count_answers(rows) for owner, rows in (before.by_agency if before else {}).items()}
    new = {owner: _count_answers(rows) for owner, rows in packed.items()}
    return Changes(
        added=tuple(owner for owner in new if owner not in old),
        changed=tuple(owner for owner in new if owner in old and old[owner] != new[owner]),
        removed=tuple(owner for owner in old if owner not in new),
    )


def _count_answers(rows: Packed) -> Counter[tuple[str, ...]]:
    return Counter((table, row, column, value) for table, row, column, _, _, _, _, value, *_ in rows)


def _find_conflicts(
    connection: Connection,
    layout: ResultsLayout,
    results: Results,
    current: ResultImport | None,
    may_remove: bool,
) -> list[Trouble]:
    """Troubles with what the store holds: a report or submissions of the cycle, and answers that would be lost."""
    plan, cycle = layout.plan, layout.cycle
    found = []
    if all(other.previous != cycle.id for other in plan.cycles.values()):
        found.append(say_trouble("no-next-cycle", value=cycle.name))
    if (version := find_own_report(connection, cycle.id)) is not None:
        found.append(say_trouble("own-report", value=str(version)))
    own = {one.agency: one for one in list_submissions(connection, cycle.id) if one.is_accepted}
    for owner in results.answers:
        if owner in own:
            facts = {"co_quan": plan.agencies[owner].name, "ma": owner}
            found.append(say_trouble("own-submission", value=own[owner].receipt_number, **facts))
    removed = [owner for owner in compare_imports(current, _pack(results)).removed if owner != PROVINCE]
    if removed and results.answers and not may_remove:
        names = ", ".join(removed[:_SHOWN]) + ("…" if len(removed) > _SHOWN else "")
        found.append(say_trouble("rows-removed", value=names, so=str(len(removed))))
    return found


def find_own_report(connection: Connection, cycle: str) -> int | None:
    """The newest report of the cycle that was made from submissions; one made from none does not count."""
    for version in reversed(list_versions(connection, cycle)):
        if load_snapshot(connection, version.snapshot).accepted:
            return version.version
    return None


# --- imported answers as a version ---------------------------------------------------------------------


def find_imported_version(connection: Connection, cycle: str, agency: str) -> Submission | None:
    """What was imported for an agency, in the shape of an accepted version; never stored as one."""
    found = find_import(connection, cycle)
    if found is None or not found.by_agency.get(agency):
        return None
    return make_version(found, agency)


def make_version(found: ResultImport, agency: str, tables: Collection[str] = ()) -> Submission:
    """The imported answers of one agency, of some tables or all, as if they were an accepted version."""
    answers = [line for line in found.by_agency[agency] if not tables or line[0] in tables]
    return Submission(
        id=0,
        cycle=found.cycle,
        agency=agency,
        component=IMPORTED,
        version=found.version,
        file_name=found.file_name,
        sha256=found.sha256,
        size_bytes=found.size_bytes,
        received_at=found.imported_at,
        verdict=Verdict.ACCEPTED,
        judged_at=found.imported_at,
        findings="[]",
        answers=json.dumps(answers, ensure_ascii=False),
    )
