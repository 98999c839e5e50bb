"""Letters, agencies and the audit trail for programs: the same facts as the pages, under stable English names."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Response

from kybaocao.console.csv_file import AS_CSV, Format, answer_facts
from kybaocao.console.facts.agency import Cause, FileVersion, GivenDecision, Step, gather_agency
from kybaocao.console.facts.audit import AuditFilter, AuditRow, list_audit
from kybaocao.console.facts.audit import read_all as read_all_audit
from kybaocao.console.facts.letters import LetterFilter, LetterRow, list_letters
from kybaocao.console.facts.letters import read_all as read_all_letters
from kybaocao.console.guards import Guards
from kybaocao.console.pages.refusals import OF_CYCLE
from kybaocao.console.pages.scoped import find_scope, require_agency
from kybaocao.console.scope import Scope
from kybaocao.stages.support.calls import Call
from kybaocao.vietnamese import nfc

PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
Word = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class LettersAnswer:
    """One page of 100 letters, newest first."""

    total: int
    page: int
    by_state: dict[str, int]
    by_kind: dict[str, int]
    letters: list[LetterRow]


@dataclass(frozen=True)
class AuditAnswer:
    """One page of 100 rows, newest first."""

    total: int
    page: int
    actions: dict[str, int]
    actors: dict[str, int]
    rows: list[AuditRow]


@dataclass(frozen=True)
class FileAnswer:
    """One file that an agency handed in."""

    id: int
    component: str
    version: int
    file_name: str
    size_bytes: int
    received_at: dt.datetime
    judged_at: dt.datetime | None
    verdict: str | None
    is_in_force: bool
    late_days: int
    causes: list[Cause]


@dataclass(frozen=True)
class AgencyAnswer:
    """One agency in one cycle."""

    code: str
    name: str
    standing: str
    is_late: bool
    late_days: int
    due_on: dt.date
    is_due_moved: bool
    form_issued_at: dt.datetime | None
    files: list[FileAnswer]
    letter_total: int
    letters: list[LetterRow]
    reminders: list[Step]
    decisions: list[GivenDecision]
    calls: list[Call]


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter(
        prefix="/api/v1/cycles/{dag_id}",
        dependencies=[Depends(guards.see_cycle)],
        responses=OF_CYCLE,
        tags=["agencies"],
    )
    in_scope = Depends(find_scope(guards))

    @router.get("/letters", response_model=LettersAnswer, responses={200: AS_CSV})
    def read_letters(
        state: Word = "",
        kind: Word = "",
        agency: Word = "",
        q: Word = "",
        page: PageNumber = 1,
        format: Format = "",  # noqa: A002 - its name in the address
        scope: Scope = in_scope,
    ) -> LettersAnswer | Response:
        """Letters of a cycle; `state`: one of the outbox, or `undelivered`, or `waiting`."""
        asked = LetterFilter(state, kind, agency, nfc(q))
        if format == "csv":
            return answer_facts(f"letters_{scope.p.cycle.id}", LetterRow, read_all_letters(scope, asked))
        found = list_letters(scope, asked, page)
        listing = found.listing
        return LettersAnswer(listing.total, listing.number, found.by_state, found.by_kind, list(listing.rows))

    @router.get("/agencies/{agency}")
    def read_agency(agency: Annotated[str, Path(max_length=20)], scope: Scope = in_scope) -> AgencyAnswer:
        """Everything about one agency in a cycle; its newest 100 letters."""
        body = require_agency(scope, agency)
        facts = gather_agency(scope, agency)
        return AgencyAnswer(
            body.code,
            body.name,
            facts.timeliness.standing.name.lower(),
            facts.timeliness.is_late,
            facts.timeliness.late_working_days,
            facts.due_on,
            facts.is_due_moved,
            facts.issued_at,
            [_answer_file(one) for one in facts.files],
            facts.letter_total,
            list(facts.letters),
            list(facts.steps),
            list(facts.decisions),
            list(facts.calls),
        )

    @router.get("/audit", response_model=AuditAnswer, responses={200: AS_CSV})
    def read_audit(
        action: Word = "",
        actor: Word = "",
        agency: Word = "",
        day: dt.date | None = None,
        page: PageNumber = 1,
        format: Format = "",  # noqa: A002 - its name in the address
        scope: Scope = in_scope,
    ) -> AuditAnswer | Response:
        """The audit trail of a cycle; `day` in the plan's time zone."""
        if agency and not scope.sees(agency):
            raise HTTPException(403)
        if day is not None and not 2000 <= day.year < 2100:
            raise HTTPException(422, "day")
        asked = AuditFilter(action, actor, agency, day)
        if format == "csv":
            return answer_facts(f"audit_{scope.p.cycle.id}", AuditRow, read_all_audit(scope, asked))
        found = list_audit(scope, asked, page)
        listing = found.listing
        return AuditAnswer(listing.total, listing.number, found.actions, found.actors, list(listing.rows))

    return router


def _answer_file(one: FileVersion) -> FileAnswer:
    return FileAnswer(
        one.id,
        one.component,
        one.version,
        one.file_name,
        one.size_bytes,
        one.received_at,
        one.judged_at,
        one.verdict,
        one.is_in_force,
        one.late_days,
        list(one.causes),
    )
