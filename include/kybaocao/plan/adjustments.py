"""What was decided after a cycle was announced: more time, a moved deadline, no duty, a rule that does not bind.

A decision holds from the day it is dated, so the past stays what it was: a replay of an earlier moment sees
the deadline that stood then.  Entries stand in `dieu_chinh.yaml`; without the file nothing was decided.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pydantic import Field, model_validator

from kybaocao.plan.cycles import Clock, Cycle
from kybaocao.plan.entry import Code, Entry, Text
from kybaocao.yaml_source import FieldError


class Adjustment(Entry):
    """A decision that changes somebody's duty in one cycle. It holds from the day it is dated."""

    cycle: Text = Field(alias="ky")
    granted_by: Text = Field(alias="nguoi_quyet_dinh")
    document: str = Field("", alias="van_ban")  # number and symbol of the letter that says so
    dated: dt.date = Field(alias="ngay")
    reason: Text = Field(alias="ly_do")


class DeadlineMove(Adjustment):
    """The province moves the deadline for all; dates that are not named stay as they are."""

    document: Text = Field(alias="van_ban")
    due_before: dt.date = Field(alias="truoc_ngay_co_quan")
    so_tai_chinh_before: dt.date | None = Field(None, alias="truoc_ngay_so_tai_chinh")
    bo_tai_chinh_by: dt.date | None = Field(None, alias="den_ngay_bo_tai_chinh")
    compile_at: Clock | None = Field(None, alias="tong_hop")
    closes_on: dt.date | None = Field(None, alias="dong_ky")

    def applied_to(self, cycle: Cycle) -> Cycle:
        """The cycle with its new dates. Raises ValidationError when they do not fit each other."""
        moved = {name: getattr(self, name) for name in DeadlineMove.model_fields if name not in Adjustment.model_fields}
        return Cycle.model_validate(dict(cycle) | {name: date for name, date in moved.items() if date is not None})


class Extension(Adjustment):
    """One agency is given more time."""

    agency: Code = Field(alias="co_quan")
    document: Text = Field(alias="van_ban")
    due_before: dt.date = Field(alias="truoc_ngay")  # strict, like the cycle's own


class Exemption(Adjustment):
    """One agency owes no report in one cycle."""

    agency: Code = Field(alias="co_quan")


class RuleWaiver(Adjustment):
    """One rule does not bind one agency in one cycle, until a day."""

    agency: Code = Field(alias="co_quan")
    rule: Text = Field(alias="quy_tac")  # a code of templates/findings.yaml
    until: dt.date = Field(alias="den_ngay")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> RuleWaiver:
        if self.until < self.dated:
            raise FieldError("ngày hết hiệu lực (den_ngay) sớm hơn ngày quyết định (ngay)", "den_ngay")
        return self


KEYS: dict[str, type[Adjustment]] = {
    "gia_han": Extension,
    "mien_nop": Exemption,
    "mien_quy_tac": RuleWaiver,
    "doi_han": DeadlineMove,
}


class Term(NamedTuple):
    """The time one agency has in a cycle, and the part of the ladder that belongs to it.

    The ladder counts from `since` on (None: from the opening): what lies before belongs to a deadline that
    no longer is, or to a time when the agency was not yet.  `is_moved` says that the deadline is not the one
    the cycle was announced with; its reminders are then reminders of their own.
    """

    due_before: dt.date  # strict: the last day is the day before
    since: dt.date | None = None
    is_moved: bool = False

    @property
    def mark(self) -> str:
        """What distinguishes a step of a moved deadline from the same step of the announced one."""
        return f"@{self.due_before}" if self.is_moved else ""


@dataclass(frozen=True, eq=False)
class Adjustments:
    """Every decision of one plan."""

    extensions: tuple[Extension, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    waivers: tuple[RuleWaiver, ...] = ()
    moves: tuple[DeadlineMove, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Adjustment]) -> Adjustments:
        """Sorted by kind and date; of two on one day the later in the file counts."""
        listed = sorted(entries, key=lambda entry: entry.dated)
        return cls(
            tuple(entry for entry in listed if isinstance(entry, Extension)),
            tuple(entry for entry in listed if isinstance(entry, Exemption)),
            tuple(entry for entry in listed if isinstance(entry, RuleWaiver)),
            tuple(entry for entry in listed if isinstance(entry, DeadlineMove)),
        )

    def without(self, refused: Iterable[Adjustment]) -> Adjustments:
        """All but these very entries."""
        out = {id(entry) for entry in refused}
        return Adjustments.of(entry for entry in self.entries if id(entry) not in out)

    @property
    def entries(self) -> tuple[Adjustment, ...]:
        return (*self.extensions, *self.exemptions, *self.waivers, *self.moves)

    @cached_property
    def _extensions_of(self) -> dict[tuple[str, str], list[Extension]]:
        found: dict[tuple[str, str], list[Extension]] = {}
        for entry in self.extensions:
            found.setdefault((entry.cycle, entry.agency), []).append(entry)
        return found

    @cached_property
    def _exempt_from(self) -> dict[tuple[str, str], dt.date]:
        return {(entry.cycle, entry.agency): entry.dated for entry in reversed(self.exemptions)}

    def cycle_on(self, cycle: Cycle, on: dt.date | None) -> Cycle:
        """The cycle with the dates that hold on a day; with every decision that is known when `on` is None."""
        for move in self.moves:
            if move.cycle == cycle.id and (on is None or move.dated <= on):
                cycle = move.applied_to(cycle)
        return cycle

    def common_term(self, cycle: Cycle, on: dt.date | None) -> Term:
        """The term of every agency without a decision of its own."""
        last = None
        for move in self.moves:
            if move.cycle == cycle.id and (on is None or move.dated <= on):
                last = move
        return Term(cycle.due_before) if last is None else _decided(cycle, last)

    def own_term(self, cycle: Cycle, agency: str, common: Term, on: dt.date) -> Term:
        """The term of one agency: its last extension, unless everybody has as much time by now."""
        last = None
        for entry in self._extensions_of.get((cycle.id, agency), ()):
            if entry.dated <= on:
                last = entry
        return common if last is None or last.due_before <= common.due_before else _decided(cycle, last)

    def list_terms(self, cycle: Cycle) -> list[Term]:
        """Every term that somebody has or will have in the cycle."""
        decided: list[DeadlineMove | Extension] = [*self.moves, *self.extensions]
        return [Term(cycle.due_before), *(_decided(cycle, entry) for entry in decided if entry.cycle == cycle.id)]

    def is_exempt(self, cycle: str, agency: str, on: dt.date) -> bool:
        dated = self._exempt_from.get((cycle, agency))
        return dated is not None and dated <= on

    def waived_rules(self, cycle: str, agency: str, on: dt.date) -> frozenset[str]:
        return frozenset(
            entry.rule
            for entry in self.waivers
            if (entry.cycle, entry.agency) == (cycle, agency) and entry.dated <= on <= entry.until
        )


def _decided(cycle: Cycle, entry: DeadlineMove | Extension) -> Term:
    return Term(entry.due_before, entry.dated, is_moved=entry.due_before != cycle.due_before)
