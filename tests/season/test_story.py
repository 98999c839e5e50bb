"""One season described day by day, many in figures, and a ladder tried before it is switched on."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path

import pytest

from kybaocao.cli import main
from kybaocao.plan.plan import Plan
from kybaocao.season.events import Drop, File, Outage, Part, Season
from kybaocao.season.playing import play_season
from kybaocao.season.register import size_plan
from kybaocao.season.story import tell_season
from tests.conftest import CONFIG, CYCLE

Capture = pytest.CaptureFixture[str]


def local(plan: Plan, text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=plan.timezone)


def test_a_season_reads_like_a_diary(plan: Plan) -> None:
    """Three bodies: one early, one returned and silent, one whose officer left; the mail server fails for a day."""
    few = size_plan(plan, 3)  # STC, STP, SKHCN
    gone = dt.date(2026, 12, 1)
    contacts = tuple(
        c.model_copy(update={"valid_until": gone}) if (c.agency, c.role.value) == ("SKHCN", "dau_moi") else c
        for c in few.contacts
    )
    season = Season(
        dataclasses.replace(few, contacts=contacts),
        CYCLE,
        (
            Drop(local(plan, "2026-11-20T09:00"), "STC", File.ZERO),
            Drop(local(plan, "2026-12-03T09:00"), "STP", File.WRONG_PERIOD),
        ),
        (Outage(Part.MAIL, local(plan, "2026-12-02T07:00"), local(plan, "2026-12-03T10:00")),),
    )
    reported = tell_season(play_season(season)).splitlines()
    assert reported[0] == "Mùa báo cáo mô phỏng: NQ 02/2026 · Kỳ 2 – cả năm (nq02-2026-ky2), 3 cơ quan"
    assert reported[4] == "  Hạn cuối: thứ Tư 09/12/2026"
    begin = reported.index("thứ Sáu 20/11/2026")
    assert reported[begin : begin + 28] == [
        "thứ Sáu 20/11/2026",
        "  09:00  STC nộp báo cáo không phát sinh: tiếp nhận (1/3).",
        "",
        "thứ Hai 23/11/2026",
        "  08:00  Thư tình hình → lãnh đạo Sở Tài chính.",
        "",
        "thứ Tư 25/11/2026",
        "  08:00  Nhắc lần 1 → cán bộ đầu mối, 2 cơ quan: STP, SKHCN.",
        "  08:00  Thư tình hình → lãnh đạo Sở Tài chính.",
        "",
        "thứ Hai 30/11/2026",
        "  08:00  Thư tình hình → lãnh đạo Sở Tài chính.",
        "",
        "thứ Ba 01/12/2026",
        "  00:00  SKHCN: địa chỉ của cán bộ đầu mối hết hiệu lực sau ngày này.",
        "",
        "thứ Tư 02/12/2026",
        "  07:00  Máy chủ thư ngừng đến 10:00 ngày 03/12/2026.",
        "  08:00  Nhắc lần 2 → cán bộ đầu mối, 1 cơ quan: STP; gửi được lúc 14:00 ngày 03/12/2026.",
        "  08:00  Nhắc lần 2 → thủ trưởng, 1 cơ quan: SKHCN; thay cho cán bộ đầu mối vì chưa có địa chỉ;"
        " gửi được lúc 14:00 ngày 03/12/2026.",
        "",
        "thứ Năm 03/12/2026",
        "  09:00  STP nộp báo cáo sai kỳ: trả lại.",
        "  14:00  Thư tình hình → lãnh đạo Sở Tài chính.",
        "",
        "thứ Hai 07/12/2026",
        "  08:00  Nhắc lần 3 → cán bộ đầu mối, 1 cơ quan: STP.",
        "  08:00  Nhắc lần 3 → thủ trưởng, 1 cơ quan: SKHCN; thay cho cán bộ đầu mối vì chưa có địa chỉ.",
    ]


def test_a_withdrawn_letter_is_told(plan: Plan) -> None:
    """Accepted while the mail server was down: the reminder that waited is not sent any more."""
    season = Season(
        size_plan(plan, 1),
        CYCLE,
        (Drop(local(plan, "2026-12-02T09:00"), "STC", File.GOOD),),
        (Outage(Part.MAIL, local(plan, "2026-12-02T07:00"), local(plan, "2026-12-02T10:00")),),
    )
    reported = tell_season(play_season(season))
    assert "Nhắc lần 2 → cán bộ đầu mối, 1 cơ quan: STC; thư chờ gửi đã được rút vì không còn cần." in reported


def test_a_plan_loaded_anew_is_told_alike(plan: Plan) -> None:
    """What was computed for a ladder serves an equal one: that its reminder steps are other objects says nothing."""
    reminded = Drop(local(plan, "2026-12-03T09:00"), "STC", File.GOOD)
    again = dataclasses.replace(plan, ladder=plan.require_ladder().model_copy(deep=True))
    reported, told_again = (
        tell_season(play_season(Season(size_plan(p, 1), CYCLE, (reminded,)))) for p in (plan, again)
    )
    assert "Nhắc lần 2" in reported
    assert reported == told_again


@pytest.mark.parametrize("count", [1, 90, 95, 200])
def test_a_plan_has_as_many_agencies_as_wanted(plan: Plan, count: int) -> None:
    """The province's own first, then invented communes, each with an officer and a head to write to."""
    sized = size_plan(plan, count)
    own = [agency.code for agency in plan.expected[:count]]
    assert [agency.code for agency in sized.expected][: len(own)] == own
    assert len(sized.expected) == count
    assert {contact.agency for contact in sized.contacts} == {agency.code for agency in sized.expected}


# --- the command -----------------------------------------------------------------------------------------------------


def test_one_season_is_a_story(capsys: Capture) -> None:
    """With its dates, its days and its sums; nothing is broken."""
    assert main(["season", "--seed", "7", "--agencies", "12"]) == 0
    reported = capsys.readouterr().out
    assert reported.startswith("Mùa báo cáo mô phỏng: NQ 02/2026 · Kỳ 2 – cả năm (nq02-2026-ky2), 12 cơ quan")
    assert "Mở kỳ báo cáo" in reported and "Nhắc lần 1 →" in reported
    assert reported.rstrip().endswith("Vi phạm quy tắc đôn đốc: không có.")


def test_many_seasons_are_figures(capsys: Capture) -> None:
    """For the eye and for a program."""
    assert main(["season", "--seasons", "20", "--agencies", "5"]) == 0
    assert capsys.readouterr().out.startswith("20 mùa, mỗi mùa 5 cơ quan; ")
    assert main(["season", "--seasons", "20", "--agencies", "5", "--json"]) == 0
    count = json.loads(capsys.readouterr().out)
    assert (count["seasons"], count["agencies"], count["breaches"]) == (20, 100, [])
    assert sum(count["by_reminder_step"].values()) == count["letters"] > 20


def test_a_ladder_is_tried_before_it_is_switched_on(tmp_path: Path, capsys: Capture) -> None:
    """Its own reminder steps, over the plan's agencies and dates."""
    path = tmp_path / "thu.yaml"
    path.write_text(
        'bac: [{ma: mot_lan, ten: Một lần, ngay_lam_viec: -1, gio: "09:00", gui: dau_moi, mau: nhac}]\n', "utf-8"
    )
    assert main(["season", "--seasons", "20", "--agencies", "5", "--ladder", str(path), "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["by_reminder_step"]) == ["mot_lan"]


@pytest.mark.parametrize(
    ("right", "wrong", "reported"),
    [
        ("ngay_lam_viec: 3,", "ngay_lam_viec: 4,", "thu.yaml, dòng 17, mục “bac.8.ngay_lam_viec”"),
        ("ngay_lam_viec: -5", "ngay_lam_viec: -15", "mục “bac.2.ngay_lam_viec”"),
        ("mau: qua_han}", "mau: khong_co}", "mục “bac.5.mau”: không có mẫu thư “khong_co”"),
    ],
)
def test_a_ladder_that_cannot_stand_is_refused(
    tmp_path: Path, capsys: Capture, right: str, wrong: str, reported: str
) -> None:
    """With file, line, field and reason, as when it is loaded; exit status 2."""
    path = tmp_path / "thu.yaml"
    path.write_text((CONFIG / "bac_thang.yaml").read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    assert main(["season", "--ladder", str(path)]) == 2
    assert reported in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--seasons", "0"], ["--agencies", "0"], ["--cycle", "ky-9"], ["--ladder", "/x.yaml"]]
)
def test_wrong_usage_is_told(arguments: list[str], capsys: Capture) -> None:
    assert main(["season", *arguments]) == 2
    assert capsys.readouterr().err
