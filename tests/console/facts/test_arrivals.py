"""What came in, kept in memory: what is new is seen, what is not new is not read again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import delete, event, func, select, update

from kybaocao.console.facts.arrivals import Arrivals, read_arrivals
from kybaocao.console.scope import open_scope
from kybaocao.home import Home
from kybaocao.store.audit import record_action
from kybaocao.store.database import open_store
from kybaocao.store.forms import list_issued
from kybaocao.store.tables import changes, issued_forms
from tests.conftest import CYCLE
from tests.console.conftest import ACCOUNTS

AT = dt.datetime(2026, 12, 11, 3, tzinfo=dt.UTC)


def read() -> Arrivals:
    p = open_scope(CYCLE, ACCOUNTS["xem"]).p
    return read_arrivals(p.home, p.store, p.plan, CYCLE)


def change(home: Home, *statements: Any) -> None:
    """Something else happens beside it, as always; what is noted of it may be shortened afterwards."""
    with open_store(home).write() as connection:
        for statement in statements:
            if statement is not FORGET:
                connection.execute(statement)
        record_action(connection, "call-noted", at=AT, cycle=CYCLE, agency="STC")
    if any(one is FORGET for one in statements):
        with open_store(home).write() as connection:
            newest = connection.scalar(select(func.max(changes.c.id)))
            connection.execute(delete(changes).where(changes.c.id < newest))


FORGET = "forget"
MINE = (issued_forms.c.cycle == CYCLE) & (issued_forms.c.agency == "STC")
CHANGES: dict[str, tuple[Any, ...]] = {
    "nothing": (),
    "issued again, by a clock that was set back": (
        update(issued_forms).where(MINE).values(issued_at=AT - dt.timedelta(days=900)),
    ),
    "taken away": (delete(issued_forms).where(MINE),),
    "issued again, and no longer noted": (update(issued_forms).where(MINE).values(issued_at=AT), FORGET),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_moments_of_forms_are_those_of_the_store(own: Home, name: str) -> None:
    read()
    change(own, *CHANGES[name])
    with open_store(own).read() as connection:
        assert read().issued == list_issued(connection, CYCLE)


def test_forms_are_not_read_again_when_none_was_issued(own: Home) -> None:
    read()
    change(own)
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    engine = open_scope(CYCLE, ACCOUNTS["xem"]).p.store.engine
    event.listen(engine, "before_cursor_execute", note)
    read()
    event.remove(engine, "before_cursor_execute", note)
    assert any("FROM sightings" in one for one in asked) and not any("FROM issued_forms" in one for one in asked)
