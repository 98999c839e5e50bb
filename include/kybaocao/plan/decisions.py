"""Decisions that changed somebody's duty in a cycle, in words: who granted what to whom, why, until when.

The console, the report and `status` use the same words.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from kybaocao.findings import load_catalogue
from kybaocao.plan.adjustments import KEYS, Adjustment, DeadlineMove, Exemption, Extension, RuleWaiver
from kybaocao.plan.plan import Plan
from kybaocao.vietnamese import format_date

_KIND = {model: key for key, model in KEYS.items()}


@dataclass(frozen=True)
class Decision:
    """One entry of `dieu_chinh.yaml` that holds by a day; `agency` is "" for what concerns everybody."""

    kind: str
    agency: str
    what: str  # "được gia hạn đến hết ngày 13/12/2026"
    basis: str  # "theo quyết định của … (số …, ngày …); lý do: …"
    until: dt.date | None

    def tell(self, plan: Plan) -> str:
        """The whole sentence, without its end."""
        name = plan.agencies[self.agency].name if self.agency else "Hạn nộp của các cơ quan"
        return f"{name} {self.what} {self.basis}"


def list_decisions(plan: Plan, cycle: str, on: dt.date) -> list[Decision]:
    """Every decision about a cycle dated by a day, the oldest first."""
    entries = [entry for entry in plan.adjustments.entries if entry.cycle == cycle and entry.dated <= on]
    return [describe_decision(entry) for entry in sorted(entries, key=lambda entry: entry.dated)]


def describe_decision(entry: Adjustment) -> Decision:
    """One entry in words."""
    what, until = _say_what(entry)
    document = f"văn bản {entry.document}, " if entry.document else ""
    reason = entry.reason.rstrip(" .")
    basis = f"theo quyết định của {entry.granted_by} ({document}ngày {format_date(entry.dated)}; lý do: {reason})"
    return Decision(_KIND[type(entry)], getattr(entry, "agency", ""), what, basis, until)


def _say_what(entry: Adjustment) -> tuple[str, dt.date | None]:
    match entry:
        case Extension():
            last = entry.due_before - dt.timedelta(days=1)
            return f"được gia hạn nộp báo cáo đến hết ngày {format_date(last)}", last
        case DeadlineMove():
            last = entry.due_before - dt.timedelta(days=1)
            return f"được đổi thành hết ngày {format_date(last)}", last
        case RuleWaiver():
            title = load_catalogue()[entry.rule].title if entry.rule in load_catalogue() else entry.rule
            return f"được miễn quy tắc kiểm tra “{title}” đến hết ngày {format_date(entry.until)}", entry.until
        case Exemption():
            return "được miễn nộp báo cáo", None
    raise TypeError(f"not a decision: {type(entry).__name__}")
