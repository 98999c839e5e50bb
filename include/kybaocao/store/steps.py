"""Steps of the chase that were taken, one row each."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, select

from kybaocao.store.arrivals import insert_ignoring
from kybaocao.store.tables import steps


def list_steps(connection: Connection, cycle: str) -> dict[str, set[tuple[str, int]]]:
    """agency -> {(rung, repetition)}"""
    taken: dict[str, set[tuple[str, int]]] = {}
    for row in connection.execute(select(steps).where(steps.c.cycle == cycle)):
        taken.setdefault(row.agency, set()).add((row.rung, row.repetition))
    return taken


def agencies_at(connection: Connection, cycle: str, rung: str, repetition: int) -> list[str]:
    query = select(steps.c.agency).where(steps.c.cycle == cycle, steps.c.rung == rung, steps.c.repetition == repetition)
    return sorted(connection.scalars(query))


def take_step(
    connection: Connection,
    cycle: str,
    agency: str,
    rung: str,
    repetition: int,
    *,
    due_at: dt.datetime,
    at: dt.datetime,
) -> bool:
    """Record a step; False when it was taken before."""
    return insert_ignoring(
        connection,
        steps,
        cycle=cycle,
        agency=agency,
        rung=rung,
        repetition=repetition,
        due_at=due_at,
        taken_at=at,
    )
