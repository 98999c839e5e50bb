"""Decisions that were given while the system runs, put into the plan beside those of its files."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from dataclasses import replace

from kybaocao.plan.adjustments import Adjustment, Adjustments
from kybaocao.plan.contradictions import find_refused_decisions
from kybaocao.plan.plan import Plan
from kybaocao.yaml_source import Problem


def with_granted(plan: Plan, entries: Sequence[Adjustment]) -> Plan:
    """The plan in which these decisions hold like configured ones; one that does not fit it (any more) is left out."""
    return _merge(plan, tuple(entries))[0] if entries else plan


def find_misfits(plan: Plan, entries: Sequence[Adjustment]) -> list[tuple[Adjustment, Problem]]:
    """The decisions that `with_granted` leaves out, each with the reason."""
    return _merge(plan, tuple(entries))[1] if entries else []


@functools.lru_cache(maxsize=8)  # every pass and every page asks for the same few
def _merge(plan: Plan, entries: tuple[Adjustment, ...]) -> tuple[Plan, list[tuple[Adjustment, Problem]]]:
    whole = _add(plan, entries)
    if not find_refused_decisions(whole, plan.source_lines):
        return whole, []
    kept: list[Adjustment] = []
    misfits: list[tuple[Adjustment, Problem]] = []
    for entry in entries:
        refused = find_refused_decisions(_add(plan, (*kept, entry)), plan.source_lines)
        if refused:  # what stood before stands: the newest is the one that does not fit
            misfits.append((entry, refused[0][1]))
        else:
            kept.append(entry)
    return _add(plan, kept), misfits


def _add(plan: Plan, entries: Collection[Adjustment]) -> Plan:
    return replace(plan, adjustments=Adjustments.of((*plan.adjustments.entries, *entries)))
