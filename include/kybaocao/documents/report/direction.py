"""Part I, what was issued to carry the plan out, and its annex."""

from __future__ import annotations

from collections import defaultdict

from kybaocao.documents.model import Block, Cell, Paragraph, Row, Style, Table
from kybaocao.documents.report import open_slots
from kybaocao.documents.report.source import (
    KINDS,
    LOCAL_KINDS,
    ReportSource,
    bare,
    clean,
    count,
    count_cell,
    join,
)
from kybaocao.figures.snapshot import IssuedDocument
from kybaocao.vietnamese import sort_key, write_date

ANNEX = 4
MAIN_DOCUMENTS = 1  # of one issuing body, in the text; the annex lists every one
MAIN_ISSUERS = 3  # bodies in the text


def write_direction(source: ReportSource) -> tuple[Block, ...]:
    words = source.words.direction
    documents = list_documents(source)
    if not documents:
        return Paragraph(words.none), *source.fill(open_slots.DIRECTION)
    by_kind = join(
        words.of_kind.format(loai=source.words.kinds[kind], so=count(number))
        for kind in KINDS
        if (number := sum(source.kind(document.agency) is kind for document in documents))
    )
    blocks: list[Block] = [
        Paragraph(
            words.count.format(tong=count(len(documents)), chi_tiet=by_kind) + " " + _refer_to_annex(source, documents)
        )
    ]
    by_issuer: dict[str, list[IssuedDocument]] = defaultdict(list)
    for document in documents:
        if source.kind(document.agency) not in LOCAL_KINDS:
            by_issuer[_issuer(source, document)].append(document)
    if by_issuer:
        blocks.append(Paragraph(words.main))
    # What a body lists of another, as its plan for the whole province, comes first.
    issuers = sorted(by_issuer, key=lambda issuer: all(_is_own(source, one) for one in by_issuer[issuer]))
    for issuer in issuers[:MAIN_ISSUERS]:
        issued = by_issuer[issuer]
        named = [_name(source, document) for document in issued[:MAIN_DOCUMENTS]]
        if len(issued) > MAIN_DOCUMENTS:
            named.append(words.others.format(so=count(len(issued) - MAIN_DOCUMENTS)))
        text = words.agency.format(co_quan=issuer, so=count(len(issued)), danh_sach=join(named))
        blocks.append(Paragraph(text + ".", Style.ITEM))
    left_out = issuers[MAIN_ISSUERS:]
    if left_out:
        documents_left = sum(len(by_issuer[issuer]) for issuer in left_out)
        text = words.other_issuers.format(so=count(documents_left), co_quan=count(len(left_out)))
        blocks.append(Paragraph(text + ".", Style.ITEM))
    return tuple(blocks)


def _is_own(source: ReportSource, document: IssuedDocument) -> bool:
    return _issuer(source, document) == source.name(document.agency)


def _list_annexed(source: ReportSource, documents: list[IssuedDocument]) -> list[IssuedDocument]:
    """The ministry is given those of provincial bodies; each commune has several of its own."""
    if source.has_internal:
        return documents
    return [document for document in documents if source.kind(document.agency) not in LOCAL_KINDS]


def _refer_to_annex(source: ReportSource, documents: list[IssuedDocument]) -> str:
    words = source.words.direction
    is_whole = len(_list_annexed(source, documents)) == len(documents)
    return (words.see_annex if is_whole else words.see_provincial).format(phu_luc=source.annex(ANNEX))


def _name_task(source: ReportSource, task: str) -> str:
    """The task a document belongs to: its code, or its group for who does not know the codes."""
    if source.has_internal:
        return task
    known = next((one for one in source.plan.tasks if one.id == task), None)
    section = source.section(known.section) if known else None
    return section.short if section else ""


def list_documents(source: ReportSource) -> list[IssuedDocument]:
    """Every document once (several agencies may list the same one), by issuing body, then date.

    A number alone names no document: every commune has its own "15/KH-UBND".
    """
    found: dict[tuple[object, ...], IssuedDocument] = {}
    for document in source.snapshot.documents:
        number = clean(document.number).casefold().replace(" ", "")
        identity = (number, document.dated) if number else (clean(document.subject), document.dated)
        found.setdefault((_issuer(source, document), *identity), document)
    return sorted(found.values(), key=lambda document: _order(source, document))


def list_document_rows(source: ReportSource) -> Table:
    rows = [
        Row(
            (
                count_cell(position),
                Cell(_issuer(source, document)),
                Cell(clean(document.number)),
                Cell(write_date(document.dated) if document.dated else ""),
                Cell(clean(document.subject)),
                Cell(_name_task(source, clean(document.task))),
            )
        )
        for position, document in enumerate(_list_annexed(source, list_documents(source)), start=1)
    ]
    return Table("documents", source.words.tables.documents.columns, tuple(rows))


def _issuer(source: ReportSource, document: IssuedDocument) -> str:
    return source.shorten(clean(document.issuer)) or source.name(document.agency)


def _order(source: ReportSource, document: IssuedDocument) -> tuple[object, ...]:
    kind, _ = source.order(document.agency)
    dated = document.dated.toordinal() if document.dated else 0
    return kind, sort_key(_issuer(source, document)), dated, document.number


def _name(source: ReportSource, document: IssuedDocument) -> str:
    words = source.words.direction
    number, subject = clean(document.number), bare(document.subject)
    if document.dated is None:
        return words.undated.format(so_ky_hieu=number, trich_yeu=subject)
    return words.document.format(so_ky_hieu=number, ngay=write_date(document.dated), trich_yeu=subject)
