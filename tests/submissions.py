"""Versions of returns as the store keeps them, for tests that need no workbook."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from kybaocao.answers.packing import pack_answers
from kybaocao.answers.reading import Answer, Key
from kybaocao.inbox.submission import Submission
from kybaocao.store.submissions import FORM
from tests.conftest import CYCLE

Value = int | str | Decimal | dt.date


def local(text: str) -> dt.datetime:
    """ "2026-12-09T08:00" in Sơn La"""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


def figures(row: str, numerator: int, denominator: int, *, status: str = "Có số liệu") -> dict[Key, Value]:
    """A cumulative ratio with its status; this period's figures are half of them."""
    cells = {"tu_so_ky": numerator // 2, "mau_so_ky": denominator // 2}
    cells |= {"tu_so_luy_ke": numerator, "mau_so_luy_ke": denominator}
    return {("ty_le", row, "tinh_trang"): status} | {("ty_le", row, column): value for column, value in cells.items()}


def arrive(
    agency: str,
    answers: Mapping[Key, Value] | None = None,
    *,
    at: str = "2026-12-08T08:00",
    verdict: str | None = "accepted",
    version: int = 1,
) -> Submission:
    """One version; a number is kept as a count, whatever its column."""
    cells = {
        key: Answer("Trang", "A1", str(value), Decimal(value) if isinstance(value, int) else value)
        for key, value in (answers or {}).items()
    }
    moment = local(at)
    return Submission(
        id=version,
        cycle=CYCLE,
        agency=agency,
        component=FORM,
        version=version,
        file_name="a.xlsx",
        sha256=f"{agency}-{version}",
        size_bytes=1,
        received_at=moment,
        verdict=verdict,
        judged_at=moment if verdict else None,
        findings="[]",
        answers=json.dumps(pack_answers(cells), ensure_ascii=False) if verdict == "accepted" else "[]",
    )
