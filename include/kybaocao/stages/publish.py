"""Publishing in two releases, with a human between them.

Release 1 goes to Sở Tài chính's leaders as a draft.  A human approves it, entering number, date and signer,
or sends it back with a reason.  Release 2 is the same content with those three filled in, to Bộ Tài chính
and the plan's copy recipients.  What was approved is what is sent: release 2 is made from the stored
content, after its checksum was compared.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from kybaocao.documents.report.content import ReportContent, SignOff, content_checksum, read_content
from kybaocao.documents.report.targets import describe_result
from kybaocao.figures.snapshot import Snapshot, Standing, Verdict
from kybaocao.mail.letters import write_letter
from kybaocao.plan.recipients import allowed_people
from kybaocao.stages.compile_report import CONTENT_FILE, hash_files
from kybaocao.stages.support.completion import name_release
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import MailAttachment, Message, add_message
from kybaocao.store.reports import (
    BO_TAI_CHINH,
    SO_TAI_CHINH,
    Publication,
    ReportState,
    ReportVersion,
    add_publication,
    find_version,
    list_versions,
    load_snapshot,
    set_state,
)

SIGNED_FOLDER = "phat-hanh"


# --- release 1 ---------------------------------------------------------------------------------------------------


def publish_to_so_tai_chinh(p: Pass, version: int) -> bool:
    """Queue release 1 of a version; False when it had been done before."""
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        snapshot = load_snapshot(connection, report.snapshot)
        earlier = [v for v in list_versions(connection, p.cycle.id) if v.version < version]
    folder = p.home.root / report.folder
    files = _report_files(folder)
    content = load_content(folder)
    recipients = allowed_people(p.plan, p.plan.require_recipients().coordinator)
    reason = earlier[-1].reason if earlier and earlier[-1].state == ReportState.REJECTED else ""
    subject, html, text = write_letter(
        "phat_hanh_so_tai_chinh",
        p,
        version=version,
        reason=reason,
        checksum=report.content_checksum[:12],
        waiting=content.waiting,
        placeholder=content.placeholder,
        supplement=name_supplement(p),
        **summarise_figures(p, snapshot),
    )
    return _release(p, report, SO_TAI_CHINH, ReportState.WAITING, recipients, (), files, (subject, html, text))


# --- release 2 -------------------------------------------------------------------------------------------------------


def publish_to_bo_tai_chinh(p: Pass, version: int) -> bool:
    """Render and queue release 2 of an approved version; False when it is not approved or was done before.

    It is published when every recipient's server has taken it (`stages.completion`).
    Raises RuntimeError when the stored content is not the one that was approved.
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
    content = _load_approved(report, folder)
    signed = report.sign_off
    sign_off = SignOff(signed["number"], dt.date.fromisoformat(signed["dated"]), signed["signer"], signed["position"])
    from kybaocao.documents.package import write_report

    files = write_report(p.plan, p.cycle, content, folder / SIGNED_FOLDER, p.as_of, sign_off)
    people = p.plan.require_recipients()
    letter = write_letter("phat_hanh_bo_tai_chinh", p, sign_off=sign_off, **summarise_figures(p, snapshot))
    return _release(
        p,
        report,
        BO_TAI_CHINH,
        ReportState.RELEASING,
        allowed_people(p.plan, people.ministry),
        allowed_people(p.plan, people.copies),
        sorted(files.values()),
        letter,
    )


def _load_approved(report: ReportVersion, folder: Path) -> ReportContent:
    content = load_content(folder)
    if content_checksum(content) != report.content_checksum:
        raise RuntimeError(
            f"Nội dung phiên bản {report.version} trong {folder} khác nội dung đã phê duyệt; không phát hành."
        )
    return content


# --- both --------------------------------------------------------------------------------


def load_content(folder: Path) -> ReportContent:
    return read_content((folder / CONTENT_FILE).read_text(encoding="utf-8"))


def name_supplement(p: Pass) -> str:
    return str(p.home.supplement(p.cycle.id).relative_to(p.home.root))


def _release(
    p: Pass,
    report: ReportVersion,
    release: str,
    state: ReportState,
    recipients: tuple[str, ...],
    copies: tuple[str, ...],
    files: list[Path],
    letter: tuple[str, str, str],
) -> bool:
    """Record publication, state and mail in one transaction."""
    if not recipients:
        raise RuntimeError(f"Không có địa chỉ nhận hợp lệ cho đợt phát hành “{release}” (nguoi_nhan.yaml).")
    hashes = hash_files(files)
    subject, html, text = letter
    message = Message(
        key=name_release(p.cycle.id, release, report.version),
        cycle=p.cycle.id,
        kind=f"phat_hanh_{release}",
        recipients=recipients,
        copies=copies,
        subject=subject,
        html=html,
        text=text,
        attachments=tuple(
            MailAttachment(path.name, str(path.relative_to(p.home.root)), hashes[path.name]) for path in files
        ),
    )
    with p.store.write() as connection:
        current = find_version(connection, p.cycle.id, report.version).state
        if current not in (ReportState.COMPILED, ReportState.APPROVED):
            return False
        is_new = add_publication(
            connection,
            Publication(
                cycle=p.cycle.id,
                version=report.version,
                release=release,
                recipients=recipients + copies,
                files=hashes,
                content_checksum=report.content_checksum,
                published_at=p.as_of,
            ),
        )
        if not is_new:
            return False
        set_state(connection, p.cycle.id, report.version, state)
        add_message(connection, message, at=p.as_of)
        record_action(
            connection,
            "report-released",
            at=p.as_of,
            cycle=p.cycle.id,
            version=report.version,
            release=release,
            to=list(recipients + copies),
            files=hashes,
        )
    return True


def _report_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".docx", ".xlsx", ".pdf"))


def summarise_figures(p: Pass, snapshot: Snapshot) -> dict[str, Any]:
    """The numbers that matter, for the body of the mail."""
    verdicts = [result.verdict for result in snapshot.indicators]
    late = sum(1 for entry in snapshot.accepted if entry.is_late)
    done = {entry.agency for entry in snapshot.accepted}
    owing = [entry.agency for entry in snapshot.timeliness if entry.standing is not Standing.EXEMPT]
    missing = [p.plan.agencies[agency].name for agency in owing if agency not in done]
    named = {indicator.id: indicator for indicator in p.plan.indicators}
    return {
        "accepted": len(done),
        "expected": len(owing),
        "missing": missing,
        "counts": [
            ("Chỉ tiêu đạt", f"{verdicts.count(Verdict.MET)}/{len(verdicts)}"),
            ("Chưa đạt", str(verdicts.count(Verdict.NOT_MET))),
            ("Chưa có số liệu", str(verdicts.count(Verdict.NO_FIGURE))),
            ("Chưa công bố", str(verdicts.count(Verdict.NOT_PUBLISHED))),
            ("Báo cáo đúng hạn", f"{len(done) - late}/{len(snapshot.timeliness)} cơ quan"),
        ],
        "rows": [
            (
                result.id,
                named[result.id].name,
                named[result.id].target_text,
                describe_result(named[result.id], result),
                result.verdict.value,
                f"{len(result.reported)}/{result.expected_count}",
            )
            for result in snapshot.indicators
            if result.id in named
        ],
    }
