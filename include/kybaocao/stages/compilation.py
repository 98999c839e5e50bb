"""Compiling: a new version of the report, when one is due and would say something new."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from kybaocao.home import SUPPLEMENT
from kybaocao.passes import Pass
from kybaocao.report.content import content_checksum, write_content
from kybaocao.report.supplement import Supplement, read_supplement, write_blank
from kybaocao.snapshot import to_json
from kybaocao.store.audit import record_action
from kybaocao.store.reports import (
    COMPILED,
    PUBLISHED,
    REJECTED,
    ReportVersion,
    add_version,
    list_versions,
    load_snapshot,
)

CONTENT_FILE = "noi-dung.json"


def is_report_due(p: Pass) -> bool:
    """From `tong_hop` until the cycle closes; one that closed before anyone looked is left alone."""
    return p.as_of >= p.calendar.at(p.cycle.compile_at) and p.local.date() <= p.cycle.closes_on


def load_supplement(p: Pass) -> Supplement:
    """The coordinator's words; while their file cannot be read, those the last version was made with.

    A file saved halfway or in the wrong encoding must not empty places that were filled before.
    """
    path = p.home.supplement(p.cycle.id)
    supplement = read_supplement(path, p.plan)
    if supplement.data is None and supplement.problems:
        kept = sorted(path.parent.glob(f"v*/{SUPPLEMENT}"))
        if kept:
            return read_supplement(kept[-1], p.plan)
    return supplement


def compile_report(p: Pass, snapshot: int, *, is_asked: bool = False) -> int | None:
    """The number of the version to publish now, or None when there is nothing to do.

    A version is due from the cycle's `tong_hop` on; later ones follow whenever the content changes, until
    release 2 has gone out: after that only when asked for, because a correction to a ministry is a
    decision, not an event.  The coordinator's words are content: a changed supplement is a new version.
    """
    if not (is_asked or is_report_due(p)):
        return None
    supplement = load_supplement(p)
    with p.store.read() as connection:
        versions = list_versions(connection, p.cycle.id)
        content = write_content(p.plan, p.cycle, load_snapshot(connection, snapshot), supplement)
    digest = content_checksum(content)
    last = versions[-1] if versions else None
    if last is not None:
        if last.state == COMPILED and last.content_checksum == digest:
            return last.version  # a crash came between compiling and publishing
        if last.compiled_at > p.as_of:
            return None  # an old run that was cleared: a later pass has said what is newer
        if last.state != REJECTED and last.content_checksum == digest:
            return None
        if any(version.state == PUBLISHED for version in versions) and not is_asked:
            return None
    number = last.version + 1 if last else 1
    folder = p.home.report_folder(p.cycle.id, number)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONTENT_FILE).write_text(to_json(content), encoding="utf-8")
    if supplement.data is not None:
        (folder / SUPPLEMENT).write_bytes(supplement.data)
    write_blank(p.home.supplement(p.cycle.id), p.plan, p.cycle, content.waiting)
    from kybaocao.report.package import write_report  # docx, openpyxl, matplotlib: only when there is a report

    files = write_report(p.plan, p.cycle, content, folder, p.as_of)
    with p.store.write() as connection:
        add_version(
            connection,
            ReportVersion(
                cycle=p.cycle.id,
                version=number,
                snapshot=snapshot,
                content_checksum=digest,
                folder=str(folder.relative_to(p.home.root)),
                compiled_at=p.as_of,
                state=COMPILED,
                decided_at=None,
                decided_by="",
                reason="",
                sign_off={},
            ),
        )
        record_action(
            connection,
            "report-compiled",
            at=p.as_of,
            cycle=p.cycle.id,
            version=number,
            content=digest,
            files=hash_files(files.values()),
        )
    return number


def hash_files(paths: Iterable[Path]) -> dict[str, str]:
    """name -> sha256"""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
