"""Forms that were issued: one row for each agency of a cycle, written together with its opening letter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import Connection, select

from kybaocao.store.tables import issued_forms


def list_issued(connection: Connection, cycle: str, agencies: Collection[str] | None = None) -> dict[str, dt.datetime]:
    """agency -> when its form was issued: from then on it is asked for its report; of `agencies`, where given."""
    query = select(issued_forms.c.agency, issued_forms.c.issued_at).where(issued_forms.c.cycle == cycle)
    if agencies is not None:
        query = query.where(issued_forms.c.agency.in_(agencies))
    return {row.agency: row.issued_at for row in connection.execute(query)}


def list_ever_issued(connection: Connection) -> list[tuple[str, str]]:
    """(cycle, agency) of every form that was ever issued, whichever plan it belongs to."""
    query = select(issued_forms.c.cycle, issued_forms.c.agency)
    return [(row.cycle, row.agency) for row in connection.execute(query)]
