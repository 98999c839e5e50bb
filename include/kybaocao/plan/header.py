"""The plan's own header: `ke_hoach.yaml`, judged."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, StringConstraints, field_validator

from kybaocao.plan.agencies import AgencyKind
from kybaocao.plan.entry import Code, Entry, Text


class LegalBasis(Entry):
    document: Text = Field(alias="van_ban")
    dated: dt.date | None = Field(None, alias="ngay")
    about: str = Field("", alias="trich_yeu")


class Section(Entry):
    number: int = Field(alias="so", ge=1)
    title: Text = Field(alias="tieu_de")
    short: Text = Field(alias="tieu_de_ngan")


class Header(Entry):
    """Who planned what, on which grounds, in which province."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=40)] = Field(alias="ma")
    name: Text = Field(alias="ten")
    subject: Text = Field(alias="trich_yeu")
    short_name: Text = Field(alias="ten_ngan")  # "Nghị quyết 02/NQ-CP năm 2026"
    year: int = Field(alias="nam", ge=2000, le=2100)
    province: Text = Field(alias="tinh")  # "tỉnh Sơn La"
    place: Text = Field(alias="dia_danh")  # "Sơn La"
    number: str = Field("", alias="so_ky_hieu")
    dated: dt.date | None = Field(None, alias="ngay_ban_hanh")
    issuer: Text = Field(alias="co_quan_ban_hanh")
    signer: str = Field("", alias="nguoi_ky")
    coordinator: Code = Field(alias="co_quan_dau_moi")  # STC
    timezone: Text = Field("Asia/Ho_Chi_Minh", alias="mui_gio")
    legal_bases: tuple[LegalBasis, ...] = Field((), alias="can_cu")
    sections: tuple[Section, ...] = Field(alias="muc", min_length=1)
    groups: dict[Code, tuple[AgencyKind, ...]] = Field(alias="nhom")  # TAT_CA: bound bodies of these kinds
    # Bodies that are bound to report, by name: `config` warns while one is missing in the roster of a live plan.
    bound_names: tuple[Text, ...] = Field((), alias="co_quan_phai_co")
    copies: tuple[str, ...] = Field((), alias="noi_nhan")
    is_sample_data: bool = Field(False, alias="du_lieu_mau")
    # A target that fewer of its agencies have answered holds a release up, unless it has a share of its own.
    min_coverage_percent: int = Field(50, alias="toi_thieu_phan_tram_bao_cao", ge=0, le=100)

    def name_beside(self, cycle: str) -> str:
        """The short name where a cycle is named, too: the year is said once ("báo cáo năm 2026 thực hiện …")."""
        year = f" năm {self.year}"
        return self.short_name.removesuffix(year) if year.strip() in cycle.casefold() else self.short_name

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"không có múi giờ “{name}”; viết như Asia/Ho_Chi_Minh") from None
        return name
