"""A published figure and its cells, in words for a terminal: first the figure, then what it was made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

from kybaocao.cli.columns import line_up
from kybaocao.documents.report.target_figures import list_figure_cells, show_fraction, show_result
from kybaocao.figures.snapshot import Figures, IndicatorResult, Origin, Verdict
from kybaocao.imported.words import describe_source
from kybaocao.inbox.shared_folders import show_name
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator, Measure
from kybaocao.vietnamese import format_number

# What numerator and denominator are called, by how the figure is measured; see `Figures`.
_NAMES = {
    Measure.GROWTH: ("Kỳ này", "Cùng kỳ"),
    Measure.RANK: ("Thứ hạng", "Lần trước"),
    Measure.CHANGE: ("Lần này", "Lần trước"),
}
_HEADING: tuple[str, ...] = ("Mã", "Cơ quan", "Ô", "Giá trị", "Ghi trong ô", "Tệp")
_TYPED = 4  # only where a cell is written in another way than its value


def describe_lineage(plan: Plan, result: IndicatorResult) -> str:
    """Line by line."""
    indicator = next(one for one in plan.indicators if one.id == result.id)
    lines = [f"{indicator.id} – {indicator.name}"]
    lines += [f"  {line}" for line in line_up(list(_list_facts(indicator, result)))]
    lines += ["", *_list_cells(plan, "Các ô số liệu", result.origins)]
    if result.previous_imported:
        lines += ["", *_list_cells(plan, "Các ô số liệu kỳ trước", result.previous_imported.origins)]
    return "\n".join(lines)


def _list_facts(indicator: Indicator, result: IndicatorResult) -> Iterator[tuple[str, str]]:
    numerator, denominator, shown = list_figure_cells(indicator, result.cumulative, result.verdict)
    names = _NAMES.get(indicator.measure, ("Tử số", "Mẫu số") if indicator.denominator else ("Số lượng", ""))
    verdict = f" – {result.assessment}" if shown.text.lower() != result.assessment else ""
    yield "Kết quả", f"{shown.text}{verdict}; mục tiêu: {indicator.target_text}"
    meanings = (indicator.numerator, indicator.denominator)
    for name, cell, meaning in zip(names, (numerator, denominator), meanings, strict=True):
        if cell.number is not None and name:
            yield name, f"{cell.text}  ({meaning})" if meaning else cell.text
    if result.period.value is not None:
        yield "Trong kỳ", _show(indicator, result.period, result.verdict)
    if result.estimate is not None:
        yield "Ước cả năm", format_number(result.estimate)
    if result.previous is not None:
        yield "Kỳ trước", _show(indicator, result.previous, result.previous_verdict or result.verdict)
    for part in result.parts:
        yield "Trong đó", f"{part.name}: {_show(indicator, part.cumulative, part.verdict)}"
    yield "Đã báo cáo", f"{result.coverage} ({result.coverage_words})"


def _show(indicator: Indicator, figures: Figures, verdict: Verdict) -> str:
    """ "96,70% (9.303/9.620)"."""
    shown = show_result(indicator, figures, verdict).text
    has_both = figures.numerator is not None and figures.denominator is not None
    fraction = show_fraction(figures)
    return f"{shown} ({fraction})" if has_both and shown != fraction else shown


def _list_cells(plan: Plan, title: str, origins: Sequence[Origin]) -> Iterator[str]:
    if not origins:
        yield f"{title}: chưa có."
        return
    yield f"{title} ({len(origins)}):"
    rows = [_HEADING, *(_describe_cell(plan, origin) for origin in origins)]
    if not any(row[_TYPED] for row in rows[1:]):
        rows = [row[:_TYPED] + row[_TYPED + 1 :] for row in rows]
    yield from (f"  {line}" for line in line_up(rows, numbers=(3,)))


def _describe_cell(plan: Plan, origin: Origin) -> tuple[str, ...]:
    agency = plan.agencies.get(origin.agency)
    value = _show_value(origin)
    typed = "" if origin.text in (origin.value, value) else f"“{show_name(origin.text)}”"
    shape = f"định dạng {origin.number_format}" if origin.number_format else ""
    source = describe_source(origin.imported_by, origin.paper) if origin.imported_by else ""
    return (
        origin.agency or "–",
        agency.name if agency else "toàn tỉnh",
        f"{origin.sheet}!{origin.cell}",
        value,
        " ".join(filter(None, (typed, shape))),
        " ".join(filter(None, (f"{show_name(origin.file_name)} ({origin.sha256[:12]})", source))),
    )


def _show_value(origin: Origin) -> str:
    """As officials write numbers; what is no number as it stands."""
    try:
        return format_number(Decimal(origin.value)) if origin.kind in ("n", "") else origin.value
    except (InvalidOperation, ValueError):
        return origin.value
