"""Results of a cycle that was run by hand: every version that was imported, the newest in force."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

from sqlalchemy import Connection, insert, select

from kybaocao.answers.packing import Packed
from kybaocao.store.tables import result_imports

PROVINCE = ""  # in place of an agency's code: figures of the whole province


@dataclass(frozen=True)
class ResultImport:
    """One imported workbook, or (without a file) the withdrawal of the one before."""

    cycle: str
    version: int
    file_name: str
    sha256: str
    size_bytes: int
    imported_at: dt.datetime
    imported_by: str
    reason: str
    answers: str

    @cached_property
    def by_agency(self) -> Mapping[str, Packed]:
        """Agency (or `PROVINCE`) -> its answers, under the keys of the form."""
        found: Mapping[str, Packed] = json.loads(self.answers)
        return found


def list_imports(connection: Connection, cycle: str) -> list[ResultImport]:
    """Every version of a cycle, oldest first."""
    query = select(result_imports).where(result_imports.c.cycle == cycle).order_by(result_imports.c.version)
    return [ResultImport(**row._mapping) for row in connection.execute(query)]


def find_import(connection: Connection, cycle: str) -> ResultImport | None:
    """The version in force; None when nothing was imported or the import was withdrawn."""
    query = select(result_imports).where(result_imports.c.cycle == cycle)
    row = connection.execute(query.order_by(result_imports.c.version.desc()).limit(1)).first()
    return ResultImport(**row._mapping) if row is not None and row.sha256 else None


def add_import(connection: Connection, one: ResultImport) -> None:
    """Record a version. Two that are recorded at once cannot both get the same number."""
    connection.execute(insert(result_imports).values(asdict(one)))
