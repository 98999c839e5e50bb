"""Validating: each new version of one agency is judged, answered in its folder and by mail."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from kybaocao.answers.packing import pack_answers
from kybaocao.checks.judgement import Judgement, add_findings, judge
from kybaocao.checks.rulebook import Rulebook
from kybaocao.findings import Finding
from kybaocao.form.layout import FormLayout, build_layout
from kybaocao.home import REPLIES
from kybaocao.inbox.archive import read_kept
from kybaocao.inbox.submission import Submission, name_marked
from kybaocao.log_fields import log_about
from kybaocao.mail.submission_reply import Reply, write_reply
from kybaocao.plan.agencies import ContactRole
from kybaocao.plan.recipients import find_contacts
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.agency_folder import drop_answer, put_answer
from kybaocao.stages.support.attachments import ACCEPTED, judge_attachments, list_attachment_rows, write_attachment_slip
from kybaocao.stages.support.copied_texts import digest_answers, find_copied_texts
from kybaocao.stages.support.history import recall_background
from kybaocao.stages.support.lateness import find_consequence, find_unexplained_lateness
from kybaocao.stages.support.outcomes import log_outcome
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import record_action
from kybaocao.store.narratives import keep_narratives
from kybaocao.store.outbox import add_message
from kybaocao.store.submissions import (
    latest_accepted,
    list_agencies_waiting,
    list_judged_forms,
    list_submissions,
    record_verdict,
    remember_drop,
)
from kybaocao.workbook.guard import MAX_BYTES


@dataclass(frozen=True)
class _Answered:
    """A version with its verdict, and the answer to it; the page lies in the folder already."""

    submission: Submission
    judgement: Judgement
    reply: Reply
    written: Mapping[str, str]  # name of the marked copy -> SHA-256, so that it is known again


def validate_agency(p: Pass, agency: str) -> dict[str, int]:
    """Judge every waiting version of `agency`; returns how many forms got each verdict."""
    return count_verdicts(judge_agency(p, agency))


def count_verdicts(judged: Iterable[Submission]) -> dict[str, int]:
    counts = Counter(one.verdict for one in judged)
    return {verdict.value: counts[verdict] for verdict in Verdict}


def list_unjudged(p: Pass, agencies: Iterable[str]) -> list[str]:
    """Of these agencies, those with a version to judge: the others have been judged by another pass, or before."""
    with p.store.read() as connection:
        waiting = set(list_agencies_waiting(connection, p.cycle.id))
    return [agency for agency in agencies if agency in waiting]


def list_judged(p: Pass, agencies: Collection[str]) -> list[Submission]:
    """The forms of these agencies that this pass has judged, in this attempt or an earlier one."""
    with p.store.read() as connection:
        return list_judged_forms(connection, p.cycle.id, agencies, p.as_of)


def judge_agency(p: Pass, agency: str) -> list[Submission]:
    """Judge every waiting version of `agency`, oldest first; returns the forms with the verdicts that this pass gave.

    Each version has a page of its own; one mail names them all.  One agency is judged by one pass at a time: pages
    are written before their verdicts are recorded, and an older page must not replace a newer one.
    """
    about = log_about(cycle=p.cycle.id, agency=agency)
    with about, p.store.exclusive(f"validate-{p.cycle.id}-{agency}"):
        return _judge_waiting(p, agency)


def _judge_waiting(p: Pass, agency: str) -> list[Submission]:
    attachments = judge_attachments(p, agency)
    with p.store.read() as connection:
        versions = list_submissions(connection, p.cycle.id, agency)
    layout = build_layout(p.plan, p.cycle.id, agency)
    answered: list[_Answered] = []
    errors: list[Exception] = []
    for place, submission in enumerate(versions):
        if submission.verdict is not None:
            continue
        before, after = (_find_accepted(part) for part in (versions[:place], versions[place + 1 :]))
        try:
            with log_about(version=submission.version):
                one = _answer(p, submission, layout, before, after, attachments)
        except Exception as error:  # the other versions are judged all the same
            errors.append(error)
        else:
            answered.append(one)
            versions[place] = one.submission
    judged = _record(p, agency, answered, layout)
    for one_judged in judged:
        log_outcome(one_judged)
    if errors:
        raise errors[0]
    return judged


def _find_accepted(versions: Sequence[Submission]) -> Submission | None:
    return next((one for one in reversed(versions) if one.is_accepted), None)


def _answer(
    p: Pass,
    submission: Submission,
    layout: FormLayout,
    accepted: Submission | None,
    later: Submission | None,
    attachments: list[Submission],
) -> _Answered:
    """Judge one version and put its page into the folder; nothing is recorded yet.

    `accepted` is the version in force before it, `later` an accepted one whose file came after it: that one stays
    in force.  The pages first: written again by a retry, they are the same pages.
    """
    data = read_kept(p.home.archive, submission.sha256, MAX_BYTES + 1)
    judgement = judge_return(p, submission.agency, data, submission.received_at, accepted)
    marked, checksum, cells = _put_marked_copy(p, submission, data, judgement)
    rows = list_attachment_rows(p, attachments)
    consequence = find_consequence(p, submission.received_at)
    reply = write_reply(p, submission, judgement, layout, accepted, marked, cells, rows, consequence, later)
    write_attachment_slip(p, submission.agency, attachments, ACCEPTED if accepted or later else judgement.verdict.value)
    put_answer(p, submission.agency, reply.file_name, reply.page.encode())
    drop_answer(p, submission.agency, reply.opposite)
    if not marked:
        drop_answer(p, submission.agency, name_marked(submission.version))
    findings = [finding.as_dict() for finding in judgement.worded]
    answers = pack_answers(judgement.answers) if judgement.verdict is Verdict.ACCEPTED else []
    judged = submission.judged(judgement.verdict, findings, answers, p.as_of)
    return _Answered(judged, judgement, reply, {marked: checksum} if marked else {})


def judge_return(
    p: Pass, agency: str, data: bytes, received_at: dt.datetime, accepted: Submission | None, on: dt.date | None = None
) -> Judgement:
    """Judge one file by everything known at the pass's moment; `accepted` is the version in force before it.

    The rules are those of the day the file came, unless the rules of another day are tried (`on`).
    """
    layout = build_layout(p.plan, p.cycle.id, agency)
    day = on or received_at.astimezone(p.plan.timezone).date()
    rulebook = Rulebook.of(p.plan, p.cycle.id, agency, day)
    judgement = judge(data, layout, p.plan, recall_background(p, agency, accepted), rulebook)
    is_replaced = accepted is None or accepted.sha256 != hashlib.sha256(data).hexdigest()
    late = find_unexplained_lateness(p, received_at, accepted, judgement, layout) if is_replaced else []
    copied = find_copied_texts(p, received_at, accepted, judgement, layout)
    return add_findings(judgement, [*late, *copied], rulebook)


def _put_marked_copy(
    p: Pass, submission: Submission, data: bytes, judgement: Judgement
) -> tuple[str, str, Collection[tuple[str, str]]]:
    """The agency's own workbook back, marked: (name of the copy, its SHA-256, marked cells); "" when there is none."""
    if judgement.verdict is Verdict.UNREADABLE or not judgement.findings:
        return "", "", ()
    from kybaocao.marking.annotation import Heading, annotate_limited  # only files with findings pay for it

    lines = (p.plan.agencies[submission.agency].name, f"{p.cycle.title}; số phiếu {submission.receipt_number}")
    copy = annotate_limited(data, judgement.worded, Heading("Kết quả kiểm tra báo cáo", lines))
    if copy is None:
        return "", "", ()
    name = name_marked(submission.version)
    put_answer(p, submission.agency, name, copy.data)
    return name, hashlib.sha256(copy.data).hexdigest(), copy.cells


def _record(p: Pass, agency: str, answered: Sequence[_Answered], layout: FormLayout) -> list[Submission]:
    """The verdicts of a pass and the mail about them, one transaction; what another pass has judged is left out."""
    with p.store.write() as connection:
        recorded = [one for one in answered if _record_verdict(connection, p, one, layout)]
        new = [one.reply for one in recorded]
        recipients = find_contacts(p.plan, agency, ContactRole.OFFICER, p.local.date())
        if new and recipients:
            add_message(connection, new[-1].write_mail(p, recipients, new[:-1]), at=p.as_of)
    return [one.submission for one in recorded]


def _record_verdict(connection: Connection, p: Pass, one: _Answered, layout: FormLayout) -> bool:
    """False when another pass was faster."""
    submission, judgement = one.submission, one.judgement
    if not record_verdict(connection, submission):
        return False
    for name, checksum in one.written.items():
        remember_drop(connection, p.cycle.id, submission.agency, f"{REPLIES}/{name}", "", checksum)
    in_force = latest_accepted(connection, p.cycle.id, submission.agency)
    if in_force is not None and in_force.id == submission.id:
        places = {digest: "/".join(key) for key, digest in digest_answers(judgement, layout).items()}
        keep_narratives(connection, p.cycle.id, submission.agency, places, submission.received_at)
    record_action(
        connection,
        f"version-{judgement.verdict.value}",
        at=p.as_of,
        cycle=p.cycle.id,
        agency=submission.agency,
        version=submission.version,
        findings=[_name(finding) for finding in judgement.findings[:50]],
        on_trial=[_name(finding) for finding in judgement.tried[:50]],
    )
    return True


def _name(finding: Finding) -> str:
    return f"{finding.code}@{finding.sheet}!{finding.cell}"
