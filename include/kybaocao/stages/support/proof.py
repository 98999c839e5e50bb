"""The proof before a release: made, written down beside the release, and reported to whoever has to know.

A release whose figures the archived bytes do not give again is held back; the next pass tries again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from kybaocao.figures.canonical_json import compute_checksum
from kybaocao.figures.snapshot import Snapshot
from kybaocao.files import hash_file
from kybaocao.plan.last_good import ROOT, find_kept, hash_files, read_files
from kybaocao.plan.load import FILES, OPTIONAL, load_plan
from kybaocao.plan.plan import Plan
from kybaocao.proof.comparison import FILE, Difference, Proof, prove_snapshot
from kybaocao.proof.manifest import FILE_NAME, Manifest, compute_code_version, read_manifest, write_manifest
from kybaocao.stages.support.lifting import list_lifts
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.report_files import SIGNED_FOLDER, SUBMITTED_FOLDER, find_new_folder
from kybaocao.stages.support.report_files import hash_files as hash_paths
from kybaocao.store.audit import record_action
from kybaocao.store.reports import SO_TAI_CHINH, ReportState, ReportVersion, list_versions
from kybaocao.store.submissions import list_submissions
from kybaocao.vietnamese import format_number

MOST_SAID = 5  # differences that a warning names; the manifest has all
NOT_PROVED = "chưa đối chứng"
FAILED = "proof-failed"  # its code among the obstacles of a release
# States from which a release is to be made, and the folders in which it may lie.
_TO_RELEASE: dict[ReportState, tuple[str, ...]] = {
    ReportState.COMPILED: (),
    ReportState.APPROVED: (SUBMITTED_FOLDER, SIGNED_FOLDER),
    ReportState.SIGNED: (SIGNED_FOLDER,),
}
_FIELDS = {
    "sha256": "tệp lưu trữ không còn nguyên vẹn",
    "doc_lai": "không đọc lại được tệp lưu trữ",
    "accepted": "cơ quan đã được tiếp nhận",
    "reported": "cơ quan có số liệu",
    "missing": "cơ quan chưa có số liệu",
    "cumulative.numerator": "tử số (tổng)",
    "cumulative.denominator": "mẫu số (tổng)",
    "cumulative.value": "kết quả",
    "period.numerator": "tử số kỳ này (tổng)",
    "period.denominator": "mẫu số kỳ này (tổng)",
    "period.value": "kết quả kỳ này",
    "estimate": "ước cả năm",
    "ranked_units": "số đơn vị được xếp hạng",
    "previous_ranked_units": "số đơn vị được xếp hạng kỳ trước",
    "nothing_count": "số cơ quan “không phát sinh”",
    "no_figure_count": "số cơ quan chưa có số liệu",
    "verdict": "đánh giá",
    "outlook": "dự kiến",
    "comparable": "hai thứ hạng so sánh được",
    "by_agency": "cơ quan có số liệu riêng",
    "by_agency.numerator": "tử số của cơ quan",
    "by_agency.denominator": "mẫu số của cơ quan",
    "by_agency.verdict": "đánh giá riêng của cơ quan",
    "doi_chieu": "hai số liệu phải bằng nhau mà khác nhau",
    "id": "có trong một cách tính, không có trong cách kia",
}


class ProofFailedError(RuntimeError):
    """The archived bytes give other figures than the report has; the message says which, in Vietnamese."""


def prove_release(p: Pass, report: ReportVersion, snapshot: Snapshot, release: str, folder: Path) -> Manifest:
    """The manifest of a release, still without its files. `folder`: where it will lie.

    Raises ProofFailedError, after the manifest with the differences was written and recorded, unless somebody has
    accepted just these differences for this version.
    """
    first = read_manifest(p.home.root / report.folder) if release != SO_TAI_CHINH else None
    rules, configuration = _find_rules(p, first)
    with p.store.read() as connection:
        submissions = list_submissions(connection, p.cycle.id)
        lifted = list_lifts(connection, p.cycle.id, report.version)
    checksum = compute_checksum(snapshot)
    proof = prove_snapshot(rules, snapshot, submissions, p.home.archive)
    if first is not None and not proof.is_equal and _stands(first, proof, checksum):
        proof = first.proof
    manifest = Manifest(
        plan=p.plan.id,
        cycle=p.cycle.id,
        version=report.version,
        release=release,
        as_of=p.as_of.isoformat(),
        content_checksum=report.content_checksum,
        snapshot_checksum=checksum,
        form_edition=rules.require_edition().id,
        configuration=configuration,
        code_version=compute_code_version(),
        files=(),
        proof=proof,
        lifted=lifted,
    )
    if not is_acceptable(manifest):
        before = read_manifest(folder)
        if before is None or before.proof.differences != manifest.proof.differences:
            path = write_manifest(folder, manifest)
            with p.store.write() as connection:
                _record(p, connection, manifest, path, "release-held-back")
        raise ProofFailedError(describe_failure(manifest, rules))
    return manifest


def is_acceptable(manifest: Manifest) -> bool:
    """Whether the proof of a release came out equal, or its differences were accepted."""
    accepted = {one.subject for one in manifest.lifted if one.code == FAILED}
    return manifest.proof.is_equal or name_differences(manifest.proof) in accepted


def name_differences(proof: Proof) -> str:
    """A short name for exactly these differences."""
    return hashlib.sha256(repr(proof.differences).encode()).hexdigest()[:12]


def complete_manifest(manifest: Manifest, folder: Path, files: Iterable[Path]) -> Manifest:
    """Write the manifest with the checksums of the files of the release, before they are sent."""
    completed = replace(manifest, files=tuple(sorted(hash_paths(files).items())))
    write_manifest(folder, completed)
    return completed


def record_proof(p: Pass, connection: Connection, manifest: Manifest, folder: Path) -> None:
    """Note in the transaction of a release that it was proved: one that is repeated after a kill notes it once."""
    _record(p, connection, manifest, folder / FILE_NAME, "release-proved")


def _record(p: Pass, connection: Connection, manifest: Manifest, path: Path, action: str) -> None:
    record_action(
        connection,
        action,
        at=p.as_of,
        cycle=p.cycle.id,
        version=manifest.version,
        release=manifest.release,
        manifest=str(path.relative_to(p.home.root)),
        sha256=hash_file(path),
        differences=len(manifest.proof.differences),
    )


def _stands(first: Manifest, proof: Proof, checksum: str) -> bool:
    """Whether the proof of release 1 stands, although today's code, or its rules, give other figures.

    It does when another version of the system made it, and nothing has changed since: neither the figures that were
    approved nor the archived files.
    """
    files = {one.sha256 for one in proof.files} - {one.stored for one in proof.differences if one.subject == FILE}
    return (
        first.proof.is_equal
        and first.code_version != compute_code_version()
        and first.snapshot_checksum == checksum
        and {one.sha256 for one in first.proof.files} == files
    )


def _find_rules(p: Pass, first: Manifest | None) -> tuple[Plan, str]:
    """The rules by which to compute, and their checksum.

    The later releases are proved by the rules of release 1, where they were kept: what was approved does not become
    wrong because a target or an agency has changed since.
    """
    if first is not None:
        kept = p.home.root / ROOT / p.plan.folder.name / first.configuration
        rules = load_plan(kept) if kept.is_dir() else None
        if rules is not None and not rules.problems:  # today's code refuses some of what an earlier one took
            return rules, first.configuration
    stand_in = find_kept(p.home.root, p.plan.folder.name) if p.plan.refusal else None
    if stand_in is not None:
        return p.plan, stand_in.folder.name
    return p.plan, hash_files(read_files(p.plan.folder, FILES + OPTIONAL))


# --- in words ----------------------------------------------------------------------------------------------------


def describe_proof(folder: Path) -> str:
    """How the proof of a version came out, for leaders: "khớp (tính lại từ 88 tệp gốc)"."""
    manifest = read_manifest(folder)
    return NOT_PROVED if manifest is None else say_proof(manifest.proof)


def say_proof(proof: Proof) -> str:
    """The same for a proof that was just made."""
    if proof.is_equal:
        return f"khớp (tính lại từ {format_number(len(proof.files))} tệp gốc)"
    return f"không khớp ({format_number(len(proof.differences))} chỗ)"


def describe_failure(manifest: Manifest, plan: Plan) -> str:
    """One sentence with the first differences, for operators."""
    found = manifest.proof.differences
    named = "; ".join(_describe(one, plan) for one in found[:MOST_SAID])
    others = f"; … và {format_number(len(found) - MOST_SAID)} chỗ khác" if found[MOST_SAID:] else ""
    return (
        f"Báo cáo phiên bản {manifest.version} chưa phát hành: đối chứng số liệu không khớp ở "
        f"{format_number(len(found))} chỗ: {named}{others}. Danh sách đầy đủ trong {FILE_NAME} của phiên bản; xin giữ "
        "nguyên mọi tệp và báo bộ phận kỹ thuật."
    )


def _describe(one: Difference, plan: Plan) -> str:
    if one.field in ("sha256", "doc_lai"):
        return f"{_FIELDS[one.field]} ({_name_agency(one.agency, plan)}, tệp “{one.file_name}”)"
    where = f", {_name_agency(one.agency, plan)}" if one.agency else ""
    where += f", tệp “{one.file_name}”" if one.file_name else ""
    where += f", trang “{one.sheet}”, ô {one.cell}" if one.cell else ""
    field = _FIELDS.get(one.field) or _name_column(one.field, plan)
    subject = "" if one.subject == "tiep_nhan" else f"{one.subject}: "
    stored, computed = one.stored or "không có", one.computed or "không có"
    return f"{subject}{field}{where}: báo cáo ghi {stored}, tệp gốc là {computed}"


def _name_agency(code: str, plan: Plan) -> str:
    return f"{plan.agencies[code].name} ({code})" if code in plan.agencies else code


def _name_column(column: str, plan: Plan) -> str:
    """The heading that the form gives to a column."""
    tables = (table for _, table in plan.edition.tables) if plan.edition else ()
    return next((f"“{table.headings[column]}”" for table in tables if column in table.headings), column)


def list_proof_warnings(p: Pass) -> list[str]:
    """The releases that a proof holds back."""
    with p.store.read() as connection:
        versions = list_versions(connection, p.cycle.id)
    found = []
    for version in versions:
        manifest = read_failed_proof(p, version) if version.state in _TO_RELEASE else None
        if manifest is not None and not is_acceptable(manifest):
            found.append(describe_failure(manifest, p.plan))
    return found


def read_failed_proof(p: Pass, version: ReportVersion) -> Manifest | None:
    """The manifest of a version whose proof failed, of its next release or of its draft, with what was accepted since.

    None when no proof failed.
    """
    draft = p.home.root / version.folder
    places = [find_new_folder(draft, name) for name in _TO_RELEASE.get(version.state, ())]
    for place in (*places, draft):
        manifest = read_manifest(place)
        if manifest is not None and not manifest.proof.is_equal:
            with p.store.read() as connection:
                return replace(manifest, lifted=list_lifts(connection, p.cycle.id, version.version))
    return None
