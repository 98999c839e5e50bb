"""An independent computation of what the season must come to, from what the agencies meant to say.

It shares no code with the checks or the figures: it never opens a workbook, and adds with fractions.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from kybaocao.demo.figures import Answers
from kybaocao.demo.season import Season
from kybaocao.plan.plan import Plan
from kybaocao.store.reports import BO_TAI_CHINH

_PAIRS = {
    "ty_le": ("tu_so_luy_ke", "mau_so_luy_ke"),
    "ty_le_ton": ("tu_so_luy_ke", "mau_so_luy_ke"),
    "so_luong": ("thuc_hien", None),
    "tang_truong": ("nam_nay", "nam_truoc"),
    "thu_hang": ("hang", "hang_truoc"),
    "so_sanh": ("ky_nay", "ky_truoc"),
}


def expect_indicators(
    plan: Plan, reported: Mapping[str, Answers]
) -> dict[str, tuple[Fraction | None, Fraction | None]]:
    """Target or part -> (numerator, denominator) summed over `reported`: agency -> its last accepted answers.

    A target in parts that are judged one by one has no figure of its own.
    """
    rows = [row for indicator in plan.indicators for row in (indicator.id, *(part.id for part in indicator.parts))]
    tops: dict[str, list[Fraction]] = {row: [] for row in rows}
    bases: dict[str, list[Fraction]] = {row: [] for row in rows}
    for answers in reported.values():
        for (table, row, column), value in answers.items():
            if row not in tops or table not in _PAIRS:
                continue
            top, base = _PAIRS[table]
            if column == top:
                tops[row].append(Fraction(str(value)))
            elif column == base:
                bases[row].append(Fraction(str(value)))
    return {row: (_add(tops[row]), _add(bases[row])) for row in rows}


def _add(figures: list[Fraction]) -> Fraction | None:
    return sum(figures, Fraction(0)) if figures else None


def compare(plan: Plan, season: Season, reported: Mapping[str, Answers], summary: Mapping[str, Any]) -> list[str]:
    """Every difference between the published outcome and this computation; empty when they agree."""
    differences = []
    expected = len(plan.expected)
    accepted = expected - len(season.silent) - len(season.unexplained)
    wanted = {
        "expected": expected,
        "accepted": accepted,
        "missing": len(season.silent),
        "late": len(season.late),
        "on_time": accepted - len(season.late),
        "returned": len(season.returned),
        "returned_open": len(season.unexplained),
        "exempt": 0,
    }
    for key, value in wanted.items():
        if summary[key] != value:
            differences.append(f"{key}: published {summary[key]}, computed {value}")
    complete = [(item["release"], item["is_complete"]) for item in summary["publications"]]
    if complete.count((BO_TAI_CHINH, True)) != 1:
        differences.append(f"the ministry must have the report once, complete; published: {complete}")
    for indicator, (top, base) in expect_indicators(plan, reported).items():
        published = summary["figures"][indicator]
        for name, figure in (("numerator", top), ("denominator", base)):
            shown = None if published[name] is None else Fraction(published[name])
            if shown != figure:
                differences.append(f"{indicator} {name}: published {shown}, computed {figure}")
    return differences
