"""Files that came in: seen, kept, judged. A version is never overwritten.

A submission has components: the form (`FORM`) and, where the plan takes them, attachments.  What asks for versions
means those of the form, unless it says attachments.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, distinct, func, insert, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from kybaocao.inbox.submission import Submission
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.verdict import Verdict
from kybaocao.store.tables import arrivals, drops

# Versions in the order in which their files came to lie in the folder, whoever recorded them first.
_PLACE = func.coalesce(arrivals.c.came_at, arrivals.c.received_at)
_AT_ONCE = 100  # rows


def _submission(row: Row[Any]) -> Submission:
    return Submission(**{**row._mapping, "verdict": None if row.verdict is None else Verdict(row.verdict)})


def insert_ignoring(connection: Connection, table: Any, **values: Any) -> bool:
    """Insert unless the key is already there; True when the row is new."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing()
    return connection.execute(statement).rowcount == 1


def list_drops(connection: Connection, cycle: str, agency: str | None = None) -> dict[tuple[str, str], tuple[str, str]]:
    """(agency, file name) -> (signature, sha256) of everything seen in the inboxes of a cycle."""
    query = select(drops.c.agency, drops.c.file_name, drops.c.signature, drops.c.sha256).where(drops.c.cycle == cycle)
    if agency is not None:
        query = query.where(drops.c.agency == agency)
    return {(row.agency, row.file_name): (row.signature, row.sha256) for row in connection.execute(query)}


def remember_drop(connection: Connection, cycle: str, agency: str, file_name: str, signature: str, sha256: str) -> None:
    key = (drops.c.cycle == cycle) & (drops.c.agency == agency) & (drops.c.file_name == file_name)
    changed = connection.execute(update(drops).where(key).values(signature=signature, sha256=sha256)).rowcount
    if not changed:
        connection.execute(
            insert(drops).values(cycle=cycle, agency=agency, file_name=file_name, signature=signature, sha256=sha256)
        )


def add_submission(
    connection: Connection,
    *,
    cycle: str,
    agency: str,
    file_name: str,
    sha256: str,
    size_bytes: int,
    received_at: dt.datetime,
    component: str = FORM,
    came_at: dt.datetime | None = None,
) -> int:
    """Record a new version and return its number; `came_at` is its place among the agency's files."""
    last = connection.scalar(
        select(func.max(arrivals.c.version)).where(
            arrivals.c.cycle == cycle, arrivals.c.agency == agency, arrivals.c.component == component
        )
    )
    version = (last or 0) + 1
    connection.execute(
        insert(arrivals).values(
            cycle=cycle,
            agency=agency,
            component=component,
            version=version,
            file_name=file_name,
            sha256=sha256,
            size_bytes=size_bytes,
            received_at=received_at,
            came_at=came_at,
        )
    )
    return version


def list_submissions(connection: Connection, cycle: str, agency: str | None = None) -> list[Submission]:
    """Every version of the forms of a cycle, in the order in which the files came."""
    return _list(connection, cycle, agency, arrivals.c.component == FORM)


def list_attachments(connection: Connection, cycle: str, agency: str | None = None) -> list[Submission]:
    """Every attachment of a cycle, oldest first."""
    return _list(connection, cycle, agency, arrivals.c.component != FORM)


def list_components(connection: Connection, cycle: str, agency: str | None = None) -> list[Submission]:
    """Every version of everything that was handed in, forms and attachments, oldest first."""
    return _list(connection, cycle, agency, true())


def list_outlines(connection: Connection, cycle: str) -> list[Submission]:
    """Every version of every component, oldest first, without findings and answers: those are long."""
    return _list_without(connection, arrivals.c.cycle == cycle, (arrivals.c.findings, arrivals.c.answers))


def list_for_figures(connection: Connection, cycle: str) -> list[Submission]:
    """Every version of the forms, oldest first, without findings; answers only of what is accepted, in UTF-8.

    As text they would take twice as much: Vietnamese letters need two bytes each then, and every other sign with them.
    """
    is_form = (arrivals.c.cycle == cycle) & (arrivals.c.component == FORM)
    read = _read_without(connection, is_form, (arrivals.c.findings,))
    return [replace(one, answers=str(one.answers).encode()) for one in read]


def _list_without(
    connection: Connection, which: ColumnElement[bool], left_out: Collection[ColumnElement[str]]
) -> list[Submission]:
    return list(_read_without(connection, which, left_out))


def _read_without(
    connection: Connection, which: ColumnElement[bool], left_out: Collection[ColumnElement[str]]
) -> Iterator[Submission]:
    """Some rows at a time, so that who makes less of each never has all as they are."""
    out = {column.key for column in left_out}
    query = select(*(column for column in arrivals.c if column.key not in out)).where(which)
    nothing = dict.fromkeys(out, "[]")
    query = query.order_by(_PLACE, arrivals.c.id).execution_options(yield_per=_AT_ONCE)
    for row in connection.execute(query):
        verdict = None if row.verdict is None else Verdict(row.verdict)
        yield Submission(**{**nothing, **row._mapping, "verdict": verdict})


class Judged(NamedTuple):
    """How one version of one component was judged; `verdict` is None until it is."""

    component: str
    verdict: Verdict | None


def list_verdicts(
    connection: Connection, cycle: str, agencies: Collection[str] | None = None
) -> dict[str, list[Judged]]:
    """agency -> its versions of every component, oldest first, without what they say: that is long.

    Of `agencies` only, where they are given.
    """
    query = select(arrivals.c.agency, arrivals.c.component, arrivals.c.verdict).where(arrivals.c.cycle == cycle)
    if agencies is not None:
        query = query.where(arrivals.c.agency.in_(agencies))
    found: dict[str, list[Judged]] = {}
    for agency, component, verdict in connection.execute(query.order_by(_PLACE, arrivals.c.id)):
        found.setdefault(agency, []).append(Judged(component, None if verdict is None else Verdict(verdict)))
    return found


def list_judged_forms(
    connection: Connection, cycle: str, agencies: Collection[str], at: dt.datetime
) -> list[Submission]:
    """The forms of these agencies that the pass of a moment has judged, without their answers."""
    is_theirs = (arrivals.c.cycle == cycle) & arrivals.c.agency.in_(agencies) & (arrivals.c.component == FORM)
    return _list_without(connection, is_theirs & (arrivals.c.judged_at == at), (arrivals.c.answers,))


def _list(connection: Connection, cycle: str, agency: str | None, which: ColumnElement[bool]) -> list[Submission]:
    query = select(arrivals).where(arrivals.c.cycle == cycle, which)
    if agency is not None:
        query = query.where(arrivals.c.agency == agency)
    return [_submission(row) for row in connection.execute(query.order_by(_PLACE, arrivals.c.id))]


def list_shared_files(connection: Connection, cycle: str) -> list[list[Submission]]:
    """For every file that more than one agency handed in, the first version of each that has these bytes."""
    shared = (
        select(arrivals.c.sha256)
        .where(arrivals.c.cycle == cycle)
        .group_by(arrivals.c.sha256)
        .having(func.count(distinct(arrivals.c.agency)) > 1)
    )
    found: dict[str, dict[str, Submission]] = {}
    for submission in _list(connection, cycle, None, arrivals.c.sha256.in_(shared)):
        found.setdefault(submission.sha256, {}).setdefault(submission.agency, submission)
    return [list(holders.values()) for holders in found.values()]


def list_holders(connection: Connection, cycle: str, sha256: str, agency: str | None = None) -> list[Submission]:
    """Every version of a cycle, of any component, with these bytes, oldest first."""
    return _list(connection, cycle, agency, arrivals.c.sha256 == sha256)


def find_same(versions: Sequence[Submission], component: str, sha256: str) -> Submission | None:
    """The version that a file only says again, of an agency's `versions` of all components, oldest first.

    Of the form that is the newest one that waits to be judged, else the one in force: what was handed in before it
    is no longer what the agency means.  What was sent back is handed in anew like any other file: the rules, a
    waiver, the agency's deadline or our reader may have changed since.
    """
    mine = [one for one in versions if one.component == component]
    standing = [one for one in mine if one.verdict is None or one.is_accepted]
    if component == FORM:
        waiting = [one for one in standing if one.verdict is None]
        standing = waiting[-1:] or standing[-1:]
    return next((one for one in standing if one.sha256 == sha256), None)


def list_waiting(connection: Connection, cycle: str, agency: str) -> list[Submission]:
    """Versions of one agency's form that nobody has judged yet, oldest first."""
    return [submission for submission in list_submissions(connection, cycle, agency) if submission.verdict is None]


def list_agencies_waiting(connection: Connection, cycle: str) -> list[str]:
    """Agencies with a file of any component that nobody has judged yet."""
    query = select(arrivals.c.agency).where(arrivals.c.cycle == cycle, arrivals.c.verdict.is_(None))
    return sorted(set(connection.scalars(query)))


def list_without_verdict(connection: Connection, cycle: str) -> set[tuple[str, str, int]]:
    """(agency, component, version) of everything that nobody has judged yet."""
    table = arrivals.c
    query = select(table.agency, table.component, table.version).where(table.cycle == cycle, table.verdict.is_(None))
    return {(agency, component, version) for agency, component, version in connection.execute(query)}


def latest_accepted(connection: Connection, cycle: str, agency: str) -> Submission | None:
    """The version in force: of the accepted ones the one whose file came last."""
    query = (
        select(arrivals)
        .where(
            arrivals.c.cycle == cycle,
            arrivals.c.agency == agency,
            arrivals.c.component == FORM,
            arrivals.c.verdict == Verdict.ACCEPTED,
        )
        .order_by(_PLACE.desc(), arrivals.c.version.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return _submission(row) if row else None


def list_accepted_findings(connection: Connection, cycle: str, until: dt.datetime) -> dict[str, str]:
    """Agency -> findings of the newest of its forms that came by then and were accepted."""
    query = select(arrivals.c.agency, arrivals.c.findings).where(_is_accepted_by(cycle, until))
    return {row.agency: row.findings for row in connection.execute(query.order_by(_PLACE, arrivals.c.id))}


def count_accepted(connection: Connection, cycle: str, until: dt.datetime) -> int:
    """Forms that came by then and were accepted."""
    return connection.scalar(select(func.count()).where(_is_accepted_by(cycle, until))) or 0


def _is_accepted_by(cycle: str, until: dt.datetime) -> ColumnElement[bool]:
    is_form = (arrivals.c.cycle == cycle) & (arrivals.c.component == FORM)
    return is_form & (arrivals.c.verdict == Verdict.ACCEPTED) & (arrivals.c.received_at <= until)


def record_verdict(connection: Connection, judged: Submission) -> bool:
    """Store the judgement of a version once; False when another pass was faster."""
    changed = connection.execute(
        update(arrivals)
        .where(arrivals.c.id == judged.id, arrivals.c.verdict.is_(None))
        .values(verdict=judged.verdict, judged_at=judged.judged_at, findings=judged.findings, answers=judged.answers)
    )
    return changed.rowcount == 1
