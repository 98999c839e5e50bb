"""The card on Airflow's Home: its facts as JSON, and the module that draws them there with Airflow's own React."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse

from kybaocao.console.facts.letters import WAITING
from kybaocao.console.facts.overview import CycleView, read_overview
from kybaocao.console.guards import Account, Guards
from kybaocao.console.page import TEMPLATES, Page
from kybaocao.plan.cycles import Phase


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter()

    @router.get("/the", dependencies=[Depends(guards.see)], include_in_schema=False)
    def read_card(request: Request, account: Account = Depends(guards.identify)) -> dict[str, Any]:  # noqa: B008
        """Texts and numbers in the language of the console, and paths below it."""
        page, found = Page(request), read_overview(account)
        waiting = found.mail.waiting if found.mail else {}
        return {
            "title": page.words("card_title"),
            "open_text": page.words("card_open"),
            "closed_text": page.words("card_closed"),
            "empty_text": page.words("card_empty"),
            "alarm": page.words("card_mail_fails") if found.mail and found.mail.is_failing else "",
            "cycles": [_describe(page, one, waiting.get(one.id, 0)) for one in found.list_phase(Phase.OPEN)],
            "closed": [_describe(page, one, waiting.get(one.id, 0)) for one in found.list_phase(Phase.CLOSED)],
        }

    @router.get("/the.js", dependencies=[Depends(guards.see)], include_in_schema=False)
    def read_card_module() -> FileResponse:
        path = TEMPLATES / "card" / "the.js"
        headers = {"Cache-Control": "private, max-age=600"}
        return FileResponse(path, media_type="text/javascript; charset=utf-8", headers=headers)

    return router


def _describe(page: Page, one: CycleView, waiting: int) -> dict[str, Any]:
    here, found = f"ky/{one.id}", one.standings
    due = [step for step in one.due_steps if not step.is_look]
    names = [
        f"{step.at.astimezone(one.zone):%H:%M} {step.name or page.words(f'overview_step_{step.step}')}" for step in due
    ]
    asking = one.asking[-1] if one.asking else None
    return {
        "title": one.title,
        "path": here,
        "due": "; ".join(names) or page.words("card_nothing_due"),
        "facts": [
            {
                "label": page.words("card_accepted"),
                "value": f"{found.accepted}/{found.expected}",
                "path": f"{here}?tinh_trang=accepted",
            },
            {"label": page.words("card_returned"), "value": found.returned, "path": f"{here}?tinh_trang=returned"},
            {"label": page.words("card_due"), "value": len(due), "path": ""},
            {
                "label": page.words("card_asking"),
                "value": len(one.asking),
                "path": f"{here}/bao-cao/{asking.version}/phe-duyet" if asking else "",
            },
            {"label": page.words("card_waiting"), "value": waiting, "path": f"{here}/thu?trang_thai={WAITING}"},
        ],
    }
