"""What the releases of the report have in common: the figures in the letter, and one transaction for all of it.

A draft goes to the leaders of Sở Tài chính.  A human approves it, entering number, date and signer, or sends it back
with a reason.  Where the plan has a document to UBND tỉnh, that document leaves with those three filled in, and with
the draft of the other one, which UBND tỉnh signs or sends back.  The last release is the ministry's document with
number, date and signer, to Bộ Tài chính and the plan's copy recipients.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from kybaocao.documents.model import ReportContent, SignOff
from kybaocao.figures.headline import count_headline
from kybaocao.figures.snapshot import Snapshot, Standing
from kybaocao.files import hash_file, write_whole
from kybaocao.mail.messages import write_message
from kybaocao.mail.target_lines import list_results, list_worst
from kybaocao.proof.manifest import Manifest
from kybaocao.stages.support.completion import name_release
from kybaocao.stages.support.decision_steps import Contents
from kybaocao.stages.support.operator_warnings import list_warnings, warn_operators
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.proof import ProofFailedError, prove_release, record_proof
from kybaocao.stages.support.report_files import hash_files, load_approved
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import MailAttachment, add_message
from kybaocao.store.reports import (
    Publication,
    ReportState,
    ReportVersion,
    add_publication,
    find_version,
    load_snapshot,
    set_state,
)

PICTURE = "bieu-do.png"


@dataclass(frozen=True)
class Picture:
    """A picture inside a letter, and its words for whoever does not see it."""

    path: Path
    title: str
    words: str

    @property
    def name(self) -> str:
        return self.path.name


class DecidedVersion(NamedTuple):
    """A version that is to be released, with the content that was approved."""

    report: ReportVersion
    snapshot: Snapshot
    folder: Path
    contents: Contents


def load_decided(p: Pass, version: int, states: Collection[ReportState]) -> DecidedVersion | None:
    """A version in one of `states`; None for one in another. Raises RuntimeError, see `load_approved`, and OSError."""
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        snapshot = load_snapshot(connection, report.snapshot)
    if report.state not in states:
        return None
    folder = p.home.root / report.folder
    return DecidedVersion(report, snapshot, folder, load_approved(folder, report.content_checksum))


def prove_or_warn(p: Pass, report: ReportVersion, snapshot: Snapshot, release: str, folder: Path) -> Manifest:
    """The manifest of a release, see `prove_release`; the operators are written to at once when the proof fails."""
    try:
        return prove_release(p, report, snapshot, release, folder)
    except ProofFailedError:
        warn_operators(p, list_warnings(p))
        raise


def release_report(
    p: Pass,
    report: ReportVersion,
    release: str,
    states: tuple[ReportState, ReportState],
    files: Sequence[Path],
    recipients: tuple[str, ...],
    copies: tuple[str, ...] = (),
    *,
    proved: tuple[Manifest, Path],
    picture: Picture | None = None,
    **facts: Any,
) -> bool:
    """Record the publication, the version's new state and its mail; False when that had been done before.

    `states`: in which the version must be, and what it is then: a version that another one has replaced since goes to
    nobody.  `proved`: the manifest of this release and the folder it lies in.  `picture` stands inside the letter,
    `facts` are what it says besides.  Raises RuntimeError when there is nobody to send it to.
    """
    if not recipients:
        raise RuntimeError(f"Không có địa chỉ nhận hợp lệ cho đợt phát hành “{release}” (nguoi_nhan.yaml).")
    hashes = hash_files(files)
    message = write_message(
        f"phat_hanh_{release}",
        p,
        key=name_release(p.cycle.id, release, report.version),
        recipients=recipients,
        picture=picture,
        **facts,
    )
    attachments = [MailAttachment(path.name, str(path.relative_to(p.home.root)), hashes[path.name]) for path in files]
    if picture is not None:
        shown = str(picture.path.relative_to(p.home.root))
        attachments.append(MailAttachment(picture.name, shown, hash_file(picture.path), is_inline=True))
    message = replace(message, copies=copies, attachments=tuple(attachments))
    with p.store.write() as connection:
        before, after = states
        if find_version(connection, p.cycle.id, report.version).state != before:
            return False
        is_new = add_publication(
            connection,
            Publication(
                cycle=p.cycle.id,
                version=report.version,
                release=release,
                recipients=message.addresses,
                files=hashes,
                content_checksum=report.content_checksum,
                published_at=p.as_of,
            ),
        )
        if not is_new:
            return False
        set_state(connection, p.cycle.id, report.version, after)
        add_message(connection, message, at=p.as_of)
        record_proof(p, connection, *proved)
        record_action(
            connection,
            "report-released",
            at=p.as_of,
            cycle=p.cycle.id,
            version=report.version,
            release=release,
            to=list(message.addresses),
            files=hashes,
            **_name_document(facts.get("sign_off")),
        )
    return True


def _name_document(sign_off: SignOff | None) -> dict[str, str]:
    """Number and day of what left, for the audit trail."""
    return {"number": sign_off.number, "dated": sign_off.dated.isoformat()} if sign_off else {}


def summarise_figures(p: Pass, snapshot: Snapshot) -> dict[str, Any]:
    """The numbers that matter, for the body of the mail."""
    done = {entry.agency for entry in snapshot.accepted}
    owing = [entry.agency for entry in snapshot.timeliness if entry.standing is not Standing.EXEMPT]
    return {
        "headline": count_headline(snapshot),
        "missing": [p.plan.agencies[agency].name for agency in owing if agency not in done],
        "worst": list_worst(p.plan, snapshot),
        "results": list_results(p.plan, snapshot),
    }


def draw_picture(folder: Path, contents: Iterable[ReportContent]) -> Picture | None:
    """The chart of results against targets, drawn for a mail and kept in the folder; None where there is none."""
    from kybaocao.mail.telephone_chart import (  # matplotlib
        describe_chart,
        draw_for_telephone,
        find_target_chart,
        strip_number,
    )

    chart = find_target_chart(contents)
    if chart is None:
        return None
    write_whole(folder / PICTURE, draw_for_telephone(chart))
    return Picture(folder / PICTURE, strip_number(chart.title), describe_chart(chart))
