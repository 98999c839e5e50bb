"""What the pages of one cycle share: its scope, or the page that says that there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Path, Request

from kybaocao.console.guards import Account, Guards
from kybaocao.console.page import mark_sample
from kybaocao.console.scope import Scope, open_scope
from kybaocao.plan.agencies import Agency

MOST = 2**31 - 1
Number = Annotated[int, Path(ge=0, le=MOST)]  # of a row or a version; no store can be asked for a larger one


def find_scope(guards: Guards) -> Callable[..., Scope]:
    """A dependency: the scope of the cycle in the path, for who is logged in. Raises HTTPException 404."""

    def find(request: Request, dag_id: str, account: Account = Depends(guards.identify)) -> Scope:  # noqa: B008 - FastAPI
        try:
            scope = open_scope(dag_id, account)
        except KeyError:
            raise HTTPException(404) from None
        mark_sample(request, scope.p.plan)
        return scope

    return find


def require_agency(scope: Scope, code: str) -> Agency:
    """An agency that must report in the scope's plan. Raises HTTPException: 404 for no such one, 403 for one that
    this account may not see."""
    agency = scope.p.plan.agencies.get(code)
    if agency is None or not agency.is_expected:
        raise HTTPException(404, f"Không có cơ quan phải báo cáo mang mã {code} trong kế hoạch này.")
    if not scope.sees(code):
        raise HTTPException(403)
    return agency


def find_whole_scope(guards: Guards) -> Callable[..., Scope]:
    """The same for pages of the whole cycle. Raises HTTPException 403 for an account that watches some agencies."""

    def find(scope: Scope = Depends(find_scope(guards))) -> Scope:  # noqa: B008 - how FastAPI asks
        if scope.watched is not None:
            raise HTTPException(403)
        return scope

    return find
