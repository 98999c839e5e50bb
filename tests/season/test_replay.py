"""A season from a file: read, refused, and the same as on the stages."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from kybaocao.cli import main
from kybaocao.home import Home
from kybaocao.season.events import ClosedFolder, Season
from kybaocao.season.replay import read_replay
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.position_letter import POSITION_KIND
from kybaocao.stages.whole_pass import run_pass
from tests.conftest import CYCLE
from tests.post import Post
from tests.replays import Mail, drop_files, list_mails, simulate
from tests.small_plan import write_small_plan

SHARED = "cam.mau@sonla.example.vn"
ZONE = dt.timezone(dt.timedelta(hours=7))
EXTENDED = """
gia_han:
  - {ky: nq02-2026-ky2, co_quan: X-04183, truoc_ngay: 2026-12-12, nguoi_quyet_dinh: Giám đốc Sở, van_ban: 1/TB,
     ngay: 2026-12-08, ly_do: mưa lũ}
mien_nop:
  - {ky: nq02-2026-ky2, co_quan: HHDN, nguoi_quyet_dinh: Giám đốc Sở, ngay: 2026-12-10, ly_do: giải thể}
"""
# Nobody looks between 4 and 8 December; the mail server is down before that; a pass at night and one on a Saturday happen to run.
SEASON = {
    "cycle": CYCLE,
    "passes": [
        "2026-11-16T08:00",
        "2026-11-25T08:00",
        "2026-12-01T10:00",
        "2026-12-02T08:00",
        "2026-12-03T08:00",
        "2026-12-04T08:00",
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
    "outages": [{"part": "mail", "from": "2026-12-02T07:00", "to": "2026-12-03T18:00"}],
}


@pytest.fixture
def config(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five bodies, one with more time, one exempt in the end, one whose officer has left, two that share one."""
    root = write_small_plan(tmp_path / "config", has_position_letter=True)
    folder = root / "nq02-2026"
    (folder / "dieu_chinh.yaml").write_text(EXTENDED, encoding="utf-8")
    contacts = folder / "lien_he.csv"
    text = contacts.read_text(encoding="utf-8").splitlines()
    gone = [line.replace("2027-12-31", "2026-11-20") if line.startswith("STP,dau_moi") else line for line in text]
    gone += [f"{code},dau_moi,Cầm Thị Mẫu,,{SHARED},,2026-01-01,2027-12-31" for code in ("X-03664", "HHDN")]
    contacts.write_text("\n".join(gone) + "\n", encoding="utf-8")
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(root))
    monkeypatch.setattr("kybaocao.documents.pdf.find_converter", lambda: None)
    return root


@pytest.fixture
def replay(tmp_path: Path) -> Path:
    path = tmp_path / "cycle.json"
    path.write_text(json.dumps(SEASON), encoding="utf-8")
    return path


def play_stages(home: Home, season: Season) -> Pass:
    """The same passes with real files, through every stage, to a mail server that is down when the season says so."""
    assert season.passes
    post, before = Post(), season.passes[0] - dt.timedelta(days=1)
    home.shared.mkdir(parents=True)
    for closed in season.closed_folders:
        (home.shared / closed.agency).write_text("", encoding="utf-8")  # a file where the folder should be
    for at in season.passes:
        p = Pass.begin(CYCLE, at, is_replay=True, home=home)
        for closed in season.closed_folders:
            if closed.until <= at and (home.shared / closed.agency).is_file():
                (home.shared / closed.agency).unlink()
        drop_files(season, p.plan, p.home, before, at)
        post.is_down = any(outage.covers(at) for outage in season.outages)
        run_pass(p, connect=post)
        before = at
    return p


def test_the_stages_and_the_simulator_send_the_same(config: Path, replay: Path, home: Home) -> None:
    """Outages of both, an extension, an exemption, returned files, a missing officer, one person for two bodies."""
    season = read_replay(replay)
    expected = simulate(season)
    assert list_mails(play_stages(home, season)) == expected
    positions = [day for mail in expected for _, step, _, day in mail.reported if step == "tinh_hinh"]
    days = ["11-25", "11-30", "12-02", "12-09", "12-10", "12-14", "12-21"]  # 7 December gives way to the 9th
    assert sorted(positions) == [f"2026-{day}" for day in days]
    reported = {reported for mail in expected for reported in mail.reported}
    assert len(expected) > 15
    assert ("STP", "nhac_lan_1", 0, "lanh_dao") in reported  # the head, for want of an officer
    assert any("@2026-12-12" in reminder_step for _, reminder_step, _, _ in reported)
    assert any(len({agency for agency, *_ in mail.reported}) == 2 and mail.recipients == {SHARED} for mail in expected)
    waited = {
        mail.moment
        for mail in expected
        if any(reminder_step == "nhac_lan_2" for _, reminder_step, _, _ in mail.reported)
    }
    assert waited == {dt.datetime(2026, 12, 4, 8, tzinfo=ZONE)}  # due on the 2nd, while the mail server was down


LATE_PASSES = [
    "2026-11-30T09:00",
    "2026-12-02T08:00",
    "2026-12-04T08:00",
    "2026-12-09T08:00",
    "2026-12-10T08:00",
    "2026-12-10T14:00",
    "2026-12-11T08:00",
    "2026-12-14T08:00",
    "2026-12-21T08:00",
]


def test_they_send_the_same_when_the_cycle_opens_late(config: Path, replay: Path, home: Home) -> None:
    """Opened on 30 November; one folder takes its form on 4 December, another on the 11th, after the deadline."""
    replay.write_text(json.dumps(SEASON | {"passes": LATE_PASSES, "outages": []}), encoding="utf-8")
    closed = (
        ClosedFolder("X-04183", dt.datetime(2026, 12, 3, 8, tzinfo=ZONE)),
        ClosedFolder("X-03664", dt.datetime(2026, 12, 10, 20, tzinfo=ZONE)),
    )
    season = replace(read_replay(replay), closed_folders=closed)
    files = tuple(drop for drop in season.drops if drop.agency != "X-03664")  # its folder is no folder yet
    season = replace(season, drops=files)
    expected = simulate(season)
    assert list_mails(play_stages(home, season)) == expected
    reported = [(agency, reminder_step) for mail in expected for agency, reminder_step, _, _ in mail.reported if agency]
    assert "nhac_lan_1" not in {reminder_step for _, reminder_step in reported}
    assert ("STP", "nhac_lan_2") in reported and ("X-04183", "nhac_lan_2") not in reported
    assert {agency for agency, _ in reported} == {"STP", "HHDN", "X-04183"}


def _is_position(mail: Mail) -> bool:
    return any(kind == POSITION_KIND for _, kind, _, _ in mail.reported)


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_prints_the_messages(config: Path, replay: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As lines for the eye, as JSON for a comparison; the leaders' position letters among them."""
    season = read_replay(replay)
    assert main(["season", "--replay", str(replay)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["season", "--replay", str(replay), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert "2026-11-25 08:00  HHDN     nhac_lan_1 (lần 1) → dau_moi" in lines
    position = "tinh_hinh → lanh_dao_so_tai_chinh"
    moments = (mail.moment.astimezone(season.plan.timezone) for mail in simulate(season) if _is_position(mail))
    letters = {f"{moment:%Y-%m-%d %H:%M}  –        {position}" for moment in moments}
    assert letters and letters == {line for line in lines if position in line}
    assert (len(rows), set(rows[0])) == (len(lines), {"moment", "agency", "rung", "repetition", "addressee"})


@pytest.mark.parametrize(
    ("text", "reported"),
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
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reported: str
) -> None:
    """With the place and the reason, exit status 2."""
    path = tmp_path / "cycle.json"
    path.write_text(text, encoding="utf-8")
    assert main(["season", "--replay", str(path)]) == 2
    assert reported in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["season", "--replay", "/nowhere/cycle.json"]) == 2
    assert "không mở được tệp" in capsys.readouterr().err
