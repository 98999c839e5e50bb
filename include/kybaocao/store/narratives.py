"""Hashes of the long texts in accepted submissions: an index finds who wrote the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, distinct, func, select

from kybaocao.store.submissions import insert_ignoring
from kybaocao.store.tables import narratives


def keep_narratives(
    connection: Connection, cycle: str, agency: str, places: Mapping[str, str], since: dt.datetime
) -> None:
    """The texts of the version now in force, digest -> place; one that was there before keeps its date."""
    mine = (narratives.c.cycle == cycle) & (narratives.c.agency == agency)
    connection.execute(delete(narratives).where(mine, narratives.c.digest.not_in(places)))
    for digest, place in places.items():
        insert_ignoring(connection, narratives, cycle=cycle, agency=agency, digest=digest, place=place, since=since)


def find_authors(
    connection: Connection, cycle: str, digests: Collection[str], until: dt.datetime
) -> dict[str, frozenset[str]]:
    """digest -> agencies whose accepted return came in with it until a moment."""
    query = select(narratives.c.digest, narratives.c.agency).where(
        narratives.c.cycle == cycle, narratives.c.digest.in_(digests), narratives.c.since <= until
    )
    found: dict[str, frozenset[str]] = {}
    for digest, agency in connection.execute(query) if digests else ():
        found[digest] = found.get(digest, frozenset()) | {agency}
    return found


def list_shared_narratives(connection: Connection, cycle: str) -> list[list[tuple[str, str]]]:
    """For every text that more than one agency has in force: (agency, place) of each, the first to have it first."""
    shared = (
        select(narratives.c.digest)
        .where(narratives.c.cycle == cycle)
        .group_by(narratives.c.digest)
        .having(func.count(distinct(narratives.c.agency)) > 1)
    )
    query = (
        select(narratives.c.digest, narratives.c.agency, narratives.c.place)
        .where(narratives.c.cycle == cycle, narratives.c.digest.in_(shared))
        .order_by(narratives.c.since, narratives.c.agency)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for digest, agency, place in connection.execute(query):
        found.setdefault(digest, []).append((agency, place))
    return list(found.values())
