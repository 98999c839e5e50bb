"""The counts with which every letter about a cycle begins; their words stand in `templates/mail/_chung.j2`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from kybaocao.figures.snapshot import Snapshot, Standing, Verdict


@dataclass(frozen=True)
class Headline:
    """How many of the targets and of the agencies stand where, at the moment of one snapshot."""

    targets: int
    verdicts: tuple[tuple[str, int], ...]  # in the order of `Verdict`, those that occur
    expected: int  # agencies that owe a report, or have sent one
    accepted: int
    late: int  # of the accepted

    @property
    def share(self) -> Decimal:
        """Per cent of the agencies."""
        return Decimal(self.accepted) * 100 / Decimal(self.expected) if self.expected else Decimal(0)


def count_headline(snapshot: Snapshot) -> Headline:
    verdicts = Counter(result.verdict for result in snapshot.indicators)
    accepted = snapshot.accepted
    return Headline(
        len(snapshot.indicators),
        tuple((verdict.value, verdicts[verdict]) for verdict in Verdict if verdicts[verdict]),
        sum(entry.standing is not Standing.EXEMPT for entry in snapshot.timeliness),
        len(accepted),
        sum(entry.is_late for entry in accepted),
    )
