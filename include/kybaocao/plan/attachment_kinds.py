"""Attachments: what an agency may or must hand in beside its workbook, as data."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from kybaocao.plan.entry import Entry, Text

FORM = "bieu_mau"  # the component that every agency hands in: its workbook


class AttachmentFormat(StrEnum):
    """What the bytes of an attachment may be."""

    PDF = "pdf"
    WORD = "docx"
    EXCEL = "xlsx"  # a workbook that is not our form, and named as an attachment
    IMAGE = "anh"  # JPEG or PNG

    @property
    def label(self) -> str:
        return {"pdf": "PDF", "docx": "Word (.docx)", "xlsx": "Excel (.xlsx)", "anh": "ảnh JPEG, PNG"}[self.value]


class AttachmentKind(Entry):
    """One kind of attachment: the signed report, evidence.

    A file is taken as the first entry one of whose `name_words` stands in its name, otherwise as the first that
    takes its kind: the signed report is listed before the evidence.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=20)] = Field(alias="ma")
    name: Text = Field(alias="ten")
    kinds: tuple[AttachmentFormat, ...] = Field(alias="loai", min_length=1)
    is_required: bool = Field(False, alias="bat_buoc")
    # Counted from the agency's own last day, so that a moved deadline moves this one, too.
    days_after_due: int = Field(0, alias="sau_han_ngay_lam_viec", ge=0, le=60)
    name_words: tuple[Text, ...] = Field((), alias="ten_tep_co")
    limit_mb: int = Field(20, alias="dung_luong_mb", ge=1, le=200)

    @property
    def limit_bytes(self) -> int:
        return self.limit_mb * 2**20

    @property
    def kinds_text(self) -> str:
        """ "PDF, Word (.docx)" """
        return ", ".join(kind.label for kind in self.kinds)

    @field_validator("id")
    @classmethod
    def _not_the_form(cls, value: str) -> str:
        if value == FORM:
            raise ValueError(f"mã “{FORM}” dành cho biểu mẫu; đặt mã khác")
        return value
