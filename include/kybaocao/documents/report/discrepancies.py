"""Figures that count the same thing and differ, in a sentence each: for those who can ask the agencies."""

from __future__ import annotations

from kybaocao.documents.report.source import ReportSource
from kybaocao.figures.snapshot import Discrepancy
from kybaocao.plan.targets import NUMERATOR
from kybaocao.vietnamese import format_number


def describe_discrepancies(source: ReportSource) -> list[str]:
    return [_describe(source, one) for one in source.snapshot.discrepancies]


def _describe(source: ReportSource, one: Discrepancy) -> str:
    words = source.words.targets
    figures = {True: words.numerator, False: words.denominator}
    return words.discrepancy.format(
        ma=one.subject,
        so_nao=figures[one.figure == NUMERATOR],
        so=format_number(one.value),
        ma_kia=one.other,
        so_nao_kia=figures[one.other_figure == NUMERATOR],
        so_kia=format_number(one.other_value),
    )
