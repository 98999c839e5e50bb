"""The commands that record a decision about one agency and take it back."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from kybaocao.cli import main
from kybaocao.home import Home
from tests.conftest import CYCLE

SIGNED = ("--by", "Lò Thị Hương", "--reason", "mưa lũ")
ABOUT = ("--cycle", CYCLE, "--agency", "X-04183", "--decided-by", "Giám đốc Sở Tài chính", "--document", "12/STC")


@pytest.fixture(autouse=True)
def early(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = dt.datetime(2026, 12, 8, 3, tzinfo=dt.UTC)
    monkeypatch.setattr("kybaocao.cli.command.now", lambda: moment)


def test_a_decision_is_recorded_listed_and_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grant", "gia_han", *ABOUT, "--until", "2026-12-13", *SIGNED]) == 0
    assert "được gia hạn nộp báo cáo đến hết ngày 13/12/2026" in capsys.readouterr().out
    assert main(["revoke", "1", "--cycle", CYCLE, *SIGNED]) == 0
    capsys.readouterr()
    assert main(["grant", "--cycle", CYCLE, "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["says"]["truoc_ngay"], one["revoked"]["reason"]) == ("2026-12-14", "mưa lũ")


@pytest.mark.parametrize("until", ["2026-12-08", "mai"])
def test_what_cannot_be_is_refused(capsys: pytest.CaptureFixture[str], until: str) -> None:
    assert main(["grant", "gia_han", *ABOUT, "--until", until, *SIGNED]) != 0
    assert "Chưa ghi" not in capsys.readouterr().out


def test_nobody_decides_without_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grant", "mien_nop", *ABOUT]) != 0
    assert "--by" in capsys.readouterr().err
