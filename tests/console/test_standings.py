"""Where every agency stands, as lists and counts show it: the rules of the report under names for filters."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import event, select

from kybaocao.console.facts.standings import Age, Choice, Standings, State, read_all, read_standings, select_rows
from kybaocao.console.scope import Scope, open_scope
from kybaocao.figures.timeliness import judge_everyone
from kybaocao.home import Home
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.untaken_files import list_untaken
from kybaocao.store.database import open_store
from kybaocao.store.submissions import list_submissions
from kybaocao.store.tables import arrivals
from tests.conftest import CYCLE
from tests.console.conftest import ACCOUNTS


def look(watched: frozenset[str] | None = None) -> tuple[Scope, Standings]:
    scope = open_scope(CYCLE, ACCOUNTS["xem"])
    scope = Scope(scope.p, scope.account, watched)
    return scope, read_standings(scope)


def test_each_agency_stands_where_the_report_says(played: Home) -> None:
    scope, found = look()
    p = scope.p
    with p.store.read() as connection:
        submissions = list_submissions(connection, CYCLE)
    judged = judge_everyone(p.plan, p.cycle, p.calendar, submissions, p.as_of, list_untaken(p))
    assert [row.timeliness for row in found.rows] == list(judged)


def test_the_played_season_in_states(played: Home) -> None:
    _, found = look()
    assert {row.code: row.state for row in found.rows} == {
        "STC": State.ON_TIME,
        "STP": State.ON_TIME,
        "X-04183": State.RETURNED,
        "HHDN": State.RETURNED,
        "X-03664": State.MISSING,
    }


def test_the_counts_are_exactly_the_rows(played: Home) -> None:
    _, found = look()
    assert sum(found.counts.values()) == len(found.rows) == 5
    assert {state: len(select_rows(found, Choice(standing=state))) for state in found.counts} == found.counts


def test_the_age_counts_from_the_last_change_of_state(played: Home) -> None:
    """Sent back on 21/11 and 11/12, silent since the deadline of 10/12; now is 11/12 at 8:00."""
    _, found = look()
    ages = {code: found.age_of(row) for code in ("X-04183", "HHDN", "X-03664") if (row := found.find(code))}
    assert ages == {"X-04183": Age.LONGER, "HHDN": Age.UNDER_A_DAY, "X-03664": Age.TO_THREE}


def test_what_sent_the_newest_file_back_is_named(played: Home) -> None:
    _, found = look()
    row = found.find("HHDN")
    assert row is not None and [one.code for one in row.causes] == ["late-without-reason"]


def test_a_search_needs_no_marks(played: Home) -> None:
    _, found = look()
    assert [row.code for row in select_rows(found, Choice(asked="muong lam"))] == ["X-04183"]


def test_who_watches_some_agencies_sees_and_counts_only_these(played: Home) -> None:
    _, found = look(frozenset({"STC", "X-03664"}))
    assert ([row.code for row in found.rows], found.expected, found.accepted) == (["STC", "X-03664"], 2, 1)


def test_only_who_something_is_about_is_judged_again(own: Home) -> None:
    scope, before = look()
    with open_store(own).write() as connection:
        row = dict(connection.execute(select(arrivals).where(arrivals.c.agency == "X-04183")).mappings().first() or {})
        del row["id"]
        row |= {"agency": "X-03664", "verdict": None, "judged_at": None, "findings": "[]"}
        connection.execute(arrivals.insert().values(**row))
    _, after = look()
    assert {one.code for one in after.rows if one is not before.find(one.code)} == {"X-03664"}
    assert [row.state for row in after.rows if row.code == "X-03664"] == [State.RECEIVED]
    with open_store(own).write() as connection:
        mine = (arrivals.c.agency == "X-03664") & (arrivals.c.verdict.is_(None))
        judged = {"verdict": "accepted", "judged_at": scope.p.as_of}
        connection.execute(arrivals.update().where(mine).values(**judged))
    assert [row.state for row in look()[1].rows if row.code == "X-03664"] == [State.ON_TIME]


@pytest.mark.parametrize("days", [-20, -10, -2, 1, 9])
def test_on_another_day_everyone_is_judged_anew(played: Home, days: int) -> None:
    """Days before the last pass, too: what came in later is not there yet."""
    look()
    p = Pass.begin(CYCLE, look()[0].p.as_of + dt.timedelta(days=days), home=played)
    with p.store.read() as connection:
        submissions = list_submissions(connection, CYCLE)
    judged = judge_everyone(p.plan, p.cycle, p.calendar, submissions, p.as_of, list_untaken(p))
    assert [row.timeliness for row in read_all(p).rows] == list(judged)


def test_while_nothing_changes_the_store_is_asked_once_whether_it_did(played: Home) -> None:
    scope, _ = look()
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(scope.p.store.engine, "before_cursor_execute", note)
    read_standings(scope)
    event.remove(scope.p.store.engine, "before_cursor_execute", note)
    selected = [one for one in asked if one.startswith("SELECT")]
    assert len(selected) == 1 and "FROM changes" in selected[0]
