"""The documents that agencies issued to carry the plan out."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from kybaocao.figures.cells import list_open_rows
from kybaocao.figures.snapshot import IssuedDocument
from kybaocao.plan.plan import Plan


def list_issued_documents(plan: Plan, cells: pd.DataFrame) -> tuple[IssuedDocument, ...]:
    return tuple(
        IssuedDocument(
            agency=agency,
            number=row.get("so_ky_hieu", ""),
            dated=dt.date.fromisoformat(row["ngay"]) if "ngay" in row else None,
            issuer=plan.agencies[agency].name,
            subject=row.get("trich_yeu", ""),
            task=row.get("nhiem_vu", ""),
        )
        for agency, row in list_open_rows(plan, cells, "van_ban")
    )
