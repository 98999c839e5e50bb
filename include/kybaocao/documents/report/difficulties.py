"""Part IV, difficulties and their causes, and the proposals of part V, with their annex."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from kybaocao.documents.model import Block, Cell, Paragraph, Row, Style, Table
from kybaocao.documents.report import open_slots
from kybaocao.documents.report.source import (
    ReportSource,
    bare,
    capitalise,
    clean,
    count,
    count_cell,
    join,
    letter,
    sentence,
)
from kybaocao.figures.snapshot import Difficulty
from kybaocao.vietnamese import sort_key

ANNEX = 3
AGENCIES_SHOWN = 8  # names behind one difficulty in the text; the annex names every one
CAUSE_KINDS = ("khách quan", "chủ quan")
STANDINGS = ("tồn kỳ trước", "mới phát sinh", "đã giải quyết")
SOLVED = "đã giải quyết"


def write_difficulties(source: ReportSource) -> tuple[Block, ...]:
    words = source.words.difficulties
    difficulties = _difficulties(source)
    remarks = source.supplied.get(open_slots.CAUSES, ())
    if not difficulties:
        return Paragraph(words.none), *remarks
    causes = _tally((_kind(source, difficulty) for difficulty in difficulties), CAUSE_KINDS)
    standings = _tally((_standing(source, difficulty) for difficulty in difficulties), STANDINGS)
    blocks: list[Block] = [
        Paragraph(
            words.count.format(
                tong=count(len(difficulties)),
                nguyen_nhan=join(words.part.format(loai=kind, so=count(n)) for kind, n in causes.items()),
                tinh_trang=join(words.part.format(loai=kind, so=count(n)) for kind, n in standings.items()),
            )
            + " "
            + words.see_annex.format(phu_luc=source.annex(ANNEX))
        )
    ]
    by_section: dict[int, list[Difficulty]] = defaultdict(list)
    for difficulty in difficulties:
        by_section[difficulty.section].append(difficulty)
    for position, (section, chosen) in enumerate(by_section.items(), start=1):
        blocks.append(Paragraph(f"{position}. {_section_name(source, section)}", Style.CLAUSE))
        for index, kind in enumerate(_tally((_kind(source, d) for d in chosen), CAUSE_KINDS)):
            blocks.append(Paragraph(words.cause_kind.format(chu=letter(index), loai=kind), Style.POINT))
            blocks.extend(
                Paragraph(_describe(source, difficulty), Style.ITEM)
                for difficulty in chosen
                if _kind(source, difficulty) == kind
            )
    if remarks:
        blocks.append(Paragraph(f"{len(by_section) + 1}. {words.remarks}", Style.CLAUSE))
        blocks.extend(remarks)
    return tuple(blocks)


def write_proposals(source: ReportSource) -> tuple[Block, ...]:
    """Proposals by addressee; those of solved difficulties are left out."""
    words = source.words.difficulties
    by_addressee: dict[str, dict[str, list[str]]] = {addressee: {} for addressee in words.addressees}
    for difficulty in _difficulties(source):
        proposal = bare(difficulty.recommendation)
        if proposal and _standing(source, difficulty) != SOLVED:
            asked = by_addressee.setdefault(clean(difficulty.addressee), {})
            asked.setdefault(capitalise(proposal), []).extend(difficulty.agencies)
    left_out = () if source.has_internal else words.internal_addressees
    asked_of = {addressee: asked for addressee, asked in by_addressee.items() if asked and addressee not in left_out}
    if not asked_of:
        return (Paragraph(words.no_proposal),)
    blocks: list[Block] = []
    for index, (addressee, asked) in enumerate(asked_of.items()):
        name = words.addressees.get(addressee, addressee or words.unknown_kind)
        blocks.append(Paragraph(words.addressee.format(chu=letter(index), noi=name), Style.POINT))
        for proposal, agencies in asked.items():
            raised_by = words.raised_by.format(co_quan=_agencies(source, agencies))
            blocks.append(Paragraph(f"{proposal} {raised_by}.", Style.ITEM))
    return tuple(blocks)


def list_difficulty_rows(source: ReportSource) -> Table:
    rows = [
        Row(
            (
                count_cell(position),
                Cell(_section_name(source, difficulty.section)),
                Cell(capitalise(clean(difficulty.content))),
                Cell(capitalise(clean(difficulty.cause))),
                Cell(capitalise(_kind(source, difficulty))),
                Cell(capitalise(clean(difficulty.recommendation))),
                Cell(clean(difficulty.addressee)),
                Cell(join((capitalise(_standing(source, difficulty)), _say_cycle(source, difficulty)))),
                Cell(source.names(difficulty.agencies)),
            )
        )
        for position, difficulty in enumerate(_difficulties(source), start=1)
    ]
    return Table("difficulties", source.words.tables.difficulties.columns, tuple(rows))


def _difficulties(source: ReportSource) -> list[Difficulty]:
    """By section; in a section what most agencies raise comes first."""
    return sorted(
        source.snapshot.difficulties,
        key=lambda difficulty: (difficulty.section, -len(difficulty.agencies), sort_key(clean(difficulty.content))),
    )


def _kind(source: ReportSource, difficulty: Difficulty) -> str:
    return clean(difficulty.cause_kind).lower() or source.words.difficulties.unknown_kind


def _standing(source: ReportSource, difficulty: Difficulty) -> str:
    return clean(difficulty.standing).lower() or source.words.difficulties.unknown_kind


def _tally(found: Iterable[str], known: Sequence[str]) -> dict[str, int]:
    """{item: how often it occurs}, the `known` ones first and in their order."""
    counts = dict.fromkeys(known, 0)
    for item in found:
        counts[item] = counts.get(item, 0) + 1
    return {item: number for item, number in counts.items() if number}


def _section_name(source: ReportSource, number: int) -> str:
    section = source.section(number)
    return section.short if section else source.words.difficulties.other_section


def _describe(source: ReportSource, difficulty: Difficulty) -> str:
    words = source.words.difficulties
    raised_by = words.raised_by.format(co_quan=_agencies(source, difficulty.agencies))
    text = sentence(
        ", ".join(filter(None, (f"{bare(difficulty.content)} {raised_by}", _say_cycle(source, difficulty))))
    )
    if bare(difficulty.cause):
        text += " " + words.cause.format(nguyen_nhan=bare(difficulty.cause))
    return text


def _say_cycle(source: ReportSource, difficulty: Difficulty) -> str:
    """The earlier cycle of the year in which it was raised, blank for this one."""
    cycle = source.plan.cycles.get(difficulty.cycle)
    return source.words.difficulties.earlier.format(ky=cycle.name) if cycle else ""


def _agencies(source: ReportSource, agencies: Iterable[str]) -> str:
    chosen = source.sorted(agencies)
    if len(chosen) <= AGENCIES_SHOWN + 1:
        return source.names(chosen)
    shown = ", ".join(source.name(agency) for agency in chosen[:AGENCIES_SHOWN])
    return source.words.difficulties.other_agencies.format(danh_sach=shown, so=count(len(chosen) - AGENCIES_SHOWN))
