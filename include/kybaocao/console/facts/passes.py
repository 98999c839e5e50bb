"""What one pass did: files that came in and their verdicts, letters that left, reminder steps, versions of the report.

The audit trail says what a pass did; the tables say how it stands now.  However much it did, it takes four questions.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, or_, select, true

from kybaocao.inbox.submission import Submission
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.outcomes import WAITING, count_findings, describe_files, load_words
from kybaocao.stages.support.passes import Pass
from kybaocao.store.outbox import LetterState
from kybaocao.store.passes import list_passes
from kybaocao.store.tables import arrivals, audit, outbox

_MOST_NAMED = 500  # keys in one question; more are picked out of all rows of the cycle


@dataclass(frozen=True, slots=True)
class PassFile:
    """A file that came in or was judged in the pass. `verdict` is None while nobody has judged it."""

    agency: str
    agency_name: str
    component: str
    version: int
    file_name: str
    received_at: dt.datetime
    came_in: bool  # recorded by this pass
    is_judged_here: bool  # by this pass, not by an earlier or a later one
    verdict: Verdict | None
    errors: int  # findings that send it back
    remarks: int  # the other findings

    @property
    def is_form(self) -> bool:
        return self.component == FORM


@dataclass(frozen=True, slots=True)
class PassLetter:
    """A letter that the pass sent, or had to give up. `state`: what the pass made of it."""

    number: int
    kind: str
    agency: str  # "" for a letter to leaders or operators
    agency_name: str
    recipients: tuple[str, ...]
    subject: str
    state: LetterState
    at: dt.datetime
    reason: str  # why it did not leave, or whom the server refused


@dataclass(frozen=True, slots=True)
class PassReminder:
    """A reminder step that the pass took for an agency."""

    agency: str
    agency_name: str
    step: str
    step_name: str
    repetition: int
    due_at: dt.datetime


@dataclass(frozen=True)
class PassVersion:
    """What the pass did with a version of the report: action of the audit trail, and the release where it is one."""

    version: int
    action: str  # report-compiled, report-released, report-approved, …
    release: str
    actor: str
    at: dt.datetime


@dataclass(frozen=True)
class PassFacts:
    """A pass. `actor`, `begun_at` and `ended_at` are of its newest beginning: a run that is cleared begins again."""

    cycle: str
    run: str
    kind: str
    actor: str
    as_of: dt.datetime
    begun_at: dt.datetime
    ended_at: dt.datetime | None
    beginnings: int
    forms_issued: tuple[str, ...]  # agencies
    files: tuple[PassFile, ...]
    letters: tuple[PassLetter, ...]
    reminders: tuple[PassReminder, ...]
    versions: tuple[PassVersion, ...]

    def count_verdicts(self) -> dict[str, int]:
        """verdict, or WAITING -> forms"""
        return dict(Counter(str(one.verdict or WAITING) for one in self.files if one.is_form))


_File = tuple[str, str, int]  # agency, component, version


class _Closed(NamedTuple):
    """What a pass made of a letter."""

    state: LetterState
    at: dt.datetime
    recipients: tuple[str, ...]
    reason: str


@dataclass
class _Done:
    """What the trail says that a pass did."""

    forms_issued: list[str] = field(default_factory=list)
    came_in: set[_File] = field(default_factory=set)
    judged: set[_File] = field(default_factory=set)
    letters: dict[str, _Closed] = field(default_factory=dict)  # by key
    reminders: list[PassReminder] = field(default_factory=list)
    versions: list[PassVersion] = field(default_factory=list)


_CAME_IN = "file-received"
_JUDGED = (*(f"version-{verdict}" for verdict in Verdict), "companion-accepted", "companion-refused")
_ISSUED, _REMINDED, _OF_REPORT = "form-issued", "step-taken", "report-"
_LETTERS = {f"mail-{state}": state for state in (LetterState.SENT, LetterState.REFUSED, LetterState.EXPIRED)}


def gather_pass(p: Pass, cycle_id: str, run_id: str) -> PassFacts | None:
    """What the pass of this name did; None when no pass of the cycle has it.

    `p` says where the store is and what things are called; it need not be that pass.
    """
    with p.store.read() as connection:
        begun = list_passes(connection, cycle_id, run_id)
        if not begun:
            return None
        done = _read_trail(connection, p.plan, cycle_id, run_id)
        files = _list_files(connection, p.plan, cycle_id, done)
        letters = _list_letters(connection, p.plan, cycle_id, done)
    last = begun[-1]
    return PassFacts(
        cycle_id,
        run_id,
        last.kind,
        last.actor,
        last.as_of,
        last.begun_at,
        last.ended_at,
        len(begun),
        tuple(done.forms_issued),
        files,
        letters,
        tuple(done.reminders),
        tuple(done.versions),
    )


def describe_pass(facts: PassFacts) -> str:
    """The note of a run: "8 tệp: 3 nhận, 4 trả, 1 không đọc được; 9 thư đã gửi"."""
    words = load_words()
    states = Counter(one.state == LetterState.SENT for one in facts.letters)
    counted = {
        "mo_ky": len(facts.forms_issued),
        "tep_kem": sum(not one.is_form for one in facts.files),
        "don_doc": len(facts.reminders),
        "thu_gui": states[True],
        "thu_khong_gui": states[False],
    }
    parts = [describe_files(facts.count_verdicts())]
    parts += [words[name].format(so=count) for name, count in counted.items() if count]
    made = sorted({one.version for one in facts.versions if one.action == "report-compiled"})
    parts += [words["bao_cao"].format(so=version) for version in made]
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def _read_trail(connection: Connection, plan: Plan, cycle: str, run: str) -> _Done:
    """Row by row: a pass may have done tens of thousands of things."""
    actions = (_CAME_IN, *_JUDGED, *_LETTERS, _ISSUED, _REMINDED)
    query = select(audit.c.action, audit.c.agency, audit.c.actor, audit.c.at, audit.c.detail).where(
        audit.c.cycle == cycle,
        audit.c.run == run,
        or_(audit.c.action.in_(actions), audit.c.action.startswith(_OF_REPORT, autoescape=True)),
    )
    done = _Done()
    for row in connection.execute(query.order_by(audit.c.id), execution_options={"yield_per": 200}):
        agency, detail = sys.intern(row.agency), json.loads(row.detail)
        if row.action in _LETTERS:
            closed = _Closed(_LETTERS[row.action], row.at, tuple(detail["to"]), detail.get("reason", ""))
            done.letters[str(detail["key"])] = closed
        elif row.action == _ISSUED:
            done.forms_issued.append(agency)
        elif row.action == _REMINDED:
            done.reminders.append(_read_reminder(plan, agency, detail))
        elif row.action.startswith(_OF_REPORT):
            if "version" in detail:
                release = detail.get("release", "")
                done.versions.append(PassVersion(detail["version"], row.action, release, row.actor, row.at))
        else:
            files = done.came_in if row.action == _CAME_IN else done.judged
            files.add((agency, sys.intern(detail.get("component", FORM)), detail["version"]))
    return done


def _list_files(connection: Connection, plan: Plan, cycle: str, done: _Done) -> tuple[PassFile, ...]:
    mine = done.came_in | done.judged
    columns = [column for column in arrivals.c if column is not arrivals.c.answers]  # those are long
    query = select(*columns).where(arrivals.c.cycle == cycle, _name(arrivals.c.agency, {key[0] for key in mine}))
    found = (Submission(**row._mapping, answers="{}") for row in connection.execute(query.order_by(arrivals.c.id)))
    keyed = (((one.agency, one.component, one.version), one) for one in found)
    return tuple(_read_file(plan, one, key in done.came_in, key in done.judged) for key, one in keyed if key in mine)


def _name(column: Column[Any], names: Collection[str]) -> ColumnElement[bool]:
    return column.in_(sorted(names)) if len(names) <= _MOST_NAMED else true()


def _read_file(plan: Plan, one: Submission, came_in: bool, is_judged_here: bool) -> PassFile:
    return PassFile(
        sys.intern(one.agency),
        _name_agency(plan, one.agency),
        one.component,
        one.version,
        one.file_name,
        one.received_at,
        came_in,
        is_judged_here,
        None if one.verdict is None else Verdict(one.verdict),
        *count_findings(json.loads(one.findings)),
    )


def _list_letters(connection: Connection, plan: Plan, cycle: str, done: _Done) -> tuple[PassLetter, ...]:
    columns = (outbox.c.id, outbox.c.key, outbox.c.kind, outbox.c.agency, outbox.c.subject)
    query = select(*columns).where(outbox.c.cycle == cycle, _name(outbox.c.key, done.letters)).order_by(outbox.c.id)
    rows = connection.execute(query, execution_options={"yield_per": 200})
    return tuple(_read_letter(plan, row, done.letters[row.key]) for row in rows if row.key in done.letters)


def _read_letter(plan: Plan, row: Any, closed: _Closed) -> PassLetter:
    return PassLetter(
        row.id,
        sys.intern(row.kind),
        sys.intern(row.agency),
        _name_agency(plan, row.agency),
        closed.recipients,
        row.subject,
        closed.state,
        closed.at,
        closed.reason,
    )


def _read_reminder(plan: Plan, agency: str, detail: Mapping[str, Any]) -> PassReminder:
    step = sys.intern(detail["rung"])
    return PassReminder(
        agency,
        _name_agency(plan, agency),
        step,
        sys.intern(plan.ladder.name_step(step) if plan.ladder else step),
        detail["repetition"],
        dt.datetime.fromisoformat(detail["due_at"]),
    )


def _name_agency(plan: Plan, agency: str) -> str:
    """An agency that the plan has no longer is called by its code."""
    found = plan.agencies.get(agency)
    return found.name if found else agency
