"""The release to Bộ Tài chính: the ministry's document of a version, with number, date and signer.

What was signed is what is sent: the documents are made from the stored content, after its checksum was compared.
"""

from __future__ import annotations

from typing import Any

from kybaocao.plan.recipients import allowed_people
from kybaocao.plan.report_document import Audience
from kybaocao.stages.support.decision_steps import find_final_sign_off
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.proof import complete_manifest
from kybaocao.stages.support.publication import prove_or_warn, release_report, summarise_figures
from kybaocao.stages.support.report_files import SIGNED_FOLDER, find_new_folder, load_approved, mark_recorded
from kybaocao.store.reports import BO_TAI_CHINH, ReportState, find_version, list_publications, load_snapshot


def publish_to_bo_tai_chinh(p: Pass, version: int) -> bool:
    """Render and queue the last release of a signed version; False when it is not signed or was done before.

    Signed by UBND tỉnh, or, where the version has one document, approved.  It is published when every recipient's
    server has taken it (`stages.support.completion`).
    Raises RuntimeError when the stored content is not the one that was approved, and ProofFailedError, after the
    operators were warned, when the archived files give other figures.
    """
    with p.store.exclusive(f"report-{p.cycle.id}"):  # nobody writes the files anew while they are recorded
        return _release_signed(p, version)


def _release_signed(p: Pass, version: int) -> bool:
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        snapshot = load_snapshot(connection, report.snapshot)
    if report.state not in (ReportState.APPROVED, ReportState.SIGNED):
        return False
    folder = p.home.root / report.folder
    contents = load_approved(folder, report.content_checksum)
    sign_off = find_final_sign_off(report, contents)
    if sign_off is None:
        return False
    from kybaocao.documents.package import write_report  # docx, openpyxl, matplotlib: only when there is a report

    target = find_new_folder(folder, SIGNED_FOLDER)
    manifest = prove_or_warn(p, report, snapshot, BO_TAI_CHINH, target)
    files = write_report(p.plan, p.cycle, contents[Audience.MINISTRY], target, p.as_of, sign_off=sign_off)
    manifest = complete_manifest(manifest, target, files.values())
    people = p.plan.require_recipients()
    is_released = release_report(
        p,
        report,
        BO_TAI_CHINH,
        (report.state, ReportState.RELEASING),
        sorted(files.values()),
        allowed_people(p.plan, people.ministry),
        allowed_people(p.plan, people.copies),
        proved=(manifest, target),
        sign_off=sign_off,
        **summarise_figures(p, snapshot),
    )
    if is_released:
        mark_recorded(target)
    return is_released


def describe_release(p: Pass, version: int) -> dict[str, Any] | None:
    """What another system wants to know of the release of a version, as JSON; None when it has not been released."""
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        releases = list_publications(connection, p.cycle.id)
    mine = (one for one in releases if (one.version, one.release) == (version, BO_TAI_CHINH))
    release = next(mine, None)
    if release is None:
        return None
    document = report.signature or report.sign_off
    return {
        "cycle": p.cycle.id,
        "version": version,
        "number": document.get("number", ""),
        "dated": document.get("dated", ""),
        "released_at": release.published_at.isoformat(),
        "content_checksum": release.content_checksum,
        "files": release.files,
    }
