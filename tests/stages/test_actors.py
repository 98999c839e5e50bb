"""Every row of the audit trail says who did it: a user of Airflow, an account of the machine, or the system itself."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from kybaocao.adapters import tasks
from kybaocao.cli import main
from kybaocao.cli.command import name_user
from kybaocao.home import Home
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import record_action
from kybaocao.store.audit_chain import find_breaks, read_head, read_kept_head
from kybaocao.store.database import Store, open_store
from kybaocao.store.tables import audit
from tests.conftest import CYCLE
from tests.stages.conftest import MIDDAY, OPENING, drop
from tests.store.moments import NOW

Small = Callable[[str], Pass]
ACCOUNT = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture(autouse=True)
def _nobody_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SUDO_USER", "KYBAOCAO_USER"):
        monkeypatch.delenv(name, raising=False)


def list_actors(p: Pass) -> set[str]:
    with p.store.read() as connection:
        return set(connection.scalars(select(audit.c.actor)))


def run_in_airflow(at: str, **facts: Any) -> tasks.Opened:
    """The tasks of a run up to the answers to agencies, as the DAG calls them."""
    run = SimpleNamespace(conf={"as_of": at}, run_id="thu", **facts)
    opened = tasks.open_pass(CYCLE, dag_run=run)
    for agency in tasks.collect(opened):
        tasks.validate(agency, opened)
    return opened


@pytest.mark.parametrize(("kind", "user", "actor"), [("manual", "lanhdao", "lanhdao"), ("scheduled", None, "kybaocao")])
def test_what_a_run_of_airflow_does_is_done_by_whoever_asked_for_it(
    small: Small, monkeypatch: pytest.MonkeyPatch, kind: str, user: str | None, actor: str
) -> None:
    """In every task: forms, files and verdicts; without anybody it is the system."""
    monkeypatch.setenv("KYBAOCAO_REPLAY", "1")
    run_in_airflow(OPENING, run_type=kind, triggering_user_name=user)
    drop(small(MIDDAY), "STP")
    run_in_airflow(MIDDAY, run_type=kind, triggering_user_name=user)
    p = small(MIDDAY)
    with p.store.read() as connection:
        actions = set(connection.scalars(select(audit.c.action)))
    assert actions >= {"pass-begun", "form-issued", "file-received", "version-accepted"}
    assert list_actors(p) == {actor}


def test_a_run_that_an_older_version_opened_goes_on(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its first task handed on names nobody."""
    monkeypatch.setenv("KYBAOCAO_REPLAY", "1")
    opened = run_in_airflow(OPENING, run_type="manual", triggering_user_name="lanhdao")
    drop(small(MIDDAY), "STP")
    del opened["actor"]
    tasks.collect(opened)
    assert list_actors(small(MIDDAY)) == {"lanhdao", "kybaocao"}


def test_what_a_command_does_is_done_by_the_account_of_the_machine(
    small: Small, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not by the name that the environment gives."""
    for name in ("LOGNAME", "USER"):
        monkeypatch.setenv(name, "chu-tich")
    assert main(["pass", "--cycle", CYCLE, "--as-of", OPENING]) == 0
    capsys.readouterr()
    assert list_actors(small(OPENING)) == {ACCOUNT}


@pytest.mark.parametrize("variable", ["SUDO_USER", "KYBAOCAO_USER"])
def test_an_account_that_several_share_names_who_is_said_to_use_it(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "huong")
    assert name_user() == f"{ACCOUNT} (huong)"


def test_an_account_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run under a number that it has no name for."""
    monkeypatch.setattr(os, "getuid", lambda: 987654)
    assert name_user() == "uid 987654"


def test_a_signed_decision_names_its_signer_and_the_account_that_entered_it(home: Home) -> None:
    """The name after --by is what somebody typed; the account is what the machine knows."""
    store = open_store(home, "huong")
    with store.write() as connection:
        record_action(connection, "x", at=NOW, actor="Lò Thị Hương", why="y")
    with store.read() as connection:
        row = connection.execute(select(audit)).one()
    assert (row.actor, row.detail) == ("Lò Thị Hương", '{"account": "huong", "why": "y"}')


def test_a_pass_notes_the_end_of_the_trail_outside_of_the_store(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pass", "--cycle", CYCLE, "--as-of", OPENING]) == 0
    capsys.readouterr()
    p = small(OPENING)
    with p.store.read() as connection:
        head = read_head(connection)
    assert (read_kept_head(p.home.audit_head), head.id > 0) == (head, True)
    assert find_breaks(p.store, [head]) == []


def test_operators_are_warned_of_a_trail_whose_end_is_gone(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    """As a store is that somebody restored from an older copy, or cut off by hand; it is said until it is accepted."""
    assert main(["pass", "--cycle", CYCLE, "--as-of", OPENING]) == 0
    p = small(MIDDAY)
    (p.home.root / "kybaocao.db").unlink()
    Store(p.home.store_url, p.home.root / "locks").upgrade()
    for _ in range(2):
        capsys.readouterr()
        assert main(["pass", "--cycle", CYCLE, "--as-of", MIDDAY]) == 0
        assert "Nhật ký (bảng audit) không còn dòng mới nhất" in capsys.readouterr().out
