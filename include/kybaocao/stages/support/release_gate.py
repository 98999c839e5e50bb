"""Everything that blocks or weakens the release of a version, in one list.

Each obstacle has a code; `templates/release_gate.yaml` says in words what it is, whether it blocks, and who may accept
it.  What blocks is asked about before a decision counts: accepting takes a name and a reason (`lifting`), which stand
in the manifest of the release.  A failed proof holds back the draft for the leaders, too.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from kybaocao.documents.report.discrepancies import describe_broken_promise, describe_discrepancy
from kybaocao.figures.snapshot import IndicatorResult, Snapshot, Standing
from kybaocao.findings import TEMPLATES, Severity, load_catalogue
from kybaocao.plan.entry import Entry, Text
from kybaocao.plan.plan import Plan
from kybaocao.plan.warnings import SAMPLE_CONTENT
from kybaocao.proof.manifest import Lifted
from kybaocao.stages.support.decision_steps import Contents
from kybaocao.stages.support.lifting import list_lifts, record_lifts
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.proof import FAILED, name_differences, read_failed_proof
from kybaocao.stages.support.report_files import list_waiting, load_outlines, name_supplement, read_texts
from kybaocao.store.reports import ReportVersion, find_version, load_snapshot
from kybaocao.store.submissions import list_accepted_findings
from kybaocao.vietnamese import format_moment, format_number, format_percent, name_day
from kybaocao.yaml_source import read_yaml

FUTURE = "signing-day-in-future"
ACCEPTED = "Đã được chấp nhận:"


class Role(StrEnum):
    """Who may accept an obstacle."""

    DECIDER = "nguoi_phe_duyet"  # whoever takes the decision
    NOBODY = "khong_ai"


class Words(Entry):
    """Of one code."""

    blocks: bool = Field(alias="chan")
    role: Role = Field(alias="ai_bo_qua")
    text: Text = Field(alias="noi_dung")
    remedy: Text = Field(alias="cach_xu_ly")


@dataclass(frozen=True)
class Obstacle:
    """Something that blocks or weakens a release. `text` and `remedy`: Vietnamese, without a full stop."""

    code: str
    text: str
    remedy: str
    blocks: bool
    role: Role
    subject: str = ""
    lift: Lifted | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.code, self.subject

    @property
    def is_liftable(self) -> bool:
        return self.role is not Role.NOBODY

    @property
    def is_open(self) -> bool:
        """Whether the release waits for it."""
        return self.blocks and self.lift is None


@functools.cache
def load_words() -> Mapping[str, Words]:
    """Code -> its words."""
    entries = read_yaml(TEMPLATES / "release_gate.yaml").data
    return {code: Words.model_validate(entry) for code, entry in entries.items()}


def word_obstacle(code: str, subject: str = "", lift: Lifted | None = None, **facts: object) -> Obstacle:
    """The obstacle in words; `facts` fill the blanks of its sentences."""
    words = load_words()[code]
    text, remedy = (sentence.format_map(facts) for sentence in (words.text, words.remedy))
    return Obstacle(code, text, remedy, words.blocks, words.role, subject, lift)


def list_obstacles(p: Pass, version: int) -> list[Obstacle]:
    """What stands in the way of a version now, blocking ones first; what somebody accepted says so. Raises OSError."""
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        snapshot = load_snapshot(connection, report.snapshot)
    return judge_release(p, report, snapshot, find_blanks(p, report), count_unanswered(p, report))


def judge_release(
    p: Pass, report: ReportVersion, snapshot: Snapshot, blanks: tuple[Fact, ...], unanswered: tuple[int, int]
) -> list[Obstacle]:
    """The same for whoever keeps what never changes about a version: `find_blanks` and `count_unanswered`.

    Of the snapshot only sums and lists of agencies are read, neither cells nor statements on tasks.
    """
    with p.store.read() as connection:
        lifts = {(one.code, one.subject): one for one in list_lifts(connection, p.cycle.id, report.version)}
    found = [
        word_obstacle(code, subject, lifts.get((code, subject)), **facts)
        for code, subject, facts in (
            *blanks,
            *_find_thin_targets(p.plan, snapshot),
            *_find_discrepancies(p.plan, snapshot),
            *_find_broken_promises(p.plan, snapshot),
            *_find_failed_proof(p, report),
            *_find_few_returns(p, snapshot),
            *_find_unanswered(*unanswered),
        )
    ]
    return sorted(found, key=lambda one: not one.blocks)


Look = Callable[[Pass, int], list[Obstacle]]
Fact = tuple[str, str, dict[str, object]]  # code, subject, what fills the blanks of its words
Found = Iterator[Fact]


def find_blanks(p: Pass, report: ReportVersion) -> tuple[Fact, ...]:
    """What the documents themselves leave open: they are released as they were compiled. Raises OSError."""
    folder = p.home.root / report.folder
    return tuple(_find_blanks(p, load_outlines(folder), list(read_texts(folder).values())))


def _find_blanks(p: Pass, contents: Contents, texts: Sequence[str]) -> Found:
    blank = p.plan.require_wording().plan_unnumbered.format(nam=p.plan.header.year)
    if any(json.dumps(blank, ensure_ascii=False)[1:-1] in text for text in texts):
        yield "plan-number-blank", "", {}
    marks = {content.sample_mark for content in contents.values()} - {""}
    if marks:
        yield "sample-data", "", {"nhan": "; ".join(sorted(marks))}
    elif count := sum(text.count(f"({SAMPLE_CONTENT})") for text in texts):
        yield "sample-text", "", {"so": format_number(count)}
    if waiting := list_waiting(contents):
        yield (
            "open-places",
            "",
            {
                "so": format_number(len(waiting)),
                "dau_moi": p.plan.coordinator,
                "danh_sach": "; ".join(waiting),
                "tep": name_supplement(p),
            },
        )


def _find_thin_targets(plan: Plan, snapshot: Snapshot) -> Found:
    """Targets that fewer agencies have answered than the plan, or the target itself, asks for."""
    named = {indicator.id: indicator for indicator in plan.indicators}
    thin = [one for one in snapshot.indicators if one.id in named and _is_thin(one, _find_minimum(plan, one.id))]
    if thin:
        listed = "; ".join(
            f"{one.id} ({len(one.reported)}/{one.expected_count}, tối thiểu {_find_minimum(plan, one.id)}%)"
            for one in thin
        )
        yield (
            "low-target-coverage",
            " ".join(one.id for one in thin),
            {"so": format_number(len(thin)), "danh_sach": listed},
        )


def _find_minimum(plan: Plan, indicator: str) -> int:
    own = next((one.min_coverage_percent for one in plan.indicators if one.id == indicator), None)
    return plan.header.min_coverage_percent if own is None else own


def _is_thin(result: IndicatorResult, minimum_percent: int) -> bool:
    return len(result.reported) * 100 < result.expected_count * minimum_percent


def _find_discrepancies(plan: Plan, snapshot: Snapshot) -> Found:
    """Figures that should be equal and are not; nobody knows which agency's is wrong."""
    if found := [describe_discrepancy(plan, one) for one in snapshot.discrepancies]:
        yield "figures-differ", "", {"danh_sach": "; ".join(found)}


def _find_broken_promises(plan: Plan, snapshot: Snapshot) -> Found:
    """Tasks that agencies report as done, and the targets in them that are missed."""
    if found := snapshot.broken_promises:
        listed = "; ".join(describe_broken_promise(plan, one) for one in found)
        tasks = len({one.task for one in found})
        yield "task-against-target", "", {"so": format_number(tasks), "danh_sach": listed}


def _find_failed_proof(p: Pass, report: ReportVersion) -> Found:
    manifest = read_failed_proof(p, report)
    if manifest is not None:
        differences = manifest.proof.differences
        yield FAILED, name_differences(manifest.proof), {"so": format_number(len(differences))}


def _find_few_returns(p: Pass, snapshot: Snapshot) -> Found:
    accepted = len({entry.agency for entry in snapshot.accepted})
    expected = sum(entry.standing is not Standing.EXEMPT for entry in snapshot.timeliness)
    least = p.cycle.warn_below_percent
    if expected and accepted * 100 < expected * least:
        share = format_percent(Decimal(accepted * 100) / expected)
        yield "low-coverage", "", {"nhan": accepted, "tong": expected, "ty_le": share, "muc": least}
    if p.as_of < p.calendar.deadline(p.cycle) and accepted < expected:
        yield "before-deadline", "", {"ngay": name_day(p.cycle.due_on), "so": expected - accepted}


def count_unanswered(p: Pass, report: ReportVersion) -> tuple[int, int]:
    """(warnings, agencies): in files accepted by then, no explanation was asked for, or it was waived."""
    with p.store.read() as connection:
        accepted = list_accepted_findings(connection, p.cycle.id, report.compiled_at)
    counts = [sum(_is_unanswered(one) for one in json.loads(findings)) for findings in accepted.values()]
    return sum(counts), sum(count > 0 for count in counts)


def _find_unanswered(warnings: int, agencies: int) -> Found:
    if warnings:
        yield "unanswered-warnings", "", {"so": format_number(warnings), "co_quan": format_number(agencies)}


def _is_unanswered(finding: Mapping[str, str]) -> bool:
    wording = load_catalogue().get(finding["code"])
    asks = wording is not None and wording.needs_answer
    return finding["severity"] == Severity.WARNING and (finding.get("sends_back") == "yes" or not asks)


# --- accepting it ------------------------------------------------------------------------------------------------


class LiftError(ValueError):
    """An obstacle cannot be accepted so; the message says why, in Vietnamese."""


def lift_obstacle(p: Pass, version: int, code: str, *, by: str, reason: str, look: Look = list_obstacles) -> None:
    """Record that somebody accepts an obstacle of a version. Raises LiftError, OSError.

    Where the plan names who decides, only they accept.  `look`: lists the obstacles.
    """
    blocking = [one for one in look(p, version) if one.is_open]
    found = next((one for one in blocking if one.code == code), None)
    if found is None:
        listed = ", ".join(one.code for one in blocking) or "không có"
        raise LiftError(f"phiên bản {version} không còn điều chặn nào mang mã “{code}” (đang chặn: {listed})")
    if not found.is_liftable:
        raise LiftError(f"không ai được bỏ qua “{code}”; cần {found.remedy}")
    people = p.plan.require_recipients()
    deciders = (*people.approvers, *people.province_approvers)
    names = {name.casefold() for one in deciders for name in (one.name, one.account)}
    if names and by.casefold() not in names:
        allowed = "; ".join(dict.fromkeys(one.name for one in deciders))
        raise LiftError(f"“{by}” không có quyền bỏ qua; người được quyết định là: {allowed}")
    with p.store.write() as connection:
        record_lifts(connection, p, version, [found.key], by=by, reason=reason, at=p.as_of)


# --- in words ----------------------------------------------------------------------------------------------------


def describe_gate(p: Pass, version: int) -> list[str]:
    """What blocks or weakens a release, one line each (Markdown); blocking ones first."""
    return [f"- {'⛔' if one.is_open else '⚠'} {describe_obstacle(p, one)}" for one in list_obstacles(p, version)]


def describe_obstacle(p: Pass, obstacle: Obstacle) -> str:
    """One line: what it is, and what to do, or who has accepted it and why."""
    lift = obstacle.lift
    if lift is not None:
        return f"{obstacle.text}. {ACCEPTED} {lift.by}, {_say_moment(p, lift.at)}, lý do: {lift.reason}"
    if not obstacle.blocks:
        return f"{obstacle.text}."
    advice = "hoặc ghi lý do vẫn phát hành" if obstacle.is_liftable else "không bỏ qua được"
    return f"{obstacle.text}. Cần: {obstacle.remedy}; {advice}."


def _say_moment(p: Pass, moment: str) -> str:
    return format_moment(dt.datetime.fromisoformat(moment).astimezone(p.plan.timezone))
