"""Validating: each new version of one agency is judged, answered in its folder and by mail."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping

from kybaocao.findings import Finding
from kybaocao.form.layout import FormLayout, build_layout
from kybaocao.home import REPLIES
from kybaocao.intake.archive import read_kept
from kybaocao.intake.guard import MAX_BYTES
from kybaocao.intake.judgement import Judgement, Verdict, add_findings, judge
from kybaocao.intake.packing import pack_answers
from kybaocao.intake.reply import Reply, write_reply
from kybaocao.intake.rulebook import Rulebook
from kybaocao.mail.recipients import find_contacts
from kybaocao.passes import Pass
from kybaocao.plan.model import ContactRole
from kybaocao.stages.answers import put_answer
from kybaocao.stages.companions import ACCEPTED, judge_companions, list_companion_rows, write_companion_slip
from kybaocao.stages.copying import digest_answers, find_copied_texts
from kybaocao.stages.lateness import find_aftermath, find_unexplained_lateness
from kybaocao.stages.recollection import recall_background
from kybaocao.store.arrivals import Arrival, latest_accepted, list_waiting, record_verdict, remember_drop
from kybaocao.store.audit import record_action
from kybaocao.store.narratives import keep_narratives
from kybaocao.store.outbox import Message, add_message


def validate_agency(p: Pass, agency: str) -> dict[str, int]:
    """Judge every waiting version of `agency`, oldest first; returns how many forms got each verdict."""
    companions = judge_companions(p, agency)
    with p.store.read() as connection:
        waiting = list_waiting(connection, p.cycle.id, agency)
        accepted = latest_accepted(connection, p.cycle.id, agency)
    counts = {verdict.value: 0 for verdict in Verdict}
    layout = build_layout(p.plan, p.cycle.id, agency)
    for arrival in waiting:
        data = read_kept(p.home.archive, arrival.sha256, MAX_BYTES + 1)
        judgement = judge_return(p, agency, data, arrival.received_at, accepted)
        marked, checksum, cells = _put_marked_copy(p, arrival, data, judgement)
        rows = list_companion_rows(p, companions)
        aftermath = find_aftermath(p, arrival.received_at)
        reply = write_reply(p, arrival, judgement, layout, accepted, marked, cells, rows, aftermath)
        # The slips first: written again by a retry, they are the same slips; the verdict and its mail are one
        # transaction after them.
        write_companion_slip(p, agency, companions, ACCEPTED if accepted else judgement.verdict.value)
        put_answer(p, agency, reply.file_name, reply.page.encode())
        if _record(p, arrival, judgement, layout, reply, {marked: checksum} if marked else {}):
            counts[judgement.verdict.value] += 1
        if judgement.verdict is Verdict.ACCEPTED:
            with p.store.read() as connection:
                accepted = latest_accepted(connection, p.cycle.id, agency)
    return counts


def judge_return(p: Pass, agency: str, data: bytes, received_at: dt.datetime, accepted: Arrival | None) -> Judgement:
    """One file held against everything known at the pass's moment; `accepted` is the version in force before it."""
    layout = build_layout(p.plan, p.cycle.id, agency)
    rulebook = Rulebook.of(p.plan, p.cycle.id, agency, p.local.date())
    judgement = judge(data, layout, p.plan, recall_background(p, agency, accepted), rulebook)
    seen = [
        *find_unexplained_lateness(p, received_at, accepted, judgement, layout),
        *find_copied_texts(p, received_at, accepted, judgement, layout),
    ]
    return add_findings(judgement, seen, rulebook)


def _put_marked_copy(
    p: Pass, arrival: Arrival, data: bytes, judgement: Judgement
) -> tuple[str, str, Collection[tuple[str, str]]]:
    """The agency's own workbook back, marked: (name of the copy, its SHA-256, marked cells); "" when there is none."""
    if judgement.verdict is Verdict.UNREADABLE or not judgement.findings:
        return "", "", ()
    from kybaocao.intake.annotation import Heading, annotate_limited  # only files with findings pay for it

    lines = (p.plan.agencies[arrival.agency].name, f"{p.cycle.title}; số phiếu {arrival.receipt_number}")
    copy = annotate_limited(data, judgement.worded, Heading("Kết quả kiểm tra báo cáo", lines))
    if copy is None:
        return "", "", ()
    name = f"Ban-danh-dau_{arrival.version:02d}.xlsx"
    put_answer(p, arrival.agency, name, copy.data)
    return name, hashlib.sha256(copy.data).hexdigest(), copy.cells


def _record(
    p: Pass, arrival: Arrival, judgement: Judgement, layout: FormLayout, reply: Reply, written: Mapping[str, str]
) -> bool:
    """The verdict, its mail, and by checksum what was `written`, so that it is known again: one transaction."""
    is_accepted = judgement.verdict is Verdict.ACCEPTED
    recipients = find_contacts(p.plan, arrival.agency, ContactRole.OFFICER, p.local.date())
    with p.store.write() as connection:
        is_new = record_verdict(
            connection,
            arrival,
            verdict=judgement.verdict.value,
            findings=[finding.as_dict() for finding in judgement.worded],
            answers=pack_answers(judgement.answers) if is_accepted else [],
            judged_at=p.as_of,
        )
        if not is_new:
            return False
        for name, checksum in written.items():
            remember_drop(connection, p.cycle.id, arrival.agency, f"{REPLIES}/{name}", "", checksum)
        if is_accepted:
            places = {digest: "/".join(key) for key, digest in digest_answers(judgement, layout).items()}
            keep_narratives(connection, p.cycle.id, arrival.agency, places, arrival.received_at)
        record_action(
            connection,
            f"version-{judgement.verdict.value}",
            at=p.as_of,
            cycle=p.cycle.id,
            agency=arrival.agency,
            version=arrival.version,
            findings=[_name(finding) for finding in judgement.findings[:50]],
            on_trial=[_name(finding) for finding in judgement.tried[:50]],
        )
        if recipients:
            message = Message(
                key=f"{arrival.receipt_number}/{reply.kind}",
                cycle=p.cycle.id,
                kind=reply.kind,
                agency=arrival.agency,
                recipients=recipients,
                subject=reply.subject,
                html=reply.html,
                text=reply.text,
            )
            add_message(connection, message, at=p.as_of)
    return True


def _name(finding: Finding) -> str:
    return f"{finding.code}@{finding.sheet}!{finding.cell}"
