"""What is known of each message at each address, and of the steps and publications that depend on it."""

from __future__ import annotations

from dataclasses import replace

from kybaocao.store.database import Store
from kybaocao.store.deliveries import DEAD, AddressState, forget_deliveries, list_deliveries, record_delivery
from kybaocao.store.outbox import add_message, find_key, list_with_deliveries
from kybaocao.store.reports import (
    BO_TAI_CHINH,
    Publication,
    add_publication,
    complete_publication,
    list_publications,
)
from kybaocao.store.steps import StepId, StepState, list_steps_in, mark_steps, take_step
from tests.store.moments import NOW
from tests.store.test_outbox import LATER, MESSAGE


def test_the_newest_word_about_an_address_counts(store: Store) -> None:
    """However the address is spelled; what is forgotten is tried as if nothing were known."""
    with store.write() as connection:
        record_delivery(connection, "<1>", "A@x.vn", AddressState.TAKEN, at=NOW)
        record_delivery(connection, "<1>", "a@X.vn", AddressState.RETURNED, at=LATER, reply="552 full")
        record_delivery(connection, "<1>", "b@x.vn", AddressState.TAKEN, at=NOW)
        known = list_deliveries(connection, ["<1>", "<2>"])["<1>"]
        forget_deliveries(connection, "<1>", ["A@X.VN"])
        left = list_deliveries(connection, ["<1>"])["<1>"]

    assert ({address: (one.state, one.reply) for address, one in known.items()}, list(left)) == (
        {"a@x.vn": (AddressState.RETURNED, "552 full"), "b@x.vn": (AddressState.TAKEN, "")},
        ["b@x.vn"],
    )


def test_messages_are_found_by_what_became_of_one_address(store: Store) -> None:
    """Of this cycle, oldest first."""
    others = [replace(MESSAGE, key="2"), replace(MESSAGE, key="3", cycle="khác"), replace(MESSAGE, key="4")]
    with store.write() as connection:
        for message, state in zip(
            (MESSAGE, *others),
            (AddressState.REFUSED, AddressState.TAKEN, AddressState.REFUSED, AddressState.RETURNED),
            strict=True,
        ):
            add_message(connection, message, at=NOW)
            recorded = find_key(connection, message.key)
            assert recorded is not None
            record_delivery(connection, recorded.message.message_id, "a@x.vn", state, at=NOW)
        found = [one.message.key for one in list_with_deliveries(connection, "k", DEAD)]

    assert found == [MESSAGE.key, "4"]


def test_a_failed_step_is_said_once_its_letter_is_taken(store: Store) -> None:
    """Only a step that failed: what waits to be said stays so."""
    first, second = StepId("STC", "nhac", 0), StepId("STP", "nhac", 0)
    with store.write() as connection:
        for step, state in ((first, StepState.FAILED), (second, "waiting")):
            take_step(connection, "k", step, due_at=NOW, at=NOW, state=state)
        before = list_steps_in(connection, "k", StepState.FAILED)
        mark_steps(connection, "k", [first, second], StepState.REPORTED, held=StepState.FAILED)
        after = [list_steps_in(connection, "k", state) for state in (StepState.REPORTED, "waiting")]

    assert (before, after) == ({first}, [{first}, {second}])


def test_a_publication_is_complete_from_a_moment_on(store: Store) -> None:
    """That one, and no other."""
    with store.write() as connection:
        for version in (1, 2):
            add_publication(connection, Publication("k", version, BO_TAI_CHINH, ("a@x.vn",), {}, "00", NOW))
        first, _ = list_publications(connection, "k")
        complete_publication(connection, first, LATER)
        found = {one.version: one.completed_at for one in list_publications(connection, "k")}

    assert found == {first.version: LATER, 3 - first.version: None}
