"""A packed snapshot says what the snapshot says, agency by agency."""

from __future__ import annotations

import dataclasses
import functools

import pytest

from kybaocao.figures.canonical_json import to_json
from kybaocao.figures.headline import count_headline
from kybaocao.figures.packed import PackedSnapshot, pack_snapshot
from kybaocao.figures.snapshot import Snapshot
from tests.documents.sample import full_plan, full_snapshot

CYCLE = "nq02-2026-ky2"


@functools.cache
def whole() -> Snapshot:
    plan = full_plan()
    return full_snapshot(plan, plan.require_cycle(CYCLE))


@functools.cache
def packed() -> PackedSnapshot:
    return pack_snapshot(to_json(whole()).encode())


def test_the_headline_is_the_same() -> None:
    assert str(count_headline(packed().light)) == str(count_headline(whole()))


def test_a_result_is_the_same_without_its_cells() -> None:
    for result in whole().indicators:
        found = packed().targets[result.id]
        assert found.result == dataclasses.replace(result, origins=(), by_agency=(), notes=())
        assert found.coverage_words == result.coverage_words


def test_every_cell_is_found_by_its_agency() -> None:
    for result in whole().indicators:
        answers = packed().targets[result.id].answers.read({one.agency for one in result.origins})
        for agency, answer in answers.items():
            assert answer.origins == tuple(one for one in result.origins if one.agency == agency)
        assert sum(len(one.origins) for one in answers.values()) == len(result.origins)


@pytest.mark.parametrize("field", ["tasks", "obligations"])
def test_every_statement_on_a_task_is_found_by_its_agency(field: str) -> None:
    kept = packed().tasks if field == "tasks" else packed().duties
    for task in getattr(whole(), field):
        entries = {one.agency: one for one in task.entries}
        assert kept[task.id].entries.read(entries) == entries
        assert {agency: state.status for agency, state in kept[task.id].entries.list_states()} == {
            agency: one.status for agency, one in entries.items()
        }


def test_an_empty_snapshot_can_be_packed() -> None:
    empty = dataclasses.replace(whole(), indicators=(), tasks=(), obligations=(), timeliness=())
    assert pack_snapshot(to_json(empty).encode()).targets == {}


def test_an_agency_that_said_nothing_is_not_found() -> None:
    answers = packed().targets["T13"].answers
    assert (answers.read(["khong-co"]), answers.find_state("khong-co")) == ({}, None)
