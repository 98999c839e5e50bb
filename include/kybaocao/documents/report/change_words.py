"""The differences between two versions in words: lines for a letter, and the page in the folder of the version.

The words stand in `templates/changes.yaml`.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kybaocao.documents.model import Cell, Paragraph, Row, Style, Table
from kybaocao.documents.paper import Description, add_centred, add_paragraph, add_table, finish_paper, start_paper
from kybaocao.documents.report.changes import AgencyChange, Changes, FigureChange
from kybaocao.documents.report.open_slots import list_open_slots
from kybaocao.documents.report.source import ReportSource, count, join, lower_first
from kybaocao.documents.report.target_figures import NONE, Target, list_result_cells, show_amount, show_coverage
from kybaocao.figures.snapshot import Figures, IndicatorResult, IssuedDocument, TaskStatus
from kybaocao.findings import TEMPLATES
from kybaocao.plan.targets import Indicator, Measure
from kybaocao.yaml_source import read_yaml

MOST_LINES = 10  # in a letter
_MOST_NAMED = 3  # agencies beside one figure, tasks and documents beside one agency
_MOST_ROWS = 40  # agencies on the page


@functools.cache
def _load_words() -> Mapping[str, Any]:
    words: Mapping[str, Any] = read_yaml(TEMPLATES / "changes.yaml").data
    return words


@dataclass(frozen=True)
class ChangeReport:
    """The differences, the numbers of both versions, and what names and figures are written with."""

    source: ReportSource
    changes: Changes
    before: int
    after: int

    @property
    def title(self) -> str:
        return str(_load_words()["tieu_de"]).format(truoc=count(self.before))


# --- lines -------------------------------------------------------------------------------------------------------


def list_change_lines(report: ChangeReport, file_name: str, most: int = MOST_LINES) -> list[str]:
    """A line a change, the weightiest first; where there are more than `most`, the last line counts the others.

    `file_name`: of the page that has all of them.
    """
    words = _load_words()["dong"]
    lines = [_write_figure_line(report, change) for change in report.changes.figures]
    lines += [
        words["co_quan"].format(
            co_quan=report.source.name(change.agency),
            su_kien=_name_event(report, change.agency),
            noi_dung=_describe_agency(change),
        )
        for change in report.changes.agencies
    ]
    lines += _write_slots(report)
    if len(lines) <= most:
        return lines
    shown = most - 1
    return [*lines[:shown], words["con_lai"].format(so=count(len(lines) - shown), tep=file_name)]


def _write_figure_line(report: ChangeReport, change: FigureChange) -> str:
    """The result alone; how many agencies answered where nothing else differs. The page has the sums."""
    words = _load_words()["dong"]
    indicator = _find_indicator(report, change.id)
    before, after = _show_shortly(indicator, change.before), _show_shortly(indicator, change.after)
    if before == after:
        before, after = _describe_figure(report, change)
    causes = _list_causes(report, change)
    return str(
        words["chi_tieu"].format(
            ten=indicator.name if indicator else change.id,
            truoc=before,
            nay=after,
            danh_gia=_describe_verdicts(change),
            do=words["do"].format(danh_sach=causes) if causes else "",
        )
    )


def _show_shortly(indicator: Indicator | None, result: IndicatorResult | None) -> str:
    return lower_first(list_result_cells(Target(indicator, result))[-1].text) if indicator and result else NONE


def _describe_verdicts(change: FigureChange) -> str:
    if change.before is None or change.after is None or not change.is_judged_anew:
        return ""
    words = _load_words()["dong"]
    return str(words["danh_gia"].format(truoc=change.before.verdict.value, nay=change.after.verdict.value))


def _write_slots(report: ChangeReport) -> list[str]:
    """The parts of the report by number and heading, as a reader finds them; no code of an agency."""
    known = {slot.key: slot for slot in list_open_slots(report.source.plan, report.source.cycle)}
    words = _load_words()
    changed = [
        words["phan"].format(so=known[key].part, ten=known[key].heading)
        if key in known
        else words["phan_khac"].format(so=key)
        for key in report.changes.slots
    ]
    if not changed:
        return []
    return [_load_words()["loi_van"].format(dau_moi=report.source.plan.coordinator, danh_sach=join(changed))]


# --- the page ----------------------------------------------------------------------------------------------------


def render_changes(report: ChangeReport, author: str, sample_mark: str, as_of: dt.datetime) -> bytes:
    """A .docx: what was changed, and by whose file."""
    words, changes = _load_words(), report.changes
    document = start_paper(sample_mark)
    add_centred(document, report.title.upper(), bold=True)
    add_paragraph(document, Paragraph(_write_opening(report)))
    blanks = {"truoc": count(report.before), "nay": count(report.after)}
    if changes.figures:
        caption = str(words["chi_tieu"]["chu_thich"])
        add_paragraph(document, Paragraph(caption, Style.CAPTION))
        columns = tuple(text.format(**blanks) for text in words["chi_tieu"]["cot"])
        add_table(document, Table("changed_figures", columns, tuple(_list_figure_rows(report))), caption)
    if changes.agencies:
        caption = str(words["co_quan"]["chu_thich"])
        add_paragraph(document, Paragraph(caption, Style.CAPTION))
        columns = tuple(words["co_quan"]["cot"])
        add_table(document, Table("changed_agencies", columns, tuple(_list_agency_rows(report))), caption)
    for line in _write_slots(report):
        add_paragraph(document, Paragraph(line))
    return finish_paper(document, Description(report.title, "", author, "", sample_mark), as_of)


def _write_opening(report: ChangeReport) -> str:
    words, changes = _load_words(), report.changes
    agencies = {change.agency for change in changes.agencies}
    agencies |= {agency for change in changes.figures for agency in change.agencies}
    key = "khong_doi" if not changes.count else "mo_dau" if agencies else "khong_do_tep"
    return str(words[key]).format(
        nay=count(report.after), truoc=count(report.before), so=count(changes.count), co_quan=count(len(agencies))
    )


def _list_figure_rows(report: ChangeReport) -> list[Row]:
    words = _load_words()["chi_tieu"]
    rows = []
    for change in report.changes.figures:
        before, after = _describe_figure(report, change)
        causes = _list_causes(report, change, with_files=True) or words["khong_do_tep"]
        rows.append(Row((Cell(_name_indicator(report, change.id)), Cell(before), Cell(after), Cell(causes))))
    return rows


def _list_agency_rows(report: ChangeReport) -> list[Row]:
    changed, words = report.changes.agencies, _load_words()["co_quan"]
    rows = [
        Row(
            (
                Cell(report.source.name(change.agency)),
                Cell(_name_file(report, change.agency)),
                Cell(_describe_agency(change)),
            )
        )
        for change in changed[:_MOST_ROWS]
    ]
    if (others := len(changed) - _MOST_ROWS) > 0:
        rows.append(Row((Cell(words["con_lai"].format(so=count(others))), Cell(""), Cell(""))))
    return rows


# --- parts of sentences ------------------------------------------------------------------------------------------


def _find_indicator(report: ChangeReport, code: str) -> Indicator | None:
    """None for one that the plan has no more."""
    return next((one for one in report.source.plan.indicators if one.id == code), None)


def _name_indicator(report: ChangeReport, code: str) -> str:
    indicator = _find_indicator(report, code)
    return indicator.name if indicator else code


def _describe_figure(report: ChangeReport, change: FigureChange) -> tuple[str, str]:
    """The indicator in both versions. What is the same in both is said only where nothing else differs."""
    indicator = _find_indicator(report, change.id)
    old, new = change.before, change.after
    if indicator is None or old is None or new is None:
        return (old.verdict.value if old else NONE), (new.verdict.value if new else NONE)
    before, after = _describe_result(indicator, old), _describe_result(indicator, new)
    words = _load_words()["chi_tieu"]
    if old.estimate != new.estimate:
        before, after = (
            join((text, words["ca_nam"].format(so=show_amount(one.estimate).text)))
            for text, one in ((before, old), (after, new))
        )
    if show_coverage(old) != show_coverage(new) or before == after:
        before, after = (
            join((text, words["co_quan_bao_cao"].format(so=show_coverage(one))))
            for text, one in ((before, old), (after, new))
        )
    return before, after


def _describe_result(indicator: Indicator, result: IndicatorResult) -> str:
    words = _load_words()["chi_tieu"]
    numerator, denominator, shown = (cell.text for cell in list_result_cells(Target(indicator, result)))
    if indicator.measure is Measure.RATIO and result.cumulative.value is not None:
        shown = words["phan_so"].format(tu_so=numerator, mau_so=denominator, ket_qua=shown)
    elif indicator.measure in (Measure.COUNT, Measure.CHANGE) and result.cumulative.value is not None:
        shown = f"{shown} {indicator.unit}"
    verdict = result.verdict.value
    parts = [
        words["thanh_phan"].format(ten=part.name, ket_qua=_show_part(indicator, part.cumulative, part.verdict.value))
        for part in result.parts
    ]
    return join((f"{shown}, {verdict}" if shown.casefold() != verdict else verdict, *parts))


def _show_part(indicator: Indicator, figures: Figures, verdict: str) -> str:
    if indicator.measure is Measure.RATIO and figures.value is not None:
        return f"{show_amount(figures.numerator).text}/{show_amount(figures.denominator).text}"
    return verdict if figures.value is None else show_amount(figures.value).text


def _list_causes(report: ChangeReport, change: FigureChange, *, with_files: bool = False) -> str:
    """ "UBND xã Co Mạ (nộp lần đầu: Bieu-mau_X-4.xlsx), UBND xã Yên Châu (thay bản đã nộp: …) và 3 cơ quan khác" """
    ordered = report.source.sorted(change.agencies)
    named = [
        report.source.name(agency) + (f" ({_name_file(report, agency)})" if with_files else "")
        for agency in ordered[:_MOST_NAMED]
    ]
    text = ", ".join(named)
    if len(ordered) > _MOST_NAMED:
        text += " " + _load_words()["chi_tieu"]["con_lai"].format(so=count(len(ordered) - _MOST_NAMED))
    return text


def _name_event(report: ChangeReport, agency: str) -> str:
    file = report.changes.files.get(agency)
    return str(_load_words()["su_kien"][file.event] if file else _load_words()["chi_tieu"]["khong_do_tep"].lower())


def _name_file(report: ChangeReport, agency: str) -> str:
    """ "nộp lần đầu: Bieu-mau_X-1.xlsx" """
    file = report.changes.files.get(agency)
    name = f": {file.file_name}" if file and file.file_name else ""
    return _name_event(report, agency) + name


def _describe_agency(change: AgencyChange) -> str:
    words = _load_words()["noi_dung"]
    found = []
    if change.reported:
        counts = Counter(change.reported)
        details = ", ".join(
            f"{count(number)} {lower_first(status.value)}" for status in TaskStatus if (number := counts[status])
        )
        found.append(words["bao_cao_moi"].format(so=count(len(change.reported)), chi_tiet=details))
    if change.dropped:
        found.append(words["bo_bao_cao"].format(so=count(len(change.dropped))))
    if change.statuses:
        named = [
            words["doi_trang_thai"].format(ma=one.task, truoc=one.before.value, nay=one.after.value)
            for one in change.statuses[:_MOST_NAMED]
        ]
        others = len(change.statuses) - _MOST_NAMED
        rest = " " + words["doi_trang_thai_khac"].format(so=count(others)) if others > 0 else ""
        found.append(", ".join(named) + rest)
    if change.reworded:
        found.append(words["sua_noi_dung"].format(so=count(len(change.reworded))))
    for key, documents in (("them_van_ban", change.new_documents), ("bo_van_ban", change.lost_documents)):
        if documents:
            found.append(words[key].format(so=count(len(documents)), danh_sach=_list_documents(documents)))
    for key, number in (("them_vuong_mac", change.new_difficulties), ("bo_vuong_mac", change.lost_difficulties)):
        if number:
            found.append(words[key].format(so=count(number)))
    return join(found)


def _list_documents(documents: Sequence[IssuedDocument]) -> str:
    named = [one.number or one.subject for one in documents[:_MOST_NAMED]]
    return ", ".join([*named, *(["…"] if len(documents) > _MOST_NAMED else [])])
