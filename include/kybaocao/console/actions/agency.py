"""What operators do about one agency: decisions, telephone calls, its form once more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from kybaocao.console.scope import Scope
from kybaocao.stages.support.calls import Call, note_call
from kybaocao.stages.support.granting import DecisionError, grant_decision, revoke_decision
from kybaocao.store.granted_decisions import Granted

LAST_DAY = "den_het_ngay"  # of an extension, as people say it; `truoc_ngay` is the day after


def grant(scope: Scope, agency: str, kind: str, said: Mapping[str, str], reason: str) -> Granted:
    """Record a decision. Raises DecisionError."""
    scope.p.store.upgrade()
    return grant_decision(scope.p, kind, agency, _name_limit(kind, said), by=scope.account.name, reason=reason)


class ActionError(ValueError):
    """Why something is not done, in Vietnamese; nothing was changed."""


def _name_limit(kind: str, said: Mapping[str, str]) -> dict[str, str]:
    """The keys that this kind of decision has, of a form with fields for every kind."""
    unused = () if kind == "mien_quy_tac" else ("den_ngay", "quy_tac")
    values = {key: text for key, text in said.items() if key not in (*unused, LAST_DAY)}
    if kind == "gia_han":
        try:
            last = dt.date.fromisoformat(said.get(LAST_DAY, "").strip())
            values["truoc_ngay"] = (last + dt.timedelta(days=1)).isoformat()
        except (ValueError, OverflowError):
            raise DecisionError("Chưa ghi hạn mới, hoặc hạn mới không phải là ngày.") from None
    return values


def revoke(scope: Scope, number: int, reason: str) -> Granted:
    """Take a decision back. Raises DecisionError."""
    scope.p.store.upgrade()
    return revoke_decision(scope.p, number, by=scope.account.name, reason=reason)


def call(scope: Scope, agency: str, to: str, outcome: str, said: str) -> Call:
    """Note a telephone call. Raises CallError."""
    scope.p.store.upgrade()
    return note_call(scope.p, agency, by=scope.account.name, to=to, outcome=outcome, said=said)


def issue_again(scope: Scope, agency: str, reason: str) -> str:
    """The form once more; returns its name. Raises ActionError, and OSError when the folder takes nothing."""
    # Writes workbooks: only who issues one waits for that.
    from kybaocao.stages.support.form_issuing import ReissueError, issue_form_again

    scope.p.store.upgrade()
    try:
        return issue_form_again(scope.p, agency, by=scope.account.name, reason=reason)
    except ReissueError as error:
        raise ActionError(str(error)) from None
