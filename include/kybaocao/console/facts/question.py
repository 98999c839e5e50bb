"""The decision that a version waits for: who is asked, for what, and whom the answer will reach."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from kybaocao.console.facts.gate import read_documents
from kybaocao.home import is_replay_system
from kybaocao.plan.people import Person, Signer
from kybaocao.plan.recipients import is_usable
from kybaocao.stages.support.decision_steps import (
    WAITS_IN,
    Step,
    describe_submission,
    find_document,
    is_to_submit,
    list_deciders,
    list_province,
    list_signers,
)
from kybaocao.stages.support.decisions import describe_outcome
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.questions import find_problem
from kybaocao.store.reports import ReportVersion


@dataclass(frozen=True)
class Question:
    """`run`: of Airflow, "" while none asks. `reaches`: who gets a letter when the answer is yes."""

    step: Step
    run: str
    title: str  # of the document that is signed
    symbol: str
    signers: tuple[Signer, ...]
    deciders: tuple[str, ...]  # names; none: whoever may run a pass
    is_asked: bool  # whether this account is one of them
    reaches: tuple[Person, ...]
    goes_to_province: bool  # to UBND tỉnh first, which signs
    submission: str  # of the step before
    waiting: tuple[str, ...]  # slots that wait for the coordinator's words
    problem: str  # of the last answer
    first_day: dt.date
    last_day: dt.date


def find_question(p: Pass, report: ReportVersion, account: str) -> Question | None:
    """None where the version waits for nobody. Raises OSError."""
    step = next((step for step, state in WAITS_IN.items() if report.state == state), None)
    if step is None:
        return None
    documents = read_documents(p, report)
    contents = dict(documents.contents)
    asked = find_document(step, contents)
    people = p.plan.require_recipients()
    deciders = list_deciders(people, step)
    to_province = step is Step.APPROVAL and is_to_submit(report, contents)
    reached = list_province(people) if to_province else (*people.ministry, *people.copies)
    with p.store.read() as connection:
        problem = find_problem(connection, p.cycle.id, report.version, step)
    return Question(
        step,
        report.asked_in,
        asked.title,
        asked.letterhead.symbol,
        list_signers(people, step, contents),
        tuple(one.name for one in deciders),
        not deciders or account in {one.account for one in deciders},
        tuple(one for one in reached if is_usable(p.plan, one.email)),
        to_province,
        describe_submission(p, report) if step is Step.SIGNATURE else "",
        documents.waiting,
        problem,
        p.cycle.period_to + dt.timedelta(days=1),
        max(p.local.date(), p.cycle.bo_tai_chinh_by) if is_replay_system() else p.local.date(),
    )


def describe_standing(p: Pass, report: ReportVersion, step: Step = Step.APPROVAL) -> str:
    """What stands about a version that nobody is asked about."""
    return describe_outcome(p, report, step=step).text
