"""Telephone calls to agencies, as operators note them: kept in the audit trail."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import record_action
from kybaocao.store.tables import audit

NOTED = "call-noted"  # in the audit
LONGEST = 2000  # characters


class CallOutcome(StrEnum):
    """What came of a call."""

    PROMISED = "promised"  # the agency will submit
    ANSWERED = "answered"  # spoken with, nothing promised
    UNANSWERED = "unanswered"
    WRONG_NUMBER = "wrong-number"


class CallError(ValueError):
    """What is missing, in Vietnamese."""


@dataclass(frozen=True)
class Call:
    at: dt.datetime
    agency: str
    by: str
    to: str  # who was called
    outcome: CallOutcome
    said: str


def note_call(p: Pass, agency: str, *, by: str, to: str, outcome: str, said: str) -> Call:
    """Keep what was said on the telephone. Raises CallError."""
    if outcome not in [one.value for one in CallOutcome]:
        raise CallError("Chưa chọn kết quả cuộc gọi.")
    if not said.strip() or not to.strip():
        raise CallError("Xin ghi người được gọi và nội dung trao đổi.")
    if len(said) > LONGEST or len(to) > LONGEST // 10:
        raise CallError(f"Nội dung dài quá {LONGEST} ký tự, hoặc người được gọi dài quá {LONGEST // 10}.")
    call = Call(p.as_of, agency, by, to.strip(), CallOutcome(outcome), said.strip())
    with p.store.write() as connection:
        record_action(
            connection,
            NOTED,
            at=p.as_of,
            cycle=p.cycle.id,
            agency=agency,
            actor=by,
            to=call.to,
            outcome=call.outcome,
            reason=call.said,
        )
    return call


def list_calls(p: Pass, agency: str) -> list[Call]:
    """The calls to one agency in a cycle, oldest first."""
    query = select(audit.c.at, audit.c.agency, audit.c.actor, audit.c.detail).where(
        audit.c.action == NOTED, audit.c.cycle == p.cycle.id, audit.c.agency == agency
    )
    with p.store.read() as connection:
        rows = connection.execute(query.order_by(audit.c.id)).all()
    found = []
    for at, called, by, detail in rows:
        kept = json.loads(detail)
        found.append(Call(at, called, by, kept["to"], CallOutcome(kept["outcome"]), kept["reason"]))
    return found
