"""Kill a pass anywhere and run it again: the same end state, each mail once."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from kybaocao.figures.canonical_json import to_json
from kybaocao.home import Home
from kybaocao.stages.aggregate import aggregate_returns
from kybaocao.stages.support.passes import Pass
from kybaocao.store.database import open_store
from kybaocao.store.outbox import list_messages
from kybaocao.store.reports import list_publications, list_versions, load_snapshot
from kybaocao.store.submissions import list_attachments, list_submissions
from kybaocao.store.tables import steps
from tests.attachments.attachment_files import docx
from tests.stages.conftest import COMPILATION, EXPLAINED, MIDDAY, OPENING, OVERDUE, drop

MOMENTS = (OPENING, MIDDAY, OVERDUE, COMPILATION)
KILLS = 12

# A pass in a process of its own; "sent" mail is a file per Message-ID, as at a mail server that knows copies.
SCRIPT = """
import datetime as dt, hashlib, sys
from pathlib import Path
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass

class Folder:
    def __init__(self, path): self.path = path
    def send(self, message):
        name = hashlib.sha256(message.message_id.encode()).hexdigest()[:24]
        (self.path / name).write_text(message.kind)

p = Pass.begin("nq02-2026-ky2", dt.datetime.fromisoformat(sys.argv[1] + "+07:00"), is_replay=True)
outbox = p.home.root / "sent"
outbox.mkdir(exist_ok=True)
run_pass(p, connect=lambda: Folder(outbox))
"""


def _run(moment: str, kill_after_seconds: float | None = None) -> bool:
    """One pass; True when it came to its end."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, moment], env=environment, start_new_session=True)
    if kill_after_seconds is not None:
        time.sleep(kill_after_seconds)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == 0


def _drop_files(small: Callable[[str], Pass], moment: str) -> None:
    if moment == MIDDAY:
        p = small(moment)
        drop(p, "X-04183")
        drop(p, "STP")
        drop(p, "X-03664", **{"ty_le/T15/tu_so_luy_ke": 10**6})
        (p.home.inbox("STP", p.cycle.id) / "Bao cao (ban ky).docx").write_bytes(docx())
    elif moment == COMPILATION:
        drop(small(moment), "X-03664", seed=2, name="sửa.xlsx", **EXPLAINED)


# The two seasons write their files at different times of day, so the files' own checksums differ.
_WHEN_WRITTEN = re.compile(r'"sha256":"[0-9a-f]{64}"|"as_of":"[^"]*"')


def _end_state(small: Callable[[str], Pass]) -> dict[str, Any]:
    """Everything that must not depend on how often the passes were interrupted."""
    p = small(COMPILATION)
    snapshot = aggregate_returns(p).snapshot
    with p.store.read() as connection:
        submissions = [*list_submissions(connection, p.cycle.id), *list_attachments(connection, p.cycle.id)]
        return {
            "arrivals": sorted((a.agency, a.component, a.version, a.verdict) for a in submissions),
            "mail": sorted((q.message.key, q.state) for q in list_messages(connection, p.cycle.id)),
            "steps": sorted((s.agency, s.rung, s.repetition) for s in connection.execute(select(steps))),
            "snapshot": _WHEN_WRITTEN.sub("", to_json(load_snapshot(connection, snapshot))),
            "versions": [(v.version, v.state) for v in list_versions(connection, p.cycle.id)],
            "publications": [(x.version, x.release) for x in list_publications(connection, p.cycle.id)],
            "slips": sorted(str(path.relative_to(p.home.shared)) for path in p.home.shared.glob("*/*/tra_loi/*")),
            "sent": sorted(Counter(path.read_text() for path in (p.home.root / "sent").iterdir()).items()),
        }


def test_a_season_killed_again_and_again_ends_as_one_that_was_not(
    small: Callable[[str], Pass], home: Home, tmp_path: Path, monkeypatch: Any
) -> None:
    """SIGKILL at a dozen random moments of four passes, then one undisturbed run of each."""
    for moment in MOMENTS:
        _drop_files(small, moment)
        assert _run(moment)
    calm = _end_state(small)

    other = Home(tmp_path / "other")
    monkeypatch.setenv("KYBAOCAO_HOME", str(other.root))
    open_store(other).upgrade()

    def again(at: str) -> Pass:
        p = small(at)
        return Pass(p.plan, p.cycle, p.as_of, other, open_store(other), is_replay=True)

    chance = random.Random(2026)
    finished = 0
    for moment in MOMENTS:
        _drop_files(again, moment)
        for _ in range(KILLS // len(MOMENTS)):
            finished += _run(moment, kill_after_seconds=chance.uniform(0.4, 2.2))
        assert _run(moment)
    stormy = _end_state(again)

    assert finished < KILLS, "no kill hit anything; the test would prove nothing"
    assert json.dumps(stormy, indent=1, default=str) == json.dumps(calm, indent=1, default=str)
