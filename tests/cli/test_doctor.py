"""The command `doctor`: every area, exit status, and no trace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kybaocao.cli import main
from kybaocao.cli.doctor import list_probes
from kybaocao.doctor.probing import Setting
from kybaocao.home import Home
from tests.doctor.conftest import NOW, list_tree


@pytest.fixture(autouse=True)
def without_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversion has tests of its own."""
    monkeypatch.setattr("kybaocao.doctor.documents.find_converter", lambda: None)
    monkeypatch.delenv("KYBAOCAO_REPLAY", raising=False)


def test_it_leaves_nothing_behind(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Not in the data folder, and not in the environment of the process."""
    before = list_tree(home.root)
    assert main(["doctor", "--no-mail"]) == 0
    assert list_tree(home.root) == before
    assert "Kết luận: sẵn sàng, còn điều nên xem." in capsys.readouterr().out


def test_a_new_machine_without_a_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1, and the folder is still not there."""
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "nowhere"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    assert main(["doctor", "--no-mail"]) == 1
    assert ("✗ chưa có thư mục dữ liệu" in capsys.readouterr().out, list_tree(tmp_path)) == (True, set())


def test_a_program_gets_every_line(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """With the state, the finding and the advice, and whether all is sound."""
    main(["doctor", "--no-mail", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is True
    assert {line["state"] for line in found["lines"]} == {"good", "doubtful"}
    assert {"Cấu hình", "Thư mục", "Kho dữ liệu", "Đồng hồ", "Tài khoản"} <= {line["area"] for line in found["lines"]}


def test_an_address_that_is_none_is_wrong_usage(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--mail-to", "toi"]) == 2


def test_every_area_is_examined_once(home: Home) -> None:
    """Mail last, and only when it is wanted."""
    areas = [probe.area for probe in list_probes(Setting(home, NOW), "", is_mailing=True)]
    assert (areas, areas[-1]) == (list(dict.fromkeys(areas)), "Thư")
