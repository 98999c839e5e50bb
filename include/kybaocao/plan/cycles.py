"""The reporting cycles of a plan, with their dates."""

from __future__ import annotations

import datetime as dt
import itertools
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from kybaocao.plan.entry import Entry, Hour, Text
from kybaocao.vietnamese import format_date
from kybaocao.yaml_source import FieldError


class Phase(StrEnum):
    """Of a cycle, at one moment."""

    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"


class Clock(Entry):
    """A day and an hour in the plan's time zone."""

    date: dt.date = Field(alias="ngay")
    time: Hour = Field(alias="gio")


class Cycle(Entry):
    """One reporting cycle. Every date an agency or a leader is held to stands here and nowhere else."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)] = Field(alias="ma")
    name: Text = Field(alias="ten")  # "năm 2026"
    title: Text = Field(alias="tieu_de")  # how ops see it
    period_from: dt.date = Field(alias="ky_tu")
    period_to: dt.date = Field(alias="ky_den")  # the data cut-off (chốt số liệu)
    opens: Clock = Field(alias="mo_ky")
    due_before: dt.date = Field(alias="truoc_ngay_co_quan")  # strict: the last day is the day before
    so_tai_chinh_before: dt.date = Field(alias="truoc_ngay_so_tai_chinh")
    bo_tai_chinh_by: dt.date = Field(alias="den_ngay_bo_tai_chinh")
    compile_at: Clock = Field(alias="tong_hop")
    closes_on: dt.date = Field(alias="dong_ky")
    previous: str | None = Field(None, alias="ky_truoc")
    basis: str = Field("", alias="can_cu")
    # Below this share of submitted reports the human who approves is warned.
    warn_below_percent: int = Field(90, alias="canh_bao_duoi_phan_tram", ge=0, le=100)

    @property
    def due_on(self) -> dt.date:
        """Last day on which a submission is on time ("trước ngày X" is strict)."""
        return self.due_before - dt.timedelta(days=1)

    @property
    def so_tai_chinh_due_on(self) -> dt.date:
        return self.so_tai_chinh_before - dt.timedelta(days=1)

    def find_phase(self, local: dt.datetime) -> Phase:
        """`local`: a moment in the plan's time zone."""
        if local < dt.datetime.combine(self.opens.date, self.opens.time, local.tzinfo):
            return Phase.UPCOMING
        return Phase.OPEN if local.date() <= self.closes_on else Phase.CLOSED

    @model_validator(mode="after")
    def _dates_in_order(self) -> Cycle:
        order = [
            ("ky_tu", self.period_from),
            ("ky_den", self.period_to),
            ("truoc_ngay_co_quan", self.due_before),
            ("truoc_ngay_so_tai_chinh", self.so_tai_chinh_before),
            ("den_ngay_bo_tai_chinh", self.bo_tai_chinh_by),
            ("dong_ky", self.closes_on),
        ]
        for (left, earlier), (right, later) in itertools.pairwise(order):
            if earlier > later:
                raise FieldError(f"{right} ({format_date(later)}) sớm hơn {left} ({format_date(earlier)})", right)
        if not self.opens.date < self.due_before:
            raise FieldError("mo_ky phải trước hạn nộp của cơ quan (truoc_ngay_co_quan)", "mo_ky")
        if not self.due_before <= self.compile_at.date < self.so_tai_chinh_before:
            raise FieldError("tong_hop phải sau hạn nộp của cơ quan và trước hạn của Sở Tài chính", "tong_hop")
        return self
