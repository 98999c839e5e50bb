"""Writing the content of the report from a plan, a cycle and a snapshot. Pure: no clock, no files, no layout.

    contents = write_contents(plan, cycle, snapshot, supplement)   one for each document of the plan
    contents_checksum(contents)      what the leaders approve
    read_content(to_json(content))   the same content, from its stored text

The five parts and their order: the Government's content list for reports on this series of resolutions
(công văn 6839/VPCP-KGVX), with the sections of the plan as the clauses of part III.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kybaocao.documents.model import (
    Annex,
    Block,
    Chart,
    Letterhead,
    Paragraph,
    ReportContent,
    Section,
    Signature,
    SignOff,
    Style,
    Table,
    WorkbookSheet,
    contents_checksum,
    read_content,
)
from kybaocao.documents.report import (
    difficulties,
    direction,
    open_slots,
    organisation,
    sheets,
    submission,
    summary,
    targets,
    task_rows,
    tasks,
)
from kybaocao.documents.report.long_annexes import shorten_annex
from kybaocao.documents.report.source import ROMAN, ReportSource
from kybaocao.documents.report.supplement import Supplement
from kybaocao.figures.snapshot import Snapshot
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.plan import Plan
from kybaocao.plan.report_document import Audience, ProvinceDocument
from kybaocao.vietnamese import write_date

__all__ = ["ReportContent", "SignOff", "contents_checksum", "read_content", "write_content", "write_contents"]


def write_contents(
    plan: Plan, cycle: Cycle, snapshot: Snapshot, supplement: Supplement | None = None
) -> dict[Audience, ReportContent]:
    """The content of every document of the plan. Raises PlanError when the wording (bao_cao.yaml) is broken.

    `supplement`: the coordinator's words for the open slots.
    """
    audiences = plan.require_wording().audiences
    return {audience: write_content(plan, cycle, snapshot, supplement, audience) for audience in audiences}


def write_content(
    plan: Plan,
    cycle: Cycle,
    snapshot: Snapshot,
    supplement: Supplement | None = None,
    audience: Audience = Audience.MINISTRY,
) -> ReportContent:
    """The whole content of one document; see `write_contents`."""
    words = plan.require_wording()
    source = ReportSource(plan, cycle, snapshot, words, supplement.paragraphs if supplement else {}, audience)
    header, document = plan.header, source.document
    sections, annexes = _write_sections(source), _list_annexes(source)
    return ReportContent(
        plan=plan.id,
        cycle=cycle.id,
        letterhead=Letterhead(
            nation=words.nation,
            motto=words.motto,
            parent=document.parent,
            issuer=document.issuer,
            issuer_name=document.issuer_name,
            number_label=words.number_label,
            symbol=document.symbol,
            place=header.place,
            year=cycle.bo_tai_chinh_by.year,
            draft=words.draft,
            address_label=words.address_label,
            addressees=document.addressees,
        ),
        type_name=document.type_name,
        subject=document.subject.format(ky=cycle.name),
        sample_mark=words.sample if header.is_sample_data else "",
        opening=_write_opening(source),
        summary=summary.write_summary(source),
        sections=_number_charts(source, sections),
        recipients_label=words.recipients_label,
        recipients=document.recipients,
        signature=Signature(document.signature.authority, document.signature.position, document.signature.deputy),
        annexes=tuple(annex for annex, _ in annexes),
        working_copy=words.annex.working_copy,
        placeholder=words.placeholder,
        sheets=(*sheets.write_sheets(source, sections), *(sheet for _, sheet in annexes if sheet is not None)),
    )


def _write_opening(source: ReportSource) -> tuple[Paragraph, ...]:
    """The grounds, each on its line with ";" and a last "." (Nghị định 30/2020, Phụ lục I), and the lead-in."""
    words, document, header, cycle = source.words, source.document, source.plan.header, source.cycle
    plan_named = words.name_plan(header)
    bases = [basis.format(ke_hoach=plan_named) for basis in document.bases]
    ends = [";" if number < len(bases) else "." for number in range(1, len(bases) + 1)]
    lead_in = document.lead_in.format(
        ky=cycle.name, tu_ngay=write_date(cycle.period_from), den_ngay=write_date(cycle.period_to)
    )
    return (
        *(Paragraph(basis + end, Style.BASIS) for basis, end in zip(bases, ends, strict=True)),
        Paragraph(lead_in + ":"),
    )


def _write_sections(source: ReportSource) -> tuple[Section, ...]:
    words = source.words
    parts: Sequence[tuple[str, tuple[Block, ...]]] = (
        (words.headings.direction, _write_first_part(source)),
        (words.headings.targets, targets.write_targets(source)),
        (words.headings.tasks, tasks.write_tasks(source)),
        (words.headings.difficulties, difficulties.write_difficulties(source)),
        (words.headings.proposals, _write_last_part(source)),
    )
    return tuple(Section(f"{roman}. {heading}", blocks) for roman, (heading, blocks) in zip(ROMAN, parts, strict=False))


def _write_first_part(source: ReportSource) -> tuple[Block, ...]:
    """What was issued, how section IV was carried out, and, for the province alone, who reported."""
    words = source.words
    clauses = [(words.organisation.direction, direction.write_direction(source))]
    if duties := organisation.write_organisation(source):
        clauses.append((words.organisation.heading, duties))
    if source.has_internal:
        clauses.append((words.submission.heading, submission.write_submission(source)))
    if len(clauses) == 1:
        return clauses[0][1]
    return tuple(
        block
        for number, (heading, blocks) in enumerate(clauses, 1)
        for block in (Paragraph(f"{number}. {heading}", Style.CLAUSE), *blocks)
    )


def _write_last_part(source: ReportSource) -> tuple[Block, ...]:
    words = source.words
    blocks: tuple[Block, ...] = (
        Paragraph(f"1. {words.difficulties.proposals}", Style.CLAUSE),
        *difficulties.write_proposals(source),
        Paragraph(f"2. {_name_next_work(source)}", Style.CLAUSE),
        *source.fill(open_slots.NEXT_WORK),
    )
    *before, last = blocks
    assert isinstance(last, Paragraph)
    return *before, replace(last, text=last.text.rstrip(" .") + words.end)


def _name_next_work(source: ReportSource) -> str:
    words = source.words
    if open_slots.is_year_end(source.plan, source.cycle):
        return words.supplement.next_year.format(nam=source.plan.header.year + 1)
    return words.difficulties.next_work


def _number_charts(source: ReportSource, sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Captions "Biểu đồ 1. …" in the order of the text; the data decide which charts there are."""
    numbered: list[Section] = []
    number = 0
    for section in sections:
        blocks: list[Block] = []
        for block in section.blocks:
            if isinstance(block, Chart):
                number += 1
                block = replace(block, title=source.words.charts.caption.format(so=number, ten=block.title))
            blocks.append(block)
        numbered.append(replace(section, blocks=tuple(blocks)))
    return tuple(numbered)


def _list_annexes(source: ReportSource) -> list[tuple[Annex, WorkbookSheet | None]]:
    """Each with the sheet that has its table where that is too long to print."""
    words = source.words
    tables: Sequence[tuple[str, Table]] = (
        (words.tables.targets.title, targets.list_indicator_rows(source)),
        (words.tables.tasks.title, task_rows.list_task_rows(source)),
        (words.tables.difficulties.title, difficulties.list_difficulty_rows(source)),
        (words.tables.documents.title, direction.list_document_rows(source)),
    )
    sheets = words.annex.sheets[: len(tables)]
    if source.has_internal:
        tables = (
            *tables,
            (words.tables.submission.title, submission.list_submission_rows(source)),
            (words.tables.details.title, task_rows.list_detail_rows(source)),
        )
        sheets = (*words.annex.sheets[:5], words.annex.details_sheet)
    document = source.document
    attached = document.attached if isinstance(document, ProvinceDocument) else words.annex.attached
    attached = attached.format(nam=source.cycle.bo_tai_chinh_by.year)
    return [
        shorten_annex(source, Annex(source.annex(number), title, attached, sheet, table))
        for number, ((title, table), sheet) in enumerate(zip(tables, sheets, strict=True), start=1)
    ]
