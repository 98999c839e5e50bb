"""The one phrase for how a cycle stands: in the report, the mails, the approval form and the console.

`templates/headline.yaml` has the words.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping

from kybaocao.figures.snapshot import Outlook, Snapshot, Standing, Verdict
from kybaocao.findings import TEMPLATES
from kybaocao.vietnamese import format_number
from kybaocao.yaml_source import read_yaml

# Best first; what nobody can judge stands at the end.
_ORDER: tuple[Verdict | Outlook, ...] = (
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


def write_headline(snapshot: Snapshot) -> str:
    """ "Trong 26 mục tiêu: 10 đạt, 1 dự kiến đạt, 11 chưa đạt, 4 chưa công bố; 86/90 cơ quan đã báo cáo." """
    words = _load_words()
    found = count_assessments(snapshot)
    expected = sum(entry.standing is not Standing.EXEMPT for entry in snapshot.timeliness)
    return words["cau"].format(
        tong=format_number(sum(found.values())),
        danh_sach=", ".join(
            words["dem"].format(so=format_number(number), danh_gia=one) for one, number in found.items()
        ),
        nop=format_number(len(snapshot.accepted)),
        phai_nop=format_number(expected),
    )


def count_assessments(snapshot: Snapshot) -> dict[str, int]:
    """How many targets have each assessment that occurs (`IndicatorResult.assessment`), the best first."""
    counts = Counter(result.assessment for result in snapshot.indicators)
    return {one.value: counts[one.value] for one in _ORDER if counts[one.value]}


@functools.cache
def _load_words() -> Mapping[str, str]:
    words: Mapping[str, str] = read_yaml(TEMPLATES / "headline.yaml").data
    return words
