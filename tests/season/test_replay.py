"""A season from a file: read, refused, and the same as on the stages."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from kybaocao.cli import main
from kybaocao.demo.figures import Filler
from kybaocao.demo.files import write_file
from kybaocao.demo.season import Act
from kybaocao.demo.season import File as Shown
from kybaocao.home import Home
from kybaocao.passes import Pass
from kybaocao.season.playing import play_season
from kybaocao.season.replay import Sent, list_sent, read_replay
from kybaocao.stages.run import run_pass
from kybaocao.store.outbox import list_messages
from kybaocao.store.tables import audit
from tests.conftest import CYCLE
from tests.small_plan import write_small_plan

ZONE = dt.timezone(dt.timedelta(hours=7))
EXTENDED = """
gia_han:
  - {ky: nq02-2026-ky2, co_quan: X-04183, truoc_ngay: 2026-12-12, nguoi_quyet_dinh: Giám đốc Sở, van_ban: 1/TB,
     ngay: 2026-12-08, ly_do: mưa lũ}
mien_nop:
  - {ky: nq02-2026-ky2, co_quan: HHDN, nguoi_quyet_dinh: Giám đốc Sở, ngay: 2026-12-10, ly_do: giải thể}
"""
# Milestones are missed between 2 and 9 December; a pass at night and one on a Saturday happen to run.
SEASON = {
    "cycle": CYCLE,
    "passes": [
        "2026-11-16T08:00",
        "2026-11-25T08:00",
        "2026-12-01T10:00",
        "2026-12-08T22:00",
        "2026-12-09T08:00",
        "2026-12-10T08:00",
        "2026-12-10T14:00",
        "2026-12-11T08:00",
        "2026-12-12T09:00",
        "2026-12-14T08:00",
        "2026-12-14T14:00",
        "2026-12-21T08:00",
    ],
    "agencies": {
        "STC": [{"at": "2026-11-30T15:00", "file": "accepted"}],
        "STP": [{"at": "2026-11-30T16:00", "file": "returned"}, {"at": "2026-12-10T09:00", "file": "accepted"}],
        "X-03664": [{"at": "2026-12-09T07:00", "file": "unreadable"}],
        "X-04183": [{"at": "2026-12-12T08:30", "file": "accepted"}],
    },
}
KINDS = {"accepted": Shown.GOOD, "returned": Shown.FAULTY, "unreadable": Shown.DAMAGED}


@pytest.fixture
def config(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five bodies, one with more time, one exempt in the end, one whose officer has left."""
    root = write_small_plan(tmp_path / "config")
    folder = root / "nq02-2026"
    (folder / "dieu_chinh.yaml").write_text(EXTENDED, encoding="utf-8")
    contacts = folder / "lien_he.csv"
    text = contacts.read_text(encoding="utf-8").splitlines()
    gone = [line.replace("2027-12-31", "2026-11-20") if line.startswith("STP,dau_moi") else line for line in text]
    contacts.write_text("\n".join(gone) + "\n", encoding="utf-8")
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(root))
    monkeypatch.setattr("kybaocao.report.pdf.find_converter", lambda: None)
    return root


@pytest.fixture
def replay(tmp_path: Path) -> Path:
    path = tmp_path / "cycle.json"
    path.write_text(json.dumps(SEASON), encoding="utf-8")
    return path


def play_stages(home: Home, season: dict[str, Any]) -> list[Sent]:
    """The same passes with real files, through every stage; what each step of the chase was recorded as."""
    filler, number, waiting = Filler(1), 0, [
        (file["at"], agency, file["file"]) for agency, files in season["agencies"].items() for file in files
    ]  # fmt: skip
    waiting.sort()
    for at in season["passes"]:
        p = Pass.begin(CYCLE, dt.datetime.fromisoformat(at).replace(tzinfo=ZONE), is_replay=True, home=home)
        while waiting and waiting[0][0] <= at:
            _, agency, kind = waiting.pop(0)
            inbox = p.home.inbox(agency, CYCLE)
            inbox.mkdir(parents=True, exist_ok=True)
            write_file(p.plan, CYCLE, Act(agency, KINDS[kind]), filler, inbox, number)
            number += 1
        run_pass(p)
    with p.store.read() as connection:
        rows = connection.execute(select(audit).where(audit.c.action == "step-taken")).all()
    found = []
    for row in rows:
        detail = json.loads(row.detail)
        moment = row.at.astimezone(ZONE).isoformat(timespec="minutes")
        found.append(Sent(moment, row.agency, detail["rung"], detail["repetition"], detail["to"]))
    return sorted(found, key=lambda sent: (sent.moment, sent.agency, sent.rung))


def test_the_stages_and_the_simulator_send_the_same(config: Path, replay: Path, home: Home) -> None:
    """Every message of a season with an outage, an extension, an exemption, returned files and a missing officer."""
    simulated = list_sent(play_season(read_replay(replay)))
    assert play_stages(home, SEASON) == simulated
    told = {(sent.agency, sent.rung.partition("@")[0], sent.addressee) for sent in simulated}
    assert len(simulated) > 15
    assert ("STP", "nhac_lan_1", "lanh_dao") in told  # the head, for want of an officer
    assert any("@2026-12-12" in sent.rung for sent in simulated)


def test_what_was_decided_is_what_was_written(config: Path, replay: Path, home: Home) -> None:
    """Each individual step is one letter to its addressee, each collective one a place in one list."""
    steps = play_stages(home, SEASON)
    p = Pass.begin(CYCLE, dt.datetime(2026, 12, 21, 8, tzinfo=ZONE), is_replay=True, home=home)
    with p.store.read() as connection:
        letters = [queued.message for queued in list_messages(connection, CYCLE)]
    chase = [letter for letter in letters if letter.kind in ("nhac", "qua_han", "qua_han_thu_truong")]
    lists = [letter for letter in letters if letter.kind in ("danh_sach_qua_han", "bao_cao_chu_tich")]
    single = [step for step in steps if step.addressee in ("dau_moi", "lanh_dao")]
    collective = {(step.moment, step.addressee) for step in steps if step not in single}
    keys = [f"{CYCLE}/{step.rung}/{step.repetition}/{step.agency}" for step in single]
    assert sorted(letter.key for letter in chase) == sorted(keys)
    assert len(lists) == len(collective) > 0


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_prints_the_messages(config: Path, replay: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As lines for the eye, as JSON for a comparison."""
    assert main(["season", "--replay", str(replay)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["season", "--replay", str(replay), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert lines[0] == "2026-11-25 08:00  HHDN     nhac_lan_1 (lần 1) → dau_moi"
    assert (len(rows), set(rows[0])) == (len(lines), {"moment", "agency", "rung", "repetition", "addressee"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "toàn tệp"),
        ('{"cycle": "nq02-2026-ky2"}', "agencies"),
        ('{"cycle": "ky-9", "agencies": {}}', "không có kỳ báo cáo “ky-9”"),
        ('{"cycle": "nq02-2026-ky2", "agencies": {"X-9": []}}', "mã X-9"),
        ('{"cycle": "nq02-2026-ky2", "agencies": {"STP": [{"at": "hôm nay", "file": "accepted"}]}}', "agencies.STP.0.at"),
        ('{"cycle": "nq02-2026-ky2", "agencies": {"STP": [{"at": 5, "file": "accepted"}]}}', "agencies.STP.0.at"),
        ('{"cycle": "nq02-2026-ky2", "agencies": {"STP": [{"at": "2026-12-01T08:00", "file": "lost"}]}}', "agencies.STP.0.file"),
        ('{"cycle": "nq02-2026-ky2", "agencies": {}, "passes": [], "x": 1}', "x"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_played_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    """With the place and the reason, exit status 2."""
    path = tmp_path / "cycle.json"
    path.write_text(text, encoding="utf-8")
    assert main(["season", "--replay", str(path)]) == 2
    assert told in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["season", "--replay", "/nowhere/cycle.json"]) == 2
    assert "không mở được tệp" in capsys.readouterr().err
