"""The audit trail in the words of whoever reads it; a code that nobody has named stands as it is.

    said = AuditWords(page.words, plan)
    said.name_action("step-taken")          "Bước đôn đốc"
    said.describe(row.detail)               [("reason", "đã gọi điện"), ("to", "đầu mối")]

The trail keeps codes, so that its rows stay the same whatever a page calls them; the CSV file gives the codes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kybaocao.console.wording import Words
from kybaocao.findings import load_catalogue, shorten
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.plan import Plan
from kybaocao.vietnamese import format_moment, write_date

SHOWN = 220  # characters of one detail
# Of no use to a reader.
UNSAID = ("sha256", "digest", "bytes", "content", "to_sign", "on_trial", "manifest", "dispatch")
# In the plan's zone, as passes write them.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?[+-]\d\d:\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DIGEST = re.compile(r"[0-9a-f]{64}")
# Names of a row's detail whose value is a code, with the beginnings of the keys of its words.
_CODES = {
    "release": ("report_to_",),
    "kind": ("passes_kind_", "agency_kind_"),
    "outcome": ("agency_call_",),
    "to": ("audit_to_",),
    "step": ("audit_step_",),
    "state": ("report_state_",),
    "code": ("audit_code_",),  # of an obstacle
}


@dataclass(frozen=True)
class AuditWords:
    """`plan`: whose steps and attachments have names."""

    words: Words
    plan: Plan

    def name_action(self, action: str) -> str:
        return self.words.find(f"audit_action_{action.replace('-', '_')}") or action

    def describe(self, detail: Mapping[str, Any]) -> list[tuple[str, str]]:
        """(name, text) of what a row says beside who, when and about whom; the reason first."""
        return [(key, shorten(text, SHOWN)) for key, text in list_details(detail, self._name)]

    def _name(self, key: str, value: Any) -> str:
        """What stands under `key`; "" where nobody needs to read it."""
        if key == "repetition":
            return str(value + 1) if value else ""
        if key == "findings" and isinstance(value, list):
            return _name_findings(value)
        if key == "key" and isinstance(value, str):
            return self._name_letter(value)
        if key == "rung":
            return self._name_step(str(value))
        if key == "component":
            kinds = self.plan.edition.attachments if self.plan.edition else ()
            named = next((one.name for one in kinds if one.id == value), str(value))
            return self.words("audit_form") if value == FORM else named
        if isinstance(value, str):
            code = value.replace("-", "_")
            found = (self.words.find(start + code) for start in _CODES.get(key, ()))
            return next(filter(None, found), "") or spell(value)
        return spell(value)

    def _name_letter(self, key: str) -> str:
        """A letter's kind, which is a part of its key, or two of them for a report: "…/phat_hanh/ubnd_tinh/1"."""
        parts = key.split("/")
        for kind in ("_".join(parts[1:3]), *parts[1:]):
            name = self.words.find(f"letters_kind_{kind}") or self._name_step(kind)
            if name != kind:
                return name
        return key

    def _name_step(self, step: str) -> str:
        return self.plan.ladder.name_step(step) if self.plan.ladder else step


def list_details(detail: Mapping[str, Any], name: Callable[[str, Any], str] | None = None) -> list[tuple[str, str]]:
    """(name, text) of a detail, the reason first. `name` makes the text of a value; without it codes stay codes."""
    flat = dict(detail)
    for key in ("sign_off", "signature"):  # number, date and signer have words of their own
        flat |= flat.pop(key, None) or {}
    ordered = sorted(flat.items(), key=lambda item: (item[0] != "reason", item[0]))
    named = [(key, name(key, value) if name else spell(value)) for key, value in ordered if key not in UNSAID]
    return [(key, text) for key, text in named if text]


def spell(value: Any) -> str:
    """A value of a row as text: days and moments as officials write them, files without their digests."""
    if isinstance(value, Mapping) and value and all(_DIGEST.fullmatch(str(one)) for one in value.values()):
        return ", ".join(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {spell(one)}" for key, one in value.items() if one not in ("", None))
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return format_moment(dt.datetime.fromisoformat(value))
    if isinstance(value, str) and _DAY.fullmatch(value):
        return write_date(dt.date.fromisoformat(value))
    if isinstance(value, list):
        return ", ".join(spell(one) for one in value)
    return "" if value is None else str(value)


def _name_findings(marks: list[str]) -> str:
    """ "Số chưa đọc được (Chỉ tiêu!F7, Chỉ tiêu!G7)" of "number-unreadable@Chỉ tiêu!F7" and so on."""
    cells: dict[str, list[str]] = {}
    for mark in marks:
        code, _, cell = mark.partition("@")
        cells.setdefault(code, []).append(cell)
    known = load_catalogue()
    named = (
        (known[code].title if code in known else code, [one for one in found if one]) for code, found in cells.items()
    )
    return "; ".join(f"{title} ({', '.join(found)})" if found else title for title, found in named)
