"""Judging one file: bytes in, verdict with findings and values out. Records nothing, reads no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kybaocao.answers.reading import Answer, Key, read_form
from kybaocao.checks.background import NOTHING_KNOWN, Background
from kybaocao.checks.identity import check_identity, find_layout
from kybaocao.checks.naming import check_names
from kybaocao.checks.rulebook import CATALOGUE_ONLY, Rulebook
from kybaocao.checks.suggested_fixes import complete_suggested_fixes
from kybaocao.checks.weighing import weigh_cells
from kybaocao.findings import Finding, WordedFinding, order, sends_back, word
from kybaocao.form.layout import FormLayout
from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict
from kybaocao.workbook.book import Book, load_book
from kybaocao.workbook.refusal import explain_failure, find_refusal
from kybaocao.workbook.sandbox import SandboxError, parse_limited

if TYPE_CHECKING:
    from kybaocao.workbook.plain_book import PlainBook


@dataclass(frozen=True)
class Judgement:
    """What was decided about one file. Raises ValueError for a refusal without a finding that says why.

    `answers` are by the keys of the edition in force, `rows` by the tables of the file's own edition.
    `tried` are findings of rules on trial, for the operators only; `sheets` are the names of the workbook's sheets.
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

    `background` is what the agency said before, `rulebook` which rules bind it today; `parse` reads the bytes, in a
    process of its own.
    """
    refused = find_refusal(data)
    if refused is not None:
        return _refuse(refused)
    try:
        book = load_book(parse(data))
    except SandboxError as error:
        return _refuse(explain_failure(error))
    return judge_book(book, layout, plan, background, rulebook)


def judge_book(
    book: Book,
    layout: FormLayout,
    plan: Plan,
    background: Background = NOTHING_KNOWN,
    rulebook: Rulebook = CATALOGUE_ONLY,
) -> Judgement:
    """The same, from cells already read.

    A file of an earlier edition is judged by that edition; its answers have the keys of `layout` all the same.
    """
    issued = find_layout(book, layout, plan)
    identity = check_identity(book, issued, plan)
    if identity is not None and sends_back(identity):
        return _refuse(identity)
    reading = read_form(book, issued)
    complete_suggested_fixes(reading, issued)
    about_file, tried = rulebook.weigh([*([identity] if identity else ()), *check_names(book, issued, plan)])
    about_cells, tried_in_cells = weigh_cells(reading, issued, background.readdress(issued), rulebook)
    reported = [*about_file, *about_cells]
    sheets = tuple(sheet.name for sheet in book.sheets)
    trial = (*tried, *tried_in_cells)
    answers = {layout.readdress(*key): answer for key, answer in reading.answers.items()}
    return Judgement(_decide(reported), tuple(order(reported, sheets)), answers, reading.rows, trial, sheets)


def add_findings(judgement: Judgement, findings: Sequence[Finding], rulebook: Rulebook) -> Judgement:
    """The judgement with findings that need the store, weighed like the rest, and the verdict that follows."""
    if not findings or judgement.verdict is Verdict.UNREADABLE:
        return judgement
    reported, tried = rulebook.weigh(findings)
    everything = tuple(order([*judgement.findings, *reported], judgement.sheets))
    return replace(judgement, verdict=_decide(everything), findings=everything, tried=(*judgement.tried, *tried))


def _decide(findings: Iterable[Finding]) -> Verdict:
    return Verdict.RETURNED if any(sends_back(finding) for finding in findings) else Verdict.ACCEPTED


def _refuse(finding: Finding) -> Judgement:
    return Judgement(Verdict.UNREADABLE, (finding,), {}, {})
