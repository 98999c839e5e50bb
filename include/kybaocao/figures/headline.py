"""The one phrase for how a cycle stands: in the report, the mails, the approval form and the console.

`templates/headline.yaml` has the words.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from kybaocao.figures.snapshot import Outlook, Snapshot, Standing, Verdict
from kybaocao.findings import TEMPLATES
from kybaocao.vietnamese import format_number, format_percent
from kybaocao.yaml_source import read_yaml

# Best first; what nobody can judge stands at the end.
ASSESSMENTS: tuple[Verdict | Outlook, ...] = (
    Verdict.MET,
    Outlook.WILL_MEET,
    Outlook.ON_PACE,
    Outlook.BEHIND,
    Outlook.WILL_NOT_MEET,
    Verdict.NOT_MET,
    Verdict.NOTHING,
    Verdict.NOT_COMPARABLE,
    Verdict.NOT_PUBLISHED,
    Verdict.NO_FIGURE,
)


@dataclass(frozen=True)
class Headline:
    """How many of the targets and of the agencies stand where, at the moment of one snapshot."""

    assessments: Mapping[str, int]  # targets with each assessment that occurs, the best first
    expected: int  # agencies that owe a report, or have sent one
    accepted: int
    late: int  # of the accepted

    @property
    def targets(self) -> str:
        """ "Trong 26 mục tiêu: 10 đạt, 1 dự kiến đạt, 11 chưa đạt, 4 chưa công bố" """
        words = _load_words()
        parts = (words["dem"].format(so=format_number(one), danh_gia=name) for name, one in self.assessments.items())
        return words["muc_tieu"].format(tong=format_number(sum(self.assessments.values())), danh_sach=", ".join(parts))

    @property
    def agencies(self) -> str:
        """ "86/90 cơ quan đã báo cáo (95,56%), trong đó 4 nộp sau hạn" """
        words, expected = _load_words(), format_number(self.expected)
        if not self.accepted:
            return words["chua_nop"].format(phai_nop=expected)
        share = format_percent(Decimal(self.accepted) * 100 / Decimal(self.expected)) if self.expected else ""
        said = words["co_quan"].format(nop=format_number(self.accepted), phai_nop=expected, ty_le=share)
        return said + (words["nop_muon"].format(so=format_number(self.late)) if self.late else "")

    def __str__(self) -> str:
        return _load_words()["cau"].format(muc_tieu=self.targets, co_quan=self.agencies)


def count_headline(snapshot: Snapshot) -> Headline:
    """The counts of a snapshot, with their words."""
    return Headline(
        count_assessments(snapshot),
        sum(entry.standing is not Standing.EXEMPT for entry in snapshot.timeliness),
        len(snapshot.accepted),
        sum(entry.is_late for entry in snapshot.accepted),
    )


def count_assessments(snapshot: Snapshot) -> dict[str, int]:
    """How many targets have each assessment that occurs (`IndicatorResult.assessment`), the best first."""
    counts = Counter(result.assessment for result in snapshot.indicators)
    return {one.value: counts[one.value] for one in ASSESSMENTS if counts[one.value]}


@functools.cache
def _load_words() -> Mapping[str, str]:
    words: Mapping[str, str] = read_yaml(TEMPLATES / "headline.yaml").data
    return words
