"""Thư: the letters of a cycle as a list, one letter, and the same for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse

from kybaocao.console.csv_file import answer_csv
from kybaocao.console.facts.letters import (
    UNDELIVERED,
    WAITING,
    LetterFilter,
    LetterRow,
    list_dead_addresses,
    list_letters,
    read_all,
)
from kybaocao.console.guards import Guards
from kybaocao.console.listing import cut_page
from kybaocao.console.page import Page
from kybaocao.console.pages.scoped import Number, find_scope
from kybaocao.console.scope import Scope
from kybaocao.stages.support.letters import Letter, find_letter, list_choices
from kybaocao.store.outbox import LetterState
from kybaocao.vietnamese import nfc

STATES = (UNDELIVERED, WAITING, *(one.value for one in LetterState if one is not LetterState.PENDING))
TONES = {
    LetterState.PENDING: "wait",
    LetterState.SENDING: "wait",
    LetterState.SENT: "good",
    LetterState.WITHDRAWN: "quiet",
}
# The letter as it was written may run nothing and load nothing, whatever stands in it.
SANDBOX = {"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"}
CSV_HEADINGS = (
    "number",
    "created_at",
    "kind",
    "agency",
    "recipients",
    "subject",
    "state",
    "attempts",
    "error",
    "sent_at",
)


def read_filter(
    trang_thai: Annotated[str, Query(max_length=20)] = "",
    loai: Annotated[str, Query(max_length=40)] = "",
    co_quan: Annotated[str, Query(max_length=20)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
) -> LetterFilter:
    """What the address of a list asks for."""
    return LetterFilter(trang_thai, loai, co_quan, nfc(q))


def link_list(page: Page, scope: Scope, asked: LetterFilter) -> str:
    """The list that a filter describes."""
    query = {"trang_thai": asked.state, "loai": asked.kind, "co_quan": asked.agency, "q": asked.text}
    return page.link(f"ky/{scope.p.cycle.id}/thu", **query)


def name_kinds(page: Page) -> Callable[[str], str]:
    """What a kind of letter is called; its code where nobody has named it."""

    return lambda kind: page.words.find(f"letters_kind_{kind}") or kind


def require_letter(scope: Scope, number: int) -> Letter:
    """Raises HTTPException: 404 for no such letter of this cycle, 403 for one that this account may not see."""
    letter = find_letter(scope.p, number)
    if letter is None:
        raise HTTPException(404, f"Không có thư số {number} trong kỳ này.")
    agency = letter.queued.message.agency
    if scope.watched is not None and not (agency and scope.sees(agency)):
        raise HTTPException(403)
    return letter


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter(prefix="/ky/{dag_id}/thu", dependencies=[Depends(guards.see_cycle)], include_in_schema=False)
    in_scope, asked_for = Depends(find_scope(guards)), Depends(read_filter)

    @router.get("", response_class=HTMLResponse)
    def show_list(
        request: Request,
        scope: Scope = in_scope,
        asked: LetterFilter = asked_for,
        trang: int = 1,
        trang_dia_chi: int = 1,
        dinh_dang: str = "",
    ) -> Response:
        if dinh_dang == "csv":
            return answer_csv(f"thu_{scope.p.cycle.id}", CSV_HEADINGS, map(_as_csv, read_all(scope, asked)))
        page, dead = Page(request), list_dead_addresses(scope)
        return page.render(
            "letters.html",
            title=page.words("letters_title"),
            cycle=scope.p.cycle,
            scope=scope,
            asked=asked,
            found=list_letters(scope, asked, trang),
            states=STATES,
            tones=TONES,
            dead=cut_page(dead, trang_dia_chi),
            name_kind=name_kinds(page),
            zone=scope.p.plan.timezone,
        )

    @router.get("/{number:int}", response_class=HTMLResponse)
    def show_one(request: Request, number: Number, scope: Scope = in_scope) -> Response:
        page, letter = Page(request), require_letter(scope, number)
        return page.render(
            "letter.html",
            title=page.words("letters_one", number=number),
            cycle=scope.p.cycle,
            scope=scope,
            letter=letter,
            choices=list_choices(scope.p, letter),
            tones=TONES,
            name_kind=name_kinds(page),
            zone=scope.p.plan.timezone,
        )

    @router.get("/{number:int}/noi-dung", response_class=HTMLResponse)
    def show_text(number: Number, scope: Scope = in_scope) -> Response:
        return HTMLResponse(require_letter(scope, number).queued.message.html, headers=SANDBOX)

    return router


def _as_csv(row: LetterRow) -> tuple[object, ...]:
    sent = row.sent_at.isoformat() if row.sent_at else ""
    listed = "; ".join(row.recipients)
    start = (row.number, row.created_at.isoformat(), row.kind, row.agency, listed, row.subject)
    return (*start, row.state, row.attempts, row.error, sent)
