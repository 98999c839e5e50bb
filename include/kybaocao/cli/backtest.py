"""`backtest`: try a rule set on what agencies have already sent, before it binds anyone. Records nothing."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from kybaocao.cli.command import CYCLE_HELP, SEVERITY_WORDS, BaseArguments, UsageError, begin_pass, print_json
from kybaocao.cli.parser import read_day, read_path
from kybaocao.findings import Severity
from kybaocao.inbox.archive import read_kept
from kybaocao.inbox.submission import Submission
from kybaocao.plan.load import load_plan
from kybaocao.plan.plan import Plan
from kybaocao.stages.support.passes import Pass
from kybaocao.store.submissions import list_submissions
from kybaocao.workbook.guard import MAX_BYTES

NAME = "backtest"
HELP = "Thử bộ quy tắc trên các tệp đã nhận: điều gì sẽ khác, không ghi lại gì"

_VERDICTS = {"accepted": "tiếp nhận", "returned": "trả lại", "unreadable": "không đọc được"}


@dataclass(frozen=True)
class Arguments(BaseArguments):
    cycle: str
    on: dt.date | None
    config: Path | None


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cycle", required=True, metavar="KỲ", help=CYCLE_HELP)
    command.add_argument("--on", type=read_day, metavar="NGÀY", help="quy tắc có hiệu lực ngày này")
    command.add_argument("--config", type=read_path, metavar="THƯ_MỤC", help="thư mục kế hoạch với quy tắc muốn thử")


def run(arguments: Arguments) -> int:
    p = begin_pass(arguments.cycle)
    tried = load_plan(arguments.config) if arguments.config else p.plan
    if arguments.cycle not in tried.cycles:
        raise UsageError(f"cấu hình {arguments.config} không có kỳ “{arguments.cycle}”")
    summary = summarise(run_backtest(p, tried, arguments.on or p.local.date()))
    if arguments.json:
        print_json(summary)
    else:
        print("\n".join(_describe(summary)))
    return 0


def _describe(summary: dict[str, Any]) -> list[str]:
    lines = [f"Đã xét {summary['versions']} bản; {summary['verdicts_changed']} bản đổi kết quả."]
    for code, counts in summary["codes"].items():
        before, after = (_describe_weights(weights) for weights in counts["severities"].values())
        lines.append(f"  {code}: {before} → {after}")
    for change in summary["changes"]:
        lines.append(f"{change['receipt']}: {_VERDICTS[change['before']]} → {_VERDICTS[change['after']]}")
        lines += [f"  + {one}" for one in change["appearing"]] + [f"  - {one}" for one in change["vanishing"]]
    return lines


def _describe_weights(weights: dict[str, int]) -> str:
    words = (f"{count} {SEVERITY_WORDS[Severity(severity)].lower()}" for severity, count in weights.items())
    return ", ".join(words) or "0"


class WeighedFinding(NamedTuple):
    """One finding and its weight: another level of a rule changes only the weight."""

    code: str
    sheet: str
    cell: str
    severity: str
    sends_back: bool

    def __str__(self) -> str:
        return f"{self.code} {self.sheet}!{self.cell} ({self.severity}{', sends back' if self.sends_back else ''})"


@dataclass(frozen=True)
class Trial:
    """One version: what was reported to the agency when it came, and what the rules on trial would report."""

    submission: Submission
    verdict: str
    before: tuple[WeighedFinding, ...]
    after: tuple[WeighedFinding, ...]

    @property
    def changes_verdict(self) -> bool:
        return self.submission.verdict != self.verdict

    @property
    def appearing(self) -> list[str]:
        return [str(one) for one in self.after if one not in self.before]

    @property
    def vanishing(self) -> list[str]:
        return [str(one) for one in self.before if one not in self.after]


def run_backtest(p: Pass, tried: Plan, on: dt.date) -> list[Trial]:
    """Every form version of the cycle that has a verdict, judged once more by `tried` as of `on`."""
    from kybaocao.stages.validate import judge_return

    with p.store.read() as connection:
        submissions = list_submissions(connection, p.cycle.id)
    moment = p.calendar.moment(on, dt.time.min) if on != p.local.date() else p.as_of
    other = replace(p, plan=tried, cycle=tried.cycle_on(p.cycle.id, on), as_of=moment)
    accepted: dict[str, Submission] = {}
    trials = []
    for submission in submissions:
        if submission.verdict is None or submission.agency not in tried.agencies:
            continue
        data = read_kept(p.home.archive, submission.sha256, MAX_BYTES + 1)
        after = judge_return(
            other, submission.agency, data, submission.received_at, accepted.get(submission.agency), on
        )
        trials.append(
            Trial(
                submission,
                after.verdict.value,
                before=_read(json.loads(submission.findings)),
                after=_read(finding.as_dict() for finding in after.worded),
            )
        )
        if submission.is_accepted:
            accepted[submission.agency] = submission
    return trials


def _read(findings: Iterable[dict[str, str]]) -> tuple[WeighedFinding, ...]:
    return tuple(
        WeighedFinding(one["code"], one["sheet"], one["cell"], one["severity"], one["sends_back"] == "yes")
        for one in findings
    )


def summarise(trials: list[Trial]) -> dict[str, Any]:
    """What would change, as plain data: counts by code and weight, then every version with another outcome."""
    before = _count(one for trial in trials for one in trial.before)
    after = _count(one for trial in trials for one in trial.after)
    return {
        "versions": len(trials),
        "verdicts_changed": sum(trial.changes_verdict for trial in trials),
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
            if trial.changes_verdict or trial.appearing or trial.vanishing
        ],
    }


def _count(findings: Iterable[WeighedFinding]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in findings:
        counts[one.code][one.severity] += 1
    return counts
