"""Recollection: what an agency has said before, for the rules that compare."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from kybaocao.form.edition import COMPARING
from kybaocao.intake.background import NOTHING_KNOWN, Background, Key
from kybaocao.passes import Pass
from kybaocao.store.arrivals import Arrival, latest_accepted

NUMBER = "n"


def recall_background(p: Pass, agency: str, accepted: Arrival | None) -> Background:
    """The agency's accepted figures of the previous cycle, and the figures it has explained, then or since.

    `accepted` is the version in force in this cycle.  Without a store nothing is known.
    """
    if not p.home.has_store:
        return NOTHING_KNOWN
    previous = None
    if p.cycle.previous is not None:
        with p.store.read() as connection:
            previous = latest_accepted(connection, p.cycle.previous, agency)
    versions = [version for version in (previous, accepted) if version is not None]
    return Background(_list_figures(previous) if previous else {}, _list_explained(p, versions))


def _list_figures(version: Arrival) -> dict[Key, Decimal]:
    return {
        (table, row, column): Decimal(value)
        for table, row, column, _, _, _, kind, value, *_ in json.loads(version.answers)
        if kind == NUMBER
    }


def _list_explained(p: Pass, versions: Iterable[Arrival]) -> dict[Key, frozenset[Decimal]]:
    explained_in = {
        (table.id, column): check.explained_in
        for _, table in p.plan.require_edition().tables
        for check in table.checks
        if check.kind in COMPARING
        for column in check.fields
    }
    found: dict[Key, set[Decimal]] = defaultdict(set)
    for version in versions:
        said = {(table, row, column) for table, row, column, *_ in json.loads(version.answers)}
        for (table, row, column), figure in _list_figures(version).items():
            explanation = explained_in.get((table, column))
            if explanation is not None and (table, row, explanation) in said:
                found[(table, row, column)].add(figure)
    return {key: frozenset(figures) for key, figures in found.items()}
