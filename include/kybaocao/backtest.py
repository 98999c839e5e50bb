"""Trying a rule set on what agencies have already sent, before it binds anyone. Records nothing."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from kybaocao.findings import Finding
from kybaocao.intake.archive import read_kept
from kybaocao.intake.guard import MAX_BYTES
from kybaocao.intake.judgement import Judgement
from kybaocao.passes import Pass
from kybaocao.plan.plan import Plan
from kybaocao.stages.validation import judge_return
from kybaocao.store.arrivals import Arrival, list_arrivals


@dataclass(frozen=True)
class Trial:
    """One version judged by the rules as they stand and by those tried out."""

    arrival: Arrival
    before: Judgement
    after: Judgement

    @property
    def turns(self) -> bool:
        return self.before.verdict is not self.after.verdict

    @property
    def appearing(self) -> list[str]:
        return _list_new(self.before.findings, self.after.findings)

    @property
    def vanishing(self) -> list[str]:
        return _list_new(self.after.findings, self.before.findings)


def run_backtest(p: Pass, tried: Plan, on: dt.date) -> list[Trial]:
    """Every form version of the cycle, judged twice: by the plan in force today, and by `tried` as of `on`."""
    with p.store.read() as connection:
        arrivals = list_arrivals(connection, p.cycle.id)
    moment = p.calendar.moment(on, dt.time.min) if on != p.local.date() else p.as_of
    other = replace(p, plan=tried, cycle=tried.cycle_on(p.cycle.id, on), as_of=moment)
    accepted: dict[str, Arrival] = {}
    trials = []
    for arrival in arrivals:
        if arrival.agency not in p.plan.agencies or arrival.agency not in tried.agencies:
            continue
        data = read_kept(p.home.archive, arrival.sha256, MAX_BYTES + 1)
        before, after = (
            judge_return(rules, arrival.agency, data, arrival.received_at, accepted.get(arrival.agency))
            for rules in (p, other)
        )
        trials.append(Trial(arrival, before, after))
        if arrival.is_accepted:
            accepted[arrival.agency] = arrival
    return trials


def _list_new(old: Iterable[Finding], new: Iterable[Finding]) -> list[str]:
    known = {(finding.code, finding.sheet, finding.cell) for finding in old}
    return [
        f"{finding.code} {finding.sheet}!{finding.cell}"
        for finding in new
        if (finding.code, finding.sheet, finding.cell) not in known
    ]


def summarise(trials: list[Trial]) -> dict[str, Any]:
    """What would change, as plain data: counts by code, then every version whose verdict or findings differ."""
    before = Counter(finding.code for trial in trials for finding in trial.before.findings)
    after = Counter(finding.code for trial in trials for finding in trial.after.findings)
    return {
        "versions": len(trials),
        "verdicts_changed": sum(trial.turns for trial in trials),
        "codes": {
            code: {"before": before[code], "after": after[code]}
            for code in sorted(before | after)
            if before[code] != after[code]
        },
        "changes": [
            {
                "receipt": trial.arrival.receipt_number,
                "before": trial.before.verdict.value,
                "after": trial.after.verdict.value,
                "appearing": trial.appearing,
                "vanishing": trial.vanishing,
            }
            for trial in trials
            if trial.turns or trial.appearing or trial.vanishing
        ],
    }
