"""The targets with their results, the worst first; of one of them every agency's figure and the cells it stands in.

An account that watches some agencies sees how those stand, and nothing of the province's sums.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from kybaocao.documents.report.discrepancies import describe_discrepancy
from kybaocao.documents.report.target_figures import (
    Target,
    list_result_cells,
    show_fraction,
    show_previous,
    show_result,
    show_value,
)
from kybaocao.figures.packed import AgencyAnswer, PackedSnapshot, PackedTarget
from kybaocao.figures.snapshot import Figures, IndicatorResult, Origin, Outlook, PartResult, Verdict
from kybaocao.figures.verdicts import derive_value
from kybaocao.imported.words import describe_source
from kybaocao.inbox.shared_folders import show_name
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Direction, Indicator, Measure
from kybaocao.vietnamese import format_number

Sees = Callable[[str], bool]
_WORST_FIRST = tuple(
    str(one)
    for one in (
        Verdict.NOT_MET,
        Outlook.WILL_NOT_MEET,
        Outlook.BEHIND,
        Verdict.NO_FIGURE,
        Verdict.NOT_PUBLISHED,
        Verdict.NOT_COMPARABLE,
        Outlook.ON_PACE,
        Outlook.WILL_MEET,
        Verdict.MET,
        Verdict.NOTHING,
    )
)
_BAD = (Verdict.NOT_MET, Outlook.WILL_NOT_MEET, Outlook.BEHIND)
_GOOD = (Verdict.MET, Outlook.WILL_MEET, Outlook.ON_PACE)
NOT_REPORTED, HAS_FIGURE, NO_FIGURE = "chưa báo cáo", "có số liệu", "không có số liệu"  # of one agency
REPORTED = "reported"  # what a list may be asked for beside one of these states


@dataclass(frozen=True)
class Result:
    """A figure against its target. `gap`: what lacks, 0 once the target is met; None where that cannot be said."""

    name: str
    shown: str  # "91,30%", "21/34", or the verdict where there is no figure
    assessment: str
    value: Decimal | None
    gap: Decimal | None
    previous: str = "–"  # in the last cycle

    @property
    def tone(self) -> str:
        return "bad" if self.assessment in _BAD else "good" if self.assessment in _GOOD else "soft"


@dataclass(frozen=True)
class TargetRow:
    """`result` is None for an account that does not see the whole."""

    id: str
    name: str
    unit: str
    gap_unit: str  # "points", "cases", "places" or "unit"
    target: Decimal | None
    target_text: str
    is_share: bool
    result: Result | None
    parts: tuple[Result, ...]
    reported: int
    expected: int
    agencies_below: int  # that miss the target by their own figures
    agencies_judged: int


@dataclass(frozen=True)
class CellFact:
    """Where a figure stands: the kept file, its sheet and cell."""

    place: str
    value: str
    typed: str  # as written in the cell, where that differs
    file_name: str
    sha256: str
    source: str  # of a figure typed from a paper report


@dataclass(frozen=True)
class AgencyRow:
    agency: str
    name: str
    state: str
    shown: str
    notes: tuple[str, ...]
    cells: tuple[CellFact, ...]


@dataclass(frozen=True)
class TargetFacts:
    row: TargetRow
    quote: str
    numerator: str  # what it counts
    denominator: str
    sums: str  # "9.303/9.620"; "" where there is none
    formula: str
    evaluator: str
    period: str
    estimate: str
    coverage_words: str
    discrepancies: tuple[str, ...]


def list_target_rows(plan: Plan, packed: PackedSnapshot, sees: Sees | None = None) -> list[TargetRow]:
    """The worst first. `sees`: which agencies the account sees, None: the whole."""
    rows = [_read_row(indicator, packed.targets.get(indicator.id), sees, plan) for indicator in plan.indicators]
    if sees is not None:
        rows = [row for row in rows if row.expected]
    return sorted(rows, key=_rank)


def gather_target(plan: Plan, packed: PackedSnapshot, code: str, sees: Sees | None = None) -> TargetFacts | None:
    """None of an unknown target, or one that no agency reports which the account sees."""
    indicator = next((one for one in plan.indicators if one.id == code), None)
    kept = packed.targets.get(code)
    if indicator is None:
        return None
    row = _read_row(indicator, kept, sees, plan)
    if sees is not None and not row.expected:
        return None
    subjects = {code, *(part.id for part in indicator.parts)}
    found = [one for one in packed.light.discrepancies if subjects & {one.subject, one.other}]
    result = kept.result if kept and sees is None else None
    has_both = result is not None and result.cumulative.denominator is not None
    return TargetFacts(
        row,
        indicator.quote,
        indicator.numerator,
        indicator.denominator,
        show_fraction(result.cumulative) if has_both and result and indicator.measure is not Measure.RANK else "",
        indicator.formula,
        indicator.evaluator,
        _show_period(indicator, result),
        format_number(result.estimate) if result and result.estimate is not None else "",
        kept.coverage_words if kept and sees is None else "",
        tuple(describe_discrepancy(plan, one) for one in found) if sees is None else (),
    )


def order_agencies(plan: Plan, packed: PackedSnapshot, code: str, sees: Sees | None = None) -> list[tuple[str, str]]:
    """(agency, state) of every agency that reports the target or should: the worst first."""
    indicator = next(one for one in plan.indicators if one.id == code)
    kept = packed.targets.get(code)
    if kept is None:
        return [(one, NOT_REPORTED) for one in plan.members(indicator.reporters) if sees is None or sees(one)]
    sign = 1 if indicator.is_ceiling or indicator.measure is Measure.BREACH else -1
    found = []
    for place, (agency, state) in enumerate(kept.answers.list_states()):
        said = state.verdict.value if state.verdict else HAS_FIGURE if state.has_figure else NO_FIGURE
        quotient = kept.quotients[place]
        found.append((_place_state(said), 0.0 if math.isnan(quotient) else -sign * quotient, place, agency, said))
    found += [
        (_place_state(NOT_REPORTED), 0.0, place, one, NOT_REPORTED) for place, one in enumerate(kept.result.missing)
    ]
    found.sort()
    return [(agency, said) for _, _, _, agency, said in found if sees is None or sees(agency)]


def choose_state(
    packed: PackedSnapshot, code: str, ordered: Sequence[tuple[str, str]], state: str
) -> list[tuple[str, str]]:
    """Those in a state, or all that reported; "" leaves everybody."""
    if state == REPORTED:
        kept = packed.targets.get(code)
        reported = frozenset(kept.result.reported if kept else ())
        return [one for one in ordered if one[0] in reported]
    return [one for one in ordered if not state or one[1] == state]


def read_agency_rows(
    plan: Plan, packed: PackedSnapshot, code: str, chosen: Sequence[tuple[str, str]]
) -> list[AgencyRow]:
    """Of one page of `order_agencies`, with every cell."""
    indicator = next(one for one in plan.indicators if one.id == code)
    kept = packed.targets.get(code)
    answers = kept.answers.read([agency for agency, _ in chosen]) if kept else {}
    rows = []
    for agency, state in chosen:
        answer = answers.get(agency)
        rows.append(
            AgencyRow(
                agency,
                name_agency(plan, agency),
                state,
                _show_own(indicator, answer),
                answer.notes if answer else (),
                tuple(_read_cell(one) for one in answer.origins) if answer else (),
            )
        )
    return rows


def name_agency(plan: Plan, code: str) -> str:
    """An agency that the plan has no longer is called by its code; "" is the province as a whole."""
    found = plan.agencies.get(code)
    return found.name if found else code or "toàn tỉnh"


def _read_row(indicator: Indicator, kept: PackedTarget | None, sees: Sees | None, plan: Plan) -> TargetRow:
    result = kept.result if kept else None
    target = Target(indicator, result)
    verdicts: Counter[Verdict | None] = Counter()
    if kept and result:
        reported = [one for one in result.reported if sees is None or sees(one)]
        missing = [one for one in result.missing if sees is None or sees(one)]
        states = (
            Counter(state for agency, state in kept.answers.list_states() if sees(agency))
            if sees
            else kept.answers.counts
        )
        for state, number in states.items():
            verdicts[state.verdict] += number
    else:
        reported = []
        missing = [one for one in plan.members(indicator.reporters) if sees is None or sees(one)]
    return TargetRow(
        indicator.id,
        indicator.name,
        indicator.unit,
        _choose_gap_unit(indicator),
        indicator.target,
        indicator.target_text,
        indicator.is_share and indicator.measure is not Measure.GROWTH,
        _read_result(target) if sees is None else None,
        tuple(_read_part(indicator, part) for part in target.parts) if sees is None else (),
        len(reported),
        len(reported) + len(missing),
        verdicts[Verdict.NOT_MET],
        verdicts[Verdict.MET] + verdicts[Verdict.NOT_MET],
    )


def _read_result(target: Target) -> Result:
    indicator, figures = target.indicator, target.figures
    return Result(
        indicator.name,
        list_result_cells(target)[-1].text,
        target.assessment,
        None if indicator.is_separate else figures.value,
        None if indicator.is_separate else find_gap(indicator, figures, target.verdict),
        show_previous(target).text,
    )


def _read_part(indicator: Indicator, part: PartResult) -> Result:
    shown = show_result(indicator, part.cumulative, part.verdict, part.ranked_units).text
    # An addend of a total is not judged by itself.
    gap = find_gap(indicator, part.cumulative, part.verdict) if indicator.is_separate else None
    return Result(part.name, shown, part.verdict.value, part.cumulative.value, gap)


def find_gap(indicator: Indicator, figures: Figures, verdict: Verdict) -> Decimal | None:
    """What lacks until the target is met: points of per cent, cases, places, or the target's own unit."""
    numerator, denominator, value = figures.numerator, figures.denominator, figures.value
    if verdict is Verdict.MET:
        return Decimal(0)
    if verdict is not Verdict.NOT_MET or numerator is None:
        return None
    if indicator.measure is Measure.BREACH:
        return numerator
    if indicator.measure in (Measure.RANK, Measure.CHANGE):
        if denominator is None:
            return None
        lost = numerator - denominator if indicator.measure is Measure.RANK else denominator - numerator
        if indicator.direction is Direction.DECREASE:
            lost = -lost
        return max(lost + ((indicator.target or 0) if indicator.direction is Direction.UP_PLACES else 0), Decimal(0))
    if value is None or indicator.target is None:
        return None
    return abs(value - indicator.target)


def _choose_gap_unit(indicator: Indicator) -> str:
    if indicator.measure in (Measure.RATIO, Measure.GROWTH):
        return "points"
    return {Measure.BREACH: "cases", Measure.RANK: "places"}.get(indicator.measure, "unit")


def _rank(row: TargetRow) -> tuple[int, float]:
    if row.result is None:
        return 0, -row.agencies_below / max(row.agencies_judged, 1)
    of = abs(row.target) if row.target else Decimal(1)
    gaps = [one.gap for one in (row.result, *row.parts) if one.gap is not None]
    return _WORST_FIRST.index(row.result.assessment), -float(max(gaps) / of) if gaps else 0.0


_STATES = (Verdict.NOT_MET.value, NOT_REPORTED, Verdict.NO_FIGURE.value, Verdict.NOT_PUBLISHED.value, NO_FIGURE)


def _place_state(state: str) -> int:
    return _STATES.index(state) if state in _STATES else len(_STATES) + (state != HAS_FIGURE)


def _show_period(indicator: Indicator, result: IndicatorResult | None) -> str:
    if result is None or result.period.value is None:
        return ""
    return show_result(indicator, result.period, result.verdict).text


def _show_own(indicator: Indicator, answer: AgencyAnswer | None) -> str:
    """ "96,70% (9.303/9.620)" by the agency's own figures; "" where it has none of its own."""
    if answer is None or answer.own is None:
        return ""
    own = answer.own
    value = derive_value(indicator.measure, own.numerator, own.denominator)
    figures = Figures(own.numerator, own.denominator, value)
    fraction = "" if own.denominator is None else show_fraction(figures)
    if value is None or indicator.measure is Measure.BREACH:
        return fraction
    return f"{show_value(indicator, value)} ({fraction})" if fraction else show_value(indicator, value)


def _read_cell(one: Origin) -> CellFact:
    value = _show_number(one)
    typed = "" if one.text in (one.value, value) else show_name(one.text)
    source = describe_source(one.imported_by, one.paper) if one.imported_by else ""
    return CellFact(f"{one.sheet}!{one.cell}", value, typed, show_name(one.file_name), one.sha256, source)


def _show_number(one: Origin) -> str:
    """As officials write numbers; what is no number as it stands."""
    try:
        return format_number(Decimal(one.value)) if one.kind in ("n", "") else one.value
    except (InvalidOperation, ValueError):
        return one.value
