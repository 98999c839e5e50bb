"""The configuration says what the plan says, no more and no less: counted and compared with van_ban.md."""

from __future__ import annotations

import itertools
import re
import unicodedata

import pytest

from kybaocao.plan.agencies import AgencyKind, Duty
from kybaocao.plan.load import FILES
from kybaocao.plan.plan import Plan
from kybaocao.plan.tasks import Task
from tests.conftest import CONFIG
from tests.plan.van_ban import Block, Document, plain, read_document

LETTERS = "abcdefgh"


@pytest.fixture(scope="module")
def document() -> Document:
    return read_document(CONFIG / "van_ban.md")


def spelled(text: str) -> str:
    """As printed in the plan, apart from the kind of dash and space a word processor chose."""
    return plain(unicodedata.normalize("NFC", text))


def ids_of(block: Block) -> list[str]:
    return [f"III.{block.number}.{letter}" for letter in LETTERS[: len(block.tasks)]]


def test_the_plan_loads_without_a_problem(plan: Plan) -> None:
    """The province's configuration has no mistake."""
    assert [str(problem) for problem in plan.problems] == []


def test_section_three_holds_ninety_one_tasks_in_thirty_two_blocks(document: Document) -> None:
    """The text itself counts 91 tasks under 32 leads, 24 of them for everyone."""
    everyone = [len(block.tasks) for block in document.blocks if block.is_for_everyone]
    assert (len(document.blocks), sum(len(block.tasks) for block in document.blocks)) == (32, 91)
    assert (len(everyone), sum(everyone)) == (6, 24)


def test_every_task_of_the_text_is_configured_in_its_order(plan: Plan, document: Document) -> None:
    """Task III.x.y.z is the z-th task of block x.y."""
    assert [task.id for task in plan.tasks] == [code for block in document.blocks for code in ids_of(block)]


def test_every_task_is_quoted_word_for_word(plan: Plan, document: Document) -> None:
    """`nguyen_van` is the plan's own wording, spelling mistakes included."""
    printed = {code: text for block in document.blocks for code, text in zip(ids_of(block), block.tasks, strict=True)}
    differing = [task.id for task in plan.tasks if spelled(task.text) != printed[task.id]]
    assert (len(printed), differing) == (91, [])


def test_every_task_names_its_lead_as_printed(plan: Plan, document: Document) -> None:
    """`chu_tri_nguyen_van` is the heading of the task's block."""
    leads = {code: block.lead for block in document.blocks for code in ids_of(block)}
    assert {task.id: spelled(task.lead_text) for task in plan.tasks} == leads


def test_a_block_for_everyone_is_owed_by_everyone_and_by_nobody_else(plan: Plan, document: Document) -> None:
    """The 24 common tasks go to the group of all bound bodies; the 67 others name their leads."""
    common = {code for block in document.blocks if block.is_for_everyone for code in ids_of(block)}
    assert {task.id for task in plan.tasks if task.leads == ("TAT_CA",)} == common
    assert len(plan.tasks) - len(common) == 67


def test_fifteen_agencies_are_named_as_leads(plan: Plan, document: Document) -> None:
    """The names that lead the 67 tasks of their own in the text are the 15 in the configuration."""
    named = {code for task in plan.tasks if task.leads != ("TAT_CA",) for code in task.leads}
    headings = " ".join(block.lead for block in document.blocks if not block.is_for_everyone).casefold()
    assert len(named) == 15
    assert [code for code in sorted(named) if plan.agencies[code].name.casefold() not in headings] == []


def test_the_seven_obligations_are_quoted_word_for_word(plan: Plan, document: Document) -> None:
    """Section IV obliges in seven points."""
    assert [spelled(obligation.text) for obligation in plan.obligations] == document.obligations
    assert len(document.obligations) == 7


def test_eighteen_targets_have_a_number_and_eight_a_direction(plan: Plan) -> None:
    """T01-T18 are held against a number, D1-D8 against the previous period."""
    with_number = [indicator.id for indicator in plan.indicators if indicator.has_number]
    without = [indicator.id for indicator in plan.indicators if not indicator.has_number]
    assert with_number == [f"T{number:02d}" for number in range(1, 19)]
    assert without == [f"D{number}" for number in range(1, 9)]


def test_every_target_is_quoted_from_the_text(plan: Plan, document: Document) -> None:
    """Each piece of `nguyen_van` between two ellipses stands in the plan, in that order."""
    differing = []
    for indicator in plan.indicators:
        pieces = [re.escape(piece.strip()) for piece in spelled(indicator.quote).split("…")]
        if not re.search(".*?".join(pieces), document.text):
            differing.append(indicator.id)
    assert (len(plan.indicators), differing) == (26, [])


def test_the_four_targets_of_the_annex_are_reported_by_everyone(plan: Plan, document: Document) -> None:
    """The PHỤ LỤC's four rows are indicators of all Sở, ban, ngành and all communes."""
    names = [row.split(" % ")[0].split(" ", 1)[1] for row in document.annex]
    found = [indicator for indicator in plan.indicators if indicator.name in names]
    assert [indicator.id for indicator in found] == ["T15", "T16", "T17", "T18"]
    assert {indicator.reporters for indicator in found} == {("TAT_CA",)}
    assert [indicator.target for indicator in found] == [100, 80, 100, 90]


def test_the_recipients_are_the_eleven_printed_lines(plan: Plan, document: Document) -> None:
    """Nơi nhận is copied line by line."""
    assert list(plan.header.copies) == document.copies
    assert len(document.copies) == 11


def test_eighty_eight_bodies_are_bound_and_two_invited(plan: Plan) -> None:
    """IV.1 binds 13 named departments and 75 communes; the association and the State Bank are invited."""
    bound = [agency for agency in plan.expected if agency.duty is Duty.BOUND]
    kinds = [agency.kind for agency in bound]
    assert (len(bound), kinds.count(AgencyKind.DEPARTMENT)) == (88, 13)
    assert (kinds.count(AgencyKind.COMMUNE), kinds.count(AgencyKind.WARD)) == (67, 8)
    assert {agency.code for agency in plan.expected if agency.duty is Duty.INVITED} == {"HHDN", "NHNN-KV3"}


@pytest.mark.parametrize("duty_of", ["tasks", "obligations"])
def test_the_six_clears_are_filled_for_every_task(plan: Plan, duty_of: str) -> None:
    """Rõ người, rõ việc, rõ thời gian, rõ trách nhiệm, rõ sản phẩm, rõ thẩm quyền (I.2)."""
    entries: tuple[Task, ...] = getattr(plan, duty_of)
    empty = [(entry.id, name) for entry in entries for name, value in entry.six if not value.strip()]
    assert len(entries) >= 7
    assert empty == []


def test_a_task_names_only_targets_that_exist(plan: Plan) -> None:
    """Every indicator named by a task is configured."""
    named = [(task.id, code) for task in plan.tasks for code in task.targets]
    known = {indicator.id for indicator in plan.indicators}
    assert len(named) >= 9
    assert [pair for pair in named if pair[1] not in known] == []


def test_every_section_of_a_task_is_one_of_the_plan(plan: Plan) -> None:
    """The eight sections of part III all hold tasks."""
    assert {task.section for task in plan.tasks} == {section.number for section in plan.header.sections}
    assert [section.number for section in plan.header.sections] == list(range(1, 9))


@pytest.mark.parametrize("name", FILES)
def test_configuration_is_written_in_nfc(name: str) -> None:
    """Every file is composed Unicode: what looks equal is equal."""
    text = (CONFIG / name).read_text(encoding="utf-8")
    assert text.strip()
    assert unicodedata.is_normalized("NFC", text)


def test_every_name_of_an_agency_belongs_to_one_agency(plan: Plan) -> None:
    """No name or alias could mean two bodies."""
    names = [
        (name.casefold(), agency.code) for agency in plan.agencies.values() for name in (agency.name, *agency.aliases)
    ]
    owners: dict[str, set[str]] = {}
    for name, code in names:
        owners.setdefault(name, set()).add(code)
    assert len(names) > 300
    assert {name: codes for name, codes in owners.items() if len(codes) > 1} == {}


def test_every_expected_body_has_an_officer_and_a_head_to_write_to(plan: Plan) -> None:
    """Each of the 90 has both contacts on both cycles' opening and closing days."""
    days = [day for cycle in plan.cycles.values() for day in (cycle.opens.date, cycle.closes_on)]
    roles = {contact.role for contact in plan.contacts}
    silent = [
        (agency.code, role.value, day.isoformat())
        for agency, role, day in itertools.product(plan.expected, roles, days)
        if not plan.contacts_of(agency.code, role, day)
    ]
    assert (len(plan.expected), len(roles), len(days)) == (90, 2, 4)
    assert silent == []
