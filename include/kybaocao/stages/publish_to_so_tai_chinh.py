"""The first release: a version of the report to the leaders of Sở Tài chính, as a draft that a human decides about."""

from __future__ import annotations

from kybaocao.plan.recipients import allowed_people
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.proof import complete_manifest, describe_proof
from kybaocao.stages.support.publication import draw_picture, prove_or_warn, release_report, summarise_figures
from kybaocao.stages.support.report_changes import list_changes
from kybaocao.stages.support.report_files import (
    list_kept_files,
    list_report_files,
    list_waiting,
    load_contents,
)
from kybaocao.store.reports import SO_TAI_CHINH, ReportState, find_version, list_versions, load_snapshot


def publish_to_so_tai_chinh(p: Pass, version: int) -> bool:
    """Queue the draft of a version; False when it had been done before.

    Raises ProofFailedError, after the operators were warned, when the archived files give other figures.
    """
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        snapshot = load_snapshot(connection, report.snapshot)
        earlier = [v for v in list_versions(connection, p.cycle.id) if v.version < version]
    folder = p.home.root / report.folder
    contents = load_contents(folder)
    if report.state != ReportState.COMPILED:
        return False
    previous_version, changes = list_changes(p, report, snapshot)
    manifest = prove_or_warn(p, report, snapshot, SO_TAI_CHINH, folder)
    picture = draw_picture(folder, contents.values())
    manifest = complete_manifest(manifest, folder, list_kept_files(folder))
    return release_report(
        p,
        report,
        SO_TAI_CHINH,
        (ReportState.COMPILED, ReportState.WAITING),
        list_report_files(folder),
        allowed_people(p.plan, p.plan.require_recipients().coordinator),
        proved=(manifest, folder),
        picture=picture,
        version=version,
        reason=earlier[-1].reason if earlier and earlier[-1].state == ReportState.REJECTED else "",
        waiting=list_waiting(contents),
        placeholder=p.plan.require_wording().placeholder,
        proof=describe_proof(folder),
        previous_version=previous_version,
        changes=changes,
        **summarise_figures(p, snapshot),
    )
