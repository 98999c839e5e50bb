"""What operators do about letters and addresses, each with a reason; many at once in two steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from kybaocao.console.actions.letters import (
    BULK_LIMIT,
    forget_dead_address,
    redirect_one,
    resend_all,
    resend_one,
    withdraw_one,
)
from kybaocao.console.facts.letters import (
    UNDELIVERED,
    LetterFilter,
    list_dead_addresses,
    list_letters,
    list_numbers,
)
from kybaocao.console.guards import Guards
from kybaocao.console.outcome import read_reason, refuse, show_outcome
from kybaocao.console.page import Page
from kybaocao.console.pages.letters import link_list, name_kinds, read_filter, require_letter
from kybaocao.console.pages.scoped import Number, find_scope
from kybaocao.console.scope import Scope
from kybaocao.stages.support.letters import Letter, LetterError
from kybaocao.vietnamese import nfc

Reason = Annotated[str, Form(max_length=1000)]
Address = Annotated[str, Form(max_length=200)]


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter(prefix="/ky/{dag_id}", dependencies=[Depends(guards.act)], include_in_schema=False)
    in_scope, asked_for = Depends(find_scope(guards)), Depends(read_filter)

    @router.get("/thu/gui-lai-tat-ca", response_class=HTMLResponse)
    def ask_for_all(request: Request, scope: Scope = in_scope, asked: LetterFilter = asked_for) -> Response:
        page, asked = Page(request), replace(asked, state=UNDELIVERED)
        return page.render(
            "letters_bulk.html",
            title=page.words("letters_bulk_title"),
            cycle=scope.p.cycle,
            asked=asked,
            found=list_letters(scope, asked, 1),
            limit=BULK_LIMIT,
            name_kind=name_kinds(page),
        )

    @router.post("/thu/gui-lai-tat-ca")
    def resend_filtered(
        request: Request,
        so_thu: Annotated[int, Form()],
        ly_do: Reason,
        scope: Scope = in_scope,
        asked: LetterFilter = asked_for,
    ) -> Response:
        page, asked, reason = Page(request), replace(asked, state=UNDELIVERED), _read_reason(ly_do)
        numbers = list_numbers(scope, asked)
        if len(numbers) != so_thu:
            raise refuse(ValueError(page.words("letters_bulk_changed", stated=so_thu, now=len(numbers))))
        done, failed = resend_all(scope, numbers, reason)
        said = page.words("letters_bulk_done", done=done, total=len(numbers))
        if failed:
            said += " " + page.words("letters_bulk_failed", count=len(failed), first=failed[0])
        return show_outcome(link_list(page, scope, asked), page.root, said)

    @router.post("/thu/{number:int}/gui-lai")
    def resend(request: Request, number: Number, ly_do: Reason, scope: Scope = in_scope) -> Response:
        reason = _read_reason(ly_do)
        return _do(request, scope, number, "letters_resent", lambda: resend_one(scope, number, reason))

    @router.post("/thu/{number:int}/rut")
    def withdraw(request: Request, number: Number, ly_do: Reason, scope: Scope = in_scope) -> Response:
        reason = _read_reason(ly_do)
        return _do(request, scope, number, "letters_withdrawn", lambda: withdraw_one(scope, number, reason))

    @router.post("/thu/{number:int}/chuyen")
    def redirect(
        request: Request,
        number: Number,
        dia_chi: Address,
        ly_do: Reason,
        thay_cho: Address = "",
        scope: Scope = in_scope,
    ) -> Response:
        reason = _read_reason(ly_do)
        return _do(
            request,
            scope,
            number,
            "letters_redirected",
            lambda: redirect_one(scope, number, dia_chi, thay_cho, reason),
        )

    @router.post("/dia-chi/dung-lai")
    def use_again(request: Request, dia_chi: Address, ly_do: Reason, scope: Scope = in_scope) -> Response:
        page, reason, address = Page(request), _read_reason(ly_do), dia_chi.strip().lower()
        known = {one.address for one in list_dead_addresses(scope)}  # those that this account may see
        if address not in known or not forget_dead_address(scope, address, reason):
            raise refuse(ValueError(page.words("letters_address_known", address=address)))
        said = page.words("letters_address_works", address=address)
        return show_outcome(page.link(f"ky/{scope.p.cycle.id}/thu"), page.root, said)

    return router


def _read_reason(text: str) -> str:
    return read_reason(nfc(text))


def _do(request: Request, scope: Scope, number: int, key: str, act: Callable[[], Letter]) -> Response:
    """The action, and then the letter that counts from now on. Raises HTTPException."""
    page = Page(request)
    require_letter(scope, number)
    try:
        letter = act()
    except LetterError as error:
        raise refuse(error) from None
    said = page.words(key, number=number, new=letter.queued.id)
    return show_outcome(page.link(f"ky/{scope.p.cycle.id}/thu/{letter.queued.id}"), page.root, said)
