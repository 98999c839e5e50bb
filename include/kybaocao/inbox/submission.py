"""One version of an agency's submission: its form, or one attachment, as it came in and as it was judged."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.verdict import Verdict

SLIPS = {"tiep_nhan": "Phieu-tiep-nhan", "tra_lai": "Phieu-tra-lai"}


def name_slip(kind: str, version: int) -> str:
    """The page in `tra_loi` that answers a version of the form."""
    return f"{SLIPS[kind]}_{version:02d}.html"


def name_marked(version: int) -> str:
    """The marked copy of a version of the form, in `tra_loi`."""
    return f"Ban-danh-dau_{version:02d}.xlsx"


@dataclass(frozen=True)
class Submission:
    """`verdict` and `judged_at` are None while it waits; `findings` and `answers` are JSON, as text or in UTF-8."""

    id: int
    cycle: str
    agency: str
    component: str
    version: int
    file_name: str
    sha256: str
    size_bytes: int
    received_at: dt.datetime
    verdict: Verdict | None  # None: not judged yet
    judged_at: dt.datetime | None
    findings: str
    answers: str | bytes
    came_at: dt.datetime | None = None

    @property
    def place(self) -> dt.datetime:
        """When it came to lie in the folder, not when a pass recorded it: the order of an agency's files."""
        return self.came_at or self.received_at

    @property
    def is_accepted(self) -> bool:
        return self.verdict == Verdict.ACCEPTED

    @property
    def receipt_number(self) -> str:
        """The number on the agency's slip: cycle, agency and version; that of an attachment has its component, too."""
        part = "" if self.component == FORM else f"{self.component}-"
        return f"{self.cycle}/{self.agency}/{part}{self.version:02d}"

    def judged(self, verdict: Verdict, findings: Sequence[dict[str, str]], answers: Any, at: dt.datetime) -> Submission:
        """The version as it stands with a verdict."""
        return replace(
            self,
            verdict=verdict,
            judged_at=at,
            findings=json.dumps(list(findings), ensure_ascii=False),
            answers=json.dumps(answers, ensure_ascii=False, separators=(",", ":")),
        )
