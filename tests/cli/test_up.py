"""`up` and `down`: what they say, and what they refuse."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kybaocao.cli import main
from kybaocao.cli.up_words import (
    COMPONENT_WORDS,
    CycleState,
    describe_port,
    describe_step,
    describe_stopped,
    describe_system,
)
from kybaocao.embedded.control import COMPONENTS
from kybaocao.embedded.system import MARK, Step, Stopped, System

PAUSED = CycleState("nq02-2026-ky2", "Kỳ 2", True, 90)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    """One that has its passwords and does not run; the commands mean this one."""
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path))
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "passwords.json").write_text(json.dumps({"vanhanh": "mk-1", "lanhdao": "mk-2"}))
    return System(tmp_path)


# --- up ------------------------------------------------------------------------------------------------------------


def test_a_new_system_says_that_it_is_paused_and_names_three_things_to_do(system: System) -> None:
    text = describe_system(system, [PAUSED], 41, asked_port=8080)
    assert "Mọi kỳ đều tạm dừng" in text and "không gửi thư cho đến khi" in text
    assert [f"  {n}. " in text for n in (1, 2, 3, 4)] == [True, True, True, False]
    assert "lập biểu mẫu và gửi thư mở kỳ cho 90 cơ quan" in text


def test_a_cycle_that_was_switched_on_before_is_not_called_paused(system: System) -> None:
    text = describe_system(system, [PAUSED, CycleState("khac", "Kỳ khác", False, 5)], 41, asked_port=8080)
    assert "khac: ĐANG BẬT" in text and "Mọi kỳ đều tạm dừng" not in text


def test_a_cycle_that_airflow_has_not_read_is_named(system: System) -> None:
    text = describe_system(system, [CycleState("ky", "Kỳ", None, 0)], 41, asked_port=8080)
    assert "ky: Airflow chưa đọc được" in text


def test_a_system_that_runs_already_gives_its_own_address(system: System) -> None:
    text = describe_system(System(system.home, 8090), [PAUSED], None, asked_port=8080)
    assert "đã chạy từ trước: http://127.0.0.1:8090" in text and "make up PORT=8080" in text


def test_every_step_and_every_component_has_its_words() -> None:
    assert set(COMPONENT_WORDS) == set(COMPONENTS)
    assert all(describe_step(step) for step in (*Step, *COMPONENTS))


def test_a_port_in_use_is_named_with_what_to_do(system: System, taken: int, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is begun."""
    assert main(["up", "--port", str(taken)]) == 2
    said = capsys.readouterr().err
    assert f"Cổng {taken} đang có chương trình khác dùng" in said and "make up PORT=" in said
    assert not (system.airflow_home / "airflow.db").exists()


def test_a_port_of_another_system_of_ours_names_its_folder(
    system: System, taken: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = {"AIRFLOW__API__PORT": str(taken), MARK: "x", "KYBAOCAO_HOME": "/srv/khac"}
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=environment)
    try:
        assert main(["up", "--port", str(taken)]) == 2
    finally:
        other.kill()
        other.wait()
    assert "KYBAOCAO_HOME=/srv/khac make down" in capsys.readouterr().err


def test_a_reserved_port_is_not_called_in_use() -> None:
    text = describe_port(80, 8080, is_forbidden=True, owner="")
    assert "không cho dùng cổng 80" in text and "chương trình khác" not in text


def test_a_port_that_nobody_asked_for_is_not_spoken_of(system: System) -> None:
    assert "PORT=" not in describe_system(System(system.home, 8090), [PAUSED], None, asked_port=None)


@pytest.mark.parametrize("word", ["", "abc", "0", "-1", "65536", "8080.5", "٣٣"])
def test_what_is_no_port_is_refused_in_words(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", f"--port={word}"]) == 2
    assert "cổng phải là số từ 1 đến 65535" in capsys.readouterr().err


def test_a_wrong_port_in_the_environment_disturbs_no_other_command(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KYBAOCAO_PORT", "abc")
    assert main(["down"]) == 0


def test_a_component_that_does_not_exist_is_refused_with_the_names(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["up", "--restart", "schedular"]) == 2
    assert "scheduler, dag-processor" in capsys.readouterr().err


def test_no_component_of_a_stopped_system_is_restarted(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--restart", "scheduler"]) == 2
    assert "không chạy; khởi động: make up" in capsys.readouterr().err


# --- down ----------------------------------------------------------------------------------------------------------


def test_down_without_a_running_system_says_so(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["down"]) == 0
    said = capsys.readouterr().out
    assert "không chạy từ trước" in said and "Không có gì phải dừng" in said and str(system.home) in said


def test_down_in_json(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["down", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"was_running": False, "states": {}, "ended": 0, "left": []}


def test_down_says_what_was_running_and_what_was_not(system: System) -> None:
    states = dict.fromkeys(COMPONENTS, "RUNNING") | {"triggerer": "FATAL", "thu": "STOPPED"}
    text = describe_stopped(system, Stopped(True, states, 0, ()))
    stopped, resting = (line for line in text.splitlines() if line.startswith("  "))
    assert "(scheduler)" in stopped and "(triggerer)" not in stopped
    assert "(triggerer)" in resting and "(thu)" in resting and "(scheduler)" not in resting


def test_down_counts_what_a_killed_system_has_left(system: System) -> None:
    assert "Đã kết thúc 3 tiến trình còn sót lại" in describe_stopped(system, Stopped(False, {}, 3, ()))
