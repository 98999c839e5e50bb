"""A page: a template in the console's frame, in the reader's language, light or dark as Airflow is.

    page = Page(request)
    return page.render("submissions.html", title=page.words("submissions_title"), rows=rows)

Templates stand in include/templates/console; everything put into them is escaped.
"""

from __future__ import annotations

import datetime as dt
import functools
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kybaocao.console.outcome import forget_outcome, read_outcome
from kybaocao.console.wording import Words, choose_language
from kybaocao.plan.plan import Plan
from kybaocao.vietnamese import format_moment, format_number, format_percent, write_date

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "console"
LANGUAGE = "kybaocao_ngon_ngu"  # the cookie that keeps the choice


class Page:
    """What every page has: where it stands, whose words it speaks. `request`: of the sub-application."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.words = Words(choose_language(request.query_params.get("lang") or request.cookies.get(LANGUAGE)))

    @property
    def is_sample(self) -> bool:
        """Whether something on it comes from a plan of invented people and figures."""
        return getattr(self.request.state, "is_sample", False)

    @property
    def root(self) -> str:
        """The path under which the console is mounted, with the prefix of a proxy: "/kybaocao"."""
        return str(self.request.scope.get("root_path", ""))

    def link(self, path: str = "", **query: object) -> str:
        """A path of the console with a query; empty values are left out."""
        kept = {key: value for key, value in query.items() if value not in (None, "", False)}
        return f"{self.root}/{path}" + (f"?{urlencode(kept, doseq=True)}" if kept else "")

    def link_here(self, **query: object) -> str:
        """This page with some of its query changed: a filter, another page of a list, the other language."""
        path = self.request.url.path.removeprefix(self.root).lstrip("/")
        return self.link(path, **{**self.request.query_params, **query})

    def link_airflow(self, path: str) -> str:
        """An address of Airflow's public API, beside which the console is mounted."""
        return f"{self.root.rpartition('/')[0]}/api/v2/{path}"

    def render(self, template: str, *, title: str, status: int = 200, cycle: Any = None, **values: Any) -> HTMLResponse:
        """`cycle`: the Cycle that the page is about, for the frame; `values`: what the template names."""
        outcome = read_outcome(self.request)
        html = (
            load_templates()
            .get_template(template)
            .render(page=self, words=self.words, t=self.words, title=title, cycle=cycle, outcome=outcome, **values)
        )
        answer = HTMLResponse(html, status)
        if outcome:
            forget_outcome(answer, self.root)
        if (asked := self.request.query_params.get("lang")) is not None:
            answer.set_cookie(LANGUAGE, choose_language(asked), path=self.root or "/", samesite="lax", httponly=True)
        return answer


def mark_sample(request: Request, plan: Plan) -> None:
    """Let the page that answers `request` say that its data are invented, where the plan says so."""
    if plan.header.is_sample_data:
        request.state.is_sample = True


@functools.cache
def load_templates() -> Environment:
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.filters.update(
        day=write_date,
        moment=_format_local,
        number=_format_figure,
        percent=format_percent,
        share=write_share,
        hours=write_hours,
        round_figure=_round_figure,
    )
    return found


def _format_local(moment: dt.datetime | None, zone: dt.tzinfo) -> str:
    """ "14:05 ngày 08/12/2026" in the plan's zone, or a dash."""
    return format_moment(moment.astimezone(zone)) if moment else "–"


def _format_figure(value: Decimal | int | None) -> str:
    return "–" if value is None else format_number(value)


def write_hours(hours: float) -> str:
    """ "7,5": with one place below ten, none above."""
    return format_number(Decimal(hours), 1 if hours < 10 else 0)


def _round_figure(value: Decimal) -> str:
    """Two places at most, and as many more as a small figure needs to be none."""
    places = next((one for one in (2, 4, 6) if round(value, one)), None)
    return format_number(value if places is None else round(value, places))


def write_share(part: int, whole: int) -> str:
    """A count as per cent of another, with one place; a dash of nothing. Never above 100 %."""
    return format_percent(min(Decimal(part) / whole, Decimal(1)) * 100) if whole else "–"
