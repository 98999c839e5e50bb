"""Where the figures of a report come from, cell by cell; and the note on those typed from paper."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from kybaocao.documents.model import Cell, Row
from kybaocao.documents.report.source import ReportSource, capitalise, clean, count
from kybaocao.figures.snapshot import IndicatorResult, Origin
from kybaocao.imported.words import describe_source
from kybaocao.vietnamese import format_number


def list_origins(source: ReportSource) -> Iterator[Row]:
    """Every cell of every kept file that a figure of this report was read from; what was imported is marked.

    One after the other: 3,800 agencies have 76,000 of them.
    """
    names = {indicator.id: indicator.name for indicator in source.plan.indicators}
    for result in _list_results(source):
        for origin in _list_sources(result):
            yield Row(
                (
                    Cell(result.id),
                    Cell(names[result.id]),
                    Cell(origin.agency),
                    Cell(source.name(origin.agency) or capitalise(source.plan.header.province)),
                    Cell(_name_file(source, origin)),
                    Cell(clean(origin.sheet)),
                    Cell(origin.cell),
                    _show_value(origin.value),
                    Cell(origin.sha256[:12]),
                )
            )


def _show_value(value: str) -> Cell:
    """A figure with the number behind it, so that a column of them can be summed."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return Cell(clean(value))
    return Cell(format_number(number), number) if number.is_finite() else Cell(clean(value))


def _list_results(source: ReportSource) -> list[IndicatorResult]:
    """In the order of the plan."""
    results = {result.id: result for result in source.snapshot.indicators}
    return [results[indicator.id] for indicator in source.plan.indicators if indicator.id in results]


def _list_sources(result: IndicatorResult) -> tuple[Origin, ...]:
    """Of the figures of this cycle, then of those of the previous one that were imported."""
    return (*result.origins, *(result.previous_imported.origins if result.previous_imported else ()))


def _name_file(source: ReportSource, origin: Origin) -> str:
    name = clean(origin.file_name)
    if not origin.imported_by:
        return name
    imported_from = describe_source(clean(origin.imported_by), clean(origin.paper))
    return source.words.targets.imported_file.format(tep=name, nguon=imported_from)


def describe_imported(source: ReportSource) -> str:
    """The note that figures of the previous cycle were typed from paper reports, and which are incomplete."""
    words, before = source.words.targets, source.plan.cycles.get(source.cycle.previous or "")
    known = [(result.id, result.previous_imported) for result in _list_results(source) if result.previous_imported]
    if not known or before is None:
        return ""
    names = {indicator.id: indicator.brief_name for indicator in source.plan.indicators}

    def name(code: str) -> str:
        return code if source.has_internal else names[code]

    partly = ", ".join(
        words.imported_part.format(ma=name(code), so=f"{count(one.reported)}/{count(one.expected)}")
        for code, one in known
        if one.reported < one.expected
    )
    wholly = ", ".join(name(code) for code, one in known if one.is_provincial)
    details = [words.imported_partly.format(danh_sach=partly)] if partly else []
    details += [words.imported_wholly.format(danh_sach=wholly)] if wholly else []
    listed = "".join(f"; {detail}" for detail in details)
    return words.imported.format(ky_truoc=before.name, dau_moi=source.plan.coordinator, chi_tiet=listed)
