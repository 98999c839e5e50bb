"""History: what an agency reported before, for the rules that compare."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from sqlalchemy import Connection

from kybaocao.answers.packing import Packed
from kybaocao.checks.background import NOTHING_KNOWN, Background, Figures, Key
from kybaocao.findings import Severity, shorten
from kybaocao.form.layout import FormLayout, build_layout
from kybaocao.imported.results import IMPORTED, find_imported_version
from kybaocao.inbox.submission import Submission
from kybaocao.plan.form_edition import COMPARING, COPYING, SHARE, WORK
from kybaocao.stages.support.passes import Pass
from kybaocao.store.submissions import latest_accepted
from kybaocao.vietnamese import format_number

NUMBER = "n"
SHOWN = 140  # characters of a text of the previous cycle


def recall_background(p: Pass, agency: str, accepted: Submission | None) -> Background:
    """The agency's accepted figures of the previous cycle, and the figures it has explained, then or since.

    `accepted` is the version in force in this cycle.  Without a store nothing is known.
    """
    if not p.home.has_store:
        return NOTHING_KNOWN
    with p.store.read() as connection:
        previous = recall_previous(connection, p, agency)
    versions = [version for version in (previous, accepted) if version is not None]
    layout = build_layout(p.plan, p.cycle.id, agency)
    figures = _list_figures(previous, layout) if previous else {}
    return Background(figures, _list_explained(p, versions, layout), name_typist(p, previous))


def describe_previous(p: Pass, agency: str) -> dict[str, str]:
    """Task or obligation -> what the agency reported on it in the previous cycle: status, progress, reason, result."""
    with p.store.read() as connection:
        previous = recall_previous(connection, p, agency)
    if previous is None:
        return {}
    tasks = {table.id for _, table in p.plan.require_edition().tables if table.source in WORK}
    said: dict[str, dict[str, str]] = {}
    for table, row, column, _, _, _, kind, value, *_ in _unpack(previous):
        if table in tasks:
            said.setdefault(row, {})[column] = format_number(Decimal(value)) if kind == NUMBER else value
    return {row: line for row, columns in said.items() if (line := _describe_row(columns))}


def _describe_row(columns: Mapping[str, str]) -> str:
    progress = f" ({columns['ty_le']}%)" if "ty_le" in columns else ""
    status = columns.get("trang_thai", "")
    text = columns.get("ly_do") or columns.get("ket_qua") or ""
    return ". ".join(filter(None, (status and status + progress, shorten(text, SHOWN))))


def recall_previous(connection: Connection, p: Pass, agency: str) -> Submission | None:
    """What the agency reported in the previous cycle: its accepted submission, else what was imported for it."""
    if p.cycle.previous is None:
        return None
    own = latest_accepted(connection, p.cycle.previous, agency)
    return own or find_imported_version(connection, p.cycle.previous, agency)


def name_typist(p: Pass, previous: Submission | None) -> str:
    """Who typed the previous figures from paper, for the agency; "" when it handed them in itself."""
    return p.plan.coordinator if previous is not None and previous.component == IMPORTED else ""


def _list_figures(version: Submission, layout: FormLayout) -> dict[Key, Decimal]:
    return {
        layout.readdress(table, row, column): Decimal(value)
        for table, row, column, _, _, _, kind, value, *_ in _unpack(version)
        if kind == NUMBER
    }


def _list_explained(
    p: Pass, versions: Iterable[Submission], layout: FormLayout
) -> dict[tuple[str, Key], frozenset[Figures]]:
    """The figures behind every warning of an accepted version: it would not be accepted without an answer."""
    checks = {
        (check.code, table.id, column): check
        for _, table in p.plan.require_edition().tables
        for check in table.checks
        if check.kind in COMPARING and check.kind not in COPYING
        for column in check.fields
    }
    found: dict[tuple[str, Key], set[Figures]] = defaultdict(set)
    for version in versions:
        figures = _list_figures(version, layout)
        places = {(sheet, cell): layout.readdress(*key) for *key, sheet, cell in (one[:5] for one in _unpack(version))}
        for finding in json.loads(version.findings):
            key = places.get((finding["sheet"], finding["cell"]))
            check = checks.get((finding["code"], key[0], key[2])) if key else None
            if key is None or check is None or finding["severity"] != Severity.WARNING:
                continue  # a waived warning is a note: nobody has explained it
            columns = check.fields if check.kind == SHARE else key[2:]
            explained = [figures.get((key[0], key[1], column)) for column in columns]
            found[(check.code, key)].add(tuple(figure for figure in explained if figure is not None))
    return {key: frozenset(known) for key, known in found.items()}


def _unpack(version: Submission) -> Packed:
    return json.loads(version.answers)  # type: ignore[no-any-return]
