"""Writing the content of a draft công văn. Pure: no clock, no files, no layout.

Number, date and signer stay blank: the agency's document system gives the first two, a competent person
signs (Nghị định 30/2020/NĐ-CP, Điều 13 and 15).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from kybaocao.documents.model import Annex, Cell, Letterhead, Paragraph, Row, Signature, Table
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.official_letter_wording import OfficialLetterWording
from kybaocao.plan.plan import Plan
from kybaocao.vietnamese import spell_hour, write_date

LIST = "late"  # its columns in `documents.layout`


@dataclass(frozen=True)
class Late:
    """An outstanding agency, as the list of the letter shows it."""

    name: str
    standing: str
    letters: int  # sent to it in this cycle


@dataclass(frozen=True)
class OfficialLetter:
    """The whole content of a draft. Equal content, equal document."""

    cycle: str
    letterhead: Letterhead
    about: str  # "V/v …", set under the number
    body: tuple[Paragraph, ...]
    recipients_label: str
    recipients: tuple[str, ...]
    signature: Signature
    late: Annex
    sample_mark: str  # '' when the data are real


def write_official_letter(
    plan: Plan,
    cycle: Cycle,
    words: OfficialLetterWording,
    late: Sequence[Late],
    *,
    accepted: int,
    expected: int,
    as_of: dt.datetime,
) -> OfficialLetter:
    """The draft about `late`, local time `as_of`; `accepted` of the `expected` submissions are in.

    Raises PlanError when the province's wording (bao_cao.yaml) or the recipients are broken.
    """
    shared, header = plan.require_wording(), plan.header
    counts = {"tong": expected, "da_nop": accepted, "con_lai": len(late)}
    # "05": below ten with a leading zero, as official documents write small counts.
    blanks = {name: f"{number:02d}" for name, number in counts.items()} | _fill_blanks(plan, cycle, as_of)
    compiles_at = dt.datetime.combine(cycle.compile_at.date, cycle.compile_at.time, as_of.tzinfo)
    limit = words.time_limit.in_time if as_of < compiles_at else words.time_limit.too_late
    *body, last = [text.format(thoi_han=limit.format(**blanks), **blanks) for text in _choose_body(words, accepted)]
    named = [shared.shorten(one.name) for one in late]
    return OfficialLetter(
        cycle=cycle.id,
        letterhead=Letterhead(
            nation=shared.nation,
            motto=shared.motto,
            parent=words.parent,
            issuer=words.issuer,
            issuer_name=words.issuer_name,
            number_label=shared.number_label,
            symbol=words.symbol,
            place=header.place,
            year=as_of.year,
            draft=shared.draft,
            address_label=shared.address_label,
            addressees=tuple(named) if len(named) <= words.named_at_most else words.addressees,
        ),
        about=words.about.format(**blanks),
        body=tuple(Paragraph(text) for text in (*body, last.rstrip(" .") + shared.end)),
        recipients_label=shared.recipients_label,
        recipients=words.recipients,
        signature=Signature(words.signature.authority, words.signature.position, words.signature.deputy),
        late=Annex(
            label=words.late.label,
            title=words.late.title.format(**blanks),
            attached=words.late.attached.format(nam=as_of.year),
            sheet="",
            table=Table(LIST, words.late.columns, _list_rows(late)),
        ),
        sample_mark=shared.sample if header.is_sample_data else "",
    )


def _choose_body(words: OfficialLetterWording, accepted: int) -> list[str]:
    """With nothing received, nobody is counted or thanked."""
    if accepted or not words.none_received:
        return list(words.body)
    return [words.none_received if "{da_nop}" in text else text for text in words.body]


def _fill_blanks(plan: Plan, cycle: Cycle, as_of: dt.datetime) -> dict[str, str]:
    officer = plan.require_recipients().reply_to
    compiled = cycle.compile_at
    return {
        "ky": cycle.name,
        "ke_hoach": plan.header.short_name,
        "can_cu": cycle.basis or plan.header.name,
        "dau_moi": plan.coordinator,
        "han": write_date(cycle.due_on),
        "truoc_ngay": write_date(cycle.so_tai_chinh_before),
        "tong_hop": f"{spell_hour(compiled.time)} ngày {write_date(compiled.date)}",
        "luc": f"{spell_hour(as_of.time())} ngày {write_date(as_of.date())}",
        "hom_nay": write_date(as_of.date()),
        "can_bo": officer.name,
        "dien_thoai": officer.phone,
        "thu": officer.email,
    }


def _list_rows(late: Sequence[Late]) -> tuple[Row, ...]:
    return tuple(
        Row((Cell(str(position)), Cell(one.name), Cell(one.standing), Cell(str(one.letters))))
        for position, one in enumerate(late, start=1)
    )
