"""One agency in one cycle: its files and their findings, letters, reminders, decisions and telephone calls."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from kybaocao.console.facts.audit import AuditRow, list_of_agency
from kybaocao.console.facts.letters import LetterFilter, LetterRow, list_letters
from kybaocao.console.facts.standings import read_standings
from kybaocao.console.scope import Scope
from kybaocao.figures.snapshot import Timeliness
from kybaocao.inbox.submission import Submission
from kybaocao.plan.agencies import Agency, Contact, ContactRole
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.decisions import Decision, describe_decision, list_decisions
from kybaocao.plan.granted import find_misfits
from kybaocao.plan.load import find_plan
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.calls import Call, list_calls
from kybaocao.store.granted_decisions import Granted, list_granted
from kybaocao.store.steps import StepState
from kybaocao.store.submissions import list_components
from kybaocao.store.tables import issued_forms, steps

SHOWN_EVENTS = 60
SHOWN_PLACES = 50  # of one cause; the slip names all


@dataclass(frozen=True)
class Place:
    """One cell that is wrong, and what to do."""

    sheet: str
    cell: str
    value: str
    message: str
    hint: str


@dataclass(frozen=True)
class Cause:
    """What is wrong, in every place at once."""

    code: str
    title: str
    severity: str
    sends_back: bool
    count: int
    places: tuple[Place, ...]

    @property
    def cells(self) -> list[str]:
        return list(dict.fromkeys(one.cell for one in self.places if one.cell))


@dataclass(frozen=True)
class FileVersion:
    """One file that came in. `late_days`: working days after the agency's own deadline."""

    id: int
    component: str
    component_name: str
    version: int
    file_name: str
    size_bytes: int
    received_at: dt.datetime
    judged_at: dt.datetime | None
    verdict: Verdict | None
    is_in_force: bool
    late_days: int
    receipt_number: str
    causes: tuple[Cause, ...]

    @property
    def is_form(self) -> bool:
        return self.component == FORM


@dataclass(frozen=True)
class Step:
    """A reminder step that was taken."""

    name: str
    repetition: int
    due_at: dt.datetime
    taken_at: dt.datetime
    state: StepState


@dataclass(frozen=True)
class GivenDecision:
    """A decision: `number` is None for one of `dieu_chinh.yaml`."""

    number: int | None
    what: str
    basis: str
    account: str
    granted_at: dt.datetime | None
    misfit: str  # why it does not hold although it stands
    revoked_by: str
    revoked_at: dt.datetime | None
    revoke_reason: str


@dataclass(frozen=True)
class AgencyFacts:
    """Everything about one agency, newest first."""

    agency: Agency
    timeliness: Timeliness
    due_on: dt.date
    is_due_moved: bool
    issued_at: dt.datetime | None
    form_path: str
    contacts: tuple[Contact, ...]
    files: tuple[FileVersion, ...]
    letters: tuple[LetterRow, ...]
    letter_total: int
    steps: tuple[Step, ...]
    decisions: tuple[GivenDecision, ...]
    calls: tuple[Call, ...]
    events: tuple[AuditRow, ...]


def gather_agency(scope: Scope, code: str) -> AgencyFacts:
    """Raises KeyError for an agency that need not report, or that the account may not see."""
    p = scope.p
    agency, today = p.plan.agencies[code], p.local.date()
    own = p.plan.cycle_of(p.cycle.id, code, today)
    with p.store.read() as connection:
        versions = list_components(connection, p.cycle.id, code)
        columns = (issued_forms.c.issued_at, issued_forms.c.path)
        form = select(*columns).where(issued_forms.c.cycle == p.cycle.id, issued_forms.c.agency == code)
        issued_at, form_path = connection.execute(form).one_or_none() or (None, "")
        taken = _list_steps(connection, scope, code)
        granted = [one for one in list_granted(connection, [p.cycle.id], p.as_of) if one.agency == code]
    standing = read_standings(scope).find(code)
    if standing is None:
        raise KeyError(code)
    letters = list_letters(scope, LetterFilter(agency=code), 1)
    contacts = (one for role in ContactRole for one in p.plan.contacts_of(code, role, today))
    return AgencyFacts(
        agency,
        standing.timeliness,
        own.due_on,
        own.due_before != p.cycle.due_before,
        issued_at,
        form_path,
        tuple(contacts),
        tuple(_describe_versions(scope, own.due_before, versions)),
        tuple(letters.listing.rows),
        letters.listing.total,
        tuple(taken),
        tuple(_list_decisions(scope, code, granted)),
        tuple(reversed(list_calls(p, code))),
        tuple(list_of_agency(scope, code, SHOWN_EVENTS)),
    )


def find_file(scope: Scope, code: str, number: int) -> Submission | None:
    """A file by its number, when it belongs to this agency and cycle."""
    with scope.p.store.read() as connection:
        versions = list_components(connection, scope.p.cycle.id, code)
    return next((one for one in versions if one.id == number), None)


def _describe_versions(scope: Scope, due_before: dt.date, versions: Sequence[Submission]) -> list[FileVersion]:
    p = scope.p
    own = p.cycle if due_before == p.cycle.due_before else p.cycle.model_copy(update={"due_before": due_before})
    names = {one.id: one.name for one in p.plan.edition.attachments} if p.plan.edition else {}
    in_force = {one.component: one.id for one in versions if one.is_accepted}
    return [
        FileVersion(
            one.id,
            one.component,
            names.get(one.component, ""),
            one.version,
            one.file_name,
            one.size_bytes,
            one.received_at,
            one.judged_at,
            one.verdict,
            in_force.get(one.component) == one.id,
            p.calendar.late_working_days(own, one.received_at) if one.component == FORM else 0,
            one.receipt_number,
            tuple(_group(json.loads(one.findings))),
        )
        for one in reversed(versions)
    ]


def _group(findings: Sequence[Mapping[str, Any]]) -> list[Cause]:
    """By cause, in the order in which the agency's slip has them."""
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for one in findings:
        groups.setdefault((one.get("code", ""), one.get("severity", ""), one.get("sends_back", "")), []).append(one)
    return [
        Cause(
            code,
            str(group[0].get("title") or code),
            severity,
            sends_back == "yes",
            len(group),
            tuple(_place(one) for one in group[:SHOWN_PLACES]),
        )
        for (code, severity, sends_back), group in groups.items()
    ]


def _place(one: Mapping[str, Any]) -> Place:
    return Place(*(str(one.get(key, "")) for key in ("sheet", "cell", "value", "message", "hint")))


def _list_steps(connection: Connection, scope: Scope, code: str) -> list[Step]:
    columns = (steps.c.rung, steps.c.repetition, steps.c.due_at, steps.c.taken_at, steps.c.state)
    query = select(*columns).where(steps.c.cycle == scope.p.cycle.id, steps.c.agency == code)
    ladder = scope.p.plan.ladder
    names = {step.id: step.name for step in ladder.reminder_steps} if ladder else {}
    return [
        Step(
            names.get(row.rung.partition("@")[0], row.rung),
            row.repetition,
            row.due_at,
            row.taken_at,
            StepState(row.state),
        )
        for row in connection.execute(query.order_by(steps.c.due_at.desc(), steps.c.repetition.desc()))
    ]


def _list_decisions(scope: Scope, code: str, granted: Sequence[Granted]) -> list[GivenDecision]:
    p = scope.p
    base = find_plan(p.cycle.id, p.home)
    standing = [one.entry for one in granted if one.revoked is None]
    misfits = [(entry, problem.message) for entry, problem in find_misfits(base, standing)]
    found = []
    for one in reversed(granted):
        said, gone = describe_decision(one.entry), one.revoked
        misfit = next((why for entry, why in misfits if gone is None and entry == one.entry), "")
        found.append(
            GivenDecision(
                one.id,
                said.what,
                said.basis,
                one.account,
                one.granted_at,
                misfit,
                gone.account if gone else "",
                gone.at if gone else None,
                gone.reason if gone else "",
            )
        )
    configured = [one for one in list_decisions(base, p.cycle.id, p.local.date()) if one.agency in (code, "")]
    return [*found, *(_configured(one) for one in reversed(configured))]


def _configured(one: Decision) -> GivenDecision:
    return GivenDecision(None, one.what, one.basis, "", None, "", "", None, "")
