"""The two documents that one cycle's report becomes, and what is particular to each: letterhead, grounds, signature.

Mục IV.3 of the plan: the coordinator reports to UBND tỉnh, which then reports to the ministry.  A plan that has
no document to UBND tỉnh (`trinh_ubnd_tinh` is left out) has one document, which holds everything.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from kybaocao.plan.entry import Entry, Text, fills


class Audience(StrEnum):
    """Whom a document of the report is for."""

    PROVINCE = "ubnd_tinh"  # with everything internal: who is late, what was sent back, sources of figures
    MINISTRY = "bo_tai_chinh"  # only what is the ministry's


class SignatureBlock(Entry):
    """Ô 7a, 7b (Nghị định 30/2020, Phụ lục I): on whose behalf, and as what."""

    authority: str = Field("", alias="thay_mat")  # "TM. ỦY BAN NHÂN DÂN"; blank: signed in the head's own right
    position: Text = Field(alias="chuc_vu")  # of the head
    deputy: Text = Field("KT.", alias="ky_thay")  # set before the head's title when a deputy signs


class DocumentWording(Entry):
    """Who writes to whom, on which grounds, and who signs."""

    parent: str = Field("", alias="co_quan_chu_quan")
    issuer: tuple[Text, ...] = Field(alias="co_quan_ban_hanh", min_length=1)
    issuer_name: Text = Field(alias="ten_co_quan")  # in running text and as the file's author
    symbol: Text = Field(alias="ky_hieu")
    type_name: Text = Field(alias="ten_loai")
    subject: Annotated[Text, fills("ky")] = Field(alias="trich_yeu")
    addressees: tuple[Text, ...] = Field(alias="kinh_gui", min_length=1)
    bases: tuple[Annotated[Text, fills("ke_hoach")], ...] = Field((), alias="can_cu")
    lead_in: Annotated[Text, fills("ky", "tu_ngay", "den_ngay")] = Field(alias="mo_dau")
    recipients: tuple[Text, ...] = Field(alias="noi_nhan", min_length=1)
    signature: SignatureBlock = Field(alias="chu_ky")


class ProvinceDocument(DocumentWording):
    """The coordinator's report to UBND tỉnh (BC-STC)."""

    attached: Annotated[Text, fills("nam")] = Field(alias="kem_theo")  # under the title of each annex
