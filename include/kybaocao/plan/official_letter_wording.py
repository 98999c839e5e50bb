"""What a draft công văn says that is not data: `cong_van.yaml`, judged.

Words that every document of the province shares (quốc hiệu, "Kính gửi:", "DỰ THẢO") stand in `bao_cao.yaml`.
A reminder step of the ladder names the công văn that goes with its letter.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from kybaocao.plan.entry import Entry, Text, fills
from kybaocao.plan.report_document import SignatureBlock

BLANKS = (
    "ky",  # "năm 2026"
    "ke_hoach",  # the plan's short name
    "can_cu",  # which articles of the plan ask for the report
    "dau_moi",  # the coordinator's name
    "han",  # the agencies' last day
    "truoc_ngay",  # the coordinator's own deadline
    "tong_hop",  # when the report is compiled
    "luc",  # the moment of the draft
    "hom_nay",
    "tong",
    "da_nop",
    "con_lai",
    "can_bo",
    "dien_thoai",
    "thu",
)
COLUMNS = 4


def _name_word_file(name: str) -> str:
    if not name.endswith(".docx") or any(sign in name for sign in '\\/:*?"<>|'):
        raise ValueError('tên tệp phải kết thúc bằng .docx và không có ký tự \\ / : * ? " < > |')
    return name


class TimeLimit(Entry):
    """By when the late are asked to send: before the report is compiled, and after."""

    in_time: Annotated[Text, fills(*BLANKS)] = Field(alias="con_kip")
    too_late: Annotated[Text, fills(*BLANKS)] = Field(alias="da_tong_hop")


class ListWording(Entry):
    """The list of the late on a page of its own."""

    label: Text = Field(alias="nhan")
    title: Annotated[Text, fills(*BLANKS)] = Field(alias="tieu_de")
    attached: Annotated[Text, fills("nam")] = Field(alias="kem_theo")
    columns: tuple[Text, ...] = Field(alias="cot", min_length=COLUMNS, max_length=COLUMNS)


class OfficialLetterWording(Entry):
    """One công văn (Nghị định 30/2020/NĐ-CP, Phụ lục III, Mẫu 1.5)."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=40)] = Field(alias="ma")
    file_name: Annotated[Text, fills(), AfterValidator(_name_word_file)] = Field(alias="ten_tep")
    parent: str = Field("", alias="co_quan_chu_quan")
    issuer: tuple[Text, ...] = Field(alias="co_quan_ban_hanh", min_length=1)
    issuer_name: Text = Field(alias="ten_co_quan")
    symbol: Text = Field(alias="ky_hieu")
    about: Annotated[Text, fills(*BLANKS)] = Field(alias="trich_yeu")
    addressees: tuple[Text, ...] = Field(alias="kinh_gui", min_length=1)  # while they are too many to name
    named_at_most: int = Field(0, alias="ghi_ten_toi_da", ge=0)
    time_limit: TimeLimit = Field(alias="thoi_han")
    body: tuple[Annotated[Text, fills(*BLANKS, "thoi_han")], ...] = Field(alias="noi_dung", min_length=1)
    # In place of the paragraph that counts who has reported ({da_nop}) while nobody has: "" keeps that paragraph.
    none_received: Annotated[str, fills(*BLANKS)] = Field("", alias="khi_chua_co_bao_cao")
    recipients: tuple[Text, ...] = Field(alias="noi_nhan", min_length=1)
    signature: SignatureBlock = Field(alias="chu_ky")
    late: ListWording = Field(alias="danh_sach")
