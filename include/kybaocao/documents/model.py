"""The content of a report as plain data: words, tables and chart figures, with no layout.

The canonical JSON of a ReportContent is what a leader approves.  What is only known at approval (number,
date, signer) is a SignOff, handed to the renderer and never part of the content (Nghị định 30/2020/NĐ-CP,
Điều 13 and 15: a competent person signs; the agency's document system gives the number and the date).
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import TypeAdapter

from kybaocao.figures.canonical_json import to_json
from kybaocao.plan.report_document import Audience


class Style(StrEnum):
    """What a paragraph is, in the terms of Nghị định 30/2020, Phụ lục I."""

    BASIS = "can_cu"
    BODY = "doan"
    CLAUSE = "khoan"  # "1. …", with a title
    POINT = "diem"  # "a) …"
    ITEM = "gach_dau_dong"  # "- …"
    SUBITEM = "cong_dau_dong"  # "+ …"
    CAPTION = "chu_thich"  # over a table, under a chart
    NOTE = "ghi_chu"  # under a table


@dataclass(frozen=True)
class Paragraph:
    text: str
    style: Style = Style.BODY
    kind: Literal["paragraph"] = "paragraph"
    place: str = ""  # label of the open slot that it fills or holds open; a key of the stored JSON, so it stays


@dataclass(frozen=True)
class Cell:
    """What is printed, and the number behind it where there is one."""

    text: str
    number: Decimal | None = None


class RowStyle(StrEnum):
    PLAIN = "dong"
    GROUP = "nhom"  # one cell over the whole width
    PART = "thanh_phan"  # belongs to the row above
    TOTAL = "tong"  # the last row, over which no filter passes


@dataclass(frozen=True)
class Row:
    cells: tuple[Cell, ...]
    style: RowStyle = RowStyle.PLAIN


@dataclass(frozen=True)
class Table:
    id: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Series:
    name: str
    values: tuple[Decimal, ...]


@dataclass(frozen=True)
class Chart:
    """Figures for one picture. `targets`: one mark for each value of the single series."""

    id: str
    title: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    targets: tuple[Decimal, ...] = ()
    target_name: str = ""
    unit: str = ""
    kind: Literal["chart"] = "chart"


Block = Paragraph | Table | Chart


@dataclass(frozen=True)
class Section:
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Annex:
    label: str  # "Phụ lục I"
    title: str
    attached: str  # "(Kèm theo Báo cáo số …)"
    sheet: str  # name of its sheet in the workbook
    table: Table


@dataclass(frozen=True)
class WorkbookSheet:
    """A table of the annex's workbook alone: too long or too wide to print in the document."""

    name: str
    title: str
    note: str
    table: Table
    groups: tuple[tuple[str, int], ...] = ()  # headings over several columns: text, number of columns
    chart: str = ""  # title of the chart that the workbook draws of the table; "" for none


@dataclass(frozen=True)
class Letterhead:
    """Ô 1-4 and 9a of the diagram in Nghị định 30/2020, Phụ lục I."""

    nation: str
    motto: str
    parent: str
    issuer: tuple[str, ...]
    issuer_name: str
    number_label: str
    symbol: str
    place: str
    year: int  # printed while the day of signing is not known
    draft: str
    address_label: str
    addressees: tuple[str, ...]


@dataclass(frozen=True)
class Signature:
    authority: str
    position: str
    deputy: str


@dataclass(frozen=True)
class ReportContent:
    """The whole content of the report. Equal content, equal checksum, equal document."""

    plan: str
    cycle: str
    letterhead: Letterhead
    type_name: str
    subject: str
    sample_mark: str  # '' when the data are real
    opening: tuple[Paragraph, ...]
    sections: tuple[Section, ...]
    recipients_label: str
    recipients: tuple[str, ...]
    signature: Signature
    annexes: tuple[Annex, ...]
    working_copy: str
    placeholder: str
    summary: Section | None = None  # content that an earlier edition stored has none
    sheets: tuple[WorkbookSheet, ...] = ()  # the same

    @property
    def title(self) -> str:
        return f"{self.type_name} {self.subject}"

    @property
    def slots(self) -> tuple[str, ...]:
        """Labels of the open slots of this report, waiting or written."""
        return tuple(dict.fromkeys(paragraph.place for paragraph in self._list_slot_paragraphs()))

    @property
    def waiting(self) -> tuple[str, ...]:
        """Labels of the slots that still wait for the coordinator's words."""
        return tuple(dict.fromkeys(p.place for p in self._list_slot_paragraphs() if self.placeholder in p.text))

    def _list_slot_paragraphs(self) -> Iterator[Paragraph]:
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Paragraph) and block.place:
                    yield block


@dataclass(frozen=True)
class SignOff:
    """What approval adds: number and date from the document system, and who signs."""

    number: str  # "125", or whole: "125/BC-UBND"
    dated: dt.date
    signer: str
    position: str  # "Chủ tịch", "Phó Chủ tịch"


def read_sign_off(stored: Mapping[str, str]) -> SignOff:
    """The sign-off as the store keeps it, each field as text."""
    return SignOff(stored["number"], dt.date.fromisoformat(stored["dated"]), stored["signer"], stored["position"])


def contents_checksum(contents: Mapping[Audience, ReportContent]) -> str:
    """SHA-256 of what a version says in all its documents: what is approved is what is published."""
    return hash_contents([to_json(content) for _, content in sorted(contents.items())])


def hash_contents(texts: Sequence[str]) -> str:
    """The same from the stored canonical JSON of each document, in the order of their audiences."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def read_content(text: str) -> ReportContent:
    """The content a canonical JSON text holds. Raises ValueError when it is not one."""
    return _build_reader().validate_json(text)


@functools.cache
def _build_reader() -> TypeAdapter[ReportContent]:
    return TypeAdapter(ReportContent)


@dataclass(frozen=True)
class _Block:
    """Any block as a paragraph; what else it has is not read."""

    text: str = ""
    place: str = ""


@dataclass(frozen=True)
class _Section:
    blocks: tuple[_Block, ...]


@dataclass(frozen=True)
class _Outline:
    """The fields of a ReportContent that an outline keeps."""

    plan: str
    cycle: str
    letterhead: Letterhead
    type_name: str
    subject: str
    sample_mark: str
    sections: tuple[_Section, ...]
    recipients_label: str
    recipients: tuple[str, ...]
    signature: Signature
    working_copy: str
    placeholder: str


def read_outline(text: str) -> ReportContent:
    """The same without its text, tables and annexes: of its sections only the paragraphs of open slots are left.

    With thousands of agencies the whole is a hundred times larger.  Raises ValueError.
    """
    kept = _build_outline_reader().validate_json(text)
    slots = tuple(
        Section("", tuple(Paragraph(block.text, place=block.place) for block in section.blocks if block.place))
        for section in kept.sections
    )
    return ReportContent(**{**vars(kept), "sections": slots}, opening=(), annexes=())


@functools.cache
def _build_outline_reader() -> TypeAdapter[_Outline]:
    return TypeAdapter(_Outline)
