"""Where a cycle stands, complete, as plain values for JSON; `cli.status_words` puts it into words."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import Any

from kybaocao.figures.snapshot import Standing
from kybaocao.figures.timeliness import judge_everyone
from kybaocao.mail.operator_letters import describe_hold, describe_reason
from kybaocao.plan.cycles import Phase
from kybaocao.plan.decisions import list_decisions
from kybaocao.stages.support.attachments import list_missing_attachments
from kybaocao.stages.support.completion import Outcome, list_incomplete
from kybaocao.stages.support.copied_texts import list_shared_texts
from kybaocao.stages.support.decision_steps import describe_submission
from kybaocao.stages.support.delivery_problems import describe_outcome, describe_silent_server
from kybaocao.stages.support.form_issuing import list_form_failures, list_without_form
from kybaocao.stages.support.lateness import read_late_reason
from kybaocao.stages.support.letters import list_letters
from kybaocao.stages.support.lost_share import describe_lost_share
from kybaocao.stages.support.operator_warnings import list_mute_tasks, list_silent_parts, list_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.untaken_files import list_untaken
from kybaocao.store.imports import find_import
from kybaocao.store.outbox import LetterState, list_messages
from kybaocao.store.reports import ReportState, list_publications, list_versions
from kybaocao.store.submissions import list_attachments, list_submissions
from kybaocao.vietnamese import name_day
from kybaocao.watch.observation import read_record

SHOWN_AFTER = dt.timedelta(minutes=1)
REPORT_STATES = {
    ReportState.COMPILED: "đã lập, chưa gửi",
    ReportState.WAITING: "chờ phê duyệt",
    ReportState.APPROVED: "đã phê duyệt, chưa gửi tiếp",
    ReportState.SUBMITTED: "đã trình, chờ UBND tỉnh ký",
    ReportState.SIGNED: "UBND tỉnh đã ký, chưa phát hành",
    ReportState.REJECTED: "lãnh đạo yêu cầu sửa",
    ReportState.SUPERSEDED: "đã có phiên bản mới thay",
    ReportState.RELEASING: "đang gửi, chưa đến đủ nơi nhận",
    ReportState.PUBLISHED: "đã phát hành",
}


def name_phase(p: Pass) -> Phase:
    return p.cycle.find_phase(p.local)


def gather_status(p: Pass) -> dict[str, Any]:
    """Everything `status --json` shows: strings, numbers, lists and dicts; moments in ISO 8601."""
    with p.store.read() as connection:
        submissions = list_submissions(connection, p.cycle.id)
        attachments = list_attachments(connection, p.cycle.id)
        messages = list_messages(connection, p.cycle.id)
        versions = list_versions(connection, p.cycle.id)
        publications = list_publications(connection, p.cycle.id)
        incomplete = {(one.version, one.release): out for one, out in list_incomplete(connection, p.cycle.id)}
        letters = list_letters(connection, p.cycle.id)
        is_imported = find_import(connection, p.cycle.id) is not None
    untaken, failures = list_untaken(p), list_form_failures(p)
    standings = judge_everyone(p.plan, p.cycle, p.calendar, submissions, p.as_of, untaken)
    reasons = {one.agency: read_late_reason(one) for one in submissions if one.is_accepted}  # of the version in force
    return {
        "cycle": p.cycle.id,
        "title": p.cycle.title,
        "phase": name_phase(p),
        "opens_at": p.calendar.at(p.cycle.opens).isoformat(),
        "closes_on": p.cycle.closes_on.isoformat(),
        "as_of": p.local.isoformat(),
        "due_on": p.cycle.due_on.isoformat(),
        "due_text": name_day(p.cycle.due_on),
        "expected": sum(s.standing is not Standing.EXEMPT for s in standings),
        "accepted": sum(s.standing in (Standing.ACCEPTED, Standing.CONFIRMED_ZERO) for s in standings),
        "late": sum(s.is_late and s.received_at is not None for s in standings),
        "by_standing": dict(Counter(s.standing.value for s in standings)),
        "agencies": [
            {
                "code": s.agency,
                "name": p.plan.agencies[s.agency].name,
                "standing": s.standing.name,
                "standing_text": s.standing.value,
                "received_at": s.received_at.isoformat() if s.received_at else None,
                "is_late": s.is_late,
                "late_working_days": s.late_working_days,
                "late_reason": reasons.get(s.agency, ""),
                "returned": s.returned_count,
                "versions": s.version_count,
                "companions": [
                    {
                        "component": one.component,
                        "file": one.file_name,
                        "sha256": one.sha256,
                        "received_at": one.received_at.isoformat(),
                        "verdict": one.verdict,
                    }
                    for one in attachments
                    if one.agency == s.agency
                ],
                "missing_companions": list_missing_attachments(p, s.agency, attachments) if p.plan.edition else [],
            }
            for s in standings
        ],
        "decisions": [
            {**dataclasses.asdict(one), "until": one.until.isoformat() if one.until else None, "text": one.tell(p.plan)}
            for one in list_decisions(p.plan, p.cycle.id, p.local.date())
        ],
        "mail": dict(Counter(m.state for m in messages)),
        "mail_refusals": [
            {
                "subject": m.message.subject,
                "to": [*m.message.recipients, *m.message.copies],
                "state": m.state,
                "why": m.last_error,
            }
            for m in messages
            if m.last_error and m.state != LetterState.WITHDRAWN
        ],
        "mail_waiting": sum(one.is_waiting for one in letters),
        "mail_dead": [one.queued.id for one in letters if one.dead],
        "mail_by_kind": dict(Counter(m.message.kind for m in messages)),
        "reports": [
            {"version": v.version, "state": v.state, "folder": v.folder, "submission": describe_submission(p, v)}
            for v in versions
        ],
        "publications": [
            {
                "version": x.version,
                "release": x.release,
                "recipients": x.recipients,
                "files": x.files,
                "published_at": x.published_at.isoformat(),
                "completed_at": x.completed_at.isoformat() if x.completed_at else None,
                "not_reached": [
                    _describe_open(one) for one in incomplete.get((x.version, x.release), []) if not one.is_settled
                ],
            }
            for x in publications
        ],
        "shared_texts": list_shared_texts(p) if p.plan.edition else [],
        "has_imported_results": is_imported,
        "forms_to_come": [code for code in list_without_form(p) if code not in failures],
        "held_passes": _gather_held(p),
        "warnings": [
            *filter(None, [describe_lost_share(p), describe_silent_server(p)]),
            *list_silent_parts(p),
            *list_mute_tasks(p),
            *list_warnings(p),
        ],
    }


def _gather_held(p: Pass) -> dict[str, Any] | None:
    """The passes that the watch last saw held back; None when there are none. Waits of some seconds are left out."""
    record = read_record(p.home.watch_record(p.cycle.id))
    if record is None:
        return None
    runs = tuple(run for run in record.hold.runs if record.seen_at - run.since >= SHOWN_AFTER)
    if not runs:
        return None
    hold, zone = replace(record.hold, runs=runs), p.plan.timezone
    return {
        "text": describe_hold(hold, zone),
        "seen_at": record.seen_at.astimezone(zone).isoformat(),
        "runs": [{"run": run.id, "since": run.since.astimezone(zone).isoformat()} for run in hold.runs],
        "causes": [describe_reason(reason, zone)[0] for reason in hold.reasons],
    }


def _describe_open(one: Outcome) -> dict[str, Any]:
    return {
        "address": one.address,
        "state": one.state or "waiting",
        "why": one.reply,
        "letter": one.letter.id,
        "text": describe_outcome(one),
    }
