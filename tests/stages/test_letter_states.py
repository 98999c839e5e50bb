"""The outbox against its model: any events in any order, on both engines, and the product says what the model says.

`make test` plays a few dozen histories. Longer: `pytest --hypothesis-profile=long tests/stages/test_letter_states.py`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from kybaocao.plan.recipients import allowed_people
from kybaocao.stages.deliver_mail import (
    NothingTakenError,
    PostponedError,
    Refusal,
    RefusedError,
    deliver_mail,
)
from kybaocao.stages.support.delivery_notices import read_returned_mail
from kybaocao.stages.support.letters import (
    LetterError,
    list_letters,
    redirect_letter,
    resend_letter,
    withdraw_letter,
)
from kybaocao.stages.support.passes import Pass
from kybaocao.store.bounces import forget_bounce, list_bounces
from kybaocao.store.deliveries import DEAD as DEAD_WORDS
from kybaocao.store.deliveries import AddressState, list_deliveries
from kybaocao.store.notices import NoticeOutcome, list_notices
from kybaocao.store.outbox import LetterState, Message, add_message, list_messages
from tests.conftest import CYCLE
from tests.docs.test_states import read_ledger
from tests.mail.notices import postfix
from tests.stages import letter_model as model
from tests.stages.histories import Renew, play_histories, renew
from tests.stages.letter_model import Model, Weather
from tests.store.conftest import postgres

__all__ = ["postgres", "renew"]  # fixtures

PEOPLE = ("a@sonla.example.vn", "B@sonla.example.vn")
LEADER = "giamdoc.stc@sonla.example.vn"  # of nguoi_nhan.yaml: no notice closes his address
NEW = ("moi@sonla.example.vn", "a@sonla.example.vn", "la@noi-khac.example.com")
FATES = {
    "dead": ("5.1.1", "failed", "550 5.1.1 unknown user"),
    "failed": ("5.2.2", "failed", "552 5.2.2 mailbox full"),
    "delayed": ("4.4.1", "delayed", "451 4.4.1 timed out"),
}
SIGNED = {"by": "Lò Thị Hương", "reason": "văn thư báo"}
BEGIN = dt.datetime(2026, 12, 1, 8, tzinfo=dt.timezone(dt.timedelta(hours=7)))
ARROWS = {arrow[1:] for arrow in read_ledger("Letter")[0]}

people = st.lists(st.sampled_from((*PEOPLE, LEADER)), min_size=1, max_size=3, unique=True).map(tuple)
answers = st.sampled_from((model.TAKES, model.TAKES, model.UNKNOWN, model.BUSY, model.FULL))
waits = st.sampled_from((1, 2, 30, 240, 1500, 7300))  # minutes
weathers = st.builds(
    Weather,
    is_down=st.sampled_from((False, False, False, True)),
    answers=st.dictionaries(st.sampled_from([one.lower() for one in (*PEOPLE, LEADER, NEW[0])]), answers, max_size=3),
    troubles=st.dictionaries(st.integers(1, 3), st.sampled_from(model.TROUBLES), max_size=2),
)
numbers = st.sampled_from((1, 1, 1, 1, 2, 2, 3, 4, 9))  # seldom of letters that are not there


class _KilledError(BaseException):
    """The process is gone: nothing catches this."""


class _Server:
    """The mail server of one run, and all that it took."""

    def __init__(self) -> None:
        self.weather, self.asked = Weather(), 0
        self.took: list[tuple[str, str]] = []  # (Message-ID, lower-case address)
        self.offered: list[str] = []

    def __call__(self) -> _Server:
        if self.weather.is_down:
            raise ConnectionRefusedError(111, "Connection refused")
        return self

    def send(self, message: Message) -> dict[str, Refusal]:
        self.asked += 1
        self.offered += [one.lower() for one in message.envelope]
        trouble = self.weather.troubles.get(self.asked, "")
        if trouble in model.HAS_TAKEN:
            self._take(message, message.envelope)
        if trouble in (model.KILLED_BEFORE, model.KILLED_AFTER):
            raise _KilledError
        if trouble in (model.BREAKS_BEFORE, model.BREAKS_AFTER):
            raise ConnectionResetError(104, "Connection reset by peer")
        if trouble == model.CLOSING:
            raise NothingTakenError("421 closing")
        said = {one: self.weather.answer(one) for one in message.envelope}
        refusals = {one: Refusal(int(answer[:3]), answer[4:]) for one, answer in said.items() if answer != model.TAKES}
        if len(refusals) == len(said):
            is_final = all(one.is_dead for one in refusals.values())
            raise (RefusedError if is_final else PostponedError)("nobody", refusals)
        if trouble == model.REFUSED:
            raise RefusedError("554 5.7.1 content")
        if trouble == model.LATER:
            raise PostponedError("450 4.7.1 later")
        self._take(message, [one for one in said if one not in refusals])
        return refusals

    def _take(self, message: Message, addresses: Any) -> None:
        self.took += [(message.message_id, one.lower()) for one in addresses]


class LetterMachine(RuleBasedStateMachine):
    """Each rule is one event, for the product and for the model."""

    make: Callable[[], Pass]  # an empty installation, at its first moment

    def __init__(self) -> None:
        super().__init__()
        self.model, self.server, self.serial = Model(), _Server(), itertools.count()
        self.notices: list[bytes] = []
        self.read_to = 0  # of the journal
        self.states: dict[int, str] = {}

    @initialize()
    def begin(self) -> None:
        self.p = type(self).make()
        self.home = self.p.home
        self.operators = allowed_people(self.p.plan, self.p.plan.require_recipients().operators)

    # --- events -------------------------------------------------------------------------------------------------

    @rule(who=people, hours=st.sampled_from((None, None, 1, 30, 200)))
    def write(self, who: tuple[str, ...], hours: int | None) -> None:
        """A decision records a letter; taken twice, it records one."""
        assume(len(self.model.letters) < 2)
        at = self.p.as_of
        until = at + dt.timedelta(hours=hours) if hours else None
        message = Message(f"k/{next(self.serial)}", CYCLE, "thu", who, "Thư", "h", "t", useful_until=until)
        with self.p.store.write() as connection:
            written = [add_message(connection, message, at=at) for _ in range(2)]
        assert written == [True, False]
        self.model.write(who, at, until)

    @rule(minutes=waits)
    def wait(self, minutes: int) -> None:
        self.p = replace(self.p, as_of=self.p.as_of + dt.timedelta(minutes=minutes)).renewed()

    @precondition(lambda self: self.model.letters)
    @rule(weather=weathers, over=st.sets(numbers, max_size=1), minutes=waits)
    def deliver_later(self, weather: Weather, over: set[int], minutes: int) -> None:
        self.wait(minutes)
        self._deliver(weather, over)

    @precondition(lambda self: self.model.letters)
    @rule()
    def deliver_in_calm(self) -> None:
        self._deliver(Weather(), set())

    def _deliver(self, weather: Weather, over: set[int]) -> None:
        self.server.weather, self.server.asked, self.server.offered = weather, 0, []
        dead = set(self.model.dead)
        keys = {one.message.key for number, one in self._letters().items() if number in over}
        with contextlib.suppress(_KilledError):
            deliver_mail(self.p, self.server, is_over=lambda message: message.key in keys)
        assert not dead.intersection(self.server.offered), "offered to an address that is known to be dead"
        self.model.deliver(self.p.as_of, weather, over)

    @precondition(lambda self: self.model.letters)
    @rule(number=numbers, place=st.sampled_from((0, 0, 1, 1, 2, -1)), fate=st.sampled_from([*FATES]))
    def notice(self, number: int, place: int, fate: str) -> None:
        """About a letter of ours, or not: of an address it did not go to, or of a letter that is not there."""
        letters = self._letters()
        named = letters[number].message.addresses if number in letters else ()
        who = named[place % len(named)] if named and place >= 0 else "ai@sonla.example.vn"
        ours = letters[number].message.message_id if number in letters else "<0123456789@kybaocao>"
        status, action, said = FATES[fate]
        data = postfix(who, ours, status, action, f"{said} ({next(self.serial)})")
        self.notices.append(data)
        self._receive(data)
        letter = self.model.letters.get(number)
        is_ours = letter is not None and who.lower() in [one.lower() for one in letter.addresses]
        counts = is_ours and self.model.notice(number, who, fate, is_protected=who in (LEADER, *self.operators))
        with self.p.store.read() as connection:
            outcome = list_notices(connection)[-1].outcome
        assert (outcome != NoticeOutcome.FOREIGN) == counts
        if not counts:  # a letter to the operators lists it
            self.model.write(self.operators, self.p.as_of, None)

    @precondition(lambda self: self.notices)
    @rule(data=st.data())
    def notice_again(self, data: st.DataObject) -> None:
        """The same file once more says nothing new."""
        self._receive(data.draw(st.sampled_from(self.notices)))

    def _receive(self, data: bytes) -> None:
        (self.home.returned_mail / f"{next(self.serial)}.eml").write_bytes(data)
        self.p = read_returned_mail(self.p)
        assert not [one for one in self.home.returned_mail.iterdir() if one.is_file()]

    @precondition(lambda self: self.model.dead)
    @rule(data=st.data())
    def open_address(self, data: st.DataObject) -> None:
        """An operator says that the mailbox works again."""
        address = data.draw(st.sampled_from(sorted(self.model.dead)))
        with self.p.store.write() as connection:
            assert forget_bounce(connection, address, at=self.p.as_of, reported_by="Lò Thị Hương")
        self.model.dead.discard(address)
        self.p = self.p.renewed()

    @precondition(lambda self: self.model.letters)
    @rule(number=numbers)
    def resend(self, number: int) -> None:
        expected = number in self.model.letters and self.model.resend(number, self.p.as_of)
        assert self._decide(resend_letter, number) == expected

    @precondition(lambda self: self.model.letters)
    @rule(number=numbers)
    def withdraw(self, number: int) -> None:
        expected = number in self.model.letters and self.model.withdraw(number)
        assert self._decide(withdraw_letter, number) == expected

    @precondition(lambda self: self.model.letters)
    @rule(number=numbers, address=st.sampled_from(NEW), instead_of=st.sampled_from((None, *PEOPLE)))
    def redirect(self, number: int, address: str, instead_of: str | None) -> None:
        is_ours = number in self.model.letters and address.endswith("sonla.example.vn")
        expected = is_ours and self.model.redirect(number, address, self.p.as_of, instead_of)
        assert self._decide(redirect_letter, number, address, instead_of=instead_of) == expected

    def _decide(self, decision: Callable[..., Any], number: int, *facts: Any, **named: Any) -> bool:
        letter = self._letters().get(number)
        try:
            decision(self.p, letter.id if letter else 10_000, *facts, **named, **SIGNED)
        except LetterError:
            return False
        return True

    # --- what must hold after each ------------------------------------------------------------------------------

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        letters = self._letters()
        with self.p.store.read() as connection:
            known = list_deliveries(connection, [one.message.message_id for one in letters.values()])
            bounces = set(list_bounces(connection))
        found = {
            number: (
                one.state,
                {address: word.state for address, word in known.get(one.message.message_id, {}).items()},
                one.attempts if one.next_attempt_at else 0,
                one.next_attempt_at,
            )
            for number, one in letters.items()
        }
        assert found == {
            number: (one.state, one.words, one.attempts if one.next_at else 0, one.next_at)
            for number, one in self.model.letters.items()
        }
        assert bounces == self.model.dead

    @invariant()
    def each_letter_leaves_once(self) -> None:
        """But for a copy after each crash or break at it, and after somebody asked for one that had come back."""
        numbers = {one.message.message_id: number for number, one in self._letters().items()}
        assert Counter((numbers[ours], address) for ours, address in self.server.took) == self.model.copies
        assert all(count <= 1 + self.model.excused[key] for key, count in self.model.copies.items())

    @invariant()
    def nothing_is_lost(self) -> None:
        """At each address a letter was taken, or is tried, or waits for a person, or a person has decided."""
        with self.p.store.read() as connection:
            listed = {one.queued.id: one for one in list_letters(connection, CYCLE)}
        shown = {number: listed[one.id] for number, one in self._letters().items() if one.id in listed}
        for number, letter in self.model.letters.items():
            for address in letter.addresses:
                word = letter.words.get(address.lower())
                if letter.state == LetterState.WITHDRAWN or word in (AddressState.TAKEN, AddressState.DELAYED):
                    continue
                if word == AddressState.MOVED:
                    assert any(one.in_place_of == number for one in self.model.letters.values())
                elif word != AddressState.WITHDRAWN:
                    assert number in shown, f"letter {number} at {address}: {letter.state}, {word}"
                    assert word in DEAD_WORDS or shown[number].is_waiting

    @invariant()
    def only_the_arrows_of_the_diagram_are_taken(self) -> None:
        """Each change that was committed, as the journal has it."""
        path = self.p.store.journal.path
        with path.open("rb") as file:
            file.seek(self.read_to)
            lines = file.readlines()
            self.read_to = file.tell()
        for line in map(json.loads, lines):
            row = line.get("row", {})
            if line.get("table") == "outbox" and "state" in row:
                before, self.states[row["id"]] = self.states.get(row["id"], "[*]"), row["state"]
                assert before == row["state"] or (before, row["state"]) in ARROWS, (before, row["state"])

    def _letters(self) -> dict[int, Any]:
        """By their places: the numbers of a store may have gaps."""
        with self.p.store.read() as connection:
            return dict(enumerate(list_messages(connection, CYCLE), start=1))


@pytest.fixture
def make_pass(begin: Callable[..., Pass], renew: Renew) -> Callable[[], Pass]:
    """What makes an empty installation for one history."""
    template = replace(begin("2026-12-01T08:00"), as_of=BEGIN)

    def _make() -> Pass:
        p = renew(template)
        p.home.returned_mail.mkdir(parents=True)
        return p

    return _make


def test_any_history_of_letters_is_one_of_the_model(make_pass: Callable[[], Pass]) -> None:
    """Events, legal and illegal, in any order; killed in the middle of runs."""

    class Machine(LetterMachine):
        make = staticmethod(make_pass)

    play_histories(Machine, one_of=8, steps=30)
