"""The title of a chart says what it shows, and nothing else."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal

import pytest

from kybaocao.documents.model import Chart
from kybaocao.documents.report.content import write_content
from kybaocao.figures.snapshot import Snapshot, Standing, TaskStatus, Verdict
from kybaocao.plan.report_document import Audience
from kybaocao.vietnamese import format_number, format_percent

from .sample import figures, full_plan, full_snapshot, small_cycle, small_plan, small_snapshot

FULL_CYCLE = "nq02-2026-ky2"
SEEDS = range(12)


def draw(snapshot: Snapshot, *, full: bool = False) -> dict[str, Chart]:
    plan = full_plan() if full else small_plan()
    cycle = plan.require_cycle(FULL_CYCLE) if full else small_cycle()
    content = write_content(plan, cycle, snapshot, audience=Audience.PROVINCE)
    blocks = (block for section in content.sections for block in section.blocks)
    return {block.id: block for block in blocks if isinstance(block, Chart)}


def read_title(chart: Chart) -> str:
    return re.sub(r"^Biểu đồ \d+\. ", "", chart.title)


def set_all(verdict_value: str) -> Snapshot:
    """Every ratio of the small plan that stands in the chart with one result."""
    snapshot = small_snapshot()
    value = Decimal(verdict_value)
    changed = tuple(
        dataclasses.replace(
            one,
            cumulative=figures(int(value * 10), 1000, verdict_value),
            verdict=Verdict.MET if value == 100 else Verdict.NOT_MET,
        )
        if one.id in ("T15", "T18")
        else one
        for one in snapshot.indicators
    )
    return dataclasses.replace(snapshot, indicators=changed)


@pytest.mark.parametrize("seed", SEEDS)
def test_titles_have_at_most_fifteen_words(seed: int) -> None:
    """A title is read in one look."""
    found = draw(full_snapshot(full_plan(), full_plan().require_cycle(FULL_CYCLE), seed), full=True)
    assert len(found) == 3
    assert max(len(read_title(chart).split()) for chart in found.values()) <= 15


@pytest.mark.parametrize("seed", SEEDS)
def test_the_title_of_the_targets_agrees_with_its_bars(seed: int) -> None:
    """How many are met, and which bar is farthest from its mark: read from the picture's own figures."""
    chart = draw(full_snapshot(full_plan(), full_plan().require_cycle(FULL_CYCLE), seed), full=True)["targets"]
    gaps = [target - value for value, target in zip(chart.series[0].values, chart.targets, strict=True)]
    met = sum(gap <= 0 for gap in gaps)
    title = read_title(chart)
    assert title.startswith(f"{met}/{len(gaps)} chỉ tiêu đạt mục tiêu")
    if "còn cách" in title:
        worst = max(range(len(gaps)), key=lambda place: gaps[place])
        assert (worst, gaps.count(gaps[worst])) == (0, 1)
        assert f"xa nhất còn cách {format_number(gaps[0], 2)} điểm" in title


@pytest.mark.parametrize("seed", SEEDS)
def test_the_title_of_the_tasks_agrees_with_its_bars(seed: int) -> None:
    """The share of all bars, and of the lowest."""
    chart = draw(full_snapshot(full_plan(), full_plan().require_cycle(FULL_CYCLE), seed), full=True)["tasks"]
    totals = [sum(series.values[place] for series in chart.series) for place in range(len(chart.categories))]
    done = next(series for series in chart.series if series.name == TaskStatus.DONE.value).values
    rates = [one / total for one, total in zip(done, totals, strict=True)]
    title = read_title(chart)
    assert title.startswith(format_percent(sum(done) * 100 / sum(totals)) + " lượt")
    is_alone = rates.count(min(rates)) == 1
    lowest = f"thấp nhất là nhóm {chart.categories[0].split('.')[0]} ({format_percent(min(rates) * 100)})"
    assert (lowest in title) is is_alone


@pytest.mark.parametrize("seed", SEEDS)
def test_bars_are_sorted_by_gap_the_worst_first(seed: int) -> None:
    """A reader looks at the top."""
    found = draw(full_snapshot(full_plan(), full_plan().require_cycle(FULL_CYCLE), seed), full=True)
    targets = found["targets"]
    gaps = [max(Decimal(0), t - v) for v, t in zip(targets.series[0].values, targets.targets, strict=True)]
    assert gaps == sorted(gaps, reverse=True)
    for name in ("tasks", "submission"):
        chart = found[name]
        totals = [sum(series.values[place] for series in chart.series) for place in range(len(chart.categories))]
        rates = [one / total for one, total in zip(chart.series[0].values, totals, strict=True)]
        assert rates == sorted(rates)


def test_all_met_names_no_worst() -> None:
    """Nothing is missing anywhere."""
    assert read_title(draw(set_all("100"))["targets"]) == "2/2 chỉ tiêu đạt mục tiêu"


def test_none_met_says_so() -> None:
    """Two targets, 100 and 90: both missed, the first by more."""
    title = read_title(draw(set_all("50"))["targets"])
    assert title == "0/2 chỉ tiêu đạt mục tiêu; xa nhất còn cách 50,00 điểm phần trăm"


def test_a_gap_too_small_for_two_decimals_is_not_printed_as_none() -> None:
    """99,998% of 100%."""
    assert "xa nhất còn cách 0,002 điểm" in read_title(draw(small_snapshot())["targets"])


def test_groups_that_are_equally_low_are_not_named() -> None:
    """No work is done anywhere: no group is the lowest."""
    snapshot = small_snapshot()
    late = tuple(
        dataclasses.replace(
            one, entries=tuple(dataclasses.replace(entry, status=TaskStatus.LATE) for entry in one.entries)
        )
        for one in snapshot.tasks
    )
    title = read_title(draw(dataclasses.replace(snapshot, tasks=late))["tasks"])
    assert title == "0,00% lượt nhiệm vụ đã hoàn thành"


def test_nobody_who_has_not_reported_leads_a_chart() -> None:
    """Section 3, of which nobody reported, and communes of which none did are no worst ones: nothing is known."""
    snapshot = small_snapshot()
    chart = draw(snapshot)["tasks"]
    assert [category.split(".")[0] for category in chart.categories] == ["2", "1", "3"]
    assert read_title(chart) == "33,33% lượt nhiệm vụ đã hoàn thành; thấp nhất là nhóm 2 (25,00%)"
    silent = tuple(
        dataclasses.replace(one, standing=Standing.MISSING) if one.agency in ("X-2", "X-3", "X-4") else one
        for one in snapshot.timeliness
    )
    kinds = draw(dataclasses.replace(snapshot, timeliness=silent))["submission"].categories
    assert kinds[-1].startswith("UBND các xã")


def test_the_title_of_the_submissions_counts_every_agency_once() -> None:
    """On time, late, not accepted: together all that were expected."""
    assert read_title(draw(small_snapshot())["submission"]) == (
        "4/7 cơ quan nộp đúng hạn, 1 nộp quá hạn, 2 chưa được tiếp nhận"
    )
    nobody = tuple(dataclasses.replace(one, standing=Standing.MISSING) for one in small_snapshot().timeliness)
    silent = dataclasses.replace(small_snapshot(), timeliness=nobody)
    assert read_title(draw(silent)["submission"]) == "0/7 cơ quan nộp đúng hạn, 7 chưa được tiếp nhận"
