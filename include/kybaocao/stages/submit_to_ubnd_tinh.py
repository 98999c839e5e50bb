"""The submission: the coordinator's numbered report to UBND tỉnh, with its annexes and the draft of UBND tỉnh's report.

Mục IV.3 of the plan: Sở Tài chính reports to UBND tỉnh before the 15th, UBND tỉnh then reports to the ministry.
"""

from __future__ import annotations

from pathlib import Path

from kybaocao.documents.model import ReportContent, read_sign_off
from kybaocao.plan.recipients import allowed_people
from kybaocao.plan.report_document import Audience
from kybaocao.stages.support.decision_steps import is_to_submit, list_province
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.proof import complete_manifest
from kybaocao.stages.support.publication import load_decided, prove_or_warn, release_report, summarise_figures
from kybaocao.stages.support.report_files import (
    SUBMITTED_FOLDER,
    find_new_folder,
    list_report_files,
    mark_recorded,
)
from kybaocao.store.reports import (
    UBND_TINH,
    Publication,
    ReportState,
    ReportVersion,
    list_publications,
    list_versions,
)


def submit_to_ubnd_tinh(p: Pass, version: int) -> bool:
    """Render and queue the submission of an approved version; False when it has none, or was submitted before.

    Raises RuntimeError when the stored content is not the one that was approved, and ProofFailedError, after the
    operators were warned, when the archived files give other figures.
    """
    with p.store.exclusive(f"report-{p.cycle.id}"):  # nobody writes the files anew while they are recorded
        return _submit(p, version)


def _submit(p: Pass, version: int) -> bool:
    decided = load_decided(p, version, (ReportState.APPROVED,))
    if decided is None or not is_to_submit(decided.report, decided.contents):
        return False
    report, snapshot, folder, contents = decided
    with p.store.read() as connection:
        replaced = _find_replaced(list_versions(connection, p.cycle.id), list_publications(connection, p.cycle.id))
    sign_off = read_sign_off(report.sign_off)
    from kybaocao.documents.package import write_report  # docx, openpyxl, matplotlib: only when there is a report

    target = find_new_folder(folder, SUBMITTED_FOLDER)
    manifest = prove_or_warn(p, report, snapshot, UBND_TINH, target)
    signed = write_report(p.plan, p.cycle, contents[Audience.PROVINCE], target, p.as_of, sign_off=sign_off)
    files = [*sorted(signed.values()), *_list_drafts(p, folder, contents[Audience.MINISTRY])]
    manifest = complete_manifest(manifest, target, files)
    people = p.plan.require_recipients()
    is_submitted = release_report(
        p,
        report,
        UBND_TINH,
        (ReportState.APPROVED, ReportState.SUBMITTED),
        files,
        allowed_people(p.plan, list_province(people)),
        proved=(manifest, target),
        sign_off=sign_off,
        version=version,
        replaced=replaced,
        **summarise_figures(p, snapshot),
    )
    if is_submitted:
        mark_recorded(target)
    return is_submitted


def _list_drafts(p: Pass, folder: Path, content: ReportContent) -> list[Path]:
    """The files of the ministry's document as they were compiled, for UBND tỉnh to sign."""
    from kybaocao.documents.package import name_document

    name = name_document(p.plan, p.cycle, content)
    return [path for path in list_report_files(folder) if name in path.name]


def _find_replaced(versions: list[ReportVersion], publications: list[Publication]) -> str:
    """The number of the last report that was submitted before, and that this one replaces; "" for none."""
    submitted = {one.version for one in publications if one.release == UBND_TINH}
    numbers = [one.sign_off.get("number", "") for one in versions if one.version in submitted]
    return numbers[-1] if numbers else ""
