"""Snapshots, report versions and publications."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, tuple_, update

from kybaocao.figures.canonical_json import compute_checksum, from_json, write_pieces
from kybaocao.figures.snapshot import Snapshot
from kybaocao.store.packed_text import pack_text, unpack_text
from kybaocao.store.tables import publications, report_versions, snapshots

# The releases, in their order; a plan with one document has no submission to UBND tỉnh.
SO_TAI_CHINH, UBND_TINH, BO_TAI_CHINH = "so_tai_chinh", "ubnd_tinh", "bo_tai_chinh"


class ReportState(StrEnum):
    """Where a version of the report stands: what the next pass, or the human, does with it."""

    COMPILED = "compiled"  # written, not sent to anyone
    WAITING = "waiting"  # the draft is with the coordinator's leaders, one of them decides
    APPROVED = "approved"  # by the coordinator's leader
    SUBMITTED = "submitted"  # the submission to UBND tỉnh was queued, UBND tỉnh decides
    SIGNED = "signed"  # by UBND tỉnh
    REJECTED = "rejected"  # by either
    SUPERSEDED = "superseded"  # a newer version took its place
    RELEASING = "releasing"  # the release to the ministry is on its way
    PUBLISHED = "published"  # every recipient's server has taken it


RELEASED = (ReportState.RELEASING, ReportState.PUBLISHED)  # the release to the ministry was queued
UNDER_WAY = (ReportState.APPROVED, ReportState.SUBMITTED, ReportState.SIGNED)  # decided once, not with the ministry
DECIDED = (*UNDER_WAY, *RELEASED)  # another version is a decision, not an event
REPLACEABLE = (ReportState.COMPILED, ReportState.WAITING, *UNDER_WAY)  # nothing of it is with the ministry


_AS_JSON = ("sign_off", "signature")


@dataclass(frozen=True)
class ReportVersion:
    cycle: str
    version: int
    snapshot: int
    content_checksum: str
    folder: str
    compiled_at: dt.datetime
    state: ReportState
    decided_at: dt.datetime | None
    decided_by: str
    reason: str
    sign_off: dict[str, str]
    asked_in: str = ""  # the run of Airflow that asks the human, or carries out what was approved
    signed_at: dt.datetime | None = None  # the second decision, where there is one: `decided_…` of UBND tỉnh
    signed_by: str = ""
    signature: dict[str, str] = field(default_factory=dict)  # its `sign_off`


@dataclass(frozen=True)
class Publication:
    cycle: str
    version: int
    release: str
    recipients: tuple[str, ...]
    files: dict[str, str]
    content_checksum: str
    published_at: dt.datetime
    completed_at: dt.datetime | None = None  # when the last recipient's server had taken it


def _version(row: Row[Any]) -> ReportVersion:
    read = {name: json.loads(row._mapping[name]) for name in _AS_JSON}
    return ReportVersion(**{**row._mapping, "state": ReportState(row.state), **read})


def _write_json(values: dict[str, Any]) -> dict[str, Any]:
    written = {name: json.dumps(values[name], ensure_ascii=False) for name in _AS_JSON if name in values}
    return values | written


def save_snapshot(connection: Connection, snapshot: Snapshot) -> int:
    """The id of this snapshot; one that says the same thing as the newest one is not stored again.

    So a snapshot with a greater id is never the older one.
    """
    digest = compute_checksum(snapshot)
    newest = connection.execute(
        select(snapshots.c.id, snapshots.c.checksum)
        .where(snapshots.c.cycle == snapshot.cycle)
        .order_by(snapshots.c.id.desc())
        .limit(1)
    ).first()
    if newest is not None and newest.checksum == digest:
        return int(newest.id)
    content = pack_text(write_pieces(snapshot))
    result = connection.execute(
        insert(snapshots).values(cycle=snapshot.cycle, as_of=snapshot.as_of, checksum=digest, content=content)
    )
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def load_snapshot(connection: Connection, snapshot: int) -> Snapshot:
    return from_json(read_snapshot(connection, snapshot))


def read_snapshot(connection: Connection, snapshot: int) -> bytes:
    """Its canonical JSON, in UTF-8."""
    return unpack_text(connection.execute(select(snapshots.c.content).where(snapshots.c.id == snapshot)).scalar_one())


def load_newest_snapshot(connection: Connection, cycle: str) -> Snapshot | None:
    newest = connection.scalar(select(func.max(snapshots.c.id)).where(snapshots.c.cycle == cycle))
    return None if newest is None else load_snapshot(connection, newest)


def list_versions(connection: Connection, cycle: str) -> list[ReportVersion]:
    query = select(report_versions).where(report_versions.c.cycle == cycle).order_by(report_versions.c.version)
    return [_version(row) for row in connection.execute(query)]


def find_version(connection: Connection, cycle: str, version: int) -> ReportVersion:
    query = select(report_versions).where(report_versions.c.cycle == cycle, report_versions.c.version == version)
    return _version(connection.execute(query).one())


def add_version(connection: Connection, version: ReportVersion) -> None:
    """Record a version; older ones of which the ministry has nothing give way to it, decided or not."""
    connection.execute(
        update(report_versions)
        .where(
            report_versions.c.cycle == version.cycle,
            report_versions.c.state.in_(REPLACEABLE),
        )
        .values(state=ReportState.SUPERSEDED)
    )
    connection.execute(insert(report_versions).values(**_write_json(vars(version))))


def set_state(connection: Connection, cycle: str, version: int, state: ReportState, **values: Any) -> None:
    connection.execute(
        update(report_versions)
        .where(report_versions.c.cycle == cycle, report_versions.c.version == version)
        .values(state=state, **_write_json(values))
    )


def claim_question(connection: Connection, cycle: str, version: int, run: str) -> None:
    """From now on this run of Airflow asks the human about a version, any other that did has to stop; "": none does."""
    connection.execute(
        update(report_versions)
        .where(report_versions.c.cycle == cycle, report_versions.c.version == version)
        .values(asked_in=run)
    )


def find_asked(connection: Connection, cycle: str, run: str) -> ReportVersion | None:
    """The newest version that this run of Airflow asks about, or asked about last."""
    query = select(report_versions).where(report_versions.c.cycle == cycle, report_versions.c.asked_in == run)
    row = connection.execute(query.order_by(report_versions.c.version.desc()).limit(1)).first()
    return None if row is None else _version(row)


def add_publication(connection: Connection, publication: Publication) -> bool:
    """Record a release in a writer's transaction; False when it was recorded before."""
    key = (publication.cycle, publication.version, publication.release)
    known = select(publications.c.cycle).where(
        tuple_(publications.c.cycle, publications.c.version, publications.c.release) == key
    )
    if connection.execute(known).first() is not None:
        return False
    values = vars(publication) | {
        "recipients": json.dumps(publication.recipients, ensure_ascii=False),
        "files": json.dumps(publication.files, ensure_ascii=False),
    }
    connection.execute(insert(publications).values(**values))
    return True


def list_publications(connection: Connection, cycle: str) -> list[Publication]:
    query = select(publications).where(publications.c.cycle == cycle).order_by(publications.c.published_at)
    return [
        Publication(**{**row._mapping, "recipients": tuple(json.loads(row.recipients)), "files": json.loads(row.files)})
        for row in connection.execute(query)
    ]


def complete_publication(connection: Connection, publication: Publication, at: dt.datetime) -> None:
    """Every recipient has it, as far as their servers say."""
    mine = (
        (publications.c.cycle == publication.cycle)
        & (publications.c.version == publication.version)
        & (publications.c.release == publication.release)
    )
    connection.execute(update(publications).where(mine, publications.c.completed_at.is_(None)).values(completed_at=at))
