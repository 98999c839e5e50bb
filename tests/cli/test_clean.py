"""`clean`: what it says, and what it refuses."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import pytest

from kybaocao.adapters import retention
from kybaocao.cli.program import main
from kybaocao.home import Home


@pytest.fixture
def asked(home: Home, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    """(days, is it a trial) of each cleaning; Airflow itself is tried in tests/dags/test_retention.py."""
    found: list[tuple[int, bool]] = []

    def clean(before: dt.datetime, *, is_trial: bool = False) -> retention.Cleaned:
        found.append((round((dt.datetime.now(dt.UTC) - before) / dt.timedelta(days=1)), is_trial))
        return retention.Cleaned(before, Counter(dag_run=3, log=7), 12, 5 * 2**20)

    monkeypatch.setattr(retention, "clean", clean)
    monkeypatch.setattr(retention, "has_database", lambda: True)
    return found


@pytest.mark.parametrize(
    ("words", "setting", "expected"),
    [
        (["clean"], "", (90, False)),
        (["clean"], "30", (30, False)),
        (["clean"], "0", (90, False)),  # never by itself; who types it wants it
        (["clean", "--days", "7", "--dry-run"], "30", (7, True)),
    ],
)
def test_the_days_to_keep(
    asked: list[tuple[int, bool]],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    setting: str,
    expected: tuple[int, bool],
) -> None:
    """As typed, as set, or 90."""
    monkeypatch.setenv(retention.KEEP_SETTING, setting)
    assert (main(words), asked) == (0, [expected])


def test_what_was_deleted_is_said(asked: list[tuple[int, bool]], capsys: pytest.CaptureFixture[str]) -> None:
    """Rows of each table, files of logs."""
    main(["clean"])
    assert "dag_run 3, log 7; 12 tệp nhật ký (5 MB)." in capsys.readouterr().out
    main(["clean", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["files"], found["bytes"]) == ({"dag_run": 3, "log": 7}, 12, 5 * 2**20)


@pytest.mark.parametrize("days", ["0", "-3"])
def test_no_days_at_all_are_refused(
    asked: list[tuple[int, bool]], capsys: pytest.CaptureFixture[str], days: str
) -> None:
    """What ended a moment ago is still wanted."""
    assert (main(["clean", f"--days={days}"]), asked) == (2, [])
    assert "--days" in capsys.readouterr().err


def test_where_airflow_never_ran_there_is_nothing_to_clean(
    asked: list[tuple[int, bool]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No database is made by asking."""
    monkeypatch.setattr(retention, "has_database", lambda: False)
    assert (main(["clean"]), asked) == (2, [])
    assert "chưa khởi động lần nào" in capsys.readouterr().err
