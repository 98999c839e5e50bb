"""Part IV, difficulties and their causes, and the proposals of part V, with their annex."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

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
    lower_first,
    sentence,
)
from kybaocao.figures.snapshot import Difficulty
from kybaocao.figures.year import spell_difficulty
from kybaocao.vietnamese import sort_key

ANNEX = 3
AGENCIES_SHOWN = 3  # names behind one difficulty in the text; the annex names every one
NAMES_IN_A_CELL = 40  # a row of the annex is not split between two pages
ITEMS_SHOWN = 2  # of one group and one kind of cause
PROPOSALS_SHOWN = 6  # to one addressee
CAUSE_KINDS = ("khách quan", "chủ quan")
STANDINGS = ("tồn kỳ trước", "mới phát sinh", "đã giải quyết")
SOLVED = "đã giải quyết"
# "khoản 2 Điều 15 Luật Đầu tư", "Điều 8 Nghị định số 31/2021/NĐ-CP"
_ARTICLE = re.compile(
    r"(?:(?:điểm \w+,? )?khoản \d+,? )?Điều \d+\w?,? (?:của )?"
    r"(?:Luật|Bộ luật|Nghị định|Nghị quyết|Thông tư|Quyết định) [^,.;)]{2,60}"
)


@dataclass(frozen=True)
class _Raised(Difficulty):
    """A difficulty with all who raised it in the year; its words and its standing are the newest."""

    counts: tuple[tuple[str, int], ...] = ()  # cycle ("" for this one) and how many raised it there for the last time


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
    by_section: dict[int, list[_Raised]] = defaultdict(list)
    for difficulty in difficulties:
        by_section[difficulty.section].append(difficulty)
    for position, (section, chosen) in enumerate(by_section.items(), start=1):
        blocks.append(Paragraph(f"{position}. {_section_name(source, section)}", Style.CLAUSE))
        kinds = _tally((_kind(source, d) for d in chosen), CAUSE_KINDS)
        heading = words.cause_kind if len(kinds) > 1 else words.only_cause_kind  # no a) without a b)
        for index, kind in enumerate(kinds):
            blocks.append(Paragraph(heading.format(chu=letter(index), loai=kind), Style.POINT))
            of_kind = [difficulty for difficulty in chosen if _kind(source, difficulty) == kind]
            texts = [_describe(source, difficulty) for difficulty in of_kind]
            blocks.extend(_list_some(source, texts, ITEMS_SHOWN))
    if remarks:
        blocks.append(Paragraph(f"{len(by_section) + 1}. {words.remarks}", Style.CLAUSE))
        blocks.extend(remarks)
    return tuple(blocks)


def _list_some(source: ReportSource, texts: Sequence[str], most: int) -> list[Block]:
    """The first `most` of them, and how many more the annex has; one more is printed rather than counted."""
    shown = texts if len(texts) <= most + 1 else texts[:most]
    blocks: list[Block] = [Paragraph(text, Style.ITEM) for text in shown]
    if len(shown) < len(texts):
        left_out = source.words.difficulties.others.format(
            so=count(len(texts) - len(shown)), phu_luc=source.annex(ANNEX)
        )
        blocks.append(Paragraph(left_out, Style.ITEM))
    return blocks


def write_proposals(source: ReportSource) -> tuple[Block, ...]:
    """Proposals by addressee; those of solved difficulties are left out."""
    words = source.words.difficulties
    by_addressee: dict[str, dict[str, list[_Raised]]] = {addressee: {} for addressee in words.addressees}
    for difficulty in _difficulties(source):
        proposal = bare(difficulty.recommendation)
        if proposal and _standing(source, difficulty) != SOLVED:
            asked = by_addressee.setdefault(clean(difficulty.addressee), {})
            asked.setdefault(capitalise(proposal), []).append(difficulty)
    asked_of = {
        addressee: asked for addressee, asked in by_addressee.items() if asked and not _is_internal(source, addressee)
    }
    if not asked_of:
        return (Paragraph(words.no_proposal),)
    blocks: list[Block] = []
    heading = words.addressee if len(asked_of) > 1 else words.only_addressee
    for index, (addressee, asked) in enumerate(asked_of.items()):
        name = words.addressees.get(addressee, addressee or words.unknown_kind)
        blocks.append(Paragraph(heading.format(chu=letter(index), noi=name), Style.POINT))
        texts = [_describe_proposal(source, proposal, raised) for proposal, raised in asked.items()]
        blocks.extend(_list_some(source, texts, PROPOSALS_SHOWN))
    return tuple(blocks)


def _is_internal(source: ReportSource, addressee: str) -> bool:
    """Asked of the province itself, in a document to the ministry."""
    return not source.has_internal and clean(addressee) in source.words.difficulties.internal_addressees


def _describe_proposal(source: ReportSource, proposal: str, raised: Sequence[_Raised]) -> str:
    """What is asked, the articles it concerns where an agency named them elsewhere, and who asks."""
    words = source.words.difficulties
    agencies = [agency for difficulty in raised for agency in difficulty.agencies]
    said = " ".join(clean(f"{difficulty.content}; {difficulty.cause}") for difficulty in raised)
    articles = [article for article in dict.fromkeys(map(bare, _ARTICLE.findall(said))) if article not in proposal]
    parts = [words.legal.format(dieu_khoan=", ".join(articles))] if articles else []
    parts.append(_agencies(source, agencies))
    return f"{proposal} {words.raised_by.format(co_quan=join(parts))}."


def list_difficulty_rows(source: ReportSource) -> Table:
    rows = [
        Row((count_cell(position), *(Cell(text) for text in texts)))
        for position, difficulty in enumerate(_difficulties(source), start=1)
        for texts in _list_texts(source, difficulty)
    ]
    return Table("difficulties", source.words.tables.difficulties.columns, tuple(rows))


def _list_texts(source: ReportSource, difficulty: _Raised) -> Iterator[tuple[str, ...]]:
    """One row, or several of one number where very many agencies raise the same; the ministry gets no name."""
    is_internal = _is_internal(source, difficulty.addressee)
    texts = (
        _section_name(source, difficulty.section),
        capitalise(clean(difficulty.content)),
        capitalise(clean(difficulty.cause)),
        capitalise(_kind(source, difficulty)),
        "" if is_internal else capitalise(clean(difficulty.recommendation)),
        "" if is_internal else clean(difficulty.addressee),
        join((capitalise(_standing(source, difficulty)), _say_cycles(source, difficulty))),
    )
    if not source.has_internal:
        yield *texts, source.words.difficulties.raised_by_many.format(so=count(len(difficulty.agencies)))
        return
    agencies = source.sorted(difficulty.agencies)
    for start in range(0, len(agencies) or 1, NAMES_IN_A_CELL):
        yield *texts, source.names(agencies[start : start + NAMES_IN_A_CELL])


def _difficulties(source: ReportSource) -> list[_Raised]:
    """By section; in a section what most agencies raise comes first."""
    return sorted(
        _merge_cycles(source),
        key=lambda difficulty: (difficulty.section, -len(difficulty.agencies), sort_key(clean(difficulty.content))),
    )


def _merge_cycles(source: ReportSource) -> Iterator[_Raised]:
    """What was raised in several cycles of the year stands once; solved by some, it stays open for the others."""
    merged: list[list[Difficulty]] = []
    first: dict[tuple[object, ...], list[Difficulty]] = {}
    for one in sorted(source.snapshot.difficulties, key=lambda difficulty: bool(difficulty.cycle)):
        spelt = (*spell_difficulty(one), _standing(source, one) == SOLVED)
        if one.cycle and spelt in first:
            first[spelt].append(one)
        else:
            merged.append([one])
            first.setdefault(spelt, merged[-1])
    for raised in merged:
        agencies = tuple(dict.fromkeys(agency for one in raised for agency in one.agencies))
        counts = tuple((one.cycle, len(one.agencies)) for one in raised)
        yield _Raised(**{**vars(raised[0]), "agencies": agencies}, counts=counts)


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


def _describe(source: ReportSource, difficulty: _Raised) -> str:
    words = source.words.difficulties
    agencies, when = _agencies(source, difficulty.agencies), _say_cycles(source, difficulty)
    if len(difficulty.counts) > 1:
        agencies, when = f"{agencies}: {when}", ""
    raised_by = words.raised_by.format(co_quan=agencies)
    text = sentence(", ".join(filter(None, (f"{bare(difficulty.content)} {raised_by}", when))))
    if bare(difficulty.cause):
        text += " " + words.cause.format(nguyen_nhan=lower_first(bare(difficulty.cause)))
    return text


def _say_cycles(source: ReportSource, difficulty: _Raised) -> str:
    """The earlier cycle of the year in which it was raised, or how many raised it in each; blank for this one."""
    words = source.words.difficulties
    said = []
    for code, number in difficulty.counts:
        cycle = source.plan.cycles.get(code)
        when = words.earlier.format(ky=cycle.name) if cycle else words.now
        said.append(f"{count(number)} {when}" if len(difficulty.counts) > 1 else when if cycle else "")
    return ", ".join(said)


def _agencies(source: ReportSource, agencies: Iterable[str]) -> str:
    """A few by name; many, and all of them for the ministry, by their number."""
    chosen = source.sorted(agencies)
    if source.has_internal and len(chosen) <= AGENCIES_SHOWN:
        return source.names(chosen)
    return source.words.difficulties.raised_by_many.format(so=count(len(chosen)))
