"""Judging one file: bytes in, verdict with findings and values out. Records nothing, reads no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kybaocao.answers.reading import Answer, Key, Reading, read_form, read_identity
from kybaocao.checks.background import NOTHING_KNOWN, Background
from kybaocao.checks.comparisons import compare_form
from kybaocao.checks.naming import check_names, find_names
from kybaocao.checks.rulebook import CATALOGUE_ONLY, Rulebook
from kybaocao.checks.rules import check_form
from kybaocao.checks.suggested_fixes import complete_suggested_fixes
from kybaocao.findings import Finding, WordedFinding, order, sends_back, word
from kybaocao.form.layout import FormLayout
from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict
from kybaocao.workbook.book import Book, load_book
from kybaocao.workbook.guard import inspect
from kybaocao.workbook.sandbox import CLAUSES, SandboxError, parse_limited

if TYPE_CHECKING:
    from kybaocao.workbook.plain_book import PlainBook

# Why a reader came back without a book -> (code, the clause that says why); anything else is a damaged file.
_FAILURES = {
    **{reason: ("file-unreadable", clause) for reason, clause in CLAUSES.items()},
    "EncryptedBookError": ("file-encrypted", ""),
    "BookTooLargeError": ("sheet-too-large", ""),
    "UnsafeXmlError": ("file-unsafe", "kieu_tai_lieu"),
}


Place = tuple[str, str]  # sheet, cell


@dataclass(frozen=True)
class Judgement:
    """What was decided about one file. A verdict other than ACCEPTED always has a finding that says why.

    `tried` is what rules on trial would have said: for the operators only.  `sheets` are those of the workbook.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    answers: dict[Key, Answer]
    rows: dict[str, tuple[str, ...]]
    tried: tuple[Finding, ...] = ()
    sheets: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.verdict is not Verdict.ACCEPTED and not any(sends_back(finding) for finding in self.findings):
            raise ValueError("a file is never sent back without saying why")

    @property
    def worded(self) -> tuple[WordedFinding, ...]:
        return tuple(word(finding) for finding in self.findings)

    @property
    def errors(self) -> tuple[WordedFinding, ...]:
        return tuple(word(finding) for finding in self.findings if sends_back(finding))


def judge(
    data: bytes,
    layout: FormLayout,
    plan: Plan,
    background: Background = NOTHING_KNOWN,
    rulebook: Rulebook = CATALOGUE_ONLY,
    *,
    parse: Callable[[bytes], PlainBook] = parse_limited,
) -> Judgement:
    """Judge the bytes of one file dropped for `layout`'s agency and cycle.

    `background` is what the agency said before, `rulebook` which rules bind it today.
    """
    refused = inspect(data)
    if refused is not None:
        return _unreadable(refused)
    try:
        book = load_book(parse(data))
    except SandboxError as error:
        code, reason = _FAILURES.get(error.reason, ("file-damaged", ""))
        return _unreadable(Finding(code, facts={"ly_do": reason}))
    return judge_book(book, layout, plan, background, rulebook)


def judge_book(
    book: Book,
    layout: FormLayout,
    plan: Plan,
    background: Background = NOTHING_KNOWN,
    rulebook: Rulebook = CATALOGUE_ONLY,
) -> Judgement:
    """The same, from cells already read."""
    identity = _check_identity(book, layout, plan)
    if any(sends_back(finding) for finding in identity):
        return Judgement(Verdict.UNREADABLE, tuple(order(identity)), {}, {})
    reading = read_form(book, layout)
    complete_suggested_fixes(reading, layout)
    about_file, tried = rulebook.weigh([*identity, *check_names(book, layout, plan)])
    reported, tried_in_cells = _weigh_cells(reading, layout, background, rulebook)
    reported = [*about_file, *reported]
    verdict = Verdict.RETURNED if any(sends_back(finding) for finding in reported) else Verdict.ACCEPTED
    sheets = tuple(sheet.name for sheet in book.sheets)
    trial = (*tried, *tried_in_cells)
    return Judgement(verdict, tuple(order(reported, sheets)), reading.answers, reading.rows, trial, sheets)


def add_findings(judgement: Judgement, findings: Sequence[Finding], rulebook: Rulebook) -> Judgement:
    """The judgement with what only the stage can see, weighed like the rest; the verdict is drawn anew."""
    if not findings or judgement.verdict is Verdict.UNREADABLE:
        return judgement
    reported, tried = rulebook.weigh(findings)
    everything = tuple(order([*judgement.findings, *reported], judgement.sheets))
    verdict = Verdict.RETURNED if any(sends_back(finding) for finding in everything) else Verdict.ACCEPTED
    return replace(judgement, verdict=verdict, findings=everything, tried=(*judgement.tried, *tried))


def _weigh_cells(
    reading: Reading, layout: FormLayout, background: Background, rulebook: Rulebook
) -> tuple[list[Finding], list[Finding]]:
    """(told, on trial) of everything seen in cells; of a cell that goes back only the first thing to be mended.

    What is noted, answered, waived or on trial hides nothing: another rule may well send the cell back.
    """
    reported, tried = rulebook.weigh(_join_merged(reading.findings))
    closed = _list_unread(reading)
    _close(closed, rulebook.weigh(reading.findings)[0])
    broken, on_trial = _weigh_open(check_form(reading, layout), closed, rulebook)
    reported += broken
    tried += on_trial
    _close(closed, broken)
    unlikely, on_trial = _weigh_open(compare_form(reading, layout, background), closed, rulebook)
    tried += on_trial
    for finding in unlikely:
        if _place(finding) not in closed:
            reported.append(finding)
            _close(closed, [finding])  # one explanation answers all that is unlikely about a cell
    return reported, tried


def _weigh_open(
    findings: Iterable[Finding], closed: set[Place], rulebook: Rulebook
) -> tuple[list[Finding], list[Finding]]:
    return rulebook.weigh(finding for finding in findings if _place(finding) not in closed)


def _list_unread(reading: Reading) -> set[Place]:
    """Cells of which something is told and nothing was taken."""
    if not reading.findings:
        return set()
    unread = {(one.sheet, one.cell) for one in reading.answers.values() if one.value is None and one.text}
    return unread & {_place(finding) for finding in reading.findings}


# Cells that are looked at when another one is mended: parts of a pair, the status chosen for a word, a limit.
_FIXED_TOO = ("o_tu", "o_mau", "o_tinh_trang", "o_lon")


def _close(closed: set[Place], findings: Iterable[Finding]) -> None:
    """Add the cells that go back for `findings`."""
    for finding in findings:
        if finding.cell and sends_back(finding):
            closed.add(_place(finding))
            closed.update((finding.sheet, finding.facts[name]) for name in _FIXED_TOO if name in finding.facts)


def _join_merged(findings: Sequence[Finding]) -> Iterator[Finding]:
    """One finding for all cells under one merge, at the cell that is seen there."""
    last = {(f.sheet, f.facts["o_gop"]): f.cell for f in findings if f.code == "cell-merged"}
    for finding in findings:
        if finding.code != "cell-merged":
            yield finding
        elif end := last.pop((finding.sheet, seen := finding.facts["o_gop"]), ""):
            yield replace(finding, cell=seen, facts={**finding.facts, "vung": f"{seen}:{end}"})


def _place(finding: Finding) -> Place:
    return finding.sheet, finding.cell


def _unreadable(finding: Finding) -> Judgement:
    return Judgement(Verdict.UNREADABLE, (finding,), {}, {})


def _check_identity(book: Book, layout: FormLayout, plan: Plan) -> list[Finding]:
    """The file is the form we issued to this agency for this cycle; otherwise say whose it is."""
    found, wanted = read_identity(book), layout.identity
    if not all(found.get(key) for key in ("ke_hoach", "ky", "co_quan", "phien_ban")):
        others = [one for one in find_names(book, layout, plan) if one.agency not in ("", wanted.agency)]
        if others:
            value = plan.agencies[others[0].agency].name
            return [Finding("identity-other-agency", value=value, expected=layout.agency.name)]
        return [Finding("identity-missing", facts={"co_quan": wanted.agency})]
    if found["ke_hoach"] != wanted.plan:
        return [Finding("identity-other-plan", value=found["ke_hoach"], expected=plan.header.short_name)]
    if found["ky"] != wanted.cycle:
        other = plan.cycles.get(found["ky"])
        value = other.name if other else found["ky"]
        return [Finding("identity-other-cycle", value=value, expected=layout.cycle.name)]
    if found["co_quan"] != wanted.agency:
        agency = plan.agencies.get(found["co_quan"])
        value = agency.name if agency else found["co_quan"]
        return [Finding("identity-other-agency", value=value, expected=layout.agency.name)]
    if found["phien_ban"] != wanted.edition:
        return [Finding("identity-other-edition", value=found["phien_ban"], expected=wanted.edition)]
    if found.get("ma_kiem_tra") != wanted.checksum:
        return [Finding("identity-altered", value=found.get("ma_kiem_tra", ""), expected=wanted.checksum)]
    return []
