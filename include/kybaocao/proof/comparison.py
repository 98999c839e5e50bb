"""The proof: a snapshot held against totals that were computed once more from the archived bytes.

    files in force (the store) → their bytes (the archive, checksum compared) → cells → sums → differences

A difference names the cell where one can be named.  Only what the report's figures are made of is compared; results
of the previous cycle have a proof of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from kybaocao.figures.snapshot import Figures, IndicatorResult, Origin, PartResult, Snapshot, TaskResult
from kybaocao.inbox.submission import Submission
from kybaocao.plan.plan import Plan
from kybaocao.proof.archived_files import Reader, read_archived
from kybaocao.proof.totals import Answers, Figure, Questions, Sum, TargetTotal, Totals, compute_totals
from kybaocao.proof.work_totals import TaskTotal

FILE = "tep"  # subject of a difference of an archived file
SHARE_DIGITS = 20  # of a share must agree; the first computation keeps 28. Sums are compared exactly.


@dataclass(frozen=True)
class Difference:
    """`stored`: as the report has it; `computed`: as the archived bytes say. Place and agency are "" for a total."""

    subject: str  # of a target, part, task; "tep" for a file, "tiep_nhan" for who has submitted
    field: str
    stored: str
    computed: str
    agency: str = ""
    file_name: str = ""
    sheet: str = ""
    cell: str = ""


@dataclass(frozen=True)
class FileRead:
    """One file in force, and who read it for the proof."""

    agency: str
    version: int
    file_name: str
    sha256: str
    reader: str


@dataclass(frozen=True)
class TotalLine:
    """One computed total, numbers as text: numerator, denominator, verdict, how many agencies reported."""

    id: str
    numerator: str
    denominator: str
    value: str  # to 28 digits, "" where it cannot be derived
    verdict: str
    reported: int
    missing: int


@dataclass(frozen=True)
class Proof:
    differences: tuple[Difference, ...]
    files: tuple[FileRead, ...]
    totals: tuple[TotalLine, ...]
    tasks: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]  # task, obligation -> status, punctuality -> agencies

    @property
    def is_equal(self) -> bool:
        return not self.differences


def prove_snapshot(plan: Plan, snapshot: Snapshot, submissions: Sequence[Submission], archive: Path) -> Proof:
    """Compute everything again and compare. `submissions`: versions of the forms, in the order in which they came.

    While a file cannot be read, or is not what it was, that alone is said: no total can be right without it.
    Raises PlanError for a broken form and BusyMachineError.
    """
    in_force = select_in_force(plan, snapshot, submissions)
    holders: dict[str, list[Submission]] = {}
    for one in in_force:
        holders.setdefault(one.sha256, []).append(one)
    questions, answers = Questions(plan), dict[str, Answers]()
    files, differences = dict[str, FileRead](), list[Difference]()
    for digest, file in read_archived(archive, holders):
        for one in holders[digest]:
            files[one.agency] = FileRead(one.agency, one.version, one.file_name, digest, file.reader.value)
            if file.reader is Reader.NOBODY:
                what = "sha256" if file.sha256 != digest else "doc_lai"
                found = file.sha256 if file.sha256 != digest else ""
                differences.append(Difference(FILE, what, digest, found, one.agency, one.file_name))
            answers[one.agency] = questions.read(one.agency, file.sheets)
    listed = tuple(files[one.agency] for one in in_force)
    if differences:
        return Proof(tuple(differences), listed, (), ())
    totals = compute_totals(questions, plan.require_cycle(snapshot.cycle), answers)
    return Proof(
        differences=tuple(_compare(snapshot, totals, {one.agency: one for one in in_force})),
        files=listed,
        totals=tuple(_list_lines(totals)),
        tasks=tuple(
            (task, (*sorted(total.counts.items()), *sorted(total.punctuality.items())))
            for task, total in (*totals.tasks.items(), *totals.obligations.items())
        ),
    )


def select_in_force(plan: Plan, snapshot: Snapshot, submissions: Iterable[Submission]) -> list[Submission]:
    """The version of each agency that was in force when the snapshot was taken, in the plan's order.

    A version that another pass judged while the snapshot was taken has a later moment; it counts where the snapshot
    names it as a source.
    """
    named: dict[str, set[str]] = {}
    for origin in (origin for result in snapshot.indicators for origin in result.origins):
        named.setdefault(origin.agency, set()).add(origin.sha256)
    accepted_then = {entry.agency for entry in snapshot.accepted}
    chosen: dict[str, Submission] = {}
    for one in submissions:
        if not one.is_accepted or one.received_at > snapshot.as_of:
            continue
        is_judged = one.judged_at is None or one.judged_at <= snapshot.as_of
        is_named = one.sha256 in named.get(one.agency, ())
        if is_judged or is_named or (one.agency not in chosen and one.agency in accepted_then):
            chosen[one.agency] = one
    return [chosen[agency] for agency in plan.agencies if agency in chosen]


# --- comparing ---------------------------------------------------------------------------------------------------


def _compare(snapshot: Snapshot, totals: Totals, files: Mapping[str, Submission]) -> Iterator[Difference]:
    accepted = files.keys() & {entry.agency for entry in snapshot.timeliness}
    yield from _compare_names("tiep_nhan", "accepted", {one.agency for one in snapshot.accepted}, accepted)
    yield from _compare_ids("T", {one.id for one in snapshot.indicators}, set(totals.targets))
    for result in snapshot.indicators:
        if (target := totals.targets.get(result.id)) is not None:
            yield from _compare_target(result, target, files)
    yield from _compare_tasks("III", snapshot.tasks, totals.tasks)
    # A snapshot of before obligations were asked has none; nor then has any file an answer about them.
    if snapshot.obligations or any(total.counts for total in totals.obligations.values()):
        yield from _compare_tasks("IV", snapshot.obligations, totals.obligations)
    stored = {(one.subject, one.figure, one.other, one.other_figure) for one in snapshot.discrepancies}
    for pair in sorted(stored ^ totals.differing):
        yield Difference(
            pair[0], "doi_chieu", *(pair[2] if pair in them else "" for them in (stored, totals.differing))
        )


def _compare_target(
    result: IndicatorResult, total: TargetTotal, files: Mapping[str, Submission]
) -> Iterator[Difference]:
    cells = tuple(_compare_cells(result.id, result.origins, total.figures, files))
    yield from cells
    yield from _compare_sums(result.id, "cumulative", result.cumulative, total.cumulative)
    yield from _compare_sums(result.id, "period", result.period, total.period)
    for field, stored, computed in (
        ("estimate", result.estimate, total.estimate),
        ("nothing_count", Decimal(result.nothing_count), Decimal(total.nothing_count)),
        ("no_figure_count", Decimal(result.no_figure_count), Decimal(total.no_figure_count)),
    ):
        if stored != computed:
            yield Difference(result.id, field, _show(stored), _show(computed))
    yield from _compare_judgement(result.id, result, total)
    if result.outlook != total.outlook:
        yield Difference(result.id, "outlook", result.outlook or "", total.outlook or "")
    if result.comparable != total.comparable:
        yield Difference(result.id, "comparable", str(result.comparable), str(total.comparable))
    yield from _compare_names(result.id, "reported", set(result.reported), set(total.reported))
    yield from _compare_names(result.id, "missing", set(result.missing), set(total.missing))
    yield from _compare_agencies(result, total.agencies or {}, {one.agency for one in cells})
    parts = total.parts or {}
    yield from _compare_ids(result.id, {part.id for part in result.parts}, set(parts))
    for part in result.parts:
        if part.id in parts:
            yield from _compare_part(part, parts[part.id])


def _compare_part(part: PartResult, total: TargetTotal) -> Iterator[Difference]:
    yield from _compare_sums(part.id, "cumulative", part.cumulative, total.cumulative)
    yield from _compare_judgement(part.id, part, total)


def _compare_judgement(
    subject: str, stored: PartResult | IndicatorResult, computed: TargetTotal
) -> Iterator[Difference]:
    for field, one, other in (
        ("ranked_units", stored.ranked_units, computed.ranked_units),
        ("previous_ranked_units", stored.previous_ranked_units, computed.previous_ranked_units),
    ):
        if one != other:
            yield Difference(subject, field, _show(one), _show(other))
    if stored.verdict != computed.verdict:
        yield Difference(subject, "verdict", stored.verdict.value, computed.verdict.value)


def _compare_agencies(
    result: IndicatorResult, computed: Mapping[str, TargetTotal], named: set[str]
) -> Iterator[Difference]:
    """Each agency's own figures. `named`: agencies with a cell that differs, which explains it."""
    stored = {one.agency: one for one in result.by_agency}
    yield from _compare_names(result.id, "by_agency", set(stored), set(computed))
    for agency in sorted((stored.keys() & computed.keys()) - named):
        one, other = stored[agency], computed[agency]
        for field, here, there in (
            ("by_agency.numerator", _show(one.numerator), _show(other.cumulative.numerator)),
            ("by_agency.denominator", _show(one.denominator), _show(other.cumulative.denominator)),
            ("by_agency.verdict", one.verdict.value, other.verdict.value),
        ):
            if here != there:
                yield Difference(result.id, field, here, there, agency)


def _compare_cells(
    subject: str, origins: Iterable[Origin], figures: Iterable[Figure], files: Mapping[str, Submission]
) -> Iterator[Difference]:
    """Cell by cell, so that a difference between sums has its place."""
    read = {(one.agency, one.place.sheet, one.place.cell): one for one in figures}
    for origin in origins:
        figure = read.pop((origin.agency, origin.sheet, origin.cell), None)
        number = figure.number if figure else None
        is_same_file = origin.agency in files and files[origin.agency].sha256 == origin.sha256
        if number is None or number != Decimal(origin.value) or not is_same_file:
            where = (origin.agency, origin.file_name, origin.sheet, origin.cell)
            yield Difference(subject, figure.column if figure else "o", origin.value, _show(number), *where)
    for one in read.values():
        if one.number is not None:
            where = (one.agency, files[one.agency].file_name, one.place.sheet, one.place.cell)
            yield Difference(subject, one.column, "", _show(one.number), *where)


def _compare_sums(subject: str, name: str, stored: Figures, computed: Sum) -> Iterator[Difference]:
    if stored.numerator != computed.numerator:
        yield Difference(subject, f"{name}.numerator", _show(stored.numerator), _show(computed.numerator))
    if stored.denominator != computed.denominator:
        yield Difference(subject, f"{name}.denominator", _show(stored.denominator), _show(computed.denominator))
    if not _is_same_share(stored.value, computed.value):
        yield Difference(subject, f"{name}.value", _show(stored.value), _show_fraction(computed.value))


def _is_same_share(stored: Decimal | None, computed: Fraction | None) -> bool:
    if stored is None or computed is None:
        return stored is None and computed is None
    return bool(abs(Fraction(stored) - computed) * 10**SHARE_DIGITS < max(1, abs(computed)))


def _compare_tasks(part: str, results: Iterable[TaskResult], totals: Mapping[str, TaskTotal]) -> Iterator[Difference]:
    held = {one.id: one for one in results}
    yield from _compare_ids(part, set(held), set(totals))
    for task in sorted(held.keys() & totals.keys()):
        entries, total = held[task].entries, totals[task]
        yield from _compare_counts(task, Counter(entry.status.value for entry in entries), total.counts)
        stands = Counter(entry.punctuality.value for entry in entries if entry.punctuality is not None)
        yield from _compare_counts(task, stands, total.punctuality)
        yield from _compare_names(task, "missing", set(held[task].missing), set(total.missing))


def _compare_counts(task: str, stored: Mapping[str, int], computed: Mapping[str, int]) -> Iterator[Difference]:
    for word in sorted(stored.keys() | computed.keys()):
        if stored.get(word, 0) != computed.get(word, 0):
            yield Difference(task, word, str(stored.get(word, 0)), str(computed.get(word, 0)))


def _compare_names(subject: str, field: str, stored: set[str], computed: set[str]) -> Iterator[Difference]:
    """One line for each agency that only one of the two names."""
    for agency in sorted(stored ^ computed):
        yield Difference(
            subject, field, agency if agency in stored else "", agency if agency in computed else "", agency
        )


def _compare_ids(subject: str, stored: set[str], computed: set[str]) -> Iterator[Difference]:
    for one in sorted(stored ^ computed):
        yield Difference(subject, "id", one if one in stored else "", one if one in computed else "")


def _list_lines(totals: Totals) -> Iterator[TotalLine]:
    for target, total in totals.targets.items():
        yield _make_line(target, total, len(total.reported), len(total.missing))
        for part, one in (total.parts or {}).items():
            yield _make_line(part, one, 0, 0)


def _make_line(name: str, total: TargetTotal, reported: int, missing: int) -> TotalLine:
    sums = total.cumulative
    return TotalLine(
        name,
        _show(sums.numerator),
        _show(sums.denominator),
        _show_fraction(sums.value),
        total.verdict.value,
        reported,
        missing,
    )


def _show(number: Decimal | None) -> str:
    return "" if number is None else format(number, "f")


def _show_fraction(value: Fraction | None) -> str:
    return "" if value is None else format(Decimal(value.numerator) / Decimal(value.denominator), "f")
