"""The public bodies of a plan, the names they had before, and their contacts."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from pydantic import Field, model_validator

from kybaocao.plan.entry import Code, Email, Entry, Text
from kybaocao.yaml_source import FieldError


class Duty(StrEnum):
    """What a body owes under the plan (seed: IV.1, and the register's section 2)."""

    BOUND = "phai_bao_cao"  # IV.1: Sở, ban, ngành, UBND xã, phường
    INVITED = "moi_bao_cao"  # holds tasks but is not bound by IV.1; never escalated to the Chairman
    RECEIVER = "nhan_bao_cao"
    PARTNER = "phoi_hop"


class AgencyKind(StrEnum):
    DEPARTMENT = "so_nganh"
    COMMUNE = "xa"
    WARD = "phuong"
    OTHER = "khac"


class Agency(Entry):
    """A public body named by the plan; one founded, closed or merged during the plan has dates too."""

    code: Code = Field(alias="ma")
    name: Text = Field(alias="ten")
    kind: AgencyKind = Field(alias="loai")
    duty: Duty = Field(alias="nghia_vu")
    head_title: str = Field("", alias="chuc_danh_nguoi_dung_dau")
    aliases: tuple[str, ...] = Field((), alias="ten_khac")
    opens_on: dt.date = Field(dt.date.min, alias="tu_ngay")
    closes_on: dt.date = Field(dt.date.max, alias="den_ngay")  # the last day on which it exists
    merged_into: Code | None = Field(None, alias="sap_nhap_vao")

    @property
    def label(self) -> str:
        """Code and short name, for lists and grids: "X-04183 UBND xã Mường Lầm"."""
        return f"{self.code} {self.name.replace('Ủy ban nhân dân', 'UBND')}"

    @property
    def is_expected(self) -> bool:
        """Whether this body must submit a report."""
        return self.duty in (Duty.BOUND, Duty.INVITED)

    def exists_on(self, day: dt.date) -> bool:
        return self.opens_on <= day <= self.closes_on

    @model_validator(mode="after")
    def _dates_in_order(self) -> Agency:
        if self.closes_on < self.opens_on:
            raise FieldError("ngày kết thúc (den_ngay) sớm hơn ngày bắt đầu (tu_ngay)", "den_ngay")
        if self.merged_into is not None and self.closes_on == dt.date.max:
            raise FieldError("cơ quan sáp nhập phải có ngày kết thúc (den_ngay)", "sap_nhap_vao")
        if self.merged_into == self.code:
            raise FieldError("cơ quan không thể sáp nhập vào chính mình", "sap_nhap_vao")
        return self


class FormerName(Entry):
    """What an agency, or one that became part of it, was called until a day; people go on using it."""

    agency: Code = Field(alias="ma")
    name: Text = Field(alias="ten")
    since: dt.date = Field(dt.date.min, alias="tu_ngay")
    until: dt.date = Field(alias="den_ngay")  # the last day of the name
    basis: str = Field("", alias="can_cu")

    @model_validator(mode="after")
    def _dates_in_order(self) -> FormerName:
        if self.until < self.since:
            raise FieldError("tên cũ kết thúc (den_ngay) trước khi bắt đầu (tu_ngay)", "den_ngay")
        return self


class ContactRole(StrEnum):
    OFFICER = "dau_moi"  # who fills the form in
    HEAD = "lanh_dao"  # the head of the agency


class Contact(Entry):
    """Where an agency's mail goes, and from when until when."""

    agency: Code = Field(alias="ma")
    role: ContactRole = Field(alias="vai_tro")
    person: Text = Field(alias="ho_ten")
    position: str = Field("", alias="chuc_vu")
    email: Email = Field(alias="email")
    phone: str = Field("", alias="dien_thoai")
    valid_from: dt.date = Field(dt.date.min, alias="tu_ngay")
    valid_until: dt.date = Field(dt.date.max, alias="den_ngay")

    def is_valid_on(self, day: dt.date) -> bool:
        return self.valid_from <= day <= self.valid_until

    @model_validator(mode="after")
    def _dates_in_order(self) -> Contact:
        if self.valid_until < self.valid_from:
            raise FieldError("ngày kết thúc (den_ngay) sớm hơn ngày bắt đầu (tu_ngay)", "den_ngay")
        return self
