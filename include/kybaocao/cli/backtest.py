"""Trying a rule set on what agencies have already sent, before it binds anyone. Records nothing."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from kybaocao.inbox.archive import read_kept
from kybaocao.inbox.submission import Submission
from kybaocao.plan.plan import Plan
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import judge_return
from kybaocao.store.submissions import list_submissions
from kybaocao.workbook.guard import MAX_BYTES


class ReportedStep(NamedTuple):
    """One finding, and how much it weighs: raising a rule changes nothing else."""

    code: str
    sheet: str
    cell: str
    severity: str
    sends_back: bool

    def __str__(self) -> str:
        return f"{self.code} {self.sheet}!{self.cell} ({self.severity}{', sends back' if self.sends_back else ''})"


@dataclass(frozen=True)
class Trial:
    """One version: what the agency was told when it came, and what the rules tried out would say."""

    submission: Submission
    verdict: str
    before: tuple[ReportedStep, ...]
    after: tuple[ReportedStep, ...]

    @property
    def turns(self) -> bool:
        return self.submission.verdict != self.verdict

    @property
    def appearing(self) -> list[str]:
        return [str(one) for one in self.after if one not in self.before]

    @property
    def vanishing(self) -> list[str]:
        return [str(one) for one in self.before if one not in self.after]


def run_backtest(p: Pass, tried: Plan, on: dt.date) -> list[Trial]:
    """Every form version of the cycle that has a verdict, judged once more by `tried` as of `on`."""
    with p.store.read() as connection:
        arrivals = list_submissions(connection, p.cycle.id)
    moment = p.calendar.moment(on, dt.time.min) if on != p.local.date() else p.as_of
    other = replace(p, plan=tried, cycle=tried.cycle_on(p.cycle.id, on), as_of=moment)
    accepted: dict[str, Submission] = {}
    trials = []
    for submission in arrivals:
        if submission.verdict is None or submission.agency not in tried.agencies:
            continue
        data = read_kept(p.home.archive, submission.sha256, MAX_BYTES + 1)
        after = judge_return(
            other, submission.agency, data, submission.received_at, accepted.get(submission.agency), on
        )
        reported = _read(finding.as_dict() for finding in after.worded)
        trials.append(Trial(submission, after.verdict.value, _read(json.loads(submission.findings)), reported))
        if submission.is_accepted:
            accepted[submission.agency] = submission
    return trials


def _read(findings: Iterable[dict[str, str]]) -> tuple[ReportedStep, ...]:
    return tuple(
        ReportedStep(one["code"], one["sheet"], one["cell"], one["severity"], one["sends_back"] == "yes")
        for one in findings
    )


def summarise(trials: list[Trial]) -> dict[str, Any]:
    """What would change, as plain data: counts by code and weight, then every version that would be told otherwise."""
    before = _count(reported for trial in trials for reported in trial.before)
    after = _count(reported for trial in trials for reported in trial.after)
    return {
        "versions": len(trials),
        "verdicts_changed": sum(trial.turns for trial in trials),
        "codes": {
            code: {
                "before": before[code].total(),
                "after": after[code].total(),
                "severities": {"before": dict(before[code]), "after": dict(after[code])},
            }
            for code in sorted(before.keys() | after.keys())
            if before[code] != after[code]
        },
        "changes": [
            {
                "receipt": trial.submission.receipt_number,
                "before": trial.submission.verdict,
                "after": trial.verdict,
                "appearing": trial.appearing,
                "vanishing": trial.vanishing,
            }
            for trial in trials
            if trial.turns or trial.appearing or trial.vanishing
        ],
    }


def _count(findings: Iterable[ReportedStep]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for reported in findings:
        counts[reported.code][reported.severity] += 1
    return counts
