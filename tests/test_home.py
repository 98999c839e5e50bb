"""Where the store is: its address, and a password that stands in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from kybaocao.home import Home, read_secret

URL = "postgresql+psycopg2://kybaocao_run@postgres/kybaocao"


@pytest.mark.parametrize(
    ("url", "content", "expected"),
    [
        (URL, "abc\n", "postgresql+psycopg2://kybaocao_run:abc@postgres/kybaocao"),
        (URL, "a@/:% b", "postgresql+psycopg2://kybaocao_run:a%40%2F%3A%25%20b@postgres/kybaocao"),
        (URL, "", URL),
        ("postgresql+psycopg2://a:b@postgres/kybaocao", "abc", "postgresql+psycopg2://a:b@postgres/kybaocao"),
        ("sqlite:////tmp/a.db", "abc", "sqlite:////tmp/a.db"),
    ],
)
def test_the_password_of_the_store_may_stand_in_a_file(
    url: str, content: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mat-khau").write_text(content)
    monkeypatch.setenv("KYBAOCAO_DB_URL", url)
    monkeypatch.setenv("KYBAOCAO_DB_PASSWORD_FILE", str(tmp_path / "mat-khau"))
    assert Home(tmp_path).store_url == expected


def test_a_secret_that_nobody_set_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KYBAOCAO_SMTP_PASSWORD_FILE", raising=False)
    assert read_secret("KYBAOCAO_SMTP_PASSWORD_FILE") == ""


def test_a_secret_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the store would seem to have another password."""
    monkeypatch.setenv("KYBAOCAO_DB_URL", URL)
    monkeypatch.setenv("KYBAOCAO_DB_PASSWORD_FILE", str(tmp_path / "khong-co"))
    with pytest.raises(FileNotFoundError):
        _ = Home(tmp_path).store_url
