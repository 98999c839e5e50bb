"""Accounts: who is named and missing, and whose password anybody would guess."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kybaocao.doctor.accounts import Accounts, is_weak, probe_accounts
from kybaocao.doctor.probing import Answer, Setting
from tests.doctor.conftest import Lines, ask, list_wrong

MANAGER = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
PASSWORDS = {"vanhanh": "5fd1c0a7b2", "lanhdao": "98be31aa02", "ubndtinh": "11c7e0d94f"}
SOUND = Accounts(
    MANAGER,
    {"vanhanh": "admin", "lanhdao": "user", "ubndtinh": "user"},
    PASSWORDS,
    "/opt/airflow/auth/passwords.json",
    deciders=frozenset({"vanhanh", "lanhdao", "ubndtinh"}),
)


def say(setting: Setting, accounts: Accounts) -> Lines:
    return list_wrong(ask(setting, lambda s: probe_accounts(s, lambda: accounts)))


def test_sound_accounts(setting: Setting) -> None:
    """Those who decide in the plan exist, every password is its own."""
    assert say(setting, SOUND) == []


@pytest.mark.parametrize(
    ("changes", "mark", "said"),
    [
        ({"roles": {"vanhanh": "admin", "ubndtinh": "user"}}, "✗", "“lanhdao” (nguoi_phe_duyet) không có"),
        ({"roles": {"vanhanh": "admin", "lanhdao": "user"}}, "✗", "“ubndtinh” (nguoi_tra_loi_ubnd_tinh) không có"),
        ({"roles": {**SOUND.roles, "lanhdao": "viewer"}, "deciders": {"ubndtinh"}}, "✗", "chỉ được xem (viewer)"),
        ({"passwords": {**PASSWORDS, "lanhdao": "lanhdao"}}, "✗", "mật khẩu của “lanhdao” dễ đoán"),
        ({"passwords": {"vanhanh": "5fd1c0a7b2", "ubndtinh": "11c7e0d94f"}}, "!", "“lanhdao” chưa có mật khẩu"),
        ({"passwords": None, "why_unread": "Permission denied"}, "!", "Permission denied"),
        ({"is_everybody_admin": True}, "✗", "ai vào Airflow cũng là quản trị"),
        ({"manager": "x.FabAuthManager"}, "!", "FabAuthManager"),
        ({"manager": "x.NamedAccounts", "roles": {"ubndtinh": "LanhDao"}}, "✗", "“lanhdao” (nguoi_phe_duyet) không có"),
        ({"manager": "x.NamedAccounts", "deciders": {"ubndtinh"}}, "✗", "chỉ được xem"),
    ],
)
def test_what_is_wrong_with_accounts(setting: Setting, changes: dict[str, object], mark: str, said: str) -> None:
    ((found_mark, found),) = say(setting, replace(SOUND, **changes))  # type: ignore[arg-type]
    assert (found_mark, said in found) == (mark, True)


def test_named_accounts_have_passwords_that_nobody_can_read(setting: Setting) -> None:
    assert say(setting, replace(SOUND, manager="x.NamedAccounts", passwords=None)) == []


def test_an_environment_without_airflow_is_to_be_looked_at(setting: Setting) -> None:
    """Nothing is known, which is no fault of the installation."""

    def probe(s: Setting) -> Iterator[Answer]:
        def read() -> Accounts:
            raise LookupError("không có thiết lập")

        yield from probe_accounts(s, read)

    assert [mark for mark, _ in ask(setting, probe)] == ["!"]


@pytest.mark.parametrize("password", ["", "abc", "admin", "Admin123", "matkhau2026", "lanhdao2026", "LANHDAO1"])
def test_a_password_that_anybody_would_try(password: str) -> None:
    assert is_weak("lanhdao", password)
    assert not is_weak("lanhdao", "5fd1c0a7b298")
