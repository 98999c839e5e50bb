"""A season by chance: every agency, decision and fault drawn from one seed.

Shares are a rough guess at a province's habits, on the bad side: the point is that everything that can
happen does, in every combination, over a few thousand seasons.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random
from typing import Any

from pydantic import ValidationError

from kybaocao.plan.adjustments import Adjustment, Adjustments, DeadlineMove, Exemption, Extension
from kybaocao.plan.agencies import Agency, Contact, ContactRole
from kybaocao.plan.calendar import ONE_DAY, Calendar
from kybaocao.plan.contradictions import list_overlong
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.plan import Plan
from kybaocao.season.events import ClosedFolder, Drop, File, Outage, Part, Season, WrongClock

BAD = (File.FAULTY, File.FAULTY, File.WRONG_PERIOD, File.DAMAGED)


def write_season(plan: Plan, cycle_id: str, seed: int) -> Season:
    """The same plan, cycle and seed give the same season. The plan's own decisions stay in force."""
    return _Author(plan, plan.require_cycle(cycle_id), Random(seed)).write()


class _Author:
    def __init__(self, plan: Plan, cycle: Cycle, random: Random) -> None:
        self.plan, self.cycle, self.random = plan, cycle, random
        self.calendar = Calendar.of(plan.require_calendar(), plan.timezone)
        self.opening, self.deadline = self.calendar.at(cycle.opens), self.calendar.deadline(cycle)
        self.closing = self.calendar.moment(cycle.closes_on, dt.time.max)

    def write(self) -> Season:
        plan = self._decide()
        drops = [drop for agency in plan.expected for drop in self._submit(agency.code)]
        outages = [*self._break_down(Part.SCHEDULER, 0.5), *self._break_down(Part.MAIL, 0.4)]
        clocks = tuple(self._mislead_clock())
        outages += self._start_late()
        return Season(
            plan,
            self.cycle.id,
            tuple(sorted(drops, key=lambda drop: drop.at)),
            tuple(outages),
            clocks,
            tuple(self._close_folders(plan)),
        )

    # --- moments -----------------------------------------------------------------------------------------

    def _between(self, earlier: dt.datetime, later: dt.datetime) -> dt.datetime:
        seconds = int((later - earlier).total_seconds())
        return earlier + dt.timedelta(seconds=self.random.randrange(max(1, seconds)))

    def _span(self, shortest_minutes: float, longest_minutes: float) -> dt.timedelta:
        """Short ones often, long ones now and then."""
        return dt.timedelta(minutes=shortest_minutes * (longest_minutes / shortest_minutes) ** self.random.random())

    def _sometime(self) -> dt.datetime:
        """In the weeks that matter, and now and then up to the closing."""
        late = self.random.random() < 0.25
        return self._between(self.opening - ONE_DAY, self.closing if late else self.deadline + 10 * ONE_DAY)

    # --- agencies ------------------------------------------------------------------------------------------

    def _submit(self, agency: str) -> list[Drop]:
        habit, drops = self.random.random(), []
        if habit < 0.06:
            return []  # silent
        if habit < 0.30:
            at = self._between(self.opening, self.opening + (self.deadline - self.opening) / 2)
        elif habit < 0.70:
            at = self._between(self.opening + (self.deadline - self.opening) / 2, self.deadline)
        elif habit < 0.82:
            at = self._between(self.deadline - ONE_DAY, self.deadline)
        else:
            at = self.deadline + self._span(1, 70 * 24 * 60)  # now and then after the closing
        while self.random.random() < 0.22:
            drops.append(Drop(at, agency, self.random.choice(BAD)))
            if self.random.random() < 0.12:
                return drops  # returned, and nobody corrects it
            at += self._span(5, 9 * 24 * 60)
        drops.append(Drop(at, agency, File.ZERO if self.random.random() < 0.06 else File.GOOD))
        if self.random.random() < 0.05:  # a second thought
            drops.append(Drop(at + self._span(10, 9 * 24 * 60), agency, self.random.choice((File.GOOD, *BAD))))
        return drops

    # --- decisions -------------------------------------------------------------------------------------------

    def _decide(self) -> Plan:
        """The plan with this season's decisions, agencies that come and go, contacts that leave."""
        entries: list[Adjustment] = []
        agencies: dict[str, Agency] = {}
        gone: dict[str, tuple[dt.date, float]] = {}
        due_before = self.cycle.due_before
        if self.random.random() < 0.06 and not self.plan.adjustments.moves and (move := self._move_deadline()):
            entries.append(move)
            due_before = move.due_before
        for agency in self.plan.expected:
            fate = self.random.random()
            day = self._between(self.opening, self.deadline + 10 * ONE_DAY).date()
            if fate < 0.04:
                entries += self._extend(agency.code, day, due_before)
            elif fate < 0.05:
                entries.append(Exemption.model_validate(self._decided(day) | {"co_quan": agency.code}))
            elif fate < 0.06:
                agencies[agency.code] = agency.model_copy(update={"closes_on": day})
            elif fate < 0.07:
                agencies[agency.code] = agency.model_copy(update={"opens_on": day})
            elif fate < 0.11:
                gone[agency.code] = day, self.random.random()
        contacts = self._share_contacts()
        if not (entries or agencies or gone or contacts):
            return self.plan
        return replace(
            self.plan,
            agencies=self.plan.agencies | agencies,
            contacts=tuple(_leave(contact, gone) for contact in (*self.plan.contacts, *contacts)),
            adjustments=Adjustments.of((*self.plan.adjustments.entries, *entries)),
        )

    def _share_contacts(self) -> list[Contact]:
        """Now and then one person is a contact of several agencies, or has two parts in one."""
        officers = [c for c in self.plan.contacts if c.role is ContactRole.OFFICER]
        if self.random.random() < 0.6 or not officers:
            return []
        person = self.random.choice(officers)
        return [
            person.model_copy(update={"agency": other.agency, "role": self.random.choice(list(ContactRole))})
            for other in self.random.sample(officers, min(len(officers), self.random.randint(1, 4)))
        ]

    def _decided(self, day: dt.date) -> dict[str, Any]:
        said = dict.fromkeys(("nguoi_quyet_dinh", "van_ban", "ly_do"), "mô phỏng")
        return said | {"ky": self.cycle.id, "ngay": day}

    def _extend(self, agency: str, day: dt.date, due_before: dt.date) -> list[Adjustment]:
        later = max(day, due_before) + self.random.randint(1, 12) * ONE_DAY
        if later > self.cycle.closes_on:
            return []
        return [Extension.model_validate(self._decided(day) | {"co_quan": agency, "truoc_ngay": later})]

    def _move_deadline(self) -> DeadlineMove | None:
        """All dates of the province by the same number of days, when the ladder allows it."""
        days = self.random.randint(1, 9) * ONE_DAY
        cycle, compilation = self.cycle, self.cycle.compile_at
        dates = {
            "truoc_ngay_co_quan": cycle.due_before + days,
            "truoc_ngay_so_tai_chinh": cycle.so_tai_chinh_before + days,
            "den_ngay_bo_tai_chinh": cycle.bo_tai_chinh_by + days,
            "tong_hop": {"ngay": compilation.date + days, "gio": compilation.time},
        }
        move = DeadlineMove.model_validate(self._decided(self._between(self.opening, self.deadline).date()) | dates)
        try:
            moved = move.applied_to(cycle)
        except ValidationError:
            return None
        is_sound = self.calendar.leaves_time(moved) and not list_overlong(
            moved, self.plan.require_ladder(), self.calendar
        )
        return move if is_sound else None

    # --- faults ------------------------------------------------------------------------------------------------

    def _break_down(self, part: Part, chance: float) -> list[Outage]:
        found: list[Outage] = []
        while self.random.random() < chance and len(found) < 3:
            begins = self._sometime()
            found.append(Outage(part, begins, begins + self._span(20, 8 * 24 * 60)))
        return found

    def _mislead_clock(self) -> list[WrongClock]:
        if self.random.random() >= 0.2:
            return []
        begins = self._sometime()
        ahead = self._span(1, 3 * 24 * 60) * self.random.choice((1, -1))
        return [WrongClock(begins, begins + self._span(30, 3 * 24 * 60), ahead)]

    def _start_late(self) -> list[Outage]:
        """Now and then the system is switched on when the cycle should have been open for a while, or is overdue."""
        if self.random.random() >= 0.12:
            return []
        return [
            Outage(Part.SCHEDULER, self.opening - ONE_DAY, self._between(self.opening, self.deadline + 10 * ONE_DAY))
        ]

    def _close_folders(self, plan: Plan) -> list[ClosedFolder]:
        """Some agencies' folders cannot be written to when the cycle opens."""
        return [
            ClosedFolder(agency.code, self._between(self.opening, self.deadline + 10 * ONE_DAY))
            for agency in plan.expected
            if self.random.random() < 0.02
        ]


def _leave(contact: Contact, gone: dict[str, tuple[dt.date, float]]) -> Contact:
    """The contact, or the same until the day it leaves; of an agency that loses people one or both go."""
    day, both = gone.get(contact.agency, (None, 0.0))
    if day is None or (both < 0.6 and (contact.role.value == "lanh_dao") != (both < 0.2)):
        return contact
    return contact.model_copy(update={"valid_until": day})
