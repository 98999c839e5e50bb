"""The decisions about a version: which document each is about, who takes it, and where it leads.

A plan with a document to UBND tỉnh (mục IV.3: the coordinator reports to UBND tỉnh, which reports to the ministry)
has two.  A version compiled for one document, or approved with that document's number before there were two
decisions, has one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum

from kybaocao.documents.model import ReportContent, SignOff, read_sign_off
from kybaocao.plan.people import Approver, Person, Recipients, Signer
from kybaocao.plan.report_document import Audience
from kybaocao.stages.support.passes import Pass
from kybaocao.store.reports import RELEASED, UBND_TINH, ReportState, ReportVersion, list_publications
from kybaocao.vietnamese import format_date, format_moment

Contents = Mapping[Audience, ReportContent]


class Step(StrEnum):
    """A decision, named by the task that asks for it."""

    APPROVAL = "approve"  # the coordinator's leader
    SIGNATURE = "sign"  # UBND tỉnh


WAITS_IN = {Step.APPROVAL: ReportState.WAITING, Step.SIGNATURE: ReportState.SUBMITTED}
LEADS_TO = {Step.APPROVAL: ReportState.APPROVED, Step.SIGNATURE: ReportState.SIGNED}


def find_document(step: Step, contents: Contents) -> ReportContent:
    """The document whose number, date and signer a decision enters."""
    is_first = step is Step.APPROVAL and Audience.PROVINCE in contents
    return contents[Audience.PROVINCE if is_first else Audience.MINISTRY]


def is_to_submit(report: ReportVersion, contents: Contents) -> bool:
    """Whether an approved version goes to UBND tỉnh before it goes to the ministry.

    One that was approved before there were two decisions was signed as the ministry's document: it bears its number.
    """
    if Audience.PROVINCE not in contents:
        return False
    return not report.sign_off.get("number", "").endswith(contents[Audience.MINISTRY].letterhead.symbol)


def find_final_sign_off(report: ReportVersion, contents: Contents) -> SignOff | None:
    """Number, date and signer of the ministry's document; None while nobody has signed it."""
    if report.state in (ReportState.SIGNED, *RELEASED) and report.signature:
        return read_sign_off(report.signature)
    is_signed_once = report.state in (ReportState.APPROVED, *RELEASED) and not is_to_submit(report, contents)
    return read_sign_off(report.sign_off) if is_signed_once and report.sign_off else None


def list_deciders(people: Recipients, step: Step) -> tuple[Approver, ...]:
    """Whose answer counts; empty: whoever may run a pass."""
    return (people.province_approvers if step is Step.SIGNATURE else ()) or people.approvers


def list_signers(people: Recipients, step: Step, contents: Contents) -> tuple[Signer, ...]:
    """Who may sign the document of a decision; empty: anybody."""
    is_first = step is Step.APPROVAL and Audience.PROVINCE in contents
    return people.coordinator_signers if is_first else people.signers


def list_province(people: Recipients) -> tuple[Person, ...]:
    """Who receives the submission."""
    return people.province or people.chairman


def describe_submission(p: Pass, report: ReportVersion) -> str:
    """ "Đã trình UBND tỉnh Báo cáo số 87/BC-STC ngày 14/12/2026 (08:00 ngày 14/12/2026)."; "" when it was not."""
    with p.store.read() as connection:
        releases = list_publications(connection, p.cycle.id)
    sent = [one for one in releases if (one.version, one.release) == (report.version, UBND_TINH)]
    if not sent:
        return ""
    day = format_date(dt.date.fromisoformat(report.sign_off["dated"]))
    moment = format_moment(sent[0].published_at.astimezone(p.plan.timezone))
    return f"Đã trình UBND tỉnh Báo cáo số {report.sign_off['number']} ngày {day} (gửi lúc {moment})."
