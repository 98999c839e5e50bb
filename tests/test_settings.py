"""A variable with a value that cannot be used stops the start with one line: which, what it is, what is expected."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kybaocao.cli.exit_status import ExitStatus
from kybaocao.cli.program import main
from kybaocao.home import Home, is_replay_system
from kybaocao.settings import SettingsError, check_settings, list_setting_faults, read_setting
from tests.conftest import ROOT

Capture = pytest.CaptureFixture[str]
SMTP = '{"conn_type": "smtp", "host": "m", "port": %s, "extra": {"disable_ssl": %s, "disable_tls": false}}'
WRONG = [
    ("KYBAOCAO_HOME", "/etc/passwd"),
    ("KYBAOCAO_HOME", "/etc/passwd/con"),
    ("KYBAOCAO_CONFIG", "/khong/co"),
    ("KYBAOCAO_CONFIG", "/etc"),
    ("KYBAOCAO_DB_URL", "postgres://a:b@c/kybaocao"),
    ("KYBAOCAO_DB_URL", "oracle+none://a/b"),
    ("KYBAOCAO_DB_URL", "postgresql+psycopg2://a:b@c:cong/kybaocao"),
    ("KYBAOCAO_DB_URL", "postgresql+psycopg2://a:b@c"),
    ("KYBAOCAO_DB_URL", "sqlite://"),
    ("KYBAOCAO_DB_URL", "kybaocao"),
    *[("KYBAOCAO_READERS", value) for value in ("0", "-1", "2.5", "nhiều", "²", "9" * 5000)],
    *[("KYBAOCAO_REQUIRE_CONFINEMENT", value) for value in ("có", "2", "true")],
    *[("KYBAOCAO_REPLAY", value) for value in ("không", "-1")],
    *[("KYBAOCAO_KEEP_DAYS", value) for value in ("-1", "chín mươi", "36501", "1e3")],
    *[("KYBAOCAO_TASK_LIMIT_SECONDS", value) for value in ("0", "-5", "nan", "inf", "20 phút")],
    *[("KYBAOCAO_PASS_LIMIT_SECONDS", value) for value in ("0", "-5", "nan", "1e999")],
    *[("KYBAOCAO_ROWS", value) for value in ("0", "101", "nhiều")],
    *[("KYBAOCAO_GROUP", value) for value in ("0", "1001")],
    ("KYBAOCAO_DB_PASSWORD_FILE", "/run/secrets/khong-co"),
    ("KYBAOCAO_SMTP_PASSWORD_FILE", "/etc"),
    *[("KYBAOCAO_PORT", value) for value in ("0", "65536", "http")],
    ("AIRFLOW_CONN_KYBAOCAO_SMTP", SMTP % ("năm", "true")),
    ("AIRFLOW_CONN_KYBAOCAO_SMTP", SMTP % ("587", "yes")),
    ("AIRFLOW_CONN_KYBAOCAO_SMTP", SMTP % ("70000", "true")),
    ("AIRFLOW_CONN_KYBAOCAO_SMTP", '{"password": "a"b"}'),
    ("AIRFLOW_CONN_KYBAOCAO_SMTP", "imap://m"),
    ("AIRFLOW__API__BASE_URL", "ftp://máy-chủ"),
    ("AIRFLOW__API__BASE_URL", "máy-chủ:8080"),
    ("AIRFLOW__CORE__FERNET_KEY", "ngắn"),
    ("AIRFLOW__CELERY__WORKER_CONCURRENCY", "0"),
    ("AIRFLOW__METRICS__STATSD_ON", "có"),
    ("AIRFLOW__METRICS__STATSD_PORT", "8125/udp"),
]
RIGHT = [
    ("KYBAOCAO_HOME", "/tmp/kybaocao-chua-co/con"),
    ("KYBAOCAO_CONFIG", str(ROOT / "include" / "config")),
    ("KYBAOCAO_DB_URL", "postgresql+psycopg2://airflow:p/w@2@postgres:5432/kybaocao"),
    ("KYBAOCAO_DB_URL", "postgresql://postgres:@/t1?host=/tmp/a"),
    ("KYBAOCAO_DB_URL", "postgresql://a:b@[::1]:5432/kybaocao"),
    ("KYBAOCAO_DB_URL", "sqlite:////srv/kybaocao.db"),
    ("KYBAOCAO_READERS", " 7 "),
    ("KYBAOCAO_KEEP_DAYS", "0"),
    ("KYBAOCAO_TASK_LIMIT_SECONDS", "0.5"),
    ("KYBAOCAO_ROWS", "100"),
    ("KYBAOCAO_DB_PASSWORD_FILE", __file__),
    ("AIRFLOW_CONN_KYBAOCAO_SMTP", SMTP % ("587", "true")),
    ("AIRFLOW_CONN_KYBAOCAO_SMTP", "smtp://m:25"),
    ("AIRFLOW__API__BASE_URL", "https://bao-cao.sonla.gov.vn"),
    ("AIRFLOW__CORE__FERNET_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda one: one[:40])
def test_a_value_that_cannot_be_used_is_one_line(name: str, value: str) -> None:
    """Vietnamese, with the variable, what is expected, and where it is set."""
    (line,) = list_setting_faults({name: value})
    assert "\n" not in line and len(line) < 500
    assert name in line and " phải là " in line and ".env" in line


@pytest.mark.parametrize(("name", "value"), RIGHT, ids=lambda one: one[:40])
def test_what_can_be_used_is_no_fault(name: str, value: str) -> None:
    """Spaces around it are none; neither is an empty value, as docker compose gives it."""
    assert list_setting_faults({name: value}) == list_setting_faults({name: ""}) == []


def test_the_value_is_shown_unless_it_may_be_a_secret() -> None:
    """Of the address of the store its kind: the usual slip is there."""
    assert "hiện là “-1”" in list_setting_faults({"KYBAOCAO_KEEP_DAYS": "-1"})[0]
    (line,) = list_setting_faults({"KYBAOCAO_DB_URL": "postgres://a:Mat-Khau@c/k"})
    assert "hiện là “postgres://…”" in line and "Mat-Khau" not in line
    for name in ("KYBAOCAO_DB_URL", "AIRFLOW__CORE__FERNET_KEY", "AIRFLOW_CONN_KYBAOCAO_SMTP"):
        assert "Mat-Khau" not in list_setting_faults({name: "Mat-Khau"})[0]


def test_every_variable_that_the_code_reads_is_judged() -> None:
    """But a name of a person, and the mark of a running system."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "include" / "kybaocao").rglob("*.py"))
    read = set(re.findall(r'"(KYBAOCAO_[A-Z_]+)"', text)) - {"KYBAOCAO_USER", "KYBAOCAO_SYSTEM"}
    assert len(read) >= 10
    assert {name for name in read if not list_setting_faults({name: "/etc/passwd/x"})} == set()


def test_several_faults_are_several_lines(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """All at once: nobody wants to start five times."""
    monkeypatch.setenv("KYBAOCAO_READERS", "nhiều")
    monkeypatch.setenv("KYBAOCAO_KEEP_DAYS", "-1")
    assert main(["status"]) == ExitStatus.WRONG_CALL
    said = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in said] == ["KYBAOCAO_READERS", "KYBAOCAO_KEEP_DAYS"]


@pytest.mark.parametrize(
    "words", [("up",), ("watch",), ("store", "upgrade"), ("pass", "--cycle", "nq02-2026-ky2")], ids=str
)
def test_nothing_begins_with_a_wrong_setting(
    words: tuple[str, ...], home: Home, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """`store upgrade` is how production begins."""
    monkeypatch.setenv("KYBAOCAO_PASS_LIMIT_SECONDS", "lâu")
    before = sorted(home.root.rglob("*"))
    assert main(words) == ExitStatus.WRONG_CALL
    assert capsys.readouterr().err.startswith("KYBAOCAO_PASS_LIMIT_SECONDS phải là ")
    assert sorted(home.root.rglob("*")) == before


def test_what_helps_still_runs(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """`doctor` names the fault among all others, `down` stops what runs."""
    monkeypatch.setenv("KYBAOCAO_PASS_LIMIT_SECONDS", "lâu")
    assert main(["down"]) == 0
    capsys.readouterr()
    assert main(["doctor", "--no-mail"]) == 1
    assert re.search(r"✗ .*KYBAOCAO_PASS_LIMIT_SECONDS phải là số giây", capsys.readouterr().out)


def test_a_reader_of_a_setting_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a process begins without the check."""
    monkeypatch.setenv("KYBAOCAO_KEEP_DAYS", "nhiều")
    with pytest.raises(SettingsError) as caught:
        read_setting("KYBAOCAO_KEEP_DAYS")
    assert [str(caught.value)] == list_setting_faults()


@pytest.mark.parametrize(("value", "is_replay"), [("", False), ("0", False), ("1", True)])
def test_replays_are_on_only_when_they_are_asked_for(
    value: str, is_replay: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 means no, as everywhere."""
    monkeypatch.setenv("KYBAOCAO_REPLAY", value)
    assert is_replay_system() is is_replay


def test_this_environment_is_sound() -> None:
    check_settings()


@pytest.mark.parametrize(
    ("name", "value"), [("KYBAOCAO_TASK_LIMIT_SECONDS", "lâu"), ("KYBAOCAO_CONFIG", "/khong/co")], ids=str
)
def test_the_file_of_the_dags_ends_with_the_line(name: str, value: str, tmp_path: Path) -> None:
    """Airflow shows the end of the traceback on its page of import errors; without it no cycle would be there, silently."""
    paths = os.pathsep.join(str(ROOT / part) for part in ("include", "config"))
    settings = {"PATH": os.environ["PATH"], "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": paths, name: value}
    command = [sys.executable, str(ROOT / "dags" / "reporting_cycles.py")]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False, timeout=120)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode and last.startswith(f"kybaocao.settings.SettingsError: {name} phải là ")
