"""The model of a letter: what `docs/states.md` says, without a database, and what must become of each event.

A letter has a state, and a word for each of its addresses. Its events are an attempt to send what is due, a delivery
notice, and three decisions of a person. The machine in `test_letter_states.py` plays the same events with the product.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kybaocao.mail.schedule import GIVEN_UP_AFTER, find_pause
from kybaocao.store.deliveries import DEAD as DEAD_WORDS
from kybaocao.store.deliveries import HAVE_IT, AddressState
from kybaocao.store.outbox import LetterState

OPEN = (LetterState.PENDING, LetterState.SENDING)
FINAL = (AddressState.WITHDRAWN, AddressState.MOVED)  # decided: no answer of a server changes it
# What a mail server says about one recipient.
TAKES, UNKNOWN, BUSY, FULL = "250", "550 5.1.1", "451 4.2.1", "552 5.2.2"
# What befalls one letter of a run instead: two answers to its content, an answer that closes, a connection that
# breaks, a process that is killed; before or after the server has taken it.
REFUSED, LATER, CLOSING = "554 5.7.1", "450 4.7.1", "421"
BREAKS_BEFORE, BREAKS_AFTER, KILLED_BEFORE, KILLED_AFTER = "breaks", "takes, breaks", "killed", "takes, killed"
TROUBLES = (REFUSED, LATER, CLOSING, BREAKS_BEFORE, BREAKS_AFTER, KILLED_BEFORE, KILLED_AFTER)
HAS_TAKEN = (BREAKS_AFTER, KILLED_AFTER)


@dataclass(frozen=True)
class Weather:
    """The mail server during one run: whom it knows, and what befalls the letter at which place of the run."""

    is_down: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)  # lower-case address -> answer
    troubles: Mapping[int, str] = field(default_factory=dict)

    def answer(self, address: str) -> str:
        return self.answers.get(address.lower(), TAKES)


@dataclass
class ModelLetter:
    addresses: tuple[str, ...]
    created_at: dt.datetime
    useful_until: dt.datetime | None = None
    in_place_of: int = 0
    state: LetterState = LetterState.PENDING
    attempts: int = 0
    was_tried: bool = False  # or waited for a server that was away: a notice about it may be true
    next_at: dt.datetime | None = None
    asked_at: dt.datetime | None = None
    words: dict[str, AddressState] = field(default_factory=dict)

    @property
    def outstanding(self) -> tuple[str, ...]:
        waits = (None, AddressState.POSTPONED)
        return tuple(one for one in self.addresses if self.words.get(one.lower()) in waits)

    @property
    def is_had(self) -> bool:
        return any(word in HAVE_IT for word in self.words.values())

    @property
    def undecided(self) -> tuple[str, ...]:
        """The addresses about which a person may decide."""
        if self.state == LetterState.WITHDRAWN:
            return ()
        return tuple(one for one in self.addresses if self.words.get(one.lower()) not in (*HAVE_IT, *FINAL))

    @property
    def is_asked_again(self) -> bool:
        """And not tried since: what is heard is about the attempts before."""
        return self.state in OPEN and self.asked_at is not None and self.attempts == 0

    def say(self, addresses: Iterable[str], word: AddressState) -> None:
        self.words |= {address.lower(): word for address in addresses}

    def close(self, state: LetterState) -> None:
        """Nothing more is tried. What somebody has is sent, whatever becomes of the rest."""
        self.state, self.next_at = (LetterState.SENT if self.is_had else state), None


@dataclass
class Model:
    """All letters, by their numbers; the addresses that are known to be dead; the copies that the server has."""

    letters: dict[int, ModelLetter] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    copies: Counter[tuple[int, str]] = field(default_factory=Counter)  # (letter, address)
    excused: Counter[tuple[int, str]] = field(default_factory=Counter)  # more copies than one, each with its reason

    def write(self, addresses: tuple[str, ...], at: dt.datetime, until: dt.datetime | None, **facts: object) -> int:
        number = len(self.letters) + 1
        self.letters[number] = ModelLetter(addresses, at, until, **facts)  # type: ignore[arg-type]
        return number

    # --- an attempt ---------------------------------------------------------------------------------------------

    def deliver(self, at: dt.datetime, weather: Weather, over: Collection[int]) -> None:
        """What is due, the doubtful ones last; until the server is gone or the process is killed."""
        waiting = {number: one for number, one in self.letters.items() if one.state in OPEN}
        for number, one in waiting.items():
            is_lapsed = one.useful_until is not None and one.useful_until <= at
            if is_lapsed or (number in over and _is_due(one, at)):
                if one.is_had:
                    one.say(one.outstanding, AddressState.WITHDRAWN)
                one.close(LetterState.WITHDRAWN)
        due = {number: one for number, one in waiting.items() if one.state in OPEN and _is_due(one, at)}
        queue = sorted(due, key=lambda number: (due[number].state == LetterState.SENDING, number))
        if weather.is_down:
            for number in queue:
                self._put_off(due[number], at)
            return
        asked = 0
        for place, number in enumerate(queue):
            asked += self._is_asked(number)
            trouble = weather.troubles.get(asked, "") if self._is_asked(number) else ""
            due[number].was_tried = True
            if trouble in HAS_TAKEN:
                self._take(number, self._choose(number), is_known=False)
            if trouble in (KILLED_BEFORE, KILLED_AFTER):
                due[number].state, due[number].attempts = LetterState.SENDING, due[number].attempts + 1
                return
            if trouble in (BREAKS_BEFORE, BREAKS_AFTER, CLOSING):
                if trouble != CLOSING:
                    due[number].state = LetterState.SENDING
                for one in queue[place:]:
                    self._put_off(due[one], at)
                return
            self._record(number, at, weather, trouble)

    def _choose(self, number: int) -> tuple[str, ...]:
        return tuple(one for one in self.letters[number].outstanding if one.lower() not in self.dead)

    def _is_asked(self, number: int) -> bool:
        """Whether the server is asked at all."""
        return bool(self._choose(number))

    def _record(self, number: int, at: dt.datetime, weather: Weather, trouble: str) -> None:
        letter, chosen = self.letters[number], self._choose(number)
        letter.say(set(letter.outstanding) - set(chosen), AddressState.REFUSED)
        said = {one: weather.answer(one) for one in chosen}
        taken = [one for one in chosen if said[one] == TAKES]
        if chosen and not taken:
            self.dead |= {one.lower() for one in chosen if said[one] == UNKNOWN}
        if not chosen or (not taken and set(said.values()) == {UNKNOWN}):
            letter.say(chosen, AddressState.REFUSED)
            letter.close(LetterState.REFUSED)
        elif not taken:
            letter.say(chosen, AddressState.POSTPONED)
            letter.say([one for one in chosen if said[one] == UNKNOWN], AddressState.REFUSED)
            self._put_off(letter, at)
        elif trouble == REFUSED:
            letter.say(chosen, AddressState.REFUSED)
            letter.close(LetterState.REFUSED)
        elif trouble == LATER:
            letter.say(chosen, AddressState.POSTPONED)
            self._put_off(letter, at)
        else:
            self._take(number, taken, is_known=True)
            self.dead |= {one.lower() for one in chosen if said[one] == UNKNOWN}
            letter.say([one for one in chosen if said[one] == UNKNOWN], AddressState.REFUSED)
            for one in chosen:
                if said[one] in (BUSY, FULL):  # a letter of its own, for this one has left
                    letter.say([one], AddressState.MOVED)
                    copy = self.write((one,), at, letter.useful_until, in_place_of=number)
                    self.letters[copy].say([one], AddressState.POSTPONED)
                    self.letters[copy].next_at = at + find_pause(1)
            letter.close(LetterState.SENT)

    def _take(self, number: int, addresses: Iterable[str], *, is_known: bool) -> None:
        for address in addresses:
            self.copies[number, address.lower()] += 1
            if is_known:
                self.letters[number].say([address], AddressState.TAKEN)
            else:
                self.excused[number, address.lower()] += 1

    def _put_off(self, letter: ModelLetter, at: dt.datetime) -> None:
        letter.was_tried = True
        begun = max(letter.created_at, letter.asked_at or letter.created_at)
        if at - begun < GIVEN_UP_AFTER:
            letter.attempts += 1
            letter.next_at = at + find_pause(letter.attempts)
            return
        letter.say(letter.outstanding, AddressState.EXPIRED)
        letter.close(LetterState.EXPIRED)

    # --- what is heard later ------------------------------------------------------------------------------------

    def notice(self, number: int, address: str, fate: str, *, is_protected: bool) -> bool:
        """ "dead", "failed" or "delayed" of one address; whether it counts."""
        letter = self.letters[number]
        if not letter.was_tried:
            return False
        word = letter.words.get(address.lower())
        if fate == "dead" and not is_protected:
            self.dead.add(address.lower())
        if word in FINAL or letter.is_asked_again:
            pass
        elif fate != "delayed":
            letter.say([address], AddressState.RETURNED)
        elif word not in DEAD_WORDS:
            letter.say([address], AddressState.DELAYED)
        words = {letter.words.get(one.lower()) for one in letter.addresses}
        if (
            letter.state == LetterState.SENT
            and words <= {*DEAD_WORDS, AddressState.WITHDRAWN}
            and words & {*DEAD_WORDS}
        ):
            letter.state = LetterState.RETURNED
        return True

    # --- what a person decides ----------------------------------------------------------------------------------

    def resend(self, number: int, at: dt.datetime) -> bool:
        """Whether it makes sense."""
        letter = self.letters[number]
        usable = [one for one in letter.undecided if one.lower() not in self.dead]
        if _is_over(letter, at) or not usable or (letter.state in OPEN and _is_due(letter, at)):
            return False
        for one in usable:
            if letter.words.pop(one.lower(), None) == AddressState.RETURNED:
                self.excused[number, one.lower()] += 1
        if letter.state != LetterState.SENDING:  # that one may have left
            letter.state = LetterState.PENDING
        letter.attempts, letter.next_at, letter.asked_at = 0, at, at
        return True

    def withdraw(self, number: int) -> bool:
        letter = self.letters[number]
        if not letter.undecided:
            return False
        letter.say(letter.undecided, AddressState.WITHDRAWN)
        letter.close(LetterState.WITHDRAWN)
        return True

    def redirect(self, number: int, address: str, at: dt.datetime, instead_of: str | None) -> bool:
        letter = self.letters[number]
        left = [one for one in letter.undecided if instead_of in (None, one)]
        is_named = address.lower() in self._name_recipients(number)
        if _is_over(letter, at) or not left or is_named or address.lower() in self.dead:
            return False
        letter.say(left, AddressState.MOVED)
        if not letter.undecided:
            letter.close(LetterState.WITHDRAWN)
        self.letters[self.write((address,), at, letter.useful_until, in_place_of=number)].next_at = at
        return True

    def _name_recipients(self, number: int) -> set[str]:
        """In small letters: who gets it, or was sent it in the place of somebody."""
        letter = self.letters[number]
        mine = {one.lower() for one in letter.addresses if letter.words.get(one.lower()) != AddressState.MOVED}
        copies = [other for other, one in self.letters.items() if one.in_place_of == number]
        there = {one.lower() for other in copies for one in self.letters[other].addresses}
        return mine.union(there, *(self._name_recipients(other) for other in copies))


def _is_due(letter: ModelLetter, at: dt.datetime) -> bool:
    return letter.next_at is None or letter.next_at <= at


def _is_over(letter: ModelLetter, at: dt.datetime) -> bool:
    return letter.useful_until is not None and letter.useful_until <= at
