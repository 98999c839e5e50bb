"""Whether a late submission gives its reason. This needs the receipt time and the report's state, not only the file.

A submission accepted after the cut-off stands in the report with its reason, so it is accepted once that is given; what
was accepted before stays in force until then.
"""

from __future__ import annotations

import datetime as dt
import json
from enum import StrEnum

from kybaocao.checks.explanations import describe_explanation, is_reason
from kybaocao.checks.judgement import Judgement
from kybaocao.findings import Finding
from kybaocao.form.layout import FormLayout
from kybaocao.inbox.submission import Submission
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.form_edition import LATE_REASON
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.passes import Pass
from kybaocao.store.reports import BO_TAI_CHINH, DECIDED, UBND_TINH, list_publications, list_versions
from kybaocao.store.submissions import list_outlines
from kybaocao.vietnamese import format_date, format_moment


def find_unexplained_lateness(
    p: Pass, received_at: dt.datetime, accepted: Submission | None, judgement: Judgement, layout: FormLayout
) -> list[Finding]:
    """A form received after its agency's deadline, or in place of one that is in a report, without a usable reason.

    `accepted` is the version in force before it.  Nothing is asked of an edition that has no field for the reason.
    """
    place = layout.edition.find_field(LATE_REASON)
    if place is None or judgement.verdict is Verdict.UNREADABLE:
        return []
    table, field = place
    answer = judgement.answers.get((table.id, field.id, "gia_tri"))
    if answer is None or is_reason(answer.text, layout):
        return []
    circumstance = _describe_lateness(p, layout.agency.code, received_at, accepted)
    if not circumstance:
        return []
    code = "late-without-reason" if accepted is None else "replacement-without-reason"
    facts = {"cot": field.label, "vi_sao": circumstance} | describe_explanation(answer, layout)[1]
    return [Finding(code, answer.sheet, answer.cell, value=answer.text, facts=facts)]


def _describe_lateness(p: Pass, agency: str, received_at: dt.datetime, accepted: Submission | None) -> str:
    """Why a reason is due, in words; "" when none is."""
    own = p.plan.cycle_of(p.cycle.id, agency, p.local.date())
    if received_at >= p.calendar.deadline(own):
        moment = format_moment(received_at.astimezone(p.plan.timezone))
        return f"tệp đến lúc {moment}, sau hạn cuối {format_date(own.due_on)}"
    if accepted is not None:
        with p.store.read() as connection:
            versions = list_versions(connection, p.cycle.id)
        if any(version.compiled_at <= received_at for version in versions):
            return f"bản này thay bản {accepted.receipt_number} đã được đưa vào báo cáo của tỉnh"
    return ""


def is_closed(p: Pass, at: dt.datetime) -> bool:
    """Whether the cycle is closed at a moment: no version of the report is made any more by itself."""
    return at.astimezone(p.plan.timezone).date() > p.cycle.closes_on


class Consequence(StrEnum):
    """What has happened to the report before a submission came."""

    NOTHING = ""
    SUBMITTED = "submitted"  # to UBND tỉnh: another version is a decision, not an event
    SENT = "sent"  # to the ministry: likewise
    CLOSED = "closed"  # no version is made any more unless somebody asks for one


def find_consequence(p: Pass, received_at: dt.datetime) -> Consequence:
    """Whether a submission that came at that moment still goes into the report by itself."""
    if is_closed(p, received_at):
        return Consequence.CLOSED
    with p.store.read() as connection:
        releases = list_publications(connection, p.cycle.id)
        states = {version.version: version.state for version in list_versions(connection, p.cycle.id)}
    before = [one for one in releases if one.published_at <= received_at]
    if any(one.release == BO_TAI_CHINH for one in before):
        return Consequence.SENT
    if any(one.release == UBND_TINH and states[one.version] in DECIDED for one in before):
        return Consequence.SUBMITTED
    return Consequence.NOTHING


def list_left_out(p: Pass) -> list[Submission]:
    """Accepted submissions that came too late for every version of the report, the newest of each agency."""
    with p.store.read() as connection:
        outlines = list_outlines(connection, p.cycle.id)
        compiled = [version.compiled_at for version in list_versions(connection, p.cycle.id)]
        released = [one.published_at for one in list_publications(connection, p.cycle.id)]
    accepted = {one.agency: one for one in outlines if one.is_accepted and one.component == FORM}
    last, first = max(compiled, default=None), min(released, default=None)
    late = [one for one in accepted.values() if last is None or one.received_at > last]
    # Nothing has happened before most of them came: each would cost two questions.
    late = [one for one in late if is_closed(p, one.received_at) or (first is not None and one.received_at >= first)]
    return [one for one in late if find_consequence(p, one.received_at)]


def read_late_reason(submission: Submission) -> str:
    """What the agency gave as the reason in an accepted version; "" for nothing."""
    return next((row[7] for row in json.loads(submission.answers) if row[1] == LATE_REASON), "")
