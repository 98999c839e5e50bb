"""What operators do about one agency, each with a reason."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request, Response

from kybaocao.console.actions.agency import LAST_DAY, ActionError, call, grant, issue_again, revoke
from kybaocao.console.guards import Guards
from kybaocao.console.outcome import read_reason, refuse, show_outcome
from kybaocao.console.page import Page
from kybaocao.console.pages.scoped import Number, find_scope, require_agency
from kybaocao.console.scope import Scope
from kybaocao.files import explain_os_error
from kybaocao.plan.decisions import describe_decision
from kybaocao.stages.support.calls import CallError
from kybaocao.stages.support.granting import DecisionError
from kybaocao.store.granted_decisions import list_granted
from kybaocao.vietnamese import nfc

Code = Annotated[str, Path(max_length=20)]
Reason = Annotated[str, Form(max_length=1000)]
Line = Annotated[str, Form(max_length=200)]
Day = Annotated[str, Form(max_length=10)]


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter(
        prefix="/ky/{dag_id}/co-quan/{agency}", dependencies=[Depends(guards.act)], include_in_schema=False
    )
    in_scope = Depends(find_scope(guards))

    @router.post("/quyet-dinh")
    def decide(
        request: Request,
        agency: Code,
        loai: Line,
        nguoi_quyet_dinh: Line,
        ngay: Day,
        ly_do: Reason,
        van_ban: Line = "",
        den_het_ngay: Day = "",
        quy_tac: Line = "",
        den_ngay: Day = "",
        scope: Scope = in_scope,
    ) -> Response:
        page, reason = _open(request, scope, agency), read_reason(nfc(ly_do))
        said = {"nguoi_quyet_dinh": nfc(nguoi_quyet_dinh), "van_ban": nfc(van_ban), "ngay": ngay}
        said |= {LAST_DAY: den_het_ngay, "quy_tac": quy_tac, "den_ngay": den_ngay}
        try:
            granted = grant(scope, agency, loai, said, reason)
        except DecisionError as error:
            raise refuse(error) from None
        what = describe_decision(granted.entry).what
        return _back(page, scope, agency, page.words("agency_granted", number=granted.id, what=what))

    @router.post("/quyet-dinh/{number:int}/thu-hoi")
    def take_back(request: Request, agency: Code, number: Number, ly_do: Reason, scope: Scope = in_scope) -> Response:
        page, reason = _open(request, scope, agency), read_reason(nfc(ly_do))
        with scope.p.store.read() as connection:
            mine = {
                one.id for one in list_granted(connection, [scope.p.cycle.id], scope.p.as_of) if one.agency == agency
            }
        if number not in mine:
            raise refuse(ValueError(page.words("agency_no_decision", number=number)))
        try:
            revoke(scope, number, reason)
        except DecisionError as error:
            raise refuse(error) from None
        return _back(page, scope, agency, page.words("agency_revoked", number=number))

    @router.post("/cuoc-goi")
    def note(
        request: Request,
        agency: Code,
        nguoi_nghe: Line,
        ket_qua: Line,
        noi_dung: Annotated[str, Form(max_length=2000)],
        scope: Scope = in_scope,
    ) -> Response:
        page = _open(request, scope, agency)
        try:
            call(scope, agency, nfc(nguoi_nghe), ket_qua, nfc(noi_dung))
        except CallError as error:
            raise refuse(error) from None
        return _back(page, scope, agency, page.words("agency_call_noted"))

    @router.post("/bieu-mau")
    def issue(request: Request, agency: Code, ly_do: Reason, scope: Scope = in_scope) -> Response:
        page, reason = _open(request, scope, agency), read_reason(nfc(ly_do))
        try:
            name = issue_again(scope, agency, reason)
        except ActionError as error:
            raise refuse(error) from None
        except OSError as error:
            raise refuse(ValueError(page.words("agency_folder_closed", why=explain_os_error(error)))) from None
        return _back(page, scope, agency, page.words("agency_form_issued", name=name))

    return router


def _open(request: Request, scope: Scope, agency: str) -> Page:
    require_agency(scope, agency)
    return Page(request)


def _back(page: Page, scope: Scope, agency: str, said: str) -> Response:
    return show_outcome(page.link(f"ky/{scope.p.cycle.id}/co-quan/{agency}"), page.root, said)
