"""Release 2: an approved version of the report to Bộ Tài chính, with number, date and signer.

What was approved is what is sent: the documents are made from the stored content, after its checksum was compared.
"""

from __future__ import annotations

import datetime as dt

from kybaocao.documents.model import SignOff
from kybaocao.plan.recipients import allowed_people
from kybaocao.plan.report_document import Audience
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.proof import complete_manifest, find_signed_folder
from kybaocao.stages.support.publication import prove_or_warn, release_report, summarise_figures
from kybaocao.stages.support.report_files import load_approved, mark_recorded
from kybaocao.store.reports import BO_TAI_CHINH, ReportState, find_version, load_snapshot


def publish_to_bo_tai_chinh(p: Pass, version: int) -> bool:
    """Render and queue release 2 of an approved version; False when it is not approved or was done before.

    It is published when every recipient's server has taken it (`stages.support.completion`).
    Raises RuntimeError when the stored content is not the one that was approved, and ProofFailedError, after the
    operators were warned, when the archived files give other figures.
    """
    with p.store.exclusive(f"report-{p.cycle.id}"):  # nobody writes the files anew while they are recorded
        return _release_signed(p, version)


def _release_signed(p: Pass, version: int) -> bool:
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        snapshot = load_snapshot(connection, report.snapshot)
    if report.state != ReportState.APPROVED:
        return False
    folder = p.home.root / report.folder
    content = load_approved(folder, report.content_checksum)[Audience.MINISTRY]
    signed = report.sign_off
    sign_off = SignOff(signed["number"], dt.date.fromisoformat(signed["dated"]), signed["signer"], signed["position"])
    from kybaocao.documents.package import write_report  # docx, openpyxl, matplotlib: only when there is a report

    target = find_signed_folder(folder)
    manifest = prove_or_warn(p, report, snapshot, BO_TAI_CHINH, target)
    files = write_report(p.plan, p.cycle, content, target, p.as_of, sign_off=sign_off)
    manifest = complete_manifest(manifest, target, files.values())
    people = p.plan.require_recipients()
    is_released = release_report(
        p,
        report,
        BO_TAI_CHINH,
        ReportState.RELEASING,
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
