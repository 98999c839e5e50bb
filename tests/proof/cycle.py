"""A cycle of a few files for the proof: bytes in an archive, versions that were judged, the snapshot made of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from kybaocao.answers.packing import pack_answers
from kybaocao.checks.judgement import Judgement
from kybaocao.figures.aggregation import take_snapshot
from kybaocao.figures.snapshot import Snapshot
from kybaocao.inbox.archive import archive_path
from kybaocao.inbox.submission import Submission
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict
from kybaocao.proof.comparison import Proof, prove_snapshot
from tests.checks.catalogue import judge_bytes
from tests.conftest import CYCLE
from tests.submissions import local


def put(archive: Path, data: bytes) -> str:
    """Bytes into the archive; returns their checksum."""
    digest = hashlib.sha256(data).hexdigest()
    path = archive_path(archive, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return digest


def receive(
    archive: Path,
    agency: str,
    data: bytes,
    *,
    at: str = "2026-12-08T08:00",
    version: int = 1,
    judgement: Judgement | None = None,
) -> Submission:
    """One version, judged as a pass would judge it when it came."""
    judged = judgement or judge_bytes(data, agency)
    moment: dt.datetime = local(at)
    answers = pack_answers(judged.answers) if judged.verdict is Verdict.ACCEPTED else []
    return Submission(
        id=version,
        cycle=CYCLE,
        agency=agency,
        component=FORM,
        version=version,
        file_name=f"{agency}-{version}.xlsx",
        sha256=put(archive, data),
        size_bytes=len(data),
        received_at=moment,
        verdict=judged.verdict,
        judged_at=moment,
        findings="[]",
        answers=json.dumps(answers, ensure_ascii=False),
    )


def snapshot_of(
    plan: Plan, submissions: Sequence[Submission], at: str = "2026-12-14T10:00", cycle: str = CYCLE
) -> Snapshot:
    calendar = Calendar.of(plan.require_calendar(), plan.timezone)
    return take_snapshot(plan, plan.cycles[cycle], calendar, submissions, local(at))


def prove(plan: Plan, archive: Path, submissions: Sequence[Submission], snapshot: Snapshot | None = None) -> Proof:
    return prove_snapshot(plan, snapshot or snapshot_of(plan, submissions), submissions, archive)
