"""Lượt này: what one pass did, as the tab of a run in Airflow shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse

from kybaocao.console.facts.memory import Memory
from kybaocao.console.facts.passes import PassFacts, describe_pass, gather_pass
from kybaocao.console.guards import Guards
from kybaocao.console.listing import cut_page, find_rows
from kybaocao.console.page import Page
from kybaocao.console.pages.scoped import find_scope
from kybaocao.console.scope import Scope
from kybaocao.stages.support.outcomes import WAITING, load_words
from kybaocao.stages.support.passes import Pass
from kybaocao.store.passes import PassRecord, list_newest_passes

RECENT = 20  # passes that the page offers
NEW = "moi"
FORMS = "bieu_mau"
LISTS = ("tep", "thu", "nhac", FORMS)  # what the query calls its lists: files, letters, reminders, forms
_finished: Memory[PassFacts | None] = Memory(most=4, is_large=True)  # one may have done tens of thousands of things


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter()
    find = find_scope(guards)

    @router.get("/ky/{dag_id}/luot", dependencies=[Depends(guards.see_cycle)], response_class=HTMLResponse)
    def show_pass(
        request: Request,
        run: str = "",
        phan: str = "",
        loc: str = "",
        q: str = "",
        trang: int = 1,
        scope: Scope = Depends(find),  # noqa: B008
    ) -> HTMLResponse:
        page, p = Page(request), scope.p
        with p.store.read() as connection:
            recent = list_newest_passes(connection, p.cycle.id, RECENT)
        run = run or (recent[0].run if recent else "")
        facts = _gather(scope, run, recent) if run else None
        if facts is None and run:
            raise HTTPException(404, page.words("passes_unknown", run=run))
        lists: dict[str, Sequence[Any]] = (
            dict(zip(LISTS, (facts.files, facts.letters, facts.reminders, facts.forms_issued), strict=True))
            if facts
            else {}
        )
        chosen = phan if phan in lists else next((name for name, rows in lists.items() if rows), LISTS[0])
        rows = _select(list(lists.get(chosen, ())), loc if chosen == LISTS[0] else "")
        if chosen == FORMS:
            rows = _name_forms(p, rows)
        return page.render(
            "passes.html",
            title=page.words("passes_title"),
            cycle=p.cycle,
            facts=facts,
            summary=describe_pass(facts) if facts and scope.watched is None else "",
            recent=_name_once(recent),
            counts={name: len(found) for name, found in lists.items()},
            chosen=chosen,
            listing=cut_page(find_rows(rows, q, _list_words) if q.strip() else rows, trang),
            verdicts=load_words()["ket_qua"],
            is_whole=scope.watched is None,
            q=q,
            loc=loc,
            zone=p.plan.timezone,
        )

    return router


def _gather(scope: Scope, run: str, recent: Sequence[PassRecord]) -> PassFacts | None:
    """What a pass did never changes once it is over: it is gathered once."""
    p = scope.p
    record = next((one for one in recent if one.run == run), None)
    if record is not None and record.ended_at is not None:
        key = (p.home.root, p.cycle.id, run, record.id, record.ended_at)
        facts = _finished.recall(key, lambda: gather_pass(p, p.cycle.id, run))
    else:
        facts = gather_pass(p, p.cycle.id, run)
    if facts is None or scope.watched is None:
        return facts
    return replace(
        facts,
        actor="",
        forms_issued=tuple(scope.select(facts.forms_issued)),
        files=tuple(one for one in facts.files if scope.sees(one.agency)),
        letters=tuple(one for one in facts.letters if scope.sees(one.agency)),
        reminders=tuple(one for one in facts.reminders if scope.sees(one.agency)),
        versions=(),
    )


class IssuedForm(NamedTuple):
    """A form that the pass put into an agency's folder."""

    agency: str
    agency_name: str


def _name_forms(p: Pass, agencies: Sequence[str]) -> list[IssuedForm]:
    """An agency of an earlier plan has only its code."""
    found = ((code, p.plan.agencies.get(code)) for code in agencies)
    return [IssuedForm(code, agency.name if agency else code) for code, agency in found]


def _select(rows: Sequence[Any], choice: str) -> list[Any]:
    """All of them; of files those that came in with the pass (NEW), or the forms with one verdict."""
    if choice == NEW:
        return [one for one in rows if one.came_in]
    return [one for one in rows if not choice or (one.is_form and str(one.verdict or WAITING) == choice)]


def _name_once(recent: Sequence[PassRecord]) -> list[PassRecord]:
    """A run that was cleared begins again under its name."""
    return list({one.run: one for one in reversed(recent)}.values())[::-1]


def _list_words(row: Any) -> str:
    named = ("agency", "agency_name", "file_name", "subject", "step_name")
    return " ".join(str(getattr(row, name, "")) for name in named)
