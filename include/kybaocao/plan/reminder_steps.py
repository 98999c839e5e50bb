"""The ladder of reminders as officials write it: `bac_thang.yaml`, judged."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator, model_validator

from kybaocao.plan.agencies import Duty
from kybaocao.plan.entry import Entry, Hour, Text
from kybaocao.vietnamese import WEEKDAYS
from kybaocao.yaml_source import FieldError


class Addressee(StrEnum):
    OFFICER = "dau_moi"
    HEAD = "lanh_dao"
    COORDINATOR = "lanh_dao_so_tai_chinh"  # one collective mail
    CHAIRMAN = "chu_tich"  # one collective page

    @property
    def is_collective(self) -> bool:
        """Whether one letter names all the agencies, instead of one letter each."""
        return self in (Addressee.COORDINATOR, Addressee.CHAIRMAN)


class ReminderStep(Entry):
    """One step of the ladder: so many working days from the deadline, at this hour, to whom."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=28)] = Field(alias="ma")
    name: Text = Field(alias="ten")
    day: int = Field(alias="ngay_lam_viec")  # negative: before the last day; positive: after it
    time: Hour = Field(alias="gio")
    to: Addressee = Field(alias="gui")
    copies: tuple[Addressee, ...] = Field((), alias="dong_gui")
    template: Text = Field(alias="mau")
    duties: tuple[Duty, ...] = Field((Duty.BOUND, Duty.INVITED), alias="ap_dung")
    repeat_every_working_days: int | None = Field(None, alias="lap_lai_sau_ngay_lam_viec", ge=1)
    may_disturb: bool = Field(False, alias="ngoai_gio")  # goes out in quiet hours and on days off, too
    official_letter: str = Field("", alias="cong_van")  # the draft công văn that goes with a collective letter

    @property
    def is_collective(self) -> bool:
        return self.to.is_collective


class QuietHours(Entry):
    """From when until when nobody is written to; may run over midnight."""

    begins: Hour = Field(alias="tu")
    ends: Hour = Field(alias="den")

    def covers(self, time: dt.time) -> bool:
        if self.begins < self.ends:
            return self.begins <= time < self.ends
        return time >= self.begins or time < self.ends

    @model_validator(mode="after")
    def _not_all_day(self) -> QuietHours:
        if self.begins == self.ends:
            raise FieldError("giờ yên lặng phải có giờ bắt đầu (tu) khác giờ kết thúc (den)", "den")
        return self


class PositionLetter(Entry):
    """When the coordinator's leaders learn who has reported: weekly, and at this hour on the day of a milestone."""

    weekday: Text = Field(alias="thu")  # "thứ Hai"
    time: Hour = Field(alias="gio")

    @field_validator("weekday")
    @classmethod
    def _known_weekday(cls, name: str) -> str:
        if name not in WEEKDAYS:
            raise ValueError(f"không có ngày “{name}”; viết một trong: {', '.join(WEEKDAYS)}")
        return name

    @property
    def weekday_number(self) -> int:
        """As `date.weekday` counts."""
        return WEEKDAYS.index(self.weekday)


class Ladder(Entry):
    reminder_steps: tuple[ReminderStep, ...] = Field(alias="bac", min_length=1)
    quiet: QuietHours | None = Field(None, alias="gio_yen_lang")
    position: PositionLetter | None = Field(None, alias="tinh_hinh")  # None: the leaders get lists of the late only

    def name_step(self, step: str) -> str:
        """What a step that was taken is called; one that the ladder has no longer is called by its code."""
        code = step.partition("@")[0]  # after it: the term of a body's own that it was taken for
        return next((one.name for one in self.reminder_steps if one.id == code), step)

    @model_validator(mode="after")
    def _steps_rise(self) -> Ladder:
        seen: set[str] = set()
        for index, reminder_step in enumerate(self.reminder_steps):
            lower = self.reminder_steps[index - 1]
            if index and (reminder_step.day, reminder_step.time) <= (lower.day, lower.time):
                raise FieldError(f"bậc {reminder_step.id} không đứng sau bậc {lower.id}", "bac", index, "ngay_lam_viec")
            if reminder_step.id in seen:
                raise FieldError(f"hai bậc cùng mã {reminder_step.id}", "bac", index, "ma")
            seen.add(reminder_step.id)
        return self
