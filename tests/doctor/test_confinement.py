"""How far the readers of files are confined on this machine."""

from __future__ import annotations

import pytest

from kybaocao.doctor.probing import Setting
from kybaocao.doctor.reading import probe_confinement
from kybaocao.workbook.confinement_degree import Degree
from kybaocao.workbook.sandbox import ask_degree
from tests.doctor.conftest import ask

FULL, LESS = Degree(7, True), Degree(0, True)


@pytest.mark.parametrize(
    ("degree", "required", "mark", "words"),
    [
        (FULL, "", "✓", "đầy đủ (có Landlock (ABI 7), có bộ lọc seccomp); KYBAOCAO_REQUIRE_CONFINEMENT không bật"),
        (FULL, "1", "✓", "KYBAOCAO_REQUIRE_CONFINEMENT đang bật"),
        (LESS, "", "!", "một phần (không có Landlock, có bộ lọc seccomp)"),
        (Degree(3, False), "", "!", "một phần (có Landlock (ABI 3), không có bộ lọc seccomp)"),
        (Degree(0, False), "", "!", "không cách ly"),
        (LESS, "1", "✗", "không tệp nào được đọc"),
    ],
)
def test_how_far_readers_are_confined_is_said(
    setting: Setting, monkeypatch: pytest.MonkeyPatch, degree: Degree, required: str, mark: str, words: str
) -> None:
    """Less than everything is worth a look; where everything is required, nothing would be read."""
    monkeypatch.setenv("KYBAOCAO_REQUIRE_CONFINEMENT", required)
    monkeypatch.setattr("kybaocao.workbook.sandbox.ask_degree", lambda: degree)
    ((found, said),) = ask(setting, probe_confinement)
    assert (found, words in said) == (mark, True)


def test_the_degree_is_that_of_a_reader_of_this_machine(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kybaocao.workbook.sandbox.READ_BOOK", "raise SystemExit(1)")  # it reads no form
    ((_, said),) = ask(setting, probe_confinement)
    assert str(ask_degree()) in said
