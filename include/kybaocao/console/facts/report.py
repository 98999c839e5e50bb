"""The report of a cycle: its versions, and of one of them everything: changes, gate, proof, files, releases."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from pathlib import Path

from kybaocao.console.facts.gate import gather_gate
from kybaocao.console.facts.snapshots import find_newest
from kybaocao.figures.headline import count_headline
from kybaocao.plan.recipients import allowed_people
from kybaocao.proof.manifest import read_manifest
from kybaocao.stages.support.completion import list_outcomes, name_release
from kybaocao.stages.support.decision_steps import WAITS_IN
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.proof import say_proof
from kybaocao.stages.support.release_gate import ACCEPTED, Obstacle, Role, describe_obstacle
from kybaocao.stages.support.report_changes import read_change_lines
from kybaocao.stages.support.report_files import KINDS, SIGNED_FOLDER, SUBMITTED_FOLDER
from kybaocao.stages.support.status import REPORT_STATES
from kybaocao.store.outbox import find_key
from kybaocao.store.reports import (
    RELEASED,
    REPLACEABLE,
    ReportState,
    ReportVersion,
    list_publications,
    list_versions,
)

_LEFT_IN = (SUBMITTED_FOLDER, SIGNED_FOLDER)
_LONG_TEXT = 240  # characters: more than three lines of a page


@dataclass(frozen=True)
class VersionRow:
    version: int
    state: str
    state_text: str
    compiled_at: dt.datetime
    decided_at: dt.datetime | None
    decided_by: str
    signed_at: dt.datetime | None
    signed_by: str
    number: str  # of the document that leaves the province, or of the submission; "" while nobody has signed
    reason: str  # why it was sent back
    waits_for: str  # "approve" or "sign"; "" where nobody is asked


@dataclass(frozen=True)
class GateRow:
    code: str
    subject: str
    text: str
    remedy: str
    is_open: bool
    blocks: bool
    can_be_accepted: bool
    accepted_by: str
    accepted_because: str

    @property
    def places(self) -> str:
        """The list in a long text, which a page shows to who asks for it; else ""."""
        what = self.text.partition(f" {ACCEPTED}")[0]
        return what.partition(": ")[2] if len(what) > _LONG_TEXT else ""

    @property
    def summary(self) -> str:
        """The text without `places`."""
        return self.text.replace(f": {self.places}", ".", 1) if self.places else self.text


@dataclass(frozen=True)
class ReportFile:
    """`path`: below the address of the version."""

    name: str
    path: str
    part: str  # "draft", or the folder of what left
    kind: str  # pdf, docx, xlsx
    size_bytes: int


@dataclass(frozen=True)
class Recipient:
    address: str
    state: str  # of store.deliveries; "" while nothing is known
    has_it: bool
    is_settled: bool
    reply: str


@dataclass(frozen=True)
class Release:
    release: str
    published_at: dt.datetime
    completed_at: dt.datetime | None
    recipients: tuple[Recipient, ...]

    @property
    def reached(self) -> int:
        return sum(one.has_it for one in self.recipients)


@dataclass(frozen=True)
class VersionFacts:
    row: VersionRow
    before: int  # the version that `changes` compares with; 0 where nothing is known
    changes: tuple[str, ...]
    gate: tuple[GateRow, ...]
    gate_problem: str  # why the gate could not be looked at
    proof: str  # how it came out, in words; "" where nothing was proved yet
    is_proved: bool
    files: tuple[ReportFile, ...]
    releases: tuple[Release, ...]


@dataclass(frozen=True)
class CompilingNow:
    """What a report would be made of now, and what it would put aside."""

    accepted: int
    expected: int
    headline: str
    days_left: int  # until the agencies' deadline; negative: that many days ago
    due_on: dt.date
    replaces: VersionRow | None  # gives way to the new version
    released: VersionRow | None  # stays: it is with the ministry
    draft_to: tuple[str, ...]


def list_version_rows(p: Pass) -> list[VersionRow]:
    """The newest first."""
    with p.store.read() as connection:
        return [_read_row(one) for one in reversed(list_versions(connection, p.cycle.id))]


def gather_version(p: Pass, version: int | None = None) -> VersionFacts | None:
    """Of the newest version without a number; None where there is none."""
    with p.store.read() as connection:
        versions = list_versions(connection, p.cycle.id)
        found = versions[-1:] if version is None else [one for one in versions if one.version == version]
        if not found:
            return None
        report = found[0]
        releases = []
        for one in list_publications(connection, p.cycle.id):
            if one.version == report.version:
                letter = find_key(connection, name_release(p.cycle.id, one.release, one.version))
                outcomes = list_outcomes(connection, letter) if letter else []
                recipients = tuple(
                    Recipient(it.address, str(it.state), it.has_it, it.is_settled, it.reply) for it in outcomes
                )
                releases.append(Release(one.release, one.published_at, one.completed_at, recipients))
    folder = p.home.root / report.folder
    before, changes = read_change_lines(folder) or (0, [])
    gate, problem = _look_at_gate(p, report)
    manifest = read_manifest(folder)
    return VersionFacts(
        _read_row(report),
        before,
        tuple(changes),
        gate,
        problem,
        say_proof(manifest.proof) if manifest else "",
        manifest is not None and manifest.proof.is_equal,
        tuple(_list_files(folder)),
        tuple(releases),
    )


def describe_compiling(p: Pass) -> CompilingNow | None:
    """None before the first pass."""
    with p.store.read() as connection:
        taken = find_newest(connection, p.cycle.id)
        versions = list_versions(connection, p.cycle.id)
    if taken is None:
        return None
    headline = count_headline(taken.packed.light)
    last = versions[-1] if versions else None
    days = (p.calendar.deadline(p.cycle) - p.as_of).total_seconds() / 86_400
    return CompilingNow(
        headline.accepted,
        headline.expected,
        str(headline),
        math.ceil(days) if days > 0 else math.floor(days),
        p.cycle.due_on,
        _read_row(last) if last and last.state in REPLACEABLE else None,
        next((_read_row(one) for one in reversed(versions) if one.state in RELEASED), None),
        allowed_people(p.plan, p.plan.require_recipients().coordinator),
    )


def _read_row(report: ReportVersion) -> VersionRow:
    step = next((step for step, state in WAITS_IN.items() if report.state == state), None)
    is_sent_back = report.state == ReportState.REJECTED
    return VersionRow(
        report.version,
        report.state.value,
        REPORT_STATES[report.state],
        report.compiled_at,
        report.decided_at,
        report.decided_by,
        report.signed_at,
        report.signed_by,
        report.signature.get("number") or report.sign_off.get("number") or "",
        report.reason if is_sent_back else "",
        step.value if step else "",
    )


def _look_at_gate(p: Pass, report: ReportVersion) -> tuple[tuple[GateRow, ...], str]:
    try:
        return tuple(_read_obstacle(p, one) for one in gather_gate(p, report)), ""
    except (OSError, ValueError) as error:  # the folder of a version is away, or its files are not what they were
        return (), f"{type(error).__name__}: {error}"


def _read_obstacle(p: Pass, one: Obstacle) -> GateRow:
    return GateRow(
        one.code,
        one.subject,
        describe_obstacle(p, one) if one.lift else f"{one.text}.",
        one.remedy,
        one.is_open,
        one.blocks,
        one.role is not Role.NOBODY,
        one.lift.by if one.lift else "",
        one.lift.reason if one.lift else "",
    )


def _list_files(folder: Path) -> list[ReportFile]:
    """Drafts first, then what left; of each what people want to read first."""
    if not folder.is_dir():
        return []
    folders = [("draft", folder)]
    folders += [
        (place.name, place) for place in sorted(folder.iterdir()) if place.is_dir() and place.name.startswith(_LEFT_IN)
    ]
    found = []
    for part, place in folders:
        paths = [one for one in place.iterdir() if one.suffix in KINDS and one.is_file()]
        paths.sort(key=lambda one: (KINDS.index(one.suffix), one.name))
        prefix = "" if part == "draft" else f"{part}/"
        found += [ReportFile(one.name, prefix + one.name, part, one.suffix[1:], one.stat().st_size) for one in paths]
    return found
