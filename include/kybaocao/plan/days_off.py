"""Days off and weekend days that are worked: `lich.yaml`, judged."""

from __future__ import annotations

import datetime as dt

from pydantic import Field, model_validator

from kybaocao.plan.entry import Entry, Text
from kybaocao.vietnamese import format_date, name_day
from kybaocao.yaml_source import FieldError

SATURDAY = 5  # of date.weekday()


class Holiday(Entry):
    """A day off, or a weekend day worked instead, and the document that says so."""

    date: dt.date = Field(alias="ngay")
    name: Text = Field(alias="ten")
    source: Text = Field(alias="nguon")


class WorkingCalendar(Entry):
    """Days off and swapped working days, as data that officials edit."""

    holidays: tuple[Holiday, ...] = Field(alias="ngay_nghi")
    working_weekends: tuple[Holiday, ...] = Field((), alias="lam_bu")

    @model_validator(mode="after")
    def _no_contradiction(self) -> WorkingCalendar:
        off: set[dt.date] = set()
        for index, day in enumerate(self.holidays):
            if day.date in off:
                raise FieldError(f"ngày {format_date(day.date)} khai báo hai lần", "ngay_nghi", index, "ngay")
            off.add(day.date)
        worked: set[dt.date] = set()
        for index, day in enumerate(self.working_weekends):
            if day.date in off:
                raise FieldError(f"{name_day(day.date)} vừa là ngày nghỉ vừa là ngày làm bù", "lam_bu", index, "ngay")
            if day.date in worked:
                raise FieldError(f"ngày {format_date(day.date)} khai báo hai lần", "lam_bu", index, "ngay")
            if day.date.weekday() < SATURDAY:
                raise FieldError(
                    f"{name_day(day.date)} không phải thứ Bảy hoặc Chủ nhật nên không thể làm bù",
                    "lam_bu",
                    index,
                    "ngay",
                )
            worked.add(day.date)
        return self
