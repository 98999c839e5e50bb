"""The restore drill: a season, a backup in its middle, the store restored older than everything outside it.

The drill plays one season twice, on each engine: once undisturbed, once with the restore.  Both must end alike.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kybaocao.backup.making import make_backup
from kybaocao.backup.reconciling import find_unknown, set_journal_aside, take_journal
from kybaocao.backup.restoring import restore_backup
from kybaocao.backup.verifying import verify_home
from kybaocao.backup.words import describe_difference
from kybaocao.figures.canonical_json import to_json
from kybaocao.home import Home
from kybaocao.plan.load import config_root
from kybaocao.stages.deliver_mail import send_everything
from kybaocao.stages.support.operator_warnings import list_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.audit_chain import accept_head
from kybaocao.store.database import open_store
from kybaocao.store.journal import StoreIsOlderError
from kybaocao.store.reports import ReportState, list_publications, list_versions, load_snapshot
from kybaocao.store.submissions import list_components
from tests.conftest import CYCLE
from tests.decisions import publish
from tests.post import Post
from tests.stages.conftest import COMPILATION, EXPLAINED, MIDDAY, OPENING, OVERDUE, drop, use_small_plan

NOW = dt.datetime(2026, 12, 12, 3, 0, tzinfo=dt.UTC)
SIGNED = {"by": "Lò Thị Hương", "reason": "Hỏng ổ đĩa"}
Begin = Callable[[str], Pass]


class _Season:
    """The story, in steps that can be played on any home."""

    def __init__(self, home: Home, begin: Begin, files: dict[int, bytes] | None = None) -> None:
        self.home, self.begin, self.post = home, begin, Post()
        self.files = files if files is not None else {}  # seed -> bytes; a workbook written twice is not the same bytes

    def run(self, at: str) -> dict[str, Any]:
        return run_pass(self.begin(at), connect=self.post)

    def drop(self, agency: str, seed: int, **changes: object) -> None:
        path = drop(self.begin(MIDDAY), agency, seed=seed, **changes)
        path.write_bytes(self.files.setdefault(seed, path.read_bytes()))

    def play_until_backup(self) -> None:
        self.run(OPENING)
        self.drop("X-04183", 1)
        self.drop("STP", 2, **{"ty_le/T15/tu_so_luy_ke": 10**6})
        self.run(MIDDAY)

    def play_after_backup(self) -> None:
        """What the restored store does not know: a corrected file over the old one, reminders, a late file."""
        self.drop("STP", 3)
        self.run("2026-12-02T08:00")
        self.drop("STP", 4)
        self.run(OVERDUE)
        self.drop("HHDN", 5, **EXPLAINED)
        self.run("2026-12-11T08:00")

    def play_compilation(self) -> None:
        self.run(COMPILATION)

    def play_to_the_end(self) -> None:
        self.drop("STC", 6, **EXPLAINED)
        self.run("2026-12-14T11:00")
        p = self.begin("2026-12-16T09:00")
        with p.store.read() as connection:
            version = list_versions(connection, CYCLE)[-1].version
        publish(p, version)
        send_everything(p, self.post)
        self.run("2026-12-17T08:00")

    def describe(self) -> dict[str, Any]:
        p = self.begin("2026-12-17T08:00")
        with p.store.read() as connection:
            versions = list_versions(connection, CYCLE)
            return {
                "mails": Counter((one.subject, one.envelope) for one in self.post.took),
                "versions": [(one.version, one.state, one.content_checksum) for one in versions],
                "figures": to_json(load_snapshot(connection, versions[-1].snapshot)),
                "publications": [(one.version, one.release) for one in list_publications(connection, CYCLE)],
                "files": [
                    (one.agency, one.version, one.sha256[:8] and one.verdict, one.received_at)
                    for one in list_components(connection, CYCLE)
                ],
            }


def _list_errors(home: Home) -> list[dict[str, str]]:
    found = map(describe_difference, verify_home(home, open_store(home)))
    return [one for one in found if one["severity"] == "error"]


def _read_reports(home: Home) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in home.reports.rglob("*") if path.is_file()}


@pytest.fixture
def season(home_on_either: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Season:
    begin = use_small_plan(tmp_path, home_on_either, monkeypatch)
    open_store(home_on_either).upgrade()
    return _Season(home_on_either, begin)


def test_a_season_with_a_restore_in_its_middle_ends_like_an_undisturbed_one(
    season: _Season, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pass begins before the decision; then nothing is sent twice, and the same report comes out."""
    home = season.home
    season.play_until_backup()
    saved = make_backup(home, open_store(home), config_root(), tmp_path / "backups", NOW)
    season.play_after_backup()
    season.play_compilation()
    took, reports = len(season.post.took), _read_reports(home)
    known = len(find_unknown(open_store(home)).letters)

    restored = restore_backup(saved, home, open_store(home), at=NOW, is_replacing=True, **SIGNED)
    with pytest.raises(StoreIsOlderError, match="reconcile"):
        season.run("2026-12-14T10:30")
    assert not restored.is_decided
    assert "reconcile" in list_warnings(season.begin("2026-12-14T10:30"))[0], "`status` says it, too"
    assert (known, len(season.post.took)) == (0, took), "nothing leaves before somebody has decided"
    assert "store-older" in [one["code"] for one in _list_errors(home)]

    taken = take_journal(open_store(home), at=NOW, **SIGNED)
    season.run("2026-12-14T10:40")
    assert len(season.post.took) == took, "every letter that had left counts as sent"
    assert {one.message_id for one in taken.letters} <= {one.message_id for one in season.post.took}
    assert _read_reports(home).items() >= reports.items()
    season.play_to_the_end()
    assert _list_errors(home) == []
    disturbed = season.describe()

    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "calm"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    calm_home = Home.from_environment()
    open_store(calm_home).upgrade()
    calm = _Season(calm_home, lambda at: Pass.begin(CYCLE, _parse(at), is_replay=True, home=calm_home), season.files)
    calm.play_until_backup()
    calm.play_after_backup()
    calm.play_compilation()
    calm.play_to_the_end()
    assert disturbed == calm.describe()


def _parse(at: str) -> dt.datetime:
    return dt.datetime.fromisoformat(at + "+07:00")


def test_without_the_journal_a_released_report_is_never_overwritten(season: _Season, tmp_path: Path) -> None:
    """The operator lets the old store count: letters may go again, and the report gets a new number beside the old."""
    home = season.home
    season.play_until_backup()
    saved = make_backup(home, open_store(home), config_root(), tmp_path / "backups", NOW)
    season.play_compilation()
    reports = _read_reports(home)

    restore_backup(saved, home, open_store(home), at=NOW, is_replacing=True, **SIGNED)
    set_journal_aside(open_store(home), at=NOW, **SIGNED)
    accept_head(open_store(home), home.audit_head)
    season.run("2026-12-14T10:30")

    p = season.begin("2026-12-14T10:30")
    with p.store.read() as connection:
        versions = [(one.version, one.state) for one in list_versions(connection, CYCLE)]
    assert versions == [(2, ReportState.WAITING)]
    assert _read_reports(home).items() >= reports.items()
    assert list(home.root.glob("so_ghi/so-ghi.cu-*.jsonl")), "the journal that was set aside is kept"
    assert _list_errors(home) == []


def test_a_signed_report_that_went_out_stays_beside_the_one_that_goes_out_again(
    season: _Season, tmp_path: Path
) -> None:
    """The backup knows the draft, and not that it was approved and sent to the ministry."""
    home = season.home
    season.play_until_backup()
    season.play_compilation()
    saved = make_backup(home, open_store(home), config_root(), tmp_path / "backups", NOW)
    for at in ("2026-12-16T09:00", "2026-12-16T10:00"):
        reports = _read_reports(home)
        p = season.begin(at)
        assert publish(p)
        if at.endswith("09:00"):
            restore_backup(saved, home, open_store(home), at=NOW, is_replacing=True, **SIGNED)
            set_journal_aside(open_store(home), at=NOW, **SIGNED)
            reports = _read_reports(home)

    assert _read_reports(home).items() >= reports.items()
    assert (home.report_folder(CYCLE, 1) / "phat-hanh-2").is_dir()


def test_a_lost_machine_asks_before_anything_goes_on(season: _Season, tmp_path: Path) -> None:
    """Restored into an empty folder nobody knows what happened since: the first pass waits for a decision."""
    home = season.home
    season.play_until_backup()
    saved = make_backup(home, open_store(home), config_root(), tmp_path / "backups", NOW)
    lost = tmp_path / "lost"
    home.root.rename(lost)
    home.root.mkdir()

    restored = restore_backup(saved, home, open_store(home), at=NOW, is_replacing=True, **SIGNED)
    (lost / "shared").rename(home.shared)

    assert not restored.is_decided
    with pytest.raises(StoreIsOlderError):
        season.run("2026-12-02T08:00")
    take_journal(open_store(home), at=NOW, **SIGNED)
    took = len(season.post.took)
    season.run(MIDDAY)
    assert (len(season.post.took), _list_errors(home)) == (took, [])


def test_a_backup_of_now_needs_no_decision(season: _Season, tmp_path: Path) -> None:
    """The journal shows that nothing has happened since: the restore is noted, and the season goes on."""
    home = season.home
    season.play_until_backup()
    saved = make_backup(home, open_store(home), config_root(), tmp_path / "backups", NOW)

    restored = restore_backup(saved, home, open_store(home), at=NOW, is_replacing=True, **SIGNED)

    assert restored.is_decided
    assert _list_errors(home) == []
    season.run(MIDDAY)
    lines = (home.root / "so_ghi" / "so-ghi.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line).get("row") for line in lines]
    assert any(isinstance(row, dict) and row.get("action") == "store-restored" for row in rows)
