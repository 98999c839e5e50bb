"""Tình hình nộp: who has reported in a cycle, who has not, and since when."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from kybaocao.console.charts import Bar, Line, draw_arrivals, draw_bars
from kybaocao.console.csv_file import answer_csv
from kybaocao.console.facts.season import count_causes, count_groups, trace_season
from kybaocao.console.facts.standings import (
    FILTERS,
    Age,
    Choice,
    Standings,
    State,
    read_standings,
    select_rows,
)
from kybaocao.console.facts.submissions import Submission, describe_rows
from kybaocao.console.facts.today import find_due_step
from kybaocao.console.guards import Guards
from kybaocao.console.listing import cut_page
from kybaocao.console.page import Page
from kybaocao.console.pages.scoped import find_scope
from kybaocao.console.scope import Scope
from kybaocao.plan.agencies import AgencyKind
from kybaocao.vietnamese import format_date, format_number, write_date

TONES = {
    State.ON_TIME: "good",
    State.ON_TIME_EMPTY: "warn",
    State.LATE: "warn",
    State.LATE_EMPTY: "warn",
    State.RECEIVED: "wait",
    State.RETURNED: "bad",
    State.MISSING: "bad",
}
# The tabs of a task of Airflow: what the task is about. The others lead to what their run did.
_OF_REPORT = ("compile_report", "approve", "sign", "publish_", "submit_")
_OF_TASKS = (("deliver_mail", "thu"), ("aggregate", "chi-tieu"), *((task, "bao-cao") for task in _OF_REPORT))


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/ky/{dag_id}", dependencies=[Depends(guards.see_cycle)], response_class=HTMLResponse)
    def show_submissions(
        request: Request,
        choice: Annotated[Choice, Depends(read_choice)],
        scope: Scope = Depends(find_scope(guards)),  # noqa: B008
        run: str = "",
        ti: str = "",
        trang: int = 1,
        dinh_dang: str = "",
    ) -> Response:
        page, p = Page(request), scope.p
        if place := choose_tab(run, ti, lambda *row: guards.find_row_agency(p.cycle.id, run, *row)):
            return RedirectResponse(page.link(f"ky/{quote(p.cycle.id)}/{place}"), 303)
        found = read_standings(scope)
        due = find_due_step(p, found, choice.step) if choice.step else None
        if due is not None:
            choice = replace(choice, of_step=due.agencies or frozenset())
        rows = select_rows(found, choice)
        if dinh_dang == "csv":
            return _write_csv(page, scope, found, describe_rows(p, found, rows))
        listing = cut_page(rows, trang)
        return page.render(
            "submissions.html",
            title=p.cycle.title,
            cycle=p.cycle,
            zone=p.plan.timezone,
            p=p,
            found=found,
            choice=choice,
            step_name=(due and due.name) or page.words.find(f"overview_step_{choice.step}") or choice.step,
            is_filtered=choice != Choice(),
            listing=listing,
            rows=describe_rows(p, found, listing.rows),
            states=Counter(row.state for row in select_rows(found, replace(choice, standing=""))),
            groups=Counter(row.agency.kind for row in select_rows(found, replace(choice, group=""))),
            ages=Counter(found.age_of(row) for row in select_rows(found, replace(choice, age=""))),
            causes=count_causes(scope, found),
            charts=_draw_charts(page, scope, found),
            tones=TONES,
            State=State,
            Age=Age,
            kinds=tuple(AgencyKind),
        )

    return router


def read_choice(
    tinh_trang: Annotated[str, Query()] = "",
    nhom: str = "",
    tuoi: str = "",
    ly_do: str = "",
    tung_loi: str = "",
    thieu: str = "",
    qua_han: bool = False,
    buoc: Annotated[str, Query(max_length=40)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
) -> Choice:
    """The filters of the address; a name that no filter has leaves nothing, not everything."""
    return Choice(tinh_trang, nhom, tuoi, ly_do, tung_loi, thieu, qua_han, buoc, asked=q)


def choose_tab(run: str, ti: str, find_agency: Callable[[str, int], str]) -> str:
    """Where a tab of Airflow leads, below the page of the cycle; "" to this page. `ti`: "validate.3"."""
    task, _, number = ti.rpartition(".")
    for name, place in _OF_TASKS:
        if task.startswith(name):
            return place
    if not run:
        return ""
    if number.isdecimal() and (agency := find_agency(task, int(number))):
        return f"co-quan/{quote(agency, safe='')}"
    return f"luot?run={quote(run, safe='')}" + (f"&ti={quote(ti, safe='')}" if ti else "")


def _draw_charts(page: Page, scope: Scope, found: Standings) -> list[tuple[str, Markup]]:
    """(sentence, chart) each."""
    if found.arrivals.stamp is None or not found.rows:
        return []
    t, p = page.words, scope.p
    season = trace_season(scope, found)
    lines = [Line(t("submissions_this_cycle"), season.now, "now")]
    if season.before:
        lines.insert(0, Line(t("submissions_last_cycle"), season.before, "before"))
    begin = p.cycle.opens.date
    step = max(1, round(season.length / 6))
    ticks = [(float(day), f"{begin + dt.timedelta(days=day):%d/%m}") for day in range(0, int(season.length) + 1, step)]
    accepted, on_time, expected = map(format_number, (found.accepted, found.on_time, found.expected))
    said = t("submissions_arrivals", count=accepted, expected=expected, due=write_date(p.cycle.due_on))
    charts = [(said, draw_arrivals(said, lines, (season.deadline, t("submissions_due")), ticks))]
    bars = [
        Bar(t(f"submissions_group_{kind}"), list(_divide(page, scope, kind, states)))
        for kind, states in count_groups(found)
    ]
    said = t("submissions_by_group", count=on_time, expected=expected)
    return [*charts, (said, draw_bars(said, bars))]


def _divide(
    page: Page, scope: Scope, kind: AgencyKind, states: dict[State, int]
) -> Iterator[tuple[str, str, int, str]]:
    """Parts of a group's bar, each a link to its rows."""
    parts = (
        ("good", "on_time"),
        ("empty", "on_time_empty"),
        ("late", "accepted_late"),
        ("wait", "received"),
        ("back", "returned"),
        ("none", "silent"),
    )
    for tone, name in parts:
        count = sum(states.get(state, 0) for state in FILTERS[name])
        href = page.link(f"ky/{scope.p.cycle.id}", tinh_trang=name, nhom=kind.value)
        yield tone, page.words(f"submissions_state_{name}"), count, href


def _write_csv(page: Page, scope: Scope, found: Standings, rows: Sequence[Submission]) -> Response:
    t, zone = page.words, scope.p.plan.timezone
    headings = [
        t(f"submissions_{name}")
        for name in ("code", "agency", "group", "state", "since", "days", "due", "received", "late_days", "late_reason")
    ]
    headings += [
        t(f"submissions_{name}") for name in ("versions", "returned", "cause", "missing", "reminder", "contact")
    ]
    return answer_csv(
        f"tinh-hinh-nop_{scope.p.cycle.id}", headings, (_list_cells(page, found, zone, row) for row in rows)
    )


def _list_cells(page: Page, found: Standings, zone: dt.tzinfo, row: Submission) -> list[Any]:
    one, t = row.standing, page.words

    def local(moment: dt.datetime | None) -> str:
        return f"{moment.astimezone(zone):%d/%m/%Y %H:%M}" if moment else ""

    return [
        one.code,
        one.agency.name,
        t(f"submissions_group_{one.agency.kind}"),
        t(f"submissions_state_{one.state}"),
        local(one.since),
        found.days_of(one),
        format_date(one.due_on),
        local(one.timeliness.received_at),
        one.timeliness.late_working_days or "",
        one.late_reason if one.timeliness.is_late else "",
        one.timeliness.version_count,
        one.timeliness.returned_count,
        one.causes[0].title if one.causes else "",
        "; ".join(row.missing),
        f"{row.reminder.name}, {local(row.reminder.at)}" if row.reminder else "",
        f"{row.contact.person}, {row.contact.phone or row.contact.email}" if row.contact else "",
    ]
