"""Difficulties and recommendations; agencies that wrote the same thing stand in one entry."""

from __future__ import annotations

import re

import pandas as pd

from kybaocao.figures.cells import list_open_rows
from kybaocao.figures.snapshot import Difficulty
from kybaocao.plan.plan import Plan
from kybaocao.vietnamese import clean_text, sort_key

_COMPARED = ("muc", "noi_dung", "kien_nghi", "noi_kien_nghi", "tinh_trang")


def merge_difficulties(plan: Plan, cells: pd.DataFrame) -> tuple[Difficulty, ...]:
    """By section of the plan; in a section, those of most agencies first."""
    merged: dict[tuple[str, ...], list[str]] = {}
    first: dict[tuple[str, ...], dict[str, str]] = {}
    for agency, row in list_open_rows(plan, cells, "vuong_mac"):
        key = tuple(clean_text(row.get(column, "")).casefold().rstrip(".") for column in _COMPARED)
        first.setdefault(key, row)
        if agency not in merged.setdefault(key, []):
            merged[key].append(agency)
    entries = [
        Difficulty(
            section=_read_section(row.get("muc", "")),
            agencies=tuple(merged[key]),
            content=row.get("noi_dung", ""),
            cause_kind=row.get("loai_nguyen_nhan", ""),
            cause=row.get("nguyen_nhan", ""),
            recommendation=row.get("kien_nghi", ""),
            addressee=row.get("noi_kien_nghi", ""),
            standing=row.get("tinh_trang", ""),
        )
        for key, row in first.items()
    ]
    return tuple(sorted(entries, key=lambda e: (e.section, -len(e.agencies), sort_key(e.content))))


def _read_section(text: str) -> int:
    """ "III.4" -> 4; 0 where the form does not ask for the section."""
    digits = re.search(r"\d+$", text)
    return int(digits[0]) if digits else 0
