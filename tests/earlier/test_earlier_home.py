"""A home that the version before made (`make_home.py` says how) goes on under today's code."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kybaocao.documents.report.content import SignOff
from kybaocao.figures.canonical_json import to_json
from kybaocao.home import Home
from kybaocao.inbox import shared_folders
from kybaocao.stages.deliver_mail import send_everything
from kybaocao.stages.publish_to_bo_tai_chinh import publish_to_bo_tai_chinh
from kybaocao.stages.support.decisions import Decision, record_decision
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.database import open_store
from kybaocao.store.reports import list_versions, load_snapshot
from kybaocao.store.submissions import list_components
from tests.conftest import CYCLE
from tests.post import Post
from tests.small_plan import write_small_plan

ARCHIVE = Path(__file__).with_name("home.tar.xz")
LATER, LAST = "2026-12-14T14:00", "2026-12-14T15:00"
SIGN_OFF = SignOff("215/BC-UBND", dt.date(2026, 12, 16), "Nguyễn Văn Mẫu", "Phó Chủ tịch")
APPROVED = Decision(True, "lanhdao", sign_off=SIGN_OFF)
TABLES = ("arrivals", "snapshots", "report_versions", "steps", "issued_forms", "releases")
UNCOLLECTED = Path("home", "shared", "HHDN", CYCLE, "nop", "Biểu mẫu.xlsx")


def read_rows(root: Path, query: str) -> list[tuple[Any, ...]]:
    """Past today's code: as the file says."""
    with sqlite3.connect(root / "home" / "kybaocao.db") as connection:
        return list(connection.execute(query))


def read_tables(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row; of the releases without the moment when the last recipient had them."""
    releases = "(select version, release, recipients, files, content_checksum, published_at from publications)"
    return {name: read_rows(root, f"select * from {releases if name == 'releases' else name}") for name in TABLES}


def unpack(root: Path) -> Path:
    """The home, today's configuration, and which messages a server has taken; the agencies' files count as never moved.

    A new version comes with its configuration: forms of the home are of edition 2026.2, the one in force is a later.
    """
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    shutil.rmtree(root / "config")
    write_small_plan(root / "config")
    with sqlite3.connect(root / "home" / "kybaocao.db") as connection:
        for path in (root / "home" / "shared").glob(f"*/{CYCLE}/nop/*"):
            for table in ("drops", "sightings"):  # an unpacked file has another number and change time
                connection.execute(
                    f"update {table} set signature = ? where agency = ? and file_name = ?",
                    (shared_folders.sign(path.stat()), path.parents[2].name, path.name),
                )
    return root


@pytest.fixture(scope="module")
def settings() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KYBAOCAO_DB_URL", raising=False)
        patch.setattr("kybaocao.documents.pdf.find_converter", lambda: None)
        patch.setattr(shared_folders, "SETTLE_SECONDS", 0.0)
        yield patch


def begin(root: Path, at: str, settings: pytest.MonkeyPatch) -> Pass:
    """A pass of today's code over that home."""
    settings.setenv("KYBAOCAO_HOME", str(root / "home"))
    settings.setenv("KYBAOCAO_CONFIG", str(root / "config"))
    home = Home.from_environment()
    open_store(home).upgrade()
    return Pass.begin(CYCLE, dt.datetime.fromisoformat(at + "+07:00"), is_replay=True, home=home)


@dataclass
class Continued:
    """What became of the home: a pass without a new file, the approval, the release, another pass."""

    root: Path
    before: dict[str, list[tuple[Any, ...]]]
    after_pass: dict[str, list[tuple[Any, ...]]]
    waiting: set[str]  # Message-IDs that waited in it
    outcome: dict[str, Any]
    post: Post
    is_released: bool
    p: Pass


@pytest.fixture(scope="module")
def continued(tmp_path_factory: pytest.TempPathFactory, settings: pytest.MonkeyPatch) -> Continued:
    root, post = unpack(tmp_path_factory.mktemp("earlier")), Post()
    (root / UNCOLLECTED).unlink()
    before = read_tables(root)
    waiting = {key for (key,) in read_rows(root, "select message_id from outbox where state = 'pending'")}
    p = begin(root, LATER, settings)
    outcome = run_pass(p, connect=post)
    after = read_tables(root)
    record_decision(p, 2, APPROVED)
    is_released = publish_to_bo_tai_chinh(p, 2)
    p = begin(root, LAST, settings)
    send_everything(p, post)
    return Continued(root, before, after, waiting, outcome, post, is_released, p)


def test_the_home_is_what_its_script_promises(tmp_path: Path) -> None:
    """Accepted, returned and attached files, letters sent and waiting, a report that waits."""
    unpack(tmp_path)
    verdicts = Counter(read_rows(tmp_path, "select component, verdict from arrivals"))
    letters = Counter(state for (state,) in read_rows(tmp_path, "select state from outbox"))
    versions = read_rows(tmp_path, "select version, state from report_versions")
    assert verdicts == {("bieu_mau", "accepted"): 3, ("bieu_mau", "returned"): 1, ("ban_ky", "accepted"): 1}
    assert (letters, versions) == ({"sent": 14, "pending": 6}, [(1, "waiting")])


def test_a_pass_over_it_records_nothing_twice(continued: Continued) -> None:
    """No new file and no form; the report is written anew, of two documents, without a stock's sums of the period."""
    counts = [continued.outcome[name] for name in ("new_files", "identical_files", "forms_issued", "report_version")]
    changed = [name for name in TABLES if continued.after_pass[name] != continued.before[name]]
    assert (counts, changed) == ([0, 0, 0, 2], ["snapshots", "report_versions", "releases"])


def test_what_waits_is_sent_once_and_nothing_a_second_time(continued: Continued) -> None:
    """Letters of the version before leave under the Message-IDs they had."""
    taken = set(json.loads((continued.root / "taken.json").read_text(encoding="utf-8")))
    left = [one.message_id for one in continued.post.took if one.kind != "phat_hanh_bo_tai_chinh"]
    new = {one.message_id for one in continued.post.took if one.kind in ("van_hanh", "phat_hanh_so_tai_chinh")}
    assert (len(taken), sorted(left)) == (14, sorted({*continued.waiting, *new}))
    assert not taken.intersection(left)


def test_its_report_is_approved_and_published_with_its_figures(continued: Continued) -> None:
    """The version it compiled goes to the ministry; its snapshot says what was stored, byte for byte."""
    with continued.p.store.read() as connection:
        first, version = list_versions(connection, CYCLE)
        snapshot = load_snapshot(connection, version.snapshot)
    ((stored,),) = read_rows(continued.root, f"select content from snapshots where id = {version.snapshot}")
    releases = [one for one in continued.post.took if one.kind == "phat_hanh_bo_tai_chinh"]
    states = (first.state, version.state)
    assert (continued.is_released, states, len(releases)) == (True, ("superseded", "published"), 1)
    assert to_json(snapshot) == stored


def test_the_file_it_had_not_collected_makes_the_next_version(tmp_path: Path, settings: pytest.MonkeyPatch) -> None:
    """It is accepted beside the old ones; the draft that waited gives way."""
    p = begin(unpack(tmp_path), LATER, settings)
    outcome = run_pass(p)
    with p.store.read() as connection:
        states = [one.state for one in list_versions(connection, CYCLE)]
        came = Counter(one.agency for one in list_components(connection, CYCLE))
    assert (outcome["new_files"], outcome["accepted"], states) == (1, 1, ["superseded", "waiting"])
    assert came == {"STP": 2, "X-04183": 1, "X-03664": 1, "STC": 1, "HHDN": 1}
