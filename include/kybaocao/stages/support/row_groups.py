"""Rows of a mapped task: an agency each while they are few, groups of agencies beyond that.

A row costs Airflow far more than the work in it, so the number of rows is bounded; inside a group each agency is served
by itself, so that what fails for one is its own fault only.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from kybaocao.findings import shorten
from kybaocao.plan.plan import Plan
from kybaocao.settings import SettingsError, read_setting
from kybaocao.stages.support.outcomes import load_words

log = logging.getLogger(__name__)
T = TypeVar("T")

ROWS_SETTING, LEAST_SETTING = "KYBAOCAO_ROWS", "KYBAOCAO_GROUP"
# Measured, see docs/adr/0025-rows-that-hold-several-agencies.md.
ROWS, LEAST = 48, 6
NAME_LIMIT = 250  # what Airflow keeps of a row's name
_MOST_NAMED = 6  # agencies that failed, in a row's name


@dataclass(frozen=True)
class RowBounds:
    """At most `rows` rows; once agencies share rows, a group has at least `least` of them where there are as many."""

    rows: int = ROWS
    least: int = LEAST

    @classmethod
    def read(cls) -> RowBounds:
        """What KYBAOCAO_ROWS and KYBAOCAO_GROUP say. Raises SettingsError."""
        return cls(int(read_setting(ROWS_SETTING) or ROWS), int(read_setting(LEAST_SETTING) or LEAST))

    @classmethod
    def find(cls) -> RowBounds:
        """The same; unusable settings count as none, so that a slip of the keys stops no pass."""
        try:
            return cls.read()
        except SettingsError as error:
            log.warning("%s Đang dùng %d dòng, nhóm từ %d cơ quan", error, ROWS, LEAST)
            return cls()

    def divide(self, agencies: Sequence[str]) -> list[list[str]]:
        """The rows, in the order of the agencies: groups differ in size by one agency at most."""
        number = len(agencies)
        if number <= self.rows:
            return [[agency] for agency in agencies]
        rows = min(self.rows, max(1, number // self.least))
        starts = [number * row // rows for row in range(rows + 1)]
        return [list(agencies[start:end]) for start, end in itertools.pairwise(starts)]


@dataclass
class Served(Generic[T]):
    """What was done for each agency, and why it could not be done for others."""

    done: dict[str, T] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)


def serve_each(agencies: Iterable[str], serve: Callable[[str], T]) -> Served[T]:
    """Serve every agency, whatever happens to the others."""
    served = Served[T]()
    for agency in agencies:
        try:
            served.done[agency] = serve(agency)
        except Exception as error:  # of this agency alone
            served.errors[agency] = error
    return served


def name_agencies(plan: Plan, agencies: Sequence[str], outcome: str = "") -> str:
    """A row's name in the grid: "X-04183 UBND xã Mường Lầm – trả lại, 3 lỗi", or of a group "X-03646 … X-03712 · 12 cơ
    quan – 12 tệp: 9 nhận, 3 trả"."""
    if len(agencies) == 1:
        (agency,) = agencies
        label = plan.agencies[agency].label
    else:
        label = load_words()["nhom"].format(dau=agencies[0], cuoi=agencies[-1], so=len(agencies))
    return shorten(f"{label} – {outcome}" if outcome else label, NAME_LIMIT)


def name_failed(agencies: Sequence[str]) -> str:
    """ "lỗi hệ thống: X-03650, X-03652" for the name of a row; "" when there is none."""
    if not agencies:
        return ""
    named = ", ".join(agencies[:_MOST_NAMED]) + (", …" if agencies[_MOST_NAMED:] else "")
    return str(load_words()["loi_he_thong"].format(danh_sach=named))


def explain_failed(plan: Plan, errors: Mapping[str, Exception], number: int) -> str:
    """For the operators: which agencies of a row of `number` could not be served, and why."""
    named = "; ".join(
        f"{plan.agencies[agency].label}: {type(error).__name__}: {error}" for agency, error in errors.items()
    )
    return str(load_words()["khong_xong"].format(so=len(errors), tong=number, danh_sach=named))
