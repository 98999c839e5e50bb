"""The question that waits for a human: which run asks, whether it needs an answer, what was wrong with the last.

One run of a cycle asks at a time, about either decision.  `report_versions.asked_in` names it, so a question that was
lost with its run is asked again, and one that a newer version has overtaken is closed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from sqlalchemy import Connection, select

from kybaocao.mail.messages import write_message
from kybaocao.plan.recipients import is_usable
from kybaocao.stages.support.decision_steps import WAITS_IN, Step, list_deciders
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import add_message
from kybaocao.store.reports import UNDER_WAY, ReportState, ReportVersion, claim_question, find_version
from kybaocao.store.tables import audit

UNUSED_KIND = "tra_loi_chua_dung_duoc"
INCOMPLETE = "decision-incomplete"


def take_question(p: Pass, version: int, run: str, is_live: Callable[[str], bool]) -> bool:
    """Whether `run` is to ask about a version; False when it is published, or another run asks and is alive.

    A version that was decided and whose next release was not queued is taken over, too: nothing is asked that was
    answered, and the decision is carried out.
    """
    with p.store.write() as connection:
        report = find_version(connection, p.cycle.id, version)
        if report.state not in (ReportState.WAITING, *UNDER_WAY) or (
            report.asked_in not in ("", run) and is_live(report.asked_in)
        ):
            return False
        claim_question(connection, p.cycle.id, version, run)
        action = "question-asked" if report.state in WAITS_IN.values() else "release-resumed"
        record_action(connection, action, at=p.as_of, cycle=p.cycle.id, version=version, run=run)
    return True


def is_closed(report: ReportVersion, run: str, step: Step = Step.APPROVAL) -> bool:
    """Whether the question that `run` asks about this version needs no answer any more."""
    asks = (WAITS_IN[step], ReportState.COMPILED) if step is Step.APPROVAL else (WAITS_IN[step],)
    return report.state not in asks or report.asked_in not in ("", run)


def find_problem(connection: Connection, cycle: str, version: int, step: Step = Step.APPROVAL) -> str:
    """Why the last answer to a question could not be used; "" when there was none."""
    # Of no agency: so they are found by the index of cycle and agency, among tens of thousands of rows.
    mine = (audit.c.cycle == cycle, audit.c.agency == "", audit.c.action == INCOMPLETE)
    query = select(audit.c.detail).where(*mine).order_by(audit.c.id)
    found = [json.loads(detail) for detail in connection.scalars(query)]
    said = [one for one in found if (one["version"], one.get("step", Step.APPROVAL)) == (version, step)]
    return str(said[-1]["problem"]) if said else ""


def refuse_answer(p: Pass, version: int, account: str, problem: str, step: Step = Step.APPROVAL) -> None:
    """Record that an answer could not be used, and write to whoever gave it; the next pass asks again."""
    with p.store.write() as connection:
        claim_question(connection, p.cycle.id, version, "")
        record_action(
            connection,
            INCOMPLETE,
            at=p.as_of,
            cycle=p.cycle.id,
            actor=account,
            version=version,
            step=step.value,
            problem=problem,
        )
        queue_unused(p, connection, version, step, account, problem)


def queue_unused(p: Pass, connection: Connection, version: int, step: Step, account: str, problem: str) -> None:
    """A mail to the holder of the account; to the operators where the plan does not know the account."""
    people = p.plan.require_recipients()
    holders = [one for one in list_deciders(people, step) if one.account == account] or people.operators
    recipients = tuple(one.email for one in holders if is_usable(p.plan, one.email))
    if not recipients:
        return
    digest = hashlib.sha256(f"{account}/{problem}/{p.as_of.isoformat()}".encode()).hexdigest()[:12]
    message = write_message(
        UNUSED_KIND,
        p,
        key=f"{p.cycle.id}/{UNUSED_KIND}/{version}/{digest}",
        recipients=recipients,
        version=version,
        account=account,
        problem=problem,
    )
    add_message(connection, message, at=p.as_of)
