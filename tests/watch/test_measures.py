"""What is measured of cycles: the state of the store at one moment, on both engines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from pathlib import Path

import pytest
from sqlalchemy import event

from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.cycle_moment import CycleMoment
from kybaocao.plan.plan import Plan
from kybaocao.store.database import Store
from kybaocao.store.outbox import LetterState, Message, add_message, mark_over, mark_sending
from kybaocao.store.sightings import (
    list_sightings,
    note_folder,
    note_gone,
    note_trouble,
    record_sightings,
    take_sighting,
)
from kybaocao.store.submissions import add_submission, list_components, record_verdict
from kybaocao.watch.measures import Measure, Name, measure_cycles, measure_system
from tests.conftest import CYCLE
from tests.store.conftest import postgres, store  # noqa: F401 - fixtures

NOW = dt.datetime(2026, 12, 9, 1, 0, tzinfo=dt.UTC)
OTHER = "nq02-2026-ky1"


def ago(minutes: float) -> dt.datetime:
    return NOW - dt.timedelta(minutes=minutes)


def arrive(store: Store, agency: str, verdict: str = "", component: str = FORM, minutes: float = 60) -> None:  # noqa: F811
    """A file that came so long ago, and its verdict when it has one."""
    with store.write() as connection:
        facts = {"cycle": CYCLE, "agency": agency, "sha256": f"{minutes}", "size_bytes": 1, "component": component}
        add_submission(connection, file_name="a", received_at=ago(minutes - 1), came_at=ago(minutes), **facts)
        if verdict:
            newest = list_components(connection, CYCLE, agency)[-1]
            record_verdict(connection, newest.judged(verdict, [], [], NOW))  # type: ignore[arg-type]


def write_letter(store: Store, name: str, minutes: float) -> int:  # noqa: F811
    with store.write() as connection:
        add_message(connection, Message(name, CYCLE, "nhac", ("a@b.vn",), "s", "h", "t"), at=ago(minutes))
        return connection.exec_driver_sql("select max(id) from outbox").scalar_one()


def measure(store: Store, plan: Plan, cycles: Collection[str] = (CYCLE,)) -> dict[tuple[str, ...], float]:  # noqa: F811
    """Name and labels -> value."""
    moments = [CycleMoment(plan, plan.cycles[cycle], NOW) for cycle in cycles]
    with store.read() as connection:
        return {(one.name, *one.labels.values()): one.value for one in measure_cycles(connection, moments, NOW)}


def test_files_are_counted_by_kind_and_by_verdict(store: Store, plan: Plan) -> None:  # noqa: F811
    arrive(store, "STC", "returned")
    arrive(store, "STC", "accepted", minutes=30)
    arrive(store, "STP")
    arrive(store, "STP", "accepted", component="ban_ky")
    found = measure(store, plan)
    assert (found[Name.ARRIVALS, CYCLE, "form"], found[Name.ARRIVALS, CYCLE, "attachment"]) == (3, 1)
    assert found[Name.VERDICTS, CYCLE, "form", "returned"] == 1
    assert found[Name.VERDICTS, CYCLE, "form", "accepted"] == 1
    assert found[Name.VERDICTS, CYCLE, "attachment", "accepted"] == 1


def test_an_agency_is_outstanding_until_a_form_of_its_is_accepted(store: Store, plan: Plan) -> None:  # noqa: F811
    """A form that went back, one that waits, and a signed copy alone change nothing."""
    before = measure(store, plan)
    arrive(store, "STC", "accepted")
    arrive(store, "STC", "returned", minutes=30)
    arrive(store, "STP")
    arrive(store, "X-04183", "accepted", component="ban_ky")
    after = measure(store, plan)
    assert before[Name.OUTSTANDING, CYCLE] == before[Name.EXPECTED, CYCLE] == after[Name.EXPECTED, CYCLE] > 80
    assert after[Name.OUTSTANDING, CYCLE] == before[Name.OUTSTANDING, CYCLE] - 1


def test_the_oldest_unanswered_file_counts_from_when_it_came(store: Store, plan: Plan) -> None:  # noqa: F811
    """Not from when a pass recorded it; of what has a verdict nobody waits for an answer."""
    arrive(store, "STP", "returned", minutes=90)
    arrive(store, "STC", minutes=20)
    arrive(store, "STP", minutes=10, component="ban_ky")
    found = measure(store, plan)
    assert (found[Name.UNANSWERED, CYCLE], found[Name.UNANSWERED_OLDEST, CYCLE]) == (2, 1200)


def test_a_file_that_was_seen_and_not_taken_is_unanswered(store: Store, plan: Plan) -> None:  # noqa: F811
    """Neither what was taken, nor what the agency took away, nor the note about a folder."""
    seen = [("STC", name, f"1:2:3:{number}") for number, name in enumerate(("stays", "taken", "gone"))]
    with store.write() as connection:
        record_sightings(connection, CYCLE, seen, ago(40))
        note_folder(connection, CYCLE, "STP", "unlisted: hỏng", ago(50))
        note_trouble(connection, CYCLE, seen[0], "failed: đĩa đầy")
        take_sighting(connection, CYCLE, seen[1], NOW)
    with store.write() as connection:
        note_gone(connection, CYCLE, [one for one in list_sightings(connection, CYCLE) if one.file_name == "gone"])
    found = measure(store, plan)
    assert (found[Name.UNANSWERED, CYCLE], found[Name.UNANSWERED_OLDEST, CYCLE]) == (1, 2400)


def test_letters_wait_until_they_have_left_or_are_given_up(store: Store, plan: Plan) -> None:  # noqa: F811
    numbers = [write_letter(store, f"k{minutes}", minutes) for minutes in (50, 40, 30, 20)]
    with store.write() as connection:
        mark_over(connection, numbers[0], LetterState.REFUSED, "550")
        mark_over(connection, numbers[1], LetterState.WITHDRAWN, "đã đổi")
        mark_sending(connection, numbers[2])
    found = measure(store, plan)
    assert (found[Name.MAIL_WAITING, CYCLE], found[Name.MAIL_OLDEST, CYCLE]) == (2, 1800)
    assert found[Name.MAIL_DEAD, CYCLE] == 1


def test_every_measure_comes_for_every_cycle_and_is_0_when_there_is_nothing(store: Store, plan: Plan) -> None:  # noqa: F811
    """Otherwise the last value before would stand for ever."""
    arrive(store, "STC", "accepted")
    write_letter(store, "k", 1)
    found = measure(store, plan, (CYCLE, OTHER))
    of = {cycle: {(key[0], *key[2:]) for key in found if key[1] == cycle} for cycle in (CYCLE, OTHER)}
    assert of[CYCLE] == of[OTHER]
    assert {name for name, *_ in of[OTHER]} == set(Name) - {Name.STORE_IS_UP, Name.DISK_FREE}
    nothing = {
        value for key, value in found.items() if key[1] == OTHER and key[0] not in (Name.EXPECTED, Name.OUTSTANDING)
    }
    assert nothing == {0}


def test_all_cycles_are_asked_about_at_once(store: Store, plan: Plan) -> None:  # noqa: F811
    """A province more, or a thousand agencies, is no question more."""
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    measure(store, plan)
    one = [text for text in asked if text.lstrip().startswith("SELECT")]
    asked.clear()
    measure(store, plan, (CYCLE, OTHER))
    assert len([text for text in asked if text.lstrip().startswith("SELECT")]) == len(one) == 4


def test_a_disk_that_does_not_answer_is_no_measure(tmp_path: Path) -> None:
    """The rest still comes."""
    assert measure_system(tmp_path / "away", is_store_up=False) == [Measure(Name.STORE_IS_UP, 0)]
    assert [one.name for one in measure_system(tmp_path, is_store_up=True)] == [Name.STORE_IS_UP, Name.DISK_FREE]


@pytest.mark.parametrize("name", Name)
def test_a_name_fits_every_system(name: Name) -> None:
    """StatsD separates by dots, Prometheus makes underscores of them; both know letters and digits alone beside."""
    assert name.replace(".", "").replace("_", "").isalnum() and name.islower()
