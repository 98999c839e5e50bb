"""The clauses of part II: each indicator that has a verdict in a sentence, the others by name.

A sentence gives numerator and denominator first, then the percentage, as provincial reports do; a rank is
given with the number ranked.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from kybaocao.documents.model import Block, Paragraph, Style
from kybaocao.documents.report.codes import name_target
from kybaocao.documents.report.gaps import is_hoped, rank_by_gap
from kybaocao.documents.report.source import ReportSource, bare, capitalise, count, join, lower_first
from kybaocao.documents.report.target_figures import (
    OPEN,
    UNKNOWN,
    Target,
    show_amount,
    show_fraction,
    show_previous,
    show_rank,
    show_value,
)
from kybaocao.figures.snapshot import Figures, IndicatorResult, PartResult, Verdict
from kybaocao.plan.targets import Direction, Indicator, Measure
from kybaocao.vietnamese import format_number, format_percent, write_date

UNKNOWN_SHOWN = 6  # of one kind by name
_PASSIVE = " bị "  # between who suffers a breach and the breach
_NUMBER_OF = "Số "  # how the plan's numerators begin; left out after a figure


def write_clauses(source: ReportSource, targets: Sequence[Target]) -> list[Block]:
    """What is missed first, by how much; then what is hoped for, what is met, and what cannot be judged yet."""
    words = source.words.targets
    blocks: list[Block] = []
    number = 0
    unmet = sorted((one for one in targets if one.verdict is Verdict.NOT_MET), key=rank_by_gap, reverse=True)
    groups = (
        (words.not_met, [target for target in unmet if not is_hoped(target)]),
        (words.hoped, [target for target in unmet if is_hoped(target)]),
        (words.met, [target for target in targets if target.verdict is Verdict.MET]),
    )
    for title, chosen in groups:
        if chosen:
            number += 1
            blocks.append(Paragraph(f"{number}. {title}", Style.CLAUSE))
            blocks.extend(Paragraph(_describe_target(source, target), Style.ITEM) for target in chosen)
    waiting = [(verdict, [t for t in targets if t.verdict is verdict]) for verdict in OPEN]
    if any(chosen for _, chosen in waiting):
        blocks.append(Paragraph(f"{number + 1}. {words.unknown}", Style.CLAUSE))
    for verdict, chosen in waiting:
        if chosen:
            blocks.append(Paragraph(_describe_unknown(source, verdict, chosen) + ".", Style.ITEM))
    return blocks


def _describe_unknown(source: ReportSource, verdict: Verdict, chosen: Sequence[Target]) -> str:
    """By name; many only by number and with what is known of them, as the table on the first pages names all."""
    words = source.words.targets
    facts = {"danh_gia": capitalise(verdict.value), "so": count(len(chosen))}
    if len(chosen) <= UNKNOWN_SHOWN:
        return words.unknown_item.format(**facts, danh_sach=join(_name_unknown(source, one) for one in chosen))
    known = (_name_unknown(source, one) for one in chosen if _list_known(one))
    return join((words.unknown_many.format(**facts, bang=source.name_table(1)), *known))


def _name_unknown(source: ReportSource, target: Target) -> str:
    """With the parts that are known already, which the whole has to wait for."""
    name, known = name_target(source, target.indicator), _list_known(target)
    if not known:
        return name
    parts = ", ".join(_describe_part(source, target.indicator, part) for part in known)
    return source.words.targets.published_parts.format(ten=name, danh_sach=parts)


def _list_known(target: Target) -> list[PartResult]:
    return [part for part in target.parts if part.cumulative.value is not None]


def _describe_target(source: ReportSource, target: Target) -> str:
    """One indicator that has a verdict, in a sentence."""
    words = source.words.targets
    indicator, result = target.indicator, target.result
    assert result is not None  # without a result there is no verdict
    clauses = [_describe_figures(source, target).replace(") (", "; ")]
    value, goal = target.figures.value, indicator.target
    unit = _name_unit(indicator)
    if indicator.measure is Measure.COUNT and indicator.direction is Direction.AT_LEAST and goal and value is not None:
        clauses.append(words.share_of_target.format(ty_le=format_percent(value * 100 / goal)))
    if result.estimate is not None:
        clauses.append(words.estimate.format(so=format_number(result.estimate), don_vi=unit).rstrip())
    if target.assessment != target.verdict.value:
        clauses.append(target.assessment)
    if indicator.measure is Measure.RANK:
        clauses.append(_describe_rank_change(source, result))
    base = target.figures.denominator if indicator.measure is Measure.CHANGE else None
    if base is not None and not indicator.sentence:
        clauses.append(
            words.change_from.format(
                thay_doi=_describe_change(source, result.cumulative, unit),
                so_goc=format_number(base),
                don_vi=unit,
            )
        )
    if result.published_on:
        clauses.append(words.published.format(ngay=write_date(result.published_on)))
    if len(result.components) > 1:
        clauses.append(_count_ranks(source, result.components))
    if result.parts:
        clauses.append(
            words.parts.format(danh_sach=", ".join(_describe_part(source, indicator, p) for p in result.parts))
        )
    has_before = result.previous is not None and result.previous.value is not None
    if has_before and indicator.measure is not Measure.RANK and base is None:  # a change names what was before
        clauses.append(words.previous.format(ket_qua=show_previous(target).text))
    if result.expected_count > 1:
        clauses.append(_describe_coverage(source, result))
    return f"{name_target(source, indicator)}: {join(clauses)}."


def _describe_coverage(source: ReportSource, result: IndicatorResult) -> str:
    """ "79/88 cơ quan có số liệu, 5 không phát sinh, 4 chưa báo cáo" """
    words, total = source.words.targets, count(result.expected_count)
    (with_figure, _), *others = result.coverage_counts
    rest = ", ".join(f"{count(number)} {what}" for number, what in others if number)
    if not rest:
        return words.coverage_full.format(tong=total)
    return words.coverage.format(so=count(with_figure), tong=total, con_lai=rest, chi_tiet=result.coverage_words)


def _count_ranks(source: ReportSource, components: Sequence[PartResult]) -> str:
    """How many rankings went up, stayed and went down; the list that follows has each."""
    words = source.words.targets
    gains = [_find_gain(one) for one in components]
    counts = (
        (words.ranks_up, sum(gain is not None and gain > 0 for gain in gains)),
        (words.ranks_same, gains.count(Decimal(0))),
        (words.ranks_down, sum(gain is not None and gain < 0 for gain in gains)),
        (words.ranks_apart, gains.count(None)),
    )
    said = ", ".join(text.format(so=count(number)) for text, number in counts if number)
    return words.ranks.format(tong=count(len(gains)), danh_sach=said)


def _find_gain(part: PartResult) -> Decimal | None:
    """Places won; None where there is nothing to compare with, or ranks are among different numbers."""
    now, before = part.cumulative.numerator, part.cumulative.denominator
    is_comparable = part.ranked_units == part.previous_ranked_units
    return before - now if is_comparable and now is not None and before is not None else None


def _name_unit(indicator: Indicator) -> str:
    """Without what explains it: "mặt hàng (dòng hàng)"; a per cent stands with its number."""
    return "" if indicator.unit == "%" else indicator.unit.partition(" (")[0]


def _describe_figures(source: ReportSource, target: Target) -> str:
    words, indicator, figures = source.words.targets, target.indicator, target.figures
    goal = lower_first(indicator.target_text)
    if figures.value is None:  # judged part by part, without a figure of the whole
        return words.whole.format(muc_tieu=goal)
    if indicator.sentence:
        said = indicator.sentence.format(
            tu_so=show_amount(figures.numerator).text,
            mau_so=show_amount(figures.denominator).text,
            ket_qua=show_value(indicator, figures.value),
            thay_doi=_describe_change(source, figures),
        )
        return words.goal.format(ket_qua=said, muc_tieu=goal)
    if indicator.measure in (Measure.RATIO, Measure.BREACH):
        numbers = {"tu_so": show_amount(figures.numerator).text, "mau_so": show_amount(figures.denominator).text}
        shown = show_value(indicator, figures.value)
        if indicator.measure is Measure.RATIO:
            return words.ratio.format(**numbers, ket_qua=shown, muc_tieu=goal)
        breach = lower_first(bare(indicator.numerator.removeprefix(_NUMBER_OF)))
        subject, passive, done_to_it = breach.partition(_PASSIVE)
        if figures.numerator == 0 and passive:
            return words.no_breach.format(
                mau_so=numbers["mau_so"], doi_tuong=subject, vi_pham=passive.strip() + " " + done_to_it, muc_tieu=goal
            )
        return words.breach.format(**numbers, vi_pham=breach, ket_qua=shown, muc_tieu=goal)
    if indicator.measure is Measure.GROWTH:
        unit = f" {indicator.counted}" if indicator.counted else ""
        return words.growth.format(
            so=show_amount(figures.numerator).text,
            don_vi=unit,
            nam_truoc=source.plan.header.year - 1,
            thay_doi=_describe_growth(source, indicator, figures.value),
            so_goc=show_amount(figures.denominator).text,
            muc_tieu=goal,
        )
    if indicator.measure is Measure.RANK:
        return words.rank.format(hang=show_rank(figures.value, target.ranked_units), muc_tieu=goal)
    template = words.amount if indicator.measure is Measure.COUNT else words.change
    return template.format(so=format_number(figures.value), don_vi=_name_unit(indicator), muc_tieu=goal)


def _describe_growth(source: ReportSource, indicator: Indicator, value: Decimal) -> str:
    words = source.words.targets
    if value == 0:
        return words.same
    return (words.up if value > 0 else words.down).format(so=show_value(indicator, abs(value)))


def _describe_change(source: ReportSource, figures: Figures, unit: str = "") -> str:
    words = source.words.targets
    difference = (figures.numerator or Decimal(0)) - (figures.denominator or Decimal(0))
    if figures.numerator is None or difference == 0:
        return words.same
    return (words.up if difference > 0 else words.down).format(so=f"{format_number(abs(difference))} {unit}".rstrip())


def _describe_rank_change(source: ReportSource, result: IndicatorResult) -> str:
    """Ranks among different numbers (34, 63) are both given, but not compared."""
    now, before = result.cumulative.numerator, result.cumulative.denominator
    return "" if now is None or before is None else _describe_places(source, result, now, before)


def _describe_ranks(source: ReportSource, part: PartResult) -> str:
    """ "12/34 (tăng 2 bậc)"; the annex has the rank before."""
    now, before = part.cumulative.numerator, part.cumulative.denominator
    shown = show_rank(now, part.ranked_units)
    if now is None or before is None:
        return shown
    if part.previous_ranked_units != part.ranked_units:
        return f"{shown} ({_describe_places(source, part, now, before)})"
    return f"{shown} ({_describe_gain(source, before - now)})"


def _describe_places(source: ReportSource, result: IndicatorResult | PartResult, now: Decimal, before: Decimal) -> str:
    words = source.words.targets
    shown = show_rank(before, result.previous_ranked_units)
    if result.previous_ranked_units != result.ranked_units:
        return words.rank_apart.format(hang_truoc=shown)
    return words.rank_change.format(thay_doi=_describe_gain(source, before - now), hang_truoc=shown)


def _describe_gain(source: ReportSource, gained: Decimal) -> str:
    words = source.words.targets
    if gained == 0:
        return words.places_same
    return (words.places_up if gained > 0 else words.places_down).format(so=format_number(abs(gained)))


def _describe_part(source: ReportSource, indicator: Indicator, part: PartResult) -> str:
    figures = part.cumulative
    name = lower_first(part.name)
    if part.verdict in UNKNOWN or figures.value is None:
        return f"{name} {part.verdict.value}"
    if indicator.measure in (Measure.RATIO, Measure.BREACH):
        return f"{name} {show_fraction(figures)} ({show_value(indicator, figures.value)})"
    if indicator.measure is Measure.GROWTH:
        return f"{name} {show_amount(figures.numerator).text} ({_describe_growth(source, indicator, figures.value)})"
    if indicator.measure is Measure.CHANGE and figures.denominator is not None:
        return f"{name} {format_number(figures.value)} ({_describe_change(source, figures)})"
    if indicator.measure is Measure.RANK:
        return f"{name} {_describe_ranks(source, part)}"
    return f"{name} {format_number(figures.value)}"
