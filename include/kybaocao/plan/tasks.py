"""Tasks and obligations of the agencies."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from kybaocao.plan.entry import Code, Entry, Text

SHORT_TITLE = 45  # signs


class SixClear(Entry):
    """The plan's "6 rõ" (I.2): who, what, when, answerable how, with what product, by whose authority."""

    person: Text = Field(alias="nguoi")
    work: Text = Field(alias="viec")
    time: Text = Field(alias="thoi_gian")
    responsibility: Text = Field(alias="trach_nhiem")
    product: Text = Field(alias="san_pham")
    authority: Text = Field(alias="tham_quyen")


class Task(Entry):
    """One task of section III, or one obligation of section IV, verbatim."""

    id: Text = Field(alias="ma")
    section: int = Field(alias="muc", ge=1)
    title: Text = Field(alias="tieu_de")
    short_title: str = Field("", alias="tieu_de_ngan", max_length=SHORT_TITLE)  # where a reader has one line for it
    text: Text = Field(alias="nguyen_van")
    leads: tuple[Code, ...] = Field(alias="chu_tri", min_length=1)
    lead_text: Text = Field(alias="chu_tri_nguyen_van")
    role: Literal["chu_tri", "phoi_hop"] = Field("chu_tri", alias="vai_tro")
    nature: Text = Field(alias="tinh_chat")
    targets: tuple[str, ...] = Field((), alias="chi_tieu")
    # Of targets that the task's own text promises: "đã hoàn thành" while one is missed is a contradiction.
    done_when_met: tuple[str, ...] = Field((), alias="hoan_thanh_khi_dat")
    due_on: dt.date | None = Field(None, alias="han")
    # No where the report itself is the answer: IV.1.d and IV.3.b ask for the periodic reports, and those are counted.
    is_asked: bool = Field(True, alias="hoi_trong_bieu")
    six: SixClear = Field(alias="sau_ro")

    @property
    def brief_title(self) -> str:
        return self.short_title or self.title
