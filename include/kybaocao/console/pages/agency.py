"""Một cơ quan: everything about one agency in a cycle, and its files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from fastapi.responses import HTMLResponse

from kybaocao.console.audit_words import AuditWords
from kybaocao.console.facts.agency import find_file, gather_agency
from kybaocao.console.facts.agency_files import find_original, name_answers, read_marked, read_slip
from kybaocao.console.guards import Guards
from kybaocao.console.page import Page
from kybaocao.console.pages.downloads import send_hostile
from kybaocao.console.pages.letters import TONES, name_kinds
from kybaocao.console.pages.scoped import Number, find_scope, require_agency
from kybaocao.console.scope import Scope
from kybaocao.figures.snapshot import Standing
from kybaocao.findings import load_catalogue as load_findings
from kybaocao.inbox.submission import Submission
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.calls import CallOutcome
from kybaocao.stages.support.granting import GRANTABLE

T = TypeVar("T")
OPENED = 8  # places of the first cause that are shown without being asked for
Code = Annotated[str, Path(max_length=20)]
STANDING_TONES = {
    Standing.ACCEPTED: "good",
    Standing.CONFIRMED_ZERO: "good",
    Standing.RECEIVED: "wait",
    Standing.EXPECTED: "wait",
    Standing.RETURNED: "bad",
    Standing.MISSING: "bad",
    Standing.EXEMPT: "quiet",
}
VERDICT_TONES = {None: "wait", Verdict.ACCEPTED: "good", Verdict.RETURNED: "bad", Verdict.UNREADABLE: "bad"}


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter(
        prefix="/ky/{dag_id}/co-quan/{agency}", dependencies=[Depends(guards.see_cycle)], include_in_schema=False
    )
    in_scope = Depends(find_scope(guards))

    @router.get("", response_class=HTMLResponse)
    def show(request: Request, agency: Code, scope: Scope = in_scope) -> Response:
        body, page = require_agency(scope, agency), Page(request)
        return page.render(
            "agency.html",
            title=body.name,
            cycle=scope.p.cycle,
            scope=scope,
            facts=gather_agency(scope, agency),
            today=scope.p.local.date(),
            opened=OPENED,
            rules=_list_rules(scope),
            grantable=GRANTABLE,
            outcomes=[one.value for one in CallOutcome],
            standing_tones=STANDING_TONES,
            verdict_tones=VERDICT_TONES,
            tones=TONES,
            name_kind=name_kinds(page),
            said=AuditWords(page.words, scope.p.plan),
            zone=scope.p.plan.timezone,
        )

    @router.get("/tep/{number:int}/goc")
    def send_original(agency: Code, number: Number, scope: Scope = in_scope) -> Response:
        file = _require_file(scope, agency, number)
        return send_hostile(file.file_name, _read(find_original, scope, file))

    @router.get("/tep/{number:int}/phieu")
    def send_slip(agency: Code, number: Number, scope: Scope = in_scope) -> Response:
        file = _require_file(scope, agency, number)
        return send_hostile(name_answers(file)[0], _read(read_slip, scope, file))

    @router.get("/tep/{number:int}/danh-dau")
    def send_marked(agency: Code, number: Number, scope: Scope = in_scope) -> Response:
        file = _require_file(scope, agency, number)
        return send_hostile(name_answers(file)[1], _read(read_marked, scope, file))

    return router


def _require_file(scope: Scope, agency: str, number: int) -> Submission:
    require_agency(scope, agency)
    file = find_file(scope, agency, number)
    if file is None:
        raise HTTPException(404, "Cơ quan này không có tệp như vậy trong kỳ này.")
    return file


def _read(read: Callable[[Scope, Submission], T], scope: Scope, file: Submission) -> T:
    try:
        return read(scope, file)
    except OSError:
        raise HTTPException(
            404, "Không có tệp này: tệp không được lập cho bản này, hoặc đã bị sửa, xóa trong thư mục của cơ quan."
        ) from None


def _list_rules(scope: Scope) -> list[tuple[str, str]]:
    """(code, title) of the rules that can be waived."""
    edition = scope.p.plan.edition
    if edition is None:
        return []
    found = ((code, one.title) for code, one in load_findings().items() if edition.can_weigh(code))
    return sorted(found, key=lambda one: one[1])
