"""Which agencies reported, and when: the last clause of part I, its chart and its annex."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from kybaocao.documents.model import Block, Cell, Chart, Paragraph, Row, RowStyle, Series, Table
from kybaocao.documents.report.source import KINDS, ReportSource, capitalise, count, count_cell, share
from kybaocao.figures.snapshot import Standing, Timeliness
from kybaocao.plan.agencies import AgencyKind
from kybaocao.plan.decisions import list_decisions
from kybaocao.vietnamese import format_moment

ANNEX = 5
_ACCEPTED = (Standing.ACCEPTED, Standing.CONFIRMED_ZERO)
_WAITING = (Standing.RECEIVED, Standing.RETURNED, Standing.EXPECTED)


def write_submission(source: ReportSource) -> tuple[Block, ...]:
    """The counts, the chart, and the missing agencies by name; ends with a paragraph."""
    words = source.words.submission
    expected, accepted = _list_expected(source)
    sentences = []
    for standing in _WAITING:
        waiting = _with(expected, standing)
        if waiting:
            listed = source.list_agencies(waiting)
            sentences.append(
                words.waiting.format(trang_thai=capitalise(standing.value), so=count(len(waiting)), danh_sach=listed)
            )
    missing = _with(expected, Standing.MISSING)
    if missing:
        sentences.append(words.missing.format(so=count(len(missing)), danh_sach=source.list_agencies(missing)))
    if expected and len(accepted) == len(expected):
        sentences.append(words.all_in)
    sentences.append(words.see_annex.format(phu_luc=source.annex(ANNEX)))
    return (
        Paragraph(describe_counts(source)),
        *_chart(source, expected),
        *_describe_decisions(source),
        Paragraph(" ".join(sentences)),
    )


def describe_counts(source: ReportSource) -> str:
    """How many had to report and how many did: total, per cent, on time, late."""
    words = source.words.submission
    expected, accepted, late = count_submissions(source)
    if not expected:
        return words.no_agency
    if not accepted:
        return words.nobody.format(tong=count(expected))
    template = words.all_on_time if not late else words.all_late if late == accepted else words.expected
    return template.format(
        tong=count(expected),
        nhan=count(accepted),
        ty_le=share(accepted, expected),
        dung_han=count(accepted - late),
        qua_han=count(late),
    )


def count_submissions(source: ReportSource) -> tuple[int, int, int]:
    """Agencies that had to report, those whose file was accepted, and the late among these."""
    expected, accepted = _list_expected(source)
    return len(expected), len(accepted), sum(entry.is_late for entry in accepted)


def _list_expected(source: ReportSource) -> tuple[list[Timeliness], list[Timeliness]]:
    expected = [entry for entry in source.snapshot.timeliness if entry.standing is not Standing.EXEMPT]
    return expected, [entry for entry in expected if entry.standing in _ACCEPTED]


def _describe_decisions(source: ReportSource) -> list[Block]:
    """Extensions, exemptions, waivers and moved deadlines: who granted them to whom, why, until when."""
    on = source.snapshot.as_of.astimezone(source.plan.timezone).date()
    decided = list_decisions(source.plan, source.cycle.id, on)
    if not decided:
        return []
    listed = "; ".join(decision.tell(source.plan) for decision in decided)
    return [Paragraph(source.words.submission.decisions.format(danh_sach=listed))]


def list_submission_rows(source: ReportSource) -> Table:
    """Every agency: departments, then other bodies, wards and communes, each in alphabetical order."""
    rows: list[Row] = []
    position = 0
    for kind in KINDS:
        entries = _of(source, source.snapshot.timeliness, kind)
        if entries:
            rows.append(Row((Cell(f"{source.words.kinds[kind]} ({count(len(entries))})"),), RowStyle.GROUP))
        for entry in sorted(entries, key=lambda entry: source.order(entry.agency)):
            position += 1
            rows.append(
                Row(
                    (
                        count_cell(position),
                        Cell(source.name(entry.agency)),
                        Cell(capitalise(entry.standing.value)),
                        Cell(_received(source, entry.received_at)),
                        Cell(_punctuality(source, entry)),
                        count_cell(entry.returned_count),
                        count_cell(entry.version_count),
                    )
                )
            )
    return Table("submission", source.words.tables.submission.columns, tuple(rows))


def _with(entries: Sequence[Timeliness], standing: Standing) -> list[str]:
    return [entry.agency for entry in entries if entry.standing is standing]


def _of(source: ReportSource, entries: Sequence[Timeliness], kind: AgencyKind) -> list[Timeliness]:
    return [entry for entry in entries if source.kind(entry.agency) is kind]


def _received(source: ReportSource, moment: dt.datetime | None) -> str:
    if moment is None:
        return source.words.submission.not_applicable
    return format_moment(moment.astimezone(source.plan.timezone) if moment.tzinfo else moment)


def _punctuality(source: ReportSource, entry: Timeliness) -> str:
    words = source.words.submission
    if entry.standing not in _ACCEPTED:
        return words.not_applicable
    return words.late.format(so=count(entry.late_working_days)) if entry.is_late else words.on_time


def _chart(source: ReportSource, expected: Sequence[Timeliness]) -> list[Block]:
    words = source.words.charts
    tallies = [(kind, _tally(_of(source, expected, kind))) for kind in KINDS if _of(source, expected, kind)]
    if not tallies:
        return []
    tallies.sort(key=lambda one: _rank(one[1]))
    on_time, late, missing = (tuple(Decimal(tally[place]) for _, tally in tallies) for place in range(3))
    series = (Series(words.on_time, on_time), Series(words.late, late), Series(words.missing, missing))
    categories = tuple(words.kind.format(ten=source.words.kinds[kind], so=count(sum(tally))) for kind, tally in tallies)
    said = words.submission_finding.format(
        dung_han=count(int(sum(on_time))),
        tong=count(len(expected)),
        qua_han=count(int(sum(late))),
        chua_nop=count(int(sum(missing))),
    )
    title, *clauses = said.split(", ")
    title = ", ".join(
        (title, *(clause for clause in clauses if not clause.startswith("0 ")))
    )  # of none nothing is said
    return [Chart("submission", title, categories, series)]


def _rank(tally: tuple[int, int, int]) -> tuple[bool, Decimal]:
    """The worst first of those that reported; where nobody has, there is nothing to rank."""
    on_time, late, _ = tally
    return on_time + late == 0, Decimal(on_time) / sum(tally)


def _tally(entries: Sequence[Timeliness]) -> tuple[int, int, int]:
    """On time, late, not accepted yet."""
    accepted = [entry for entry in entries if entry.standing in _ACCEPTED]
    late = sum(entry.is_late for entry in accepted)
    return len(accepted) - late, late, len(entries) - len(accepted)
