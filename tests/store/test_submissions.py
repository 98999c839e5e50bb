"""Versions of a return: numbered, kept, judged once."""

from __future__ import annotations

import multiprocessing

import pytest

from kybaocao.store.database import Store
from kybaocao.store.steps import StepId, list_steps, take_step
from kybaocao.store.submissions import (
    add_submission,
    latest_accepted,
    list_submissions,
    list_waiting,
    record_verdict,
)
from tests.store.moments import NOW


def _arrive(store: Store, sha256: str, agency: str = "STC") -> int:
    with store.write() as connection:
        return add_submission(
            connection,
            cycle="k",
            agency=agency,
            file_name="a.xlsx",
            sha256=sha256,
            size_bytes=1,
            received_at=NOW,
        )


def test_versions_of_one_agency_count_up_by_themselves(store: Store) -> None:
    """Each agency has its own numbers, from 1."""
    assert [_arrive(store, "a"), _arrive(store, "b"), _arrive(store, "c", "STP")] == [1, 2, 1]


def test_a_version_is_judged_once(store: Store) -> None:
    """Two passes that judge the same version record one verdict."""
    _arrive(store, "a")
    with store.write() as connection:
        submission = list_waiting(connection, "k", "STC")[0]
        first = record_verdict(connection, submission.judged("accepted", [], [["x"]], NOW))
        second = record_verdict(connection, submission.judged("returned", [], [], NOW))
        accepted = latest_accepted(connection, "k", "STC")

    assert (first, second) == (True, False)
    assert accepted is not None and accepted.answers == '[["x"]]'


def test_a_returned_version_leaves_the_accepted_one_in_force(store: Store) -> None:
    """A new file never displaces an accepted one until it is itself accepted."""
    for sha256, verdict in (("a", "accepted"), ("b", "returned")):
        _arrive(store, sha256)
        with store.write() as connection:
            submission = list_waiting(connection, "k", "STC")[0]
            record_verdict(connection, submission.judged(verdict, [], [], NOW))

    with store.read() as connection:
        accepted = latest_accepted(connection, "k", "STC")
        assert accepted is not None and accepted.version == 1
        assert len(list_submissions(connection, "k", "STC")) == 2


def test_moments_come_back_with_their_zone(store: Store) -> None:
    """SQLite keeps no zone; we do."""
    _arrive(store, "a")
    with store.read() as connection:
        assert list_submissions(connection, "k")[0].received_at == NOW


def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    """A naive datetime is a bug, not a guess."""
    with pytest.raises(Exception, match="time zone"), store.write() as connection:
        take_step(connection, "k", StepId("STC", "nhac", 0), due_at=NOW.replace(tzinfo=None), at=NOW)


def test_a_step_is_taken_once(store: Store) -> None:
    """The same reminder step, the same repetition, one row."""
    with store.write() as connection:
        taken = [take_step(connection, "k", StepId("STC", "nhac", 0), due_at=NOW, at=NOW) for _ in range(2)]
        assert (taken, list_steps(connection, "k")) == ([True, False], {"STC": {("nhac", 0)}})


def _write_many(url: str, folder: str, agency: str) -> None:
    from pathlib import Path

    other = Store(url, Path(folder))
    for number in range(10):
        _arrive(other, f"{agency}{number}", agency)


def test_writers_wait_for_each_other(store: Store, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Four processes writing at once lose nothing and none fails."""
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=_write_many, args=(store.url, str(tmp_path / "locks"), f"X-{n}")) for n in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    with store.read() as connection:
        versions = [submission.version for submission in list_submissions(connection, "k")]
    assert sorted(versions) == sorted(list(range(1, 11)) * 4)
