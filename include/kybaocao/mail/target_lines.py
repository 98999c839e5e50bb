"""Results of targets in the letters of a release: each with its unit, the target and what is still missing."""

from __future__ import annotations

from kybaocao.documents.report.gaps import is_missed, measure_gap, name_gap_unit, rank_by_gap, show_gap_number
from kybaocao.documents.report.source import lower_first
from kybaocao.documents.report.target_figures import JUDGED, NONE, Target, pair_targets, show_value
from kybaocao.documents.report.targets import describe_result
from kybaocao.figures.snapshot import PartResult, Snapshot
from kybaocao.plan.plan import Plan
from kybaocao.plan.targets import Indicator, Measure

WORST = 5
_PERCENT = (Measure.RATIO, Measure.BREACH, Measure.GROWTH)


def list_results(plan: Plan, snapshot: Snapshot) -> list[tuple[str, str, str]]:
    """(name and target, result, verdict or outlook) of every target, in the order of the plan."""
    return [
        (
            f"{one.indicator.name} (mục tiêu: {lower_first(one.indicator.target_text)})",
            show_result(one) if one.verdict in JUDGED else NONE,
            one.assessment,
        )
        for one in _list_targets(plan, snapshot)
    ]


def list_worst(plan: Plan, snapshot: Snapshot) -> list[tuple[str, str]]:
    """(name, result, target and gap) of those furthest from their targets, the furthest first."""
    missed = [target for target in _list_targets(plan, snapshot) if is_missed(target)]
    missed.sort(key=rank_by_gap, reverse=True)
    return [(target.indicator.name, _describe(plan, target)) for target in missed[:WORST]]


def show_result(target: Target) -> str:
    """ "93,75%", "4.410 doanh nghiệp", "hạng 21/34", "Chưa công bố"."""
    assert target.result is not None
    shown, indicator = describe_result(target.indicator, target.result), target.indicator
    if target.verdict in JUDGED and target.figures.value is None:
        return "; ".join(_show_part(indicator, part) for part in target.parts if part.cumulative.value is not None)
    if target.verdict not in JUDGED:
        return shown
    if indicator.measure is Measure.RANK:
        return f"hạng {shown}"
    if indicator.measure is Measure.BREACH:
        return f"{shown} {indicator.unit.rpartition('/')[2]}"
    return shown if shown.endswith("%") else f"{shown} {indicator.unit}"


def _show_part(indicator: Indicator, part: PartResult) -> str:
    assert part.cumulative.value is not None
    return f"{lower_first(part.name)} {show_value(indicator, part.cumulative.value, part.ranked_units)}"


def _list_targets(plan: Plan, snapshot: Snapshot) -> list[Target]:
    """Those that the snapshot knows."""
    return [target for target in pair_targets(plan, snapshot) if target.result is not None]


def _describe(plan: Plan, target: Target) -> str:
    result = show_result(target)
    said = [f"kết quả {result}"] if result else []
    return "; ".join(
        [*said, f"mục tiêu {lower_first(target.indicator.target_text)}", f"còn cách {_show_gap(plan, target)}"]
    )


def _show_gap(plan: Plan, target: Target) -> str:
    words, gap, indicator = plan.require_wording().summary, measure_gap(target), target.indicator
    assert gap is not None
    if indicator.measure in _PERCENT:
        return words.points.format(so=show_gap_number(gap))
    return words.units.format(so=show_gap_number(gap, 0), don_vi=name_gap_unit(indicator))
